from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest

from notebook_routes.app.finish import finish
from notebook_routes.errors import BodyUsed
from notebook_routes.runtime import Exchange
from notebook_routes.web import Headers, Request, Response, ResponseCookies


def exchange(method="GET", cookies=None, **headers):
    pairs = {name.replace("_", "-"): value for name, value in headers.items()}
    answered = Exchange(Request("http://localhost/", method=method, headers=pairs))
    if cookies:
        answered.cookies = ResponseCookies(Headers())
        for name, value in cookies.items():
            answered.cookies.set(name, value)
    return answered


def test_an_answer_that_needs_nothing_is_the_same_object():
    response = Response("x")
    assert finish(response, exchange()) is response


def test_cookies_go_on_a_copy():
    response = Response("x", headers={"set-cookie": "b=own"})
    finished = finish(response, exchange(cookies={"a": "1", "b": "2"}))
    assert finished.headers.get_set_cookie() == ["b=own", "a=1; Path=/"]
    assert response.headers.get_set_cookie() == ["b=own"]
    assert finished.content == b"x"


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("status", 1000, "200 to 599"),
        ("status", "404", "an int from 200 to 599"),
        ("status", None, "an int from 200 to 599"),
        ("status_text", "a\r\nx-injected: y", "one line of Latin-1"),
        ("status_text", "\N{CHECK MARK}", "one line of Latin-1"),
        ("status_text", 5, "status_text is a str, not int"),
        ("headers", {"x": "y"}, "response.headers was set to a dict"),
        ("headers", Headers({"x-a": "a\x01"}), "header x-a cannot be sent"),
    ],
)
def test_what_was_assigned_and_cannot_be_sent_is_refused(part, value, message):
    response = Response("x")
    setattr(response, part, value)
    with pytest.raises((TypeError, ValueError), match=message):
        finish(response, exchange())


def test_a_status_may_be_assigned():
    response = Response("x")
    response.status, response.status_text = HTTPStatus.CREATED, "Made"
    assert finish(response, exchange()) is response


@pytest.mark.parametrize("body", ["x", iter("x")])
def test_a_body_that_was_read_is_not_sent(body):
    response = Response(body)
    asyncio.run(response.text())
    with pytest.raises(BodyUsed, match=r"send a clone\(\) or a new Response"):
        finish(response, exchange())


def test_an_answer_of_a_failed_network_is_none():
    with pytest.raises(ValueError, match="cannot be sent"):
        finish(Response.error(), exchange())


@pytest.mark.parametrize(
    ("make", "method"),
    [
        (lambda length: Response("12345", headers=length), "GET"),
        (lambda length: Response("12345", headers=length), "HEAD"),
        (lambda length: Response(None, headers=length), "HEAD"),
        (lambda length: Response(None, status=304, headers=length), "GET"),
        (lambda length: Response(iter("x"), headers=length), "GET"),
    ],
)
def test_a_length_that_may_be_right_is_kept(make, method):
    assert finish(make({"content-length": "5"}), exchange(method)).headers.get("content-length") == "5"


@pytest.mark.parametrize(
    ("make", "method"),
    [
        (lambda length: Response("1234", headers=length), "GET"),
        (lambda length: Response("1234", headers=length), "HEAD"),
        (lambda length: Response(None, headers=length), "GET"),
    ],
)
def test_a_length_that_is_wrong_is_refused(make, method):
    with pytest.raises(ValueError, match="leave the header out"):
        finish(make({"content-length": "5"}), exchange(method))


@pytest.mark.parametrize("length", ["", "x", "-1", "1.5", "²", "5, 5"])
def test_a_length_that_is_no_number_is_refused(length):
    with pytest.raises(ValueError, match="leave the header out"):
        finish(Response(iter("x"), headers={"content-length": length}), exchange())


def test_a_204_has_no_length():
    response = Response(None, status=204, headers={"content-length": "0"})
    assert not finish(response, exchange()).headers.has("content-length")


@pytest.mark.parametrize("condition", ['"v1"', 'W/"v1"', '"v0", "v1"', "*", ' "v1" '])
@pytest.mark.parametrize("etag", ['"v1"', 'W/"v1"'])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_the_client_has_is_not_sent_again(condition, etag, method):
    headers = {"etag": etag, "content-length": "1", "cache-control": "no-cache", "set-cookie": "a=1"}
    finished = finish(Response("x", headers=headers), exchange(method, if_none_match=condition))
    assert (finished.status, finished.content) == (304, b"")
    assert sorted(finished.headers) == ["cache-control", "etag", "set-cookie"]


@pytest.mark.parametrize(("etag", "condition"), [('"a, b"', '"x", W/"a, b"'), ("bare", "bare")])
def test_an_etag_is_found_whatever_it_is_made_of(etag, condition):
    assert finish(Response("x", headers={"etag": etag}), exchange(if_none_match=condition)).status == 304


@pytest.mark.parametrize(
    ("method", "status", "condition"),
    [("GET", 200, '"v2"'), ("GET", 200, ""), ("POST", 200, '"v1"'), ("GET", 404, '"v1"')],
)
def test_else_it_is(method, status, condition):
    response = Response("x", status=status, headers={"etag": '"v1"'})
    assert finish(response, exchange(method, if_none_match=condition)) is response
