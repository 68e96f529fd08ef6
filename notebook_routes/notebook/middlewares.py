"""The `%%middleware` cells of a notebook, in the order in which they were first run."""

from __future__ import annotations

import itertools
import threading
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_routes import app as floor
from notebook_routes import runtime
from notebook_routes.notebook.cell_failures import refusing

if TYPE_CHECKING:
    from notebook_routes.app import App, Middleware
    from notebook_routes.notebook.cell_text import RunningCell
    from notebook_routes.runtime import RouteModule


@dataclass(frozen=True, slots=True)
class MiddlewareCell:
    """What one run of a `%%middleware` cell has made live.

    Attributes:
        label: how messages call it, "cell [3]".
        module: what it was compiled to.
        layers: its middlewares, in order.
        declares: the names and matchers, as written: what tells cells apart where they have no ids.
    """

    label: str
    module: RouteModule
    layers: tuple[Middleware, ...]
    declares: str


class MiddlewareCells:
    """The middleware of one notebook.

    A cell keeps its place when it runs again. Where a front end sends no cell ids, a cell that declares the same
    names and matchers is taken for the one before.

    Args:
        app: what runs them.
        namespace: the notebook's variables.
    """

    def __init__(self, app: App, namespace: dict[str, Any]) -> None:
        self._app = app
        self._namespace = namespace
        self._lock = threading.RLock()
        self._cells: dict[tuple[str | None, str], MiddlewareCell] = {}
        self._behind: tuple[Middleware, ...] = ()
        self._ran: set[str | None] = set()
        self._numbers = itertools.count(1)

    def define(self, line: str, body: str, *, cell: RunningCell, label: str) -> tuple[MiddlewareCell, str]:
        """Make the cell's middleware live in place of what it was before.

        Args:
            line: the magic line.
            body: the text below it.
            cell: the running cell.
            label: how messages call it.

        Returns:
            What it is now, and "new", "updated", or "replaces the one before".

        Raises:
            DefinitionError: the line or the cell is refused; nothing was changed.
        """
        matchers = runtime.parse_matchers(line)
        made = self._made(matchers, body, cell, label)
        key = (cell.id, "" if cell.id is not None else made.declares)
        with self._lock:
            former = self._cells.get(key)
            self._cells[key] = made
            self._ran.add(cell.id)
            self._publish()
        if former is not None:
            former.module.close()
        if former is None:
            return made, "new"
        # Perhaps it is another cell: somebody should hear that the one before is gone.
        is_same = cell.id is not None or former.module.source == made.module.source
        return made, "updated" if is_same else "replaces the one before"

    def cell_ran(self, cell_id: str | None, *, succeeded: bool = True) -> list[Middleware]:
        """A cell has run: withdraw the middleware of its former text, unless it has defined some or has failed."""
        with self._lock:
            defined = cell_id in self._ran
            self._ran.discard(cell_id)
            if cell_id is None or defined or not succeeded:
                return []
            gone = self._cells.pop((cell_id, ""), None)
            if gone is None:
                return []
            self._publish()
        gone.module.close()
        return list(gone.layers)

    def put_behind(self, layers: tuple[Middleware, ...]) -> None:
        """Have these stand behind all cells, in place of those that were put there before."""
        with self._lock:
            self._behind = layers
            self._publish()

    def clear(self) -> int:
        """Withdraw all; how many there were."""
        with self._lock:
            gone = list(self._cells.values())
            self._cells.clear()
            self._publish()
        for cell in gone:
            cell.module.close()
        return sum(len(cell.layers) for cell in gone)

    def cells(self) -> list[MiddlewareCell]:
        """Those that are live, in the order in which they see a request."""
        with self._lock:
            return list(self._cells.values())

    def _publish(self) -> None:
        cells = tuple(layer for cell in self._cells.values() for layer in cell.layers)
        self._app.middleware = (*cells, *self._behind)

    def _made(self, matchers: list[str], body: str, cell: RunningCell, label: str) -> MiddlewareCell:
        # Each run has a file name of its own, or `linecache` would mix old and new lines.
        where = " ".join([f"cell {next(self._numbers)} middleware", *matchers])
        with refusing(where, self._app.failures):
            module, found = runtime.compile_middleware(
                body,
                matchers,
                namespace=self._namespace,
                label=where,
                first_line=cell.first_line,
                header=cell.header,
            )
        try:
            layers = floor.declared_middleware(found, where=label, context=copy_context())
            names = [getattr(layer.function, "__name__", "") for layer in layers]
            return MiddlewareCell(label, module, layers, f"{names} {matchers or found.get('config')}")
        except BaseException:
            module.close()
            raise
