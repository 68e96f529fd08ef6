"""`req` as `request` and what a handler is given by name: segments of the path, `body`, the query, cookies, headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import libcst as cst

from notebook_routes.routing import Dynamic
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    as_statement,
    behind_docstring,
    code,
    dotted,
    expression,
    index_of,
    names_in,
    positional,
    statement,
    target_of,
    text_of,
    with_todo,
)
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_routes.routing import ParamSegment

_CAPITAL = re.compile("[A-Z]")
_LIST = re.compile(r"\bisinstance\(.*\blist\b")
#: Parts of a request that a local may stand for: `query = req.query`.
_PARTS = ("query", "cookies", "headers")
QUERY_FUNCTION = '''def _query_of(request, params):
    """The query as API Routes have it: a repeated name is a list, and segments of the path come before all."""
    query = {}
    for name in request.query.keys():
        values = request.query.get_all(name)
        query[name] = values if len(values) > 1 else values[0]
    return {**query, **params}
'''
BODY_FUNCTION = '''def _body_of(body):
    """The body as API Routes have it: a form is a dict, where a repeated name is a list."""
    if not isinstance(body, FormData):
        return body
    form = {}
    for name in body.keys():
        values = body.get_all(name)
        form[name] = values if len(values) > 1 else values[0]
    return form
'''


class RequestRewrite:
    """Rewrites what one function reads of `req`.

    Args:
        request: the name of that parameter.
        segments: the dynamic segments of the path.
        helpers: functions of the module that take `req` or `res`, each with what it needs in their place.

    Attributes:
        needs: what the function has to be given: `request`, `body`, `params` and names of segments.
        public: names of `notebook_routes` that the result uses.
        asks_whole_query: whether it needs the function `_query_of`.
        asks_whole_body: whether it needs the function `_body_of`.
    """

    def __init__(
        self, request: str, segments: Mapping[str, ParamSegment], helpers: Mapping[str, Sequence[str]], response: str
    ) -> None:
        self.request = request
        self.response = response
        self.segments = segments
        self.helpers = helpers
        self.needs: set[str] = set()
        self.public: set[str] = set()
        self.asks_whole_query = False
        self.asks_whole_body = False
        self.parts: dict[str, str] = {}
        self.body_as_dict = False
        self.expects_lists = False

    def rewrite(self, statements: Sequence[Statement]) -> list[Statement]:
        """The statements, reading of `request`.

        Raises:
            NotUnderstood: `req` is read in a way that is not known.
        """
        aliases = _Aliases(self.request)
        for each in statements:
            each.visit(aliases)
        self.parts = aliases.parts
        self.expects_lists = any(_LIST.search(code(each)) for each in statements)
        rewriter = _Rewriter(self, aliases.bodies)
        found: list[Statement] = []
        for each in statements:
            found += rewriter.statement(each)
        if self.body_as_dict:
            found = behind_docstring(found, [statement("if body is None:\n    body = {}\n")])
        if self.asks_whole_body:
            self.public.add("FormData")
            found = behind_docstring(found, [statement("body = _body_of(body)")])
        if self.request != "request" and self.request in names_in(found):
            raise NotUnderstood(f"{self.request} is used in a way that a Request does not have")
        return found


class _Aliases(cst.CSTVisitor):
    """Locals that stand for a part of the request, bound once."""

    def __init__(self, request: str) -> None:
        self._request = request
        self.parts: dict[str, str] = {}
        self.bodies: set[str] = set()
        self._bound: set[str] = set()

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        bound = target_of(node)
        if bound is None:
            return
        name, value = bound
        again = name in self._bound
        self._bound.add(name)
        self.parts.pop(name, None)
        text = dotted(value)
        if isinstance(value, cst.BooleanOperation):
            text = None
        if text is not None and text.startswith(f"{self._request}."):
            part = text.removeprefix(f"{self._request}.")
            if part in _PARTS and not again:
                self.parts[name] = part
            elif part == "body":
                self.bodies.add(name)


class _Rewriter(cst.CSTTransformer):
    def __init__(self, owner: RequestRewrite, bodies: set[str]) -> None:
        super().__init__()
        self._owner = owner
        self._bodies = bodies
        self._done: set[int] = set()
        #: Places where the body is read by a name, or another name for it is bound.
        self._by_key: set[int] = set()

    def statement(self, node: Statement) -> list[Statement]:
        visited = node.visit(self)
        if isinstance(visited, cst.FlattenSentinel):
            return list(visited)
        if isinstance(visited, cst.RemovalSentinel):
            return []
        reason, self._todo = self._todo, None
        return [as_statement(visited) if reason is None else with_todo(as_statement(visited), reason)]

    # -- lines

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        bound = target_of(node)
        if bound is not None and bound[0] in self._bodies and self._is_body(bound[1]):
            # A local that stands for it: what is done with that one tells.
            self._by_key.add(id(bound[1]))
        return not (bound is not None and self._owner.parts.get(bound[0]) == self._part(bound[1]) is not None)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._by_key.add(id(node.target))

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        before = target_of(original_node)
        if before is not None and self._owner.parts.get(before[0]) == self._part(before[1]) is not None:
            return cst.RemoveFromParent()
        bound = target_of(updated_node)
        is_same = bound is not None and isinstance(bound[1], cst.Name) and bound[0] == bound[1].value
        if is_same and before is not None and bound is not None and code(before[1]) != code(bound[1]):
            return cst.RemoveFromParent()
        if self._todo is not None:
            reason, self._todo = self._todo, None
            return with_todo(updated_node, reason)
        return updated_node

    _todo: str | None = None

    # -- expressions, from the outside in: what is done outside is not done again inside

    def visit_Call(self, node: cst.Call) -> None:
        func = node.func
        if isinstance(func, cst.Attribute) and func.attr.value == "get" and self._by_name(func.value, node):
            self._done.add(id(func.value))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        key = index_of(node)
        if self._is_body(node.value):
            self._by_key.add(id(node.value))
        if key is not None and self._part(node.value) is not None and self._takes(self._part(node.value), key):
            self._done.add(id(node.value))

    def visit_Comparison(self, node: cst.Comparison) -> None:
        target = node.comparisons[0]
        if isinstance(target.operator, (cst.In, cst.NotIn)) and self._part(target.comparator) is not None:
            key = text_of(node.left)
            if self._part(target.comparator) != "query" or (key is not None and key not in self._owner.segments):
                self._done.add(id(target.comparator))
        if isinstance(target.operator, (cst.In, cst.NotIn)) and self._is_body(target.comparator):
            self._reads_dict()
            self._by_key.add(id(target.comparator))

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        if node.attr.value == "get" and self._is_body(node.value):
            self._by_key.add(id(node.value))
        # The name behind the dot is none of the function's.
        return not (isinstance(node.value, cst.Name) and node.value.value == self._owner.request)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        if isinstance(original_node.value, cst.Name) and original_node.value.value == self._owner.request:
            if id(original_node) in self._done:
                return updated_node
            self._note_body(original_node)
            return self._attribute(original_node)
        if self._is_body(original_node.value) and original_node.attr.value in ("get", "items", "keys", "pop", "values"):
            self._reads_dict()
        return updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        self._note_body(original_node)
        part = self._owner.parts.get(original_node.value)
        if part is None or id(original_node) in self._done:
            return updated_node
        return self._whole(part)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        func = original_node.func
        if isinstance(func, cst.Name) and func.value in self._owner.helpers:
            return self._help(updated_node, func.value)
        if isinstance(func, cst.Attribute) and id(func.value) in self._done:
            part = self._part(func.value)
            given = positional(updated_node)
            if part is not None and given:
                return self._got(part, original_node.args[0].value, given)
        if any(
            isinstance(arg.value, cst.Name) and arg.value.value == self._owner.request for arg in original_node.args
        ):
            self._todo = f"{code(func)}() was given the request of an API Route, and is given a Request now"
            self._owner.needs.add("request")
            return updated_node.with_changes(
                args=[
                    arg.with_changes(value=cst.Name("request"))
                    if isinstance(arg.value, cst.Name) and arg.value.value == self._owner.request
                    else arg
                    for arg in updated_node.args
                ]
            )
        return updated_node

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        changed: cst.For = self._pieces(original_node, updated_node)
        return changed

    def leave_CompFor(self, original_node: cst.CompFor, updated_node: cst.CompFor) -> cst.CompFor:
        changed: cst.CompFor = self._pieces(original_node, updated_node)
        return changed

    def _pieces(self, original_node: Any, updated_node: Any) -> Any:
        """The body piece by piece, which is one piece here."""
        if code(original_node.iter) != self._owner.request:
            return updated_node
        if original_node.asynchronous is None:
            raise NotUnderstood(f"{self._owner.request} is read piece by piece in a def, where nothing can be awaited")
        self._owner.needs.add("request")
        return updated_node.with_changes(asynchronous=None, iter=expression("[await request.bytes()]"))

    def leave_Subscript(self, original_node: cst.Subscript, updated_node: cst.Subscript) -> cst.BaseExpression:
        if id(original_node.value) in self._done:
            part, key = self._part(original_node.value), index_of(original_node)
            new_key = index_of(updated_node)
            assert part is not None
            assert key is not None
            assert new_key is not None
            return self._item(part, key, new_key)
        if self._is_body(original_node.value):
            self._reads_dict()
        return updated_node

    def leave_Comparison(self, original_node: cst.Comparison, updated_node: cst.Comparison) -> cst.BaseExpression:
        target = original_node.comparisons[0]
        part = self._part(target.comparator)
        if part is None or id(target.comparator) not in self._done:
            return updated_node
        self._owner.needs.add("request")
        new = updated_node.comparisons[0].with_changes(comparator=expression(f"request.{part}"))
        return updated_node.with_changes(comparisons=[new])

    # -- what each part becomes

    def _part(self, node: cst.BaseExpression) -> str | None:
        """Which part of the request an expression is."""
        if isinstance(node, cst.Name):
            return self._owner.parts.get(node.value)
        text = dotted(node)
        part = text.removeprefix(f"{self._owner.request}.") if text is not None else None
        return part if part in _PARTS and text != part else None

    def _is_body(self, node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Name):
            return node.value in self._bodies
        return dotted(node) == f"{self._owner.request}.body"

    def _note_body(self, node: cst.BaseExpression) -> None:
        """A form that is not only read by its names, of which each has its first value there, is a dict."""
        if self._is_body(node) and id(node) not in self._by_key:
            self._owner.asks_whole_body = True
            self._owner.needs.add("body")

    def _reads_dict(self) -> None:
        self._owner.body_as_dict = True
        self._owner.needs.add("body")

    def _takes(self, part: str | None, key: cst.BaseExpression) -> bool:
        """Whether one value is read without looking at the whole."""
        name = text_of(key)
        # Who asks for lists has to have the values of a repeated name, of which `request.query` gives one.
        is_one = name is not None and (name in self._owner.segments or not self._owner.expects_lists)
        return part is not None and (part != "query" or is_one)

    def _by_name(self, node: cst.BaseExpression, call: cst.Call) -> bool:
        part, given = self._part(node), positional(call)
        return part is not None and given is not None and len(given) in (1, 2) and self._takes(part, given[0])

    def _got(self, part: str, key: cst.BaseExpression, given: Sequence[cst.BaseExpression]) -> cst.BaseExpression:
        """`req.query.get(key, default)`."""
        default = f", {code(given[1])}" if len(given) == 2 else ""
        name = text_of(key)
        if part == "query" and name is not None and name in self._owner.segments:
            if isinstance(self._owner.segments[name], Dynamic) or not default:
                return self._segment(name)
            self._owner.needs.add("params")
            return expression(f"params.get({code(key)}{default})")
        self._owner.needs.add("request")
        method = "value" if part == "cookies" else "get"
        return expression(f"request.{part}.{method}({code(given[0])}{default})")

    def _item(self, part: str, key: cst.BaseExpression, new_key: cst.BaseExpression) -> cst.BaseExpression:
        """`req.query[key]`."""
        name = text_of(key)
        if part == "query" and name is not None and name in self._owner.segments:
            return self._segment(name)
        self._owner.needs.add("request")
        return expression(f"request.{part}[{code(new_key)}]{'.value' if part == 'cookies' else ''}")

    def _segment(self, name: str) -> cst.BaseExpression:
        if name.isidentifier():
            self._owner.needs.add(name)
            return cst.Name(name)
        self._owner.needs.add("params")
        return expression(f'params["{name}"]')

    def _attribute(self, node: cst.Attribute) -> cst.BaseExpression:
        word = _CAPITAL.sub(lambda letter: f"_{letter.group().lower()}", node.attr.value)
        if word in _PARTS:
            return self._whole(word)
        self._owner.needs.add("body" if word == "body" else "request")
        if word == "body":
            return cst.Name("body")
        if word == "method":
            return expression("request.method")
        if word == "url":
            return expression("(request.next_url.pathname + request.next_url.search)")
        if word in ("preview", "draft_mode"):
            self._owner.public.add("draft_mode")
            return expression("draft_mode().is_enabled")
        raise NotUnderstood(f"{self._owner.request}.{node.attr.value} has no counterpart in a Request")

    def _whole(self, part: str) -> cst.BaseExpression:
        self._owner.needs.add("request")
        if part == "query":
            self._owner.needs.add("params")
            self._owner.asks_whole_query = True
            return expression("_query_of(request, params)")
        if part == "cookies":
            return expression("{cookie.name: cookie.value for cookie in request.cookies}")
        return expression("dict(request.headers)")

    def _help(self, call: cst.Call, name: str) -> cst.BaseExpression:
        """A call of a function that takes `req` and `res`: it is given what it reads in their place."""
        needs = self._owner.helpers[name]
        self._owner.needs.update(needs)
        replaced = (self._owner.request, self._owner.response)
        others = [
            argument
            for argument in call.args
            if not (isinstance(argument.value, cst.Name) and argument.value.value in replaced)
        ]
        given = [f"{need}={need}" for need in needs]
        text = ", ".join([*(code(argument).rstrip(", ") for argument in others), *given])
        return expression(f"{name}({text})")
