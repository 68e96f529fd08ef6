"""`req.body`, by content type. What is in cases.json of area pages-api is not repeated here."""

from __future__ import annotations

import json

import pytest

FORM = "application/x-www-form-urlencoded"


def echo(req, res):
    res.json({"body": req.body})


def posted(ask, body, content_type, **options):
    headers = {} if content_type is None else {"content-type": content_type}
    return ask(echo, method="POST", headers=headers, body=body, **options)


@pytest.mark.parametrize(
    ("body", "content_type", "parsed"),
    [
        (b'{"a":"\xc3\xa9"}', "application/json; charset=utf-8", {"a": "é"}),
        (b'{"a":"\xe9"}', "Application/JSON; charset=latin-1", {"a": "é"}),
        (b"[1,2]", "application/json", [1, 2]),
        (b"a=1&b=2&a=3&a=4&c", FORM, {"a": ["1", "3", "4"], "b": "2", "c": ""}),
        (b"a=x+y%20z", f"{FORM}; charset=UTF-8", {"a": "x y z"}),
        (b"", FORM, {}),
        (b"\xe9", "text/plain; charset=latin-1", "é"),
        (b"\xe9", 'text/plain; x=1; CHARSET="latin-1"', "é"),
        (b"\xe9", "text/plain", "\ufffd"),
        (b"ab", "application/octet-stream", "ab"),
        (b"--x", "multipart/form-data; boundary=x", "--x"),
        (b'{"a":1}', "nonsense", '{"a":1}'),
        (b'{"a":1}', "application/problem+json", '{"a":1}'),
        (b"x", None, "x"),
    ],
)
def test_a_body(ask, body, content_type, parsed):
    assert json.loads(posted(ask, body, content_type).content) == {"body": parsed}


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_the_method_does_not_matter(ask, method):
    given = ask(echo, method=method, headers={"content-type": "application/json"}, body=b"[1]")
    assert json.loads(given.content) == {"body": [1]}


def test_a_get_may_read_its_body_by_itself(ask):
    async def handler(req, res):
        res.send(b"".join([piece async for piece in req]))

    given = ask(handler, method="GET", body=b"raw", config={"api": {"body_parser": False}})
    assert given.content == b"raw"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "text"),
    [
        (b"{bad", "application/json", 400, b"Invalid JSON"),
        (b"NaN", "application/json", 400, b"Invalid JSON"),
        (b" ", "application/json", 400, b"Invalid JSON"),
        (b"[" * 100_000, "application/json", 400, b"Invalid JSON"),
        (b"x", "text/plain; charset=klingon", 415, b"There is no charset klingon\n"),
        (b"x" * (1024**2 + 1), "text/plain", 413, b"Body exceeded 1mb limit"),
        (b"&a" * 2000, FORM, 413, None),
    ],
)
def test_a_body_that_cannot_be_read(ask, body, content_type, status, text):
    answer = posted(ask, body, content_type)
    assert answer.status == status
    assert text is None or answer.content == text


@pytest.mark.parametrize(("size", "status"), [(1024, 200), (1025, 413)])
def test_the_limit_of_a_body_that_comes_in_pieces(ask, size, status):
    asked_for = []

    async def pieces():
        for start in range(0, size, 100):
            asked_for.append(start)
            yield b"x" * min(100, size - start)
        if size > 1024:
            asked_for.append("too far")

    config = {"api": {"body_parser": {"size_limit": "1kb"}}}
    answer = ask(echo, method="POST", body=pieces(), config=config)
    assert answer.status == status
    assert (answer.content == b"Body exceeded 1kb limit") is (status == 413)
    assert "too far" not in asked_for


def test_a_declared_length_is_enough_to_refuse(ask):
    async def never():
        raise AssertionError("it is read")
        yield b""

    answer = ask(echo, method="PUT", body=never(), headers={"content-length": "1048577"})
    assert answer.status == 413


def test_a_body_that_is_not_parsed(ask):
    config = {"api": {"body_parser": False}}

    def in_thread(req, res):
        res.json({"body": req.body, "pieces": [piece.decode() for piece in req]})

    async def on_loop(req, res):
        res.json({"body": req.body, "pieces": [piece.decode() async for piece in req]})

    async def pieces():
        yield b"a" * 1024**2
        yield b"b"

    for handler, count in ((in_thread, 1), (on_loop, 2)):
        answer = ask(handler, method="POST", body=pieces(), config=config, headers={"content-type": "application/json"})
        assert answer.status == 200, answer.content
        assert answer.content.startswith(b'{"body":null,"pieces":["aaaa')
        assert answer.content.endswith(b'b"]}')
        assert answer.content.count(b'"') - 4 == 2 * count
    assert ask(in_thread, method="POST", config=config).content == b'{"body":null,"pieces":[]}'
    assert ask(on_loop, method="POST", config=config).content == b'{"body":null,"pieces":[]}'


def test_a_parsed_body_is_not_read_again(ask):
    ask.app.explain = ask.app.failures.explain = True

    def in_thread(req, res):
        res.json(list(req))

    async def on_loop(req, res):
        res.json([piece async for piece in req])

    for handler in (in_thread, on_loop):
        assert b'write config = {"api": {"body_parser": False}}' in ask(handler, method="POST", body=b"x").content
