"""What the log says of each route: how often it was asked, how long it takes, what it answered last."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.routing import ANY

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.app import LogEntry

#: So many of the last requests of a route count for its times.
WINDOW = 512


class Figures(NamedTuple):
    """One route's.

    Attributes:
        hits: how often it was asked.
        p50: seconds that half of the last `WINDOW` requests took at most; None where there were none.
        p95: the same of 95 in 100.
        last: the status of the last one, 0 where its client left; None where there was none.
        errors: how many were answered with 5xx, or not to their end.
    """

    hits: int = 0
    p50: float | None = None
    p95: float | None = None
    last: int | None = None
    errors: int = 0


class Statistics:
    """Counts requests by method and route as they finish.

    Args:
        has: whether there is a route of a method and a pattern; a HEAD that has none is one of GET, and an API Route
            has those of all methods.
    """

    def __init__(self, has: Callable[[tuple[str, str]], bool]) -> None:
        self._has = has
        self._tallies: dict[tuple[str, str], _Tally] = {}

    def add(self, entry: LogEntry) -> tuple[str, str] | None:
        """Count a request; whose figures have changed, None where no route has answered or nobody has asked."""
        if entry.route is None or entry.is_behind:
            return None
        key = (entry.method, entry.route)
        if not self._has(key):
            if self._has((ANY, entry.route)):
                key = (ANY, entry.route)
            elif entry.method == "HEAD":
                key = ("GET", entry.route)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally()
        tally.add(entry)
        return key

    def of(self, key: tuple[str, str]) -> Figures:
        """The figures of a method and a pattern."""
        tally = self._tallies.get(key)
        return Figures() if tally is None else tally.figures()

    def clear(self) -> None:
        """Begin anew."""
        self._tallies.clear()


class _Tally:
    __slots__ = ("_sorted", "_times", "errors", "hits", "last")

    def __init__(self) -> None:
        self.hits = self.errors = 0
        self.last: int | None = None
        self._times: deque[float] = deque()
        # The same in order: figures are read more often than it would be worth to sort for.
        self._sorted: list[float] = []

    def add(self, entry: LogEntry) -> None:
        self.hits += 1
        self.last = entry.status
        # A stream may have broken off behind its status.
        self.errors += entry.status >= 500 or entry.error is not None
        self._times.append(entry.seconds)
        insort(self._sorted, entry.seconds)
        if len(self._times) > WINDOW:
            del self._sorted[bisect_left(self._sorted, self._times.popleft())]

    def figures(self) -> Figures:
        times = self._sorted
        return Figures(self.hits, _share(times, 50), _share(times, 95), self.last, self.errors)


def _share(times: list[float], percent: int) -> float:
    """The smallest of the times that so many in 100 do not exceed (the nearest rank)."""
    return times[-(-len(times) * percent // 100) - 1]
