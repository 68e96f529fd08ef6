"""Putting another App in the place of the one that answers."""

import asyncio
import threading

import pytest

from notebook_routes.app import App
from notebook_routes.routing import Route, RoutePattern
from notebook_routes.runtime import Invoker
from notebook_routes.servers.lifetime import listening, replace_app
from notebook_routes.servers.listener import bind_listener


def app_of(handler):
    app, pattern = App(), RoutePattern.parse("/")
    for method in ("GET", "POST"):
        app.routes.put(Route(method, pattern, Invoker(handler, method=method, pattern=pattern)))
    return app


async def opened(listener):
    return await asyncio.open_connection(*listener.getsockname())


async def answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: "))
    return (await reader.readexactly(length)).decode()


@pytest.mark.parametrize(
    "start", ["GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"]
)
def test_what_has_begun_ends_with_the_app_of_before(start):
    async def run():
        begun, gate = asyncio.Event(), asyncio.Event()

        async def old():
            begun.set()
            await gate.wait()
            return "old"

        def new():
            return "new" if "worker" in threading.current_thread().name else "new, but on the loop"

        before, after = app_of(old), app_of(new)
        listener = bind_listener("127.0.0.1", 0)
        async with listening(before, listener) as server:
            (reader, writer), (idle_reader, idle_writer) = await opened(listener), await opened(listener)
            writer.write(f"{start}\r\n".encode())
            await begun.wait()
            replace_app(server, after)
            # A connection that was open before is no request that had begun.
            idle_writer.write(f"{start}\r\n".encode())
            assert await answer(idle_reader) == "new"
            gate.set()
            assert await answer(reader) == "old"
            writer.write(f"{start}\r\n".encode())
            assert await answer(reader) == "new"
            for each in (writer, idle_writer):
                each.close()
        assert [len(app.log.entries()) for app in (before, after)] == [1, 2]

    asyncio.run(asyncio.wait_for(run(), 20))
