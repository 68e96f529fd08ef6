"""What `after()` was given, once the answer is out."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, TypeAlias

from notebook_routes.cache.cancelled import being_cancelled
from notebook_routes.runtime import InContext, current_exchange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_routes.app.failures import Failures
    from notebook_routes.runtime import Exchange, Workers

    Callback: TypeAlias = Callable[[], object] | Awaitable[object]


async def run_callbacks(exchange: Exchange, workers: Workers | None, failures: Failures) -> None:
    """Run the callbacks, and those that they add, until there are none; one that fails is in the log.

    Args:
        exchange: has been answered.
        workers: threads for functions that are no coroutine functions.
        failures: writes tracebacks.
    """
    while exchange.callbacks:
        batch, exchange.callbacks = exchange.callbacks, []
        # Threads would start in any order: functions run one after another, beside all that is awaited.
        functions = [work for work in batch if _is_for_thread(work, workers)]
        rows = [functions, *([work] for work in batch if not _is_for_thread(work, workers))]
        await asyncio.gather(*(_run_in_order(row, exchange, workers, failures) for row in rows))


async def _run_in_order(row: list[Callback], exchange: Exchange, workers: Workers | None, failures: Failures) -> None:
    for work in row:
        error = await _failure_of(work, exchange, workers)
        if error is not None:
            traceback = failures.text(error)
            failures.report(exchange, "was answered, but after() failed", traceback)
            text = f"after() failed\n{traceback}"
            exchange.error = f"{exchange.error}\n{text}" if exchange.error else text


def _is_for_thread(work: Callback, workers: Workers | None) -> bool:
    return workers is not None and callable(work) and not inspect.iscoroutinefunction(work)


async def _failure_of(work: Callback, exchange: Exchange, workers: Workers | None) -> BaseException | None:
    try:
        await _run(work, exchange, workers)
    except asyncio.CancelledError as error:
        if being_cancelled():
            raise
        return error
    except GeneratorExit:
        raise
    except BaseException as error:  # noqa: BLE001 - it stops no other, and its sys.exit() not the server
        return error
    return None


async def _run(work: Callback, exchange: Exchange, workers: Workers | None) -> None:
    context = exchange.context
    if context is None:
        return
    # Copied, since a context cannot be entered twice at once.
    context = context.copy()
    context.run(current_exchange.set, exchange)
    result: object = work
    if callable(work):
        if workers is not None and _is_for_thread(work, workers):
            result = await workers.submit(context, work, label="after()").future
        else:
            result = context.run(work)
    if inspect.iscoroutine(result):
        await InContext(result, context)
    elif inspect.isawaitable(result):
        await result
