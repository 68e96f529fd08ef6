"""From the body of a handler to the source of a module.

A `%%route GET /products/[id]` cell is sugar: its text is put into `def GET(...)`, with the arguments that it
uses and the options of its line as module constants. That source is what is compiled, what `%routes source`
prints and what the export writes. The user's lines stay as they are, indented; only `return` comes in front
of the last expression.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.routing import METHODS
from notebook_routes.runtime.body_names import Act, BodyNames
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.constants import write_constants
from notebook_routes.runtime.indent import indent_line, lines_inside_strings
from notebook_routes.runtime.positions import compile_source
from notebook_routes.runtime.refuse import (
    refuse_declarations,
    refuse_definition,
    refuse_dropped,
    refuse_empty,
    refuse_stream_return,
    refuse_unassigned,
    refuse_uncalled,
)
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from notebook_routes.routing import Directive

_GIVEN = ("request", "context", "params", "query", "body")
_RETURN = "return "
# What formatters leave on one line.
_SIGNATURE_WIDTH = 88

_Line = tuple[str, tuple[int, int] | None]


@dataclass(frozen=True)
class Expansion:
    """The module source of a body-form cell.

    Attributes:
        source: constants, then `def GET(...)` or `async def GET(...)`; ends with a newline.
        origins: for every line of `source`, the line in the cell (the magic line is line 1) and the columns
            that were added in front of it; None for lines that are not the user's. The `return` is not
            counted: see `answer`.
        parameters: the arguments of the handler, in order.
        answer: line and byte column of `source` where `return ` was put in front of the last expression, or
        None.
        first_line: the line of the cell where the body begins.
    """

    source: str
    origins: tuple[tuple[int, int] | None, ...]
    parameters: tuple[str, ...]
    answer: tuple[int, int] | None = None
    first_line: int = 2

    def locate(self, line: int, column: int) -> tuple[int, int | None]:
        """Where a place of `source` is in the cell.

        Args:
            line: counted from 1.
            column: counted from 0, in bytes of UTF-8, as `ast` does.

        Returns:
            Line and column in the cell; for a line that is not the user's, the magic line and None.
        """
        origin = self.origins[min(line, len(self.origins)) - 1]
        if origin is None:
            return max(self.first_line - 1, 1), None
        cell_line, added = origin
        if self.answer is not None and line == self.answer[0] and column > self.answer[1]:
            column = max(column - len(_RETURN), self.answer[1])
        return cell_line, max(column - added, 0)


def expand_body(
    cell: str,
    directive: Directive,
    *,
    namespace: Mapping[str, object] | None = None,
    first_line: int = 2,
    name: str | None = None,
    given: Sequence[str] = _GIVEN,
) -> Expansion:
    """Expand the body of one handler to module source.

    Args:
        cell: the text below the magic line.
        directive: the magic line, with a method.
        namespace: the notebook's names, which tell a forgotten `global` from a plain mistake.
        first_line: the line of the cell where `cell` begins.
        name: what the function is called; by default the method.
        given: the arguments that it can have beside segments and typed parameters.

    Raises:
        CellError: the body is refused; nothing has run.
    """
    name = name or directive.method
    if name is None:
        raise ValueError("expand_body takes the body of one handler; a line without a method is a whole module")
    text = CellText.read(cell, first_line=first_line)
    namespace = namespace or {}
    route = f"{name} {directive.pattern.text}"

    tree = text.parse()
    future, statements = _split_future(text, tree.body)
    refuse_empty(text, statements, route=route)
    refuse_definition(text, statements, path=directive.pattern.text, methods=METHODS)
    names = read_names(statements)
    refuse_declarations(text, names, given=_in_scope(directive, given))
    parameters = _parameters(directive, names, given)
    refuse_unassigned(text, names, parameters=[parameter.name for parameter in parameters], namespace=namespace)
    refuse_stream_return(text, names)
    refuse_dropped(text, statements, names=names, namespace=namespace)

    answer = _answer(statements[-1], names)
    expansion = _assemble(
        text, directive, parameters, name=name, future=future, answer=answer, is_async=bool(names.awaits)
    )
    _check(expansion, text)
    refuse_uncalled(text, statements, names=names, handler=name)
    return expansion


@dataclass(frozen=True)
class _Parameter:
    name: str
    annotation: str | None = None
    default: str | None = None

    def __str__(self) -> str:
        text = self.name if self.annotation is None else f"{self.name}: {self.annotation}"
        if self.default is None:
            return text
        return f"{text} = {self.default}" if self.annotation is not None else f"{text}={self.default}"


def _split_future(cell: CellText, body: Sequence[ast.stmt]) -> tuple[list[ast.ImportFrom], list[ast.stmt]]:
    """The `from __future__` imports at the top of the body, and the other statements."""
    future: list[ast.ImportFrom] = []
    rest: list[ast.stmt] = []
    for index, statement in enumerate(body):
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and not statement.level:
            if len(rest) > 1 or (rest and not _is_docstring(rest[0])):
                raise cell.error("write from __future__ imports above the other lines of the cell", statement.lineno)
            before = body[index - 1].end_lineno if index else 0
            after = body[index + 1].lineno if index + 1 < len(body) else 0
            if statement.lineno == before or statement.end_lineno == after:
                raise cell.error("give the from __future__ import a line of its own", statement.lineno)
            future.append(statement)
        else:
            rest.append(statement)
    return future, rest


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _in_scope(directive: Directive, given: Sequence[str]) -> frozenset[str]:
    typed = (parameter.name for parameter in directive.parameters)
    return frozenset({*directive.pattern.identifier_names, *typed, *given})


def _parameters(directive: Directive, names: BodyNames, given: Sequence[str]) -> list[_Parameter]:
    """The arguments that the body uses: those it reads before it has certainly given them a value."""
    used = {seen.name for seen in names.occurrences if seen.act is not Act.STORE and not seen.settled}
    typed = {
        parameter.name: _Parameter(parameter.name, parameter.annotation, parameter.default)
        for parameter in directive.parameters
    }
    segments = [typed.pop(name, _Parameter(name)) for name in directive.pattern.identifier_names]
    in_scope = [*segments, *typed.values(), *(_Parameter(name) for name in given)]
    found = [parameter for parameter in in_scope if parameter.name in used]
    return sorted(found, key=lambda parameter: parameter.default is not None)


def _answer(last: ast.stmt, names: BodyNames) -> ast.Expr | None:
    return last if isinstance(last, ast.Expr) and not names.yields else None


def _assemble(
    cell: CellText,
    directive: Directive,
    parameters: Sequence[_Parameter],
    *,
    name: str,
    future: Sequence[ast.ImportFrom],
    answer: ast.Expr | None,
    is_async: bool,
) -> Expansion:
    hoisted = [number for statement in future for number in _span(statement)]
    sections: list[list[_Line]] = [
        [(cell.lines[number - 1], (number + cell.first_line - 1, 0)) for number in hoisted],
        [(line, None) for line in write_constants(directive.options)],
    ]
    lines: list[_Line] = []
    for section in sections:
        if lines and section:
            lines.append(("", None))
        lines += section
    if lines:
        lines += [("", None), ("", None)]
    signature = _signature(f"{'async ' if is_async else ''}def {name}", parameters)
    lines += [(line, None) for line in signature]

    place: tuple[int, int] | None = None
    inside = lines_inside_strings(cell.text)
    for number in _trimmed(cell, frozenset(hoisted)):
        line, added = cell.lines[number - 1], 0
        starts_answer = answer is not None and answer.lineno == number
        if starts_answer and answer is not None:
            before = line.encode()[: answer.col_offset].decode()
            line = before + _RETURN + line[len(before) :]
        if number not in inside:
            line, added = indent_line(line)
        lines.append((line, (number + cell.first_line - 1, added)))
        if starts_answer and answer is not None:
            place = (len(lines), answer.col_offset + added)
    return Expansion(
        source="".join(f"{line}\n" for line, _ in lines),
        origins=tuple(origin for _, origin in lines),
        parameters=tuple(parameter.name for parameter in parameters),
        answer=place,
        first_line=cell.first_line,
    )


def _span(statement: ast.stmt) -> range:
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def _trimmed(cell: CellText, hoisted: frozenset[int]) -> list[int]:
    """The lines of the body without those hoisted, and without blank lines at both ends."""
    numbers = [number for number in range(1, len(cell.lines) + 1) if number not in hoisted]
    filled = [index for index, number in enumerate(numbers) if cell.lines[number - 1].strip()]
    # A backslash continues into the blank line below it.
    last = filled[-1] + (2 if cell.lines[numbers[filled[-1]] - 1].endswith("\\") else 1)
    return numbers[filled[0] : last]


def _signature(start: str, parameters: Iterable[_Parameter]) -> list[str]:
    texts = [str(parameter) for parameter in parameters]
    line = f"{start}({', '.join(texts)}):"
    if len(line) <= _SIGNATURE_WIDTH or not texts:
        return [line]
    return [f"{start}(", *(f"    {text}," for text in texts), "):"]


def _check(expansion: Expansion, cell: CellText) -> None:
    """Let Python find the rest: `break` outside a loop, a `global` too late, an unknown future feature."""
    with warnings.catch_warnings():
        # They are reported when the route is defined.
        warnings.simplefilter("ignore")
        try:
            compile_source(expansion.source, filename="<cell>", locate=expansion.locate)
        except SyntaxError as error:
            raise cell.error_in_cell(f"Python: {error.msg}", error.lineno) from error
