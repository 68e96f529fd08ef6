"""What a cell seems to answer, and does not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.routing.segment import is_invisible

if TYPE_CHECKING:
    from notebook_routes.routing import Directive

_SAYS_MORE = (ast.Return, ast.Yield, ast.YieldFrom)


def answer_remarks(directive: Directive, body: str) -> list[str]:
    """Sentences to show below a cell.

    Args:
        directive: the cell's line.
        body: the text below it; none for a page.
    """
    remarks = []
    last = directive.pattern.text.rpartition("/")[2]
    if last.startswith("(") and is_invisible(last):
        name = last.strip("()")
        remarks.append(f"{last} is a group, which is no part of the address: for a parameter write [{name}]")
    # What changes something may well have nothing to say.
    if directive.method == "GET" and body:
        remarks += _nothing_said(body)
    return remarks


def _nothing_said(body: str) -> list[str]:
    """A body whose last line is what beginners take for the answer."""
    from notebook_routes.runtime.celltext import CellText  # noqa: PLC0415 - %load_ext must not wait for it

    tree = CellText.read(body, first_line=1).parse()
    if any(isinstance(node, _SAYS_MORE) for node in ast.walk(tree)):
        return []
    match tree.body[-1]:
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
            return ["print shows its text here and answers nothing (204): end the cell with the value itself"]
        case (
            ast.Assign(targets=[ast.Name(id=name), *_])
            | ast.AnnAssign(target=ast.Name(id=name))
            | ast.AugAssign(target=ast.Name(id=name))
        ):
            return [f"The last line gives `{name}` a value and answers nothing (204): write {name} below it"]
    return []
