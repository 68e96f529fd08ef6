"""One API Route, asked without a server: on worker threads, and as where there are none."""

from __future__ import annotations

import asyncio

import pytest

from notebook_routes.app import App
from notebook_routes.routing import ANY, Route, RoutePattern, RouteTable
from notebook_routes.runtime import Workers
from notebook_routes.runtime.api import ApiConfig, api_invoker
from notebook_routes.web import Headers, Request


@pytest.fixture(params=["threads", "no threads"])
def ask(request):
    """Ask a handler; its response. The request log is at `ask.log`, the table at `ask.routes`."""
    workers = Workers() if request.param == "threads" else None
    routes = RouteTable()
    app = App(routes=routes, workers=workers)

    def run(handler, target="/api/x", *, pattern="/api/x", config=None, method="GET", headers=None, body=None):
        place, declared = RoutePattern.parse(pattern), ApiConfig.of(config or {})
        invoker = api_invoker(handler, pattern=place, config=declared)
        routes.put(Route(ANY, place, invoker, declared.segment, cell="cell [1]"))

        async def asked():
            # As an adapter does it: headers as they come, and a body for any method.
            given = Request.from_target(method, target, origin="http://localhost", headers=Headers(headers), body=body)
            response = await app.fetch(given)
            work = app.sent(given, status=response.status, size=len(response.content or b""))
            if work is not None:
                await work
            return response

        return asyncio.run(asyncio.wait_for(asked(), 20))

    run.app, run.log, run.routes = app, app.log, routes
    yield run
    if workers is not None:
        workers.stop()
