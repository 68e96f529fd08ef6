"""What is answered where an API Route fails, and what its `res.revalidate` does to kept answers."""

from __future__ import annotations

import asyncio
import itertools
import logging

import pytest

from notebook_routes.app import App
from notebook_routes.routing import ANY, Route, RoutePattern, RouteTable, SegmentConfig
from notebook_routes.runtime import Invoker, Workers, revalidate_tag
from notebook_routes.runtime.api import ApiConfig, api_invoker


@pytest.fixture
def make():
    """Gives an app with an API Route at /api/x, and others."""
    workers = Workers()

    def made(handler, *others, **options):
        pattern = RoutePattern.parse("/api/x")
        route = Route(ANY, pattern, api_invoker(handler, pattern=pattern, config=ApiConfig()), cell="cell [1]")
        return App(routes=RouteTable([route, *others]), workers=workers, **options)

    yield made
    workers.stop()


def counted(path, numbers, **config):
    """A route that counts its runs, and keeps its answers."""
    pattern = RoutePattern.parse(path)

    async def GET():
        return str(next(numbers))

    invoker = Invoker(GET, method="GET", pattern=pattern)
    return Route("GET", pattern, invoker, SegmentConfig(**{"revalidate": False, **config}), cell="cell [2]")


def ask(app, target="/api/x", **options):
    return asyncio.run(app.request(target, **options))


def test_a_failure_is_bare_in_production(make, caplog):
    def handler(req, res):
        res.set_header("x-a", "1")
        raise RuntimeError("api boom")

    answer = ask(make(handler))
    assert (answer.status, answer.content, answer.headers.raw) == (500, b"Internal Server Error", [])
    assert "GET /api/x failed\nTraceback" in caplog.text
    assert "RuntimeError: api boom" in caplog.text


def test_a_failure_is_explained_to_its_author(make):
    def handler(req, res):
        raise RuntimeError("api boom")

    answer = ask(make(handler, explain=True))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"RuntimeError: api boom\n" in answer.content
    assert b"in handler" in answer.content


def twice(req, res):
    res.json(1)
    res.json(2)


async def twice_later(req, res):
    twice(req, res)


def twice_around(req, res):
    return twice_later(req, res)


@pytest.mark.parametrize("handler", [twice, twice_later, twice_around])
def test_a_failure_after_the_answer_is_told_to_its_author_alone(make, caplog, handler):
    app = make(handler)
    with caplog.at_level(logging.ERROR):
        answer = ask(app)
    assert (answer.status, answer.content) == (200, b"1")
    assert "GET /api/x failed after its answer" in caplog.text
    (entry,) = app.log.entries()
    assert entry.notes == (
        "it failed after it had ended its answer, which the client has: write return where it answers",
    )
    assert "answer once, with return in front of it" in entry.error


def test_a_failure_marks_nothing(make):
    numbers = itertools.count(1)

    def handler(req, res):
        revalidate_tag("a")
        raise RuntimeError("boom")

    app = make(handler, counted("/kept", numbers, tags=["a"]))

    async def story():
        return [await (await app.request(target)).text() for target in ("/kept", "/api/x", "/kept")]

    assert asyncio.run(story()) == ["1", "Internal Server Error", "1"]


@pytest.mark.parametrize("is_async", [True, False])
def test_revalidate_makes_a_kept_answer_anew_before_it_goes_on(make, is_async):
    numbers = itertools.count(1)
    seen = []

    async def on_loop(req, res):
        await res.revalidate("/kept")
        seen.append(next(numbers))
        res.json({"revalidated": True})

    def in_thread(req, res):
        res.revalidate("/kept")
        seen.append(next(numbers))
        res.json({"revalidated": True})

    app = make(on_loop if is_async else in_thread, counted("/kept", numbers))

    async def story():
        first = await (await app.request("/kept")).text()
        await app.request("/api/x")
        second = await app.request("/kept")
        return first, await second.text(), second.headers["cache-status"]

    # 1 was kept, 2 is the new one, made before the handler has gone on and counted 3.
    assert asyncio.run(story()) == ("1", "2", "notebook-routes; hit")
    assert seen == [3]


def test_only_what_there_is_can_be_made_anew(make):
    numbers = itertools.count(1)

    async def handler(req, res):
        await res.revalidate("/kept", unstable_only_generated=True)
        res.json({"revalidated": True})

    app = make(handler, counted("/kept", numbers))

    async def story():
        await app.request("/api/x")
        first = await (await app.request("/kept")).text()
        await app.request("/api/x")
        return first, await (await app.request("/kept")).text(), next(numbers)

    # Nothing was made by the first call.
    assert asyncio.run(story()) == ("1", "2", 3)


def test_a_path_that_keeps_nothing_is_no_error(make):
    numbers = itertools.count(1)

    async def handler(req, res):
        for path in ("/nobody", "/live", "/api/x"):
            await res.revalidate(path)
        res.json(next(numbers))

    app = make(handler, counted("/live", numbers, revalidate=0))
    assert ask(app).content == b"1"


@pytest.mark.parametrize("path", ["kept", "", None, 5])
def test_a_path_that_is_none(make, path):
    def handler(req, res):
        with pytest.raises(ValueError, match="a path begins with a slash"):
            res.revalidate(path)
        res.end()

    assert ask(make(handler)).status == 200


def test_a_handler_that_fails_while_it_is_revalidated(make):
    def GET():
        raise RuntimeError("kept boom")

    pattern = RoutePattern.parse("/kept")
    broken = Route("GET", pattern, Invoker(GET, method="GET", pattern=pattern), SegmentConfig(revalidate=False))

    async def handler(req, res):
        with pytest.raises(RuntimeError, match="kept boom"):
            await res.revalidate("/kept")
        res.end("told")

    assert ask(make(handler, broken)).content == b"told"
