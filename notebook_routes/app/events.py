"""The request log: what was asked, what was answered, what the handler printed."""

from __future__ import annotations

import itertools
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from notebook_routes.runtime import Exchange
    from notebook_routes.web import Headers

    Listener: TypeAlias = Callable[["LogEntry", Exchange], None]

#: Requests that are remembered.
LOG_LENGTH = 10_000
#: Characters of output, tracebacks and notes that are remembered in all.
LOG_TEXT = 16 * 1024 * 1024
#: Of so many of the last requests the headers are remembered too: a client may send 64 KiB of them with each.
LOG_HEADERS = 1000
#: The inspector's own page, and below it what it asks: it would see itself for ever.
UNLOGGED = ("/_routes/", "/_routes/inspector/")


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
        cache: what the cache had to do with it: "hit", "stale" or "miss"; None where it had nothing.
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
    cache: str | None = None

    @property
    def text_size(self) -> int:
        """Characters of what the handler printed, of its traceback and of the notes."""
        return len(self.output) + len(self.error or "") + sum(map(len, self.notes))


#: An entry of its fields; a NamedTuple's own constructor is a function in Python.
_entry: Callable[[tuple[Any, ...]], LogEntry] = partial(tuple.__new__, LogEntry)


class RequestLog:
    """The last requests, newest last. Safe to read from any thread while the server writes.

    Of each its fields are kept; an entry is made of them when somebody reads the log, or listens to it.

    Args:
        length: how many are remembered.
        text: characters that are remembered in all of what handlers print, of tracebacks and of notes; where there is
            more, the oldest requests go.
    """

    def __init__(self, length: int = LOG_LENGTH, *, text: int = LOG_TEXT) -> None:
        #: The fields of entries.
        self._rows: deque[tuple[Any, ...]] = deque(maxlen=length)
        self._headers: deque[tuple[int, Headers]] = deque(maxlen=LOG_HEADERS)
        self._remembers = True
        self._numbers = itertools.count(1)
        self._listeners: tuple[Listener, ...] = ()
        self._note_listeners: tuple[Listener, ...] = ()
        self._most_text = text
        #: At least the characters of all entries; those that have made room are subtracted when it is too much.
        self._text = 0

    def add(self, exchange: Exchange, *, status: int, size: int) -> None:
        """Remember a request that has been answered; those of the inspector itself are none."""
        if not (self._remembers or self._listeners or exchange.notes):
            return
        request, route = exchange.arrived, exchange.route
        if route is None and (request.path == UNLOGGED[0] or request.path.startswith(UNLOGGED[1])):
            return
        number, output, error, notes = next(self._numbers), exchange.output, exchange.error, exchange.notes
        row = (
            number,
            request.method,
            request.target,
            None if route is None else route.pattern.text,
            status,
            exchange.elapsed(),
            size,
            output,
            error,
            tuple(notes),
            exchange.started,
            exchange.is_behind,
            exchange.cache,
        )
        self._rows.append(row)
        self._headers.append((number, request.headers))
        if output or error or notes:
            self._count_text(_entry(row))
        listeners = (*self._listeners, *self._note_listeners) if notes else self._listeners
        if listeners:
            entry = _entry(row)
            for listener in listeners:
                listener(entry, exchange)

    def listen(self, listener: Listener, *, notes_only: bool = False) -> None:
        """Have `listener(entry, exchange)` called on the server's thread for every finished request.

        Args:
            listener: what is called.
            notes_only: only for those that have notes.
        """
        if notes_only:
            self._note_listeners = (*self._note_listeners, listener)
        else:
            self._listeners = (*self._listeners, listener)

    def unlisten(self, listener: Listener) -> None:
        """Call it no more; nothing happens where it was not called."""
        self._listeners = tuple(each for each in self._listeners if each != listener)
        self._note_listeners = tuple(each for each in self._note_listeners if each != listener)

    def forget(self) -> None:
        """Remember none from now on, where nobody could read it; listeners hear of each all the same."""
        self.clear()
        self._remembers = False
        self._rows, self._headers = deque(maxlen=0), deque(maxlen=0)

    def entries(self) -> list[LogEntry]:
        """The remembered requests, oldest first."""
        return list(map(_entry, list(self._rows)))

    @property
    def count(self) -> int:
        """How many are remembered."""
        return len(self._rows)

    def headers(self, number: int) -> list[tuple[str, str]] | None:
        """The headers that a request came with; None where they are not remembered any more."""
        return next((headers.raw for each, headers in list(self._headers) if each == number), None)

    def clear(self) -> None:
        """Forget them."""
        self._rows.clear()
        self._headers.clear()
        self._text = 0

    def _count_text(self, entry: LogEntry) -> None:
        self._text += entry.text_size
        if self._text > self._most_text:
            self._make_room()

    def _make_room(self) -> None:
        """Let the oldest go until there is room for some more, so that this is not done for each entry."""
        total = sum(entry.text_size for entry in self.entries())
        with suppress(IndexError):
            while total > self._most_text * 3 // 4:
                total -= _entry(self._rows.popleft()).text_size
        self._text = total
