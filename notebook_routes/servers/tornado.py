"""Tornado as the server, on its connection delegate rather than on `tornado.web`: listening, draining, stopping."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate, HTTPServerConnectionDelegate

from notebook_routes.servers.refusal import MAX_BODY_SIZE
from notebook_routes.servers.tornado_message import TornadoMessage

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tornado.iostream import IOStream

    from notebook_routes.app import App

#: Past this, Tornado closes the connection without an answer.
_HARD_HEADER_SIZE = 1024 * 1024
#: Seconds a connection may stay silent between requests, or take for the head of one.
_IDLE_TIME = 120.0
_SWEEP_TIME = 10.0
#: Seconds for connections to close when the server stops.
_CLOSE_TIME = 0.2
#: Seconds in which a request may still come over an open connection when the server drains.
_LATE_TIME = 0.2


class TornadoServer:
    """Serves one App on listening sockets, on the running loop.

    Args:
        app: what answers; may be replaced by another.
        max_body_size: bytes of a request body; more is a 413.
        on_traffic: called when a request comes in and when a chunk goes out.
    """

    def __init__(
        self,
        app: App,
        *,
        max_body_size: int = MAX_BODY_SIZE,
        on_traffic: Callable[[], None] | None = None,
    ) -> None:
        self.app = app
        self.max_body_size = max_body_size
        self.on_traffic = on_traffic or _quiet
        self.tasks: set[asyncio.Task[None]] = set()
        self.silent: set[TornadoMessage] = set()
        #: Whether each connection closes after the answer that it waits for.
        self.draining = False
        self._http = _HTTPServer(
            cast("Any", _Connections(self)),
            max_body_size=sys.maxsize,  # ours is checked where a 413 can still be sent
            max_header_size=_HARD_HEADER_SIZE,
        )
        # Tornado would set a timer for the head of each request, which costs as much as parsing it.
        self._http.conn_params.header_timeout = None
        self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_TIME, self._sweep)

    def listen(self, sockets: list[socket.socket]) -> None:
        """Accept connections on `sockets`, which it owns from now on."""
        self._http.add_sockets(sockets)

    async def drain(self, *, grace: float) -> None:
        """Take no new connections, and let all that has been asked be answered, for up to `grace` seconds.

        Connections close after their answers. One that is silent closes a moment later, since a request may be on its
        way. Then `stop`.
        """
        self.draining = True
        # The loop's next turns accept the connections that have been made meanwhile.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self._http.stop()
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        await self._http.quiet(min(grace, _LATE_TIME))
        for message in list(self.silent):
            message.close_if_silent()
        await self._http.quiet(end - loop.time())
        # What `after()` was given.
        if self.tasks and loop.time() < end:
            await asyncio.wait(list(self.tasks), timeout=end - loop.time())

    async def stop(self, *, grace: float = 1.0) -> None:
        """Stop listening, cancel what is being answered, wait `grace` seconds for it, and close all connections."""
        self._sweeper.cancel()
        self._http.stop()
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        # Not wait_for(): it would wait without end for a handler that does not let itself be cancelled.
        closing = asyncio.get_running_loop().create_task(self._http.close_all_connections())
        await asyncio.wait([closing], timeout=_CLOSE_TIME)

    def _sweep(self) -> None:
        """Close connections that have been silent too long, or are too slow with the head of a request.

        Those that their clients have closed are forgotten: Tornado tells a delegate only from the first head on.
        """
        loop = asyncio.get_running_loop()
        oldest = loop.time() - _IDLE_TIME
        for message in [message for message in self.silent if message.since < oldest or message.closed]:
            message.close()
        self._sweeper = loop.call_later(_SWEEP_TIME, self._sweep)


class _HTTPServer(HTTPServer):
    """Connections with Nagle's algorithm off for good; Tornado switches it on and off around each response."""

    def initialize(self, *args: Any, **settings: Any) -> None:
        super().initialize(*args, **settings)
        self._quiet = asyncio.Event()

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        stream.set_nodelay(True)
        stream.set_nodelay = _keep_nodelay  # type: ignore[assignment]
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        super().on_close(server_conn)
        if not self._connections:
            self._quiet.set()

    async def quiet(self, seconds: float) -> None:
        """Wait until there is no connection, for up to `seconds`."""
        self._quiet = asyncio.Event()
        if self._connections and seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), seconds)


class _Connections(HTTPServerConnectionDelegate):
    def __init__(self, server: TornadoServer) -> None:
        self._server = server
        self._time = asyncio.get_running_loop().time

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:  # noqa: ARG002 - Tornado's
        message = TornadoMessage(self._server, request_conn, request_conn.context, self._time())
        self._server.silent.add(message)
        if self._server.draining:
            asyncio.get_running_loop().call_later(_LATE_TIME, message.close_if_silent)
        return message


def _quiet() -> None:
    return None


def _keep_nodelay(_value: bool) -> None:  # noqa: FBT001 - Tornado's signature
    return None
