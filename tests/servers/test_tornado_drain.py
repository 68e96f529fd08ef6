"""Tornado when it is told to stop, and lets what has been asked be answered."""

import asyncio

import pytest

from notebook_routes import Response, after
from notebook_routes.app import App
from notebook_routes.routing import METHODS, Route, RoutePattern
from notebook_routes.runtime import Invoker
from notebook_routes.servers.lifetime import listening
from notebook_routes.servers.listener import bind_listener


def app_of(handler):
    app, pattern = App(), RoutePattern.parse("/")
    for method in METHODS:
        app.routes.put(Route(method, pattern, Invoker(handler, method=method, pattern=pattern)))
    return app


@pytest.fixture
def drained():
    """Serve a handler, let `use(open)` send something, drain; gives what each connection has received."""

    def drained(handler, use, *, seconds=10.0):
        async def run():
            app, listener = app_of(handler), bind_listener("127.0.0.1", 0)
            address = listener.getsockname()
            streams = []

            async def opened(text=""):
                reader, writer = await asyncio.open_connection(*address)
                writer.write(text.encode())
                streams.append((reader, writer))
                return reader, writer

            async with listening(app, listener, drain=seconds) as server:
                later = await use(opened)
                task = asyncio.ensure_future(later) if later is not None else None
            assert not server.tasks
            if task is not None:
                await task
            said = []
            for reader, writer in streams:
                try:
                    said.append(await reader.read())
                except ConnectionError as error:
                    said.append(repr(error).encode())
                writer.close()
            return said

        return asyncio.run(asyncio.wait_for(run(), 20))

    return drained


GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("asked", [GET, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12"])
def test_what_has_begun_is_answered_and_the_connection_closes(drained, asked):
    begun, gate = asyncio.Event(), asyncio.Event()

    async def handler(request):
        begun.set()
        await gate.wait()
        return f"done {len(await request.bytes())}"

    async def use(opened):
        _, writer = await opened(asked)
        await begun.wait()

        async def later():
            await asyncio.sleep(0.3)
            if "POST" in asked:
                writer.write(b"345")
            gate.set()

        return later()

    (said,) = drained(handler, use)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"\r\nConnection: close" in head
    assert body == (b"done 5" if "POST" in asked else b"done 0")


def test_a_stream_ends_by_itself(drained):
    gate = asyncio.Event()

    async def handler():
        yield "one "
        await gate.wait()
        yield "two"

    async def use(opened):
        reader, _ = await opened(GET)
        await reader.readuntil(b"one ")

        async def later():
            await asyncio.sleep(0.1)
            gate.set()

        return later()

    (said,) = drained(handler, use)
    assert b"two" in said
    assert said.endswith(b"0\r\n\r\n")


def test_what_takes_too_long_is_cancelled(drained):
    ended = []

    async def handler():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def use(opened):
        await opened(GET)
        await asyncio.sleep(0.05)

    loop = asyncio.new_event_loop()
    start = loop.time()
    assert drained(handler, use, seconds=0.5) == [b""]
    assert loop.time() - start < 5
    loop.close()
    assert ended == [True]


def test_a_request_that_comes_at_the_last_moment_is_answered(drained):
    """Over a connection that is open, one that has been made only now, and one that was used before."""

    def handler():
        return "late"

    async def use(opened):
        _, silent = await opened()
        reader, used = await opened(GET)
        await reader.readuntil(b"late")
        await opened(GET)

        async def later():
            await asyncio.sleep(0.05)
            silent.write(GET.encode())
            used.write(GET.encode())

        return later()

    for said in drained(handler, use):
        assert said.endswith(b"\r\n\r\nlate")
        assert b"\r\nConnection: close" in said


def test_silent_connections_do_not_hold_it_up(drained):
    async def use(opened):
        await opened()
        await opened("GET / HT")

    loop = asyncio.new_event_loop()
    start = loop.time()
    assert drained(lambda: "x", use) == [b"", b""]
    assert loop.time() - start < 3
    loop.close()


def test_what_after_was_given_is_done(drained):
    done = []

    async def handler():
        async def work():
            await asyncio.sleep(0.2)
            done.append(True)

        after(work)
        return Response("answered")

    async def use(opened):
        reader, _ = await opened(GET)
        await reader.readuntil(b"answered")

    drained(handler, use)
    assert done == [True]
