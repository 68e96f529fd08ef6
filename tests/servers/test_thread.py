"""Starting and stopping: ports, threads, what is still running when the server ends."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from notebook_routes.app import App
from notebook_routes.errors import ServerError
from notebook_routes.runtime import after
from notebook_routes.servers.thread import ServerThread


def names_of_ours():
    names = {thread.name.rstrip(" 0123456789") for thread in threading.enumerate() if "notebook_routes" in thread.name}
    # The thread that waits for caches stays for good, whichever test has begun it.
    return names - {"notebook_routes cache"}


def test_nothing_runs_before_the_start():
    thread = ServerThread(App(), port=0)
    assert not thread.running
    assert names_of_ours() == set()
    thread.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", thread.port))


def test_it_listens_when_start_returns(world):
    world.start()
    assert world.thread.running
    assert names_of_ours() == {"notebook_routes server", "notebook_routes loop watch"}
    assert world.get("/").status == 404
    world.thread.stop()
    assert not world.thread.running
    assert names_of_ours() == set()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", world.thread.port))


def test_its_threads_do_not_hold_up_the_interpreter(world):
    @world.route("/def")
    def get():
        return threading.current_thread().daemon

    assert world.get("/def").json() is True
    assert all(thread.daemon for thread in threading.enumerate() if "notebook_routes" in thread.name)


def test_a_port_in_use_is_an_error_in_the_caller():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(ServerError, match="is in use"):
        ServerThread(App(), port=other.getsockname()[1])
    assert names_of_ours() == set()


def test_it_says_whether_it_had_to_take_another_port(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr("notebook_routes.servers.listener.DEFAULT_PORT", other.getsockname()[1])
        moved, asked = ServerThread(App()), ServerThread(App(), port=0)
        moved.stop()
        asked.stop()
    assert moved.moved
    assert not asked.moved


def test_stop_twice_and_start_again_on_the_same_port(world):
    world.start()
    port = world.thread.port
    world.get("/")
    world.thread.stop()
    world.thread.stop()
    world.start(port=port)
    assert world.thread.port == port
    assert world.get("/").status == 404


def test_all_addresses(world):
    world.start(host="0.0.0.0")
    assert world.get("/").status == 404


def test_ipv6(world):
    try:
        world.start(host="::1")
    except ServerError:
        pytest.skip("this machine has no IPv6")
    client = world.client(host="::1")
    assert client.get("/").status == 404


def test_streams_end_when_it_stops(world):
    ended = []

    @world.route("/async")
    async def async_stream():
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.001)
        finally:
            ended.append("async")

    @world.route("/sync")
    def sync_stream():
        try:
            while True:
                yield b"x" * 65536
        finally:
            ended.append("sync")

    @world.route("/waiting")
    async def waiting():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("waiting")

    clients = [world.client() for _ in range(3)]
    for client, target in zip(clients, ["/async", "/sync", "/waiting"], strict=True):
        client.ask("GET", target)
    for client in clients[:2]:
        client.head_of_reply()
    began = time.monotonic()
    world.thread.stop()
    assert time.monotonic() - began < 5
    assert not world.thread.running
    world.wait_until(lambda: sorted(ended) == ["async", "sync", "waiting"])
    assert clients[2].is_closed()
    assert world.server.tasks == set()


def test_what_is_being_answered_is_cancelled_rather_than_waited_for(world):
    started = [threading.Event(), threading.Event()]

    async def wait(number):
        started[number].set()
        await asyncio.get_running_loop().create_future()

    @world.route("/get")
    async def get():
        await wait(0)

    @world.route("/post", "POST")
    async def post():
        await wait(1)

    clients = [world.client(), world.client()]
    clients[0].ask("GET", "/get")
    clients[1].ask("POST", "/post", body=b"body")
    assert all(event.wait(10) for event in started)
    asyncio.run_coroutine_threadsafe(world.server.stop(grace=600), world.thread._loop).result(20)
    assert [client.is_closed() for client in clients] == [True, True]


def test_a_blocked_def_does_not_hold_up_the_stop(world, gate):
    started = threading.Event()

    @world.route("/blocked")
    def blocked():
        started.set()
        gate.pass_through()

    client = world.client()
    client.ask("GET", "/blocked")
    assert started.wait(10)
    world.thread.stop()
    assert not world.thread.running
    assert names_of_ours() == {"notebook_routes worker"}
    assert world.app.workers.abandoned == ["GET /blocked"]
    gate.open()
    world.wait_until(lambda: names_of_ours() == set())


def test_a_handler_that_will_not_be_cancelled_does_not_hold_up_the_stop(world, gate, caplog):
    started = threading.Event()

    @world.route("/stubborn")
    async def stubborn():
        started.set()
        while True:
            try:
                await gate.passed()
            except asyncio.CancelledError:
                continue
            return "done"

    client = world.client()
    client.ask("GET", "/stubborn")
    assert started.wait(10)
    threading.Timer(0.05, gate.open).start()
    world.thread.stop()
    world.wait_until(lambda: not world.thread.running)


def test_tasks_that_handlers_have_left_are_cancelled(world, caplog):
    ended = []

    @world.route("/spawn")
    async def spawn():
        async def background():
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                ended.append(True)

        world.background = asyncio.create_task(background())
        await asyncio.sleep(0)
        return "ok"

    assert world.get("/spawn").text == "ok"
    world.thread.stop()
    assert ended == [True]
    assert not caplog.records


def test_what_comes_after_is_cancelled_at_the_stop(world):
    events = []

    @world.route("/after")
    async def get():
        async def later():
            events.append("begun")
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                events.append("cancelled")

        after(later)

    assert world.get("/after").status == 204
    world.wait_until(lambda: events)
    world.thread.stop()
    assert events == ["begun", "cancelled"]


def test_the_callers_loop_is_left_alone(world):
    async def story():
        world.start()
        return asyncio.get_running_loop()

    loop = asyncio.run(story())
    assert world.thread._loop is not loop
    assert world.get("/").status == 404


def test_two_servers_side_by_side(world):
    other = ServerThread(App(), port=0)
    other.start()
    try:
        world.start()
        assert world.get("/").status == 404
    finally:
        other.stop()
    assert world.get("/").status == 404


def test_a_failure_to_start_is_raised_in_the_caller(world, monkeypatch):
    monkeypatch.setattr("notebook_routes.servers.tornado.TornadoServer.listen", lambda self, sockets: 1 / 0)
    with pytest.raises(ServerError, match="could not start: division by zero"):
        world.start()
    world.thread.stop()
