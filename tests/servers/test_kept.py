"""Routes whose answers are kept, over real sockets, on Tornado and below uvicorn."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack

import pytest
import uvicorn

from notebook_routes.servers.asgi import ASGIApp

HIT, MISS = "notebook-routes; hit", "notebook-routes; fwd=uri-miss; stored"
MANY = 1000


class Uvicorn:
    """A server in a thread, as `ServerThread` is one."""

    def __init__(self, app):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=MANY)
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(
            ASGIApp(app), http="h11", loop="asyncio", ws="none", log_config=None, timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()


@pytest.fixture(params=["tornado", "uvicorn"])
def serve(request, world):
    """Start the world's server; routes are declared before, since one of the two runs them as soon as it listens."""

    def start():
        if request.param == "tornado":
            world.start()
        else:
            world.thread = Uvicorn(world.app)
            world.wait_until(lambda: world.thread.server.started)
        return world

    return start


def kept(world):
    return world.app.answers.handler._entries


def test_one_run_for_all_who_ask_at_once(world, serve, gate):
    runs = []

    @world.route("/p/[id]", revalidate=60)
    async def get(id):  # noqa: A002 - the segment's name
        runs.append(id)
        await gate.passed()
        return id

    serve()

    async def ask():
        reader, writer = await asyncio.open_connection("127.0.0.1", world.thread.port)
        writer.write(f"GET /p/1 HTTP/1.1\r\nHost: 127.0.0.1:{world.thread.port}\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer.partition(b"\r\n")[0], answer[-1:]

    async def story():
        asking = [asyncio.create_task(ask()) for _ in range(MANY)]
        while not runs:  # noqa: ASYNC110 - another thread runs it
            await asyncio.sleep(0.002)
        # Some have been let in, some not yet: all of them are for the one run, or for what it has made.
        await asyncio.sleep(0)
        gate.open()
        return await asyncio.wait_for(asyncio.gather(*asking), 60)

    assert set(asyncio.run(story())) == {(b"HTTP/1.1 200 OK", b"1")}
    assert runs == ["1"]


def test_a_client_that_leaves_has_it_made_for_others(world, serve, gate):
    begun = threading.Event()

    @world.route("/slow/[id]", revalidate=60)
    async def get(id):  # noqa: A002 - the segment's name
        begun.set()
        await gate.passed()
        return "made"

    serve()
    client = world.client()
    client.ask("GET", "/slow/1")
    assert begun.wait(20)
    client.reset()
    world.logged(1)
    gate.open()
    world.wait_until(lambda: kept(world))
    reply = world.get("/slow/1")
    assert (reply.text, reply.get("cache-status")) == ("made", HIT)


@pytest.mark.parametrize("kind", ["application/x-ndjson", "text/event-stream"])
def test_an_endless_stream_hangs_nobody(world, serve, kind):
    closed = []

    @world.route("/ticks/[id]", revalidate=60)
    async def get(id):  # noqa: A002 - the segment's name
        from notebook_routes import Response

        async def ticks():
            try:
                while True:
                    yield "tick\n"
                    await asyncio.sleep(0.01)
            finally:
                closed.append(id)

        return Response(ticks(), headers={"content-type": kind})

    serve()
    with ExitStack() as clients:
        for _ in range(4):
            client = clients.enter_context(world.client())
            client.ask("GET", "/ticks/1")
            assert client.head_of_reply().status == 200
            assert client.chunk() == b"tick\n"
        assert not kept(world)
        assert not closed
    # The one that is recorded goes on for a while, if it may be kept; all others end with their clients.
    world.wait_until(lambda: len(closed) >= (4 if kind == "text/event-stream" else 3))


def test_a_server_that_stops_ends_a_run_that_nobody_waits_for(world, serve):
    begun, ended = threading.Event(), threading.Event()

    @world.route("/slow/[id]", revalidate=60)
    async def get(id):  # noqa: A002 - the segment's name
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    serve()
    client = world.client()
    client.ask("GET", "/slow/1")
    assert begun.wait(20)
    client.reset()
    world.logged(1)
    assert not ended.is_set()
    world.thread.stop()
    assert ended.wait(20)
    assert not kept(world)


def test_who_has_it_already_is_told_so_and_head_has_no_body(world, serve):
    @world.route("/about", revalidate=60)
    def get():
        return "x"

    serve()
    with world.client() as client:
        etag = client.get("/about").get("etag")
        reply = client.get("/about", f"If-None-Match: {etag}")
        assert (reply.status, reply.content, reply.get("cache-status")) == (304, b"", HIT)
        client.ask("HEAD", "/about")
        reply = client.reply(to="HEAD")
        assert (reply.status, reply.get("content-length"), reply.get("cache-status")) == (200, "1", HIT)
