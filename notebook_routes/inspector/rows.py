"""The table of routes as the page has it: which rows have changed since it was last told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_routes.inspector.describe import described, standing
from notebook_routes.inspector.statistics import Statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_routes.inspector.kept_counts import KeptCount
    from notebook_routes.inspector.service import Subject
    from notebook_routes.routing import Route, RoutePath, RouteTable

#: A method and a pattern as written.
Key = tuple[str, str]


class Rows:
    """The rows of one app's routes.

    Args:
        subject: names the places that routes come from.

    Attributes:
        statistics: counts the requests that rows speak of.
        kept: what is kept of each path's answers.
    """

    def __init__(self, subject: Subject) -> None:
        self.statistics = Statistics(self.has)
        self.kept: Mapping[str, KeptCount] = {}
        self._subject = subject
        self._rows: dict[Key, _Row] = {}
        self._table: RouteTable | None = None
        self._changes = -1

    def has(self, key: Key) -> bool:
        """Whether there is such a route."""
        return key in self._rows

    def look(self, table: RouteTable) -> tuple[list[Key], list[Key]]:
        """Read the table, if it has changed: which routes are new or others than before, and which are gone."""
        if table is self._table and table.changes == self._changes:
            return [], []
        self._changes, self._table = table.changes, table
        rows = {
            (route.method, route.pattern.text): self._row(route, path)
            for path in table.paths()
            for route in path.methods.values()
        }
        new = [key for key, row in rows.items() if self._rows.get(key) is not row]
        gone = [key for key in self._rows if key not in rows]
        self._rows = rows
        return new, gone

    def keys(self) -> list[Key]:
        """All of them, in the table's order."""
        return list(self._rows)

    def rows(self, keys: Iterable[Key]) -> list[dict[str, Any]]:
        """The rows of those that there are."""
        return [self._shown(self._rows[key]) for key in keys if key in self._rows]

    def route(self, key: Key) -> tuple[Route, RoutePath] | None:
        """The route of a row, and its path; None where there is none."""
        row = self._rows.get(key)
        return None if row is None else (row.route, row.path)

    def with_form(self, key: Key) -> dict[str, Any]:
        """The row of a route that there is, with its form."""
        row = self._rows[key]
        return {**self._shown(row), "form": row.form()}

    def _row(self, route: Route, path: RoutePath) -> _Row:
        known = self._rows.get((route.method, route.pattern.text))
        if known is not None and known.route is route and known.path is path:
            return known
        return _Row(route, path, standing(route, path, self._subject))

    def _shown(self, row: _Row) -> dict[str, Any]:
        figures = self.statistics.of((row.route.method, row.route.pattern.text))
        kept = self.kept.get(row.route.pattern.text) if row.route.method == "GET" else None
        standing = row.standing
        failed = standing["broken"] or (figures.last is not None and figures.last >= 500)
        state = "error" if failed else "stale" if kept is not None and kept.stale else None
        return {
            **standing,
            "hits": figures.hits,
            "p50": figures.p50,
            "p95": figures.p95,
            "last": figures.last,
            "errors": figures.errors,
            "state": state,
            "kept": 0 if kept is None else kept.answers,
        }


class _Row:
    """A route, and what is known of it without looking at requests."""

    __slots__ = ("_form", "path", "route", "standing")

    def __init__(self, route: Route, path: RoutePath, standing: dict[str, Any]) -> None:
        self.route = route
        self.path = path
        self.standing = standing
        self._form: dict[str, Any] | None = None

    def form(self) -> dict[str, Any]:
        if self._form is None:
            self._form = described(self.route, self.path)[0]
        return self._form
