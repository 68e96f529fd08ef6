"""One handler for all methods, as what it does for one: the conditions on `req.method` are decided beforehand.

`if req.method == "GET"`, `elif`, `match`, `not in (...)`, a dict of functions by method, and names for any of these:
what is known for the method asked is put in place, what cannot be reached is left out, the rest stays as written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from notebook_routes.routing import METHODS
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    as_statement,
    block,
    body_of,
    constant,
    ends,
    in_place_of,
    index_of,
    names_in,
    only_small,
    positional,
    target_of,
)
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Stands for a method that the handler does not name.
OTHER = "another method"
_UNKNOWN: Any = object()


class MethodSplit:
    """What a handler does for each method.

    Args:
        function: the handler.
        request: the name of its first parameter.
        constants: what the module binds to literals and to dicts, by name.
    """

    def __init__(self, function: cst.FunctionDef, request: str, constants: Mapping[str, cst.BaseExpression]) -> None:
        self._function = function
        self._request = request
        self._constants = constants

    @property
    def named(self) -> list[str]:
        """The methods that the handler names."""
        found = _Strings()
        self._function.body.visit(found)
        for name in names_in([self._function.body]) & self._constants.keys():
            self._constants[name].visit(found)
        return [method for method in METHODS if method in found.texts]

    def body(self, method: str) -> list[Statement]:
        """The statements for one method.

        Raises:
            NotUnderstood: a condition on the method is of a form that is not known.
        """
        known = _Known(self._request, method, dict(self._constants))
        return _without_unused(_Specialised(known).block(body_of(self._function.body)), known.aliases)


def tables_in(statements: Iterable[Statement]) -> dict[str, cst.BaseExpression]:
    """The dicts, lists, tuples and sets that statements write out, by the name that is bound to each."""
    return {
        bound[0]: bound[1]
        for each in statements
        if (bound := target_of(each)) is not None and isinstance(bound[1], (cst.Dict, cst.List, cst.Tuple, cst.Set))
    }


def alike(bodies: Mapping[str, Sequence[Statement]]) -> dict[str, str]:
    """For each method that does the same as one before it, which one that is."""
    first: dict[str, str] = {}
    firsts = {method: first.setdefault(cst.Module(list(body)).code, method) for method, body in bodies.items()}
    return {method: other for method, other in firsts.items() if other != method}


class _Strings(cst.CSTVisitor):
    def __init__(self) -> None:
        self.texts: set[str] = set()

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        value = constant(node)
        if isinstance(value, str):
            self.texts.add(value.upper())


class _Known:
    """What is known about names and expressions for one method."""

    def __init__(self, request: str, method: str, names: dict[str, cst.BaseExpression]) -> None:
        self._request = request
        self._method = method
        self._names = names
        #: Names of locals that stand for something known.
        self.aliases: set[str] = set()

    def bind(self, name: str, value: cst.BaseExpression) -> bool:
        """Note what a local stands for, where it says something about the method; whether it does."""
        found = self.value(value)
        if found is not _UNKNOWN and self._asks(value):
            self._names[name] = value
            self.aliases.add(name)
            return True
        if isinstance(value, (cst.Dict, cst.List, cst.Tuple, cst.Set)):
            self._names[name] = value
            self.aliases.add(name)
        else:
            self._names.pop(name, None)
        return False

    def _asks(self, node: cst.BaseExpression) -> bool:
        """Whether an expression reads the method."""
        names = names_in([node])
        return self._request in names or bool(names & self.aliases)

    def value(self, node: cst.BaseExpression) -> Any:
        """The value of an expression: a literal's, a method, or the expression of a dict's entry."""
        if isinstance(node, cst.Name) and node.value in self._names:
            return self.value(self._names[node.value])
        if isinstance(node, cst.Attribute):
            is_method = isinstance(node.value, cst.Name) and node.value.value == self._request
            return self._method if is_method and node.attr.value == "method" else _UNKNOWN
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            return self._called(node, node.func)
        if isinstance(node, cst.Subscript):
            table, key = self._table(node.value), index_of(node)
            method = self.value(key) if key is not None else _UNKNOWN
            if table is None or not isinstance(method, str):
                return _UNKNOWN
            return table.get(method, _UNKNOWN)
        found = constant(node)
        return _UNKNOWN if found is ... else found

    def _called(self, node: cst.Call, func: cst.Attribute) -> Any:
        given = positional(node)
        if func.attr.value in ("upper", "lower", "strip") and given == []:
            text = self.value(func.value)
            if text is OTHER or not isinstance(text, str):
                return text if text is OTHER else _UNKNOWN
            return getattr(text, func.attr.value)()
        table = self._table(func.value)
        if func.attr.value == "get" and table is not None and given and len(given) <= 2:
            method = self.value(given[0])
            if isinstance(method, str):
                absent: Any = given[1] if len(given) == 2 else None
                return table.get(method, absent)
        return _UNKNOWN

    def _table(self, node: cst.BaseExpression) -> dict[str, cst.BaseExpression] | None:
        if isinstance(node, cst.Name) and node.value in self._names:
            return self._table(self._names[node.value])
        if not isinstance(node, cst.Dict):
            return None
        found: dict[str, cst.BaseExpression] = {}
        for element in node.elements:
            key = constant(element.key) if isinstance(element, cst.DictElement) else ...
            if not isinstance(key, str):
                return None
            found[key] = element.value
        return found

    def entry(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """The function that an expression picks by the method, if it is written as a name or an attribute."""
        if not self._asks(node):
            return None
        found = self.value(node)
        return found if isinstance(found, (cst.Name, cst.Attribute, cst.Lambda)) else None

    def truth(self, node: cst.BaseExpression) -> bool | None:
        """Whether a condition holds; None where it does not depend on the method alone."""
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            inner = self.truth(node.expression)
            return None if inner is None else not inner
        if isinstance(node, cst.BooleanOperation):
            return self._both(node)
        if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            return self._compared(node)
        if self._asks(node):
            found = self.value(node)
            if found is not _UNKNOWN:
                return bool(found) if not isinstance(found, cst.CSTNode) else True
        return None

    def _both(self, node: cst.BooleanOperation) -> bool | None:
        left, right = self.truth(node.left), self.truth(node.right)
        if isinstance(node.operator, cst.And):
            return False if False in (left, right) else True if left and right else None
        return True if True in (left, right) else False if left is False and right is False else None

    def _compared(self, node: cst.Comparison) -> bool | None:
        target = node.comparisons[0]
        if not self._asks(node.left) and not self._asks(target.comparator):
            return None
        left, right = self.value(node.left), self.value(target.comparator)
        operator = target.operator
        if isinstance(operator, (cst.In, cst.NotIn)):
            table = self._table(target.comparator)
            among = table if table is not None else right
            if left is _UNKNOWN or among is _UNKNOWN or not isinstance(among, (dict, list, tuple, set)):
                return None
            return (left in among) is isinstance(operator, cst.In)
        if _UNKNOWN in (left, right):
            return None
        if isinstance(operator, (cst.Equal, cst.Is)):
            return bool(left is right or left == right)
        if isinstance(operator, (cst.NotEqual, cst.IsNot)):
            return not (left is right or left == right)
        return None


class _Specialised(cst.CSTTransformer):
    """Rewrites statements; as a transformer, the expressions in them."""

    def __init__(self, known: _Known) -> None:
        super().__init__()
        self._known = known

    def block(self, statements: Sequence[Statement]) -> list[Statement]:
        """The statements that are reached."""
        found: list[Statement] = []
        for each in statements:
            found += self._statement(each)
            if ends(found):
                break
        return found

    def _statement(self, node: Statement) -> list[Statement]:
        if isinstance(node, cst.If):
            return self._if(node)
        if isinstance(node, cst.Match):
            return self._match(node)
        if isinstance(node, (cst.With, cst.For, cst.While)):
            inner = block(self.block(body_of(node.body)), node.body)
            return [self._expressions(node.with_changes(body=cst.IndentedBlock([])), body=inner)]
        if isinstance(node, cst.Try):
            return [self._try(node)]
        bound = target_of(node)
        if bound is not None and self._known.bind(*bound) and self._known.entry(bound[1]) is not None:
            return []
        return [as_statement(node.visit(self))]

    def _expressions(self, node: Any, **changes: Any) -> Any:
        return node.visit(self).with_changes(**changes)

    def _if(self, node: cst.If) -> list[Statement]:
        truth = self._known.truth(node.test)
        comments = [*node.leading_lines, *_header(node.body)]
        if truth is True:
            return _below(comments, self.block(body_of(node.body)))
        other = node.orelse
        if truth is False:
            if other is None:
                return []
            if isinstance(other, cst.If):
                return self._if(other)
            return _below([*other.leading_lines, *_header(other.body)], self.block(body_of(other.body)))
        test = self._simpler(node.test).visit(self)
        body = block(self.block(body_of(node.body)), node.body)
        return [node.with_changes(test=test, body=body, orelse=self._orelse(other))]

    def _orelse(self, other: cst.If | cst.Else | None) -> cst.If | cst.Else | None:
        if other is None:
            return None
        if isinstance(other, cst.Else):
            return other.with_changes(body=block(self.block(body_of(other.body)), other.body))
        found = self._if(other)
        if not found:
            return None
        if len(found) == 1 and isinstance(found[0], cst.If):
            return found[0].with_changes(leading_lines=other.leading_lines)
        return cst.Else(block(found))

    def _simpler(self, test: cst.BaseExpression) -> cst.BaseExpression:
        """A condition without the half of it that is known."""
        if isinstance(test, cst.BooleanOperation):
            if self._known.truth(test.left) is not None:
                return self._simpler(test.right)
            if self._known.truth(test.right) is not None:
                return self._simpler(test.left)
            return test.with_changes(left=self._simpler(test.left), right=self._simpler(test.right))
        return test

    def _match(self, node: cst.Match) -> list[Statement]:
        subject = self._known.value(node.subject)
        if not isinstance(subject, str):
            cases = [case.with_changes(body=block(self.block(body_of(case.body)), case.body)) for case in node.cases]
            return [node.with_changes(subject=node.subject.visit(self), cases=cases)]
        for case in node.cases:
            holds = _fits(case.pattern, subject)
            if holds is None or (holds and case.guard is not None):
                raise NotUnderstood("a case of the match on the method is neither a text nor _")
            if holds:
                comments = [*node.leading_lines, *case.leading_lines, *_header(case.body)]
                return _below(comments, self.block(body_of(case.body)))
        return []

    def _try(self, node: cst.Try) -> cst.Try:
        handlers = [each.with_changes(body=block(self.block(body_of(each.body)), each.body)) for each in node.handlers]
        changes: dict[str, Any] = {"body": block(self.block(body_of(node.body)), node.body), "handlers": handlers}
        for part in ("orelse", "finalbody"):
            suite = getattr(node, part)
            if suite is not None:
                changes[part] = suite.with_changes(body=block(self.block(body_of(suite.body)), suite.body))
        return node.with_changes(**changes)

    def leave_IfExp(self, original_node: cst.IfExp, updated_node: cst.IfExp) -> cst.BaseExpression:
        truth = self._known.truth(original_node.test)
        return updated_node if truth is None else updated_node.body if truth else updated_node.orelse

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        picked = self._known.entry(original_node.func)
        return updated_node if picked is None else updated_node.with_changes(func=picked)


def _fits(pattern: cst.MatchPattern, subject: str) -> bool | None:
    if isinstance(pattern, cst.MatchValue):
        value = constant(pattern.value)
        return value == subject if isinstance(value, str) else None
    if isinstance(pattern, cst.MatchOr):
        found = [_fits(each.pattern, subject) for each in pattern.patterns]
        return None if None in found else any(found)
    if isinstance(pattern, cst.MatchAs) and pattern.pattern is None and pattern.name is None:
        return True
    return None


def _header(body: cst.BaseSuite) -> list[cst.EmptyLine]:
    """The comment behind a colon, as a line."""
    comment = body.header.comment if isinstance(body, cst.IndentedBlock) else None
    return [cst.EmptyLine(comment=comment)] if comment is not None else []


def _below(comments: Sequence[cst.EmptyLine], statements: list[Statement]) -> list[Statement]:
    return [in_place_of(statements[0], comments), *statements[1:]] if statements else []


def _without_unused(statements: list[Statement], aliases: set[str]) -> list[Statement]:
    """The statements without those that bind a name for the method which nothing reads any more."""
    while True:
        kept = [
            each
            for place, each in enumerate(statements)
            if not (
                (bound := target_of(each)) is not None
                and bound[0] in aliases
                and bound[0] not in names_in([*statements[:place], *statements[place + 1 :]])
            )
        ]
        if len(kept) == len(statements):
            return kept
        statements = kept


def answers_nothing(statements: Sequence[Statement]) -> bool:
    """Whether there is no statement but `pass` and a bare return."""
    return all(
        isinstance(small := only_small(each), cst.Pass) or (isinstance(small, cst.Return) and small.value is None)
        for each in statements
    )
