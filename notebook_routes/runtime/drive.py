"""Running a coroutine or an async generator in a context of its own, inside the task that awaits it.

`loop.create_task(coro, context=...)` would do the same with a second task per request. Here each step of the
coroutine is entered through `Context.run`, and what it waits for is passed on to the task outside; it costs one
generator frame. `asyncio.current_task()` and `asyncio.timeout()` see the task of the request, as they should.
"""

from __future__ import annotations

import asyncio
import types
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Generator
    from contextvars import Context

    from notebook_routes.runtime.exchange import Exchange
    from notebook_routes.runtime.loop_watch import LoopWatch


class Deadline:
    """Cancels the current task `seconds` after it has first waited; what never waits is never timed.

    `asyncio.timeout` does the same for any code; this costs nothing for the handlers that answer at once.
    """

    __slots__ = ("_cancelled_before", "_handle", "_seconds", "_task", "expired")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._handle: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._cancelled_before = 0
        self.expired = False

    def begin(self) -> None:
        """The task waits: from now on the time counts."""
        if self._handle is None:
            self._task = task = asyncio.current_task()
            self._cancelled_before = 0 if task is None else task.cancelling()
            self._handle = asyncio.get_running_loop().call_later(self._seconds, self._expire)

    @property
    def alone(self) -> bool:
        """Whether it has expired, and nobody else has cancelled the task meanwhile."""
        return self.expired and self._task is not None and self._task.cancelling() == self._cancelled_before + 1

    def end(self) -> None:
        """The work is done, in time or not."""
        if self._handle is not None:
            self._handle.cancel()
        if self.expired and self._task is not None:
            self._task.uncancel()

    def _expire(self) -> None:
        self.expired = True
        if self._task is not None:
            self._task.cancel()


class InContext:
    """Awaitable: the coroutine's result, its steps taken in `context`.

    Args:
        coroutine: has not begun.
        context: where it runs.
        watch: sees who holds the loop.
        exchange: whom the watch names.
    """

    __slots__ = ("_context", "_coroutine", "_exchange", "_watch")

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        context: Context,
        watch: LoopWatch | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        self._coroutine = coroutine
        self._context = context
        self._watch = watch
        self._exchange = exchange

    def __await__(self) -> Generator[Any, Any, Any]:
        coroutine = self._coroutine
        take = partial(in_context, self._context, self._watch, self._exchange)
        try:
            try:
                waiting = take(coroutine.send, None)
            except StopIteration as finished:
                return finished.value
            return (yield from rest_of(coroutine, waiting, take))
        finally:
            coroutine.close()


def in_context(
    context: Context, watch: LoopWatch | None, exchange: Exchange | None, step: Callable[..., Any], *arguments: Any
) -> Any:
    """What `step` gives, called in a context and watched."""
    if watch is None or exchange is None:
        return context.run(step, *arguments)
    watch.enter(exchange)
    try:
        return context.run(step, *arguments)
    finally:
        watch.leave()


def _plainly(step: Callable[..., Any], *arguments: Any) -> Any:
    return step(*arguments)


@types.coroutine
def rest_of(
    coroutine: Coroutine[Any, Any, Any], waiting: Any, take: Callable[..., Any] = _plainly
) -> Generator[Any, Any, Any]:
    """Awaitable: the result of a coroutine whose first step has been taken.

    Args:
        coroutine: has begun.
        waiting: what it waits for.
        take: calls the coroutine's methods, each with its argument: `in_context` with its first three, by default
            nothing but a call.
    """
    try:
        while True:
            try:
                argument = yield waiting
                step: Callable[[Any], Any] = coroutine.send
            except GeneratorExit:
                take(coroutine.close)
                raise
            except BaseException as thrown:  # noqa: BLE001 - passed on to the coroutine, whatever it is
                step, argument = coroutine.throw, thrown
            try:
                waiting = take(step, argument)
            except StopIteration as finished:
                return finished.value
    finally:
        coroutine.close()


async def iterate_in_context(
    generator: AsyncIterator[Any],
    context: Context,
    watch: LoopWatch | None = None,
    exchange: Exchange | None = None,
) -> AsyncIterator[Any]:
    """The values of an async generator whose every step, closing included, runs in `context`."""
    try:
        while True:
            try:
                value = await InContext(_steps(generator.__anext__()), context, watch, exchange)
            except StopAsyncIteration:
                return
            yield value
    finally:
        aclose = getattr(generator, "aclose", None)
        if aclose is not None:
            await InContext(_steps(aclose()), context, watch, exchange)


def _steps(awaitable: Any) -> Any:
    """An object with send, throw and close: generators' awaitables have them, others give an iterator that does."""
    return awaitable if hasattr(awaitable, "send") else awaitable.__await__()
