"""The last requests that were sent to each route from the page, to be looked at and sent again."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notebook_routes.inspector.run import Run

#: Requests that are kept of each route.
LENGTH = 20
#: Bytes of answers that are kept in all; beyond that the oldest requests go.
MOST_BYTES = 64 * 1024 * 1024


class History:
    """Runs by route, newest first, and by their id."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._by_route: dict[tuple[str, str], deque[Run]] = {}

    def add(self, run: Run) -> None:
        """Keep a run from its beginning on."""
        of_route = self._by_route.setdefault(run.key, deque())
        self._runs[run.id] = run
        of_route.append(run)
        if len(of_route) > LENGTH:
            self._forget(of_route[0])

    def find(self, identifier: str) -> Run | None:
        """The run of an id; None where it is not kept."""
        return self._runs.get(identifier)

    def of(self, key: tuple[str, str]) -> list[dict[str, Any]]:
        """What there is to see of a route's runs, newest first; what comes later of those that go on is new."""
        return [run.caught_up() for run in reversed(self._by_route.get(key, ()))]

    def going(self, key: tuple[str, str]) -> list[str]:
        """The ids of a route's runs that have not ended."""
        return [run.id for run in self._by_route.get(key, ()) if run.is_going]

    def make_room(self) -> None:
        """Let the oldest runs that have ended go until the others are small enough."""
        total = sum(run.kept_size for run in self._runs.values())
        for run in list(self._runs.values()):
            if total <= self._most_bytes:
                return
            if not run.is_going:
                total -= run.kept_size
                self._forget(run)

    def _forget(self, run: Run) -> None:
        del self._runs[run.id]
        of_route = self._by_route[run.key]
        of_route.remove(run)
        if not of_route:
            del self._by_route[run.key]
