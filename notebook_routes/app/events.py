"""The request log: what was asked, what was answered, what the handler printed."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.runtime import Exchange

#: Requests that are remembered.
LOG_LENGTH = 1000


class LogEntry(NamedTuple):
    """One finished request.

    Attributes:
        number: counts from 1 in the order of finishing.
        method: as asked.
        target: path and query as asked.
        route: the pattern that answered, None where none matched.
        status: the status code; 0 where the client left before there was one.
        seconds: from the request's head to the end of the answer.
        size: bytes of the body that were sent.
        output: what the handler printed.
        error: the traceback, as the user sees it.
        notes: further remarks.
        started: seconds since the epoch.
        is_behind: nobody has asked: a kept answer was made anew, or beforehand.
    """

    number: int
    method: str
    target: str
    route: str | None
    status: int
    seconds: float
    size: int
    output: str = ""
    error: str | None = None
    notes: tuple[str, ...] = ()
    started: float = 0.0
    is_behind: bool = False


class RequestLog:
    """The last requests, newest last. Safe to read from any thread while the server writes."""

    def __init__(self, length: int = LOG_LENGTH) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=length)
        self._numbers = itertools.count(1)
        self._listeners: list[Callable[[LogEntry, Exchange], None]] = []

    def add(self, exchange: Exchange, *, status: int, size: int) -> None:
        """Remember a request that has been answered."""
        request = exchange.arrived
        entry = LogEntry(
            next(self._numbers),
            request.method,
            request.target,
            exchange.route.pattern.text if exchange.route else None,
            status,
            exchange.elapsed(),
            size,
            exchange.output,
            exchange.error,
            tuple(exchange.notes),
            exchange.started,
            exchange.is_behind,
        )
        self._entries.append(entry)
        for listener in self._listeners:
            listener(entry, exchange)

    def listen(self, listener: Callable[[LogEntry, Exchange], None]) -> None:
        """Have `listener(entry, exchange)` called on the server's thread for every finished request."""
        self._listeners.append(listener)

    def entries(self) -> list[LogEntry]:
        """The remembered requests, oldest first."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget them."""
        self._entries.clear()
