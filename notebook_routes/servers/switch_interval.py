"""A busy kernel still answers: the interpreter's switch interval, lowered while requests come.

A cell that computes holds the interpreter for a whole switch interval (5 ms by default) each time the server's thread
wants it. Lowered from the first request until a quarter of a second after the last, a request costs the server a
fraction of that, and a notebook that nobody asks runs at full speed.
"""

from __future__ import annotations

import asyncio
import sys

#: Seconds; chosen by the benchmark's busy rows, see tests/benchmarks.
BUSY_INTERVAL = 0.001
#: Seconds after the last traffic until the interval is restored.
_LINGER = 0.25


class SwitchInterval:
    """Lowers `sys.setswitchinterval` at traffic and restores it afterwards; lives on one loop."""

    def __init__(self, interval: float = BUSY_INTERVAL) -> None:
        self._interval = interval
        self._restore_to: float | None = None
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def touch(self) -> None:
        """There is traffic."""
        self._last = self._loop.time()
        if self._restore_to is None:
            current = sys.getswitchinterval()
            self._restore_to = current
            if current > self._interval:
                sys.setswitchinterval(self._interval)
            self._timer = self._loop.call_later(_LINGER, self._look)

    def restore(self) -> None:
        """Put the interval back, unless somebody else has set it meanwhile."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._restore_to is not None:
            if abs(sys.getswitchinterval() - self._interval) < 1e-6:
                sys.setswitchinterval(self._restore_to)
            self._restore_to = None

    def _look(self) -> None:
        left = self._last + _LINGER - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self.restore()
