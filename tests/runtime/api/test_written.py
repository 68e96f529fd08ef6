"""What an `async def` handler writes goes out while it runs."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from notebook_routes.app import App
from notebook_routes.errors import AnswerError
from notebook_routes.routing import ANY, Route, RoutePattern, RouteTable
from notebook_routes.runtime.api import ApiConfig, api_invoker
from notebook_routes.web import Headers, Request

PLACE = RoutePattern.parse("/api/x")


async def begin(handler, method="GET"):
    """A response to a request to the handler, as an adapter has it before it sends the body."""
    response, _ = await begin_in_app(handler, method)
    return response


async def begin_in_app(handler, method="GET"):
    """The same, and a function that tells the app that it was sent, and gives what the log says."""
    routes = RouteTable()
    config = ApiConfig()
    routes.put(Route(ANY, PLACE, api_invoker(handler, pattern=PLACE, config=config), config.segment, cell="cell [1]"))
    request = Request.from_target(method, "/api/x", origin="http://localhost", headers=Headers())
    app = App(routes=routes)

    async def sent():
        work = app.sent(request, status=200, size=0)
        if work is not None:
            await work
        (entry,) = app.log.entries()
        return entry

    return await app.fetch(request), sent


def test_a_piece_goes_out_before_the_next_is_written():
    async def story():
        go_on = asyncio.Event()

        async def handler(req, res):
            res.write_head(202, {"Content-Type": "text/event-stream"})
            res.write("data: 1\n\n")
            await go_on.wait()
            res.write(b"data: 2\n\n")
            res.end("data: 3\n\n")

        response = await begin(handler)
        assert (response.status, response.headers.raw) == (202, [("content-type", "text/event-stream")])
        pieces = aiter(response.body)
        assert await anext(pieces) == b"data: 1\n\n"
        go_on.set()
        assert [piece async for piece in pieces] == [b"data: 2\n\n", b"data: 3\n\n"]

    asyncio.run(asyncio.wait_for(story(), 20))


def test_the_head_goes_out_alone():
    async def story():
        go_on = asyncio.Event()

        async def handler(req, res):
            res.set_header("X-A", "1").flush_headers()
            await go_on.wait()
            res.end("x")

        response = await begin(handler)
        assert response.headers["x-a"] == "1"
        go_on.set()
        assert await response.bytes() == b"x"

    asyncio.run(asyncio.wait_for(story(), 20))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_known_at_once_has_a_length(method):
    async def handler(req, res):
        res.write("a")
        if method == "HEAD":
            await asyncio.sleep(0.01)
        res.end("b")

    response = asyncio.run(begin(handler, method))
    assert response.content == b"ab"


def test_a_handler_that_fails_breaks_the_answer_off():
    async def story():
        async def handler(req, res):
            res.write("a")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            raise ZeroDivisionError

        pieces = aiter((await begin(handler)).body)
        assert await anext(pieces) == b"a"
        with pytest.raises(ZeroDivisionError):
            await anext(pieces)

    asyncio.run(asyncio.wait_for(story(), 20))


def test_what_it_does_after_the_end_is_no_matter_of_the_client_s():
    async def story():
        go_on = asyncio.Event()

        async def handler(req, res):
            res.write("a")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            res.end("b")
            await go_on.wait()
            raise ZeroDivisionError

        response, sent = await begin_in_app(handler)
        assert await response.bytes() == b"ab"
        go_on.set()
        assert "ZeroDivisionError" in str(await sent())

    asyncio.run(asyncio.wait_for(story(), 20))


def test_one_that_fails_before_it_waits_is_a_500():
    async def handler(req, res):
        res.write("a")
        raise ZeroDivisionError

    response = asyncio.run(begin(handler))
    assert (response.status, response.content == b"a") == (500, False)


def test_a_client_that_leaves_cancels_it():
    async def story():
        ended = asyncio.Event()

        async def handler(req, res):
            res.write("a")
            try:
                await asyncio.sleep(20)
            finally:
                ended.set()

        pieces = aiter((await begin(handler)).body)
        assert await anext(pieces) == b"a"
        await pieces.aclose()
        assert ended.is_set()

    asyncio.run(asyncio.wait_for(story(), 20))


def test_a_client_that_leaves_before_the_first_piece_cancels_it_too():
    async def story():
        begun, ended = asyncio.Event(), asyncio.Event()

        async def handler(req, res):
            begun.set()
            try:
                await asyncio.sleep(20)
            finally:
                ended.set()

        asked = asyncio.ensure_future(begin(handler))
        await begun.wait()
        asked.cancel()
        await asyncio.wait([asked])
        assert ended.is_set()

    asyncio.run(asyncio.wait_for(story(), 20))


def test_a_thread_may_go_on_writing_after_the_handler_has_returned():
    async def story():
        go_on = threading.Event()

        async def handler(req, res):
            res.write("a")

            def later():
                go_on.wait()
                res.write("b")
                res.end("c")

            threading.Thread(target=later).start()

        pieces = aiter((await begin(handler)).body)
        assert await anext(pieces) == b"a"
        go_on.set()
        assert b"".join([piece async for piece in pieces]) == b"bc"

    asyncio.run(asyncio.wait_for(story(), 20))


def test_an_answer_that_nobody_can_end_breaks_off():
    async def story():
        async def handler(req, res):
            res.write("a")
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        pieces = aiter((await begin(handler)).body)
        assert await anext(pieces) == b"a"
        gc.collect()
        with pytest.raises(AnswerError, match=r"without an answer: end with"):
            await anext(pieces)

    asyncio.run(asyncio.wait_for(story(), 20))
