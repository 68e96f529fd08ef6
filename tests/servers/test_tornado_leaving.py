"""Clients that leave: before the answer, in the middle of a stream, in the middle of an upload."""

from __future__ import annotations

import asyncio
import threading

import pytest

from notebook_routes.errors import Aborted
from notebook_routes.runtime import after


@pytest.fixture(params=["close", "reset"])
def leave(request):
    """How the client goes: a FIN or a RST."""
    return lambda client: getattr(client, request.param)()


async def for_ever():
    await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("posted", [{}, {"method": "POST", "body": b"whole"}])
def test_before_the_answer_an_async_handler_is_cancelled(world, leave, posted):
    started, ended = threading.Event(), threading.Event()
    seen = {}
    method = posted.get("method", "GET")

    @world.route("/wait", method)
    async def wait(request):
        signal = request.signal
        started.set()
        try:
            await for_ever()
        except asyncio.CancelledError:
            seen["reason"] = signal.reason
            raise
        finally:
            ended.set()

    client = world.client()
    client.ask(method, "/wait", body=posted.get("body", b""))
    assert started.wait(10)
    leave(client)
    assert ended.wait(10)
    assert "disconnected" in str(seen["reason"])
    (entry,) = world.logged(1)
    assert (entry.status, entry.size, entry.error) == (0, 0, None)
    assert world.becomes_quiet()


def test_the_signal_fires_first_and_can_be_awaited(world, leave):
    started, heard = threading.Event(), []

    @world.route("/wait")
    async def wait(request):
        request.signal.add_listener(lambda: heard.append("listener"))
        started.set()
        try:
            await request.signal.wait()
        finally:
            heard.append("finally")

    client = world.client()
    client.ask("GET", "/wait")
    assert started.wait(10)
    leave(client)
    world.logged(1)
    assert heard == ["listener", "finally"]


def test_a_handler_may_clean_up_with_await(world, leave):
    started, steps = threading.Event(), []

    @world.route("/wait")
    async def wait():
        started.set()
        try:
            await for_ever()
        finally:
            await asyncio.sleep(0.001)
            steps.append("cleaned")

    client = world.client()
    client.ask("GET", "/wait")
    assert started.wait(10)
    leave(client)
    world.logged(1)
    assert steps == ["cleaned"]
    assert world.becomes_quiet()


def test_a_handler_that_will_not_be_cancelled_answers_nobody(world, leave):
    started = threading.Event()

    @world.route("/stubborn")
    async def stubborn():
        started.set()
        try:
            await for_ever()
        except asyncio.CancelledError:
            return "too late"

    client = world.client()
    client.ask("GET", "/stubborn")
    assert started.wait(10)
    leave(client)
    world.logged(1)
    assert world.becomes_quiet()
    assert world.get("/missing").status == 404


def test_a_def_handler_is_abandoned_and_can_see_the_signal(world, gate, leave):
    started, seen = threading.Event(), []

    @world.route("/busy")
    def busy(request):
        signal = request.signal
        started.set()
        gate.pass_through()
        seen.append(str(signal.reason))

    client = world.client()
    client.ask("GET", "/busy")
    assert started.wait(10)
    leave(client)
    world.wait_until(lambda: world.app.workers.abandoned == ["GET /busy"])
    assert world.becomes_quiet()
    gate.open()
    world.wait_until(lambda: not world.app.workers.abandoned)
    assert "disconnected" in seen[0]


@pytest.mark.parametrize("pause", ["pausing", "pouring"])
def test_in_the_middle_of_an_async_stream(world, leave, pause):
    ended = threading.Event()
    signals = []

    @world.route("/stream")
    async def stream(request):
        signals.append(request.signal)
        try:
            yield b"first"
            if pause == "pausing":
                await for_ever()
            while True:
                yield b"x" * 65536
        finally:
            ended.set()

    client = world.client()
    client.ask("GET", "/stream")
    client.head_of_reply()
    assert client.chunk() == b"first"
    leave(client)
    assert ended.wait(10)
    (entry,) = world.logged(1)
    assert (entry.status, entry.error) == (200, None)
    assert entry.size >= 5
    assert "disconnected" in str(signals[0].reason)
    assert world.becomes_quiet()


@pytest.mark.parametrize("pause", ["pausing", "pouring"])
def test_in_the_middle_of_a_sync_stream(world, gate, leave, pause):
    ended, ran_on = threading.Event(), set()

    @world.route("/stream")
    def stream(request):
        try:
            ran_on.add(threading.get_ident())
            yield b"first"
            if pause == "pausing":
                request.signal.add_listener(gate.open)
                gate.pass_through()
            while True:
                yield b"x" * 65536
        finally:
            ran_on.add(threading.get_ident())
            ended.set()

    client = world.client()
    client.ask("GET", "/stream")
    client.head_of_reply()
    assert client.chunk() == b"first"
    leave(client)
    assert ended.wait(10)
    (entry,) = world.logged(1)
    assert (entry.status, entry.error) == (200, None)
    assert len(ran_on) == 1
    assert world.becomes_quiet()
    world.wait_until(lambda: world.app.workers.abandoned == [])


def test_while_the_stream_waits_for_the_client_to_read(world, leave):
    ended, made = threading.Event(), []

    @world.route("/stream")
    async def stream():
        try:
            while True:
                made.append(True)
                yield b"x" * 65536
        finally:
            ended.set()

    client = world.client(receive_buffer=4096)
    client.ask("GET", "/stream")
    client.head_of_reply()
    world.wait_until(lambda: len(made) > 2)
    leave(client)
    assert ended.wait(10)
    assert world.becomes_quiet()


def test_before_the_first_chunk_of_a_stream(world, leave):
    started, ended = threading.Event(), threading.Event()

    @world.route("/stream")
    async def stream():
        started.set()
        try:
            await for_ever()
            yield b""
        finally:
            ended.set()

    client = world.client()
    client.ask("GET", "/stream")
    assert started.wait(10)
    leave(client)
    assert ended.wait(10)
    world.logged(1)
    assert world.becomes_quiet()


@pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
def test_in_the_middle_of_an_upload(world, leave, framing):
    got, ended = threading.Event(), threading.Event()
    seen = []

    @world.route("/upload", "POST")
    async def upload(request):
        signal = request.signal
        try:
            async for _ in request.body:
                got.set()
        except (Aborted, asyncio.CancelledError) as error:
            seen.append(error)
            raise
        finally:
            seen.append(signal.reason)
            ended.set()

    client = world.client()
    client.ask("POST", "/upload", framing)
    client.send("4\r\nbody\r\n")
    assert got.wait(10)
    leave(client)
    assert ended.wait(10)
    assert len(seen) == 2
    assert "disconnected" in str(seen[1])
    (entry,) = world.logged(1)
    assert entry.status == 0
    assert world.becomes_quiet()


def test_in_the_middle_of_an_upload_that_a_parameter_waits_for(world, leave):
    called = []

    @world.route("/upload", "POST")
    def upload(body):
        called.append(body)

    client = world.client()
    client.ask("POST", "/upload", "Content-Length: 1000000", body=b"part")
    world.wait_until(lambda: world.server.tasks)
    leave(client)
    assert world.becomes_quiet()
    assert called == []


def test_in_the_middle_of_an_upload_that_a_def_ignores(world, gate, leave):
    started = threading.Event()

    @world.route("/upload", "POST")
    def upload():
        started.set()
        gate.pass_through()

    client = world.client()
    client.ask("POST", "/upload", "Content-Length: 1000000", body=b"part")
    assert started.wait(10)
    leave(client)
    world.wait_until(lambda: world.app.workers.abandoned == ["POST /upload"])
    assert world.becomes_quiet()


def test_in_the_middle_of_both_directions(world, leave):
    ended = threading.Event()

    @world.route("/echo", "POST")
    async def echo(request):
        try:
            async for chunk in request.body:
                yield chunk
        finally:
            ended.set()

    client = world.client()
    client.ask("POST", "/echo", "Transfer-Encoding: chunked")
    client.send("3\r\none\r\n")
    client.head_of_reply()
    assert client.chunk() == b"one"
    leave(client)
    assert ended.wait(10)
    world.logged(1)
    assert world.becomes_quiet()


def test_what_comes_after_still_comes(world, leave):
    started, done = threading.Event(), threading.Event()

    @world.route("/wait")
    async def wait():
        after(done.set)
        started.set()
        await for_ever()

    client = world.client()
    client.ask("GET", "/wait")
    assert started.wait(10)
    leave(client)
    assert done.wait(10)
    assert world.becomes_quiet()


def test_a_hundred_that_leave_at_once(world, leave):
    waiting, ended = [], []

    @world.route("/wait")
    async def wait():
        waiting.append(True)
        try:
            await for_ever()
        finally:
            ended.append(True)

    clients = [world.client() for _ in range(100)]
    for client in clients:
        client.ask("GET", "/wait")
    world.wait_until(lambda: len(waiting) == 100)
    for client in clients:
        leave(client)
    world.wait_until(lambda: len(ended) == 100)
    assert world.becomes_quiet()
    assert world.get("/missing").status == 404
