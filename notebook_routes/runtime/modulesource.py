"""The source of a module-form cell: the cell, and the options of its line as constants."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.routing import METHODS
from notebook_routes.runtime.body_names import Act, BodyNames
from notebook_routes.runtime.constants import write_constants
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_routes.routing import Directive
    from notebook_routes.runtime.celltext import CellText


@dataclass(frozen=True)
class ModuleSource:
    """What a module-form cell is compiled from.

    Attributes:
        source: the cell's text, with the options of its line below the imports at the top.
        origins: for every line of `source` its line in the cell; None for lines that are not the user's.
        constant_lines: where the cell itself assigns constants that are also on the magic line.
    """

    source: str
    origins: tuple[int | None, ...]
    constant_lines: Mapping[str, int]

    def locate(self, line: int, column: int) -> tuple[int, int | None]:
        """Where a place of `source` is in the cell; a line that is not the user's is the magic line's."""
        origin = self.origins[min(line, len(self.origins)) - 1]
        if origin is None:
            first = min((number for number in self.origins if number is not None), default=2)
            return max(first - 1, 1), None
        return origin, column


def expand_module(cell: CellText, directive: Directive) -> ModuleSource:
    """Write a module-form cell as the module that it is.

    Raises:
        CellError: it is no Python, uses `return`, `yield` or `await` outside functions, or has no handler.
    """
    path = directive.pattern.text
    tree = cell.parse()
    names = read_names(tree.body)
    _refuse_body(cell, names, path=path)
    _refuse_no_handler(cell, names, path=path)
    return assemble_module(cell, directive)


def assemble_module(cell: CellText, directive: Directive) -> ModuleSource:
    """Write a cell that is a module, with the options of its line as constants; only what is no Python is refused.

    Raises:
        CellError: it is no Python.
    """
    tree = cell.parse()
    constant_lines = {name: line for name, line in _assigned(tree.body).items() if name in directive.options}
    stated = write_constants({name: value for name, value in directive.options.items() if name not in constant_lines})
    lines: list[tuple[str, int | None]] = [(line, number + cell.first_line) for number, line in enumerate(cell.lines)]
    while len(lines) > 1 and not lines[-1][0].strip() and not lines[-2][0].endswith("\\"):
        lines.pop()
    if stated:
        place = _below_imports(tree.body, end=len(lines))
        before, after = lines[:place], lines[place:]
        gap_above: list[tuple[str, int | None]] = [("", None)] if before else []
        gap_below: list[tuple[str, int | None]] = [("", None)] if after and after[0][0].strip() else []
        lines = [*before, *gap_above, *((line, None) for line in stated), *gap_below, *after]
    return ModuleSource(
        source="".join(f"{line}\n" for line, _ in lines),
        origins=tuple(origin for _, origin in lines),
        constant_lines={name: line + cell.first_line - 1 for name, line in constant_lines.items()},
    )


def _assigned(body: Sequence[ast.stmt]) -> dict[str, int]:
    """The names that statements of the module itself assign, whatever happens, and their lines."""
    return {
        target.id: statement.lineno
        for statement in body
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name)
    }


def _below_imports(body: Sequence[ast.stmt], *, end: int) -> int:
    """How many lines the docstring and the imports at the top take; `end` if a line goes on after them."""
    place = 0
    for index, statement in enumerate(body):
        docstring = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not docstring and not isinstance(statement, (ast.Import, ast.ImportFrom)):
            return place if statement.lineno > place else end
        place = statement.end_lineno or statement.lineno
    return place


def _refuse_body(cell: CellText, names: BodyNames, *, path: str) -> None:
    """What only the body of a function can hold."""
    found = [
        *((statement.lineno, "return") for statement in names.returns),
        *((line, "yield") for line in names.yields),
        *((line, "await") for line in names.awaits),
    ]
    if found:
        line, word = min(found)
        raise cell.error(
            f'a line without a method makes the cell a whole module, and "{word}" stands outside its '
            f"functions: name the method on the line (%%route GET {path}), or put this into def GET(...)",
            line,
        )


def _refuse_no_handler(cell: CellText, names: BodyNames, *, path: str) -> None:
    bound = names.bound
    if names.star_imports or not bound.isdisjoint(METHODS):
        return
    for method in METHODS:
        if method.lower() in bound:
            line = names.of(method.lower())[0].line
            raise cell.error(f"handlers are spelled in capitals: write def {method}(...)", line)
    defined = sorted({seen.name for seen in names.occurrences if seen.act is Act.STORE and not seen.nested})
    has = f"it defines {', '.join(defined)}" if defined else "it defines nothing"
    raise cell.error(
        f"a line without a method makes the cell a whole module, and this one has no handler ({has}): define "
        f"{', '.join(METHODS[:-1])} or {METHODS[-1]}, or name the method on the line: %%route GET {path}",
        None,
    )
