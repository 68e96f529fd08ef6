"""A module of the older API Routes as one of Route Handlers.

The one `handler(req, res)` is taken apart by method (`method_split.py`), then what it reads and answers is rewritten
(`api_request.py`, `api_response.py`), and so are functions of the module that it hands `req` and `res` to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libcst as cst

from notebook_routes.routing import METHODS
from notebook_routes.tooling.codemod.api_request import BODY_FUNCTION, QUERY_FUNCTION, RequestRewrite
from notebook_routes.tooling.codemod.api_response import ResponseRewrite
from notebook_routes.tooling.codemod.api_response_uses import answer_status
from notebook_routes.tooling.codemod.imports import apart, with_public
from notebook_routes.tooling.codemod.method_split import OTHER, MethodSplit, alike, answers_nothing, tables_in
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    block,
    body_of,
    code,
    constant,
    names_in,
    only_small,
    parse,
    statement,
    target_of,
    two_below,
    with_todo,
)
from notebook_routes.tooling.codemod.own_names import without_config_names
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_routes.routing import ParamSegment

_NAMES = ("default", "handler")
#: The methods that a handler answers which asks for none; HEAD and OPTIONS are automatic.
_ALL = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Answers to a method that is not meant to be asked.
_REFUSALS = (400, 404, 405, 501)
#: What answers the methods that a handler does not name, where it says how.
_OTHERS = "other_methods"
_ORDER = ("request", "params", "*", "body")


@dataclass
class Converted:
    """A module of Route Handlers.

    Attributes:
        text: its text.
        methods: those that it answers.
    """

    text: str
    methods: list[str] = field(default_factory=list)


def convert_module(text: str, segments: Mapping[str, ParamSegment]) -> Converted:
    """Rewrite a module with a `handler(req, res)`.

    Args:
        text: the module.
        segments: the dynamic segments of its path.

    Raises:
        NotUnderstood: something in it has no safe counterpart.
    """
    return _Converter(parse(without_config_names(text)), segments).convert()


class _Converter:
    def __init__(self, module: cst.Module, segments: Mapping[str, ParamSegment]) -> None:
        self._module = module
        self._segments = segments
        self._handler = _find_handler(module)
        self._req, self._res = _parameters(self._handler)
        self._helpers = {
            each.name.value: each
            for each in module.body
            if isinstance(each, cst.FunctionDef)
            and each is not self._handler
            and {self._req, self._res} & set(_parameter_names(each))
        }
        given = {name for name, each in self._helpers.items() if self._res in _parameter_names(each)}
        self._answering = frozenset(name for name in given if _answers(self._helpers[name], self._res))
        self._setters = frozenset(given - self._answering)
        self._needs: dict[str, tuple[str, ...]] = dict.fromkeys(self._helpers, ())
        self._public: set[str] = set()
        self._functions: set[str] = set()

    def convert(self) -> Converted:
        functions = self._handlers()
        helpers = self._converted_helpers()
        body: list[Statement] = []
        reasons: list[str] = []
        for each in self._module.body:
            if each is self._handler:
                body += functions
            elif isinstance(each, cst.FunctionDef) and each.name.value in helpers:
                body.append(helpers[each.name.value])
            elif _is_config(each):
                constants, reasons = _config(each)
                body += constants
            elif not _is_alias(each, self._handler.name.value):
                body.append(each)
        for function in sorted(self._functions):
            place = next(at for at, each in enumerate(body) if isinstance(each, (cst.FunctionDef, cst.ClassDef)))
            body[place : place + 1] = [two_below(statement(function)), apart(body[place])]
        if _iterates(self._handler, self._req):
            reasons = [each for each in reasons if "parsed" not in each]
        for reason in reasons:
            place = next(at for at, each in enumerate(body) if each is functions[0])
            body[place] = functions[0] = with_todo(functions[0], reason)
        module = self._module.with_changes(body=self._without_tables(body))
        module = with_public(module, self._public)
        methods = [method for method in METHODS if method in _bound(functions)]
        return Converted(module.code, methods)

    def _without_tables(self, body: Sequence[Statement]) -> list[Statement]:
        """The statements without lists and dicts that only the choice of a method has read."""
        read = names_in([self._handler.body])
        found = []
        for place, each in enumerate(body):
            bound = target_of(each)
            is_table = bound is not None and bound[0] in read and isinstance(bound[1], (cst.Dict, cst.List, cst.Tuple))
            if bound is None or not is_table or bound[0] in names_in([*body[:place], *body[place + 1 :]]):
                found.append(each)
        return found

    # -- the handler

    def _handlers(self) -> list[Statement]:
        """A function for each method; methods that do the same have one."""
        bodies, others = self._bodies()
        clashes = {target.name.value for target in self._module.body if isinstance(target, cst.FunctionDef)}
        clash = clashes & bodies.keys()
        if clash:
            raise NotUnderstood(f"it has a function {min(clash)} beside its {self._handler.name.value}")
        self._settle()
        same = alike(bodies)
        found: list[Statement] = []
        for method in [each for each in bodies if each not in same]:
            function, _ = self._function(self._handler, bodies[method], name=method)
            found.append(function if not found else two_below(function.with_changes(leading_lines=[])))
        aliases = [statement(f"{method} = {other}") for method, other in same.items()]
        if aliases:
            aliases[0] = two_below(aliases[0])
        try:
            return [*found, *aliases, *self._for_others(others)]
        except NotUnderstood as reason:
            found[0] = with_todo(
                found[0], f"other methods were refused in another way, and are answered with 405: {reason}"
            )
            return [*found, *aliases]

    def _for_others(self, others: Mapping[str, list[Statement]]) -> list[Statement]:
        """The one function of the methods that the handler does not name, and the line that binds it to them."""
        if not others:
            return []
        method, body = next(iter(others.items()))
        name = method
        if len(others) > 1:
            taken = names_in([self._module])
            name = _OTHERS if _OTHERS not in taken else f"{_OTHERS}_"
        function, _ = self._function(self._handler, body, name=name)
        made = two_below(function.with_changes(leading_lines=[]))
        if len(others) == 1:
            return [made]
        return [made, two_below(statement(f"{' = '.join(others)} = {name}"))]

    def _bodies(self) -> tuple[dict[str, list[Statement]], dict[str, list[Statement]]]:
        """What is done for each method, and for those that it does not name, which are refused alike."""
        split = MethodSplit(self._handler, self._req, tables_in(self._module.body))
        rest = split.body(OTHER)
        named = split.named
        refused = self._refused(rest) if named else None
        if not named:
            methods: Sequence[str] = [each for each in METHODS if each in _ALL]
        else:
            methods = named if refused == 0 else METHODS
        bodies = {method: split.body(method) for method in methods}
        others: dict[str, list[Statement]] = {}
        if refused is not None:
            others = {method: body for method, body in bodies.items() if refused and _same(body, rest)}
            bodies = {
                method: body for method, body in bodies.items() if not _same(body, rest) and not answers_nothing(body)
            }
        if "HEAD" in bodies and "GET" in bodies and _same(bodies["HEAD"], bodies["GET"]):
            del bodies["HEAD"]  # it is automatic
        if not bodies:
            raise NotUnderstood(f"{self._handler.name.value} does nothing for any method")
        return bodies, others

    def _refused(self, statements: Sequence[Statement]) -> int | None:
        """The status that a method is refused with, 0 for none at all; None where it is not refused."""
        if answers_nothing(statements):
            return 0
        lines = [each for each in statements if not _is_return(each)]
        if isinstance(lines[-1], cst.Try):
            return self._refused([*lines[:-1], *body_of(lines[-1].body)])
        is_straight = all(isinstance(each, cst.SimpleStatementLine) for each in lines)
        status = answer_status(lines[-1], self._res)
        if status is None and not _touches(lines, self._res):
            return 0
        before = [answer_status(each, self._res) for each in lines[:-1]]
        if status is None and _is_chain(lines[-1], self._res):
            status = next((each for each in reversed(before) if each is not None), None)
        return status if status == 405 or (status in _REFUSALS and is_straight) else None

    # -- the functions that it calls

    def _settle(self) -> None:
        """Find what each helper needs, also for those that it calls."""
        for _ in range(len(self._helpers) + 1):
            before = dict(self._needs)
            for name, function in self._helpers.items():
                _, self._needs[name] = self._function(function, body_of(function.body))
            if before == self._needs:
                return

    def _converted_helpers(self) -> dict[str, Statement]:
        found: dict[str, Statement] = {}
        for name, function in self._helpers.items():
            if function.decorators:
                raise NotUnderstood(f"{name}() has decorators, and what they hand on cannot be seen")
            found[name], _ = self._function(function, body_of(function.body))
        return found

    def _function(
        self, function: cst.FunctionDef, body: Sequence[Statement], *, name: str | None = None
    ) -> tuple[cst.FunctionDef, tuple[str, ...]]:
        """A function in its new form, and what it has to be given."""
        taken = names_in(body) | {self._req, self._res}
        is_setter = name is None and function.name.value in self._setters
        answers = ResponseRewrite(self._res, taken, self._answering, setters=self._setters, is_setter=is_setter)
        reads = RequestRewrite(self._req, self._segments, self._needs, self._res)
        written = reads.rewrite(answers.rewrite(body))
        self._public |= answers.public | reads.public
        self._functions |= {QUERY_FUNCTION} if reads.asks_whole_query else set()
        self._functions |= {BODY_FUNCTION} if reads.asks_whole_body else set()
        order = [part for word in _ORDER for part in (self._segments if word == "*" else (word,))]
        needs = tuple(part for part in order if part in reads.needs)
        given = needs if name is not None else (*_others(function, self._req, self._res, is_setter=is_setter), *needs)
        parameters = cst.parse_statement(f"def f({', '.join(given)}): pass")
        assert isinstance(parameters, cst.FunctionDef)
        changes: dict[str, Any] = {"params": parameters.params, "body": block(written, function.body), "returns": None}
        if name is not None:
            changes["name"] = cst.Name(name)
        return function.with_changes(**changes), needs


def _find_handler(module: cst.Module) -> cst.FunctionDef:
    functions = {each.name.value: each for each in module.body if isinstance(each, cst.FunctionDef)}
    bound = {found[0]: found[1] for each in module.body if (found := target_of(each)) is not None}
    for name in _NAMES:
        value = bound.get(name)
        called = value.value if isinstance(value, cst.Name) else name
        if value is not None and (not isinstance(value, cst.Name) or called not in functions):
            raise NotUnderstood(f"{name} is {code(value)}, and not a function of this file")
        if called in functions:
            if functions[called].decorators:
                raise NotUnderstood(f"{called} has decorators, and what they do with the request cannot be seen")
            return functions[called]
    raise NotUnderstood("it has no def handler(req, res)")


def _parameters(function: cst.FunctionDef) -> tuple[str, str]:
    names = _parameter_names(function)
    if len(names) == 1:
        return names[0], "res"
    if len(names) != 2 or function.params.star_kwarg or function.params.kwonly_params:
        raise NotUnderstood(f"{function.name.value}({', '.join(names)}) does not take a request and a response")
    return names[0], names[1]


def _parameter_names(function: cst.FunctionDef) -> list[str]:
    return [each.name.value for each in (*function.params.posonly_params, *function.params.params)]


def _others(function: cst.FunctionDef, request: str, response: str, *, is_setter: bool) -> list[str]:
    """The other parameters of a helper as they are written, with `headers` in the place of `res` where it sets them."""
    found = []
    for each in (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params):
        if is_setter and each.name.value == response:
            found.append("headers")
        elif each.name.value not in (request, response):
            found.append(code(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)))
    return found


def _is_alias(node: Statement, name: str) -> bool:
    bound = target_of(node)
    return bound is not None and bound[0] in _NAMES and code(bound[1]) == name


def _is_config(node: Statement) -> bool:
    bound = target_of(node)
    return bound is not None and bound[0] == "config" and isinstance(bound[1], cst.Dict)


def _config(node: Statement) -> tuple[list[Statement], list[str]]:
    """What `config = {"api": {...}}` says as constants of a Route Handler, and what has none."""
    bound = target_of(node)
    value = constant(bound[1]) if bound is not None else ...
    if not isinstance(value, dict):
        raise NotUnderstood("config is no plain dict")
    if value.get("runtime") in ("edge", "experimental-edge"):
        raise NotUnderstood("it is an edge function, which has no req and res")
    api = value.get("api")
    options = {str(key).replace("_", "").lower(): each for key, each in (api if isinstance(api, dict) else {}).items()}
    parser = options.get("bodyparser")
    reasons: list[str] = []
    if parser is False:
        reasons.append("the body was not parsed: read it with await request.bytes()")
    if isinstance(parser, dict) and parser:
        limit = next(iter(parser.values()))
        reasons.append(f"the body was limited to {limit}: serve --max-body-size limits all of them")
    duration = value.get("maxDuration", value.get("max_duration"))
    if duration is None:
        return [], reasons
    return [statement(f"max_duration = {duration!r}").with_changes(leading_lines=node.leading_lines)], reasons


def _same(one: Sequence[Statement], other: Sequence[Statement]) -> bool:
    return cst.Module(one).code == cst.Module(other).code


def _is_return(node: Statement) -> bool:
    small = only_small(node)
    return isinstance(small, cst.Return) and small.value is None


def _touches(nodes: Sequence[Statement], name: str) -> bool:
    return name in names_in(nodes)


def _is_chain(node: Statement, response: str) -> bool:
    small = only_small(node)
    return isinstance(small, (cst.Expr, cst.Return)) and small.value is not None and _touches([node], response)


def _answers(function: cst.FunctionDef, response: str) -> bool:
    """Whether a function answers, or hands on what answers."""
    found = _Calls(response)
    function.body.visit(found)
    return found.found


class _Calls(cst.CSTVisitor):
    def __init__(self, response: str) -> None:
        self._res = response
        self.found = False

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("json", "send", "end", "redirect"):
            self.found = self.found or self._res in names_in([node.func])
        if any(isinstance(each.value, cst.Name) and each.value.value == self._res for each in node.args):
            self.found = True


def _bound(statements: Sequence[Statement]) -> set[str]:
    functions = {each.name.value for each in statements if isinstance(each, cst.FunctionDef)}
    return functions | {found[0] for each in statements if (found := target_of(each)) is not None}


def _iterates(function: cst.FunctionDef, request: str) -> bool:
    """Whether a function reads the body of the request piece by piece."""
    found = _Loops(request)
    function.body.visit(found)
    return found.found


class _Loops(cst.CSTVisitor):
    def __init__(self, request: str) -> None:
        self._request = request
        self.found = False

    def visit_For(self, node: cst.For) -> None:
        self.found = self.found or code(node.iter) == self._request

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.found = self.found or code(node.iter) == self._request
