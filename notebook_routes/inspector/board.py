"""What all views look at: the routes with their figures, the log as it grows, and the server.

All of it lives on the inspector's thread. While no view is connected, nothing is followed and nothing is computed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from notebook_routes.errors import ServerError
from notebook_routes.inspector import log_lines
from notebook_routes.inspector.kept_counts import kept_counts
from notebook_routes.inspector.opening import server_state
from notebook_routes.inspector.relation import Relation
from notebook_routes.inspector.rows import Key, Rows
from notebook_routes.inspector.sender import Sender
from notebook_routes.inspector.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notebook_routes.app import App, LogEntry
    from notebook_routes.inspector.run import Run
    from notebook_routes.inspector.service import Subject
    from notebook_routes.inspector.thread import InspectorPlace
    from notebook_routes.inspector.view import View
    from notebook_routes.servers.in_process import InProcessServer

T = TypeVar("T")
_log = logging.getLogger("notebook_routes.inspector")

#: Seconds between two pushes.
PAUSE = 0.1
#: Lines of the log in one push; of more the newest.
MOST_LINES = 100
#: Seconds after which it is looked whether routes, server or app have changed.
_WATCH = 0.25
#: Seconds between two looks at what is kept, and how many times longer than the last one took.
_KEPT_PAUSE = 2.0
_KEPT_SHARE = 50
#: Seconds until it is looked again where that has failed: a cache on another machine may be gone.
_KEPT_PATIENCE = 30.0


class Board:
    """Follows one subject, and tells its views.

    Args:
        subject: what is looked at.
        thread: the inspector's.
        server: answers without a socket, where there is none.
    """

    def __init__(self, subject: Subject, thread: InspectorPlace, server: InProcessServer | None = None) -> None:
        self.subject = subject
        self._thread = thread
        self._views: list[View] = []
        self._rows = Rows(subject)
        self._statistics = self._rows.statistics
        self._relation = Relation()
        self.sender = Sender(subject, self._relation, self.take_in, self._tell_run, server)
        self._app: App | None = None
        self._tail: Tail | None = None
        self._watching: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._lines: deque[LogEntry] = deque(maxlen=MOST_LINES)
        self._heard = 0
        self._changed: set[Key] = set()
        self._server: dict[str, Any] | None = None
        self._origin: str | None = None
        self._kept_due = 0.0

    @property
    def app(self) -> App:
        """The app that is followed."""
        assert self._app is not None
        return self._app

    @property
    def rows(self) -> Rows:
        """The table as it is now, of which the views have been told."""
        self.look()
        return self._rows

    def add(self, view: View) -> None:
        """A page or widget is opened."""
        if not self._views:
            self._begin()
        self._views.append(view)

    def remove(self, view: View) -> None:
        """It is closed: what it has sent is stopped, unless another view can stop it."""
        if view not in self._views:
            return
        self._views.remove(view)
        for run in self.sender.going():
            if not any(each.holds(run) for each in self._views):
                self.sender.stop(run.id)
        if not self._views:
            self._end()

    def take_in(self) -> None:
        """Take in what the log has had since; it is told with the next push."""
        self._take()
        if self._heard:
            self._push_soon()

    def _take(self) -> None:
        if self._tail is None:
            return
        for entry, port in self._tail.take():
            self._relation.heard(entry, port)
            key = self._statistics.add(entry)
            if key is not None:
                self._changed.add(key)
            self._lines.append(entry)
            self._heard += 1

    def look(self, *, anew: bool = False) -> None:
        """Look whether routes, server or app are others than before, and tell the views.

        Args:
            anew: the server may have another address for browsers, though it listens where it did.
        """
        if not self._views:
            return
        self._follow(self.subject.app())
        new, gone = self._rows.look(self.app.routes)
        server = self._look_at_server(anew=anew)
        if new or gone or server:
            self._push_rows(new, gone, server=server)

    def server(self) -> dict[str, Any]:
        """The server's state for the page."""
        assert self._server is not None
        return self._server

    async def aside(self, work: Callable[[], T]) -> T:
        """What a function gives that may wait for a disk or another machine."""
        return await self._thread.aside(work)

    def look_at_kept(self) -> None:
        """What is kept has changed: the rows say so soon."""
        self._kept_due = 0.0

    async def close(self, said: str) -> None:
        """Tell the views that this is the end, and stop everything."""
        for view in self._views:
            view.tell({"push": "bye", "said": said})
        for run in self.sender.going():
            self.sender.stop(run.id)
        self._views.clear()
        self._end()
        await self.sender.close()

    def _begin(self) -> None:
        app = self.subject.app()
        self._rows.look(app.routes)
        self._follow(app)
        self._look_at_server()
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def _end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self._tail is not None:
            self._tail.close()
        if self._timer is not None:
            self._timer.cancel()
        self._watching = self._tail = self._timer = self._app = None

    def _follow(self, app: App) -> None:
        """Follow this app from now on; `dev` makes a new one when files have changed, with the same log."""
        self._app = app
        if self._tail is not None and self._tail.log is app.log:
            return
        if self._tail is not None:
            self._tail.close()
        self._lines.clear()
        self._heard = 0
        self._statistics.clear()
        self._tail = Tail(app.log, lambda: self._thread.call(self._push_soon))
        last = 0
        for entry in app.log.entries():
            self._statistics.add(entry)
            last = entry.number
        # What has come between the two is counted already.
        self._tail.skip(last)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_WATCH)
            try:
                self.look()
                if loop.time() >= self._kept_due:
                    await self._count_kept()
            except Exception:  # noqa: BLE001 - a cache that is gone, or a table that is odd: it is looked again
                _log.exception("The inspector could not look at the routes or the cache, and tries again soon")
                self._kept_due = loop.time() + _KEPT_PATIENCE

    async def _count_kept(self) -> None:
        routes, kept = self.app.routes, self.subject.kept
        if not any(path.config.keeps_answers for path in routes.paths()):
            return
        loop = asyncio.get_running_loop()
        before, began = self._rows.kept, loop.time()
        after = await self.aside(lambda: kept_counts(kept.entries(), routes))
        self._kept_due = loop.time() + max(_KEPT_PAUSE, (loop.time() - began) * _KEPT_SHARE)
        self._rows.kept = after
        self._changed |= {("GET", path) for path in {*before, *after} if before.get(path) != after.get(path)}
        if self._changed:
            self._push_soon()

    def _push_soon(self) -> None:
        if self._timer is None and self._views:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(self._last + PAUSE - loop.time(), 0), self._push)

    def _push(self) -> None:
        self._timer = None
        self._last = asyncio.get_running_loop().time()
        self._take()
        lines, heard = list(self._lines), self._heard
        self._lines.clear()
        self._heard = 0
        if lines:
            self._push_lines(lines, heard)
        new, gone = self._rows.look(self.app.routes)
        changed, self._changed = self._changed.union(new), set()
        if changed or gone:
            self._push_rows(changed, gone)

    def _push_lines(self, lines: list[LogEntry], heard: int) -> None:
        listening = [view for view in self._views if view.shows_log]
        if listening:
            entries = [log_lines.line(entry) for entry in lines]
            message = {
                "push": "log",
                "entries": entries,
                "skipped": heard - len(lines),
                "total": self.app.log.count,
            }
            for view in listening:
                view.tell(message)

    def _push_rows(self, keys: Iterable[Key], gone: list[Key], *, server: bool = False) -> None:
        keys = list(keys)
        about = {"server": self._server} if server else {}
        rows: list[dict[str, Any]] | None = None
        for view in self._views:
            if view.scope is None:
                if view.is_open:
                    rows = self._rows.rows(keys) if rows is None else rows
                    view.tell({"push": "routes", "rows": rows, "gone": [list(key) for key in gone], **about})
                continue
            shown = [self._rows.with_form(key) for key in keys if self._rows.has(key) and view.covers(key)]
            mine = [list(key) for key in gone if view.covers(key)]
            if shown or mine or server:
                view.tell({"push": "routes", "rows": shown, "gone": mine, **about})

    def _look_at_server(self, *, anew: bool = False) -> bool:
        """Look at the server; whether it is not as it was."""
        try:
            origin = self.subject.base_url()
        except ServerError:
            origin = ""
        if self._server is not None and origin == self._origin and not anew:
            return False
        before, self._server = self._server, server_state(self.subject)
        self._origin = origin
        return before != self._server

    def _tell_run(self, run: Run, said: dict[str, Any]) -> None:
        message = {"push": "run", "run": run.id, **said}
        for view in self._views:
            if view.follows(run):
                view.tell(message)
