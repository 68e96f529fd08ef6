"""Naming the line that holds the server's loop.

An `async def` handler that blocks stops every other request. Each step of a handler is marked here; a thread that
looks every 50 ms sees that a step has not ended, and reads the line from the loop's own stack. The thread sleeps
while no handler runs.
"""

from __future__ import annotations

import linecache
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from notebook_routes.runtime.exchange import Exchange

_TICK = 0.05
#: Ticks that one step must outlast to be reported: 100 to 150 ms.
_PATIENCE = 3
_IDLE_TICKS = 20


class LoopWatch:
    """Watches the loop of the thread that calls `start`."""

    def __init__(self) -> None:
        self._current: Exchange | None = None
        self._step = 0
        self._active = threading.Event()
        self._stopped = threading.Event()
        self._loop_thread = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch the calling thread."""
        self._loop_thread = threading.get_ident()
        self._thread = threading.Thread(target=self._watch, name="notebook_routes loop watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watching thread."""
        self._stopped.set()
        self._active.set()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def enter(self, exchange: Exchange) -> None:
        """A step of this exchange's handler begins on the loop."""
        self._current = exchange
        self._step += 1
        if not self._active.is_set():
            self._active.set()

    def leave(self) -> None:
        """The step has ended."""
        self._current = None

    def _watch(self) -> None:
        seen, ticks = 0, 0
        while True:
            self._active.wait()
            if self._stopped.wait(_TICK):
                return
            if self._step != seen:
                seen, ticks = self._step, 0
            else:
                ticks += 1
            exchange = self._current
            if exchange is not None and ticks == _PATIENCE - 1:
                self._report(exchange)
            elif exchange is None and ticks > _IDLE_TICKS:
                self._active.clear()

    def _report(self, exchange: Exchange) -> None:
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 - the documented way to see another thread
        while frame is not None and not _is_cell(frame):
            frame = frame.f_back
        if frame is None:
            return
        code = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        exchange.notes.append(
            f"line {frame.f_lineno} held the server for over 100 ms: {code}\n"
            f"An `async def` runs on the server's loop; without its await it would run in a thread, "
            f"or write `await asyncio.to_thread(...)` around the slow call"
        )


def _is_cell(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    name = frame.f_code.co_filename
    return name.startswith("<") and not name.startswith("<frozen") and not module.startswith(__package__)
