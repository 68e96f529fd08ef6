"""A busy kernel still answers: the interpreter's switch interval, lowered while requests come.

A cell that computes holds the interpreter for a whole switch interval (5 ms by default) each time the server's thread
wants it. Lowered from the first request until a quarter of a second after the last, a request costs the server a
fraction of that, and a notebook that nobody asks runs at full speed.

How low is a bargain between the two, and the same interval strikes it differently from minute to minute, with where the
system puts the threads. So it is steered while there is traffic: by the processor time that the server's thread has
had, and that which all others have had, the cell keeps half of its speed or more under full load.
"""

from __future__ import annotations

import asyncio
import sys
import time

#: Seconds to begin with, and the bounds within which it is steered.
FIRST, LOWEST, HIGHEST = 0.001, 0.0003, 0.005
#: What the other threads should have of a processor while they want it.
_FAIR_SHARE = (0.55, 0.70)
#: Less than this, and the others are not computing but waiting.
_IDLE_SHARE = 0.03
#: More than this of all threads together, and the interpreter is contended for.
_CONTENDED = 0.5
#: Seconds between two looks.
_TICK = 0.05
#: Seconds after the last traffic until the interval is restored.
_LINGER = 0.25


class SwitchInterval:
    """Lowers `sys.setswitchinterval` at traffic and restores it afterwards; lives on one loop, in its thread."""

    def __init__(self) -> None:
        self._own = FIRST
        self._restore_to: float | None = None
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._marks = (0.0, 0.0, 0.0)

    def touch(self) -> None:
        """There is traffic."""
        self._last = self._loop.time()
        if self._restore_to is None:
            current = sys.getswitchinterval()
            self._restore_to = current
            if current > self._own:
                sys.setswitchinterval(self._own)
            self._marks = _times()
            self._timer = self._loop.call_later(_TICK, self._look)

    def restore(self) -> None:
        """Put the interval back, unless somebody else has set it meanwhile."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._restore_to is not None:
            if self._is_ours():
                sys.setswitchinterval(self._restore_to)
            self._restore_to = None

    def _look(self) -> None:
        if self._loop.time() - self._last > _LINGER:
            self.restore()
            return
        before, self._marks = self._marks, _times()
        wall, server, process = (now - then for now, then in zip(self._marks, before, strict=True))
        if wall > 0 and self._is_ours():
            self._steer((process - server) / wall, process / wall)
        self._timer = self._loop.call_later(_TICK, self._look)

    def _steer(self, others: float, everybody: float) -> None:
        """Lengthen the interval where the others have too little, shorten it where they have more than they need.

        Args:
            others: the processor time of the other threads, of a second.
            everybody: that of all threads; much of it goes into handing the interpreter over where it is contended for.
        """
        low, high = _FAIR_SHARE
        if others < _IDLE_SHARE:
            return
        if others < low and everybody > _CONTENDED:
            self._own = min(self._own * 1.5, HIGHEST)
        elif others > high:
            self._own = max(self._own * 0.85, LOWEST)
        else:
            return
        sys.setswitchinterval(self._own)

    def _is_ours(self) -> bool:
        return abs(sys.getswitchinterval() - self._own) < 1e-6


def _times() -> tuple[float, float, float]:
    """Wall clock, processor time of this thread, and of the process."""
    return time.monotonic(), time.thread_time(), time.process_time()
