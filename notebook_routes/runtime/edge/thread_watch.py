"""Naming the line of a `def` handler that would hold an edge isolate.

In the kernel a `def` runs on a thread of its own, and may take its time. In an isolate it runs on the loop, where every
other request waits for it. So what takes long is told, with its line; of an `async def` the loop's own watch tells it
(`loop_watch.py`). The thread that looks ends when no such handler has run for a while.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
import types
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any

from notebook_routes.runtime.exchange import current_exchange
from notebook_routes.runtime.loop_watch import users_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.runtime.exchange import Exchange

_TICK = 0.05
#: Seconds after which a handler is told of.
_PATIENCE = 0.1
#: Ticks without a handler after which the thread ends.
_IDLE_TICKS = 20


class ThreadWatch:
    """Watches calls on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[int, tuple[Exchange, float]] = {}
        self._thread: threading.Thread | None = None

    def enter(self, exchange: Exchange) -> None:
        """A handler begins on this thread."""
        with self._lock:
            self._calls[threading.get_ident()] = exchange, time.monotonic()
            if self._thread is None:
                thread = threading.Thread(target=self._watch, name="notebook_routes edge watch", daemon=True)
                thread.start()
                self._thread = thread

    def leave(self) -> None:
        """It has ended."""
        with self._lock:
            self._calls.pop(threading.get_ident(), None)

    def _watch(self) -> None:
        idle = 0
        pause = threading.Event()
        while True:
            pause.wait(_TICK)
            with self._lock:
                idle = 0 if self._calls else idle + 1
                if idle > _IDLE_TICKS:
                    self._thread = None
                    return
                before = time.monotonic() - _PATIENCE
                slow = [(ident, exchange) for ident, (exchange, began) in self._calls.items() if began < before]
                for ident, exchange in slow:
                    # The handler cannot leave meanwhile: the line is its own.
                    _report(exchange, ident)
                    del self._calls[ident]


_watch = ThreadWatch()


def watched(function: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, watched while it runs if it is a plain `def`."""
    if not isinstance(function, types.FunctionType) or sys.platform == "emscripten":
        return function
    if iscoroutinefunction(function) or isasyncgenfunction(function) or isgeneratorfunction(function):
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        exchange = current_exchange.get()
        if exchange is None:
            return function(*args, **kwargs)
        _watch.enter(exchange)
        try:
            return function(*args, **kwargs)
        finally:
            _watch.leave()

    return call


def _report(exchange: Exchange, ident: int) -> None:
    line = users_line(sys._current_frames().get(ident))  # noqa: SLF001 - the documented way to see another thread
    if line is not None:
        exchange.notes.append(
            f"{line[0]} would hold an edge isolate for over 100 ms: {line[1]}\n"
            "There a `def` runs on the loop, and all other requests wait for it: do less at a time, or let the route "
            "run in Python"
        )
