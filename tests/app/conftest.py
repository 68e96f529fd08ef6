"""An App without a server: routes by decorator, requests by `ask`."""

from __future__ import annotations

import asyncio

import pytest

from notebook_routes.app import App
from notebook_routes.routing import Route, RoutePattern, SegmentConfig
from notebook_routes.runtime import Invoker, Workers


class Desk:
    """An App, its routes, and one request at a time."""

    def __init__(self):
        self.app = App()

    def route(self, path, method="GET", **config):
        """Make the decorated function the handler of a path."""

        def define(function):
            settings = SegmentConfig.from_constants(config)
            pattern = RoutePattern.parse(path)
            invoker = Invoker(function, method=method, pattern=pattern, max_duration=settings.max_duration)
            self.app.routes.put(Route(method, pattern, invoker, settings))
            return function

        return define

    def ask(self, target, method="GET", *, threads=False, **options):
        """The response to one request; `def` handlers run in worker threads only if told."""

        async def story():
            workers = Workers() if threads else None
            self.app.workers = workers
            try:
                return await asyncio.wait_for(self.app.request(target, method=method, **options), 20)
            finally:
                if workers is not None:
                    workers.stop()

        return asyncio.run(story())

    @property
    def log(self):
        return self.app.log.entries()


@pytest.fixture
def desk():
    return Desk()
