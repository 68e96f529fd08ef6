"""The body of a request on its way from the socket to the handler: a bounded queue with back-pressure."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from notebook_routes.errors import Aborted, BodyTooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

#: Bytes that may wait for the handler before the socket is not read any more.
_HIGH_WATER = 256 * 1024


class IncomingBody:
    """An async iterable of the body's chunks, fed by the connection.

    Reading raises BodyTooLarge past `limit` bytes, and Aborted when the client leaves before the end.
    """

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._seen = 0
        self._discarding = False
        self._error: Exception | None = None
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._over = asyncio.Event()
        self.ended = False

    def feed(self, chunk: bytes) -> Awaitable[None] | None:
        """A chunk has come; wait for what is returned before giving another."""
        self._seen += len(chunk)
        if self._seen > self._limit and self._error is None:
            self._error = BodyTooLarge(self._limit)
            self._readable.set()
        if self._discarding or self._error is not None:
            return None
        self._chunks.append(chunk)
        self._waiting += len(chunk)
        self._readable.set()
        if self._waiting < _HIGH_WATER:
            return None
        self._writable.clear()
        return self._until_writable()

    async def _until_writable(self) -> None:
        await self._writable.wait()

    def end(self) -> None:
        """The body has come whole."""
        self.ended = True
        self._readable.set()
        self._over.set()

    def break_off(self) -> None:
        """The client has left before the end."""
        if not self.ended:
            self._error = self._error or Aborted("The client disconnected before the body was complete")
            self.end()
            self._writable.set()

    def discard(self) -> None:
        """The answer is out: let the rest come and drop it. Who reads on all the same, as in `after()`, is told.

        One that has come whole stays as it is.
        """
        if self.ended:
            return
        self._discarding = True
        self._chunks.clear()
        self._error = self._error or Aborted("The answer was sent, and the rest of the body was dropped")
        self._readable.set()
        self._writable.set()

    async def wait_ended(self) -> None:
        """Until the last chunk has come, or the client has left."""
        await self._over.wait()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._waiting -= len(chunk)
                if self._waiting < _HIGH_WATER:
                    self._writable.set()
                yield chunk
            if self._error is not None:
                raise self._error
            if self.ended:
                return
            self._readable.clear()
            await self._readable.wait()
