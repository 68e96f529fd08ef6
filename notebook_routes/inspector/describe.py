"""A route as JSON for the page: its row in the table, and all that is known of it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import DefinitionError
from notebook_routes.inspector.form import form_of
from notebook_routes.inspector.order import order
from notebook_routes.project.broken import broken_reason
from notebook_routes.routing import Dynamic, OptionalCatchAll, RouteTable
from notebook_routes.runtime import Invoker
from notebook_routes.runtime.parameters import documentation

if TYPE_CHECKING:
    from notebook_routes.inspector.service import Subject
    from notebook_routes.routing import Route, RoutePath, SegmentConfig


def standing(route: Route, path: RoutePath, subject: Subject) -> dict[str, Any]:
    """What does not change about a route's row while the route and its path stay."""
    return {
        "method": route.method,
        "path": route.pattern.text,
        "is_page": route.is_page,
        "runtime": path.config.runtime,
        "policy": policy(path.config),
        "cell": subject.where(route),
        "sample": sample(route),
        "broken": broken_reason(route),
        # Where it is another one, the page makes the form anew.
        "version": zlib.crc32(route.source.encode()),
    }


def policy(config: SegmentConfig) -> str:
    """How the answers of a path are kept, in words; "" where nothing is said."""
    said = []
    explicit = config.explicit
    if "dynamic" in explicit:
        said.append(config.dynamic)
    if config.revalidate is False:
        said.append("kept for ever")
    elif config.revalidate is not None:
        said.append(f"revalidate {config.revalidate} s" if config.revalidate else "not kept")
    if config.generate_static_params is not None:
        said.append("prepared" if config.dynamic_params else "prepared paths only")
    if config.tags:
        said.append(f"tags {' '.join(config.tags)}")
    return ", ".join(said)


def sample(route: Route) -> str | None:
    """A path that the route answers, with 1 for each dynamic segment."""
    values: dict[str, Any] = {
        name: "1" if isinstance(segment, Dynamic) else ["1"]
        for name, segment in route.pattern.params.items()
        if not isinstance(segment, OptionalCatchAll)
    }
    return route.pattern.build(**values)


def described(route: Route, path: RoutePath) -> tuple[dict[str, Any], dict[str, Any]]:
    """The form of a route, and the part of the OpenAPI document that is about it."""
    from notebook_routes.project.openapi import openapi_document  # noqa: PLC0415 - when one is looked at

    if route.is_page or not isinstance(route.handler, Invoker):
        return form_of(route, {}, {}), {}
    try:
        document = openapi_document(RouteTable(path.methods.values()), title=route.pattern.text)
    except DefinitionError as error:
        # Of types that have gone since; the form has the path's own segments then.
        return form_of(route, {}, {}), {"x-error": str(error)}
    method = route.method.lower()
    items = list(document["paths"].values())
    operation = items[-1].get(method, {}) if items else {}
    components = document.get("components", {}).get("schemas", {})
    used = _used(operation, components)
    fragment = {template: {method: item[method]} for template, item in document["paths"].items() if method in item}
    return form_of(route, operation, components), (
        {"paths": fragment, **({"components": {"schemas": used}} if used else {})} if fragment else {}
    )


def detail(route: Route, path: RoutePath, subject: Subject, routes: RouteTable) -> dict[str, Any]:
    """All that is known of a route but for its figures: its source, config, form, and place among the others."""
    form, fragment = described(route, path)
    handler = route.handler
    return {
        "form": form,
        "source": subject.source(route),
        "config": [
            [name, _shown(value), subject.where(each)]
            for each in path.methods.values()
            for name, value in each.config.explicit.items()
        ],
        "order": order(route.pattern, (each.pattern for each in routes.paths())),
        "openapi": fragment,
        "help": (documentation(handler.function) or None) if isinstance(handler, Invoker) else None,
    }


def _shown(value: object) -> str:
    if callable(value):
        return getattr(value, "__name__", "a function")
    if isinstance(value, (tuple, list)):
        return " ".join(map(str, value))
    return value if isinstance(value, str) else repr(value)


def _used(part: object, components: dict[str, Any]) -> dict[str, Any]:
    """The models that a part of the document refers to, and those that they refer to."""
    found: dict[str, Any] = {}
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
            name = str(each.get("$ref", "")).rpartition("/")[2]
            if name in components and name not in found:
                found[name] = components[name]
                waiting.append(components[name])
        elif isinstance(each, list):
            waiting += each
    return found
