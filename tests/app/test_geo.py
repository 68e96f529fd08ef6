"""`App(geo=...)`: whose headers tell where a client is."""

from __future__ import annotations

import asyncio

import pytest

from notebook_routes.app import App, Middleware
from notebook_routes.errors import ConfigError
from notebook_routes.routing import Route, RoutePattern, SegmentConfig
from notebook_routes.runtime import Invoker
from notebook_routes.web import Response

TOLD = {"cf-ipcountry": "DE", "x-vercel-ip-country": "FR", "x-country": "IT"}


def country(app, **config):
    """What a handler sees of a request that claims to come from three countries."""

    async def get(request):
        return request.geo.country or "nowhere"

    pattern = RoutePattern.parse("/")
    app.routes.put(
        Route("GET", pattern, Invoker(get, method="GET", pattern=pattern), SegmentConfig.from_constants(config))
    )
    return asyncio.run(app.request("/", headers=TOLD))


@pytest.mark.parametrize(
    ("geo", "expected"),
    [(None, b"nowhere"), ("cloudflare", b"DE"), ("vercel", b"FR"), ({"country": "X-Country"}, b"IT"), ({}, b"nowhere")],
)
def test_only_declared_headers_are_believed(geo, expected):
    assert country(App(geo=geo)).content == expected


def test_it_is_there_behind_a_rewrite_too():
    async def middleware(request):
        return Response.rewrite("/") if request.path == "/old" else None

    app = App(geo="vercel", middleware=[Middleware(middleware)])
    country(app)
    assert asyncio.run(app.request("/old", headers=TOLD)).content == b"FR"


def test_an_answer_that_depends_on_it_is_not_kept():
    app = App(geo="vercel")
    assert country(app, revalidate=60).content == b"FR"
    answer = asyncio.run(app.request("/", headers={"x-vercel-ip-country": "DE"}))
    assert answer.content == b"DE"


def test_what_is_no_proxy_is_refused():
    with pytest.raises(ConfigError, match="there are vercel, cloudflare"):
        App(geo="akamai")
