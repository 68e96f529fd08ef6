"""`ReadableStream`: a body in pieces, read only as fast as somebody asks.

Nothing runs ahead of the reader: each step of `async for` takes one step of the source. Leaving early closes
the source, so that the `finally` blocks of a generator run. A stream is read once, by one reader; `tee()`
makes two.
"""

# ruff: noqa: SLF001 - stream, reader, controller and source are one mechanism in five classes

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from inspect import isawaitable
from typing import Any, TypeAlias

from notebook_routes.errors import BodyUsed
from notebook_routes.web.scalar_text import utf8

Chunk: TypeAlias = str | bytes | bytearray | memoryview
StreamSource: TypeAlias = Chunk | AsyncIterable[Any] | Iterable[Any]
#: Runs the steps of a sync iterator somewhere else, such as on one worker thread.
StepRunner: TypeAlias = Callable[[AsyncIterable[Any] | Iterable[Any]], AsyncIterator[Any]]


class ReadableStream:
    """A body in pieces.

    Args:
        source: what gives the pieces: an async or sync iterable of str (sent as UTF-8) and bytes, or one such
            piece.
        start: called once, before the first `pull`, with a controller that has `enqueue(chunk)`, `close()`
            and `error(exception)`; may be a coroutine function, which then runs beside the reader.
        pull: called with the controller whenever a piece is wanted and none is waiting; may be a coroutine
            function.
        cancel: called with the reason when the reader leaves early; may be a coroutine function.

    Raises:
        TypeError: the source is no iterable, or stands beside `start` or `pull`.

    Example:
        >>> async def ticks():
        ...     yield "one "
        ...     yield "two"
        >>> Response(ReadableStream(ticks()))
    """

    __slots__ = ("_below", "_cancel", "_disturbed", "_ended", "_locked", "_source", "_steps")

    def __init__(
        self,
        source: StreamSource | None = None,
        *,
        pull: Callable[[StreamController], object] | None = None,
        start: Callable[[StreamController], object] | None = None,
        cancel: Callable[[object], object] | None = None,
    ) -> None:
        self._source: AsyncIterable[Any] | Iterable[Any] = ()
        self._steps: AsyncIterator[Any] | None = None
        self._cancel = cancel
        self._below: ReadableStream | None = None
        self._locked = False
        self._disturbed = False
        self._ended = False
        if pull is not None or start is not None:
            if source is not None:
                raise TypeError("ReadableStream takes either a source or start= and pull=, not both")
            self._source = _Controlled(StreamController(), start, pull)
        elif isinstance(source, (str, bytes, bytearray, memoryview)):
            self._source = (source,)
        elif isinstance(source, (AsyncIterable, Iterable)) and not isinstance(source, Mapping):
            self._source = source
        elif source is not None:
            raise TypeError(
                "ReadableStream takes an async or sync iterable of str or bytes, "
                f"not {type(source).__name__}; for a function write pull=..."
            )

    @classmethod
    def over(cls, below: ReadableStream, source: AsyncIterable[Any]) -> ReadableStream:
        """A stream whose source reads another one; `step_with` reaches through to the one below."""
        stream = cls(source)
        stream._below = below
        return stream

    @property
    def locked(self) -> bool:
        """Whether a reader, a loop or `tee()` holds the stream."""
        return self._locked

    @property
    def disturbed(self) -> bool:
        """Whether anything was read, or the stream was cancelled."""
        return self._disturbed

    def get_reader(self) -> StreamReader:
        """Locks the stream to one reader.

        Raises:
            BodyUsed: another reader has it.
        """
        return StreamReader(self)

    async def cancel(self, reason: object = None) -> None:
        """Ends the stream early and closes its source; nothing happens to one that has ended.

        Raises:
            BodyUsed: a reader has it; cancel through the reader.
        """
        self._lock()
        try:
            await self._close(reason)
        finally:
            self._locked = False

    def tee(self) -> tuple[ReadableStream, ReadableStream]:
        """Makes two streams that each give every piece; what one has not read yet waits in memory.

        The source is closed when both have ended early. This stream stays locked.

        Raises:
            BodyUsed: it is locked or was read already.
        """
        if self._disturbed:
            raise BodyUsed("this stream was read already, so it cannot be split in two; tee() before the first read")
        self._lock()
        shared = _Tee(self)
        left = ReadableStream.over(self, _Branch(shared, 0))
        return left, ReadableStream.over(self, _Branch(shared, 1))

    async def collect(self) -> bytes:
        """Reads everything there is into one bytes object.

        Raises:
            BodyUsed: the stream is locked or was read already.
        """
        if self._disturbed:
            raise BodyUsed("this stream was read already; a stream is read once")
        return b"".join([chunk async for chunk in self])

    def exhaust(self) -> None:
        """Marks the stream as read to its end; for a body whose bytes went out another way."""
        self._disturbed = self._ended = True

    def step_with(self, run: StepRunner) -> bool:
        """Lets `run` take the steps of the source, for instance on a worker thread; for the runtime.

        Returns:
            Whether there is a source, not begun, that `run` now drives.
        """
        if self._below is not None:
            return self._below.step_with(run)
        source = self._source
        if self._steps is not None or not isinstance(source, (Iterator, AsyncIterator)):
            return False
        self._source = run(source)
        return True

    def __aiter__(self) -> AsyncGenerator[bytes, None]:  # noqa: PYI058 - aclosing() needs its aclose
        return self._iterate()

    def __repr__(self) -> str:
        state = "ended" if self._ended else "locked" if self._locked else "read" if self._disturbed else "ready"
        return f"<ReadableStream {state}>"

    async def _iterate(self) -> AsyncGenerator[bytes, None]:
        self._lock()
        try:
            while (chunk := await self._next()) is not None:
                yield chunk
        finally:
            await self._close(None)
            self._locked = False

    def _lock(self) -> None:
        if self._locked:
            raise BodyUsed("this stream has a reader already; tee() it before, or release_lock() the other reader")
        self._locked = True

    async def _next(self) -> bytes | None:
        """The next piece that is not empty; None at the end."""
        if self._ended:
            return None
        self._disturbed = True
        steps = self._steps
        if steps is None:
            source = self._source
            steps = aiter(source) if isinstance(source, AsyncIterable) else _from_sync(iter(source))
            self._steps = steps
        while True:
            try:
                chunk = await anext(steps)
            except StopAsyncIteration:
                self._ended = True
                return None
            if chunk.__class__ is not bytes:
                chunk = _encoded(chunk)
            if chunk:
                return chunk

    async def _close(self, reason: object) -> None:
        self._disturbed = True
        if self._ended:
            return
        self._ended = True
        opened = self._steps if self._steps is not None else self._source
        if hasattr(opened, "aclose"):
            await opened.aclose()
        elif hasattr(opened, "close"):
            opened.close()
        if self._cancel is not None:
            answer = self._cancel(reason)
            if isawaitable(answer):
                await answer


class StreamReader:
    """Reads a stream step by step; the stream is locked to it until `release_lock`."""

    __slots__ = ("_stream",)

    def __init__(self, stream: ReadableStream) -> None:
        stream._lock()
        self._stream: ReadableStream | None = stream

    async def read(self) -> tuple[bytes | None, bool]:
        """Returns (chunk, False), or (None, True) at the end.

        Raises:
            BodyUsed: the lock was released.
        """
        chunk = await self._held()._next()
        return chunk, chunk is None

    async def cancel(self, reason: object = None) -> None:
        """Ends the stream early and closes its source.

        Raises:
            BodyUsed: the lock was released.
        """
        await self._held()._close(reason)

    def release_lock(self) -> None:
        """Gives the stream back; the reader cannot be used afterwards."""
        if self._stream is not None:
            self._stream._locked = False
            self._stream = None

    def _held(self) -> ReadableStream:
        if self._stream is None:
            raise BodyUsed("this reader has released its stream; get_reader() gives a new one")
        return self._stream


class StreamController:
    """What `start` and `pull` are given to fill a stream; may be called from any thread."""

    __slots__ = ("_closed", "_error", "_queue", "_waiter")

    def __init__(self) -> None:
        self._queue: deque[Chunk] = deque()
        self._closed = False
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def enqueue(self, chunk: Chunk) -> None:
        """Adds a piece.

        Raises:
            TypeError: the stream is closed, or the piece is neither str nor bytes.
        """
        if self._closed:
            raise TypeError("the stream is closed, so enqueue() comes too late")
        self._queue.append(_encoded(chunk))
        self._wake()

    def close(self) -> None:
        """Ends the stream after the pieces that are waiting."""
        self._closed = True
        self._wake()

    def error(self, exception: BaseException) -> None:
        """Makes the reader's next step raise; pieces that are waiting are dropped."""
        self._error = exception
        self._closed = True
        self._queue.clear()
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            waiter.get_loop().call_soon_threadsafe(_settle, waiter)


class _Controlled:
    """The source of a stream that is filled through a controller."""

    def __init__(
        self,
        controller: StreamController,
        start: Callable[[StreamController], object] | None,
        pull: Callable[[StreamController], object] | None,
    ) -> None:
        self._controller = controller
        self._start = start
        self._pull = pull
        self._starting: asyncio.Task[None] | None = None

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        controller = self._controller
        self._begin()
        pulled = False
        while True:
            # The waiter is set before the look at the queue, so that no enqueue() from a thread is missed.
            waiter = asyncio.get_running_loop().create_future()
            controller._waiter = waiter
            if controller._queue:
                return controller._queue.popleft()
            if controller._error is not None:
                raise controller._error
            if controller._closed:
                raise StopAsyncIteration
            if self._pull is not None and not pulled and self._started():
                pulled = True
                answer = self._pull(controller)
                if isawaitable(answer):
                    await answer
                continue
            await waiter

    async def aclose(self) -> None:
        self._controller._queue.clear()
        self._controller.close()
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
            await asyncio.wait([self._starting])

    def _begin(self) -> None:
        start, self._start = self._start, None
        if start is None:
            return
        answer = start(self._controller)
        if isawaitable(answer):
            self._starting = asyncio.ensure_future(self._finish_start(answer))

    async def _finish_start(self, answer: Awaitable[object]) -> None:
        try:
            await answer
        except Exception as problem:  # noqa: BLE001 - handed to the reader, whoever raised it
            self._controller.error(problem)
        self._controller._wake()

    def _started(self) -> bool:
        return self._starting is None or self._starting.done()


class _Tee:
    """What the two branches of a tee share: the stream, and what each has still to read."""

    def __init__(self, stream: ReadableStream) -> None:
        self.stream = stream
        self.waiting: tuple[deque[bytes], deque[bytes]] = (deque(), deque())
        self.left = [False, False]
        self.lock = asyncio.Lock()


class _Branch:
    """The source of one branch of a tee."""

    def __init__(self, tee: _Tee, side: int) -> None:
        self._tee = tee
        self._side = side

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        tee = self._tee
        mine = tee.waiting[self._side]
        if not mine:
            async with tee.lock:
                if not mine:
                    await self._read()
        if not mine:
            raise StopAsyncIteration
        return mine.popleft()

    async def aclose(self) -> None:
        self._tee.left[self._side] = True
        self._tee.waiting[self._side].clear()
        if all(self._tee.left):
            await self._tee.stream._close(None)

    async def _read(self) -> None:
        chunk = await self._tee.stream._next()
        if chunk is not None:
            for side, waiting in enumerate(self._tee.waiting):
                if not self._tee.left[side]:
                    waiting.append(chunk)


async def _from_sync(steps: Iterator[Any]) -> AsyncGenerator[Any, None]:
    try:
        for chunk in steps:
            yield chunk
    finally:
        if hasattr(steps, "close"):
            steps.close()


def _encoded(chunk: object) -> bytes:
    if isinstance(chunk, str):
        return utf8(chunk)
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise TypeError(f"a stream is made of str or bytes, not {type(chunk).__name__}; write json_bytes(...) for JSON")


def _settle(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
