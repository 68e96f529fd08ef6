"""The request of a run whose answer may be kept; what becomes of the answer is in tests/app/test_kept_answers.py."""

from __future__ import annotations

import asyncio

import pytest

from notebook_routes.cache import CachePolicy, Rendering
from notebook_routes.errors import DynamicError
from notebook_routes.runtime import observe
from notebook_routes.web import Request

CLIENT = Request(
    "http://evil.example/shop/%31?page=2&utm=x#top", headers={"cookie": "a=1", "x": "mine", "host": "evil.example"}
)


def seen(mode="auto", client=CLIENT):
    rendering = Rendering(CachePolicy(mode), label="GET /shop/[id]", background=client is None)
    request = observe(
        client, rendering, path="/shop/1", query=[("page", "2")], origin="http://shop.example", accept="*/*"
    )
    return request, rendering


def test_what_all_share_is_not_noticed():
    request, rendering = seen()
    assert (request.method, request.path) == ("GET", "/shop/1")
    assert request.next_url.host == "shop.example"
    assert request.next_url.pathname == "/shop/1"
    assert request.declared_query.get("page") == "2"
    assert request.declared_url == "http://shop.example/shop/1?page=2"
    assert repr(request) == "<Request GET http://shop.example/shop/1>"
    assert request.clone().path == "/shop/1"
    assert not request.body_used
    assert not request.aborted
    assert rendering.dynamic is None


@pytest.mark.parametrize(
    ("read", "what", "value"),
    [
        (lambda r: r.headers.get("x"), "request.headers", "mine"),
        (lambda r: r.cookies.value("a"), "request.cookies", "1"),
        (lambda r: r.query.get("utm"), "request.query", "x"),
        (lambda r: r.url, "request.url", CLIENT.url),
        (lambda r: r.next_url.href, "request.next_url", CLIENT.next_url.href),
        (lambda r: r.next_url.origin, "request.next_url", CLIENT.next_url.origin),
        (lambda r: r.next_url.clone().search_params.get("utm"), "request.next_url", "x"),
        (lambda r: r.clone().headers.get("x"), "request.headers", "mine"),
        (lambda r: r.clone().clone().query.get("utm"), "request.query", "x"),
        (lambda r: asyncio.run(r.text()), "the body", ""),
        (lambda r: asyncio.run(r.bytes()), "the body", b""),
        (lambda r: asyncio.run(r.buffer()), "request.buffer()", b""),
    ],
)
def test_what_is_the_client_s_is_its_own_and_noticed(read, what, value):
    request, rendering = seen()
    assert read(request) == value
    assert rendering.dynamic == what


def test_declared_static_there_is_nothing_of_the_client():
    request, rendering = seen("static")
    assert not request.headers.raw
    assert not request.cookies.size
    assert request.url == "http://shop.example/shop/1?page=2"
    assert request.original_url == request.url
    assert [*request.query] == [("page", "2")]
    assert request.next_url.href == request.url
    assert asyncio.run(request.text()) == ""
    assert rendering.dynamic is None


def test_for_no_client_it_is_an_error():
    request, _ = seen(client=None)
    assert request.path == "/shop/1"
    with pytest.raises(DynamicError, match=r"uses request\.headers, and is run for no request"):
        request.headers.get("x")


def test_next_url_can_be_changed():
    request, _ = seen()
    url = request.next_url
    url.pathname = "/other"
    url.search = "?a=1"
    assert (url.pathname, url.search) == ("/other", "?a=1")
    assert request.path == "/shop/1"


def test_a_reason_can_be_said_better_than_by_the_field_s_name():
    request, rendering = seen()
    request.reads("Accept, to choose")
    assert request.headers.get("x") == "mine"
    assert rendering.dynamic == "Accept, to choose"
