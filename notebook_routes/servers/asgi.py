"""An App for the servers that speak ASGI 3: uvicorn, hypercorn and their kin, on asyncio.

The body of a request comes through the same bounded queue as under Tornado, and the response is pulled as fast as the
server takes it. ASGI has one way to hear both the body and that the client has left, `receive`; a task beside the
handler listens to it, from the moment that the handler waits for something: one that answers at once costs no task. All
steps of a handler and of its stream are taken by the server's own task for the request.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from notebook_routes.errors import ServerError
from notebook_routes.runtime import Exchange
from notebook_routes.servers.incoming import IncomingBody
from notebook_routes.servers.lifetime import HandlerThreads, origin_of
from notebook_routes.servers.refusal import (
    DRAIN_TIME,
    MAX_BODY_SIZE,
    MAX_HEADERS,
    one_host,
    plain,
    too_large,
    too_many_headers,
)
from notebook_routes.servers.request_target import InvalidTarget, origin_form
from notebook_routes.servers.streaming import HEAD_GRACE, TURN, check_complete
from notebook_routes.servers.wire import BODILESS, fields
from notebook_routes.web import Headers, Request, Response

if TYPE_CHECKING:
    from notebook_routes.app import App

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

#: Seconds, when the server stops, for what `after()` was given.
_LAST_TIME = 1.0
_HTTP_1 = ("1.0", "1.1")


class _ClientLeft(Exception):
    """The server says that nobody takes what is sent."""


class ASGIApp:
    """An App as an ASGI 3 application.

    Mounted below another application's path, it answers what comes after `root_path`; a handler sees URLs without it.

    Args:
        app: what answers.
        max_body_size: bytes of a request body; more is a 413.
    """

    def __init__(self, app: App, *, max_body_size: int = MAX_BODY_SIZE) -> None:
        self.app = app
        self.max_body_size = max_body_size
        self._threads: HandlerThreads | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._has_origin = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end with the server.

        Raises:
            ServerError: a stream broke off after its first chunk; the server cuts the connection upon it.
            ValueError: the scope is of a kind that is not known.
        """
        kind = scope["type"]
        if kind == "http":
            # A server without lifespan events, or an application that mounts this one, gives no earlier moment.
            self._start()
            if not self._has_origin:
                self._has_origin = True
                self.app.origin = origin_of(scope.get("server"))
            await _Message(self, scope, receive, send).run()
        elif kind == "lifespan":
            await self._live(receive, send)
        elif kind == "websocket":
            await receive()
            await send({"type": "websocket.close"})
        else:
            raise ValueError(f"{kind} is no scope that routes answer: they answer http")

    async def close(self) -> None:
        """End what runs beside the requests, as the end of a server does: for whoever calls this without one."""
        if self._work:
            await asyncio.wait(self._work, timeout=_LAST_TIME)
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.stop()
        await self.app.close()

    def finish_later(self, work: Awaitable[None]) -> None:
        """Run what `after()` was given beside everything else."""
        task = asyncio.ensure_future(_awaited(work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _start(self) -> None:
        if self._threads is None:
            self._threads = HandlerThreads(self.app)
            self._threads.start()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._start()
        await send({"type": "lifespan.startup.complete"})
        preparing = asyncio.get_running_loop().create_task(self.app.prepare())
        await receive()
        preparing.cancel()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})


class _Message:
    """One request and its response."""

    __slots__ = (
        "_app", "_body", "_ending", "_error", "_head_sent", "_head_task", "_headers", "_left", "_listener", "_receive",
        "_root", "_scope", "_send_message", "_sent", "_server", "_status", "_task",
    )  # fmt: skip

    def __init__(self, server: ASGIApp, scope: Message, receive: Receive, send: Send) -> None:
        self._server = server
        self._app = server.app
        self._scope = scope
        self._receive = receive
        self._send_message = send
        self._root: str = scope.get("root_path", "").rstrip("/")
        # Not every parser takes off the space around a value, which is no part of it (RFC 9110 §5.5).
        self._headers = [
            (name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in scope["headers"]
        ]
        self._body: IncomingBody | None = None
        self._task: asyncio.Task[Any] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._head_sent = False
        self._head_task: asyncio.Task[None] | None = None
        self._ending = False
        self._left = False
        self._status = 0
        self._sent = 0
        self._error: BaseException | None = None

    async def run(self) -> None:
        request = self._request()
        if isinstance(request, Response):
            await self._refuse(request)
            return
        ended = False
        try:
            if self._body is not None:
                self._begin_to_listen(request)
            await self._heard(request)
            ended = True
        except asyncio.CancelledError:
            if not self._head_sent:
                self._status = 0
            if not self._left:
                # The server stops.
                raise
            ended = True
        except _ClientLeft:
            request.abort("The client disconnected")
            ended = True
        finally:
            if self._listener is not None:
                self._listener.cancel()
            if self._left and self._task is not None:
                self._task.uncancel()
            work = self._app.sent(request, status=self._status, size=self._sent, error=self._error)
            if work is not None and not ended:
                self._server.finish_later(work)
        if work is not None:
            await work
        if self._error is not None and not self._ending:
            # It is in the log; the server only has to cut the connection, so that the client knows it is not all.
            raise ServerError(f"{request.method} {request.path} broke off after its first chunk") from None

    def _request(self) -> Request | Response:
        """What is asked, or the answer to what cannot be."""
        scope, headers = self._scope, self._headers
        if len(headers) > MAX_HEADERS:
            return too_many_headers()
        # Of a name that is there twice, the last value.
        named = dict(headers)
        host, length = named.get("host"), named.get("content-length")
        if host is None:
            if scope.get("http_version") == "1.1":
                return one_host()
        elif "," in host or (len(named) != len(headers) and [name for name, _ in headers].count("host") > 1):
            return one_host()
        if length is not None:
            refused = too_large(length, self._server.max_body_size)
            if refused is not None:
                return refused
        method = scope["method"]
        try:
            target, _ = origin_form(method, _target(scope, self._root))
        except InvalidTarget as invalid:
            return plain(400, str(invalid))
        if method not in ("GET", "HEAD") and (
            length is not None
            or "transfer-encoding" in named
            # HTTP/2 frames bodies without a word in the headers.
            or scope.get("http_version", "1.1") not in _HTTP_1
        ):
            self._body = IncomingBody(limit=self._server.max_body_size)
        request = Request.from_target(
            method,
            target,
            origin=f"{scope.get('scheme', 'http')}://{host or _host(scope)}",
            headers=Headers.from_pairs(headers),
            body=self._body,
        )
        client = scope.get("client")
        if client is not None:
            request.peer = (client[0], scope.get("http_version", "1.1"), client[1] or 0)
        return request

    @types.coroutine
    def _heard(self, request: Request) -> Generator[Any, Any, None]:
        """Answer, and listen to the client from the first step on that waits for something."""
        steps = self._answer(request)
        step: Callable[[Any], Any] = steps.send
        argument: Any = None
        while True:
            try:
                waiting = step(argument)
            except StopIteration:
                return
            if self._listener is None:
                self._begin_to_listen(request)
            try:
                argument = yield waiting
                step = steps.send
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as thrown:  # noqa: BLE001 - passed on, whatever it is
                step, argument = steps.throw, thrown

    def _begin_to_listen(self, request: Request) -> None:
        self._task = asyncio.current_task()
        self._listener = asyncio.get_running_loop().create_task(self._listen(request))

    async def _listen(self, request: Request) -> None:
        """Take in the body, as fast as the handler reads it, and then the news that the client has left."""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                # Servers say the same at the end of the answer.
                if not self._ending:
                    self._client_left(request)
                return
            if self._body is None:
                continue
            chunk = message.get("body", b"")
            waiting = self._body.feed(chunk) if chunk else None
            if waiting is not None:
                await waiting
            if not message.get("more_body", False):
                self._body.end()

    def _client_left(self, request: Request) -> None:
        """The signal fires, then the handler is cancelled."""
        self._left = True
        if self._body is not None:
            self._body.break_off()
        request.abort("The client disconnected")
        assert self._task is not None
        self._task.cancel()

    async def _answer(self, request: Request) -> None:
        response = await self._app.fetch(request)
        if self._root:
            response = self._below_root(response, request)
        self._status = response.status
        content = response.content
        if content is not None or request.method == "HEAD" or response.body is None:
            await self._send_whole(response, content, request)
        else:
            await self._send_stream(response, request)

    def _below_root(self, response: Response, request: Request) -> Response:
        """A redirect to another spelling of the path, which no route has made, needs the root path before it."""
        location = response.headers.get("location")
        exchange = request.exchange
        if location is None or not location.startswith("/") or not isinstance(exchange, Exchange) or exchange.route:
            return response
        return response.with_headers(lambda headers: headers.set("location", quote(self._root) + location))

    async def _send_whole(self, response: Response, content: bytes | None, request: Request) -> None:
        length = len(content or b"") if content is not None or response.body is None else None
        sent = b"" if response.status in BODILESS or request.method == "HEAD" else content or b""
        self._head_sent = True
        try:
            await self._send_message(_start(response, length))
            self._sent = len(sent)
            self._ending = True
            await self._send_message({"type": "http.response.body", "body": sent})
        except OSError as error:
            raise _ClientLeft from error
        if length is None:
            await self._leave_unread(response)

    async def _leave_unread(self, response: Response) -> None:
        """Close the stream of an answer to HEAD."""
        assert response.body is not None
        try:
            await response.body.cancel("a HEAD request has no use for it")
        except BaseException as error:
            if self._is_from_outside(error):
                raise
            self._error = error

    async def _send_stream(self, response: Response, request: Request) -> None:
        loop = asyncio.get_running_loop()
        grace = loop.call_later(HEAD_GRACE, self._send_head_alone, response, request)
        turn_ends = loop.time() + TURN
        assert response.body is not None
        try:
            async with aclosing(response.body.__aiter__()) as chunks:
                async for chunk in chunks:
                    await self._send_head(response, request)
                    if chunk:
                        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
                        self._sent += len(chunk)
                    if loop.time() > turn_ends:
                        # Neither the source nor the server may ever make us wait: others have their turn too.
                        await asyncio.sleep(0)
                        turn_ends = loop.time() + TURN
            check_complete(response, self._sent)
        except BaseException as error:
            if self._is_from_outside(error):
                raise
            grace.cancel()
            if self._head_sent:
                self._error = error
                return
            failed = self._app.failed_to_start(error, request)
            self._status = failed.status
            await self._send_whole(failed, failed.content, request)
            return
        finally:
            grace.cancel()
        await self._send_head(response, request)
        self._ending = True
        await self._send({"type": "http.response.body", "body": b""})

    def _is_from_outside(self, error: BaseException) -> bool:
        """Whether it was raised through the handler's stream rather than by it."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            return task is not None and task.cancelling() > 0
        return isinstance(error, _ClientLeft | GeneratorExit)

    async def _send_head(self, response: Response, request: Request) -> None:
        """The head of a stream, unless it is out; then only when it is."""
        if self._head_task is not None:
            await self._head_task
            self._head_task = None
        if not self._head_sent:
            self._head_sent = True
            self._app.head_sent(request)
            await self._send(_start(response))

    def _send_head_alone(self, response: Response, request: Request) -> None:
        """From the timer: the first chunk is slow, and the client should know that an answer comes."""
        if not self._head_sent:
            self._head_sent = True
            self._app.head_sent(request)
            self._head_task = asyncio.get_running_loop().create_task(self._send_quietly(_start(response)))

    async def _send_quietly(self, message: Message) -> None:
        with suppress(_ClientLeft):
            await self._send(message)

    async def _send(self, message: Message) -> None:
        try:
            await self._send_message(message)
        except OSError as error:
            # ASGI 2.4: what a server raises for a client that has left is an OSError.
            raise _ClientLeft from error

    async def _refuse(self, response: Response) -> None:
        """Answer without a handler, and take in what the client still sends, so that it sees the answer."""
        if self._scope.get("http_version", "1.1") in _HTTP_1:
            response.headers.set("connection", "close")
        content = response.content or b""
        with suppress(_ClientLeft):
            await self._send(_start(response, len(content)))
            body = b"" if self._scope["method"] == "HEAD" else content
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_TIME):
                    while (await self._receive()).get("more_body", False):
                        pass
            await self._send({"type": "http.response.body", "body": b""})


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _start(response: Response, content_length: int | None = None) -> Message:
    headers = fields(response, content_length=content_length)
    return {"type": "http.response.start", "status": response.status, "headers": headers}


def _target(scope: Message, root: str) -> str:
    """Path and query as they came, without the root path."""
    raw = scope.get("raw_path")
    # Some servers leave it out, and some have the query in it.
    path = quote(scope["path"], safe="/:@!$&'()*+,;=~") if raw is None else raw.decode("latin-1").partition("?")[0]
    query = scope.get("query_string", b"").decode("latin-1")
    path = _without_root(path, root)
    return f"{path}?{query}" if query else path


def _without_root(path: str, root: str) -> str:
    for spelled in (root, quote(root)) if root else ():
        if path == spelled:
            return "/"
        if path.startswith(f"{spelled}/"):
            return path[len(spelled) :]
    return path


def _host(scope: Message) -> str:
    server = scope.get("server")
    if not server:
        return "localhost"
    host, port = server
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
