"""One request and its response on a connection of Tornado's: HTTP/1.1 in, `App.begin`, HTTP/1.1 out.

The handler starts when the headers are in; the body comes through a bounded queue; the response is pulled, chunk by
chunk, as fast as the client reads.

A request without a body, or whose body has come together with its head, is answered inside Tornado's own task for the
connection, which waits for what `headers_received` or `data_received` returns; a handler that never waits costs no task
and no turn of the loop. One whose body is still on its way gets a task of its own, since the connection has to go on
reading meanwhile. Either way all steps of a handler and of its stream are taken by one task.

Tornado promises a delegate either `finish` or `on_connection_close`: once the body of a request has been read, a client
that leaves is reported only through a close callback.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, suppress
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.iostream import StreamClosedError

from notebook_routes.app.guard import host_name
from notebook_routes.runtime import rest_of
from notebook_routes.servers.incoming import IncomingBody
from notebook_routes.servers.refusal import (
    DRAIN_TIME,
    MAX_HEADERS,
    no_host_name,
    one_host,
    plain,
    too_large,
    too_many_headers,
)
from notebook_routes.servers.request_target import InvalidTarget, origin_form
from notebook_routes.servers.streaming import HEAD_GRACE, TURN, check_complete
from notebook_routes.servers.wire import BODILESS, head, phrase
from notebook_routes.web import Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tornado.http1connection import HTTP1Connection

    from notebook_routes.servers.tornado import TornadoServer

#: Bytes of a request's head; more is a 431.
MAX_HEADER_SIZE = 64 * 1024
#: Raised through a handler's stream rather than by it.
_OUTSIDE = (StreamClosedError, asyncio.CancelledError, GeneratorExit)


class TornadoMessage(HTTPMessageDelegate):
    """One request and its response on a connection."""

    def __init__(self, server: TornadoServer, connection: HTTP1Connection, context: Any, since: float) -> None:
        self.since = since
        self._server = server
        self._app = server.app
        self._connection = connection
        self._request: Request | None = None
        self._body: IncomingBody | None = None
        self._task: asyncio.Task[None] | None = None
        self._connection_header: str | None = None
        #: Of a request with a body: its Content-Length, what makes the request, and the turn of the loop to begin at.
        self._declared: str | None = None
        self._make: Callable[..., Request] | None = None
        self._start: asyncio.Handle | None = None
        self._head_sent = False
        self._answered = False
        self._status = 0
        self._sent = 0
        self._error: BaseException | None = None
        # Of a socket in the file system the address is no pair.
        self._peer = (context.remote_ip, "1.1", context.address[1] if isinstance(context.address, tuple) else 0)

    def headers_received(self, start_line: RequestStartLine | Any, headers: HTTPHeaders) -> Awaitable[None] | None:
        """The head is here: refuse it, or answer, at once or when the body has come."""
        server = self._server
        # From the head of a request on: one that has begun goes on with the app that it began with.
        self._app = server.app
        server.silent.discard(self)
        if self._connection.stream.closed():
            # Sent ahead over a connection that is gone: Tornado hands on what is in its buffer all the same.
            return None
        server.on_traffic()
        method, target, version = start_line
        pairs = [(name.lower(), value) for name, value in headers.get_all()]
        self._connection_header = _connection_header(version, headers.get("Connection"))
        has_body = "Content-Length" in headers or "Transfer-Encoding" in headers
        named = headers.get("Host")
        self._declared = headers.get("Content-Length") if has_body else None
        refused = self._refusal(start_line, pairs, named, self._declared)
        if refused is not None:
            self._refuse(refused, headers)
            return None
        try:
            target, host = origin_form(method, target)
        except InvalidTarget as invalid:
            self._refuse(plain(400, str(invalid)), headers)
            return None
        if host is not None:
            # RFC 9112 §3.2.2: the authority of an absolute-form target overrides Host.
            pairs = [pair for pair in pairs if pair[0] != "host"] + [("host", host)]
        else:
            host = named
        if host is not None and host_name(host) is None:
            self._refuse(no_host_name(), headers)
            return None
        make = partial(
            Request.from_target,
            method,
            target,
            origin=f"http://{host or 'localhost'}",
            headers=Headers.from_pairs(pairs),
        )
        if version == "HTTP/1.0":
            self._peer = (self._peer[0], "1.0", self._peer[2])
        if not has_body:
            self._request = request = make()
            request.peer = self._peer
            return self._answer_here(request)
        self._make = make
        # Tornado hands over what has come together with the head before the loop takes its next turn.
        self._start = asyncio.get_running_loop().call_soon(self._start_beside)
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """A piece of the body; Tornado reads on when what is returned has ended."""
        if self._start is not None:
            assert self._make is not None
            if str(len(chunk)) == self._declared:
                # The whole body is here: a stream of it, and a task beside this one, would be for nothing.
                self._start.cancel()
                self._start = None
                self._request = request = self._make(body=chunk)
                request.peer = self._peer
                return self._answer_here(request)
            self._start_beside()
        return self._body.feed(chunk) if self._body is not None else None

    def finish(self) -> None:
        """The request is here whole, and what `headers_received` or `data_received` returned has ended."""
        if self._start is not None:
            self._start_beside()
        if self._body is not None:
            self._body.end()
        elif self._answered:
            self._connection.finish()
            self._report()

    def _start_beside(self) -> None:
        """Have the handler begin, whose body is still on its way."""
        assert self._start is not None
        assert self._make is not None
        self._start.cancel()
        self._start = None
        self._body = IncomingBody(limit=self._server.max_body_size)
        self._request = request = self._make(body=self._body)
        request.peer = self._peer
        self._connection.set_close_callback(self._left)
        self._task = asyncio.get_running_loop().create_task(self._answer_beside(request))
        self._track(self._task)

    def on_connection_close(self) -> None:
        """The connection has gone before that."""
        self._left()
        if self._body is None and self._answered:
            self._report()

    def _left(self) -> None:
        """The client is gone: the signal fires, then the handler is cancelled."""
        if self._start is not None:
            self._start.cancel()
            self._start = None
        if self._body is not None:
            self._body.break_off()
        task, self._task = self._task, None
        if task is not None and self._request is not None:
            self._request.abort("The client disconnected")
            task.cancel()

    async def _answer_here(self, request: Request) -> None:
        """Answer in the connection's task; Tornado calls `finish` when this has ended."""
        steps = self._answer(request)
        try:
            waiting = steps.send(None)
        except StopIteration:
            self._answered = True
            return
        # The handler waits for something: from now on the client may leave, and the server may stop.
        task = self._wait_here()
        try:
            await rest_of(steps, waiting)
        finally:
            self._task = None
            self._server.tasks.discard(task)
        self._answered = True

    def _wait_here(self) -> asyncio.Task[None]:
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        self._task = task
        self._server.tasks.add(task)
        self._connection.stream.set_close_callback(self._left)
        return task

    async def _answer_beside(self, request: Request) -> None:
        """Answer in a task of its own, while the connection reads the body."""
        try:
            await self._answer(request)
            await self._drain()
            with suppress(StreamClosedError):
                self._connection.finish()
        finally:
            self._task = None
            self._report()

    async def _answer(self, request: Request) -> None:
        """Run the app and write its response, but for the end of it."""
        try:
            answer = self._app.begin(request)
            response = answer if isinstance(answer, Response) else await answer
            self._status = response.status
            content = response.content
            if content is not None or request.method == "HEAD" or response.body is None:
                self._send_whole(response, content or b"", request)
                if content is None:
                    await self._leave_unread(response)
            else:
                await self._send_stream(response, request)
        except asyncio.CancelledError:
            if not self._head_sent:
                self._status = 0
            self._connection.close()
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
        except StreamClosedError:
            # The client left between two chunks, before the close callback told.
            request.abort("The client disconnected")

    async def _leave_unread(self, response: Response) -> None:
        """Close the stream of an answer to HEAD."""
        assert response.body is not None
        try:
            await response.body.cancel("a HEAD request has no use for it")
        except _OUTSIDE:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever the stream raises, the answer is out
            self._error = error

    def _report(self) -> None:
        """Tell the app, once, that the response is out."""
        request, self._request = self._request, None
        if request is None:
            return
        work = self._app.sent(request, status=self._status, size=self._sent, error=self._error)
        if work is not None:
            self._track(asyncio.get_running_loop().create_task(work))

    def _track(self, task: asyncio.Task[None]) -> None:
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    def _send_whole(self, response: Response, content: bytes, request: Request) -> None:
        length = len(content) if response.content is not None or response.body is None else None
        if response.status in BODILESS or request.method == "HEAD":
            content = b""
        self._head_sent = True
        self._sent = len(content)
        connection = "close" if self._server.draining else self._connection_header
        start = head(response, content_length=length, connection=connection)
        if b"\r\nConnection: " in start:
            self._close_if_said(response)
        if response.content is not None:
            # Before it goes out, so that whoever has the answer finds it in the log.
            self._report()
        # Tornado lets the head be written as plain bytes; it then frames nothing.
        self._connection.write(start + content)

    def _close_if_said(self, response: Response) -> None:
        """Client and handler may say `Connection: close` (RFC 9112 §9.6); Tornado hears a client only if it is all."""
        said = self._connection_header, (response.headers.get("connection") or "").lower()
        if self._server.draining or "close" in said:
            self._connection._disconnect_on_finish = True  # noqa: SLF001 - Tornado has no other switch

    async def _send_stream(self, response: Response, request: Request) -> None:
        connection, on_traffic = self._connection, self._server.on_traffic
        loop = asyncio.get_running_loop()
        grace = loop.call_later(HEAD_GRACE, self._send_head, response, request)
        turn_ends = loop.time() + TURN
        assert response.body is not None
        try:
            async with aclosing(response.body.__aiter__()) as chunks:
                async for chunk in chunks:
                    if not self._head_sent:
                        self._send_head(response, request)
                    if chunk:
                        on_traffic()
                        self._sent += len(chunk)
                        await connection.write(chunk)
                    if loop.time() > turn_ends:
                        # Neither the source nor the socket may ever make us wait: others have their turn too.
                        await asyncio.sleep(0)
                        turn_ends = loop.time() + TURN
            check_complete(response, self._sent)
        except _OUTSIDE:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever the handler's stream raises breaks this response only
            grace.cancel()
            if self._head_sent:
                # Cut off without the last chunk, so that the client knows that this is not all.
                self._error = error
                connection.close()
                return
            failed = self._app.failed_to_start(error, request)
            self._status = failed.status
            self._send_whole(failed, failed.content or b"", request)
            return
        finally:
            grace.cancel()
        self._send_head(response, request)

    def _send_head(self, response: Response, request: Request) -> None:
        if not self._head_sent:
            self._head_sent = True
            self._app.head_sent(request)
            start_line = ResponseStartLine("HTTP/1.1", response.status, response.status_text or phrase(response.status))
            self._close_if_said(response)
            headers = _tornado_headers(response)
            if self._server.draining:
                headers["Connection"] = "close"
            self._connection.write_headers(start_line, headers)

    async def _drain(self) -> None:
        """Take in what the handler left of the body: closing on unread data would reset the client's connection."""
        body = self._body
        if body is not None and not body.ended:
            body.discard()
            with suppress(TimeoutError):
                await asyncio.wait_for(body.wait_ended(), DRAIN_TIME)

    def _refusal(
        self, start_line: RequestStartLine, pairs: list[tuple[str, str]], host: str | None, declared: str | None
    ) -> Response | None:
        size = len(start_line.path) + sum([len(name) + len(value) + 4 for name, value in pairs])
        if size > MAX_HEADER_SIZE:
            return plain(431, f"The head of the request is larger than {MAX_HEADER_SIZE:,} bytes")
        if len(pairs) > MAX_HEADERS:
            return too_many_headers()
        if "," in host if host is not None else start_line.version != "HTTP/1.0":
            # Tornado joins repeated headers.
            return one_host()
        return None if declared is None else too_large(declared, self._server.max_body_size)

    def _refuse(self, response: Response, headers: HTTPHeaders) -> None:
        """Answer without a handler, and close the connection."""
        # Else Tornado would go on to ask for the body that was refused.
        headers.pop("Expect", None)
        content = response.content or b""
        self._connection.write(head(response, content_length=len(content), connection="close") + content)
        self._body = IncomingBody(limit=sys.maxsize)
        self._body.discard()
        self._track(asyncio.get_running_loop().create_task(self._close_after_refusal()))

    @property
    def closed(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.stream.closed()

    def close(self) -> None:
        """Close the connection, whatever is going on."""
        self._server.silent.discard(self)
        self._connection.close()

    def close_if_silent(self) -> None:
        """Close the connection, unless a request has come over it."""
        if self in self._server.silent:
            self.close()

    async def _close_after_refusal(self) -> None:
        await self._drain()
        with suppress(StreamClosedError):
            self._connection.finish()
            self._connection.close()


def _tornado_headers(response: Response) -> HTTPHeaders:
    headers = HTTPHeaders()
    for name, value in response.headers.raw:
        # How a stream is framed depends on the client.
        if name != "transfer-encoding":
            headers.add(name, value)
    if "Date" not in headers:
        headers["Date"] = formatdate(usegmt=True)
    return headers


def _connection_header(version: str, asked: str | None) -> str | None:
    """What Connection has to say about whether it stays open (RFC 9112 §9.3)."""
    if asked is None:
        return None
    asked = asked.lower()
    if version == "HTTP/1.0":
        return "Keep-Alive" if asked == "keep-alive" else None
    # One option of several, as in `TE, close`.
    return "close" if "close" in [option.strip() for option in asked.split(",")] else None
