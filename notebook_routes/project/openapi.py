"""The OpenAPI 3.1 document of routes: from their paths, types, docstrings and config.

https://spec.openapis.org/oas/v3.1.1.html. Three things a path here can do have no words there:

- a catch-all is written as one parameter, `/docs/{slug}`, whose description says that it holds slashes;
- an optional catch-all is two paths, with and without it;
- of two paths that only differ in their parameters' names (`/[id]` and `/[...slug]`) the document may have one: the
  others are listed under `x-omitted`.
"""

from __future__ import annotations

import collections.abc
import inspect
import re
import types
import typing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from notebook_routes.project.schemas import Schema, Schemas, file_schema
from notebook_routes.routing import CatchAll, Dynamic, OptionalCatchAll, Static
from notebook_routes.runtime import Invoker
from notebook_routes.runtime.hints import is_many
from notebook_routes.runtime.inputs import is_file
from notebook_routes.runtime.parameters import documentation, returned
from notebook_routes.web import Response, ServerSentEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_routes.routing import Route, RoutePath, RoutePattern, RouteTable
    from notebook_routes.runtime import Input

_PROBLEM = "notebook_routes.ValidationFailed"
_PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "description": "Which values do not have their declared types.",
    "required": ["detail"],
    "properties": {
        "detail": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {
                    "loc": {
                        "type": "array",
                        "description": "The place (path, query, header, cookie, form or body), then the field.",
                        "items": {"type": ["string", "integer"]},
                    },
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        }
    },
}
_STREAMS = (collections.abc.Iterator, collections.abc.AsyncIterable)
_UNION = (typing.Union, types.UnionType)
_ANY_BODY = "*/*"


def openapi_document(
    routes: RouteTable, *, title: str = "Routes", version: str = "0.1.0", description: str | None = None
) -> dict[str, Any]:
    """Describe routes as OpenAPI 3.1, in a dict that JSON can hold.

    Args:
        routes: the routes.
        title: the name of the API.
        version: the API's own version.
        description: what it is for, in CommonMark.

    Raises:
        CellError: a handler's annotations cannot be evaluated.
    """
    schemas = Schemas()
    paths: dict[str, Schema] = {}
    omitted: list[str] = []
    named: set[str] = set()
    shapes: set[str] = set()
    for route_path in _route_paths(routes):
        for template, segments in _templates(route_path.pattern):
            shape = re.sub(r"\{[^}]*\}", "{}", template)
            if shape in shapes:
                omitted.append(route_path.pattern.text)
                continue
            shapes.add(shape)
            paths[template] = {
                method.lower(): _Operation(route, route_path, template, segments, schemas).described(named)
                for method, route in route_path.methods.items()
                if not (route.is_page or route.is_api)
            }
    components = schemas.fill()
    if any("422" in operation["responses"] for item in paths.values() for operation in item.values()):
        components[_PROBLEM] = _PROBLEM_SCHEMA
    info = {"title": title, "version": version, **({"description": description} if description else {})}
    document: dict[str, Any] = {"openapi": "3.1.0", "info": info, "paths": paths}
    if components:
        document["components"] = {"schemas": dict(sorted(components.items()))}
    if omitted:
        document["x-omitted"] = omitted
    return document


def _route_paths(routes: RouteTable) -> list[RoutePath]:
    found: dict[tuple[str | int, ...], RoutePath] = {}
    for route in routes.routes():
        at = routes.at(route.pattern)
        # A page is for people, and which methods an API Route answers, and with what, it does not say.
        if at is not None and not (route.is_page or route.is_api):
            found.setdefault(route.pattern.shape, at)
    # What is tried first comes first, where the document can have one of two.
    return sorted(found.values(), key=lambda path: [_rank(segment) for segment in path.pattern.segments])


def _rank(segment: object) -> tuple[int, str]:
    kinds = (Static, Dynamic, CatchAll, OptionalCatchAll)
    return kinds.index(type(segment)), segment.value if isinstance(segment, Static) else ""


def _templates(pattern: RoutePattern) -> list[tuple[str, tuple[str, ...]]]:
    """The paths of the document that a pattern is, each with its parameters."""
    words = [
        quote(segment.value, safe="!$&'()*+,;=:@") if isinstance(segment, Static) else f"{{{segment.name}}}"
        for segment in pattern.segments
    ]
    whole = ("/" + "/".join(words), pattern.names)
    if pattern.segments and isinstance(pattern.segments[-1], OptionalCatchAll):
        return [("/" + "/".join(words[:-1]), pattern.names[:-1]), whole]
    return [whole]


class _Operation:
    """One method of one path."""

    def __init__(
        self, route: Route, route_path: RoutePath, template: str, segments: Sequence[str], schemas: Schemas
    ) -> None:
        self._route = route
        self._config = route_path.config
        self._template = template
        self._segments = segments
        self._schemas = schemas
        handler = route.handler
        assert isinstance(handler, Invoker)
        self._function = handler.function
        self._inputs = handler.inputs

    def described(self, named: set[str]) -> Schema:
        """The Operation Object; `named` holds the ids that are taken."""
        operation: Schema = {"operationId": self._id(named)}
        summary, _, rest = documentation(self._function).partition("\n")
        if summary:
            operation["summary"] = summary
        if rest.strip():
            operation["description"] = rest.strip()
        groups = [word[1:-1] for word in self._route.pattern.text.split("/") if re.fullmatch(r"\([^()]+\)", word)]
        if groups:
            operation["tags"] = groups
        if getattr(self._function, "__deprecated__", None) is not None:
            operation["deprecated"] = True
        parameters = [self._segment(name) for name in self._segments] + [
            self._parameter(given) for given in self._inputs if given.place in ("query", "header", "cookie")
        ]
        if parameters:
            operation["parameters"] = parameters
        body = self._body()
        if body is not None:
            operation["requestBody"] = body
        operation["responses"] = self._responses()
        config = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self._config.explicit.items()
            if _is_plain(value)
        }
        if config:
            operation["x-notebook-routes"] = config
        return operation

    def _id(self, named: set[str]) -> str:
        words = re.findall(r"[0-9A-Za-z]+", self._template)
        base = wanted = (
            "_".join([self._route.method.lower(), *words]) if words else f"{self._route.method.lower()}_root"
        )
        number = 2
        while wanted in named:
            wanted, number = f"{base}_{number}", number + 1
        named.add(wanted)
        return wanted

    def _segment(self, name: str) -> Schema:
        given = next((given for given in self._inputs if given.place == "path" and given.name == name), None)
        parameter: Schema = {"name": name, "in": "path", "required": True}
        if not isinstance(self._route.pattern.params[name], Dynamic):
            parameter["description"] = "One segment or more, with the slashes between them."
            parameter["schema"] = {"type": "string"}
        elif given is None or given.hint in (inspect.Parameter.empty, Any, object):
            parameter["schema"] = {"type": "string"}
        else:
            parameter["schema"] = self._schemas.ask(given.hint, "validation", as_text=True)
        return parameter

    def _parameter(self, given: Input) -> Schema:
        return {
            "name": given.name,
            "in": given.place,
            **({"required": True} if given.required else {}),
            "schema": self._schemas.ask(given.hint, "validation", as_text=True, default=given.default),
        }

    def _body(self) -> Schema | None:
        fields = [given for given in self._inputs if given.place == "form"]
        if fields:
            return self._form(fields)
        bodies = [given for given in self._inputs if given.place == "body"]
        if not bodies or self._route.method in ("GET", "HEAD"):
            return None
        # A typed one says more than a plain `body` beside it.
        given = max(bodies, key=lambda each: bool(each.media))
        content: Schema = {}
        for media in given.media or (_ANY_BODY,):
            content[media] = {}
            if media == "application/json":
                content[media]["schema"] = self._schemas.ask(given.hint, "validation", default=given.default)
            elif media == "text/plain":
                content[media]["schema"] = {"type": "string"}
            elif media != _ANY_BODY and len(given.media) > 1:
                content[media]["schema"] = {"type": "object"}
        return {"content": content, **({"required": True} if given.required else {})}

    def _form(self, fields: list[Input]) -> Schema:
        properties = {
            given.name: file_schema(many=is_many(given.hint))
            if is_file(given.hint)
            else self._schemas.ask(given.hint, "validation", as_text=True, default=given.default)
            for given in fields
        }
        required = [given.name for given in fields if given.required]
        schema: Schema = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        kinds = ["multipart/form-data"]
        if not any(is_file(given.hint) for given in fields):
            kinds.insert(0, "application/x-www-form-urlencoded")
        return {
            "content": {kind: {"schema": schema} for kind in kinds},
            **({"required": True} if required else {}),
        }

    def _responses(self) -> Schema:
        responses = self._answers(returned(self._function))
        if any(_can_fail(given) for given in self._inputs):
            responses["422"] = {
                "description": "Parameters do not have their declared types",
                "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{_PROBLEM}"}}},
            }
        if "max_duration" in self._config.explicit:
            responses["504"] = {"description": f"The handler took longer than {self._config.max_duration:g} s"}
        return responses

    def _answers(self, hint: Any) -> Schema:
        parts = list(_parts(hint))
        responses: Schema = {}
        values = [part for part in parts if not _is_open(part) and part is not types.NoneType]
        if values:
            responses["200"] = {"description": "The answer", "content": self._content(values)}
        if types.NoneType in parts:
            responses["204"] = {"description": "No content"}
        if any(_is_open(part) for part in parts):
            responses["default"] = {"description": "The handler's own answer"}
        return responses

    def _content(self, values: Iterable[Any]) -> Schema:
        content: Schema = {}
        rest = []
        for value in values:
            media = _media(value)
            if media is None:
                rest.append(value)
            else:
                content[media] = {"schema": {"type": "string"}} if media == "text/plain" else {}
        if rest:
            hint = rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]  # noqa: UP007 - made of parts
            content["application/json"] = {"schema": self._schemas.ask(hint, "serialization")}
        return content


def _parts(hint: Any) -> Iterable[Any]:
    if typing.get_origin(hint) in _UNION:
        for part in typing.get_args(hint):
            yield from _parts(part)
    else:
        yield types.NoneType if hint is None else hint


def _is_open(hint: Any) -> bool:
    """Whether only the handler knows status and type."""
    kind = typing.get_origin(hint) or hint
    return hint in (inspect.Parameter.empty, Any, object, typing.NoReturn, typing.Never) or (
        isinstance(kind, type) and issubclass(kind, Response)
    )


def _media(hint: Any) -> str | None:
    """The content type of an answer that is not JSON (DESIGN §3, "Answers"); None for JSON."""
    kind = typing.get_origin(hint) or hint
    if not isinstance(kind, type):
        return None
    if issubclass(kind, str):
        return "text/plain"
    if issubclass(kind, (bytes, bytearray, memoryview)):
        return "application/octet-stream"
    # `Iterable` is how many write what a generator function returns.
    if not issubclass(kind, _STREAMS) and kind is not collections.abc.Iterable:
        return None
    of = next(iter(typing.get_args(hint)), Any)
    if of is ServerSentEvent:
        return "text/event-stream"
    return "text/plain" if of is str else "application/octet-stream" if of is bytes else "application/x-ndjson"


def _can_fail(given: Input) -> bool:
    if given.place == "path" or (given.place == "body" and not given.media):
        return given.hint not in (inspect.Parameter.empty, Any, object, str)
    return given.required or given.hint is not str


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float)) or (
        isinstance(value, (tuple, list)) and all(isinstance(item, str) for item in value)
    )
