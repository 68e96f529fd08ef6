"""Uses of `res`: the chain of calls that a line is, what reads back what was set, and what is left of it in the end."""

# ruff: noqa: D102 - the methods are LibCST's, one for each kind of node

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import (
    NameVisitor,
    Statement,
    code,
    constant,
    expression,
    names_in,
    only_small,
)
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable

_CAPITAL = re.compile("[A-Z]")


def chain_of(node: Statement, response: str) -> list[tuple[str, cst.Call]] | None:
    """The calls on `res` that a line is, from the left: `res.status(201).json(x)`; None for any other line.

    Args:
        node: the line.
        response: what `res` is called there.

    Raises:
        NotUnderstood: an attribute of it is set that no `Response` has.
    """
    small = only_small(node)
    bound = small.targets[0].target if isinstance(small, cst.Assign) and len(small.targets) == 1 else None
    if isinstance(bound, cst.Attribute) and isinstance(small, cst.Assign):
        if isinstance(bound.value, cst.Name) and bound.value.value == response:
            if _snake(bound.attr.value) in ("status_code", "status"):
                return [("status", cst.Call(bound, [cst.Arg(small.value)]))]
            raise NotUnderstood(f"{code(bound)} has no place in a Response")
        return None
    value = small.value if isinstance(small, (cst.Expr, cst.Return)) else None
    if isinstance(value, cst.Await):
        value = value.expression
    found: list[tuple[str, cst.Call]] = []
    while isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):
        found.insert(0, (_snake(value.func.attr.value), value))
        value = value.func.value
    is_chain = bool(found) and isinstance(value, cst.Name) and value.value == response
    return found if is_chain else None


def answer_status(node: Statement, response: str) -> int | None:
    """The status of a line that answers with a plain one; None for any other."""
    calls = chain_of(node, response)
    for name, call in calls or ():
        if name in ("status", "write_head") and call.args:
            value = constant(call.args[0].value)
            return value if isinstance(value, int) else None
    return None


class HeaderReads(cst.CSTVisitor):
    """Whether a line reads back what was set."""

    def __init__(self, response: str, setters: frozenset[str]) -> None:
        self._res = response
        self._setters = setters
        self.reads_headers = False

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Name) and node.func.value in self._setters:
            self.reads_headers = True

    def visit_Attribute(self, node: cst.Attribute) -> None:
        is_ours = isinstance(node.value, cst.Name) and node.value.value == self._res
        if is_ours and _snake(node.attr.value) in ("get_header", "has_header"):
            self.reads_headers = True


class HeaderReadsRewrite(cst.CSTTransformer):
    """`res.get_header(name)` as a look into the variable, which functions that set headers are given too."""

    def __init__(self, response: str, headers: str, setters: frozenset[str]) -> None:
        super().__init__()
        self._res = response
        self._new = headers
        self._setters = setters

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not isinstance(original_node.func, cst.Name) or original_node.func.value not in self._setters:
            return updated_node
        given = [
            each.with_changes(value=cst.Name(self._new))
            if isinstance(each.value, cst.Name) and each.value.value == self._res
            else each
            for each in updated_node.args
        ]
        return updated_node.with_changes(args=given)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if isinstance(original_node.value, cst.Name) and original_node.value.value == self._res:
            word = {"get_header": "get", "has_header": "has"}.get(_snake(original_node.attr.value))
            if word is not None:
                return expression(f"{self._new}.{word}")
        return updated_node


class FirstLeft(NameVisitor):
    """The first use of `res` that is left, but for where a helper answers in the function's place."""

    def __init__(self, response: str, is_help: Callable[[cst.BaseExpression], bool]) -> None:
        self._res = response
        self._is_help = is_help
        self.text: str | None = None

    def visit_Return(self, node: cst.Return) -> bool:
        return node.value is None or not self._is_help(node.value)

    def visit_Call(self, node: cst.Call) -> None:
        if self.text is None and self._res in names_in([node]):
            self.text = code(node)

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == self._res and self.text is None:
            self.text = node.value


def with_reads_rewritten(call: cst.Call, response: str, headers: str) -> cst.Call:
    """A call of a chain whose arguments read what was set."""
    reader = HeaderReadsRewrite(response, headers, frozenset())
    given = [each.visit(reader) for each in call.args]
    return call.with_changes(args=[each for each in given if isinstance(each, cst.Arg)])


def _snake(name: str) -> str:
    return _CAPITAL.sub(lambda letter: f"_{letter.group().lower()}", name)
