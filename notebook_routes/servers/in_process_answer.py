"""The answer of an `InProcessServer`, on its way from an ASGI application to one reader."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import TYPE_CHECKING

from notebook_routes.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.servers.asgi import ASGIApp, Message

#: Messages that wait for the reader: as many as an answer has that is no stream.
_WAITING = 2


class InProcessAnswer:
    """An answer on its way, read by one reader.

    Args:
        number: stands for the client's port, by which the log's line of a request is known.
        content: the body of the request.
    """

    def __init__(self, number: int, content: bytes) -> None:
        self.number = number
        self._content: bytes | None = content
        self._messages: deque[Message] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._left = asyncio.Event()
        self._ended_well = False
        self._task: asyncio.Task[None] | None = None

    def begin(self, app: ASGIApp, scope: Message, loop: asyncio.AbstractEventLoop) -> None:
        """Have it answered; what needs no waiting is there when this returns, where Python can begin at once."""
        work = app(scope, self._receive, self._send)
        if sys.version_info >= (3, 12) and loop.is_running():
            self._task = asyncio.Task(work, loop=loop, eager_start=True)
        else:
            self._task = loop.create_task(work)
        self._task.add_done_callback(self._ended)

    def when_done(self, call: Callable[[InProcessAnswer], object]) -> None:
        """Call a function when all of it is over, what `after()` was given included."""
        assert self._task is not None
        self._task.add_done_callback(lambda _done: call(self))

    def cancel(self) -> None:
        """Nobody reads on: the handler hears that the client has left."""
        self._left.set()
        self._room.set()
        self._news.set()

    def close(self) -> None:
        """Whoever has read it is done; where it has not come to its end, the handler hears that the client has left."""
        if not self._ended_well:
            self.cancel()

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """The status and the headers.

        Raises:
            ServerError: there is no answer.
        """
        message = await self._next()
        if message is None:
            raise ServerError("it was cancelled before there was an answer")
        return message["status"], list(message["headers"])

    async def chunk(self) -> bytes | None:
        """The next piece of the body; None at its end.

        Raises:
            ServerError: the body breaks off.
        """
        while True:
            message = await self._next()
            if message is None:
                raise ServerError("it broke off before its end")
            if message["body"]:
                return bytes(message["body"])
            if not message.get("more_body", False):
                self._ended_well = True
                return None

    async def _next(self) -> Message | None:
        while not self._messages:
            if self._task is None or self._task.done() or self._left.is_set():
                return None
            self._news.clear()
            await self._news.wait()
        message = self._messages.popleft()
        self._room.set()
        if message.get("body") and not message.get("more_body", False):
            # The end stands behind a body, and not in it.
            self._messages.appendleft({"type": message["type"], "body": b""})
        return message

    async def _receive(self) -> Message:
        content, self._content = self._content, None
        if content is not None:
            return {"type": "http.request", "body": content, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        while len(self._messages) >= _WAITING and not self._left.is_set():
            self._room.clear()
            await self._room.wait()
        if self._left.is_set():
            # The handler's signal fires first, by what `_receive` says in this turn.
            await asyncio.sleep(0)
            raise OSError("nobody reads the answer")
        self._messages.append(message)
        self._news.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            # A stream that broke off: the log has it, and whoever reads misses its end.
            task.exception()
        self._news.set()
