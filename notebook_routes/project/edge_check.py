"""The check of `runtime = "edge"` in an export: of each cell, and of all that its file needs from other cells.

What a kernel cannot see in values, the export sees in the statements that made them: `prices = read("prices.csv")`
becomes a line of the module, which an edge isolate would run.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError
from notebook_routes.runtime.celltext import CellText

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from notebook_routes.project.sharing import Part
    from notebook_routes.project.statements import Statement
    from notebook_routes.runtime.edge import Finding


def check_edge(parts: Iterable[Part], history: Sequence[Statement]) -> list[str]:
    """Check the files of the edge; sentences about what is only to be told.

    Args:
        parts: the files.
        history: the statements of plain cells, of which each file says what it needs.

    Raises:
        ExportError: a file does what an edge isolate lacks; all is listed, with cells and lines.
    """
    parts = list(parts)
    if not parts:
        return []
    found = dict.fromkeys(finding for part in parts for finding in _of_part(part, history))
    refusing = [str(finding) for finding in found if finding.rule.refuses]
    if refusing:
        raise ExportError("\n".join(refusing))
    return [finding.remark for finding in found]


def _of_part(part: Part, history: Sequence[Statement]) -> list[Finding]:
    from notebook_routes.runtime.edge import check_nodes, check_text  # noqa: PLC0415 - few notebooks need it

    statements = [history[time] for time in sorted(part.slice.statements)]
    bound = _Bound([node for statement in statements for node in statement.nodes], part.slice.public)
    found: list[Finding] = []
    called: set[str] = set()
    for cell in part.cells:
        text = CellText.read(cell.cell.body, first_line=cell.cell.first_line)
        checked = check_text(text, in_function=cell.is_body, outside=bound, place=cell.label)
        found += checked.findings
        called |= checked.called
    for statement in statements:
        checked = check_nodes(
            statement.nodes, _text(statement), in_function=False, outside=bound, place=statement.cell.label
        )
        found += checked.findings
        called |= checked.called
    return [*found, *_of_functions(called, statements, bound)]


def _of_functions(called: set[str], statements: Sequence[Statement], bound: _Bound) -> list[Finding]:
    """What functions do that other statements call while the module loads."""
    from notebook_routes.runtime.edge import check_nodes  # noqa: PLC0415 - as above

    found: list[Finding] = []
    todo, seen = list(called), set[str]()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for statement in statements:
            for node in statement.nodes:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
                    checked = check_nodes(
                        node.body, _text(statement), in_function=False, outside=bound, place=statement.cell.label
                    )
                    found += checked.findings
                    todo += checked.called
    return found


class _Bound:
    """What the names mean that plain cells bind, by their imports and assignments, and those of our public face."""

    def __init__(self, nodes: Sequence[ast.stmt], public: Collection[str]) -> None:
        from notebook_routes.runtime.edge.meaning import Meaning, NothingOutside, Scope  # noqa: PLC0415 - as above

        self._meaning = Meaning(NothingOutside())
        self._scope = Scope.of(nodes)
        self._public = public
        self._meaning.scopes.append(self._scope)

    def dotted(self, name: str) -> str | None:
        """What a name means; "" for what is not known."""
        if name not in self._scope.means:
            return f"notebook_routes.{name}" if name in self._public else None
        return self._meaning.of(ast.Name(name, ast.Load())) or ""


def _text(statement: Statement) -> CellText:
    return CellText.read(statement.cell.body, first_line=statement.cell.first_line)
