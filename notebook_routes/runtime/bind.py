"""From a handler's signature to its arguments.

Arguments go by name (DESIGN §3): `request`, `context`, `params`, `query`, `body`; a dynamic segment by its name;
headers, cookies and form fields by the markers of `markers.py`, files by their type; anything else with a scalar
annotation or a default is a query parameter; a dataclass, TypedDict or pydantic model, or a list of them, is the JSON
body. The thinking happens once, when the route is defined; a request only walks the finished list.
"""

from __future__ import annotations

import inspect
import re
import typing
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic

from notebook_routes.errors import CellError, ValidationFailed
from notebook_routes.routing import RESERVED_NAMES, Dynamic, OptionalCatchAll, RoutePattern
from notebook_routes.runtime.hints import allows_none, converter, holds_model, is_many, is_scalar, name_of, without_none
from notebook_routes.runtime.inputs import (
    Input,
    Reader,
    cookie_reader,
    field_reader,
    file_reader,
    header_reader,
    is_file,
    missing,
)
from notebook_routes.runtime.markers import CookieParam, Form, Header, hides_marker, is_marker, take_marker
from notebook_routes.runtime.parameters import first_line, parameters_of
from notebook_routes.runtime.typed_params import broken_promise
from notebook_routes.web import FormData, Request, URLSearchParams
from notebook_routes.web.body import parsed_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import TypeVar

    from notebook_routes.runtime.exchange import Exchange
    from notebook_routes.types import Params

    # Type checkers know the default already, which Python has from 3.13 on.
    P_co = TypeVar("P_co", covariant=True, bound=Mapping[str, object], default=Params)
else:
    P_co = typing.TypeVar("P_co", covariant=True)


@dataclass(frozen=True)
class RouteContext(Generic[P_co]):
    """The second argument of a Route Handler.

    Type checkers know the segments of `RouteContext[ProductParams]`, where that is a TypedDict; it must fit the path.
    After `notebook-routes typegen` they know those of `RouteContext["/products/[id]"]`, the path itself.

    Attributes:
        params: the dynamic segments by name; empty for a static path, without the key of an absent optional catch-all.
        route: the pattern that matched, as written.
    """

    params: P_co
    route: str

    if not TYPE_CHECKING:

        def __class_getitem__(cls, kind: Any) -> Any:
            # Python's own way would read a text as the name of a type. A path is none, and is meant as it stands.
            if isinstance(kind, str) and kind.startswith("/"):
                kind = typing.Literal[RoutePattern.parse(kind).path]
            return super().__class_getitem__(kind)


class _BodyForm(Enum):
    """What the handler's types say about the body."""

    BY_CONTENT_TYPE = 0
    JSON = 1
    TEXT = 2
    BYTES = 3
    FORM = 4


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
        #: What it reads of a request, as far as its parameters tell.
        self.inputs: list[Input] = []
        #: Whether the body has to be read before the handler is called.
        self.needs_body = False
        self._body_form = _BodyForm.BY_CONTENT_TYPE
        self._body_name: str | None = None
        self._has_fields = False
        self._plain_segments: list[str] = []
        for parameter in parameters_of(function):
            self._readers.append((parameter.name, self._reader(parameter)))
        #: Whether `arguments` are what the router has found, all of it and no more: then nobody has to ask for them.
        self.takes_params = len(self._plain_segments) == len(self._readers) == len(pattern.names)

    def arguments(self, exchange: Exchange, body: Any = None) -> Mapping[str, Any]:
        """The keyword arguments for one request.

        Raises:
            ValidationFailed: values do not have their declared types; all of them are named.
        """
        arguments: dict[str, Any] = {}
        try:
            for name, read in self._readers:
                arguments[name] = read(exchange, body)
        except ValidationFailed:
            findings = self._findings(exchange, body)
            # These, and not the exception, whose traceback would lead back to the exchange.
            exchange.findings = tuple(findings)
            raise ValidationFailed(findings) from None
        return arguments

    def _findings(self, exchange: Exchange, body: Any) -> list[Mapping[str, object]]:
        findings: list[Mapping[str, object]] = []
        for _, read in self._readers:
            try:
                read(exchange, body)
            except ValidationFailed as failed:
                findings += failed.findings
        return findings

    async def read_body(self, request: Request) -> Any:
        """The body as `body` sees it: JSON, FormData, text or bytes by its content type; None where there is none.

        A type that the handler gives to its body comes before the content type.

        Raises:
            InvalidBody: the body is not what its content type says.
            BodyTooLarge: it is over the server's limit.
        """
        if request.body is None:
            return None
        data = await request.buffer()
        form = self._body_form
        if form is _BodyForm.BY_CONTENT_TYPE:
            form = _form_of(request.headers.get("content-type", ""))
        elif not data and (form is _BodyForm.JSON or self._has_fields):
            return None
        if form is _BodyForm.JSON:
            return parsed_json(data)
        if form is _BodyForm.FORM:
            return await request.clone().form_data()
        if form is _BodyForm.TEXT:
            return data.decode(errors="replace").removeprefix("\ufeff")
        return data if data or self._body_form is _BodyForm.BYTES else None

    def _reader(self, parameter: inspect.Parameter) -> Reader:
        name, default = parameter.name, parameter.default
        hint, markers = take_marker(parameter.annotation)
        self._check_kind(parameter)
        self._check_markers(name, hint, default, markers)
        if markers:
            return self._marked_reader(name, hint, default, markers[0])
        if name == "body":
            return self._body_reader(name, hint, default)
        if name in _SPECIAL:
            self._check_special(name, hint)
            return _SPECIAL[name]
        if name in self._pattern.names:
            return self._segment_reader(name, hint, default)
        own = _OWN.get(_origin(hint))
        if own is not None:
            raise self._unfillable(name, f"a {_origin(hint).__name__} is given by name", write=f"`{own}`")
        if is_file(hint):
            return self._form_reader(name, hint, default)
        if holds_model(hint):
            return self._body_reader(name, hint, default)
        if hint is inspect.Parameter.empty:
            if default is inspect.Parameter.empty:
                meant = _MEANT.get(name)
                write = None if meant is None else f"`{meant}`"
                raise self._unfillable(name, "it has neither a type nor a default", write=write)
            hint = str if default is None else type(default)
        if not is_scalar(hint):
            raise self._unfillable(name, f"{name_of(hint)} is no type that a query parameter can have")
        return _query_reader(self._takes("query", name, hint, default))

    def _takes(self, place: str, name: str, hint: Any, default: Any, media: tuple[str, ...] = ()) -> Input:
        taken = Input(place, name, hint, default, media)
        self.inputs.append(taken)
        return taken

    def _marked_reader(self, name: str, hint: Any, default: Any, marker: Header | CookieParam | Form) -> Reader:
        """Of a header, a cookie or a form's field."""
        if isinstance(marker, Form):
            return self._form_reader(marker.name or name, hint, default)
        what = "header" if isinstance(marker, Header) else "cookie"
        self._check_scalar(name, hint, what=what)
        if isinstance(marker, Header):
            wire = marker.name.lower() if marker.name else name.replace("_", "-").lower()
            if not _TOKEN.fullmatch(wire):
                raise self._unfillable(
                    name, f'"{wire}" is no name of a header', write=f'`{name}: Annotated[str, Header("x-name")]`'
                )
            return header_reader(self._takes("header", wire, hint, default))
        if is_many(hint):
            raise self._unfillable(
                name, f"a cookie has one value, not {name_of(hint)}", write=f"`{name}: Annotated[str, CookieParam()]`"
            )
        return cookie_reader(self._takes("cookie", marker.name or name, hint, default))

    def _form_reader(self, name: str, hint: Any, default: Any) -> Reader:
        if self._method in ("GET", "HEAD"):
            raise self._unfillable(name, f"a {self._method} request has no body with a form")
        if self._body_name is not None:
            raise self._unfillable(name, f"`{self._body_name}` is the body already", write="one or the other")
        self.needs_body = self._has_fields = True
        self._body_form = _BodyForm.FORM
        if is_file(hint):
            return file_reader(self._takes("form", name, hint, default))
        self._check_scalar(name, hint, what="form field")
        return field_reader(self._takes("form", name, hint, default))

    def _check_scalar(self, name: str, hint: Any, *, what: str) -> None:
        if not is_scalar(hint):
            raise self._unfillable(
                name, f"{name_of(hint)} is no type that a {what} can have", write=f"`{name}: Annotated[str, ...]`"
            )

    def _check_markers(self, name: str, hint: Any, default: Any, markers: list[Any]) -> None:
        if is_marker(default):
            kind = default.__name__ if isinstance(default, type) else type(default).__name__
            raise self._unfillable(name, f"{kind}() is its default", write=f"`{name}: Annotated[str, {kind}()]`")
        if hides_marker(hint):
            raise self._unfillable(
                name, "a marker stands for the whole parameter", write=f"`{name}: Annotated[str | None, ...] = None`"
            )
        if is_marker(hint):
            kind = hint.__name__ if isinstance(hint, type) else type(hint).__name__
            raise self._unfillable(name, f"{kind} is no type", write=f"`{name}: Annotated[str, {kind}()]`")
        if len(markers) > 1:
            raise self._unfillable(name, f"it has {len(markers)} markers", write="one of them")
        if markers and (name in RESERVED_NAMES or name in self._pattern.names):
            kind = type(markers[0]).__name__
            raise self._unfillable(
                name,
                "the name has a meaning already",
                write=f'another name, `{name}_: Annotated[str, {kind}("{name}")]`',
            )

    def _segment_reader(self, name: str, hint: Any, default: Any) -> Reader:
        segment = self._pattern.params[name]
        several = not isinstance(segment, Dynamic)
        if hint not in _UNTYPED:
            if not is_scalar(hint):
                raise self._unfillable(name, f"{name_of(hint)} is no type that a segment can have")
            if is_many(hint) is not several:
                gives = "a list" if several else "one value"
                write = f"`{name}: {'list[str]' if several else 'str'}`"
                raise self._unfillable(name, f"{segment} gives {gives}, not {name_of(hint)}", write=write)
        self._takes("path", name, hint, default)
        if hint is str or (hint in _UNTYPED and not isinstance(segment, OptionalCatchAll)):
            self._plain_segments.append(name)
            return lambda exchange, _body: exchange.params.get(name)
        # An absent optional catch-all is None here, though its key is absent in `params`.
        absent = None if default is inspect.Parameter.empty else default
        convert = None if hint in _UNTYPED else converter(hint, ("path", name), from_text=True)

        def read(exchange: Exchange, _body: Any) -> Any:
            value = exchange.params.get(name)
            if value is None:
                return absent
            return convert(value) if convert else value

        return read

    def _body_reader(self, name: str, hint: Any, default: Any) -> Reader:
        if hint in _UNTYPED:
            self.needs_body = True
            absent = None if default is inspect.Parameter.empty else default
            self._takes("body", name, hint, absent)
            return lambda _exchange, body: absent if body is None else body
        if self._method in ("GET", "HEAD"):
            raise self._unfillable(name, f"a {self._method} request has no body to read {name_of(hint)} from")
        if self._body_name is not None:
            raise self._unfillable(name, f"`{self._body_name}` is the body already")
        if self._has_fields:
            raise self._unfillable(name, "other parameters take the body for a form", write="one or the other")
        self.needs_body = True
        self._body_name = name
        inner = without_none(hint)
        self._body_form = _BODY_FORMS.get(inner, _BodyForm.JSON) if isinstance(inner, type) else _BodyForm.JSON
        optional = allows_none(hint)
        absent = None if optional and default is inspect.Parameter.empty else default
        self._takes("body", name, hint, absent, _MEDIA[self._body_form])
        convert = None if self._body_form is _BodyForm.FORM else converter(hint, ("body",), from_text=False)

        def read(_exchange: Exchange, body: Any) -> Any:
            if body is None:
                if default is not inspect.Parameter.empty:
                    return default
                if not optional:
                    raise missing("body")
            return convert(body) if convert else body

        return read

    def _check_special(self, name: str, hint: Any) -> None:
        """A type on `request`, `context`, `params` or `query` must be theirs: they are not converted."""
        kind = _origin(hint)
        if hint in _UNTYPED or not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
            return
        given = _GIVEN[name]
        is_mapping = issubclass(kind, dict)  # a TypedDict answers no other question
        if given is dict if is_mapping else issubclass(given, kind):
            promise = next(iter(typing.get_args(hint)), None) if kind is RouteContext else hint
            broken = broken_promise(promise, self._pattern)
            if broken is not None:
                raise self._unfillable(name, broken[0], write=broken[1])
            return
        raise self._unfillable(
            name,
            f"the name stands for the {given.__name__} of the request, not for a {name_of(hint)}",
            write=f"another name, `{name}_: {name_of(hint)}`",
        )

    def _check_kind(self, parameter: inspect.Parameter) -> None:
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            stars = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else "**"
            raise self._unfillable(
                f"{stars}{parameter.name}",
                "arguments are given by name",
                write="each name, or functools.wraps on a decorator's function",
            )
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise self._unfillable(parameter.name, "it stands before the `/`, and arguments are given by name")

    def _unfillable(self, name: str, why: str, *, write: str | None = None) -> CellError:
        given = ", ".join(("request", "context", "params", "query", "body", *self._pattern.names))
        fix = write or f"`{name}: str` for a query parameter"
        return CellError(
            f"{self._method} {self._pattern}: the parameter `{name}` can never be filled: {why}. "
            f"A handler is given {given} by name; write {fix}",
            line=first_line(self._function),
        )


def _form_of(content_type: str) -> _BodyForm:
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/json" or media.endswith("+json"):
        return _BodyForm.JSON
    if media in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return _BodyForm.FORM
    return _BodyForm.TEXT if media.startswith("text/") else _BodyForm.BYTES


def _origin(hint: Any) -> Any:
    """The class of a generic one, `RouteContext` of `RouteContext[ProductParams]`."""
    return typing.get_origin(hint) or (hint if isinstance(hint, type) else None)


def _query_reader(given: Input) -> Reader:
    name, hint, default = given.name, given.hint, given.default
    many = is_many(hint)
    convert = None if hint is str else converter(hint, ("query", name), from_text=True)

    def read(exchange: Exchange, _body: Any) -> Any:
        # What is declared is part of the key of an answer that is kept: reading it is not noticed.
        query = exchange.request.query if exchange.observed is None else exchange.observed.declared_query
        if not query.has(name):
            if default is inspect.Parameter.empty:
                raise missing("query", name)
            return default
        value = query.get_all(name) if many else query.get(name)
        return convert(value) if convert else value

    return read


_SPECIAL: dict[str, Reader] = {
    "request": lambda exchange, _body: exchange.seen,
    "context": lambda exchange, _body: RouteContext(
        exchange.params, exchange.route.pattern.text if exchange.route else ""
    ),
    "params": lambda exchange, _body: exchange.params,
    "query": lambda exchange, _body: exchange.seen.query,
}

#: What the special names give, for the check of their annotations.
_GIVEN: dict[str, type] = {"request": Request, "context": RouteContext, "params": dict, "query": URLSearchParams}
#: What they are called elsewhere.
_MEANT = {"req": "request", "ctx": "context"}
#: Types that are known by name alone.
_OWN: dict[Any, str] = {Request: "request", RouteContext: "context", URLSearchParams: "query", FormData: "body"}
_MEDIA: dict[_BodyForm, tuple[str, ...]] = {
    _BodyForm.JSON: ("application/json",),
    _BodyForm.TEXT: ("text/plain",),
    _BodyForm.BYTES: ("application/octet-stream",),
    _BodyForm.FORM: ("application/x-www-form-urlencoded", "multipart/form-data"),
}
#: A header's name (RFC 9110 §5.6.2).
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")
_UNTYPED = (inspect.Parameter.empty, Any, object)
_BODY_FORMS: dict[Any, _BodyForm] = {str: _BodyForm.TEXT, bytes: _BodyForm.BYTES, FormData: _BodyForm.FORM}
