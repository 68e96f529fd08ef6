"""Daemon worker threads for `def` handlers.

`concurrent.futures` will not do: its threads are joined when the interpreter exits, so one endless handler would hold
a kernel's shutdown, and a thread that has gone astray cannot be given up for a fresh one. Here a job can be
*abandoned*: its thread no longer counts, another takes its place, and it ends when its function returns.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

_numbers = itertools.count(1)


class Job:
    """One call on a worker thread.

    Attributes:
        future: its result, on the loop that submitted it; cancelled when the job is abandoned.
        label: what it is, for the list of abandoned jobs.
    """

    __slots__ = ("_call", "_loop", "abandoned", "future", "label", "started")

    def __init__(self, call: Callable[[], Any], *, label: str) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self._loop.create_future()
        self.label = label
        self.started = False
        self.abandoned = False

    def run(self) -> None:
        """Call, and hand the outcome to the loop."""
        result: Any = None
        error: BaseException | None = None
        try:
            result = self._call()
        except BaseException as caught:  # noqa: BLE001 - whatever the handler raises belongs to the one who awaits
            error = caught
        try:
            self._loop.call_soon_threadsafe(self._settle, result, error)
        except RuntimeError:
            # The server was stopped while the function ran: nobody waits for it any more.
            self._call = _nothing

    def _settle(self, result: Any, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        elif isinstance(error, StopIteration):
            # A future refuses it, since it would end the coroutine that awaits.
            self.future.set_exception(RuntimeError("the handler raised StopIteration"))
        else:
            self.future.set_exception(error)


class Workers:
    """A pool that grows to `limit` threads as jobs need them."""

    def __init__(self, limit: int = 40) -> None:
        self.limit = limit
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._unclaimed = 0  # idle threads minus queued jobs: below zero, a job waits for a thread
        self._abandoned: dict[int, str] = {}

    @property
    def abandoned(self) -> list[str]:
        """The labels of jobs that were given up and still run."""
        return list(self._abandoned.values())

    def submit(self, context: Context, function: Callable[..., Any], /, *args: Any, label: str = "") -> Job:
        """Run `function(*args)` in `context` on a worker; await `job.future` for the outcome."""
        job = Job(lambda: context.run(function, *args), label=label)
        with self._lock:
            self._unclaimed -= 1
            self._grow()
        self._jobs.put(job)
        return job

    def abandon(self, job: Job) -> None:
        """Give a job up: its thread is replaced, and ends when the function returns."""
        with self._lock:
            if job.abandoned:
                return
            job.abandoned = True
            if job.started:
                # Its thread counts no more; the next job that finds none free gets a new one.
                self._abandoned[id(job)] = job.label
                self._threads -= 1
                self._grow()
        job.future.cancel()

    def stop(self) -> None:
        """End the idle threads; busy ones end after their job."""
        with self._lock:
            threads, self._threads, self._unclaimed = self._threads, 0, 0
        for _ in range(threads):
            self._jobs.put(None)

    def _grow(self) -> None:
        if self._unclaimed < 0 and self._threads < self.limit:
            self._threads += 1
            self._unclaimed += 1
            name = f"notebook_routes worker {next(_numbers)}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._lock:
                job.started = not job.abandoned
            if job.started:
                job.run()
            with self._lock:
                if job.started and job.abandoned:
                    self._abandoned.pop(id(job), None)
                    return
                self._unclaimed += 1
            # A thread that waits must not keep the last request's objects alive.
            del job


class Pipe:
    """Chunks on their way from one worker thread to the loop, at most `limit` bytes ahead of the reader.

    The thread calls `put` and blocks while the pipe is full; the loop awaits `get`, and calls `release` for what it has
    passed on. Closing the pipe from the loop makes `put` return False, upon which the thread closes its generator
    itself: all its steps stay on it.
    """

    def __init__(self, *, limit: int = 256 * 1024) -> None:
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._closed = False

    def put(self, chunk: bytes) -> bool:
        """From the thread: hand over a chunk, and wait until there is room for another. False when nobody reads."""
        size = len(chunk)
        with self._changed:
            self._chunks.append(chunk)
            self._size += size
            waiting = self._waiter is not None
        if waiting:
            self._wake()
        with self._changed:
            while self._size + size > self._limit and self._size and not self._closed:
                self._changed.wait()
            return not self._closed

    def end(self) -> None:
        """From the thread: there is no more."""
        with self._changed:
            self._ended = True
        self._wake()

    def close(self) -> None:
        """From the loop: nobody reads any more."""
        with self._changed:
            self._closed = True
            self._chunks.clear()
            self._changed.notify()

    async def get(self) -> list[bytes]:
        """From the loop: all chunks there are, at least one; an empty list at the end. They count until `release`."""
        while True:
            with self._changed:
                if self._chunks:
                    chunks = list(self._chunks)
                    self._chunks.clear()
                    return chunks
                if self._ended:
                    return []
                self._waiter = waiter = self._loop.create_future()
            try:
                await waiter
            finally:
                self._waiter = None

    def release(self, size: int) -> None:
        """From the loop: so many bytes have been passed on."""
        with self._changed:
            self._size -= size
            self._changed.notify()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._release)
        except RuntimeError:
            # The loop is closed: the server was stopped, and `close` has been or will be called.
            self._closed = True

    def _release(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _nothing() -> None:
    return None
