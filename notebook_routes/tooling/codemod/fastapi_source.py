"""What a program of FastAPI declares: its app, routers, path operations and middleware, found in its modules' text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.declarations import METHOD_DECORATORS, is_main, parameters_in
from notebook_routes.tooling.codemod.fastapi_lifespan import starting
from notebook_routes.tooling.codemod.modules import as_one
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    argument_of,
    as_statement,
    code,
    constant,
    definitions,
    dotted,
    only_small,
    statement,
    target_of,
    text_of,
)
from notebook_routes.tooling.codemod.path_names import Parameter
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.tooling.codemod.modules import Modules

_STATUS = re.compile(r"(?:fastapi\.|starlette\.)?status\.HTTP_(\d{3})_\w+")
_PARAMETER = re.compile(r"\{(?P<name>\w+)(?::(?P<kind>\w+))?\}")


@dataclass
class Operation:
    """A function that answers a path.

    Attributes:
        function: the function, without the decorators that say so.
        owner: the app or the router, by name.
        path: as it is declared, without prefixes.
        method: the method.
        call: the decorator.
    """

    function: cst.FunctionDef
    owner: str
    path: str
    method: str
    call: cst.Call


@dataclass
class Router:
    """A router.

    Attributes:
        prefix: what its own paths begin with.
        dependencies: what runs before each of its operations.
        mounts: where it is included, as a prefix and further dependencies.
    """

    prefix: str = ""
    dependencies: list[cst.BaseExpression] = field(default_factory=list)
    mounts: list[tuple[str, str, list[cst.BaseExpression]]] = field(default_factory=list)


class FastAPISource:
    """Reads a program.

    Args:
        modules: its modules.

    Attributes:
        apps: the names of the app.
        routers: by the name of the variable; the app is one, too.
        operations: in order.
        middleware: functions in front of all operations.
        handlers: functions that answer errors, by what they answer: an exception, or a status, as text.
        aliases: types that say where a parameter comes from, by name.
        plain: the other statements.
        cors: the origins that may call, as text; None where none is declared.
        dropped: what has no counterpart, in words.
        files: modules without routes.

    Raises:
        NotUnderstood: it cannot be told from its text.
    """

    def __init__(self, modules: Modules) -> None:
        self.apps: set[str] = set()
        self.routers: dict[str, Router] = {}
        self.operations: list[Operation] = []
        self.middleware: list[cst.FunctionDef] = []
        self.handlers: dict[str, str] = {}
        self.aliases: dict[str, cst.BaseExpression] = {}
        self.plain: list[Statement] = []
        self.cors: str | None = None
        self.dropped: list[str] = []
        # What depends on the request has to be seen, also where it stands in a module without routes.
        names = [name for name, module in modules.found.items() if "fastapi" in module.text]
        order = modules.ordered(names)
        self.files = modules.copies(names)
        copied = [each for name, module in modules.found.items() if name not in names for each in module.statements]
        #: Functions of modules that are copied: an operation may depend on them.
        self.functions = definitions(copied, cst.FunctionDef)
        #: Classes of such modules.
        self.classes = definitions(copied, cst.ClassDef)
        statements = [each for _, each in as_one(modules, order)]
        aliases = _Aliases()
        for each in statements:
            each.visit(aliases)
        statements = [as_statement(each.visit(_Numbers(aliases.found))) for each in statements]
        #: What runs when the app starts and ends, by name, and the lines that run what is for the start.
        self._lifespans: set[str] = set()
        self._started: list[Statement] = []
        for each in statements:
            self._find_owner(each)
        for each in statements:
            self._take(each)
        self.plain += self._started
        if len(self._started) < len(self._lifespans):
            self.dropped.append("the lifespan of the app has no counterpart: do it where the module begins")

    def places(self, owner: str) -> list[tuple[str, list[cst.BaseExpression]]]:
        """Where the paths of an app or a router begin, each with what runs before."""
        router = self.routers[owner]
        if owner in self.apps:
            return [("", router.dependencies)]
        return [
            (above + prefix + router.prefix, [*before, *further, *router.dependencies])
            for mounted_on, prefix, further in router.mounts
            for above, before in self.places(mounted_on)
        ]

    def _find_owner(self, node: Statement) -> None:
        bound = target_of(node)
        if bound is None or not isinstance(bound[1], cst.Call):
            return
        called = dotted(bound[1].func)
        if called in ("FastAPI", "fastapi.FastAPI"):
            self.apps.add(bound[0])
            self.routers[bound[0]] = Router(dependencies=listed(argument_of(bound[1], "dependencies")))
            lifespan = argument_of(bound[1], "lifespan")
            if lifespan is not None:
                self._lifespans.add(dotted(lifespan) or "")
        elif called in ("APIRouter", "fastapi.APIRouter"):
            prefix = text_of(argument_of(bound[1], "prefix")) or ""
            self.routers[bound[0]] = Router(prefix, listed(argument_of(bound[1], "dependencies")))

    def _take(self, node: Statement) -> None:
        if isinstance(node, cst.FunctionDef) and node.name.value in self._lifespans:
            self._take_lifespan(node)
        elif isinstance(node, cst.FunctionDef) and node.decorators:
            rest = self._declared(node)
            self.plain += rest
        elif not self._is_about_app(node):
            self.plain.append(node)

    def _take_lifespan(self, function: cst.FunctionDef) -> None:
        """Have what the app does when it starts done by the module, where that waits for nothing."""
        starts, ends = starting(function)
        if starts is None:
            return
        self.plain.append(starts)
        self._started.append(statement(f"{starts.name.value}()"))
        if ends:
            self.dropped.append(f"what {function.name.value}() does when the app ends has no counterpart")

    def _declared(self, function: cst.FunctionDef) -> list[Statement]:
        """Note what the decorators of a function declare; the statements that stay of it."""
        kept: list[cst.Decorator] = []
        declared: list[tuple[str, str, cst.Call]] = []
        for each in function.decorators:
            name = dotted(each.decorator.func) if isinstance(each.decorator, cst.Call) else None
            owner, _, what = (name or "").rpartition(".")
            if owner in self.routers and isinstance(each.decorator, cst.Call):
                declared.append((owner, what, each.decorator))
            else:
                kept.append(each)
        bare = function.with_changes(decorators=kept)
        if not declared:
            return [bare]
        stays: list[Statement] = []
        for owner, what, call in declared:
            stays += self._declare(bare, owner, what, call)
        return stays

    def _declare(self, function: cst.FunctionDef, owner: str, what: str, call: cst.Call) -> list[Statement]:
        if what in METHOD_DECORATORS or what == "api_route":
            path = text_of(argument_of(call, "path", 0))
            methods = constant(argument_of(call, "methods")) if what == "api_route" else [METHOD_DECORATORS[what]]
            if path is None or not isinstance(methods, (list, tuple)):
                self.dropped.append(f"{function.name.value}(): its path is no plain text: {code(call)}")
            else:
                self.operations += [Operation(function, owner, path, str(method), call) for method in methods]
            return []
        if what == "middleware":
            self.middleware.append(function)
            return []
        if what == "exception_handler":
            self._handle(argument_of(call, "exc_class_or_status_code", 0), function.name.value)
            return [function]
        if (
            what == "on_event"
            and text_of(argument_of(call, "event_type", 0)) == "startup"
            and not function.asynchronous
        ):
            return [function, statement(f"{function.name.value}()")]
        self.dropped.append(f"{function.name.value}(): {owner}.{what} has no counterpart")
        return []

    def _handle(self, wanted: cst.BaseExpression | None, function: str | None) -> None:
        """Note what answers errors of a status, or an exception."""
        status, name = constant(wanted), dotted(wanted) if wanted is not None else None
        if function is None or (name is None and not isinstance(status, int)):
            self.dropped.append(f"{function}() answers for exceptions that cannot be told")
        else:
            kind = (name or "").rpartition(".")[2] if name is not None else str(status)
            # What nobody has caught is a 500 there.
            self.handlers["Exception" if kind == "500" else kind] = function

    def _is_about_app(self, node: Statement) -> bool:
        """Whether a line is FastAPI's alone."""
        bound = target_of(node)
        if bound is not None:
            if bound[0] in self.routers and isinstance(bound[1], cst.Call):
                return True
            if isinstance(bound[1], cst.Subscript) and dotted(bound[1].value) in ("Annotated", "typing.Annotated"):
                self.aliases[bound[0]] = bound[1]
                return "Depends(" in code(bound[1])
        small = only_small(node)
        if isinstance(small, cst.Assign) and (dotted(small.targets[0].target) or "").partition(".")[0] in self.apps:
            self.dropped.append(f"{code(small)} has no counterpart")
            return True
        if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            return self._called(small.value)
        return is_main(node)

    def _called(self, call: cst.Call) -> bool:
        owner, _, what = (dotted(call.func) or "").rpartition(".")
        if owner not in self.routers:
            return (dotted(call.func) or "") == "uvicorn.run"
        if what == "include_router":
            name = dotted(argument_of(call, "router", 0) or cst.Name("_")) or ""
            if name not in self.routers:
                raise NotUnderstood(f"{code(call)}: the router cannot be found")
            prefix = text_of(argument_of(call, "prefix")) or ""
            self.routers[name].mounts.append((owner, prefix, listed(argument_of(call, "dependencies"))))
        elif what == "add_exception_handler":
            function = argument_of(call, "handler", 1)
            self._handle(argument_of(call, "exc_class_or_status_code", 0), dotted(function) if function else None)
        elif what == "add_middleware" and dotted(call.args[0].value) == "CORSMiddleware":
            origins = argument_of(call, "allow_origins")
            self.cors = code(origins) if origins is not None else '"*"'
        else:
            self.dropped.append(f"{code(call)} has no counterpart")
        return True


class _Aliases(cst.CSTVisitor):
    """Other names of the frameworks' exceptions."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        module = dotted(node.module) if node.module is not None else None
        if isinstance(node.names, cst.ImportStar) or (module or "").partition(".")[0] not in ("fastapi", "starlette"):
            return
        for alias in node.names:
            if alias.evaluated_alias and alias.evaluated_name in ("HTTPException", "RequestValidationError"):
                self.found[alias.evaluated_alias] = alias.evaluated_name


class _Numbers(cst.CSTTransformer):
    """`status.HTTP_404_NOT_FOUND` as 404, and exceptions by their own names.

    Args:
        aliases: what they are called otherwise.
    """

    def __init__(self, aliases: Mapping[str, str]) -> None:
        super().__init__()
        self._aliases = aliases

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        name = self._aliases.get(original_node.value)
        return updated_node if name is None else updated_node.with_changes(value=name)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        found = _STATUS.fullmatch(dotted(original_node) or "")
        return updated_node if found is None else cst.Integer(found[1])


def listed(node: cst.BaseExpression | None) -> list[cst.BaseExpression]:
    """The items of a list that is written out; none for anything else."""
    return [each.value for each in node.elements] if isinstance(node, (cst.List, cst.Tuple)) else []


def read_path(path: str) -> dict[str, Parameter]:
    """The parameters of a path, by the part between two slashes that each is.

    Raises:
        NotUnderstood: a parameter is a part of such a part.
    """
    return {
        part: Parameter(name, kind, rest=kind == "path") for part, name, kind in parameters_in(path, _PARAMETER, "{")
    }
