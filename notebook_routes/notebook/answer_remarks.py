"""What a cell seems to answer, and does not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.routing import METHODS
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
    if not body:
        return remarks
    from notebook_routes.runtime.celltext import CellText  # noqa: PLC0415 - %load_ext must not wait for it

    tree = CellText.read(body, first_line=1).parse()
    if directive.method is None:
        remarks += _not_returned(tree)
    elif directive.method == "GET":
        # What changes something may well have nothing to say.
        remarks += _nothing_said(tree)
    return remarks


def _not_returned(tree: ast.Module) -> list[str]:
    """Handlers of a module whose last line is a value that goes nowhere."""
    handlers = [
        statement
        for statement in tree.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name in METHODS
    ]
    return [
        f"{handler.name} ends with a value and returns nothing (204): write return in front of it"
        for handler in handlers
        if not any(isinstance(node, _SAYS_MORE) for node in ast.walk(handler)) and _is_bare(handler.body[-1])
    ]


def _is_bare(last: ast.stmt) -> bool:
    """Whether it is a value and does nothing: no call, but one that makes a Response; no docstring and no `...`."""
    match last:
        case ast.Expr(value=ast.Call(func=ast.Name(id="Response") | ast.Attribute(value=ast.Name(id="Response")))):
            return True
        case ast.Expr(value=ast.Call() | ast.Await() | ast.Constant()):
            return False
    return isinstance(last, ast.Expr) and not any(isinstance(node, ast.Call) for node in ast.walk(last))


def _nothing_said(tree: ast.Module) -> list[str]:
    """A body whose last line is what beginners take for the answer."""
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
