"""A stream on its way to the client that asked first, while it is kept for those who ask later.

All its steps are taken by one task, which goes on when the client leaves as long as the stream can be kept. What gets
larger than may be kept is let go; from then on the stream runs as fast as the client reads, and ends with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from notebook_routes.cache.cancelled import being_cancelled
from notebook_routes.web import ReadableStream

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds after which a stream that never waits lets others have their turn.
_TURN = 0.005


class Recording:
    """One stream.

    Args:
        limit: bytes that are kept at most.
        keeps: whether it may still be kept; asked at each chunk.

    Attributes:
        error: what broke the stream off.
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
        self.error: BaseException | None = None

    @property
    def is_kept(self) -> bool:
        """Whether it can still be kept, as far as it has come."""
        return self._kept is not None and self._keeps()

    async def run(self, chunks: Any) -> bytes | None:
        """Take the stream to its end; all of it, or None where it cannot be kept or has failed."""
        loop = asyncio.get_running_loop()
        turn_ends = loop.time() + _TURN
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
                    if loop.time() > turn_ends:
                        await asyncio.sleep(0)
                        turn_ends = loop.time() + _TURN
        except BaseException as error:
            self.error = error
            if isinstance(error, GeneratorExit) or being_cancelled():
                raise
            return None
        finally:
            self._ended = True
            self._changed.set()
        return b"".join(self._kept) if self._kept is not None and self._keeps() else None

    def stream(self, on_left: Callable[[], object]) -> ReadableStream:
        """What the client is sent.

        Args:
            on_left: called, perhaps more than once, when the client leaves before the end.
        """
        return ReadableStream(_Reading(self, on_left))

    def leave(self) -> None:
        """Nobody reads it any longer."""
        self._left = True
        self._ahead.clear()
        self._changed.set()

    async def next(self) -> bytes | None:
        """The next chunk; None at the end.

        Raises:
            BaseException: what broke the stream off.
        """
        while not self._ahead:
            if self.error is not None:
                raise self.error
            if self._ended:
                return None
            self._changed.clear()
            await self._changed.wait()
        chunk = self._ahead.popleft()
        self._changed.set()
        return chunk

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


class _Reading:
    """The client's end. Where nobody holds it any more, as when a middleware answers instead, the client has left."""

    def __init__(self, recording: Recording, on_left: Callable[[], object]) -> None:
        self._recording = recording
        self._on_left = on_left
        self._loop = asyncio.get_running_loop()
        self._ended = False

    def __aiter__(self) -> _Reading:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._recording.next()
        except asyncio.CancelledError:
            # Whoever reads is cancelled, and closes this next; or the stream was.
            raise
        except BaseException:
            self._ended = True
            raise
        if chunk is None:
            self._ended = True
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        self._leave()

    def _leave(self) -> None:
        if not self._ended:
            self._ended = True
            self._on_left()

    def __del__(self) -> None:
        if not self._ended:
            # From whatever thread; a loop that is closed has nothing left to end.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._on_left)
