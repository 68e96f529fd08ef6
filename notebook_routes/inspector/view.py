"""One open page or widget: takes its messages, and is told what is new."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from notebook_routes.inspector.answers import answer
from notebook_routes.inspector.messages import MalformedMessage, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.inspector.board import Board
    from notebook_routes.inspector.run import Run
    from notebook_routes.inspector.thread import InspectorPlace

_log = logging.getLogger("notebook_routes.inspector")


class View:
    """Made by `Inspector.connect`. `receive` and `close` may be called from any thread.

    Args:
        board: what it shows.
        thread: the inspector's.
        listener: called there with each message to the page.

    Attributes:
        scope: a card's method (None for all) and path; None for the whole table.
        is_open: whether it has said what it shows.
    """

    def __init__(self, board: Board, thread: InspectorPlace, listener: Callable[[dict[str, Any]], object]) -> None:
        self._board = board
        self._thread = thread
        self._listener = listener
        self._closed = False
        self._runs: set[str] = set()
        self._followed: set[tuple[str, str]] = set()
        self.scope: tuple[str | None, str] | None = None
        self.is_open = False

    def receive(self, message: object) -> None:
        """Take a message of the page: it is answered by the listener, and never here."""
        self._thread.call(self._take, message)

    def receive_bytes(self, data: bytes) -> None:
        """The same of a message in JSON."""
        self._thread.call(self._take_bytes, data)

    def close(self) -> None:
        """The page is gone: it is told nothing more."""
        self._closed = True
        self._thread.call(self._board.remove, self)

    @property
    def shows_log(self) -> bool:
        """Whether it is told of requests."""
        return self.is_open and self.scope is None

    def covers(self, key: tuple[str, str]) -> bool:
        """Whether a route, by its method and pattern, is one that it shows."""
        if not self.is_open or self.scope is None:
            return self.is_open
        method, path = self.scope
        return path == key[1] and method in (None, key[0])

    def follow(self, key: tuple[str, str]) -> None:
        """Tell it of the runs of a route from now on, whoever has sent them."""
        self._followed.add(key)

    def hold(self, run: str) -> None:
        """It has sent a run, or shows it while it comes: it can stop it."""
        self._runs.add(run)

    def holds(self, run: Run) -> bool:
        """Whether a run can be stopped from it."""
        return run.id in self._runs

    def follows(self, run: Run) -> bool:
        """Whether it is told of a run."""
        return self.holds(run) or run.key in self._followed

    def tell(self, message: dict[str, Any]) -> None:
        """Hand a message to the page; on the inspector's thread."""
        if self._closed:
            return
        try:
            self._listener(message)
        except Exception:  # noqa: BLE001 - one page that is broken must not silence the others
            _log.exception("The inspector could not reach one of its pages, and tells it nothing more")
            self.close()

    def _take_bytes(self, data: bytes) -> None:
        try:
            message = json.loads(data)
        except (ValueError, RecursionError) as error:
            self.tell({"re": None, "error": f"the message is no JSON: {error}"})
        else:
            self._take(message)

    def _take(self, value: object) -> None:
        if self._closed:
            return
        try:
            message = read(value)
        except MalformedMessage as error:
            self.tell({"re": error.id, "error": str(error)})
            return
        self.tell({"ack": message.id})
        answer(self._board, self, message)
