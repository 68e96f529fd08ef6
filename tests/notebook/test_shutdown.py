"""Kernels end by themselves, soon, and leave no port, whatever their handlers do."""

from __future__ import annotations

import socket
from http.client import HTTPConnection

import pytest

#: The promise is one second; a machine that is busy with other tests gets more.
SOON = 3.0

OUR_THREADS = "[thread.name for thread in threading.enumerate() if 'notebook_routes' in thread.name]"

#: Handlers that do not end, each as a cell and the path to ask.
ENDLESS = {
    "a busy def": ("%%route GET /busy\nwhile True: pass", "/busy"),
    "a def that waits": ("%%route GET /waits\nthreading.Event().wait()", "/waits"),
    "an async def that waits": ("%%route GET /sleeps\nawait asyncio.sleep(600)", "/sleeps"),
    "an endless stream": ("%%route GET /stream\nwhile True:\n    yield 'x'\n    await asyncio.sleep(0.01)", "/stream"),
    "an endless stream of a def": ("%%route GET /ticks\nwhile True:\n    yield 'x'\n    time.sleep(0.01)", "/ticks"),
}


@pytest.fixture
def own_kernel(start_kernel, request):
    kernel = start_kernel(request.param)
    kernel.ok("%load_ext notebook_routes")
    kernel.fresh()
    yield kernel
    kernel.close()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.fixture
def begin():
    """Defines a handler that does not end, and asks for it until it runs."""
    connections = []

    def ask(kernel, cell, path):
        name = path.strip("/")
        kernel.ok(cell.replace("\n", f"\nbegun.append('{name}')\n", 1), cell=name)
        connection = HTTPConnection("127.0.0.1", kernel.port, timeout=30)
        connections.append(connection)
        connection.request("GET", path)
        kernel.listen(lambda: name in kernel.value("begun"))

    yield ask
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("own_kernel", ["6.29.5", "7.1.0", "installed"], indirect=True)
def test_a_kernel_ends_in_the_middle_of_everything(own_kernel, begin):
    own_kernel.ok("import asyncio, threading, time\nbegun = []")
    for endless in ENDLESS.values():
        begin(own_kernel, *endless)
    assert own_kernel.exits(within=SOON, restart=True)
    assert not listens(own_kernel.port)


@pytest.mark.parametrize("own_kernel", ["installed"], indirect=True)
def test_a_kernel_whose_server_is_blocked_ends_too(own_kernel, begin):
    own_kernel.ok("import asyncio\nbegun = []")
    begin(own_kernel, "%%route GET /blocks\nawait asyncio.sleep(0)\nwhile True: pass", "/blocks")
    assert own_kernel.exits(within=SOON + 1)
    assert not listens(own_kernel.port)


@pytest.mark.parametrize("own_kernel", ["installed"], indirect=True)
def test_a_kernel_restarts_and_serves_again_at_its_port(own_kernel):
    own_kernel.ok("%%route GET /x\n1", cell="a")
    port = own_kernel.port
    assert own_kernel.get("/x") == (200, "1")
    assert own_kernel.exits(within=SOON, restart=True)
    own_kernel.start()
    own_kernel.ok("%load_ext notebook_routes")
    own_kernel.ok(f"%routes start --port {port}")
    own_kernel.ok("%%route GET /x\n2", cell="a")
    assert own_kernel.get("/x", port=port) == (200, "2")


def test_unloading_ends_what_is_being_answered(kernel, begin):
    kernel.ok("import asyncio, threading, time\nbegun = []\nended = []")
    endless = "%%route GET /{0}\ntry:\n    while True:\n{1}\nfinally:\n    ended.append('{0}')"
    begin(kernel, endless.format("stream", "        yield 'x'\n        await asyncio.sleep(0.01)"), "/stream")
    begin(kernel, endless.format("ticks", "        yield 'x'\n        time.sleep(0.01)"), "/ticks")
    begin(kernel, endless.format("awaits", "        await asyncio.sleep(0.01)"), "/awaits")
    begin(kernel, endless.format("busy", "        time.sleep(0.01)"), "/busy")
    kernel.ok("%unload_ext notebook_routes")
    assert kernel.listening() == set()
    kernel.listen(lambda: sorted(kernel.value("ended")) == ["awaits", "busy", "stream", "ticks"])
    kernel.listen(lambda: kernel.value(OUR_THREADS) == [])
