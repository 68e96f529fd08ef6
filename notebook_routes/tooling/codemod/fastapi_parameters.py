"""The parameters of a path operation as those of a Route Handler; dependencies as calls at the top of its body.

def items(q: str = Query("x", max_length=9), user: User = Depends(current_user)):

def GET(authorization: Annotated[str, Header()], q: Annotated[str, Field(max_length=9)] = "x"):
    user = current_user(authorization=authorization)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from keyword import iskeyword
from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.routing import RESERVED_NAMES
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    argument_of,
    body_of,
    code,
    dotted,
    literal,
    names_in,
    statement,
    text_of,
)
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_MARKERS = {"Header": "Header", "Cookie": "CookieParam", "Form": "Form"}
_PLAIN = ("Query", "Path")
_CONSTRAINTS = ("gt", "ge", "lt", "le", "min_length", "max_length", "pattern", "multiple_of")
_BODIES = ("dict", "Dict", "list", "List", "Any", "bytes")


@dataclass
class Prologue:
    """Lines in front of a body.

    Attributes:
        lines: calls of dependencies.
        withs: what the body is to stand in, `with get_db() as db`.
        awaits: whether one of them waits.
    """

    lines: list[str] = field(default_factory=list)
    withs: list[tuple[str, bool]] = field(default_factory=list)
    awaits: bool = False


@dataclass
class Given:
    """The parameters of a handler, and what they mean.

    Attributes:
        written: by name, each as it is written.
        prologue: what is done first.
        request: the name of the request.
        response: the name of the response whose headers are set.
        tasks: the name of the tasks for afterwards.
        files: the names of uploaded files.
        public: names of `notebook_routes` that the types use.
        imports: further imports that they need.
        support: names of `fastapi_support` that it uses.
        bodies: what is of the body: by name, the type and the default as they are written.
        models: those of them that are models.
        embeds: whether the body is an object that holds them, though there is only one.
        body_class: the class of such an object.
    """

    written: dict[str, str] = field(default_factory=dict)
    prologue: Prologue = field(default_factory=Prologue)
    request: str | None = None
    response: str | None = None
    tasks: str | None = None
    files: set[str] = field(default_factory=set)
    public: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    support: set[str] = field(default_factory=set)
    bodies: dict[str, tuple[str, str]] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)
    embeds: bool = False
    body_class: str | None = None

    def settle_body(self, function: str) -> None:
        """Write what is of the body: one parameter as it is, several as the fields of a class."""
        if len(self.bodies) > 1 or self.embeds:
            name = f"{''.join(word.title() for word in function.split('_'))}Body"
            fields = "".join(
                f"    {each}: {hint or 'object'}{end if end != ' = ...' else ''}\n"
                for each, (hint, end) in self.bodies.items()
            )
            self.body_class = f"class {name}(BaseModel):\n{fields}"
            self.imports.add("from pydantic import BaseModel")
            self.written["body"] = f"body: {name}"
            self.prologue.lines += [f"{each} = body.{each}" for each in self.bodies]
            return
        for each, (hint, end) in self.bodies.items():
            if each in self.models:
                self.written[each] = f"{each}: {hint}{end}"
                continue
            self.written["body"] = f"body{f': {hint}' if hint else ''}{end}"
            if each != "body":
                self.prologue.lines.append(f"{each} = body")

    @property
    def signature(self) -> str:
        """The parameters, those without a default first."""
        return ", ".join(sorted(self.written.values(), key=lambda text: " = " in text))


class Parameters:
    """Reads the parameters of functions.

    Args:
        functions: the program's functions, by name.
        classes: its classes, by name.
        aliases: types that say where a parameter comes from.
    """

    def __init__(
        self,
        functions: Mapping[str, cst.FunctionDef],
        classes: Mapping[str, cst.ClassDef],
        aliases: Mapping[str, cst.BaseExpression],
    ) -> None:
        self._functions = functions
        self._classes = classes
        self._aliases = aliases
        self._models = _models(classes)
        #: Functions of the program itself that are made to be used as `with`, because they yield.
        self.contexts: set[str] = set()
        #: Names that stand for a bearer token.
        self.bearers: set[str] = set()

    def of(
        self, function: cst.FunctionDef, *, segments: Mapping[str, str], before: Collection[cst.BaseExpression]
    ) -> Given:
        """The parameters of an operation.

        Args:
            function: the operation.
            segments: for each parameter of the path the name of its segment.
            before: dependencies that it is not given.

        Raises:
            NotUnderstood: one of them has no counterpart.
        """
        given = Given()
        for each in before:
            self._depend(None, each, given, segments)
        for parameter in _all(function):
            self._take(parameter, given, segments)
        given.settle_body(function.name.value)
        return given

    def _take(self, parameter: cst.Param, given: Given, segments: Mapping[str, str]) -> str:
        """Take in one parameter; the text of what it is given as."""
        name = parameter.name.value
        hint = parameter.annotation.annotation if parameter.annotation is not None else None
        hint, marker = self._unfolded(hint)
        default = parameter.default
        called = _called(default)
        if called is not None and called in (*_MARKERS, *_PLAIN, "Depends", "Security", "Body", "File"):
            assert isinstance(default, cst.Call)
            marker, default = default, _default_of(default, called)
        kind = _called(marker)
        top = dotted(hint) if hint is not None else None
        if kind in ("Depends", "Security"):
            assert marker is not None
            self._depend(name, marker, given, segments, hint=hint)
            return name
        if self._special(name, top, given):
            return name
        if hint is not None and "UploadFile" in names_in([hint]):
            given.files |= {name, "*"}
            given.public.add("File")
            given.written[name] = f"{name}: {code(hint).replace('UploadFile', 'File')}"
            return name
        if kind == "File":
            self._octets(name, hint, given)
        elif name in segments and segments[name] != name:
            given.prologue.lines.insert(0, f"{name} = {segments[name]}")
            self._write(segments[name], hint, marker, default, given)
        elif kind == "Body" or (kind is None and (_is_body(hint) or self._is_model(hint))):
            self._body(name, hint, default, marker, given)
        elif self._is_model(hint):
            raise NotUnderstood(f"{name} is a model of more than one value of the request")
        else:
            self._write(name, hint, marker, default, given)
        return name

    def _unfolded(self, hint: cst.BaseExpression | None) -> tuple[cst.BaseExpression | None, cst.BaseExpression | None]:
        """A type, and the marker that stands beside it."""
        if isinstance(hint, cst.Name) and hint.value in self._aliases:
            hint = self._aliases[hint.value]
        if not isinstance(hint, cst.Subscript) or dotted(hint.value) not in ("Annotated", "typing.Annotated"):
            return hint, None
        parts = [each.slice.value for each in hint.slice if isinstance(each.slice, cst.Index)]
        known = (*_MARKERS, *_PLAIN, "Depends", "Security", "Body", "File")
        marker = next((each for each in parts[1:] if _called(each) in known), None)
        return (parts[0], marker) if marker is not None else (hint, None)

    def _special(self, name: str, top: str | None, given: Given) -> bool:
        kind = (top or "").rpartition(".")[2]
        if kind == "Request":
            given.request = name
            given.written["request"] = "request"
            if name != "request":
                given.prologue.lines.append(f"{name} = request")
        elif kind == "Response":
            given.response = name
            given.public.add("Response")
            given.prologue.lines.append(f"{name} = Response()")
        elif kind == "BackgroundTasks":
            given.tasks = name
        elif kind == "UploadFile":
            given.files.add(name)
            given.public.add("File")
            given.written[name] = f"{name}: File"
        elif kind in ("WebSocket", "HTTPConnection", "SecurityScopes"):
            raise NotUnderstood(f"a {kind} has no counterpart")
        else:
            return False
        return True

    def _octets(self, name: str, hint: cst.BaseExpression | None, given: Given) -> None:
        """An uploaded file that is wanted as bytes."""
        text = code(hint).replace(" ", "") if hint is not None else ""
        if text not in ("bytes", "bytes|None", "Optional[bytes]"):
            raise NotUnderstood(f"{name} is more than one uploaded file, as bytes")
        given.public.add("File")
        given.prologue.awaits = True
        absent = text != "bytes"
        given.written[name] = f"{name}: File | None = None" if absent else f"{name}: File"
        read = f"{name} = await {name}.bytes()"
        given.prologue.lines.append(f"{read} if {name} is not None else None" if absent else read)

    def _body(
        self,
        name: str,
        hint: cst.BaseExpression | None,
        default: cst.BaseExpression | None,
        marker: cst.BaseExpression | None,
        given: Given,
    ) -> None:
        embedded = isinstance(marker, cst.Call) and argument_of(marker, "embed") is not None
        given.embeds = given.embeds or embedded
        text = code(hint) if hint is not None else ""
        limits = _limits(marker)
        if limits and text:
            given.imports |= {"from pydantic import Field", "from typing import Annotated"}
            text = f"Annotated[{text}, {limits}]"
        given.bodies[name] = (text, f" = {code(default)}" if default is not None else "")
        if self._is_model(hint):
            given.models.add(name)

    def _is_model(self, hint: cst.BaseExpression | None) -> bool:
        return hint is not None and bool(names_in([hint]) & self._models)

    def _write(
        self,
        name: str,
        hint: cst.BaseExpression | None,
        marker: cst.BaseExpression | None,
        default: cst.BaseExpression | None,
        given: Given,
    ) -> None:
        text = code(hint) if hint is not None else "str"
        kind = _called(marker)
        extras: list[str] = []
        called = name
        if isinstance(marker, cst.Call):
            alias = text_of(argument_of(marker, "alias"))
            if argument_of(marker, "convert_underscores") is not None and alias is None:
                alias = name
            if kind in _MARKERS:
                given.public.add(_MARKERS[kind])
                extras.append(f"{_MARKERS[kind]}({literal(alias) if alias is not None else ''})")
            elif alias is not None and alias != name:
                if not alias.isidentifier() or iskeyword(alias) or alias in RESERVED_NAMES or alias in given.written:
                    raise NotUnderstood(f"{name} is called {alias} in the query")
                if name not in given.written:
                    given.prologue.lines.append(f"{name} = {alias}")
                called = alias
            limits = _limits(marker)
            if limits:
                given.imports.add("from pydantic import Field")
                extras.append(limits)
        if extras:
            given.imports.add("from typing import Annotated")
            text = f"Annotated[{', '.join([text, *extras])}]"
        is_typed = hint is not None or extras
        end = f" = {code(default)}" if default is not None and code(default) != "..." else ""
        given.written.setdefault(name, f"{called}: {text}{end}" if is_typed or not end else f"{called}{end}")

    # -- dependencies

    def _depend(
        self,
        name: str | None,
        marker: cst.BaseExpression,
        given: Given,
        segments: Mapping[str, str],
        *,
        hint: cst.BaseExpression | None = None,
    ) -> None:
        """Call what a parameter depends on."""
        assert isinstance(marker, cst.Call)
        wanted = argument_of(marker, "dependency", 0)
        wanted = wanted if wanted is not None else hint
        called = dotted(wanted) if wanted is not None else None
        bind = f"{name} = " if name is not None else ""
        if called in self.bearers:
            given.imports.add("from typing import Annotated")
            given.public.add("Header")
            given.written.setdefault("authorization", "authorization: Annotated[str | None, Header()] = None")
            given.prologue.lines.append(f"{bind}bearer_token(authorization=authorization)")
            return
        if called is not None and called.rpartition(".")[2] == "OAuth2PasswordRequestForm":
            self._password_form(bind, given)
            return
        function = self._functions.get(called or "")
        if function is None and called in self._classes:
            function = _constructor(self._classes[str(called)])
        if function is None or called is None:
            raise NotUnderstood(f"{code(marker)} is none of the program's functions")
        arguments = self._arguments(function, given, segments)
        call = f"{called}({arguments})"
        is_async = function.asynchronous is not None
        if yields(function):
            kind = "asynccontextmanager" if is_async else "contextmanager"
            given.imports.add(f"from contextlib import {kind}")
            call = call if called in self.contexts else f"{kind}({called})({arguments})"
            given.prologue.withs.append((f"{call} as {name}" if name is not None else call, is_async))
            given.prologue.awaits = given.prologue.awaits or is_async
            return
        given.prologue.awaits = given.prologue.awaits or is_async
        given.prologue.lines.append(f"{bind}{'await ' if is_async else ''}{call}")

    def _password_form(self, bind: str, given: Given) -> None:
        given.imports.add("from typing import Annotated")
        given.public.add("Form")
        given.written |= {each: f"{each}: Annotated[str, Form()]" for each in ("username", "password")}
        given.written["scope"] = 'scope: Annotated[str, Form()] = ""'
        given.support.add("OAuth2PasswordRequestForm")
        given.prologue.lines.append(f"{bind}OAuth2PasswordRequestForm(username, password, scope)")

    def _arguments(self, function: cst.FunctionDef, given: Given, segments: Mapping[str, str]) -> str:
        names = [
            self._take(each, given, segments)
            for each in _all(function)
            if each.name.value != "self" and not is_tasks(each)
        ]
        return ", ".join(f"{each}={each}" for each in names)


def prologue_lines(prologue: Prologue) -> list[Statement]:
    """The lines in front of a body as statements."""
    text = "".join(f"    {line}\n" for line in prologue.lines)
    if not text:
        return []
    function = cst.parse_statement(f"async def f():\n{text}")
    assert isinstance(function, cst.FunctionDef)
    return body_of(function.body)


def within(statements: list[Statement], prologue: Prologue) -> list[Statement]:
    """The statements in the `with` statements that dependencies make."""
    for item, is_async in reversed(prologue.withs):
        function = cst.parse_statement(
            f"async def f():\n    {'async ' if is_async else ''}with {item}:\n        pass\n"
        )
        assert isinstance(function, cst.FunctionDef)
        inner = body_of(function.body)[0]
        statements = [inner.with_changes(body=cst.IndentedBlock(statements))]
    return statements


def _all(function: cst.FunctionDef) -> list[cst.Param]:
    return [*function.params.posonly_params, *function.params.params, *function.params.kwonly_params]


def _limits(marker: cst.BaseExpression | None) -> str:
    """What a marker says about the values that there may be, as a `Field`; "" where it says nothing."""
    given = marker.args if isinstance(marker, cst.Call) else ()
    limits = [
        f"{each.keyword.value}={code(each.value)}"
        for each in given
        if each.keyword is not None and each.keyword.value in _CONSTRAINTS
    ]
    return f"Field({', '.join(limits)})" if limits else ""


def _called(node: cst.BaseExpression | None) -> str | None:
    """The name of the class that a call makes one of, or of a class alone."""
    name = dotted(node.func) if isinstance(node, cst.Call) else None
    return None if name is None else name.rpartition(".")[2]


def _models(classes: Mapping[str, cst.ClassDef]) -> set[str]:
    """The classes that are models: of pydantic, or made of one that is."""
    found = {"BaseModel", "SQLModel"}
    while True:
        more = {
            name
            for name, each in classes.items()
            if name not in found and names_in([base.value for base in each.bases]) & found
        }
        if not more:
            return found
        found |= more


def _default_of(marker: cst.Call, called: str) -> cst.BaseExpression | None:
    if called in ("Depends", "Security"):
        return None
    found = argument_of(marker, "default", 0)
    return None if found is None or code(found) == "..." else found


def _is_body(hint: cst.BaseExpression | None) -> bool:
    """Whether a type is that of a body, though no model."""
    return hint is not None and code(hint).partition("[")[0] in _BODIES


def is_tasks(parameter: cst.Param) -> bool:
    """Whether a parameter takes tasks for afterwards."""
    return parameter.annotation is not None and dotted(parameter.annotation.annotation) == "BackgroundTasks"


def yields(function: cst.FunctionDef) -> bool:
    """Whether a function gives what it has and goes on later."""
    found = _Yields()
    function.body.visit(found)
    return found.found


class _Yields(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found = False

    def visit_Yield(self, node: cst.Yield) -> None:  # noqa: ARG002 - LibCST's signature
        self.found = True

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: ARG002
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:  # noqa: ARG002
        return False


def _constructor(node: cst.ClassDef) -> cst.FunctionDef | None:
    for each in body_of(node.body):
        if isinstance(each, cst.FunctionDef) and each.name.value == "__init__":
            return each
    return None


def statements_of(lines: list[str]) -> list[Statement]:
    """Lines as statements."""
    return [statement(line) for line in lines]
