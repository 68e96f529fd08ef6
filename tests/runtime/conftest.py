"""One handler, answered without a server: on worker threads, and as where there are none."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass

import pytest

from notebook_routes.routing import Route, RoutePattern, RouteTable, SegmentConfig
from notebook_routes.runtime import Exchange, Invoker, Workers
from notebook_routes.web import Request
from tests.waiting import PATIENCE, wait_until


@dataclass
class Answer:
    """What a handler has answered."""

    status: int
    headers: object
    content: bytes
    exchange: Exchange

    @property
    def type(self):
        return self.headers.get("content-type")

    @property
    def text(self):
        return self.content.decode()

    @property
    def notes(self):
        return self.exchange.notes

    def json(self):
        return json.loads(self.content)


def exchange_for(invoker, target="/x", *, pattern="/x", method="GET", headers=None, body=None):
    """The exchange of a request that a table with this one route has matched."""
    route = Route(method, RoutePattern.parse(pattern), invoker, SegmentConfig())
    table = RouteTable()
    table.put(route)
    request = Request(f"http://127.0.0.1{target}", method=method, headers=headers, body=body)
    exchange = Exchange(request)
    found = table.match(request.path)
    assert found is not None
    exchange.route, exchange.params = route, found.params
    return exchange


async def answer_to(handler, target="/x", *, workers, watch=None, max_duration=None, context=None, **request):
    """Call a handler as the app does, and read the whole answer."""
    method, pattern = request.get("method", "GET"), request.get("pattern", "/x")
    invoker = Invoker(
        handler, method=method, pattern=RoutePattern.parse(pattern), max_duration=max_duration, context=context
    )
    exchange = exchange_for(invoker, target, **request)
    response = await invoker(exchange, workers, watch)
    return Answer(response.status, response.headers, await response.bytes(), exchange)


async def until(condition, *, seconds=PATIENCE):
    """Like `wait_until`, on a loop."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        await asyncio.sleep(0.002)
    return value


def worker_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("notebook_routes worker")]


@pytest.fixture
def workers():
    """A pool whose threads have ended when the test has."""
    pool = Workers()
    before = set(worker_threads())
    yield pool
    pool.stop()
    wait_until(lambda: not set(worker_threads()) - before)


@pytest.fixture(params=["threads", "no threads"])
def pool(request):
    """Workers, or None as in a browser."""
    return request.getfixturevalue("workers") if request.param == "threads" else None


@pytest.fixture
def call(pool):
    """Call a handler, and return its `Answer`."""

    def run(handler, target="/x", **options):
        return asyncio.run(answer_to(handler, target, workers=pool, **options))

    return run


@pytest.fixture(name="exchange_for")
def _exchange_for():
    return exchange_for


@pytest.fixture(name="answer_to")
def _answer_to():
    return answer_to


@pytest.fixture(name="until")
def _until():
    return until


@pytest.fixture(name="wait_until")
def _wait_until():
    return wait_until


@pytest.fixture(name="worker_threads")
def _worker_threads():
    return worker_threads
