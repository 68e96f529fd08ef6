"""What cells show."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from notebook_routes.app import LogEntry
from notebook_routes.inspector.kept import KeptEntry
from notebook_routes.notebook import display as shown
from notebook_routes.notebook.client import FinishedResponse
from notebook_routes.notebook.session import Definition
from notebook_routes.project import Outcome
from notebook_routes.routing import Route, RoutePattern, SegmentConfig
from notebook_routes.web import Headers

HOSTILE = '<script>alert("x")</script>&amp;'


def route(path="/x", method="GET", *, cell="cell [1]", **constants):
    config = SegmentConfig.from_constants(constants, where="here")
    return Route(method, RoutePattern.parse(path), print, config, cell=cell)


def entry(method="GET", target="/x", status=200, **more):
    return LogEntry(7, method, target, None, status, 1.25, 99, started=1700000000.0, **more)


def response(body=b"", content_type=None, *, status=200, reason="OK", headers=(), **more):
    pairs = [*([("content-type", content_type)] if content_type else []), *headers]
    return FinishedResponse(status, Headers(pairs), body, reason=reason, **more)


class _Reader(HTMLParser):
    """Reads a page as a browser does: the text that is seen, and the tags."""

    def __init__(self):
        super().__init__()
        self.text = ""
        self.tags = []
        self._hidden = False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._hidden = tag == "style"

    def handle_endtag(self, tag):
        self._hidden = False

    def handle_data(self, data):
        if not self._hidden:
            self.text += data


def read(html):
    reader = _Reader()
    reader.feed(html)
    return reader


# Definitions


def test_a_definition_says_what_happened_to_each_route():
    definition = Definition(((route("/a/[id]"), "new"), (route("/a/[id]", "POST"), "updated")), ("GET /old withdrawn",))
    assert shown.definition_text(definition) == "GET /a/[id]  new\nPOST /a/[id]  updated\nGET /old withdrawn"
    page = read(shown.definition_html(definition))
    assert page.text == "GET/a/[id] newPOST/a/[id] updatedGET /old withdrawn"


def test_only_get_is_a_link_and_the_page_fills_in_its_address():
    definition = Definition(((route("/a/[id]"), "new"), (route("/a/[id]", "POST"), "new")))
    links = [attributes for tag, attributes in read(shown.definition_html(definition)).tags if tag == "a"]
    assert [link["data-path"] for link in links] == ["/a/1"]
    assert "href" not in links[0]
    assert links[0]["rel"] == "noopener"


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("/", "/"),
        ("/a", "/a"),
        ("/[id]/x", "/1/x"),
        ("/[product-id]", "/1"),
        ("/[...all]", "/1"),
        ("/a/[[...all]]", "/a/1"),
        ("/(group)/a%20b", "/a%20b"),
    ],
)
def test_a_link_goes_to_a_path_that_the_route_answers(path, sample):
    assert shown.sample_path(route(path)) == sample


def test_remarks_are_text():
    assert "script" not in {tag for tag, _ in read(shown.definition_html(Definition((), (HOSTILE,)))).tags}
    assert HOSTILE in shown.definition_text(Definition((), (HOSTILE,)))


# Tables


def test_the_table_of_routes():
    routes = [route("/a", cell="cell [1]"), route("/products/[id]", "DELETE", cell="cell [12]", revalidate=60)]
    assert shown.routes_text(routes) == (
        "METHOD  PATH            CONFIG\nGET     /a\nDELETE  /products/[id]  revalidate=60"
    )
    page = read(shown.routes_html(routes))
    for text in ("Method", "DELETE", "/products/[id]", "revalidate=60"):
        assert text in page.text


def test_the_table_needs_no_cell_numbers():
    """They would differ where cells are run out of order."""
    routes = [route(cell="cell [31]")]
    assert "31" not in shown.routes_text(routes) + shown.routes_html(routes)


def test_config_is_shown_as_it_is_written_on_the_line():
    configured = route("/a", tags=["x", "y"], revalidate=False, cors={"origins": ["https://a.example"]})
    assert shown.routes_text([configured]).endswith("revalidate=False, tags=x y, cors=https://a.example")


def test_of_a_function_in_the_config_only_the_name_is_shown():
    listed = route("/x/[id]", dynamic_params=False, generate_static_params=list)
    assert shown.routes_text([listed]).endswith("dynamic_params=False, generate_static_params")


def test_without_routes_the_table_says_what_to_write():
    assert shown.routes_text([]) == read(shown.routes_html([])).text
    assert "%%route GET /hello" in shown.routes_text([])


def test_the_log_has_what_was_printed_and_what_failed():
    entries = [
        entry(target="/a?b=c", output="one\ntwo\n"),
        entry("POST", "/f", 500, error="Traceback ...\nZeroDivisionError: division by zero"),
        entry(status=0, notes=("line 3 held the server\nfor long",)),
    ]
    assert shown.log_text(entries) == (
        "GET /a?b=c  200\n  one\n  two\n"
        "POST /f  500\n  Traceback ...\n  ZeroDivisionError: division by zero\n"
        "GET /x  left\n  line 3 held the server\n  for long"
    )
    page = read(shown.log_html(entries))
    assert "one\ntwo" in page.text
    assert "ZeroDivisionError" in page.text
    assert shown.log_text([]) == read(shown.log_html([])).text == "No requests yet"


def test_neither_carries_times_or_numbers_of_requests():
    for text in (shown.log_text([entry()]), shown.log_html([entry()])):
        assert not re.search(r"1\.25|1700000000|2023|\b99\b", text.partition("</style>")[2] or text)


def test_what_clients_sent_is_text():
    hostile = entry(target=f"/{HOSTILE}", output=HOSTILE, error=HOSTILE)
    assert "script" not in {tag for tag, _ in read(shown.log_html([hostile])).tags}


# Responses


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (response(b"hello", "text/plain"), "200 OK · text/plain\nhello"),
        (response(b"a\nb\n\n", "text/plain"), "200 OK · text/plain\na\nb"),
        (response(status=204, reason="No Content"), "204 No Content"),
        (response(status=299, reason=""), "299"),
        (
            response(status=307, reason="Temporary Redirect", headers=[("location", "/there")]),
            "307 Temporary Redirect · to /there",
        ),
        (response(b'{"a":1}', "application/json"), '200 OK · application/json\n{"a":1}'),
        (response(b"{oops", "application/json"), "200 OK · application/json\n{oops"),
        (response(b'{"a":1}', "application/problem+json"), '200 OK · application/problem+json\n{"a":1}'),
        (response(b"\0" * 12345, "application/octet-stream"), "200 OK · application/octet-stream\n12,345 bytes"),
        (response(b"\0" * 12), "200 OK\n12 bytes"),
        (response(b"<p>", "text/html"), "200 OK · text/html\n<p>"),
        (response(b"{}\n{}\n", "application/x-ndjson"), "200 OK · application/x-ndjson\n{}\n{}"),
        (response(b"seen", "text/plain", streamed=True), "200 OK · text/plain"),
        (response(b"half", "text/plain", streamed=True, complete=False), "200 OK · text/plain · stopped"),
    ],
)
def test_a_response_as_text(answer, text):
    assert shown.response_text(answer) == text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("notebook-routes; hit", " · cache hit"),
        ("notebook-routes; hit; fwd=stale", " · cache stale, made anew behind"),
        ("notebook-routes; fwd=uri-miss; stored", " · cache miss, now kept"),
        ("another; hit", " · cache another; hit"),
        ("", ""),
    ],
)
def test_what_the_cache_has_done_is_said(status, said):
    answer = response(b"x", "text/plain", headers=[("cache-status", status)] if status else ())
    assert shown.response_text(answer) == f"200 OK · text/plain{said}\nx"
    assert f"text/plain{said}" in read(shown.response_html(answer)).text


def test_an_entity_tag_of_the_content_is_shown_and_the_age_is_not():
    headers = [("etag", '"a9467cfa1cca48e63f2faac4"'), ("cache-status", "notebook-routes; hit"), ("age", "17")]
    page = read(shown.response_html(response(b"x", "text/plain", headers=headers))).text
    assert "a9467cfa1cca48e63f2faac4" in page
    assert "cache-status" in page
    assert "17" not in page


# What is kept


def kept(what="/x", kind="route", *, fresh=True, age=0.4, revalidate=60.0, tags=(), size=10, hits=0):
    return KeptEntry(what, kind, fresh, age, revalidate, tags, size, hits)


def test_what_is_kept():
    entries = [
        kept("/products?q=a", tags=("products", "shop"), size=12345, hits=7, revalidate=None),
        kept("GET https://bank.example/rates", "fetch", age=119.9, revalidate=7200.0),
        kept("square()", "value", fresh=False, age=7260.0),
    ]
    assert shown.kept_text(entries).splitlines() == [
        "KEPT                            STATE           AGE    TAGS            SIZE      HITS",
        "/products?q=a                   fresh for ever  0 s    products, shop  12,345 B  7",
        "GET https://bank.example/rates  fresh for 2 h   119 s                  10 B      0",
        "square()                        stale           2 h                    10 B      0",
    ]
    page = read(shown.kept_html(entries)).text
    for text in ("Kept", "State", "/products?q=a", "fresh for ever", "119 s", "products, shop", "12,345 B", "stale"):
        assert text in page


def test_minutes_are_minutes():
    assert "fresh for 10 min  3 min" in shown.kept_text([kept(age=200.0, revalidate=600.0)])


def test_without_entries_it_says_what_to_write():
    said = "Nothing is kept: --revalidate 60 on a route's line keeps its answers for a minute"
    assert shown.kept_text([]) == said
    assert read(shown.kept_html([])).text == said


def test_what_is_kept_is_text():
    hostile = [kept(HOSTILE, tags=(HOSTILE,))]
    page = read(shown.kept_html(hostile))
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.text.count(HOSTILE) == 2


def test_long_json_is_laid_out_and_long_text_is_cut():
    long = b'{"first": "' + b"x" * 50 + b'", "second": "\xc3\xa9' + b"y" * 50 + b'"}'
    lines = shown.response_text(response(long, "application/json")).splitlines()
    assert lines[1:] == ["{", f'  "first": "{"x" * 50}",', f'  "second": "é{"y" * 50}"', "}"]
    cut = shown.response_text(response(b"x" * 5000, "text/plain"))
    assert cut.endswith("x\n… 1,000 more characters")


def test_expectations_are_told_apart_by_more_than_colour():
    held = Outcome(ok=True, text="status == 200", line=2)
    failed = Outcome(ok=False, text="status == 404", line=3, detail="200 == 404 is false")
    answer = response(outcomes=[held, failed])
    assert shown.response_text(answer).splitlines()[1:] == [
        "✓ status == 200",
        "✗ status == 404  (200 == 404 is false)",
    ]
    page = read(shown.response_html(answer))
    assert "✓ status == 200" in page.text
    assert "✗ status == 404" in page.text


def test_headers_are_folded_and_those_that_vary_left_out():
    varying = [("date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("content-length", "5"), ("connection", "close")]
    page = read(shown.response_html(response(b"hello", "text/plain", headers=[("x-it", "yes"), *varying])))
    assert "x-it" in page.text
    assert "1970" not in page.text
    assert "details" in {tag for tag, _ in page.tags}
    assert "details" not in {tag for tag, _ in read(shown.response_html(response(headers=varying))).tags}


@pytest.mark.parametrize(
    ("tag", "kept"), [('"18a3f1c2b4d5e6f7-1c"', False), ('W/"65f1c2b4-1c"', False), ('"v1"', True), ('"abc-1"', True)]
)
def test_the_time_of_a_file_is_left_out(tag, kept):
    answer = response(b"x", "text/plain", headers=[("etag", tag), ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT")])
    page = read(shown.response_html(answer)).text
    assert "1970" not in page
    assert (tag in page) is kept
    assert "etag" in page


def test_our_own_address_and_the_end_of_a_cookie_are_left_out():
    answer = response(
        status=302,
        reason="Found",
        headers=[
            ("location", "http://127.0.0.1:8001/there?a=b"),
            ("set-cookie", "a=b; Path=/; Expires=Thu, 01 Jan 2026 00:00:00 GMT; Max-Age=60"),
            ("set-cookie", "c=d; expires=Thu, 01 Jan 1970 00:00:00 GMT"),
        ],
        origin="http://127.0.0.1:8001",
    )
    assert shown.response_text(answer) == "302 Found · to /there?a=b"
    page = read(shown.response_html(answer)).text
    assert "a=b; Path=/; Max-Age=60" in page
    assert "1970" in page
    assert not re.search("8001|2026", page)
    elsewhere = response(status=302, reason="Found", headers=[("location", "https://a.example/x")])
    assert shown.response_text(elsewhere) == "302 Found · to https://a.example/x"


@pytest.mark.parametrize(
    ("cookie", "seen"),
    [
        ("session=xW3vQm0kTtJ4aZ-Rk1bq9A; Path=/; HttpOnly", "session=…; Path=/; HttpOnly"),
        ("id=0123456789abcdef", "id=…"),
        ("id=0123456789abcde; Path=/some/where/far/away", "id=0123456789abcde; Path=/some/where/far/away"),
        ("a-name-that-is-long-enough=1", "a-name-that-is-long-enough=1"),
    ],
)
def test_a_cookie_that_is_a_key_stays_out_of_a_saved_notebook(cookie, seen):
    page = read(shown.response_html(response(headers=[("set-cookie", cookie)]))).text
    assert seen in page
    assert (cookie in page) is (cookie == seen)


def test_an_image_is_shown():
    page = read(shown.response_html(response(b"\x89PNG", "image/png")))
    assert ("img", {"alt": "the answer, an image", "src": "data:image/png;base64,iVBORw=="}) in page.tags


def test_what_a_server_sent_is_text():
    hostile = response(
        HOSTILE.encode(), "text/html", reason=HOSTILE, headers=[("x-it", HOSTILE), ("location", HOSTILE)]
    )
    page = read(shown.response_html(hostile))
    assert {tag for tag, _ in page.tags} <= {"style", "div", "pre", "details", "summary", "table", "tr", "td", "code"}
    assert page.text.count(HOSTILE) == 5


def test_a_hostile_image_type_stays_in_its_attribute():
    hostile = response(b"x", 'image/"><script>')
    assert "script" not in {tag for tag, _ in read(shown.response_html(hostile)).tags}
