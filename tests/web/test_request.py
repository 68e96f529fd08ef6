from __future__ import annotations

import asyncio
import threading

import pytest

from notebook_routes.errors import Aborted, BodyUsed, InvalidBody
from notebook_routes.web import URL, AbortController, FormData, Headers, Request

ORIGIN = "http://127.0.0.1:8000"


def run(coroutine):
    return asyncio.run(coroutine)


async def pieces(*chunks):
    for chunk in chunks:
        yield chunk


def arrived(target="/a", method="GET", body=None, headers=(), **options):
    return Request.from_target(method, target, origin=ORIGIN, headers=Headers(headers), body=body, **options)


def test_from_the_wire():
    request = arrived("/a%20b/../c?x=1&y=%20", headers={"Cookie": "a=1; b=2"})
    assert request.method == "GET"
    assert request.target == "/a%20b/../c?x=1&y=%20"
    assert request.path == "/a%20b/../c"
    assert request.query_string == "x=1&y=%20"
    assert request.url == f"{ORIGIN}/c?x=1&y=%20"
    assert list(request.query) == [("x", "1"), ("y", " ")]
    assert request.cookies.value("b") == "2"
    assert request.body is None


def test_nothing_is_made_before_it_is_asked_for():
    request = arrived("/a?b=c", "POST", pieces(b"x"))
    assert request._url is request._query is request._cookies is request._signal is request._stream is None
    assert request.url is request.url
    assert request.query is request.query
    assert request.cookies is request.cookies
    assert request.signal is request.signal
    assert request.body is request.body
    assert request.next_url is request.next_url


@pytest.mark.parametrize(
    ("target", "path", "query", "url"),
    [
        ("/", "/", "", f"{ORIGIN}/"),
        ("/a?", "/a", "", f"{ORIGIN}/a"),
        ("/a?b?c", "/a", "b?c", f"{ORIGIN}/a?b?c"),
        ("//evil.example/x", "//evil.example/x", "", f"{ORIGIN}//evil.example/x"),
    ],
)
def test_forms_of_a_target(target, path, query, url):
    request = arrived(target)
    assert (request.path, request.query_string, request.url) == (path, query, url)


def test_made_by_hand():
    request = Request("http://shop.example/a b?x=1", method="patch", headers={"A": "1"}, body="é")
    assert request.url == "http://shop.example/a%20b?x=1"
    assert (request.method, request.target, request.path) == ("PATCH", "/a%20b?x=1", "/a%20b")
    assert request.headers.raw == [("a", "1"), ("content-type", "text/plain;charset=UTF-8")]
    assert run(request.text()) == "é"
    assert Request(URL("http://a/")).method == "GET"


def test_json_of_a_request():
    request = Request("http://a/", method="POST", json={"name": "Lamp"})
    assert request.headers["content-type"] == "application/json"
    assert run(request.json()) == {"name": "Lamp"}
    assert run(Request("http://a/", method="POST", json=None).json()) is None


def test_a_form_of_a_request():
    request = Request("http://a/", method="POST", body=FormData({"a": "1"}))
    assert run(request.form_data()) == FormData({"a": "1"})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Request("/relative"), ValueError, "no absolute URL"),
        (lambda: Request("http://a/", method="GET POST"), ValueError, "'GET POST' cannot be a request's method"),
        (lambda: Request("http://a/", body="x"), TypeError, "a GET request has no body: use method='POST'"),
        (lambda: Request("http://a/", method="HEAD", json=1), TypeError, "a HEAD request has no body"),
        (lambda: Request("http://a/", method="POST", body="x", json=1), TypeError, "not both"),
        (
            lambda: Request("http://a/", method="POST", body={"a": 1}),
            TypeError,
            r"Request takes .*, not dict: use json=",
        ),
    ],
)
def test_mistakes(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_body_of_a_get_is_ignored(method):
    request = arrived(method=method, body=b"body-on-get")
    assert request.body is None
    assert run(request.text()) == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("make", [lambda: b"body", lambda: pieces(b"bo", b"dy")])
def test_the_body_of_other_methods(method, make):
    request = arrived(method=method, body=make())
    assert request.body is not None
    assert not request.body_used
    assert run(request.text()) == "body"
    with pytest.raises(BodyUsed, match="request's body was read already"):
        run(request.json())


def test_the_content_type_does_not_matter_to_json():
    assert run(arrived(method="POST", body=b'{"a":1}', headers={"content-type": "text/plain"}).json()) == {"a": 1}
    with pytest.raises(InvalidBody, match="line 1 column 2"):
        run(arrived(method="POST", body=b"{bad").json())


@pytest.mark.parametrize("make", [lambda: b"[1]", lambda: pieces(b"[", b"1]")])
def test_buffer_reads_without_using(make):
    async def story():
        request = arrived(method="POST", body=make())
        assert request.body is not None  # looked at before
        assert await request.buffer() == b"[1]"
        assert await request.buffer() == b"[1]"
        assert not request.body_used
        assert await request.clone().text() == "[1]"
        assert await request.json() == [1]
        with pytest.raises(BodyUsed):
            await request.buffer()

    run(story())


def test_a_body_of_no_bytes_is_a_body():
    async def story():
        request = arrived(method="POST", body=pieces())
        assert await request.buffer() == b""
        assert request.body is not None
        assert await request.text() == ""
        with pytest.raises(BodyUsed):
            await request.text()
        assert await arrived(method="POST").buffer() == b""

    run(story())


def test_cookies_sent_in_several_fields_are_one_list():
    request = arrived(headers=[("cookie", "a=1"), ("cookie", "b=2")])
    assert [cookie.name for cookie in request.cookies] == ["a", "b"]


def test_changing_cookies_changes_the_header():
    request = arrived(headers={"cookie": "a=1; b=2"})
    request.cookies.set("a", "ä")
    assert request.headers["cookie"] == "a=%C3%A4; b=2"
    assert request.cookies.value("a") == "ä"
    assert request.cookies.sent == {"a": "1", "b": "2"}
    request.cookies.delete(["a", "b"])
    assert not request.headers.has("cookie")
    assert not request.cookies.delete("a")


def test_next_url_can_be_changed_and_url_stays():
    request = arrived("/misc/url-mutate?z=1")
    request.next_url.pathname = "/changed"
    request.next_url.search_params.set("z", "a b")
    assert request.next_url.href == f"{ORIGIN}/changed?z=a+b"
    assert request.url == f"{ORIGIN}/misc/url-mutate?z=1"


def test_headers_can_be_changed():
    request = arrived()
    request.headers.set("x", "1")
    assert request.headers.get("X") == "1"


def test_abort_before_and_after_the_signal_is_asked_for():
    early, late = arrived(), arrived()
    signal = late.signal
    for request in (early, late):
        assert not request.aborted
        request.abort("The client disconnected")
        assert request.aborted
    assert early.signal.reason == signal.reason == "The client disconnected"
    plain = arrived()
    plain.abort()
    assert isinstance(plain.signal.reason, Aborted)


def test_a_signal_given_by_hand():
    controller = AbortController()
    request = Request("http://a/", signal=controller.signal)
    controller.abort("enough")
    assert request.aborted
    assert request.signal.reason == "enough"


def test_no_abort_is_lost_between_threads():
    for _ in range(50):
        request = arrived()
        barrier = threading.Barrier(2)

        def abort(request=request, barrier=barrier):
            barrier.wait()
            request.abort("x")

        thread = threading.Thread(target=abort)
        thread.start()
        barrier.wait()
        signal = request.signal
        thread.join()
        assert signal.aborted


def test_clones_share_the_signal_and_split_the_body():
    async def story():
        request = arrived("/a?b", "POST", pieces(b"x", b"y"), {"a": "1"})
        twin = request.clone()
        twin.headers.set("a", "2")
        assert request.headers["a"] == "1"
        assert (twin.url, twin.method, twin.target) == (request.url, "POST", "/a?b")
        assert [await twin.text(), await request.text()] == ["xy", "xy"]
        request.abort()
        assert twin.signal.aborted
        with pytest.raises(BodyUsed, match="before the first read"):
            request.clone()

    run(story())


def test_a_rewritten_request_keeps_everything_but_the_url():
    async def story():
        request = arrived("/old?x=1", "POST", pieces(b"body"), {"cookie": "a=1"})
        request.state.user = "me"
        moved = request.rewritten("/new?y=2")
        again = moved.rewritten("http://other.example/z")
        assert (moved.path, moved.query_string, moved.url) == ("/new", "y=2", f"{ORIGIN}/new?y=2")
        assert moved.original_url == again.original_url == f"{ORIGIN}/old?x=1"
        assert request.original_url == request.url
        assert (again.url, again.method, again.state.user) == ("http://other.example/z", "POST", "me")
        assert again.cookies.value("a") == "1"
        assert request.rewritten("/n", headers=Headers({"h": "1"})).headers["h"] == "1"
        request.abort()
        assert again.signal.aborted
        assert await again.text() == "body"

    run(story())


def test_the_repr_needs_no_parser():
    assert repr(arrived("/a?b=1", "POST")) == f"<Request POST {ORIGIN}/a?b=1>"
