"""Follows the request log of an app that a server's thread writes, without holding that thread."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from notebook_routes.inspector.relation import port_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.app import LogEntry, RequestLog
    from notebook_routes.runtime import Exchange


class Tail:
    """What a log has had since it was last asked.

    Args:
        log: the log.
        wake: called on the server's thread with the first entry after each `take`.
    """

    def __init__(self, log: RequestLog, wake: Callable[[], object]) -> None:
        self.log = log
        self._wake = wake
        # Emptied on another thread than it is filled.
        self._heard: deque[tuple[LogEntry, int]] = deque()
        self._woken = False
        log.listen(self._hear)

    def take(self) -> list[tuple[LogEntry, int]]:
        """The entries since, oldest first, each with the client's port."""
        self._woken = False
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def skip(self, number: int) -> None:
        """Leave out what has come up to a number."""
        while self._heard and self._heard[0][0].number <= number:
            self._heard.popleft()

    def close(self) -> None:
        """Follow it no more."""
        self.log.unlisten(self._hear)

    def _hear(self, entry: LogEntry, exchange: Exchange) -> None:
        self._heard.append((entry, port_of(exchange)))
        if not self._woken:
            self._woken = True
            self._wake()
