"""A cell whose path has `runtime = "edge"`: the check, before anything of the cell runs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.errors import CellError
from notebook_routes.notebook.edge_comparing import has_isolate
from notebook_routes.routing import RESERVED_NAMES
from notebook_routes.runtime import edge
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.scopes import read_names
from notebook_routes.servers import in_pyodide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from notebook_routes.notebook.cell_text import RunningCell
    from notebook_routes.routing import Directive, Route
    from notebook_routes.runtime.edge import Finding

WHERE_IT_RUNS = 'runtime = "edge": it runs in the kernel under the guard, which refuses what an edge isolate lacks'
_NO_ISOLATE = "; pip install 'notebook-routes[edge]' to compare it with a real one"


class EdgeCheck:
    """Checks cells of the edge in one notebook.

    Args:
        namespace: the notebook's variables.
        name_file: how messages call a file of the notebook.
    """

    def __init__(self, namespace: Mapping[str, object], name_file: Callable[[str], str]) -> None:
        self._namespace = namespace
        self._name_file = name_file

    def remarks(
        self, directive: Directive, body: str, cell: RunningCell, *, beside: Iterable[Route], stated: bool = False
    ) -> tuple[str, ...] | None:
        """What the card says of a cell of the edge; None for any other cell.

        Args:
            directive: the cell's line.
            body: the text below it.
            cell: the running cell.
            beside: the routes of other cells at its path, which share its runtime.
            stated: whether it is known to state `runtime = "edge"`; else the text tells.

        Raises:
            EdgeRefused: the cell, or one beside it, does what an edge isolate lacks.
        """
        text = CellText.read(body, first_line=cell.first_line)
        replaced = _defined(directive, text)
        beside = [route for route in beside if route.method not in replaced]
        stated = stated or _states_edge(directive, text)
        if not stated and not any(route.config.runtime == "edge" for route in beside):
            return None
        try:
            findings = self._of_cell(directive, text)
        except CellError:
            # It is no Python: whoever compiles it says so.
            return None
        if stated:
            findings += [finding for route in beside for finding in self._of_route(route)]
        told = edge.refuse(findings)
        edge.install()
        # In a browser there is none to be had.
        where = WHERE_IT_RUNS if has_isolate() or in_pyodide.HERE else f"{WHERE_IT_RUNS}{_NO_ISOLATE}"
        return (where, *(finding.remark for finding in told))

    def _of_cell(self, directive: Directive, text: CellText) -> list[Finding]:
        names = self._namespace
        if directive.method is not None:
            given = {*RESERVED_NAMES, *directive.pattern.names, *(each.name for each in directive.parameters)}
            names = {name: value for name, value in names.items() if name not in given}
        return edge.check_live(text, names, in_function=directive.method is not None, name_file=self._name_file)

    def _of_route(self, route: Route) -> list[Finding]:
        """Of another cell, as it was compiled: its lines are not those of the cell."""
        if route.config.runtime == "edge" or route.is_page:
            return []
        text = CellText.read(route.source, first_line=1)
        place = f"{route.cell} ({route.method} {route.pattern}), as %routes source shows it"
        return edge.check_live(text, self._namespace, in_function=False, place=place, name_file=self._name_file)


def _defined(directive: Directive, text: CellText) -> frozenset[str]:
    """The names that a cell in module form binds, as far as that is plain to see."""
    if directive.method is not None:
        return frozenset()
    try:
        return read_names(text.parse().body).bound
    except CellError:
        return frozenset()


def _states_edge(directive: Directive, text: CellText) -> bool:
    if directive.options.get("runtime") == "edge":
        return True
    if directive.method is not None or "edge" not in text.text:
        return False
    try:
        tree = text.parse()
    except CellError:
        return False
    return any(_assigns_edge(statement) for statement in tree.body)


def _assigns_edge(statement: ast.stmt) -> bool:
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    value = statement.value
    return "runtime" in names and isinstance(value, ast.Constant) and value.value == "edge"
