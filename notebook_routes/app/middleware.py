"""`Middleware`: a user's function that stands in front of routes, and how a file or a cell declares some.

    def middleware(request):                       # the form that returns: None goes on
        if not request.cookies.has("session"):
            return Response.redirect("/login")

    async def middleware(request, next):           # the form that goes on itself and sees the answer
        response = await next()
        response.headers.set("x-served-by", "us")
        return response

A `def` runs on a worker thread, where `next()` gives the answer without `await`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from notebook_routes.app.matcher import Matcher
from notebook_routes.errors import CellError, ConfigError, DefinitionError
from notebook_routes.runtime.parameters import first_line, parameters_of, runs_on_loop, wraps_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.web import Request

_NAMES = ("middleware", "proxy")
_NEXT = "next"


class Middleware:
    """A function that stands in front of routes.

    Args:
        function: takes `request`, or `request` and `next`; `def` or `async def`.
        matcher: which requests it sees, as `Matcher` takes it; None for all.
        label: how messages call it.
        context: what it runs in, copied for each request; by default the current one.

    Raises:
        CellError: its parameters cannot be filled, or it yields.
        ConfigError: the matcher cannot be read.
    """

    def __init__(
        self, function: Callable[..., Any], *, matcher: object = None, label: str = "", context: Context | None = None
    ) -> None:
        self.function = function
        self.label = label or f"middleware {getattr(function, '__name__', type(function).__name__)}"
        self.matcher = None if matcher is None else Matcher(matcher, where=self.label)
        self.context = copy_context() if context is None else context
        self.on_loop = runs_on_loop(function)
        #: A coroutine that any other function returns lacks its `await`.
        self.is_awaited = self.on_loop or wraps_async(function)
        self._parameters = self._read_parameters()
        self.takes_next = _NEXT in self._parameters.values()

    def matches(self, request: Request) -> bool:
        """Whether it sees the request."""
        return self.matcher is None or self.matcher.matches(request)

    def arguments(self, request: Request, following: object) -> dict[str, Any]:
        """What the function is called with; `following` is its `next`."""
        return {
            name: request if meaning == "request" else following if meaning == _NEXT else request.query
            for name, meaning in self._parameters.items()
        }

    def __repr__(self) -> str:
        return f"<{self.label}{f' {self.matcher.sources}' if self.matcher else ''}>"

    def _read_parameters(self) -> dict[str, str]:
        """The parameters, each with what it means: by name, else the first is the request and the second is next."""
        if not callable(self.function):
            raise CellError(f"{self.label} is not a function but {self.function!r}")
        if inspect.isgeneratorfunction(self.function) or inspect.isasyncgenfunction(self.function):
            raise CellError(
                f"{self.label} yields, and a middleware gives one answer: return it; to stream, "
                "return Response(a_generator())",
                line=first_line(self.function),
            )
        meanings: dict[str, str] = {}
        for place, parameter in enumerate(parameters_of(self.function)):
            if parameter.name in ("request", _NEXT, "query"):
                meanings[parameter.name] = parameter.name
            elif place < 2 and parameter.default is inspect.Parameter.empty:
                meanings[parameter.name] = ("request", _NEXT)[place]
            elif parameter.default is inspect.Parameter.empty:
                self._refuse(parameter)
            if parameter.kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
                self._refuse(parameter)
        return meanings

    def _refuse(self, parameter: inspect.Parameter) -> None:
        raise CellError(
            f"{self.label}: the parameter `{parameter.name}` can never be filled: "
            "write def middleware(request) or def middleware(request, next)",
            line=first_line(self.function),
        )


def declared_middleware(
    found: Mapping[str, object], *, where: str, context: Context | None = None
) -> tuple[Middleware, ...]:
    """The middleware that a file or a cell declares: `middleware` or `proxy`, and `config`.

    `middleware = [a, (b, "/admin/:path*")]` is several, in that order, and a matcher in a pair is the function's own.

    Args:
        found: the names of the module.
        where: the file or the cell, for messages.
        context: what they run in.

    Raises:
        DefinitionError: there is none, or it is no function, or its config cannot be read.
    """
    names = [name for name in _NAMES if name in found]
    if not names:
        raise DefinitionError(f"{where} declares no middleware: write def middleware(request): ...")
    if len(names) > 1:
        raise DefinitionError(f"{where}: middleware and proxy are two names of one thing: keep one of them")
    matcher = _shared_matcher(found.get("config"), where)
    value = found[names[0]]
    several = isinstance(value, (list, tuple))
    listed: Sequence[object] = value if isinstance(value, (list, tuple)) else [value]
    made = []
    for each in listed:
        function, own = each if isinstance(each, tuple) and len(each) == 2 else (each, matcher)
        if not callable(function):
            shown = f"an item of {names[0]} is" if several else f"{names[0]} is"
            raise DefinitionError(
                f"{where}: {shown} not a function but {function!r}: write def {names[0]}(request): ..., "
                f"or {names[0]} = [first, (second, '/path/:rest*')]"
            )
        called = getattr(function, "__name__", type(function).__name__)
        label = f"{called} of {where}" if several or called != names[0] else f"{names[0]} of {where}"
        try:
            made.append(Middleware(function, matcher=own, label=label, context=context))
        except CellError as error:
            # It says which one itself.
            raise DefinitionError(str(error)) from None
    return tuple(made)


def _shared_matcher(config: object, where: str) -> object:
    if config is None:
        return None
    if not isinstance(config, Mapping):
        raise ConfigError(f'{where}: config is {config!r}: write config = {{"matcher": "/path/:rest*"}}')
    for key in config:
        if key != "matcher":
            raise ConfigError(f'{where}: {key!r} is no key of config: there is "matcher"')
    return config.get("matcher")
