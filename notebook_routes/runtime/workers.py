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
from contextlib import suppress
from functools import partial
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
        queue: where it waited for a thread.
        started: whether a thread has taken it.
        finished: whether that thread is free again.
        abandoned: whether nobody wants its result.
        begun: what it has returned if it goes on after that.
    """

    __slots__ = (
        "_call", "_context", "_loop", "abandoned", "begun", "finished", "future", "label", "queue", "started",
    )  # fmt: skip

    def __init__(self, context: Context, call: Callable[[], Any], queue: SimpleQueue[Job | None], label: str) -> None:
        self._context = context
        self._call = call
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self._loop.create_future()
        self.label = label
        self.queue = queue
        self.started = False
        self.finished = False
        self.abandoned = False
        self.begun: Begun | None = None

    def run(self) -> None:
        """Call, and hand the outcome to the loop."""
        try:
            result = self._context.run(self._call)
        except BaseException as error:  # noqa: BLE001 - whatever the handler raises belongs to the one who awaits
            self._tell(None, error)
            return
        if result.__class__ is not Begun:
            self._tell(result, None)
            return
        self.begun = result
        if self.abandoned:
            result.give_up()
        self._tell(result, None)
        self._context.run(result.go_on)

    def _tell(self, result: Any, error: BaseException | None) -> None:
        # The server may have been stopped while the function ran: then nobody waits for it any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle, result, error)

    def _settle(self, result: Any, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        elif isinstance(error, (StopIteration, GeneratorExit)):
            # The one would end the coroutine that awaits, and a future refuses it; the other would close it.
            refused = RuntimeError(f"the handler raised {type(error).__name__}")
            refused.__cause__ = error
            self.future.set_exception(refused)
        else:
            self.future.set_exception(error)


class Begun:
    """What a job returns whose answer is there before its end.

    Attributes:
        value: the answer.
        go_on: called on the job's thread after that; does not raise.
        give_up: called where the job is abandoned, from any thread, so that `go_on` ends.
    """

    __slots__ = ("give_up", "go_on", "value")

    def __init__(self, value: Any, *, go_on: Callable[[], None], give_up: Callable[[], None]) -> None:
        self.value = value
        self.go_on = go_on
        self.give_up = give_up


class Workers:
    """A pool that grows to `limit` threads as jobs need them."""

    def __init__(self, limit: int = 40) -> None:
        self.limit = limit
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._unclaimed = 0  # idle threads minus queued jobs: below zero, a job waits for a thread
        self._abandoned: dict[int, str] = {}
        self._busy: set[int] = set()
        self._outer: dict[int, Workers] = {}

    @property
    def abandoned(self) -> list[str]:
        """The labels of jobs that were given up and still run."""
        with self._lock:
            return list(self._abandoned.values())

    def submit(self, context: Context, function: Callable[..., Any], /, *args: Any, label: str = "") -> Job:
        """Run `function(*args)` in `context` on a worker; await `job.future` for the outcome."""
        with self._lock:
            job = Job(context, partial(function, *args) if args else function, self._jobs, label)
            self._unclaimed -= 1
            self._grow()
            self._jobs.put(job)
        return job

    def outer(self, number: int) -> Workers:
        """A pool for jobs that wait for jobs of this one: were they of one pool, all its threads could be waiting.

        It ends together with this one.

        Args:
            number: which of them; it may wait for those of higher numbers.
        """
        with self._lock:
            pool = self._outer.get(number)
            if pool is None:
                pool = self._outer[number] = Workers(self.limit)
            return pool

    def abandon(self, job: Job) -> None:
        """Give a job up: its thread is replaced, and ends when the function returns. One that has ended stays."""
        has_told = job.begun is None and job.future.done() and not job.future.cancelled()
        with self._lock:
            if job.abandoned or job.finished or has_told:
                return
            job.abandoned = True
            if job.started and job.queue is self._jobs:
                # Its thread counts no more; the next job that finds none free gets a new one.
                self._abandoned[id(job)] = job.label
                self._threads -= 1
                self._grow()
        if job.begun is not None:
            job.begun.give_up()
        job.future.cancel()

    def stop(self) -> None:
        """End the threads. One that is busy is interrupted; it ends when its Python code runs next.

        A job that is submitted later starts a new thread.
        """
        with self._lock:
            threads, self._threads, self._unclaimed = self._threads, 0, 0
            # The threads there are end with the queue they know.
            jobs, self._jobs = self._jobs, SimpleQueue()
            busy = list(self._busy)
            outer = list(self._outer.values())
        for thread_id in busy:
            _interrupt(thread_id)
        for _ in range(threads):
            jobs.put(None)
        for pool in outer:
            pool.stop()

    def _grow(self) -> None:
        if self._unclaimed >= 0 or self._threads >= self.limit:
            return
        name = f"notebook_routes worker {next(_numbers)}"
        try:
            threading.Thread(target=self._run, args=(self._jobs,), name=name, daemon=True).start()
        except RuntimeError:
            # The system gives no more threads: a job waits for one of those there are.
            if not self._threads:
                self._unclaimed += 1
                raise
            return
        self._threads += 1
        self._unclaimed += 1

    def _run(self, jobs: SimpleQueue[Job | None]) -> None:
        # An interrupt may reach a thread whose function has just returned.
        with suppress(SystemExit):
            self._work(jobs)

    def _work(self, jobs: SimpleQueue[Job | None]) -> None:
        while (job := jobs.get()) is not None:
            with self._lock:
                job.started = not job.abandoned
                if job.started:
                    self._busy.add(threading.get_ident())
            if job.started:
                job.run()
            with self._lock:
                self._busy.discard(threading.get_ident())
                job.finished = True
                if job.started and job.abandoned:
                    self._abandoned.pop(id(job), None)
                    return
                if jobs is self._jobs:
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
        self._chunks: deque[Any] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._waiter: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self.ended = False
        self.closed = False

    def put(self, chunk: Any) -> bool:
        """From the thread: hand over a chunk, and wait until there is room for another. False when nobody reads."""
        size = _size(chunk)
        with self._changed:
            self._chunks.append(chunk)
            self._size += size
            waiter = self._waiter
        if waiter is not None:
            self._wake(waiter)
        with self._changed:
            while self._size + size > self._limit and self._size and not self.closed:
                self._changed.wait()
            return not self.closed

    def end(self, error: BaseException | None = None) -> None:
        """From the thread: there is no more; `error` is raised on the loop after what has been put."""
        with self._changed:
            self.ended = True
            self._error = error
            waiter = self._waiter
        if waiter is not None:
            self._wake(waiter)

    def close(self) -> None:
        """From the loop: nobody reads any more."""
        with self._changed:
            self.closed = True
            self._chunks.clear()
            self._changed.notify()

    async def get(self) -> list[Any]:
        """From the loop: all chunks there are, at least one; an empty list at the end. They count until `release`.

        Raises:
            BaseException: what the thread has ended with.
        """
        while True:
            with self._changed:
                if self._chunks:
                    chunks = list(self._chunks)
                    self._chunks.clear()
                    return chunks
                if self.ended:
                    if self._error is not None:
                        raise self._error
                    return []
                self._waiter = waiter = asyncio.get_running_loop().create_future()
            try:
                await waiter
            finally:
                self._waiter = None

    def release(self, chunk: Any) -> None:
        """From the loop: a chunk has been passed on."""
        with self._changed:
            self._size -= _size(chunk)
            self._changed.notify()

    def _wake(self, waiter: asyncio.Future[None]) -> None:
        try:
            waiter.get_loop().call_soon_threadsafe(_release, waiter)
        except RuntimeError:
            # The loop is closed: the server was stopped, and `close` has been or will be called.
            self.closed = True


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _size(chunk: Any) -> int:
    """Bytes or characters; one at least, since nothing at all takes memory too when it comes without end."""
    if isinstance(chunk, memoryview):
        return chunk.nbytes or 1
    return len(chunk) or 1 if isinstance(chunk, (bytes, str, bytearray)) else 1


def _interrupt(thread_id: int) -> None:
    """Raise SystemExit in a thread: an endless handler would slow down the end of the interpreter, and outlive us."""
    import ctypes  # noqa: PLC0415 - absent where there are no threads

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(SystemExit))
