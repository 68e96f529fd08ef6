"""From what a program of Flask declares to what it is made of as Route Handlers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import libcst as cst

from notebook_routes.tooling.codemod.flask_handlers import FlaskHandlers
from notebook_routes.tooling.codemod.flask_names import ResponseNames
from notebook_routes.tooling.codemod.flask_parameters import (
    Exchanged,
    HandedOn,
    holder_of,
    with_first,
    with_more,
    with_parameters,
    with_wraps,
    wrapper_of,
)
from notebook_routes.tooling.codemod.flask_session import KEEPS_SESSION, flask_session
from notebook_routes.tooling.codemod.flask_source import Hook, View, read_path
from notebook_routes.tooling.codemod.flask_support import support
from notebook_routes.tooling.codemod.flask_view import FlaskView
from notebook_routes.tooling.codemod.imports import behind_imports
from notebook_routes.tooling.codemod.method_split import MethodSplit, alike, tables_in
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    as_statement,
    behind_docstring,
    block,
    body_of,
    code,
    constant,
    dotted,
    names_in,
    only_small,
    statement,
    target_of,
    text_of,
    two_below,
)
from notebook_routes.tooling.codemod.old_errors import NAME
from notebook_routes.tooling.codemod.path_names import PathNames
from notebook_routes.tooling.codemod.plan import NotUnderstood
from notebook_routes.tooling.codemod.program import Program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.tooling.codemod.flask_source import FlaskSource
    from notebook_routes.tooling.codemod.path_names import Parameter

_ORDER = ("request", "params", "body")
#: What Flask's converters take; where they do not, another path is looked for.
_TESTS = {"int": "{name}.isdecimal()", "float": '("." in {name} and {name}.replace(".", "", 1).isdecimal())'}


@dataclass
class _Path:
    """A view at one of its paths."""

    view: View
    path: str
    parameters: dict[str, Parameter] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{'/'.join(self.view.methods)} {self.path}"


class FlaskProgram:
    """Converts a program.

    Args:
        source: what it declares.

    Attributes:
        problems: sentences about views and hooks that are left out.
    """

    def __init__(self, source: FlaskSource) -> None:
        self._source = source
        self.problems: list[str] = list(source.dropped)
        self._paths: list[_Path] = []
        for view in source.views:
            for prefix in source.prefixes(view.owner):
                self._add_path(view, prefix + view.path)
        self._names = PathNames([(each.path, each.parameters) for each in self._paths])
        self._support: set[str] = set()
        self._public: set[str] = set()
        self._decorating = {
            dotted(each.decorator.func if isinstance(each.decorator, cst.Call) else each.decorator)
            for view in source.views
            for each in view.function.decorators
        }
        self._helpers: dict[str, tuple[str, ...]] = {}
        self._handlers = FlaskHandlers(source)
        used = names_in([each for each in source.plain if not isinstance(each, cst.If)])
        for view in source.views:
            # `def user(user)` means its parameter.
            used |= names_in([view.function.body]) - {each.name.value for each in view.function.params.params}
        #: Functions that cannot be converted.
        self._broken: set[str] = set()
        #: Views that functions call.
        self._called = used & {view.name for view in source.views}
        called = {view.name: view.function.with_changes(decorators=[]) for view in source.views}
        self._others: list[Statement] = [*source.plain, *(called[name] for name in sorted(self._called))]
        self._constants = tables_in(source.plain)

    def program(self, *, old_errors: bool) -> Program:
        """The program as Route Handlers.

        Args:
            old_errors: with Flask's pages for errors.

        Raises:
            NotUnderstood: none of its views can be.
        """
        plain = self._settled()
        made = Program(files=dict(self._source.files))
        for each in self._paths:
            try:
                pattern = self._names.pattern(each.path)
                functions = self._functions(each)
            except NotUnderstood as reason:
                self.problems.append(f"{each.name}: {reason}")
                continue
            made.routes.setdefault(pattern, []).extend(functions)
        # Those of a blueprint are within those of the app.
        for hook in sorted(self._source.hooks, key=lambda hook: (hook.kind, hook.owner not in self._source.apps)):
            try:
                made.middleware.append(self._hook(hook))
                if hook.owner not in self._source.apps:
                    made.matchers[hook.function.name.value] = self._matchers(hook.owner)
            except NotUnderstood as reason:
                self.problems.append(f"{hook.function.name.value}(): {reason}")
        if not made.routes:
            raise NotUnderstood("; ".join(self.problems) or "it has no views")
        if self._source.cors is not None:
            made.constants.append(f"cors = {self._source.cors}")
        aborted = self._source.errors.aborted
        statuses = aborted | {415} if "json_of" in self._support else aborted
        answering = self._handlers.middleware(pages=old_errors, statuses=statuses)
        if answering:
            # What is done to answers is done to those of errors too, and what is done before may fail.
            after = [hook for hook in self._source.hooks if hook.kind == "after_request"]
            made.take_middleware(NAME, answering, len(after))
        if "session" in self._support:
            # It is kept when all others have done what they do.
            made.take_middleware(KEEPS_SESSION, flask_session(), 0)
        made.plain = self._whole(plain, made)
        return made

    def _add_path(self, view: View, path: str) -> None:
        try:
            # Werkzeug takes several slashes for one.
            whole = f"/{'/'.join(part for part in path.split('/') if part)}"
            if "(" in whole:
                self.problems.append(f'{view.name}(): "{whole}" asks more of a part than its type, which is not tested')
            self._paths.append(_Path(view, *read_path(whole)))
        except NotUnderstood as reason:
            self.problems.append(f"{view.name}(): {reason}")

    # -- views

    def _functions(self, path: _Path) -> list[Statement]:
        """The functions of a view at one path, one for each method."""
        function = path.view.function
        if path.view.name in self._called:
            function = self._calling(path.view)
        broken = names_in([function.body]) & self._broken
        if broken:
            raise NotUnderstood(f"it calls {min(broken)}()")
        split = MethodSplit(function, "request", self._constants)
        bodies = {method: split.body(method) for method in path.view.methods if method not in ("OPTIONS", "HEAD")}
        same = alike(bodies)
        found: list[Statement] = []
        for method, body in bodies.items():
            if method in same:
                found.append(statement(f"\n\n{method} = {same[method]}"))
                continue
            new = self._converted(function.with_changes(body=block(body, function.body)), path, method)
            found.append(new if not found else two_below(new.with_changes(leading_lines=[])))
        return found

    def _converted(self, function: cst.FunctionDef, path: _Path, method: str) -> cst.FunctionDef:
        view, new = self._view(function, answers=True)
        needs = set(view.needs)
        for each in function.decorators:
            name = dotted(each.decorator.func if isinstance(each.decorator, cst.Call) else each.decorator)
            if name not in self._decorators:
                raise NotUnderstood(f"@{name} is none of the program's decorators")
            needs |= self._decorators[name]
        new = self._handlers.around(new)
        needs |= {"request"} if self._handlers.catches_with_request else set()
        if view.raw_body and method in ("GET", "HEAD"):
            raise NotUnderstood("it reads the body of a GET request")
        names = self._names.names(path.path)
        lines = [line for each in path.parameters.values() for line in self._settle(each, names[each.name])]
        lines += self._defaults(function, names, path.view.defaults)
        order = [each for each in _ORDER if each in needs and each != "body"]
        segments = [names[each.name] for each in path.parameters.values()]
        body = ["body: bytes" if view.raw_body else "body"] if "body" in needs else []
        changed = with_parameters(new, [*order, *segments, *body])
        changed = changed.with_changes(name=cst.Name(method), returns=None)
        return changed.with_changes(body=block(behind_docstring(body_of(new.body), lines), new.body))

    def _defaults(
        self, function: cst.FunctionDef, names: Mapping[str, str], given: Mapping[str, str]
    ) -> list[Statement]:
        """What a view has for parameters that this path of it does not give."""
        lines: list[Statement] = []
        for each in function.params.params:
            if each.name.value in names:
                continue
            value = given.get(each.name.value) or (code(each.default) if each.default is not None else None)
            if value is None:
                raise NotUnderstood(f"its parameter {each.name.value} is no part of the path")
            lines.append(statement(f"{each.name.value} = {value}"))
        return lines

    def _settle(self, parameter: Parameter, name: str) -> list[Statement]:
        """The lines that make of a segment what Flask's converter does."""
        lines: list[Statement] = []
        own = parameter.name
        if parameter.kind == "path":
            lines.append(statement(f'{own} = "/".join({name})'))
        elif parameter.kind in _TESTS:
            self._public.add("not_found")
            test = _TESTS[parameter.kind].format(name=name)
            lines.append(statement(f"if not {test}:\n    not_found()\n"))
            lines.append(statement(f"{own} = {parameter.kind}({name})"))
        elif own != name:
            lines.append(statement(f"{own} = {name}"))
        return lines

    def _view(self, function: cst.FunctionDef, *, answers: bool) -> tuple[FlaskView, cst.FunctionDef]:
        view = FlaskView(
            url_for=self._url_for,
            app=frozenset(self._source.apps),
            helpers=self._helpers,
            answers=answers,
            errors=self._source.errors.statuses,
            session=self._source.session,
        )
        new = function.visit(view)
        assert isinstance(new, cst.FunctionDef)
        self._support |= view.support
        self._public |= view.public
        return view, new

    def _calling(self, view: View) -> cst.FunctionDef:
        """A view that calls the function that others call as well."""
        given = ", ".join(each.name.value for each in view.function.params.params)
        line = statement(f"return {view.name}({given})")
        return view.function.with_changes(body=block([line]), leading_lines=[], decorators=view.function.decorators)

    def _url_for(self, call: cst.Call) -> str:
        endpoint = text_of(call.args[0].value) if call.args else None
        for each in self._paths:
            name = self._source.endpoint(each.view)
            if endpoint is not None and (name == endpoint or (endpoint.startswith(".") and name.endswith(endpoint))):
                return _url(each, call)
        raise NotUnderstood(f"{code(call)} names no view")

    # -- other functions

    @property
    def _decorators(self) -> dict[str | None, set[str]]:
        found: dict[str | None, set[str]] = self.__dict__.setdefault("decorators", {})
        return found

    def _settled(self) -> list[Statement]:
        """The other statements, of which functions are given what they read of the request."""
        functions = [each for each in self._others if isinstance(each, cst.FunctionDef)]
        for _ in range(len(functions) + 1):
            before = dict(self._helpers)
            for each in functions:
                if each.name.value in self._decorating or each.name.value in self._handlers.names:
                    continue
                try:
                    view, _ = self._view(each, answers=each.name.value in self._called)
                except NotUnderstood:
                    continue  # it is named below
                needs = tuple(need for need in _ORDER if need in view.needs)
                if needs:
                    self._helpers[each.name.value] = needs
            if before == self._helpers:
                break
        return [new for each in self._others if (new := self._plain_or_none(each)) is not None]

    def _plain_or_none(self, node: Statement) -> Statement | None:
        """A statement; None for a function that is left out, and named."""
        try:
            return self._plain(node)
        except NotUnderstood as reason:
            if not isinstance(node, cst.FunctionDef):
                raise
            self._broken.add(node.name.value)
            self.problems.append(f"{node.name.value}(): {reason}")
            return None

    def _plain(self, node: Statement) -> Statement:
        if isinstance(node, cst.FunctionDef):
            name = node.name.value
            if name in self._decorating:
                return self._decorator(node)
            if name in self._handlers.names:
                return self._error_handler(node)
            return self._helper(node)
        view = FlaskView(url_for=self._url_for, app=frozenset(self._source.apps), helpers={}, answers=False)
        written = as_statement(node.visit(view))
        self._support |= view.support
        self._public |= view.public
        if view.needs:
            raise NotUnderstood(f"{code(node).strip()} reads a request, and none is being answered")
        return written

    def _helper(self, function: cst.FunctionDef) -> cst.FunctionDef:
        view, new = self._view(function, answers=function.name.value in self._called)
        return with_more(new, [need for need in _ORDER if need in view.needs])

    def _error_handler(self, function: cst.FunctionDef) -> cst.FunctionDef:
        view, new = self._view(function, answers=True)
        if not view.needs <= {"request"}:
            raise NotUnderstood("it answers errors, and reads the body")
        if names_in([function]) & self._source.errors.names.keys():
            raise NotUnderstood("it answers errors, and asks for those of Werkzeug")
        self._handlers.take(function.name.value, with_request=bool(view.needs))
        return with_more(new, sorted(view.needs))

    def _decorator(self, function: cst.FunctionDef) -> cst.FunctionDef:
        """A decorator of views: what it reads of the request it is given, and hands on."""
        wrapper = wrapper_of(function)
        if wrapper is None:
            raise NotUnderstood(f"@{function.name.value} wraps no view with *args and **kwargs")
        view, new = self._view(wrapper, answers=True)
        needs = [need for need in _ORDER if need in view.needs]
        self._decorators[function.name.value] = set(needs)
        if needs:
            handed = new.visit(HandedOn(needs))
            assert isinstance(handed, cst.FunctionDef)
            new = with_first(handed, needs)
        new = with_wraps(new, holder_of(wrapper, function))
        changed = function.visit(Exchanged(wrapper, new))
        assert isinstance(changed, cst.FunctionDef)
        return changed

    # -- hooks

    def _hook(self, hook: Hook) -> cst.FunctionDef:
        view, new = self._view(hook.function, answers=True)
        if not view.needs <= {"request"}:
            raise NotUnderstood("a middleware does not read the body")
        bare = new.with_changes(leading_lines=[*new.leading_lines])
        if hook.kind == "before_request":
            return self._handlers.around(with_parameters(bare, ["request"]))
        name = hook.function.params.params[0].name.value
        _, plain = self._view(hook.function, answers=False)
        changed = plain.visit(ResponseNames(name))
        assert isinstance(changed, cst.FunctionDef)
        lines = behind_docstring(body_of(changed.body), [_awaited(name)])
        changed = changed.with_changes(body=block(lines, changed.body), asynchronous=cst.Asynchronous())
        return with_parameters(changed, ["request", "next"])

    def _matchers(self, blueprint: str) -> list[str]:
        """The paths of a blueprint, as a matcher has them."""
        found = [path.path for path in self._paths if path.view.owner == blueprint]
        return [*dict.fromkeys(map(self._names.matcher, found))]

    # -- the rest

    def _whole(self, plain: list[Statement], made: Program) -> list[Statement]:
        """The other statements with those that the result needs beside them."""
        kept = [new for each in plain if (new := _without_flask(each)) is not None]
        functions = [each for every in made.routes.values() for each in every]
        used = names_in([*kept, *functions, *made.middleware, *made.beside])
        added, public = support(self._support)
        public |= {"HTTPError"} if self._handlers.catch else set()
        if "app_config" in used:
            kept = behind_imports(kept, [statement("app_config = {}")])
        if "logger" in used and not any(bound and bound[0] == "logger" for bound in map(target_of, kept)):
            kept = behind_imports(kept, [statement("logger = logging.getLogger(__name__)")])
            kept.insert(0, statement("import logging"))
        if "functools" in used:
            kept.insert(0, statement("import functools"))
        for name in sorted(self._source.apps & used):
            raise NotUnderstood(f"it uses {name} in a way that only Flask has")
        names = sorted(self._public | public)
        imports = [statement(f"from notebook_routes import {', '.join(names)}")] if names else []
        return [*behind_imports(kept, [*imports, *added]), *self._handlers.decorator()]


def _url(path: _Path, call: cst.Call) -> str:
    given = {each.keyword.value: code(each.value) for each in call.args if each.keyword is not None}
    given.pop("_external", None)
    url = path.path
    for part, parameter in path.parameters.items():
        if parameter.name not in given:
            raise NotUnderstood(f"{code(call)} gives no {parameter.name}")
        value = given.pop(parameter.name)
        if '"' in value and "'" in value:
            raise NotUnderstood(f"{code(call)} says more than names and numbers")
        # Before Python 3.12 an f-string has no quotes of its own kind inside.
        url = url.replace(part, "{" + value.replace('"', "'") + "}")
    if given:
        values = {each.keyword.value: constant(each.value) for each in call.args if each.keyword is not None}
        query = {name: values[name] for name in given}
        if not all(isinstance(value, (str, int)) for value in query.values()):
            raise NotUnderstood(f"{code(call)} adds a query")
        added = urlencode(query)
        url += "?" + (added.replace("{", "{{").replace("}", "}}") if "{" in url else added)
    return f'f"{url}"' if "{" in url else f'"{url}"'


def _awaited(name: str) -> Statement:
    """The line that goes on to what comes next."""
    function = cst.parse_statement(f"async def f():\n    {name} = await next()\n")
    assert isinstance(function, cst.FunctionDef)
    return body_of(function.body)[0]


def _without_flask(node: Statement) -> Statement | None:
    """A statement unless it imports from Flask."""
    small = only_small(node)
    if isinstance(small, cst.ImportFrom) and small.module is not None:
        top = (dotted(small.module) or "").partition(".")[0]
        return None if top in ("flask", "flask_cors", "werkzeug") and not _is_kept(small) else node
    if isinstance(small, cst.Import) and all(dotted(each.name) == "flask" for each in small.names):
        return None
    return node


def _is_kept(node: cst.ImportFrom) -> bool:
    """Whether a module of Werkzeug stands on its own."""
    return (dotted(node.module) if node.module is not None else "") in ("werkzeug.security", "werkzeug.utils")
