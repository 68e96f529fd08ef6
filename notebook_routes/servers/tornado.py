"""Tornado as the server: HTTP/1.1 messages in, `App.fetch`, HTTP/1.1 messages out.

It sits on Tornado's connection delegate rather than on `tornado.web`. The handler starts when the headers are in; the
body comes through a bounded queue; the response is pulled, chunk by chunk, as fast as the client reads.

Tornado promises a delegate either `finish` or `on_connection_close`: after the body of a request has finished, a client
that leaves is reported only through `connection.set_close_callback`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import StreamClosedError

from notebook_routes.servers.incoming import IncomingBody
from notebook_routes.servers.target import InvalidTarget, origin_form
from notebook_routes.web import Headers, Request, Response

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from tornado.http1connection import HTTP1Connection

    from notebook_routes.app import App

#: Bytes of a request body, by default.
MAX_BODY_SIZE = 100 * 1024 * 1024
#: Bytes of a request's head; more is a 431.
MAX_HEADER_SIZE = 64 * 1024
#: Past this, Tornado closes the connection without an answer.
_HARD_HEADER_SIZE = 1024 * 1024
#: Seconds a stream may take to its first chunk before its head is sent alone.
_HEAD_GRACE = 0.05
#: Seconds to take in the rest of a body that the handler did not read, so that the client sees the answer.
_DRAIN_TIME = 2.0
#: Seconds a connection may stay silent between requests, or take for the head of one.
_IDLE_TIME = 120.0
_NO_LIMIT = 1 << 62


class TornadoServer:
    """Serves one App on listening sockets, on the running loop.

    Args:
        app: what answers.
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
        self._http = HTTPServer(
            cast("Any", _Connections(self)),
            max_body_size=_NO_LIMIT,  # ours is checked where a 413 can still be sent
            max_header_size=_HARD_HEADER_SIZE,
            idle_connection_timeout=_IDLE_TIME,
        )

    def listen(self, sockets: list[socket.socket]) -> None:
        """Accept connections on `sockets`, which it owns from now on."""
        self._http.add_sockets(sockets)

    async def stop(self, *, timeout: float = 1.0) -> None:
        """Stop listening, cancel what is being answered, wait `timeout` seconds for it, and close all connections."""
        self._http.stop()
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._http.close_all_connections(), timeout)


class _Connections(HTTPServerConnectionDelegate):
    def __init__(self, server: TornadoServer) -> None:
        self._server = server

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        return _Message(self._server, request_conn)


class _Message(HTTPMessageDelegate):
    """One request and its response on a connection."""

    def __init__(self, server: TornadoServer, connection: HTTP1Connection) -> None:
        self._server = server
        self._connection = connection
        self._request: Request | None = None
        self._body: IncomingBody | None = None
        self._task: asyncio.Task[None] | None = None
        self._head_sent = False
        self._sent = 0

    def headers_received(
        self, start_line: RequestStartLine | Any, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        server = self._server
        server.on_traffic()
        refused = self._refuse(start_line, headers)
        if refused is not None:
            self._refuse_now(refused)
            return None
        try:
            target, host = origin_form(start_line.method, start_line.path)
        except InvalidTarget as invalid:
            self._refuse_now(_plain(400, str(invalid)))
            return None
        if "Content-Length" in headers or "Transfer-Encoding" in headers:
            self._body = IncomingBody(limit=server.max_body_size)
        pairs = [(name.lower(), value) for name, value in headers.get_all()]
        if host is not None:
            # RFC 9112 §3.2.2: the authority of an absolute-form target overrides Host.
            pairs = [pair for pair in pairs if pair[0] != "host"] + [("host", host)]
        self._request = request = Request.from_target(
            start_line.method,
            target,
            origin=f"http://{host or headers.get('Host', 'localhost')}",
            headers=Headers.from_pairs(pairs),
            body=self._body,
        )
        self._connection.set_close_callback(self._left)
        self._task = task = asyncio.get_running_loop().create_task(self._answer(request))
        server.tasks.add(task)
        task.add_done_callback(server.tasks.discard)
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._body.feed(chunk) if self._body is not None else None

    def finish(self) -> None:
        if self._body is not None:
            self._body.end()

    def on_connection_close(self) -> None:
        self._left()

    def _left(self) -> None:
        """The client is gone: the signal fires, then the handler is cancelled."""
        if self._body is not None:
            self._body.break_off()
        task, self._task = self._task, None
        if task is not None and self._request is not None:
            self._request.abort("The client disconnected")
            task.cancel()

    async def _answer(self, request: Request) -> None:
        app = self._server.app
        status, error = 0, None
        try:
            response = await app.fetch(request)
            status = response.status
            content = response.content
            if content is not None or request.method == "HEAD" or response.body is None:
                await self._send_whole(response, content or b"", request)
            else:
                status, error = await self._send_stream(response, request)
            self._task = None
        except asyncio.CancelledError:
            if not self._head_sent:
                status = 0
        except StreamClosedError:
            # The client left between two chunks, before the close callback told.
            self._left()
        finally:
            self._task = None
            await app.sent(request, status=status, size=self._sent, error=error)

    async def _send_whole(self, response: Response, content: bytes, request: Request) -> None:
        headers = _wire_headers(response)
        if response.status not in (204, 304) and "Content-Length" not in headers:
            if response.content is not None or response.body is None:
                headers["Content-Length"] = str(len(content))
            if request.method == "HEAD":
                content = b""
        elif request.method == "HEAD" or response.status in (204, 304):
            content = b""
        if request.method == "HEAD" and response.body is not None:
            await response.body.cancel("a HEAD request has no use for it")
        self._head_sent = True
        self._sent = len(content)
        flushed = self._connection.write_headers(_start_line(response), cast("HTTPHeaders", headers), content or None)
        await self._drain()
        self._connection.finish()
        if not flushed.done():
            await flushed

    async def _send_stream(self, response: Response, request: Request) -> tuple[int, BaseException | None]:
        connection, on_traffic = self._connection, self._server.on_traffic
        grace = asyncio.get_running_loop().call_later(_HEAD_GRACE, self._send_head, response)
        assert response.body is not None
        try:
            async with aclosing(response.body.__aiter__()) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    if not self._head_sent:
                        self._send_head(response)
                    if chunk:
                        on_traffic()
                        self._sent += len(chunk)
                        await connection.write(chunk)
        except StreamClosedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the handler's stream raises breaks this response only
            if self._head_sent:
                connection.close()
                return response.status, error
            grace.cancel()
            failed = self._server.app.failed_to_start(error, request)
            await self._send_whole(failed, failed.content or b"", request)
            return failed.status, None
        finally:
            grace.cancel()
        self._send_head(response)
        await self._drain()
        connection.finish()
        return response.status, None

    def _send_head(self, response: Response) -> None:
        if not self._head_sent:
            self._head_sent = True
            assert self._request is not None
            self._server.app.head_sent(self._request)
            self._connection.write_headers(_start_line(response), cast("HTTPHeaders", _wire_headers(response)))

    async def _drain(self) -> None:
        """Take in what the handler left of the body: closing on unread data would reset the client's connection."""
        body = self._body
        if body is not None and not body.ended:
            body.discard()
            with suppress(TimeoutError):
                await asyncio.wait_for(body.wait_ended(), _DRAIN_TIME)

    def _refuse(self, start_line: RequestStartLine, headers: HTTPHeaders) -> Response | None:
        size = len(start_line.path) + sum(len(name) + len(value) + 4 for name, value in headers.get_all())
        if size > MAX_HEADER_SIZE:
            return _plain(431, f"The head of the request is larger than {MAX_HEADER_SIZE:,} bytes")
        declared = headers.get("Content-Length")
        if declared is not None and declared.isdecimal() and int(declared) > self._server.max_body_size:
            return _plain(413, f"The body is larger than {self._server.max_body_size:,} bytes, the limit of this server")
        return None

    def _refuse_now(self, response: Response) -> None:
        """Answer without a handler, and close the connection."""
        headers = _wire_headers(response)
        headers["Content-Length"] = str(len(response.content or b""))
        headers["Connection"] = "close"
        self._connection.write_headers(_start_line(response), cast("HTTPHeaders", headers), response.content)
        self._body = IncomingBody(limit=_NO_LIMIT)
        self._body.discard()
        task = asyncio.get_running_loop().create_task(self._close_after_refusal())
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _close_after_refusal(self) -> None:
        await self._drain()
        with suppress(StreamClosedError):
            self._connection.finish()
            self._connection.close()


class _WireHeaders(dict[str, str]):
    """What `write_headers` needs of HTTPHeaders; ours have been checked already, so nothing is parsed again."""

    def __init__(self) -> None:
        super().__init__()
        self.cookies: list[str] = []

    def get_all(self) -> list[tuple[str, str]]:
        return [*self.items(), *(("Set-Cookie", line) for line in self.cookies)]


def _wire_headers(response: Response) -> _WireHeaders:
    headers = _WireHeaders()
    for name, value in response.headers.raw:
        title = _title(name)
        if title == "Set-Cookie":
            headers.cookies.append(value)
        elif title in headers:
            headers[title] += f", {value}"
        else:
            headers[title] = value
    if "Date" not in headers:
        headers["Date"] = _date(int(time.time()))
    return headers


def _start_line(response: Response) -> ResponseStartLine:
    return ResponseStartLine("HTTP/1.1", response.status, response.status_text or _phrase(response.status))


@lru_cache(maxsize=1024)
def _title(name: str) -> str:
    return name.title()


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


@lru_cache(maxsize=600)
def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _plain(status: int, text: str) -> Response:
    return Response(text + "\n", status=status, headers={"content-type": "text/plain; charset=utf-8"})


def _quiet() -> None:
    return None
