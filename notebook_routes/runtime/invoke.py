"""Calling a handler: `async def` on the loop, `def` on a worker thread, both in the context of their cell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, NamedTuple

from notebook_routes.errors import HTTPError
from notebook_routes.runtime.bind import Binder
from notebook_routes.runtime.drive import Deadline, InContext, in_context, rest_of
from notebook_routes.runtime.exchange import current_exchange, handlers_own
from notebook_routes.runtime.negotiate import (
    MARKUP_NOTE,
    NATIVE_JSON,
    is_stream,
    json_answer,
    looks_like_markup,
    lost_index,
    to_response,
)
from notebook_routes.runtime.parameters import runs_on_loop, wraps_async
from notebook_routes.runtime.streaming import adopt, begin, stepwise, stream_async, stream_pumped, stream_sync
from notebook_routes.runtime.workers import Begun
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from notebook_routes.routing import RoutePattern
    from notebook_routes.runtime.exchange import Exchange
    from notebook_routes.runtime.loop_watch import LoopWatch
    from notebook_routes.runtime.workers import Workers

#: Seconds a handler may take to answer where its path declares no `max_duration` (the platform's default in the field).
DEFAULT_MAX_DURATION = 300.0


class Invoker:
    """A handler, ready to be called with an exchange.

    Args:
        function: the user's function.
        method: its HTTP method.
        pattern: its path.
        context: the context to run in, copied per request; by default the current one.
        max_duration: seconds until a 504.
        binder: fills the function's parameters; by default by their names.

    Raises:
        CellError: a parameter can never be filled.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        method: str,
        pattern: RoutePattern,
        context: Context | None = None,
        max_duration: float | None = None,
        binder: Binder | None = None,
    ) -> None:
        self.function = function
        self.label = f"{method} {pattern}"
        self.max_duration = DEFAULT_MAX_DURATION if max_duration is None else float(max_duration)
        self._binder = Binder(function, method=method, pattern=pattern) if binder is None else binder
        #: What the function reads of a request, as far as its parameters tell.
        self.inputs = tuple(self._binder.inputs)
        self._context = copy_context() if context is None else context.copy()
        self._context.run(handlers_own.set, True)
        self._on_loop = runs_on_loop(function)
        #: A coroutine that any other function returns lacks its `await`.
        self._is_awaited = self._on_loop or wraps_async(function)

    @property
    def runs_on_loop(self) -> bool:
        """Whether it can be cancelled while it waits, because it is no plain `def` on a thread of its own."""
        return self._on_loop

    async def __call__(self, exchange: Exchange, workers: Workers | None, watch: LoopWatch | None) -> Response:
        """Answer one request.

        Raises:
            HTTPError: 504 where the handler exceeds its `max_duration`, 4xx where arguments are refused.
            AnswerError: the handler's value is no answer.
            Exception: whatever the handler raises.
        """
        answer = self.begin(exchange, workers, watch)
        return answer if isinstance(answer, Response) else await answer

    def begin(
        self,
        exchange: Exchange,
        workers: Workers | None,
        watch: LoopWatch | None,
        arguments: Mapping[str, Any] | None = None,
    ) -> Response | Coroutine[Any, Any, Response]:
        """Answer one request as far as it goes at once: the answer, or what gives it when it is awaited.

        A handler that waits for nothing costs no coroutine but its own.

        Args:
            exchange: the request.
            workers: threads for `def`; None runs it on the loop.
            watch: sees those who hold the loop.
            arguments: of the function, where they are known; by default its binder's.

        Raises:
            Exception: as a call does; what is awaited may raise it too.
        """
        if arguments is None:
            binder = self._binder
            if binder.takes_params:
                arguments = exchange.params
            elif binder.needs_body:
                return self._begin_with_body(exchange, workers, watch)
            else:
                arguments = binder.arguments(exchange)
        exchange.context = context = self._context.copy()
        if workers is not None and not self._on_loop:
            context.run(current_exchange.set, exchange)
            call = _Call(exchange, context, workers, watch, Deadline(self.max_duration))
            return self._in_time(self._run_in_thread(arguments, call, workers), call)
        # `in_context` and `LoopWatch.enter` written out: for each request, every call less is seen in the rate.
        if watch is not None:
            watch.current = exchange
            if watch.asleep:
                watch.wake()
        try:
            value = context.run(self._call, arguments, exchange)
        finally:
            if watch is not None:
                watch.current = None
        if value.__class__ in NATIVE_JSON:
            return json_answer(value)
        call = _Call(exchange, context, workers, watch, Deadline(self.max_duration))
        if value.__class__ is not _Waiting and not is_stream(value):
            # What never waits is never timed.
            return self._adopted(_answer(value, exchange), call)
        return self._in_time(self._go_on(value, call), call)

    async def _begin_with_body(self, exchange: Exchange, workers: Workers | None, watch: LoopWatch | None) -> Response:
        body = await self._binder.read_body(exchange.seen)
        answer = self.begin(exchange, workers, watch, self._binder.arguments(exchange, body))
        return answer if isinstance(answer, Response) else await answer

    def _call(self, arguments: Mapping[str, Any], exchange: Exchange) -> Any:
        """Call the function, in its context, as far as it goes without waiting: its value, or what is left to do."""
        current_exchange.set(exchange)
        value = self.function(**arguments)
        if value.__class__ is not CoroutineType or not self._is_awaited:
            return value
        try:
            return _Waiting(value, value.send(None))
        except StopIteration as finished:
            return finished.value

    async def _in_time(self, work: Coroutine[Any, Any, Response], call: _Call) -> Response:
        """Await it, with the 504 that is due after `max_duration`."""
        try:
            return await work
        except asyncio.CancelledError:
            if not call.deadline.alone:
                raise
            raise HTTPError(504, f"{self.label} took longer than its max_duration of {self.max_duration:g} s") from None
        finally:
            call.deadline.end()

    async def _go_on(self, value: Any, call: _Call) -> Response:
        """The answer of a handler that has begun on the loop."""
        if value.__class__ is _Waiting:
            call.deadline.begin()
            take = partial(in_context, call.context, call.watch, call.exchange)
            value = await rest_of(value.coroutine, value.waiting, take)
        if is_stream(value):
            return await self._stream(value, call)
        return self._adopted(_answer(value, call.exchange), call)

    async def _run_in_thread(self, arguments: Mapping[str, Any], call: _Call, workers: Workers) -> Response:
        function, exchange, is_awaited = self.function, call.exchange, self._is_awaited

        def work() -> Any:
            value = function(**arguments)
            if is_stream(value):
                return value if isinstance(value, AsyncIterable) else begin(value)
            return value if is_awaited and value.__class__ is CoroutineType else _answer(value, exchange)

        call.deadline.begin()
        job = workers.submit(call.context, work, label=self.label)
        try:
            answer = await job.future
        except asyncio.CancelledError:
            workers.abandon(job)
            raise
        if answer.__class__ is Begun:
            return await stream_pumped(answer.value, job, workers, exchange)
        if answer.__class__ is CoroutineType:
            answer = await InContext(answer, call.context, call.watch, exchange)
            answer = answer if is_stream(answer) else _answer(answer, exchange)
        return await self._stream(answer, call) if is_stream(answer) else self._adopted(answer, call)

    def _adopted(self, response: Response, call: _Call) -> Response:
        if response.content is None:
            adopt(response, call.context, call.workers, call.watch, call.exchange, label=self.label)
        return response

    async def _stream(self, values: Any, call: _Call) -> Response:
        call.deadline.begin()
        if isinstance(values, AsyncIterable):
            return await stream_async(values, call.context, call.watch, call.exchange)
        if call.workers is None:
            return await stream_async(stepwise(values), call.context, call.watch, call.exchange)
        return await stream_sync(values, call.context, call.workers, call.exchange, label=self.label)


def _answer(value: Any, exchange: Exchange) -> Response:
    if value.__class__ is str and looks_like_markup(value):
        exchange.notes.append(MARKUP_NOTE)
    elif value.__class__ not in NATIVE_JSON and (note := lost_index(value)) is not None:
        exchange.notes.append(note)
    return to_response(value, exchange.seen)


class _Waiting(NamedTuple):
    """A coroutine whose first step has been taken, and what that step waits for."""

    coroutine: CoroutineType[Any, Any, Any]
    waiting: Any


@dataclass(slots=True)
class _Call:
    """What one call of a handler runs with."""

    exchange: Exchange
    context: Context
    workers: Workers | None
    watch: LoopWatch | None
    deadline: Deadline
