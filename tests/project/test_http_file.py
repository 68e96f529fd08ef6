"""The text of a `%%request` cell."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notebook_routes.errors import CellError
from notebook_routes.project.expectation import Expectation
from notebook_routes.project.http_file import RequestCell, RequestSpec, format_requests, parse_request_cell


def only(line, cell="", **options):
    (request,) = parse_request_cell(line, cell, **options).requests
    return request


# The magic line


@pytest.mark.parametrize(
    ("line", "method", "target", "name"),
    [
        ("GET /products/1 as lamp", "GET", "/products/1", "lamp"),
        ("GET /products/1", "GET", "/products/1", None),
        ("/products", "GET", "/products", None),
        ("/products as r", "GET", "/products", "r"),
        ("delete /x", "DELETE", "/x", None),
        ("Post /x HTTP/1.1 as r", "POST", "/x", "r"),
        ("https://example.com/a?b=c", "GET", "https://example.com/a?b=c", None),
        ("GET {{base}}/x", "GET", "{{base}}/x", None),
        ("/{{ id if id else 1 }}/as as r", "GET", "/{{ id if id else 1 }}/as", "r"),
        ("  GET\t/x  ", "GET", "/x", None),
        ("GET //x", "GET", "//x", None),
    ],
)
def test_the_magic_line(line, method, target, name):
    cell = parse_request_cell(line, "")
    assert cell == RequestCell((RequestSpec(method=method, target=target),), name)
    assert cell.requests[0].line == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("FETCH /x", "`FETCH` is not a method: write one of GET, HEAD, POST"),
        ("products/1", "write a method and a path"),
        ("GET", "GET needs a path"),
        ("GET HTTP/1.1", "GET needs a path"),
        ("GET products", "`products` is not a path: write `/products`"),
        ("GET /a b", "has spaces"),
        ("GET /x as", "`as` needs the name"),
        ("GET /x as 1st", "`as 1st` does not name a variable"),
        ("GET /x as class", "`as class` does not name a variable"),
        ("GET /x as my lamp", "`as my lamp` does not name a variable"),
        ("GET /x as r as s", "`as r as s` does not name a variable"),
        ("GET /{{id as r", "never closed"),
        ("", "nothing to send"),
        ("as r", "nothing to send"),
    ],
)
def test_a_bad_magic_line_says_the_fix(line, message):
    with pytest.raises(CellError, match=message) as caught:
        parse_request_cell(line, "")
    assert (caught.value.line, caught.value.text) == (1, line)


# Headers and body


BODY = '{"name": "Lamp"}'


@pytest.mark.parametrize(
    ("line", "cell"),
    [
        ("POST /x", BODY),
        ("/x", BODY),
        ("/x", f"\n{BODY}\n"),
        ("/x", f"# a comment\n\n\n{BODY}\n\n\n"),
        ("", f"POST /x\n\n{BODY}"),
        ("", f"\n# a comment\n// another\n\n/x HTTP/1.1\n\n{BODY}\n"),
        ("", f"POST /x\r\n\r\n{BODY}\r\n"),
    ],
)
def test_a_body_makes_a_post_with_and_without_a_blank_line(line, cell):
    assert only(line, cell) == RequestSpec(method="POST", target="/x", body=BODY)


def test_headers_come_first_and_a_blank_line_ends_them():
    request = only("PUT /x", f"Accept: text/html\n# a comment\n// another\nX-A:1\nx-a : b:c\nEmpty:\n\n{BODY}\nA: b\n")
    assert request.headers == (("Accept", "text/html"), ("X-A", "1"), ("x-a", "b:c"), ("Empty", ""))
    assert request.body == f"{BODY}\nA: b"


def test_a_blank_line_first_means_no_headers():
    assert only("POST /x", "\nname: Lamp\nprice: 30") == RequestSpec(
        method="POST", target="/x", body="name: Lamp\nprice: 30"
    )


def test_an_address_is_no_header():
    assert only("POST /x", "https://example.com").body == "https://example.com"


def test_blank_lines_inside_a_body_stay():
    assert only("POST /x", "\n\n  a\n\n\nb  \n \n").body == "  a\n\n\nb  "


def test_query_lines_continue_the_url():
    request = only("", "GET /x\n  ?page={{ page or 1 }}\n// a comment\n  &size=2\n# a comment\nAccept: a/b\n")
    assert request == RequestSpec(method="GET", target="/x?page={{ page or 1 }}&size=2", headers=(("Accept", "a/b"),))
    assert only("GET /x", "?a=1").target == "/x?a=1"
    assert only("POST /x", "?a=1\n[1]") == RequestSpec(method="POST", target="/x?a=1", body="[1]")


def test_a_hash_line_is_a_comment_as_in_the_rest_client():
    assert only("POST /x", '\n{\n  # "ignored": 1,\n  "a": 2\n}\n# the end\n').body == '{\n  "a": 2\n}'


def test_a_backslash_makes_it_text():
    cell = "\n\\# Title\n\n  \\## Section\n\\### no separator\n\\?? text\n\\\\# twice\na \\# b\n\\n"
    assert only("POST /x", cell).body == "# Title\n\n  ## Section\n### no separator\n?? text\n\\# twice\na \\# b\n\\n"


def test_slashes_in_a_body_are_text():
    assert only("POST /x", "\n// code\nx = 1").body == "// code\nx = 1"


@pytest.mark.parametrize(
    ("line", "cell", "number", "message"),
    [
        ("", "FETCH /x", 2, "`FETCH` is not a method"),
        ("", "\nGET", 3, "GET needs a path"),
        ("", "GET /x as r", 2, "`as name` stands on the magic line"),
        ("", "GET /x y", 2, "has spaces"),
        ("", "GET /{{x", 2, "never closed"),
        (
            "",
            "@base = /x\nGET {{base}}",
            2,
            "variables are the notebook's: write base = ... in a cell above, and {{base}}",
        ),
        ("POST /x", "\n< ./data.json", 3, r"a file is read by Python here: write \{\{open"),
        ("as r", "status", 2, "is not a request line"),
        ("", "POST /x\n[1]", 3, "is not a header: .* a blank line above it"),
        ("GET /x", "Accept: a/b\nno header", 3, "is not a header"),
        ("GET /x", "Accept: {{a", 2, "never closed"),
        ("POST /x", "\n1\n\n# a comment\n{{a", 6, "never closed"),
        ("POST /x", "\n{{a b}}", 3, "`a b` is not a Python expression"),
        ("GET /x", "status == 200", 2, "A GET request has no body: .*`[?][?]`"),
        ("", "HEAD /x\n\nAccept: a/b", 4, "A HEAD request has no body: .*headers stand directly below"),
        ("GET /x", "? status == 200", 2, "`[?][?]` in front of an expectation"),
        ("GET /x", "\n??", 3, "`[?][?]` needs a Python expression"),
        ("GET /x", "?? status = 200", 2, "is not a Python expression"),
        ("", "# a comment\n?? status == 200\nGET /x", 3, "No request stands above this"),
        ("GET /x", "###\n?? status == 200", 3, "No request stands above this"),
        ("", "\n# only\n###\n// comments\n", 1, "nothing to send"),
    ],
)
def test_a_bad_cell_says_the_line_and_the_fix(line, cell, number, message):
    with pytest.raises(CellError, match=message) as caught:
        parse_request_cell(line, cell)
    assert caught.value.line == number
    assert caught.value.text == (line if number == 1 else cell.split("\n")[number - 2])


# Expectations


def test_expectations_stand_anywhere_and_belong_to_no_part():
    request = only(
        "POST /x",
        "?? status == 201\nA: b\n  ??json  # made\n\n[1,\n?? text\n2]\n\n?? headers\n",
    )
    assert request == RequestSpec(
        method="POST",
        target="/x",
        headers=(("A", "b"),),
        body="[1,\n2]",
        expectations=tuple(Expectation(text, 0) for text in ("status == 201", "json  # made", "text", "headers")),
    )
    assert [expectation.line for expectation in request.expectations] == [2, 4, 7, 10]


def test_a_comment_between_a_body_and_its_expectations_is_not_sent():
    assert only("POST /x", f"{BODY}\n\n# it was made\n?? status == 201").body == BODY


# Several requests


def test_requests_are_separated_and_titled():
    cell = parse_request_cell(
        "as last",
        "# first\nGET /a\n?? status == 200\n\n### the second ###\n\nPOST /b\nA: b\n\n[1]\n####\n# none\n###\n/c",
    )
    assert cell == RequestCell(
        (
            RequestSpec(method="GET", target="/a", expectations=(Expectation("status == 200", 0),)),
            RequestSpec(method="POST", target="/b", headers=(("A", "b"),), body="[1]", title="the second ###"),
            RequestSpec(method="GET", target="/c"),
        ),
        "last",
    )
    assert [request.line for request in cell.requests] == [3, 8, 15]


def test_the_magic_lines_request_may_be_followed_by_others():
    first, second = parse_request_cell("GET /a", "### title\nPOST /b\n\n[1]").requests
    assert first == RequestSpec(method="GET", target="/a")
    assert second == RequestSpec(method="POST", target="/b", body="[1]", title="title")


def test_a_separator_stands_at_the_lines_start():
    assert only("POST /x", "\n a\n  ### a comment\n b").body == " a\n b"


def test_line_numbers_follow_the_cell_and_a_file_has_no_magic_line():
    request = only("GET /x", "\n?? status", first_line=5)
    assert (request.line, request.expectations[0].line) == (4, 6)
    assert only("", "GET /x", first_line=1).line == 1
    with pytest.raises(CellError) as caught:
        parse_request_cell("", "", first_line=1)
    assert caught.value.line is None


# Values of the notebook


def test_expanding_reads_the_notebook_in_target_headers_and_body():
    notebook = {"id": 7, "token": "t", "item": {"a": [1]}}
    request = only(
        "POST /x/{{id}}",
        'Authorization: Bearer {{token}}\nX: {{item}}\n\n{"item": {{item}}}\n?? json == item',
    )
    expanded = request.expand(lambda expression: eval(expression, dict(notebook)))
    assert expanded == RequestSpec(
        method="POST",
        target="/x/7",
        headers=(("Authorization", "Bearer t"), ("X", "{'a': [1]}")),
        body='{"item": {"a":[1]}}',
        expectations=request.expectations,
    )
    assert request.target == "/x/{{id}}"


@pytest.mark.parametrize(
    ("cell", "number"),
    [("GET /{{no}}", 2), ("GET /\n# c\nA: b\nC: {{no}}", 5), ("POST /\n\n1\n?? 1\n# c\n{{\nno}}", 7)],
)
def test_a_name_that_is_missing_is_found_on_its_line(cell, number):
    with pytest.raises(CellError, match="NameError: name 'no' is not defined") as caught:
        only("", cell).expand(lambda expression: eval(expression, {}))
    assert caught.value.line == number
    assert caught.value.text in cell


def test_a_target_must_become_a_path_or_an_address():
    with pytest.raises(CellError, match=r"`\{\{x\}\}` became `products`"):
        only("GET {{x}}").expand(lambda _: "products")
    assert only("GET {{x}}").expand(lambda _: "HTTP://localhost/").target == "HTTP://localhost/"


def test_the_lines_of_a_multipart_body_end_as_its_boundaries_need_it():
    cell = "POST /x\nContent-Type: {0}; boundary=b\n\n--b\n\n{{{{text}}}}\n--b--"
    for media, end in [("multipart/form-data", "\r\n"), ("Multipart/Mixed", "\r\n"), ("text/plain", "\n")]:
        expanded = only("", cell.format(media)).expand(lambda _: "one\r\ntwo")
        assert expanded.body == end.join(["--b", "", "one\r\ntwo", "--b--"])


def test_a_request_made_by_hand_expands_too():
    request = RequestSpec(method="POST", target="/{{1}}", headers=(("A", "{{2}}"),), body="{{[3]}}")
    assert request.expand(eval) == RequestSpec(method="POST", target="/1", headers=(("A", "2"),), body="[3]")


# Writing


def test_requests_are_written_as_a_person_would():
    cell = parse_request_cell(
        "/a as r",
        'Accept: x/y\nE:\n\n{"a": 1}\n\\# no comment\n?? status == 201\n###second\nget /b\n?? text\n###\n/c',
    )
    assert format_requests(cell) == (
        "POST /a\n"
        "Accept: x/y\n"
        "E:\n"
        "\n"
        '{"a": 1}\n'
        "\\# no comment\n"
        "\n"
        "?? status == 201\n"
        "\n"
        "### second\n"
        "GET /b\n"
        "?? text\n"
        "\n"
        "###\n"
        "GET /c\n"
    )


LINES = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "GET /x",
            "post /y?a={{ 1 or 2 }} HTTP/1.1",
            "PUT /z",
            "/x",
            "GET {{base}}",
            "?a=1",
            " &b={{2}}",
            "A: b",
            "&c: d",
            "Content-Type : text/plain",
            "[1]",
            "{{ {'a': {}} }}",
            "{{",
            "}}",
            "# comment",
            "// comment",
            "\\# text",
            "\\\\### text",
            " \\?? text",
            "?? status == 200",
            "??json # x",
            "??",
            "###",
            "### title",
            "##### # title \r",
            "\r\r",
            "\x0b\x1c\x85\u2028",
        ]
    ),
    st.text(max_size=12),
)
CELLS = st.lists(LINES, max_size=9).map("\n".join)
#: Cells that are mostly right, so that the round trip sees many.
REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["POST /x", "/y", "PATCH /z\n?a=1\n&b=2"]),
        st.sampled_from(["", "A: b\n", "A: {{1}}\n&c: d\n", "?? status\n"]),
        st.lists(LINES.filter(lambda line: "{{" not in line and not line.startswith("#")), max_size=5).map("\n".join),
        st.sampled_from(["", "\n?? json == 1", "\n\n# c\n?? text"]),
    ).map(lambda parts: "{}\n{}\n{}{}".format(*parts)),
    min_size=1,
    max_size=3,
).map("\n### title\n".join)
MAGIC = st.one_of(
    st.sampled_from(["", "POST /x", "/x as r", "as r", "GET /x", "GET /{{ 1 }} as r"]), st.text(max_size=12)
)


@settings(deadline=None)
@given(MAGIC, st.one_of(CELLS, REQUESTS, st.text()))
@example("POST /x", "\nx\r\r\ny\r")
@example("POST /x", "\n\\\\\\??")
def test_any_text_is_read_or_refused_and_what_is_read_can_be_written(line, cell):
    try:
        parsed = parse_request_cell(line, cell)
    except CellError:
        return
    written = format_requests(parsed)
    again = parse_request_cell(f"as {parsed.name}" if parsed.name else "", written)
    assert again == parsed
    assert format_requests(again) == written


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\r{")).filter(lambda text: text.strip()))
def test_any_body_can_be_written(text):
    lines = text.split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()]
    body = "\n".join(lines[filled[0] : filled[-1] + 1])
    cell = RequestCell((RequestSpec(method="POST", target="/x", body=body),))
    assert parse_request_cell("", format_requests(cell)) == cell
