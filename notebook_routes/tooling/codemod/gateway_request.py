"""`REQUEST`, the JSON text that the kernel gateway gives a cell, as what a `%%route` cell is given by name.

    req = json.loads(REQUEST)
    req["path"]["id"]                  id
    req["args"]["page"][0]             query["page"]
    req["headers"]["Content-Type"]     request.headers["Content-Type"]
    req["body"]                        body

Where the whole is needed, it is written as the dict that it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.gateway_form import with_lists
from notebook_routes.tooling.codemod.nodes import (
    NameVisitor,
    Statement,
    as_statement,
    code,
    constant,
    dotted,
    expression,
    index_of,
    literal,
    positional,
    target_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REQUEST = "REQUEST"
_PARTS = ("body", "args", "path", "headers")
_WHOLE = {
    "args": "{{name: {query}.get_all(name) for name in {query}.keys()}}",
    "path": "dict(params)",
    "headers": "{{name.title(): value for name, value in request.headers.items()}}",
    "body": "body",
}


class GatewayRequest:
    """Rewrites what a cell reads of `REQUEST`.

    Args:
        segments: for each parameter of the path the name of its segment.

    Attributes:
        reads_body: whether it reads the body.
    """

    def __init__(self, segments: Mapping[str, str]) -> None:
        self.segments = segments
        self.query = "query"
        #: Names for the whole request, and for parts of it.
        self.names: set[str] = set()
        self.parts: dict[str, str] = {}
        self.reads_body = False

    def rewrite(self, *cells: Sequence[Statement]) -> list[list[Statement]]:
        """The statements of cells that are to be one, cell by cell, reading what they are given by name."""
        statements = [each for cell in cells for each in cell]
        found = _Bindings(self)
        for each in statements:
            each.visit(found)
        self.parts = {name: part for name, part in found.parts.items() if found.times[name] == 1 and part != "body"}
        if found.times.get("query", 0) and "query" not in self.parts:
            self.query = "request.query"
        rewriter = _Rewriter(self)
        whole = _Whole(self)
        for each in statements:
            each.visit(whole)
        rewriter.keeps = whole.names
        new = [self._rewritten(cell, rewriter) for cell in cells]
        if self.reads_body and new:
            new[0] = with_lists(new[0])
        return new

    def _rewritten(self, statements: Sequence[Statement], rewriter: _Rewriter) -> list[Statement]:
        new = [each.visit(rewriter) for each in statements]
        return [as_statement(each) for each in new if not isinstance(each, cst.RemovalSentinel)]

    def is_whole(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the request as a dict."""
        if isinstance(node, cst.Name):
            return node.value in self.names
        return is_parsed(node)

    def part(self, node: cst.BaseExpression) -> str | None:
        """Which part of the request an expression is."""
        if isinstance(node, cst.Name):
            return self.parts.get(node.value)
        key: cst.BaseExpression | None = None
        owner: cst.BaseExpression | None = None
        if isinstance(node, cst.Subscript):
            key, owner = index_of(node), node.value
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "get":
            given = positional(node)
            key, owner = (given[0] if given else None), node.func.value
        name = text_of(key)
        found = name if owner is not None and name in _PARTS and self.is_whole(owner) else None
        self.reads_body = self.reads_body or found == "body"
        return found

    def whole(self, part: str) -> cst.BaseExpression:
        """A part of the request as the dict that it was."""
        return expression(_WHOLE[part].format(query=self.query))


def is_parsed(node: cst.CSTNode) -> bool:
    """Whether an expression is `json.loads(REQUEST)`."""
    if not isinstance(node, cst.Call) or len(node.args) != 1:
        return False
    return dotted(node.func) in ("json.loads", "loads") and dotted(node.args[0].value) == _REQUEST


class _Bindings(cst.CSTVisitor):
    """Names that a cell binds, and which of them stand for the request or a part of it."""

    def __init__(self, owner: GatewayRequest) -> None:
        self._owner = owner
        self.parts: dict[str, str] = {}
        self.times: dict[str, int] = {}

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        for name in _names_bound(node.target):
            self.times[name] = self.times.get(name, 0) + 1

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        bound = target_of(node)
        if bound is None:
            return
        if is_parsed(bound[1]):
            self._owner.names.add(bound[0])
        part = self._owner.part(bound[1])
        if part is not None:
            self.parts[bound[0]] = part


def _names_bound(node: cst.CSTNode) -> list[str]:
    if isinstance(node, cst.Name):
        return [node.value]
    if isinstance(node, (cst.Tuple, cst.List)):
        return [name for element in node.elements for name in _names_bound(element.value)]
    return []


class _Whole(NameVisitor):
    """Which names of the request are used as a whole."""

    def __init__(self, owner: GatewayRequest) -> None:
        self._owner = owner
        self.names: set[str] = set()

    def visit_AssignTarget(self, node: cst.AssignTarget) -> bool:  # noqa: ARG002 - LibCST's signature
        return False

    def visit_Subscript(self, node: cst.Subscript) -> bool:
        return self._owner.part(node) is None

    def visit_Call(self, node: cst.Call) -> bool:
        return self._owner.part(node) is None

    def visit_Name(self, node: cst.Name) -> None:
        if node.value in self._owner.names:
            self.names.add(node.value)


class _Rewriter(cst.CSTTransformer):
    def __init__(self, owner: GatewayRequest) -> None:
        super().__init__()
        self._owner = owner
        self._done: set[int] = set()
        #: Names of the request that are used as a whole.
        self.keeps: set[str] = set()

    # -- lines

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        before, after = target_of(original_node), target_of(updated_node)
        if before is None or after is None:
            return updated_node
        is_request = is_parsed(before[1]) and before[0] not in self.keeps
        is_part = before[0] in self._owner.parts and self._owner.part(before[1]) is not None
        is_same = isinstance(after[1], cst.Name) and after[1].value == after[0] and code(before[1]) != after[0]
        return cst.RemoveFromParent() if is_request or is_part or is_same else updated_node

    def visit_AssignTarget(self, node: cst.AssignTarget) -> bool:
        # The name on the left of its own assignment is no use of the part.
        return not isinstance(node.target, cst.Name)

    # -- expressions, from the outside in

    def visit_Subscript(self, node: cst.Subscript) -> bool:
        if self._first_of(node) is not None or self._owner.part(node.value) is not None:
            self._mark(node.value)
        return self._owner.part(node) is None

    def visit_Call(self, node: cst.Call) -> bool:
        func = node.func
        if isinstance(func, cst.Attribute) and func.attr.value == "get" and self._owner.part(func.value) is not None:
            self._mark(func.value)
        return not is_parsed(node) and self._owner.part(node) is None

    def visit_Comparison(self, node: cst.Comparison) -> None:
        if isinstance(node.comparisons[0].operator, (cst.In, cst.NotIn)):
            part = self._owner.part(node.comparisons[0].comparator)
            if part in ("args", "headers"):
                self._mark(node.comparisons[0].comparator)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return not isinstance(node.value, cst.Name) or node.value.value in self._owner.parts

    def _mark(self, node: cst.CSTNode) -> None:
        self._done.add(id(node))

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.BaseExpression:
        if id(original_node) in self._done:
            return updated_node
        first = self._first_of(original_node)
        if first is not None:
            return first
        part = self._owner.part(original_node.value)
        key = index_of(updated_node)
        if part is not None and key is not None and id(original_node.value) in self._done:
            return self._item(part, key, updated_node)
        own = self._owner.part(original_node)
        return updated_node if own is None else self._owner.whole(own)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if id(original_node) in self._done:
            return updated_node
        if is_parsed(original_node):
            parts = ", ".join(f'"{part}": {code(self._owner.whole(part))}' for part in _PARTS)
            return expression(f"{{{parts}}}")
        func = original_node.func
        if isinstance(func, cst.Attribute) and func.attr.value == "get":
            part, given = self._owner.part(func.value), positional(updated_node)
            if part is not None and given:
                return self._got(part, given, updated_node)
        own = self._owner.part(original_node)
        return updated_node if own is None else self._owner.whole(own)

    def leave_Comparison(self, original_node: cst.Comparison, updated_node: cst.Comparison) -> cst.BaseExpression:
        target = original_node.comparisons[0]
        part = self._owner.part(target.comparator)
        if part is None or id(target.comparator) not in self._done:
            return updated_node
        where = self._owner.query if part == "args" else "request.headers"
        new = updated_node.comparisons[0].with_changes(comparator=expression(where))
        return updated_node.with_changes(comparisons=[new])

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        part = self._owner.parts.get(original_node.value)
        if part is None or id(original_node) in self._done:
            return updated_node
        return self._owner.whole(part)

    # -- what the parts become

    def _first_of(self, node: cst.Subscript) -> cst.BaseExpression | None:
        """`args["page"][0]` and `args.get("page", ["1"])[0]`."""
        if constant(index_of(node)) != 0:
            return None
        inner = node.value
        if isinstance(inner, cst.Subscript) and self._owner.part(inner.value) == "args":
            key = index_of(inner)
            return expression(f"{self._owner.query}[{code(key)}]") if key is not None else None
        func = inner.func if isinstance(inner, cst.Call) else None
        if not isinstance(inner, cst.Call) or not isinstance(func, cst.Attribute) or func.attr.value != "get":
            return None
        given = positional(inner)
        if not given or self._owner.part(func.value) != "args":
            return None
        if len(given) == 1:
            return expression(f"{self._owner.query}[{code(given[0])}]")
        default = given[1]
        if not isinstance(default, (cst.List, cst.Tuple)) or not default.elements:
            return None
        value = default.elements[0].value
        end = "" if constant(value) is None else f", {code(value)}"
        return expression(f"{self._owner.query}.get({code(given[0])}{end})")

    def _item(self, part: str, key: cst.BaseExpression, node: cst.Subscript) -> cst.BaseExpression:
        if part == "args":
            return expression(f"{self._owner.query}.get_all({code(key)})")
        if part == "headers":
            return expression(f"request.headers[{code(key)}]")
        if part == "path":
            name = self._owner.segments.get(text_of(key) or "")
            if name is not None and name.isidentifier():
                return cst.Name(name)
            return expression(f"params[{code(key) if name is None else literal(name)}]")
        return node.with_changes(value=cst.Name("body"))

    def _got(self, part: str, given: Sequence[cst.BaseExpression], node: cst.Call) -> cst.BaseExpression:
        key = code(given[0])
        default = f", {code(given[1])}" if len(given) > 1 else ""
        if part == "args":
            absent = code(given[1]) if len(given) > 1 else "None"
            return expression(f"({self._owner.query}.get_all({key}) or {absent})")
        if part == "headers":
            return expression(f"request.headers.get({key}{default})")
        if part == "path":
            name = self._owner.segments.get(text_of(given[0]) or "")
            if name is not None and name.isidentifier():
                return cst.Name(name)
            return expression(f"params.get({key if name is None else literal(name)}{default})")
        assert isinstance(node.func, cst.Attribute)
        return node.with_changes(func=node.func.with_changes(value=cst.Name("body")))
