"""An App for the servers that speak ASGI 3: uvicorn, hypercorn and their kin, on asyncio.

The body of a request comes through the same bounded queue as under Tornado, and the response is pulled as fast as the
server takes it. ASGI has one way to hear both the body and that the client has left, `receive`; a task beside the
handler listens to it, from the moment that the handler waits for something: one that answers at once costs no task. All
steps of a handler and of its stream are taken by the server's own task for the request.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from notebook_routes.servers.asgi_message import Message, Receive, RequestMessages, Send, refuse, whole
from notebook_routes.servers.asgi_request import Refused, request_of
from notebook_routes.servers.lifetime import HandlerThreads, origin_of
from notebook_routes.servers.refusal import MAX_BODY_SIZE
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from notebook_routes.app import App
    from notebook_routes.web import Request

__all__ = ["ASGIApp", "Message", "Receive", "Send"]

#: Seconds, when the server stops, for what `after()` was given.
_LAST_TIME = 1.0


class ASGIApp:
    """An App as an ASGI 3 application.

    Mounted below another application's path, it answers what comes after `root_path`; a handler sees URLs without it.

    Args:
        app: what answers.
        max_body_size: bytes of a request body; more is a 413.
        threads: have `def` handlers run in threads; without, all of them run on the loop.
    """

    def __init__(self, app: App, *, max_body_size: int = MAX_BODY_SIZE, threads: bool = True) -> None:
        self.app = app
        self.max_body_size = max_body_size
        self._has_threads = threads
        self._threads: HandlerThreads | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._is_ready = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end with the server.

        Raises:
            ServerError: a stream broke off after its first chunk; the server cuts the connection upon it.
            ValueError: the scope is of a kind that is not known.
        """
        if scope["type"] != "http":
            await self._hear(scope, receive, send)
            return
        if not self._is_ready:
            # A server without lifespan events, or an application that mounts this one, gives no earlier moment.
            self._get_ready(scope)
        root: str = scope.get("root_path", "")
        if root:
            root = root.rstrip("/")
        try:
            request, body = request_of(scope, root, self.max_body_size)
        except Refused as refused:
            await refuse(refused.response, scope=scope, receive=receive, send=send)
            return
        status = size = 0
        content = None
        try:
            answer = self.app.begin(request)
            if isinstance(answer, Response) and not root:
                content = answer.content
                if content is not None:
                    # Nothing was waited for: nobody had to listen to the client meanwhile.
                    status = answer.status
                    start, end = whole(answer, content, request.method)
                    await send(start)
                    size = len(end["body"])
                    await send(end)
        except OSError:
            # ASGI 2.4: what a server raises for a client that has left is an OSError.
            request.abort("The client disconnected")
        except BaseException:
            # Such as the CancelledError of a handler that has cancelled its own task.
            self._end(request, status=status, size=size)
            raise
        if content is None:
            await RequestMessages(
                self.app, request, body, root=root, receive=receive, send=send, finish_later=self._finish_later
            ).run(answer)
            return
        work = self.app.sent(request, status=status, size=size)
        if work is not None:
            if body is not None:
                body.discard()
            await work

    def _end(self, request: Request, *, status: int, size: int = 0) -> None:
        """Log a request whose task has no time left."""
        work = self.app.sent(request, status=status, size=size)
        if work is not None:
            self._finish_later(work)

    async def close(self) -> None:
        """End what runs beside the requests, as the end of a server does: for whoever calls this without one."""
        if self._work:
            await asyncio.wait(self._work, timeout=_LAST_TIME)
        threads, self._threads, self._is_ready = self._threads, None, False
        if threads is not None:
            threads.stop()
        await self.app.close()

    def _finish_later(self, work: Awaitable[None]) -> None:
        """Run what `after()` was given beside everything else."""
        task = asyncio.ensure_future(_awaited(work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _get_ready(self, scope: Message) -> None:
        self._start()
        self.app.origin = origin_of(scope.get("server"))
        self._is_ready = True

    def _start(self) -> None:
        if self._threads is None and self._has_threads:
            self._threads = HandlerThreads(self.app)
            self._threads.start()

    async def _hear(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hear of what is no request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
        else:
            raise ValueError(f"{scope['type']} is no scope that routes answer: they answer http")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._start()
        await send({"type": "lifespan.startup.complete"})
        preparing = asyncio.get_running_loop().create_task(self.app.prepare())
        await receive()
        preparing.cancel()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})


async def _awaited(work: Awaitable[None]) -> None:
    await work
