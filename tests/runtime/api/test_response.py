"""`res`. What is in cases.json of area pages-api is not repeated here."""

from __future__ import annotations

from datetime import date

import pytest

from notebook_routes.errors import ScopeError


def answer(ask, act, **options):
    """What a handler that does `act(res)` answers."""
    return ask(lambda _req, res: act(res), **options)


def pieces():
    yield "x"
    yield b"y"


async def later_pieces():
    yield "x"
    yield b"y"


@pytest.mark.parametrize(
    ("act", "status", "kind", "body"),
    [
        (lambda res: res.send("a string"), 200, None, b"a string"),
        (lambda res: res.send("<p>x</p>"), 200, None, b"<p>x</p>"),
        (lambda res: res.send(b"\x01\xff"), 200, "application/octet-stream", b"\x01\xff"),
        (lambda res: res.send(bytearray(b"z")), 200, "application/octet-stream", b"z"),
        (lambda res: res.set_header("content-type", "image/png").send(b"z"), 200, "image/png", b"z"),
        (lambda res: res.send(pieces()), 200, "application/octet-stream", b"xy"),
        (lambda res: res.send(later_pieces()), 200, "application/octet-stream", b"xy"),
        (lambda res: res.send({"d": date(2026, 1, 2)}), 200, "application/json; charset=utf-8", b'{"d":"2026-01-02"}'),
        (lambda res: res.send(), 200, None, b""),
        (lambda res: res.json("s"), 200, "application/json; charset=utf-8", b'"s"'),
        (lambda res: res.status(204).send("body"), 204, None, b""),
        (lambda res: res.status(204).json({"a": 1}), 204, None, b""),
        (lambda res: res.status(304).send("body"), 304, None, b""),
        (lambda res: res.status(204).end(), 204, None, b""),
        (lambda res: res.set_header("x-n", 5).end("x"), 200, None, b"x"),
        (lambda res: res.write_head(202, {"Content-Type": "text/x"}).end("x"), 202, "text/x", b"x"),
        (lambda res: res.write_head(202, "Fine", {"Content-Type": "text/x"}).end("x"), 202, "text/x", b"x"),
        (lambda res: res.write("a") and res.end(b"b"), 200, None, b"ab"),
        (lambda res: res.redirect("/target"), 307, None, b"/target"),
    ],
)
def test_an_answer(ask, act, status, kind, body):
    given = answer(ask, act)
    assert (given.status, given.headers.get("content-type"), given.content) == (status, kind, body)


def test_headers(ask):
    def handler(req, res):
        assert res.get_header("X-A") is None
        res.set_header("X-A", "1").set_header("x-a", "2").append_header("X-A", "3").append_header("X-B", ["4", "5"])
        assert res.get_header("X-A") == ["2", "3"]
        assert res.get_headers() == {"x-a": ["2", "3"], "x-b": ["4", "5"]}
        assert res.get_header_names() == ["x-a", "x-b"]
        res.remove_header("X-B").remove_header("X-C")
        assert res.has_header("x-A")
        assert not res.has_header("x-b")
        assert not res.headers_sent
        res.flush_headers()
        assert res.headers_sent
        assert not res.writable_ended
        res.end()
        assert res.writable_ended
        assert repr(res) == "<ApiResponse 200, ended>"

    given = ask(handler)
    assert given.status == 200, given.content
    assert given.headers.raw == [("x-a", "2"), ("x-a", "3")]


def test_a_reason_phrase(ask):
    given = answer(ask, lambda res: res.write_head(299, "Custom Msg").end())
    assert given.status_text == "Custom Msg"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_etag_and_304(ask, method):
    first = answer(ask, lambda res: res.json({"a": 1}))
    etag = first.headers["etag"]
    assert etag != answer(ask, lambda res: res.json({"a": 2})).headers["etag"]
    again = answer(ask, lambda res: res.json({"a": 1}), method=method, headers={"if-none-match": f'"x", W/{etag}'})
    assert (again.status, again.content, again.headers["etag"]) == (304, b"", etag)
    other = answer(ask, lambda res: res.json({"a": 1}), method=method, headers={"if-none-match": '"x"'})
    assert other.status == 200
    own = answer(ask, lambda res: res.set_header("ETag", '"v1"').send("x"))
    assert own.headers["etag"] == '"v1"'
    assert answer(ask, lambda res: res.end("x")).headers.get("etag") is None
    assert answer(ask, lambda res: res.json()).headers.get("etag") is None


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_no_etag(ask, status):
    assert answer(ask, lambda res: res.status(status).send("body")).headers.raw == []


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda res: res.status("200"), ValueError, r"res.status\('200'\): a status is a number"),
        (lambda res: res.status(99), ValueError, "from 200 to 599"),
        (lambda res: res.redirect(5, None), TypeError, "write res.redirect"),
        (lambda res: res.redirect("/a", "/b"), TypeError, "write res.redirect"),
        (lambda res: res.redirect(302), TypeError, "write res.redirect"),
        (lambda res: res.write({"a": 1}), TypeError, "a body is text or bytes, not dict"),
        (lambda res: res.end(5), TypeError, "a body is text or bytes, not int"),
        (lambda res: res.json(object()), TypeError, "object"),
        (lambda res: res.write_head(200, 5), TypeError, "takes a status, a reason phrase and a dict"),
        (lambda res: res.write_head(200, {}, {}), TypeError, "takes a status, a reason phrase and a dict"),
        (lambda res: res.on("data", print), ValueError, "there are 'finish' and 'close'"),
        (lambda res: res.set_header("x y", "1").end(), ValueError, "x y"),
        (lambda res: res.set_header("x", "a\nb").end(), ValueError, "x"),
        (lambda res: res.write("a") and res.set_header("x", "1"), ScopeError, "comes after the head was written"),
        (lambda res: res.write("a") and res.json(1), ScopeError, "comes after the head was written"),
        (lambda res: res.write_head(200).remove_header("x"), ScopeError, "comes after the head was written"),
        (lambda res: res.end().end(), ScopeError, r"res.end\(\) comes after the answer was ended"),
        (lambda res: res.end().write("x"), ScopeError, r"res.write\(\) comes after"),
        (lambda res: res.end().json(1), ScopeError, r"res.json\(\) comes after"),
        (lambda res: res.end().send("x"), ScopeError, r"res.send\(\) comes after"),
        (lambda res: res.end().redirect("/x"), ScopeError, r"res.redirect\(\) comes after"),
        (lambda res: res.end().set_header("x", "1"), ScopeError, r"res.set_header\(\) comes after"),
        (lambda res: res.end().set_draft_mode(enable=True), ScopeError, "comes after"),
        (lambda res: res.set_preview_data("x" * 3000), ValueError, "preview data has 3,002 bytes"),
        (lambda res: res.set_preview_data(1, path="x;y"), ValueError, "the path of a cookie"),
        (lambda res: res.set_preview_data(1, max_age=1.5), ValueError, "write whole seconds"),
    ],
)
def test_what_is_refused(ask, act, error, message):
    def handler(req, res):
        with pytest.raises(error, match=message):
            act(res)
        if not res.writable_ended:
            res.headers_sent = False
            res.get_headers().clear()
            for name in res.get_header_names():
                res.remove_header(name)
            res.status(200).end("refused")

    given = ask(handler)
    assert given.status == 200, given.content


def test_a_status_code_that_is_none(ask):
    def handler(req, res):
        res.status_code = 99
        res.end()

    assert ask(handler).status == 500


def test_listeners_are_called_when_it_is_sent(ask):
    heard = []

    def handler(req, res):
        res.on("finish", lambda: heard.append("finish")).on("close", lambda: heard.append("close"))
        res.end()
        assert heard == []

    ask(handler)
    assert heard == ["finish", "close"]


def test_a_large_answer_gets_a_remark(ask):
    answer(ask, lambda res: res.send("x" * 1025), config={"api": {"response_limit": "1kb"}})
    (entry,) = ask.log.entries()
    assert entry.notes == (
        "the answer has over 1kb, and an API Route has all of it in memory: a Route Handler streams",
    )
    answer(ask, lambda res: res.send("x" * 1024), config={"api": {"response_limit": "1kb"}})
    assert not ask.log.entries()[-1].notes
