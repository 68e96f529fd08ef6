from __future__ import annotations

import asyncio

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notebook_routes.errors import InvalidBody
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
