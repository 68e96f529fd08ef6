"""Which line of the log a request of the inspector's own is, so that its output and traceback are shown with it.

Nothing is sent along that a handler could see. Each run has a connection of its own; the server's adapter knows its
port as the client's, and the first request that finishes there is the run's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_routes.app import LogEntry
    from notebook_routes.runtime import Exchange


def port_of(exchange: Exchange) -> int:
    """The client's port of a request that has been answered, 0 where there is none."""
    peer = exchange.arrived.peer
    return 0 if peer is None else peer[2]


class Relation:
    """Waits for the lines of requests by their port."""

    def __init__(self) -> None:
        self._awaited: dict[int, asyncio.Future[LogEntry]] = {}

    def expect(self, port: int) -> asyncio.Future[LogEntry]:
        """What becomes the line of the next request that finishes on a port; cancel it when nobody waits any more."""
        waiting: asyncio.Future[LogEntry] = asyncio.get_running_loop().create_future()
        self._awaited[port] = waiting
        waiting.add_done_callback(lambda done: self._forget(port, done))
        return waiting

    def heard(self, entry: LogEntry, port: int) -> None:
        """A request has finished."""
        waiting = self._awaited.get(port)
        if waiting is not None and not waiting.done():
            waiting.set_result(entry)

    def _forget(self, port: int, done: asyncio.Future[LogEntry]) -> None:
        if self._awaited.get(port) is done:
            del self._awaited[port]
