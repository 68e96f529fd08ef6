"""From what a program of FastAPI declares to what it is made of as Route Handlers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libcst as cst

from notebook_routes.tooling.codemod.fastapi_answer import FastAPIBody, Says, makes_response
from notebook_routes.tooling.codemod.fastapi_errors import fastapi_errors, fastapi_handling
from notebook_routes.tooling.codemod.fastapi_parameters import (
    Parameters,
    Prologue,
    is_tasks,
    prologue_lines,
    within,
    yields,
)
from notebook_routes.tooling.codemod.fastapi_source import Operation, read_path
from notebook_routes.tooling.codemod.fastapi_support import support
from notebook_routes.tooling.codemod.imports import behind_imports
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    as_statement,
    awaits,
    behind_docstring,
    block,
    body_of,
    definitions,
    dotted,
    ends,
    is_text,
    names_in,
    only_small,
    statement,
    target_of,
    two_below,
)
from notebook_routes.tooling.codemod.old_errors import DECORATOR, NAME
from notebook_routes.tooling.codemod.path_names import PathNames
from notebook_routes.tooling.codemod.plan import NotUnderstood
from notebook_routes.tooling.codemod.program import Program

if TYPE_CHECKING:
    from notebook_routes.tooling.codemod.fastapi_source import FastAPISource
    from notebook_routes.tooling.codemod.path_names import Parameter

_TYPES = ("FastAPI", "APIRouter", "Depends", "BackgroundTasks", "OAuth2PasswordBearer")


@dataclass
class _Path:
    """An operation at one of its paths."""

    operation: Operation
    path: str
    parameters: dict[str, Parameter]
    before: list[cst.BaseExpression]


class FastAPIProgram:
    """Converts a program.

    Args:
        source: what it declares.

    Attributes:
        problems: sentences about operations that are left out.
    """

    def __init__(self, source: FastAPISource) -> None:
        self._source = source
        self.problems: list[str] = list(source.dropped)
        self._paths: list[_Path] = []
        for operation in source.operations:
            for prefix, before in source.places(operation.owner):
                self._add_path(operation, prefix + operation.path, before)
        self._names = PathNames([(each.path, each.parameters) for each in self._paths])
        own = definitions(source.plain, cst.FunctionDef)
        functions = {**source.functions, **own}
        classes = {**source.classes, **definitions(source.plain, cst.ClassDef)}
        self._parameters = Parameters(functions, classes, source.aliases)
        self._parameters.contexts = {name for name in own if yields(functions[name])}
        self._parameters.bearers = {
            bound[0]
            for each in source.plain
            if (bound := target_of(each)) is not None
            and isinstance(bound[1], cst.Call)
            and dotted(bound[1].func) == "OAuth2PasswordBearer"
        }
        self._responders = frozenset(name for name, each in functions.items() if makes_response(each))
        self._support: set[str] = set()
        self._public: set[str] = set()
        self._imports: set[str] = set()
        #: Functions that answer errors, by name; those that are given the request, too; and what each answers.
        self._handlers: dict[str, cst.FunctionDef] = {}
        self._handlers_ask = False
        self._handled: dict[str, str] = {}

    def program(self, *, old_errors: bool) -> Program:
        """The program as Route Handlers.

        Args:
            old_errors: with FastAPI's answers to errors.

        Raises:
            NotUnderstood: none of its operations can be.
        """
        made = Program(files=dict(self._source.files))
        self._read_handlers()
        for each in self._paths:
            try:
                pattern = self._names.pattern(each.path)
                functions = self._handler(each)
            except NotUnderstood as reason:
                self.problems.append(f"{each.operation.method} {each.path}: {reason}")
                continue
            there = made.routes.setdefault(pattern, [])
            there += [each if not there else two_below(each) for each in functions]
        if not made.routes:
            raise NotUnderstood("; ".join(self.problems) or "it has no operations")
        made.middleware = [self._middleware(each) for each in reversed(self._source.middleware)]
        if old_errors or self._handled:
            # It is next to the routes, as in FastAPI: what a middleware sees are answers in these words.
            answering = fastapi_errors(handled=bool(self._handled), gives_request=self._handlers_ask, words=old_errors)
            made.take_middleware(NAME, answering, len(made.middleware))
        if self._source.cors is not None:
            made.constants.append(f"cors = {self._source.cors}")
        made.plain = self._whole(made)
        return made

    def _add_path(self, operation: Operation, path: str, before: list[cst.BaseExpression]) -> None:
        whole = f"/{path.strip('/')}"
        try:
            self._paths.append(_Path(operation, whole, read_path(whole), before))
        except NotUnderstood as reason:
            self.problems.append(f"{operation.method} {whole}: {reason}")

    def _handler(self, path: _Path) -> list[Statement]:
        operation, function = path.operation, path.operation.function
        if function.decorators:
            raise NotUnderstood(f"{function.name.value}() has decorators of its own")
        if yields(function):
            raise NotUnderstood("it yields, and what is streamed so has a form of its own")
        segments = self._names.names(path.path)
        own = operation.call
        before = [*path.before, *_listed(own)]
        given = self._parameters.of(function, segments=segments, before=before)
        says = Says.read(own, function)
        says.response = given.response
        if says.response is not None and says.status is not None:
            calls = given.prologue.lines
            calls[calls.index(f"{says.response} = Response()")] = f"{says.response} = Response(status={says.status})"
        rewriter = FastAPIBody(
            says,
            request=given.request,
            files=frozenset(given.files),
            tasks=given.tasks,
            responders=self._responders,
        )
        new = function.visit(rewriter)
        assert isinstance(new, cst.FunctionDef)
        body = body_of(new.body)
        if not ends(body):
            answer = rewriter.answer(cst.Name("None"), cst.Name("None"), says)
            body = [*body, statement(f"return {answer}")]
        lines = [*self._rests(path, segments, given.written), *prologue_lines(given.prologue)]
        inner = _within(body, given.prologue)
        self._note(rewriter, given)
        if "params" in rewriter.needs:
            given.written["params"] = "params"
        if self._handlers_ask:
            given.written["request"] = "request"
        parameters = cst.parse_statement(f"def f({given.signature}): pass")
        assert isinstance(parameters, cst.FunctionDef)
        changes: dict[str, Any] = {
            "name": cst.Name(operation.method),
            "params": parameters.params,
            "returns": None,
            "body": block(behind_docstring(inner, lines), new.body),
        }
        if given.prologue.awaits and new.asynchronous is None:
            changes["asynchronous"] = cst.Asynchronous()
        if self._handled:
            changes["decorators"] = [cst.Decorator(cst.Name(DECORATOR))]
        made = new.with_changes(**changes)
        if given.body_class is None:
            return [made]
        return [statement(given.body_class), two_below(made)]

    def _rests(self, path: _Path, segments: Any, written: dict[str, str]) -> list[Statement]:
        """The lines that put a rest of the path together, which is a list here."""
        lines = []
        for parameter in path.parameters.values():
            if parameter.rest:
                name = segments[parameter.name]
                written[name] = name
                lines.append(statement(f'{parameter.name} = "/".join({name})'))
        return lines

    def _note(self, rewriter: FastAPIBody, given: Any = None) -> None:
        self._support |= rewriter.support
        self._public |= rewriter.public
        if given is not None:
            self._public |= given.public
            self._imports |= given.imports
            self._support |= given.support

    def _middleware(self, function: cst.FunctionDef) -> cst.FunctionDef:
        name = function.params.params[0].name.value if function.params.params else None
        rewriter = FastAPIBody(None, request=name)
        new = function.visit(rewriter)
        assert isinstance(new, cst.FunctionDef)
        self._note(rewriter)
        params = new.params.with_changes(params=[each.with_changes(annotation=None) for each in new.params.params])
        return new.with_changes(params=params, returns=None)

    # -- handlers of errors

    def _read_handlers(self) -> None:
        """Convert the functions that answer errors; those that cannot be are named, and left out."""
        functions = definitions(self._source.plain, cst.FunctionDef)
        wanted = dict.fromkeys(self._source.handlers.values())
        read = {}
        for name in wanted:
            try:
                read[name] = self._error_handler(functions.get(name))
            except NotUnderstood as reason:
                self.problems.append(f"{name}() answers errors: {reason}")
        self._handlers_ask = any(len(each.params.params) > 1 for each in read.values())
        if self._handlers_ask:
            read = {name: _with_request(each, functions[name]) for name, each in read.items()}
        self._handlers = read
        self._handled = {kind: name for kind, name in self._source.handlers.items() if name in read}
        if self._handled:
            self._support |= {"HTTPException", "RequestValidationError"}
            self._public |= {"HTTPError"}

    def _error_handler(self, function: cst.FunctionDef | None) -> cst.FunctionDef:
        """A function that answers errors; it takes the error, and before it the request where it reads that."""
        if function is None:
            raise NotUnderstood("it is no function of the program")
        names = [each.name.value for each in function.params.params]
        if len(names) != 2 or function.decorators:
            raise NotUnderstood("it does not take a request and an error alone")
        if awaits(body_of(function.body)):
            raise NotUnderstood("it waits for something")
        if names_in([function.body]) & self._source.apps:
            raise NotUnderstood("it uses the app")
        rewriter = FastAPIBody(None, request=names[0])
        new = function.visit(rewriter)
        assert isinstance(new, cst.FunctionDef)
        if rewriter.needs:
            raise NotUnderstood("it reads the parameters of the path")
        self._note(rewriter)
        wanted = [each.with_changes(annotation=None) for each in new.params.params]
        given = wanted if names[0] in names_in([new.body]) else wanted[1:]
        params = new.params.with_changes(params=given)
        return new.with_changes(params=params, asynchronous=None, returns=None)

    # -- the rest

    def _whole(self, made: Program) -> list[Statement]:
        """The other statements, with those that the result needs beside them."""
        kept = [new for each in self._source.plain if (new := self._plain(each)) is not None]
        # A function about the app, such as one that makes its schema, is no part of what answers.
        kept = [
            each for each in kept if not (isinstance(each, cst.FunctionDef) and names_in([each]) & self._source.apps)
        ]
        functions = [each for every in made.routes.values() for each in every]
        used = names_in([*kept, *functions, *made.middleware, *made.beside])
        if self._parameters.bearers and "bearer_token" in used:
            self._support |= {"bearer_token", "HTTPException"}
        imports, added, public = support(self._support)
        if self._parameters.contexts & used:
            self._imports |= {"from contextlib import asynccontextmanager, contextmanager"}
        imports += [statement(line) for line in sorted(self._imports)]
        names = sorted(self._public | public)
        if names:
            imports.append(statement(f"from notebook_routes import {', '.join(names)}"))
        for name in sorted(self._source.apps & used):
            raise NotUnderstood(f"it uses {name} in a way that only FastAPI has")
        handling = fastapi_handling(self._handled, gives_request=self._handlers_ask) if self._handled else []
        return [*behind_imports(kept, [*imports, *added]), *handling]

    def _plain(self, node: Statement) -> Statement | None:
        bound = target_of(node)
        if bound is not None and bound[0] in self._parameters.bearers:
            return None
        small = only_small(node)
        if isinstance(small, cst.ImportFrom) and small.module is not None:
            top = (dotted(small.module) or "").partition(".")[0]
            return None if top in ("fastapi", "starlette") else node
        if isinstance(small, cst.Import) and all(dotted(each.name) in ("fastapi", "uvicorn") for each in small.names):
            return None
        if isinstance(node, cst.FunctionDef):
            if node.name.value in self._source.handlers.values():
                return self._handlers.get(node.name.value)
            return self._function(node)
        rewriter = FastAPIBody(None)
        new = as_statement(node.visit(rewriter))
        self._note(rewriter)
        return new

    def _function(self, function: cst.FunctionDef) -> cst.FunctionDef:
        """A dependency or another function: its parameters are given by name, so that their markers can go."""
        tasks = next((each.name.value for each in function.params.params if is_tasks(each)), None)
        rewriter = FastAPIBody(None, request=_request_of(function), tasks=tasks)
        new = function.visit(rewriter)
        assert isinstance(new, cst.FunctionDef)
        self._note(rewriter)
        params = [_bare(each) for each in new.params.params if not is_tasks(each)]
        new = new.with_changes(params=new.params.with_changes(params=params))
        if function.name.value in self._parameters.contexts:
            kind = "asynccontextmanager" if function.asynchronous is not None else "contextmanager"
            new = new.with_changes(decorators=[cst.Decorator(cst.Name(kind)), *new.decorators])
        return new


def _within(body: list[Statement], prologue: Prologue) -> list[Statement]:
    """A body in the `with` statements of its dependencies, below its docstring."""
    if not prologue.withs:
        return body
    count = 1 if body and is_text(body[0]) else 0
    return [*body[:count], *within(body[count:], prologue)]


def _with_request(handler: cst.FunctionDef, as_it_was: cst.FunctionDef) -> cst.FunctionDef:
    """A handler that takes the request too, as others of the program do."""
    if len(handler.params.params) > 1:
        return handler
    first = as_it_was.params.params[0].with_changes(annotation=None)
    return handler.with_changes(params=handler.params.with_changes(params=[first, *handler.params.params]))


def _listed(call: cst.Call) -> list[cst.BaseExpression]:
    for each in call.args:
        if each.keyword is not None and each.keyword.value == "dependencies":
            return [item.value for item in each.value.elements] if isinstance(each.value, (cst.List, cst.Tuple)) else []
    return []


def _request_of(function: cst.FunctionDef) -> str | None:
    for each in function.params.params:
        if each.annotation is not None and dotted(each.annotation.annotation) == "Request":
            return each.name.value
    return None


def _bare(parameter: cst.Param) -> cst.Param:
    """A parameter without what says where it comes from."""
    known = ("Depends", "Security", "Query", "Path", "Header", "Cookie", "Form", "Body", "File")
    default = parameter.default
    if isinstance(default, cst.Call) and (dotted(default.func) or "").rpartition(".")[2] in known:
        parameter = parameter.with_changes(default=None, equal=cst.MaybeSentinel.DEFAULT)
    hint = parameter.annotation
    if hint is not None:
        text = cst.Module([]).code_for_node(hint.annotation)
        is_marked = any(f"{name}(" in text or f", {name}]" in text for name in known)
        if is_marked or text in ("Request", "Response", "BackgroundTasks") or text.endswith("Dep"):
            parameter = parameter.with_changes(annotation=None)
    return parameter
