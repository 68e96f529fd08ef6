"""A server that is a call: what a kernel in a browser has in place of a thread with a socket."""

from __future__ import annotations

import asyncio
import sys
import threading

import httpx2
import pytest

from notebook_routes.app import App, Guard
from notebook_routes.errors import ServerError
from notebook_routes.routing import Route, RoutePattern, RouteTable, SegmentConfig
from notebook_routes.runtime import Invoker, after
from notebook_routes.servers.in_process import InProcessServer, in_browser
from notebook_routes.servers.in_process_client import async_mounts, mounts
from notebook_routes.web import Response

URL = "http://localhost"


def app_of(**handlers):
    """An App with a GET route for each function, at its name; a name that ends in `_post` is for POST."""
    routes = []
    for name, function in handlers.items():
        method, path = ("POST", name.removesuffix("_post")) if name.endswith("_post") else ("GET", name)
        pattern = RoutePattern.parse(f"/{path}")
        routes.append(
            Route(method, pattern, Invoker(function, method=method, pattern=pattern), SegmentConfig(), cell="c")
        )
    return App(routes=RouteTable(routes), guard=Guard(hosts=("localhost",)))


@pytest.fixture
def loop():
    before = threading.active_count()
    loop = asyncio.new_event_loop()
    yield loop
    pending = asyncio.all_tasks(loop)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    assert pending == set()
    assert threading.active_count() == before


@pytest.fixture
def ask(loop):
    """A client whose requests are answered by handlers."""
    clients = []

    def client(**handlers):
        server = InProcessServer(app_of(**handlers), loop=loop, wait=loop.run_until_complete)
        server.start()
        made = httpx2.Client(base_url=URL, mounts=mounts(server), trust_env=False)
        made.server = server
        clients.append(made)
        return made

    yield client
    for made in clients:
        made.close()
        made.server.stop()
    settle(loop)


def settle(loop):
    """Let what was cancelled come to its end."""
    for _ in range(20):
        loop.run_until_complete(asyncio.sleep(0))


def test_handlers_of_all_kinds_answer_on_the_callers_thread(ask):
    here = threading.get_ident()

    async def later():
        await asyncio.sleep(0)
        return threading.get_ident() == here

    client = ask(plain=lambda: threading.get_ident() == here, later=later)
    assert client.get("/plain").json() is True
    assert client.get("/later").json() is True
    assert client.get("/none").status_code == 404
    assert client.server.app.workers is None


def test_a_request_is_what_it_is_over_a_socket(ask):
    async def seen_post(request):
        return {
            "url": request.url,
            "host": request.headers["host"],
            "type": request.headers["content-type"],
            "cookie": request.cookies.get("a").value,
            "body": (await request.bytes()).decode(),
        }

    client = ask(seen_post=seen_post)
    client.cookies.set("a", "1")
    said = client.post("/seen?x=%20y", content="hello", headers={"content-type": "text/plain"}).json()
    assert said == {
        "url": f"{URL}/seen?x=%20y",
        "host": "localhost",
        "type": "text/plain",
        "cookie": "1",
        "body": "hello",
    }


def test_an_answer_has_its_headers_several_times_where_they_are(ask):
    def two():
        return Response("a", headers=[("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-own", "é")])

    got = ask(two=two).get("/two")
    assert got.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert got.headers["content-length"] == "1"
    assert dict(got.cookies) == {"a": "1", "b": "2"}


def test_a_stream_comes_as_it_is_read(ask):
    made = []

    async def ticks():
        for number in range(1000):
            made.append(number)
            yield f"{number}\n"
            await asyncio.sleep(0)

    with ask(ticks=ticks).stream("GET", "/ticks") as answer:
        pieces = answer.iter_bytes()
        assert next(pieces) == b"0\n"
        assert next(pieces) == b"1\n"
        # Nobody reads faster than it is made, and it is not made much faster than it is read.
        assert len(made) < 10
        assert b"".join(pieces).endswith(b"998\n999\n")
    assert len(made) == 1000


def test_who_reads_no_further_ends_the_handler(ask, loop):
    ended = []

    async def ticks(request):
        try:
            while True:
                yield "tick\n"
                await asyncio.sleep(0)
        finally:
            ended.append(request.signal.aborted)

    client = ask(ticks=ticks)
    with client.stream("GET", "/ticks") as answer:
        assert next(answer.iter_bytes()) == b"tick\n"
    settle(loop)
    assert ended == [True]


def test_a_stream_that_breaks_off_is_no_whole_answer(ask):
    async def broken():
        yield "a"
        raise KeyError("lamp")

    client = ask(broken=broken)
    with client.stream("GET", "/broken") as answer, pytest.raises(httpx2.ReadError, match="broke off before its end"):
        answer.read()
    (entry,) = client.server.app.log.entries()
    assert "KeyError: 'lamp'" in entry.error


def test_what_after_was_given_is_done(ask, loop):
    done = []

    def leaving():
        after(lambda: done.append(1))
        return "gone"

    assert ask(leaving=leaving).get("/leaving").text == "gone"
    settle(loop)
    assert done == [1]


def test_a_server_that_is_stopped_answers_nothing_and_ends_what_runs(ask, loop):
    ended = []

    async def ticks():
        try:
            while True:
                yield "tick\n"
                await asyncio.sleep(0)
        finally:
            ended.append(1)

    client = ask(ticks=ticks)
    with client.stream("GET", "/ticks") as answer:
        pieces = answer.iter_bytes()
        next(pieces)
        client.server.stop()
        with pytest.raises(httpx2.ReadError, match="broke off"):
            list(pieces)
    settle(loop)
    assert ended == [1]
    assert not client.server.running
    with pytest.raises(httpx2.ConnectError, match="run %routes start"):
        client.get("/ticks")


def test_others_are_not_asked_by_a_call(ask):
    with pytest.raises(httpx2.ConnectError):
        ask(plain=lambda: 1).get("http://127.0.0.1:9/plain")


def test_the_logs_line_is_known_by_a_number_as_by_a_port(loop):
    app = app_of(plain=lambda: "x")
    server = InProcessServer(app, loop=loop)
    server.start()
    seen, connected = [], []
    app.log.listen(lambda entry, exchange: seen.append((entry.target, exchange.arrived.peer)))

    async def trace(event, info):
        connected.append((event, info["return_value"].get_extra_info("client_addr")))

    async def run():
        async with httpx2.AsyncClient(base_url=URL, mounts=async_mounts(server), trust_env=False) as client:
            await client.get("/plain", extensions={"trace": trace})
            await client.get("/plain", extensions={"trace": trace})

    loop.run_until_complete(run())
    assert [address for _, address in connected] == [("127.0.0.1", 1), ("127.0.0.1", 2)]
    assert {event for event, _ in connected} == {"connection.connect_tcp.complete"}
    assert seen == [("/plain", ("127.0.0.1", "1.1", 1)), ("/plain", ("127.0.0.1", "1.1", 2))]


def test_a_client_that_is_cancelled_ends_the_handler(loop):
    ended = []

    began = asyncio.Event()

    async def slow():
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    server = InProcessServer(app_of(slow=slow), loop=loop)
    server.start()

    async def run():
        async with httpx2.AsyncClient(base_url=URL, mounts=async_mounts(server), trust_env=False) as client:
            asking = asyncio.create_task(client.get("/slow"))
            await began.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    loop.run_until_complete(run())
    settle(loop)
    assert ended == [1]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks begin at once from 3.12 on; Pyodide has it")
def test_what_needs_no_waiting_is_answered_where_nothing_can_wait():
    async def slow():
        await asyncio.sleep(60)

    async def run():
        # As in a browser without JSPI: the loop runs, and whoever asks cannot let it go on.
        server = InProcessServer(app_of(plain=lambda: {"a": 1}, slow=slow))
        server.start()
        with httpx2.Client(base_url=URL, mounts=mounts(server), trust_env=False) as client:
            assert client.get("/plain").json() == {"a": 1}
            with pytest.raises(httpx2.RemoteProtocolError, match="in a newer browser"):
                client.get("/slow")
        server.stop()
        await asyncio.sleep(0.01)

    asyncio.run(run())


def test_it_has_no_address_and_says_what_to_do():
    async def run():
        return InProcessServer(App())

    server = asyncio.run(run())
    assert server.url == URL
    with pytest.raises(ServerError, match="send requests with Send or %%request"):
        server.location()


def test_here_there_are_threads():
    assert in_browser() is None
