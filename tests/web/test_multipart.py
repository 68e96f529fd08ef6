from __future__ import annotations

import asyncio
import re
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notebook_routes.errors import BodyTooLarge, InvalidBody
from notebook_routes.web import File
from notebook_routes.web.multipart import decode_multipart, encode_multipart, parameters

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# "%22" and the like mean a quote or a line break here, so that a name which spells them out cannot come back.
NAMES = (TEXT | st.text('";=\\ \r\n', max_size=6)).filter(
    lambda name: not any(e in name.upper() for e in ("%22", "%0A", "%0D"))
)
TYPES = st.sampled_from(["text/plain", "image/png", "application/octet-stream"])
FILES = st.builds(lambda data, name, kind: File([data], name, type=kind), st.binary(max_size=40), NAMES, TYPES)


def decode(body, content_type, *, step=None):
    async def pieces():
        for at in range(0, len(body), step or max(1, len(body))):
            yield body[at : at + (step or len(body))]

    return asyncio.run(decode_multipart(pieces(), content_type))


@given(st.lists(st.tuples(NAMES, TEXT | FILES), max_size=5), st.integers(1, 50))
def test_a_form_comes_back_however_it_is_cut(fields, step):
    assert decode(*encode_multipart(fields), step=step) == fields


@given(st.binary(max_size=60), st.integers(1, 9))
def test_content_that_looks_like_a_boundary_survives(data, step):
    tricky = b"\r\n--B" + data + b"\r\n--" + data + b"\r\n-"
    assume(b"\r\n--BB" not in tricky)
    body, content_type = encode_multipart([("f", File([tricky], "f"))], boundary="BB")
    ((_, file),) = decode(body, content_type, step=step)
    assert file.content == tricky


def test_each_boundary_is_fresh():
    assert encode_multipart([])[1] != encode_multipart([])[1]


def test_what_is_written():
    body, _ = encode_multipart([('a"\r\n', "é"), ("f", File([b"\x00"], 'q".png', type="image/png"))], boundary="B")
    assert body == (
        b'--B\r\nContent-Disposition: form-data; name="a%22%0D%0A"\r\n\r\n\xc3\xa9\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="q%22.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x00\r\n"
        b"--B--\r\n"
    )


def part(disposition, content="x", extra=""):
    return f"--B\r\nContent-Disposition: form-data; {disposition}\r\n{extra}\r\n{content}\r\n--B--\r\n".encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            part('name="f"; filename="a.txt"', "FILE", "Content-Type: text/x-foo\r\n"),
            ("f", "a.txt", "text/x-foo", b"FILE"),
        ),
        (part('name="g"; filename="no-ct.bin"', "XX"), ("g", "no-ct.bin", "text/plain", b"XX")),
        (
            part('name="h"; filename=""', "", "Content-Type: application/octet-stream\r\n"),
            ("h", "", "application/octet-stream", b""),
        ),
        (part('filename="a;b=\\"c\\".txt"; name="curl"'), ("curl", 'a;b="c".txt', "text/plain", b"x")),
        (part("name=bare; filename=a.txt"), ("bare", "a.txt", "text/plain", b"x")),
        (part('name="é"; filename="ü.txt"'), ("é", "ü.txt", "text/plain", b"x")),
    ],
)
def test_files(body, expected):
    ((name, file),) = decode(body, "multipart/form-data; boundary=B")
    assert (name, file.name, file.type, file.content) == expected


@pytest.mark.parametrize(
    "content_type", ['multipart/form-data; boundary="B"', "multipart/form-data; charset=utf-8; Boundary=B"]
)
def test_the_boundary_may_be_quoted(content_type):
    assert decode(part('name="a"'), content_type) == [("a", "x")]


def test_only_the_closing_boundary_is_an_empty_form():
    assert decode(b"--B--\r\n", "multipart/form-data; boundary=B") == []


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"", "multipart/form-data; boundary=B", "ends before the closing boundary --B--"),
        (part('name="a"')[:-20], "multipart/form-data; boundary=B", "ends before"),
        (part('name="a"'), "multipart/form-data", "no boundary"),
        (part('name="a"'), "multipart/form-data; boundary=WRONG", "not a form"),
        (part('title="a"'), "multipart/form-data; boundary=B", "no Content-Disposition with a name"),
        (b"--B\r\n\r\nx\r\n--B--\r\n", "multipart/form-data; boundary=B", "no Content-Disposition"),
        (part('name="a"'), f"multipart/form-data; boundary={'B' * 300}", "not a form: Boundary length"),
        (b"--B\r\nbad header\r\n\r\nx\r\n--B--\r\n", "multipart/form-data; boundary=B", "not a form"),
    ],
)
def test_malformed_bodies(body, content_type, message, caplog):
    with pytest.raises(InvalidBody, match=message) as caught:
        decode(body, content_type)
    assert caught.value.status == 400
    assert caplog.records == []  # a kernel shows warnings on stderr


def test_parameters_of_a_header():
    assert parameters('form-data; name="a;b"; x = 1; NAME="second"') == {"name": "a;b", "x": "1"}
    assert parameters('x; name="ends\\"') == {"name": "ends\\"}


def form(*parts, end=b"--B--\r\n"):
    return b"".join(parts) + end


FIELD = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
FILE = b'--B\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nx\r\n'
FORM = "multipart/form-data; boundary=B"


def test_a_thousand_fields_and_a_thousand_files_and_no_more():
    assert len(decode(form(FIELD * 1000, FILE * 1000), FORM)) == 2000
    for part, what in ((FIELD, "fields"), (FILE, "files")):
        with pytest.raises(BodyTooLarge, match=f"more than 1,000 {what}") as refused:
            decode(form(part * 1002, end=b""), FORM)  # before the end is seen
        assert (refused.value.status, refused.value.limit) == (413, 1000)


@pytest.mark.parametrize("step", [7, 5000, None])
@pytest.mark.parametrize(
    "headers", [b"a: b\r\n" * 5000, b"a: " + b"x" * 9000, b"x" * 9000, b"a:" + b" " * 9000 + b"b" * 9000]
)
def test_the_headers_of_a_part_are_limited(headers, step):
    with pytest.raises(BodyTooLarge, match="headers of a part of the form are larger than 8,192 bytes"):
        decode(b"--B\r\n" + headers, FORM, step=step)


def test_headers_of_a_part_may_be_many_and_long():
    extra = b"x-more: 1\r\n" * 30 + b"x-long: " + b"y" * 6000 + b"\r\n"
    assert decode(FIELD.replace(b"\r\n\r\n", b"\r\n" + extra + b"\r\n") + b"--B--\r\n", FORM) == [("a", "x")]


SOUP = st.sampled_from(
    [b"--B", b"--", b"-", b"\r", b"\n", b"\r\n", b"B", b":", b" ", b"x", b"\0", b"\xff", FIELD, FILE, b"\r\n--B--\r\n",
     b'Content-Disposition: form-data; name="a"', b'"', b";", b'filename="']
)  # fmt: skip
HEADER_SOUP = st.lists(st.sampled_from([";", " ", "a", "=", '"', "\\", "boundary", "name", "\t", "é", ","])).map(
    "".join
)


@given(st.lists(SOUP, max_size=30).map(b"".join) | st.binary(max_size=60), st.integers(1, 20))
def test_any_body_is_a_form_or_refused(body, step):
    try:
        fields = decode(body, FORM, step=step)
    except InvalidBody:
        return
    assert all(isinstance(value, str | File) for _, value in fields)
    assert decode(*encode_multipart(fields)) == decode(body, FORM)


@given(HEADER_SOUP | st.text(max_size=30))
def test_any_content_type_has_a_boundary_or_is_refused(content_type):
    with pytest.raises(InvalidBody):
        decode(b"", f"multipart/form-data{content_type}")


# As it was written in one expression, which looked for the end of a quote from each quote anew.
SLOWLY = re.compile(r';\s*([!#$%&\'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"(.*?)"(?=\s*(?:;|$))|([^\s;"]+))', re.DOTALL)


@given(HEADER_SOUP)
def test_parameters_are_those_of_one_expression(value):
    expected = {}
    for name, quoted, bare in SLOWLY.findall(value):
        expected.setdefault(name.lower(), bare or quoted.replace('\\"', '"'))
    assert parameters(value) == expected


@pytest.mark.parametrize("piece", [';a="x', ";", '"', "; ", ';a="', '" ', ";a", " ", 'a="\\"', ";a=b"])
def test_parameters_are_read_in_linear_time(growth, piece):
    assert growth(parameters, lambda size: "x" + piece * size, 1000) < 24
    assert growth(parameters, lambda size: 'x; name="' + piece * size, 1000) < 24


HEAD = FIELD.removesuffix(b"x\r\n")


@pytest.mark.parametrize(
    "body",
    [
        lambda size: HEAD + b"\r\n" * size,
        lambda size: HEAD + b"\r\n--" * size,
        lambda size: HEAD + b"\r\n--C" * size,
        lambda size: HEAD + b"\r" * size,
        lambda size: HEAD + b"x" * size * 8,
        lambda size: HEAD + b"\r\n--B--\r\n" + b"\r\n--B" * size,
        lambda size: FIELD * (size // 4),
        lambda size: b"--B\r\n" + b"a: b\r\n" * size,
    ],
)
@pytest.mark.parametrize("step", [3, None])
def test_a_body_is_read_in_linear_time(growth, body, step):
    def read(content):
        with suppress(InvalidBody, BodyTooLarge):
            decode(content, FORM, step=step)

    assert growth(read, body, 1000) < 24


def test_what_looks_like_boundaries_is_kept_in_about_its_size():
    body = HEAD + b"\r\n-" * 300_000 + b"\r\n--B--\r\n"
    tracemalloc.start()
    try:
        ((_, value),) = decode(body, FORM, step=4096)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(value) == 900_000
    assert peak < 6 * len(body)
