"""The import of names of `notebook_routes` in a module: added to, or written where imports end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import Statement, dotted, is_text, names_in, statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OWN = "notebook_routes"


def with_public(module: cst.Module, public: Iterable[str]) -> cst.Module:
    """A module that imports these names of `notebook_routes` too, and none of it that it does not use."""
    found = set(public)
    body: list[Statement] = []
    place: int | None = None
    for each in module.body:
        names = _imported(each)
        if names is None:
            body.append(each)
            continue
        rest = [other for other in module.body if other is not each]
        found |= names & names_in(rest)
        if place is None:
            place = len(body)
    if not found:
        return module.with_changes(body=body)
    line = statement(f"from {OWN} import {', '.join(sorted(found))}")
    if place is None:
        place = _end_of_imports(body)
        first = place == 0 or not _is_import(body[place - 1])
        line = line.with_changes(leading_lines=[] if first and place == 0 else [cst.EmptyLine(indent=False)])
        if place < len(body):
            body[place] = apart(body[place])
    return module.with_changes(body=[*body[:place], line, *body[place:]])


def behind_imports(statements: Sequence[Statement], new: Iterable[Statement]) -> list[Statement]:
    """Statements with others behind the last import among them, wherever it stands."""
    places = [place for place, each in enumerate(statements, start=1) if _is_import(each)]
    end = places[-1] if places else 0
    return [*statements[:end], *new, *statements[end:]]


def _imported(node: Statement) -> set[str] | None:
    """The names of `from notebook_routes import ...`; None for any other line, and where names are changed."""
    small = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
    if not isinstance(small, cst.ImportFrom) or small.relative or isinstance(small.names, cst.ImportStar):
        return None
    if small.module is None or dotted(small.module) != OWN or any(alias.asname for alias in small.names):
        return None
    return {alias.name.value for alias in small.names if isinstance(alias.name, cst.Name)}


def _end_of_imports(body: Sequence[Statement]) -> int:
    """Behind the imports at the top; behind the docstring where there are none."""
    end = 0
    for place, each in enumerate(body):
        if _is_import(each) or (place == 0 and is_text(each)):
            end = place + 1
        elif not _is_import(each):
            break
    return end


def _is_import(node: Statement) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and all(
        isinstance(small, (cst.Import, cst.ImportFrom)) for small in node.body
    )


def apart(node: Statement) -> Statement:
    """A statement with a blank line above it, two above a function or a class."""
    blank = sum(1 for line in node.leading_lines if line.comment is None)
    wanted = 2 if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else 1
    missing = [cst.EmptyLine(indent=False)] * max(0, wanted - blank)
    return node.with_changes(leading_lines=[*missing, *node.leading_lines])
