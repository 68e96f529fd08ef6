"""`Response.next()` and `Response.rewrite()`, and what a request does for middleware."""

import asyncio

import pytest

from notebook_routes.web import Continuation, Headers, Request, Response


def test_next_has_headers_and_cookies_and_no_status():
    response = Response.next(headers={"x-a": "1"})
    response.cookies.set("a", "1")
    assert isinstance(response, Continuation)
    assert (response.status, response.rewrite_url, response.request_headers) == (0, None, None)
    assert response.headers.raw == [("x-a", "1"), ("set-cookie", "a=1; Path=/")]
    assert repr(response) == "<Response.next()>"


def test_rewrite_has_its_url_and_a_copy_of_the_headers():
    given = Headers({"x-a": "1"})
    response = Response.rewrite("/b", request_headers=given)
    given.set("x-a", "2")
    assert (response.rewrite_url, response.request_headers["x-a"]) == ("/b", "1")
    assert repr(response) == "<Response.rewrite('/b')>"


def test_a_header_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="x-a"):
        Response.next(request_headers={"x-a": "1\r\nx-b: 2"})


def test_a_kept_body_is_read_as_often_as_wanted_and_once_more():
    async def story():
        request = Request("http://h/", method="POST", body=iter([b"a", b"b"]))
        request.keep_body()
        assert [await request.text(), await request.bytes(), (await request.blob()).size] == ["ab", b"ab", 2]
        assert not request.body_used
        request.keep_body(keep=False)
        assert await request.text() == "ab"
        with pytest.raises(TypeError):
            await request.text()

    asyncio.run(story())


def test_cookies_that_a_response_sets_are_the_requests():
    request = Request("http://h/", headers={"cookie": "a=1; b=2"})
    request.receive_cookies(["a=%C3%A4; Path=/", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "c=3; Max-Age=9"])
    assert request.headers["cookie"] == "a=%C3%A4; c=3"
    assert [(cookie.name, cookie.value) for cookie in request.cookies] == [("a", "ä"), ("c", "3")]
    request.receive_cookies(["a=; Max-Age=0", "c=; Max-Age=-1"])
    assert not request.headers.has("cookie")


def test_cookies_follow_the_header_that_takes_its_place():
    request = Request("http://h/", headers={"cookie": "a=1"})
    request.cookies.set("b", "2")
    request.replace_headers(Headers({**request.headers, "x-a": "1"}))
    assert request.cookies.value("b") == "2"
    request.replace_headers(Headers({"cookie": "a=9"}))
    assert (request.cookies.value("a"), request.cookies.value("b")) == ("9", None)


def test_a_rewritten_request_keeps_what_was_changed_on_its_cookies():
    request = Request("http://h/a", headers={"cookie": "a=1"})
    request.cookies.set("b", "2")
    assert request.rewritten("/b").cookies.value("b") == "2"
    assert request.rewritten("/b", headers=Headers()).cookies.value("b") is None
