"""Compiling a text under the line numbers of another.

A handler is compiled from its expanded source, but tracebacks, their carets and the debugger should speak of
the cell. So every node of the syntax tree is moved to where its text came from before it is compiled.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from types import CodeType

#: From a line and a byte column of the source to those of the cell; no column for lines of ours.
Locate: TypeAlias = Callable[[int, int], tuple[int, int | None]]


def compile_source(
    source: str, *, filename: str, locate: Locate, rewrite: Callable[[ast.Module], ast.Module] | None = None
) -> CodeType:
    """Compile a module's source with the positions that `locate` gives.

    Args:
        source: the text that is compiled.
        filename: what tracebacks call it; `linecache` should hold the cell under this name.
        locate: where a line and column of `source` came from.
        rewrite: a last change of the syntax tree, whose positions are the cell's by then.

    Raises:
        SyntaxError: as `compile`, with `lineno` counted in the cell.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = ast.parse(source, filename)
        except SyntaxError as error:
            if error.lineno is not None:
                error.lineno = locate(error.lineno, 0)[0]
            raise
    for warning in caught:
        line, _ = locate(warning.lineno, 0)
        warnings.warn_explicit(warning.message, warning.category, filename, line)
    for node in ast.walk(tree):
        if isinstance(node, _PLACED):
            _move(node, locate)
    if rewrite is not None:
        tree = rewrite(tree)
    return compile(tree, filename, "exec", dont_inherit=True)


_PLACED = (ast.stmt, ast.expr, ast.arg, ast.keyword, ast.alias, ast.excepthandler, ast.pattern) + (
    (ast.type_param,) if hasattr(ast, "type_param") else ()
)


def _move(node: ast.stmt | ast.expr, locate: Locate) -> None:
    start_line, start = locate(node.lineno, node.col_offset)
    end_line, end = locate(node.end_lineno or node.lineno, node.end_col_offset or 0)
    if start is None or end is None:
        # `compile` takes -1 for "no column", on one line only. A handler begins in a line of ours and
        # ends in the user's; its own position is that of its `def`.
        node.lineno = node.end_lineno = start_line
        node.col_offset = node.end_col_offset = -1
        return
    # Python 3.11 misplaces parts of f-strings that span lines; `compile` insists on start before end.
    end_line = max(start_line, end_line)
    node.lineno, node.col_offset = start_line, max(start, 0)
    node.end_lineno = end_line
    node.end_col_offset = max(end, node.col_offset) if end_line == start_line else max(end, 0)
