"""Naming the line that holds the server's loop.

An `async def` handler that blocks stops every other request. Each step of a handler is marked here; a thread that
looks every 50 ms sees that a step has not ended, and reads the line from the loop's own stack. The thread sleeps
while no handler runs.
"""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from notebook_routes.runtime.exchange import Exchange

_TICK = 0.05
#: Ticks that one step must outlast to be reported: 100 to 150 ms.
_PATIENCE = 3
_IDLE_TICKS = 20
_NOT_THE_USERS = (
    "<frozen",
    f"{Path(__file__).parents[1]}{os.sep}",
    *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")},
    # In an isolate, libraries are in archives.
    *(place for place in sys.path if place.endswith(".zip")),
)

_ON_THE_LOOP = (
    "An `async def` runs on the server's loop; without its await it would run in a thread, "
    "or write `await asyncio.to_thread(...)` around the slow call"
)
_AT_THE_EDGE = (
    "An edge isolate has one thread, and all other requests wait for it: do less at a time, or let the route run in "
    "Python"
)


class LoopWatch:
    """Watches the loop of the thread that calls `start`.

    Attributes:
        current: the exchange whose handler takes a step; None between steps.
        asleep: whether nobody looks: whoever sets `current` without `enter` has to `wake` it then.
    """

    def __init__(self) -> None:
        self.current: Exchange | None = None
        #: How often an exchange has taken a further step; its first one is told by the exchange.
        self._step = 0
        #: The same as whether `_active` is not set, in a form that costs a step nothing to look at.
        self.asleep = True
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
        self.current = exchange
        self._step += 1
        if self.asleep:
            self.wake()

    def wake(self) -> None:
        """Look again, every `_TICK`."""
        self.asleep = False
        self._active.set()

    def leave(self) -> None:
        """The step has ended."""
        self.current = None

    def _watch(self) -> None:
        seen, ticks = None, 0
        while True:
            self._active.wait()
            if self._stopped.wait(_TICK):
                return
            exchange, number = self.current, self._step
            # The exchange itself would stay in memory until the next look.
            step = None if exchange is None else (exchange.began, number)
            seen, ticks = step, ticks + 1 if step == seen else 0
            if exchange is not None and ticks == _PATIENCE - 1:
                self._report(exchange, number)
            elif exchange is None and ticks > _IDLE_TICKS:
                self._active.clear()
                self.asleep = True
                if self.current is not None:
                    # It has begun before it could see that nobody watches.
                    self.wake()

    def _report(self, exchange: Exchange, step: int) -> None:
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 - the documented way to see another thread
        line = users_line(frame)
        if line is None or self._step != step or self.current is not exchange:
            # The step has ended meanwhile: the line is somebody else's.
            return
        is_edge = exchange.config is not None and exchange.config.runtime == "edge"
        note = f"{line[0]} held the server for over 100 ms: {line[1]}\n{_AT_THE_EDGE if is_edge else _ON_THE_LOOP}"
        if note not in exchange.notes:
            exchange.notes.append(note)


def is_users_file(filename: str) -> bool:
    """Whether a frame's file is none of Python's, of a library or of ours."""
    return not filename.startswith(_NOT_THE_USERS)


def users_line(frame: FrameType | None) -> tuple[str, str] | None:
    """The innermost line of a route's cell, else of a file of the user's: where it is, and its code."""
    in_file = None
    while frame is not None:
        number, name = frame.f_lineno, frame.f_code.co_filename
        # What Python and numpy make up has no lines to show.
        code = "" if name.startswith(_NOT_THE_USERS) else linecache.getline(name, number).strip()
        if code and name.startswith("<"):
            return f"line {number}", code
        if code and in_file is None:
            in_file = f"line {number} of {Path(name).name}", code
        frame = frame.f_back
    return in_file
