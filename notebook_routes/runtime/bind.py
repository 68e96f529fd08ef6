"""From a handler's signature to its arguments.

Arguments go by name (DESIGN §3): `request`, `context`, `params`, `query`, `body`; a dynamic segment by its name;
anything else with a scalar annotation or a default is a query parameter; a dataclass, TypedDict or pydantic model is
the JSON body. The thinking happens once, when the route is defined; a request only walks the finished list.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args, get_origin, is_typeddict

from notebook_routes.errors import CellError, InvalidBody, ValidationFailed
from notebook_routes.web.body import parsed_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_routes.routing import RoutePattern
    from notebook_routes.runtime.exchange import Exchange
    from notebook_routes.types import Params
    from notebook_routes.web import Request

#: How to read a parameter: from the exchange and the parsed body to its value.
Reader = typing.Callable[["Exchange", Any], Any]


@dataclass(frozen=True, slots=True)
class RouteContext:
    """The second argument of a Route Handler.

    Attributes:
        params: the dynamic segments by name; empty for a static path, without the key of an absent optional catch-all.
        route: the pattern that matched, as written.
    """

    params: Params
    route: str


class Binder:
    """Fills the parameters of one handler.

    Raises:
        CellError: a parameter can never be filled, or its annotation cannot be understood.
    """

    def __init__(self, function: Callable[..., Any], *, method: str, pattern: RoutePattern) -> None:
        self._pattern = pattern
        self._method = method
        self._function = function
        self._readers: list[tuple[str, Reader]] = []
        #: Whether the body has to be read before the handler is called.
        self.needs_body = False
        self._body_model: str | None = None
        hints = _annotations(function)
        for parameter in inspect.signature(function).parameters.values():
            hint = hints.get(parameter.name, inspect.Parameter.empty)
            self._readers.append((parameter.name, self._reader(parameter, hint)))

    def arguments(self, exchange: Exchange, body: Any = None) -> dict[str, Any]:
        """The keyword arguments for one request.

        Raises:
            ValidationFailed: values do not have their declared types; all of them are named.
        """
        arguments: dict[str, Any] = {}
        problems: list[Mapping[str, object]] = []
        for name, read in self._readers:
            try:
                arguments[name] = read(exchange, body)
            except ValidationFailed as failed:
                problems += failed.problems
        if problems:
            raise ValidationFailed(problems)
        return arguments

    async def read_body(self, request: Request) -> Any:
        """The body as `body` sees it: JSON, FormData, text or bytes by its content type; None where there is none.

        Raises:
            InvalidBody: the body is not what its content type says.
            BodyTooLarge: it is over the server's limit.
        """
        if request.body is None:
            return None
        data = await request.buffer()
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._body_model is not None or media == "application/json" or media.endswith("+json"):
            return parsed_json(data)
        if not data:
            return None
        if media in ("application/x-www-form-urlencoded", "multipart/form-data"):
            return await request.clone().form_data()
        if media.startswith("text/"):
            return data.decode(errors="replace")
        return data

    def _reader(self, parameter: inspect.Parameter, hint: Any) -> Reader:
        name = parameter.name
        self._check_kind(parameter)
        if name in _SPECIAL and (hint is inspect.Parameter.empty or name != "body"):
            self.needs_body |= name == "body"
            return _SPECIAL[name]
        if name in self._pattern.names:
            return _segment_reader(name, hint)
        if name == "body" or _is_model(hint):
            return self._body_reader(name, hint)
        if hint is inspect.Parameter.empty and parameter.default is inspect.Parameter.empty:
            raise self._unfillable(name, "it has neither a type nor a default")
        if hint is inspect.Parameter.empty:
            hint = _type_of_default(parameter.default)
        if not _is_scalar(hint):
            raise self._unfillable(name, f"{_name_of(hint)} is no type that a query parameter can have")
        return _query_reader(name, hint, parameter.default)

    def _body_reader(self, name: str, hint: Any) -> Reader:
        if self._method in ("GET", "HEAD"):
            raise self._unfillable(name, f"a {self._method} request has no body to read {_name_of(hint)} from")
        if self._body_model is not None:
            raise self._unfillable(name, f"{self._body_model} is the body already")
        self.needs_body = True
        self._body_model = name
        convert = _converter(hint, ("body",))
        return lambda _exchange, body: convert(body)

    def _check_kind(self, parameter: inspect.Parameter) -> None:
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            stars = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else "**"
            raise self._unfillable(f"{stars}{parameter.name}", "arguments are given by name")
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise self._unfillable(parameter.name, "it stands before the `/`, and arguments are given by name")

    def _unfillable(self, name: str, why: str) -> CellError:
        given = ", ".join(("request", "context", "params", "query", "body", *self._pattern.names))
        return CellError(
            f"{self._method} {self._pattern}: the parameter `{name}` can never be filled: {why}. "
            f"A handler is given {given} by name; write `{name.strip('*')}: str` for a query parameter",
            line=self._function.__code__.co_firstlineno if hasattr(self._function, "__code__") else None,
        )


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise CellError(
            f"an annotation of {getattr(function, '__name__', 'the handler')} names `{error.name}`, which is not "
            f"defined: define it in a cell above and run that first"
        ) from error


def _type_of_default(default: Any) -> Any:
    return str if default is None else type(default)


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and (
        dataclasses.is_dataclass(hint) or is_typeddict(hint) or hasattr(hint, "__pydantic_validator__")
    )


def _is_scalar(hint: Any) -> bool:
    """Whether text of a query can become it; pydantic has the last word when the converter is built."""
    if isinstance(hint, str) or hint is Any:
        return True
    origin = get_origin(hint)
    if origin in (list, set, tuple, frozenset):
        return all(_is_scalar(part) for part in get_args(hint) if part is not Ellipsis)
    if origin in (typing.Union, types.UnionType):
        return all(part is types.NoneType or _is_scalar(part) for part in get_args(hint))
    if origin is typing.Annotated:
        return _is_scalar(get_args(hint)[0])
    if origin is not None:
        return origin is typing.Literal
    return not _is_model(hint) and hint not in (dict, object)


def _is_many(hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_is_many(part) for part in get_args(hint))
    if origin is typing.Annotated:
        return _is_many(get_args(hint)[0])
    return (origin or hint) in (list, set, tuple, frozenset)


def _segment_reader(name: str, hint: Any) -> Reader:
    if hint in (inspect.Parameter.empty, str):
        # An absent optional catch-all is None here, though its key is absent in `params`.
        return lambda exchange, _body: exchange.params.get(name)
    convert = _converter(hint, ("path", name))
    return lambda exchange, _body: convert(exchange.params.get(name))


def _query_reader(name: str, hint: Any, default: Any) -> Reader:
    many = _is_many(hint)
    convert = None if hint is str else _converter(hint, ("query", name))

    def read(exchange: Exchange, _body: Any) -> Any:
        query = exchange.request.query
        if not query.has(name):
            if default is inspect.Parameter.empty:
                raise ValidationFailed([{"loc": ("query", name), "msg": "Field required", "type": "missing"}])
            return default
        value = query.get_all(name) if many else query.get(name)
        return convert(value) if convert else value

    return read


def _converter(hint: Any, place: tuple[str, ...]) -> Callable[[Any], Any]:
    """A function that makes a value of type `hint`, or raises ValidationFailed."""
    from pydantic import PydanticUserError, TypeAdapter, ValidationError  # noqa: PLC0415 - typed handlers only

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
    except (PydanticUserError, TypeError) as error:
        # The lines after the first are links.
        why = str(error).splitlines()[0]
        raise CellError(
            f"`{place[-1]}` cannot be checked: {_name_of(hint)} is no type that pydantic knows ({why})"
        ) from error

    def convert(value: Any) -> Any:
        try:
            return adapter.validate_python(value)
        except ValidationError as invalid:
            raise ValidationFailed(
                [
                    {"loc": (*place, *problem["loc"]), "msg": problem["msg"], "type": problem["type"]}
                    for problem in invalid.errors(include_url=False, include_context=False, include_input=False)
                ]
            ) from None

    return convert


def _name_of(hint: Any) -> str:
    return getattr(hint, "__name__", None) or str(hint)


_SPECIAL: dict[str, Reader] = {
    "request": lambda exchange, _body: exchange.request,
    "context": lambda exchange, _body: RouteContext(
        exchange.params, exchange.route.pattern.text if exchange.route else ""
    ),
    "params": lambda exchange, _body: exchange.params,
    "query": lambda exchange, _body: exchange.request.query,
    "body": lambda _exchange, body: body,
}

__all__ = ["Binder", "InvalidBody", "RouteContext"]
