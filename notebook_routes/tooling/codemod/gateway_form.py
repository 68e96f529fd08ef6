"""Forms as the kernel gateway gives them: a dict with a list for each name, where `body` is a FormData here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import (
    Statement,
    constant,
    index_of,
    positional,
    statement,
    target_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_AS_DICT = """if isinstance(body, FormData):
    body = {name: body.get_all(name) for name in body.keys()}
"""


def with_lists(statements: Sequence[Statement]) -> list[Statement]:
    """Statements that read `body`, behind what makes a dict of a form where more of it is read than JSON has by a name.

    `body["name"]` alone is taken for JSON: of a form it is a list, of which the first is read, `body["name"][0]`.
    """
    found = _Uses()
    for each in statements:
        each.visit(found)
    return [*([statement(_AS_DICT)] if found.reads_lists else []), *statements]


class _Uses(cst.CSTVisitor):
    """What is done with `body`, and with other names for it."""

    def __init__(self) -> None:
        self.reads_lists = False
        self._names = {"body"}
        #: Names that are no use of it, or one by a name.
        self._settled: set[int] = set()

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        bound = target_of(node)
        if bound is not None and self._is_body(bound[1]):
            self._names.add(bound[0])
            self._settled.add(id(bound[1]))

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._settled.add(id(node.target))

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._settled.add(id(node.attr))

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._settled.add(id(node.keyword))

    def visit_Comparison(self, node: cst.Comparison) -> None:
        for each in node.comparisons:
            if isinstance(each.operator, (cst.In, cst.NotIn)):
                self._settled.add(id(each.comparator))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        key = index_of(node)
        if isinstance(constant(key), int) and self._by_name(node.value) is not None:
            self.reads_lists = True
        self._settle(node)

    def visit_Call(self, node: cst.Call) -> None:
        self._settle(node)

    def visit_Name(self, node: cst.Name) -> None:
        if self._is_body(node) and id(node) not in self._settled:
            self.reads_lists = True

    def _is_body(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.Name) and node.value in self._names

    def _settle(self, node: cst.BaseExpression) -> None:
        owner = self._by_name(node)
        if owner is not None:
            self._settled.add(id(owner))

    def _by_name(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The body itself where one name of it is read: `body["name"]`, `body.get("name")`."""
        owner, key = None, None
        if isinstance(node, cst.Subscript):
            owner, key = node.value, index_of(node)
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "get":
            given = positional(node)
            owner, key = node.func.value, given[0] if given else None
        return owner if owner is not None and self._is_body(owner) and text_of(key) is not None else None
