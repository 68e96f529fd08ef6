"""One request that was sent from the page: what was asked, and what came, comes, or went wrong."""

from __future__ import annotations

import inspect
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from notebook_routes.cache import cache_word
from notebook_routes.inspector.flow import Flow
from notebook_routes.inspector.reader import media_of, reader_of
from notebook_routes.runtime import Invoker
from notebook_routes.web import Headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.app import LogEntry
    from notebook_routes.inspector.asked import Asked
    from notebook_routes.inspector.reader import Reader
    from notebook_routes.routing import Route

#: Items of a stream that are kept, the newest.
MOST_ITEMS = 500
#: Characters of them.
MOST_TEXT = 256 * 1024


class Run:
    """The state of one request; all of it is bounded, whatever is answered.

    Args:
        asked: what is sent.
        route: the route it is meant for, if there is one.
        tell: called with the run and with what is new of it.
    """

    def __init__(self, asked: Asked, route: Route | None, tell: Callable[[Run, dict[str, Any]], None]) -> None:
        self.asked = asked
        self.id = asked.run
        self.key = (asked.method, asked.path)
        self.is_going = True
        self.stopped = False
        self.failed: str | None = None
        self.abandoned = False
        self.size = 0
        self._route = route
        self._flow = Flow(lambda said: tell(self, said))
        self._started, self._began = time.time(), time.perf_counter()
        self._seconds = 0.0
        self._head: dict[str, Any] = {}
        self._headers = Headers()
        self._reader: Reader | None = None
        self._items: deque[tuple[float, str, str]] = deque()
        self._items_size = 0
        self._count = 0
        self._entry: LogEntry | None = None

    def begin(self) -> None:
        """It is sent now."""
        self._started, self._began = time.time(), time.perf_counter()

    def head(self, status: int, reason: str, headers: list[tuple[str, str]]) -> None:
        """The head of the answer is here."""
        self._headers = Headers.from_pairs([(name.lower(), value) for name, value in headers])
        self._reader = reader_of(self._headers)
        self._head = {"status": status, "reason": reason, "headers": [list(pair) for pair in headers]}
        self._flow.set(head={**self._head, "seconds": self._since()})
        # It is seen at once, however much of the body comes with it.
        self._flow.flush()

    def take(self, chunk: bytes) -> None:
        """A piece of its body."""
        assert self._reader is not None
        self.size += len(chunk)
        self._add(self._reader.feed(chunk))

    def end(self) -> None:
        """All that comes has come."""
        self.is_going = False
        if self._reader is not None:
            self._add(self._reader.end())
        self._seconds = self._since()

    def logged(self, entry: LogEntry) -> None:
        """The server's log has this request."""
        self._entry = entry

    def done(self) -> None:
        """Tell the page that this is all; once more, when the log has the request later."""
        self._flow.set(count=self._count, size=self.size, done=self.seen())
        self._flow.flush()

    def stop(self) -> str | None:
        """It is to be stopped; what has to be said of that."""
        self.stopped = True
        handler = None if self._route is None else self._route.handler
        if not isinstance(handler, Invoker) or handler.runs_on_loop:
            return None
        name = f"{self._route.method} {self._route.pattern}" if self._route is not None else ""
        if inspect.isgeneratorfunction(inspect.unwrap(handler.function)) or self._head:
            return f"{name} is a plain def with a stream: it stops at its next yield"
        self.abandoned = True
        return f"{name} is a plain def: it cannot be stopped. It runs on to its end, and its answer is thrown away"

    @property
    def has_begun(self) -> bool:
        """Whether the head of the answer is here."""
        return bool(self._head)

    @property
    def kept_size(self) -> int:
        """About how many bytes of the answer are kept."""
        return self._items_size + (0 if self._reader is None else self._reader.held)

    def caught_up(self) -> dict[str, Any]:
        """The same as `seen`, none of which is told again."""
        self._flow.flush()
        return self.seen()

    def seen(self) -> dict[str, Any]:
        """All that there is to see of it."""
        entry, reader = self._entry, self._reader
        return {
            **self.asked.shown(),
            "going": self.is_going,
            "started": self._started,
            "seconds": self._since() if self.is_going else self._seconds,
            "status": self._head.get("status"),
            "reason": self._head.get("reason"),
            "answer_headers": self._head.get("headers", []),
            "size": self.size,
            "cache": cache_word(self._headers) or self._headers.get("cache-status"),
            "kind": "none" if reader is None or not self.size else reader.kind,
            "media": media_of(self._headers) or None,
            **({} if reader is None else reader.kept()),
            "items": [list(item) for item in self._items],
            "count": self._count,
            "output": "" if entry is None else entry.output,
            "error": None if entry is None else entry.error,
            "notes": [] if entry is None else list(entry.notes),
            "logged": None if entry is None else entry.number,
            "stopped": self.stopped,
            "failed": self.failed,
            "abandoned": self.abandoned,
        }

    def _add(self, items: list[tuple[str, str]]) -> None:
        seconds = round(self._since(), 4)
        for kind, text in items:
            self._count += 1
            item = (seconds, kind, text)
            self._flow.add(item)
            self._items.append(item)
            self._items_size += len(text)
            while len(self._items) > MOST_ITEMS or self._items_size > MOST_TEXT:
                self._items_size -= len(self._items.popleft()[2])
        self._flow.set(count=self._count, size=self.size)

    def _since(self) -> float:
        return time.perf_counter() - self._began
