"""The time that entries and marks are dated by: seconds since the epoch, and within a process never backwards.

The system's clock may be set back while a server runs. Then an entry would be fresh too long, and a tag that expires
would expire nothing that was made before. So it is counted on from where it was. It may also be set forward, and after
a laptop has slept it must be believed: the clock that never goes back has slept too.
"""

from __future__ import annotations

import time

#: A clock that is ahead by so many seconds was set, or the machine has slept.
_JUMP = 1.0


class _Clock:
    def __init__(self) -> None:
        self._start = time.time() - time.monotonic()

    def now(self) -> float:
        told = time.time()
        # Read last: a thread that is held up between the two must not take that for a clock that was set forward.
        counted = time.monotonic()
        ahead = told - counted
        if ahead > self._start + _JUMP:
            self._start = ahead
        return self._start + counted


_clock = _Clock()


def now() -> float:
    """Seconds since the epoch."""
    return _clock.now()
