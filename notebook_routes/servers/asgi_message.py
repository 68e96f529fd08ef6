"""One request and its response, as the messages of ASGI 3, where there is something to wait for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from notebook_routes.errors import ServerError
from notebook_routes.runtime import Exchange
from notebook_routes.servers.asgi_request import HTTP_1
from notebook_routes.servers.refusal import DRAIN_TIME
from notebook_routes.servers.streaming import HEAD_GRACE, TURN, check_complete
from notebook_routes.servers.wire import BODILESS, fields
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from notebook_routes.app import App
    from notebook_routes.servers.incoming import IncomingBody
    from notebook_routes.web import Request

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_log = logging.getLogger("notebook_routes.servers")


class _ClientLeft(Exception):
    """The server says that nobody takes what is sent."""


class RequestMessages:
    """A request whose handler waits for something, or whose answer is a stream.

    Args:
        app: answers.
        request: what is asked.
        body: its body, where one may come.
        root: the path below which the app is mounted.
        receive: of ASGI.
        send: of ASGI.
        finish_later: runs what `after()` was given where the server waits no longer.
    """

    def __init__(
        self,
        app: App,
        request: Request,
        body: IncomingBody | None,
        *,
        root: str,
        receive: Receive,
        send: Send,
        finish_later: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._app = app
        self._request = request
        self._body = body
        self._root = root
        self._receive = receive
        self._send_message = send
        self._finish_later = finish_later
        self._head_sent = False
        self._head_task: asyncio.Task[None] | None = None
        self._ending = False
        self._left = False
        self._status = 0
        self._sent = 0
        self._error: BaseException | None = None

    async def run(self, answer: Response | Awaitable[Response]) -> None:
        """Wait for the answer, send it, and do what is to be done after it; listen to the client meanwhile.

        Raises:
            ServerError: a stream broke off after its first chunk; the server cuts the connection upon it.
        """
        request, ended = self._request, False
        self._task = asyncio.current_task()
        self._listener = asyncio.get_running_loop().create_task(self._listen())
        try:
            await self._send_answer(answer)
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
            self._listener.cancel()
            if self._body is not None:
                self._body.discard()
            if self._left and self._task is not None:
                self._task.uncancel()
            work = self._app.sent(request, status=self._status, size=self._sent, error=self._error)
            if work is not None and not ended:
                self._finish_later(work)
        if work is not None:
            await work
        if self._error is not None and not self._ending:
            # It is in the log; the server only has to cut the connection, so that the client knows it is not all.
            raise ServerError(f"{request.method} {request.path} broke off after its first chunk") from None

    async def _listen(self) -> None:
        """Listen to the client, until it has left."""
        try:
            await self._take_in()
        except Exception:  # noqa: BLE001 - whatever a server raises
            # Nothing more will come, and the handler must not wait for it.
            _log.exception("%s %s: the server's receive() failed", self._request.method, self._request.path)
        # Servers say the same at the end of the answer.
        if not self._ending:
            self._client_left()

    async def _take_in(self) -> None:
        """Take in the body, as fast as the handler reads it, and then the news that the client has left."""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return
            if self._body is None:
                continue
            chunk = message.get("body", b"")
            waiting = self._body.feed(chunk) if chunk else None
            if waiting is not None:
                await waiting
            if not message.get("more_body", False):
                self._body.end()

    def _client_left(self) -> None:
        """The signal fires, then the handler is cancelled."""
        self._left = True
        if self._body is not None:
            self._body.break_off()
        self._request.abort("The client disconnected")
        assert self._task is not None
        self._task.cancel()

    async def _send_answer(self, answer: Response | Awaitable[Response]) -> None:
        response = answer if isinstance(answer, Response) else await answer
        if self._root:
            response = self._below_root(response)
        self._status = response.status
        if response.content is not None or self._request.method == "HEAD" or response.body is None:
            await self._send_whole(response)
        else:
            await self._send_stream(response)

    def _below_root(self, response: Response) -> Response:
        """A redirect to another spelling of the path, which no route has made, needs the root path before it."""
        location = response.headers.get("location")
        exchange = self._request.exchange
        if location is None or not location.startswith("/") or not isinstance(exchange, Exchange) or exchange.route:
            return response
        return response.with_headers(lambda headers: headers.set("location", quote(self._root) + location))

    async def _send_whole(self, response: Response) -> None:
        content = response.content
        start, end = whole(response, content, self._request.method)
        self._head_sent = True
        await self._send(start)
        self._sent = len(end["body"])
        self._ending = True
        await self._send(end)
        if content is None:
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

    async def _send_stream(self, response: Response) -> None:
        loop = asyncio.get_running_loop()
        grace = loop.call_later(HEAD_GRACE, self._send_head_alone, response)
        turn_ends = loop.time() + TURN
        assert response.body is not None
        try:
            async with aclosing(response.body.__aiter__()) as chunks:
                async for chunk in chunks:
                    await self._send_head(response)
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
            failed = self._app.failed_to_start(error, self._request)
            self._status = failed.status
            await self._send_whole(failed)
            return
        finally:
            grace.cancel()
        await self._send_head(response)
        self._ending = True
        await self._send({"type": "http.response.body", "body": b""})

    def _is_from_outside(self, error: BaseException) -> bool:
        """Whether it was raised through the handler's stream rather than by it."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            return task is not None and task.cancelling() > 0
        return isinstance(error, _ClientLeft | GeneratorExit)

    async def _send_head(self, response: Response) -> None:
        """The head of a stream, unless it is out; then only when it is."""
        if self._head_task is not None:
            await self._head_task
            self._head_task = None
        if not self._head_sent:
            self._head_sent = True
            self._app.head_sent(self._request)
            await self._send(_start(response))

    def _send_head_alone(self, response: Response) -> None:
        """From the timer: the first chunk is slow, and the client should know that an answer comes."""
        if not self._head_sent:
            self._head_sent = True
            self._app.head_sent(self._request)
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


async def refuse(response: Response, *, scope: Message, receive: Receive, send: Send) -> None:
    """Answer without a handler, and take in what the client still sends, so that it sees the answer."""
    if scope.get("http_version", "1.1") in HTTP_1:
        response.headers.set("connection", "close")
    content = response.content or b""
    with suppress(OSError):
        await send(_start(response, len(content)))
        body = b"" if scope["method"] == "HEAD" else content
        await send({"type": "http.response.body", "body": body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIME):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body", "body": b""})


def whole(response: Response, content: bytes | None, method: str) -> tuple[Message, Message]:
    """Head and body of a response that is no stream, or answers HEAD; `content` is the response's."""
    status = response.status
    headers = fields(response, content_length=None if content is None else len(content))
    if content is None or method == "HEAD" or status in BODILESS:
        content = b""
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": content},
    )


def _start(response: Response, content_length: int | None = None) -> Message:
    headers = fields(response, content_length=content_length)
    return {"type": "http.response.start", "status": response.status, "headers": headers}
