"""A stream on its way to the client that asked first, while it is kept for those who ask later.

All its steps are taken by one task, which goes on when the client leaves as long as the stream can be kept. What gets
larger than may be kept is let go; from then on the stream runs as fast as the client reads, and ends with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from notebook_routes.web import ReadableStream

if TYPE_CHECKING:
    from collections.abc import Callable


class Recording:
    """One stream.

    Args:
        limit: bytes that are kept at most.
        keeps: whether it may still be kept; asked at each chunk.
    """

    def __init__(self, limit: int, keeps: Callable[[], bool]) -> None:
        self._limit = limit
        self._keeps = keeps
        self._kept: list[bytes] | None = []
        self._size = 0
        self._ahead: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._ended = False
        self._left = False
        self._error: BaseException | None = None

    async def run(self, chunks: Any) -> bytes | None:
        """Take the stream to its end; all of it, or None where it cannot be kept or has failed."""
        try:
            async with aclosing(aiter(chunks)) as steps:
                async for chunk in steps:
                    self._keep(chunk)
                    if not self._left:
                        self._ahead.append(chunk)
                        self._changed.set()
                    if self._kept is None:
                        await self._until_read()
                        if self._left:
                            return None
        except BaseException as error:
            self._error = error
            if not isinstance(error, Exception):
                raise
            return None
        finally:
            self._ended = True
            self._changed.set()
        return b"".join(self._kept) if self._kept is not None and self._keeps() else None

    def stream(self) -> ReadableStream:
        """What the client is sent; when it is cancelled, the client has left."""
        return ReadableStream(pull=self._pull, cancel=self._cancel)

    def leave(self) -> None:
        """Nobody reads it any longer."""
        self._left = True
        self._ahead.clear()
        self._changed.set()

    async def _pull(self, controller: Any) -> None:
        while not self._ahead:
            if self._error is not None:
                raise self._error
            if self._ended:
                controller.close()
                return
            self._changed.clear()
            await self._changed.wait()
        controller.enqueue(self._ahead.popleft())
        self._changed.set()

    async def _cancel(self, _reason: object) -> None:
        self.leave()

    def _keep(self, chunk: bytes) -> None:
        if self._kept is None:
            return
        self._size += len(chunk)
        if self._size > self._limit or not self._keeps():
            self._kept = None
        else:
            self._kept.append(chunk)

    async def _until_read(self) -> None:
        while self._ahead and not self._left:
            self._changed.clear()
            await self._changed.wait()
