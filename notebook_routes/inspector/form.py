"""The form that sends a request to a route, made of its OpenAPI description: what it takes, with types and defaults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from notebook_routes.inspector.template import template
from notebook_routes.routing import CatchAll, Dynamic, OptionalCatchAll

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.routing import Route

_BODILESS = ("GET", "HEAD", "DELETE", "OPTIONS")
_JSON = "application/json"
#: As browsers send them: in parts only where a field is a file, for which the first is not declared.
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FILE = "contentMediaType"
_REFERENCE = "#/components/schemas/"


def form_of(route: Route, operation: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a route's form.

    Args:
        route: the route.
        operation: what the OpenAPI document says of it; empty where it says nothing.
        components: the models that it refers to, by name.
    """
    parameters: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    for each in operation.get("parameters", ()):
        parameters[each["in"]][each["name"]] = each
    fields = {
        place: [
            _field(name, each.get("schema", {}), components, required=bool(each.get("required")), said=each)
            for name, each in parameters[place].items()
        ]
        for place in ("query", "header", "cookie")
    }
    return {
        "segments": [
            {
                "name": name,
                "many": isinstance(segment, (CatchAll, OptionalCatchAll)),
                "optional": isinstance(segment, OptionalCatchAll),
                "type": _type(parameters["path"].get(name, {}).get("schema", {}), components)
                if isinstance(segment, Dynamic)
                else "string",
                "default": None,
            }
            for name, segment in route.pattern.params.items()
        ],
        "query": fields["query"],
        "headers": fields["header"],
        "cookies": fields["cookie"],
        "body": _body(route.method, operation.get("requestBody"), components),
    }


def _body(method: str, body: Mapping[str, Any] | None, components: Mapping[str, Any]) -> dict[str, Any] | None:
    if body is None:
        if method in _BODILESS:
            return None
        return {"media": _JSON, "required": False, "template": "", "fields": []}
    content = body["content"]
    media = next((kind for kind in _FORMS if kind in content), next(iter(content)))
    schema = content[media].get("schema", {})
    if media in _FORMS:
        required = schema.get("required", ())
        fields = [
            {
                **_field(name, each, components, required=name in required),
                "file": _FILE in each or _FILE in each.get("items", {}),
            }
            for name, each in schema.get("properties", {}).items()
        ]
        return {"media": media, "required": bool(body.get("required")), "template": "", "fields": fields}
    return {
        # "*/*": the handler takes what comes.
        "media": _JSON if media == "*/*" else media,
        "required": bool(body.get("required")),
        "template": template(schema, components) if media == _JSON else "",
        "fields": [],
    }


def _field(
    name: str,
    schema: Mapping[str, Any],
    components: Mapping[str, Any],
    *,
    required: bool,
    said: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    default = schema.get("default")
    whole = _resolved(schema, components)
    items = _resolved(whole.get("items", {}), components) if whole.get("type") == "array" else whole
    return {
        "name": name,
        "type": _type(schema, components),
        "required": required,
        "default": None if default is None else _typed(default),
        "enum": [_text(value) for value in items["enum"]] if items.get("enum") else None,
        "many": whole.get("type") == "array",
        "description": whole.get("description") or (said or {}).get("description"),
    }


def _resolved(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    found: Mapping[str, Any] = components.get(reference.removeprefix(_REFERENCE), {})
    return found


def _type(schema: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    """The type in a word or two for people."""
    schema = _resolved(schema, components)
    if _FILE in schema:
        return "file"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(each, components) for each in schema["anyOf"]))
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {_type(schema.get('items', {}), components)}"
    return str(schema.get("format") or kind)


def _typed(value: object) -> str:
    """A default as it would be typed into the field: several with commas."""
    return ", ".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
