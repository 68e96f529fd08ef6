"""A server on a real socket, and a client that sends bytes exactly as they are written."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec

import pytest
import uvicorn

from notebook_routes.app import LOOPBACK_HOSTS, App, Guard
from notebook_routes.routing import Route, RoutePattern, SegmentConfig
from notebook_routes.runtime import Invoker
from notebook_routes.servers.asgi import ASGIApp
from notebook_routes.servers.thread import ServerThread
from tests.waiting import PATIENCE, wait_until

PARSERS = ["h11", *(["httptools"] if find_spec("httptools") else [])]


class Gate:
    """Opened by the test, passed by a handler, whichever thread either is on.

    Attributes:
        came: how many threads have come to it so far.
    """

    def __init__(self):
        self._event = threading.Event()
        self.open = self._event.set
        self.came = 0

    def pass_through(self):
        self.came += 1
        assert self._event.wait(PATIENCE)

    async def passed(self):
        while not self._event.is_set():  # noqa: ASYNC110 - it is set by another thread
            await asyncio.sleep(0.002)


@dataclass
class Reply:
    """An answer as it stood on the wire."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    content: bytes = b""
    chunks: list[bytes] = field(default_factory=list)
    complete: bool = True

    def get(self, name):
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None

    def get_all(self, name):
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.content)


class Client:
    """One connection."""

    def __init__(self, port, *, host="127.0.0.1", receive_buffer=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((host, port))
        self.host = f"{f'[{host}]' if ':' in host else host}:{port}"
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def ask(self, method, target, *headers, body=b"", version="1.1", host=True):
        """Send a request; `headers` are whole lines, Host and Content-Length come by themselves."""
        lines = [f"{method} {target} HTTP/{version}"]
        if host:
            lines.append(f"Host: {self.host}")
        lines += headers
        names = {line.partition(":")[0].lower() for line in headers}
        if body and not names & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def get(self, target, *headers):
        self.ask("GET", target, *headers)
        return self.reply()

    def post(self, target, *headers, body=b""):
        self.ask("POST", target, "Content-Length: 0" if not body else "X-Posted: yes", *headers, body=body)
        return self.reply()

    def head_of_reply(self):
        """Read up to the empty line."""
        head = self.read_until(b"\r\n\r\n")[:-4].decode("latin-1")
        status_line, *lines = head.split("\r\n")
        version, status, reason = status_line.split(" ", 2)
        assert version == "HTTP/1.1"
        pairs = [line.split(": ", 1) for line in lines]
        return Reply(int(status), reason, [(name, value) for name, value in pairs])

    def reply(self, *, to="GET"):
        """Read one whole answer; `to` is the method that was asked."""
        reply = self.head_of_reply()
        if to == "HEAD" or reply.status in (204, 304) or reply.status < 200:
            return reply
        length = reply.get("content-length")
        if reply.get("transfer-encoding") == "chunked":
            assert length is None
            while chunk := self.chunk():
                reply.chunks.append(chunk)
            reply.complete = chunk is not None
            reply.content = b"".join(reply.chunks)
        elif length is not None:
            reply.content = self.read(int(length))
        else:
            reply.content = self.rest()
        return reply

    def chunk(self):
        """The next chunk of a chunked body; b"" for the last one, None where the connection was cut."""
        try:
            size = int(self.read_until(b"\r\n")[:-2], 16)
            return self.read(size + 2)[:-2]
        except EOFError:
            return None

    def read(self, size):
        while len(self._buffer) < size:
            self._receive()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def read_until(self, mark):
        while mark not in self._buffer:
            self._receive()
        data, separator, self._buffer = self._buffer.partition(mark)
        return data + separator

    def send_until_it_blocks(self, data, size):
        """Send up to `size` bytes, until the server takes no more; how many it took."""
        sent = 0
        self.socket.settimeout(0.3)
        with suppress(TimeoutError):
            while sent < size:
                sent += self.socket.send(data[: size - sent])
        self.socket.settimeout(PATIENCE)
        return sent

    def rest(self):
        """Everything until the server closes."""
        with suppress(EOFError, ConnectionResetError):
            while True:
                self._receive()
        data, self._buffer = self._buffer, b""
        return data

    def is_closed(self):
        """Whether the server has closed, or closes now, without another byte."""
        return self.rest() == b""

    def nothing_more(self, *, seconds=0.05):
        """Whether the server says nothing for a moment."""
        self.socket.settimeout(seconds)
        try:
            return not self._buffer and self.socket.recv(1, socket.MSG_PEEK) == b""
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)

    def reset(self):
        """Go away rudely: the server gets a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(f"the server closed; unread: {self._buffer[:200]!r}")
        self._buffer += data


class World:
    """Routes, the server that answers them, and clients; everything is gone at the end of the test."""

    def __init__(self):
        self.app = App(guard=Guard(hosts=LOOPBACK_HOSTS))
        self.thread = None
        self.server = None
        self.clients = []
        self.wait_until = wait_until

    def route(self, path, method="GET", **config):
        """Make the decorated function the handler of a path."""

        def define(function):
            settings = SegmentConfig.from_constants(config)
            pattern = RoutePattern.parse(path)
            invoker = Invoker(function, method=method, pattern=pattern, max_duration=settings.max_duration)
            self.app.routes.put(Route(method, pattern, invoker, settings))
            return function

        return define

    def start(self, **options):
        self.thread = ServerThread(self.app, **{"port": 0, **options})
        self.thread.start()
        self.server = self.thread._server
        return self.thread

    def client(self, **options):
        if self.thread is None:
            self.start()
        client = Client(self.thread.port, **options)
        self.clients.append(client)
        return client

    def get(self, target, *headers):
        """Ask once, on a connection of its own."""
        with self.client() as client:
            return client.get(target, *headers)

    def post(self, target, *headers, body=b""):
        with self.client() as client:
            return client.post(target, *headers, body=body)

    @property
    def log(self):
        return self.app.log.entries()

    def logged(self, count):
        """The log, once it has `count` entries."""
        return wait_until(lambda: len(self.log) >= count and self.log)

    def becomes_quiet(self):
        """Wait until no task of a request is left."""
        return wait_until(lambda: not self.server.tasks)

    def close(self):
        for client in self.clients:
            client.close()
        if self.thread is not None:
            self.thread.stop()


class Uvicorn:
    """A server in a thread, as `ServerThread` is one."""

    def __init__(self, app, *, max_body_size=1000_000, parser="h11", **options):
        self.asgi = ASGIApp(app, max_body_size=max_body_size)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(
            self.asgi, http=parser, loop="asyncio", ws="none", log_config=None, timeout_graceful_shutdown=1, **options
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()


@pytest.fixture(params=PARSERS)
def parser(request):
    return request.param


@pytest.fixture
def below_uvicorn(world):
    """Have uvicorn answer, with one of its parsers."""

    def start(parser, **options):
        world.thread = Uvicorn(world.app, parser=parser, **options)
        world.wait_until(lambda: world.thread.server.started)
        return world

    return start


@pytest.fixture(params=["tornado", *PARSERS])
def start(request, world, below_uvicorn):
    """Have each server answer in turn."""

    def start_it(**options):
        if request.param != "tornado":
            return below_uvicorn(request.param, **options)
        world.start(**options)
        return world

    return start_it


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    # A handler that still waits would hold its thread.
    gate.open()


@pytest.fixture
def world(gate):
    world = World()
    yield world
    gate.open()
    world.close()


def threads_of_ours():
    return [thread for thread in threading.enumerate() if thread.name.startswith("notebook_routes")]


@pytest.fixture(autouse=True)
def _leaves_no_thread():
    # The one that waits for caches stays for good.
    before = set(threads_of_ours())
    yield
    wait_until(lambda: not set(threads_of_ours()) - before)
