from __future__ import annotations

import base64

import httpx2
import pytest

from notebook_routes.errors import ServerError
from notebook_routes.inspector.asked import Asked, raw_target


def asked(target="/a", *, headers=(), body=None, method="POST"):
    return Asked("r", method, "/a", target, tuple(headers), body)


def sent(request, **options):
    """The request that a client makes of it."""
    arguments = request.request(**{"token": None, **options})
    arguments.pop("extensions")
    made = httpx2.Client().build_request(request.method, "http://127.0.0.1", **arguments)
    made.read()
    return made


@pytest.mark.parametrize(
    ("target", "raw"),
    [
        ("/a?x=1&y=%20", b"/a?x=1&y=%20"),
        ("/caf\u00e9", b"/caf%C3%A9"),
        ("/a b", b"/a%20b"),
        ("/a/../b//c", b"/a/../b//c"),
        ("/a#there", b"/a"),
        ("//evil.example/", b"//evil.example/"),
    ],
)
def test_the_target_stands_as_it_is_written(target, raw):
    assert raw_target(target) == raw


@pytest.mark.parametrize("target", ["", "a", "http://evil.example/", "*", "/\ud800"])
def test_a_target_that_is_none(target):
    with pytest.raises(ServerError, match=r"is no path|half a character"):
        raw_target(target)


def test_a_text_is_typed_by_what_it_is():
    assert sent(asked(body={"kind": "text", "text": '{"a":1}'})).headers["content-type"] == "application/json"
    plain = sent(asked(body={"kind": "text", "text": "a b"}, headers=[("Content-Type", "text/x")]))
    assert (plain.headers["content-type"], plain.content) == ("text/x", b"a b")


def test_bytes():
    made = sent(asked(body={"kind": "base64", "data": base64.b64encode(b"\0\xff").decode()}))
    assert (made.content, made.headers["content-type"]) == (b"\0\xff", "application/octet-stream")
    with pytest.raises(ServerError, match="is no base64"):
        asked(body={"kind": "base64", "data": "?"}).request(token=None)


def test_a_form():
    fields = [
        {"name": "a", "value": "1"},
        {"name": 'b"\r\n', "filename": "x.csv", "type": "text/csv", "data": base64.b64encode(b"x,y").decode()},
    ]
    made = sent(asked(headers=[("content-type", "multipart/form-data")], body={"kind": "form", "fields": fields}))
    assert made.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="a"\r\n\r\n1\r\n' in made.content
    assert b'filename="x.csv"\r\nContent-Type: text/csv\r\n\r\nx,y\r\n' in made.content
    assert b'"\r\n"' not in made.content


def test_the_token_is_sent_where_the_form_has_none():
    assert sent(asked(), token="t").headers["authorization"] == "Bearer t"
    assert sent(asked(headers=[("Authorization", "Basic x")]), token="t").headers["authorization"] == "Basic x"


def test_no_packing_is_asked_for_unless_the_form_does():
    assert sent(asked()).headers["accept-encoding"] == "identity"
    assert sent(asked(headers=[("Accept-Encoding", "gzip")])).headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (("x", "\u20ac"), 'a header cannot hold "\u20ac", write it percent-encoded'),
        (("x", "a\r\nY: z"), r"the header x holds '\\r'"),
        (("x", "\0"), "the header x holds"),
        (("x y", "1"), "is no name of a header"),
        (("", "1"), "is no name of a header"),
        (("\u00fc", "1"), "is no name of a header"),
    ],
)
def test_odd_headers_are_refused(header, said):
    with pytest.raises(ServerError, match="POST /a cannot be sent: ") as raised:
        asked(headers=[header]).request(token=None)
    assert said.replace("\\\\", "\\") in str(raised.value)


def test_latin_1_is_no_odd_header():
    assert asked(headers=[("x", " \u00fc ")]).request(token=None)["headers"][0] == (b"x", b"\xfc")


def test_of_a_large_body_the_beginning_is_shown():
    assert asked(body={"kind": "text", "text": "x"}).shown()["body"] == {"kind": "text", "text": "x"}
    large = asked(body={"kind": "text", "text": "x" * 1_000_000}).shown()["body"]
    assert (large["shortened"], len(large["text"])) == (True, 64 * 1024)
    fields = [{"name": str(n), "value": "x" * 100_000} for n in range(10)]
    form = asked(body={"kind": "form", "fields": fields}).shown()["body"]
    assert form["shortened"] is True
    assert sum(len(field["value"]) for field in form["fields"]) <= 64 * 1024
