"""An example of what a JSON schema describes, for the body editor to begin with.

What the schema itself says comes first: an example, a default, a constant, the first of several values. All else is
the plainest value of its type.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Models within models are followed so far; a model that holds itself has no end.
_DEEPEST = 6
_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00",
    "duration": "PT1H",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "name@example.org",
    "uri": "https://example.org/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "binary": "",
}
_PLAIN: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}
_REFERENCE = "#/components/schemas/"


def template(schema: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    """A value that fits a schema, as JSON to be edited; "" where the schema says nothing.

    Args:
        schema: of OpenAPI 3.1.
        components: what it refers to, by name.
    """
    return json.dumps(example(schema, components), indent=2, ensure_ascii=False) if schema else ""


def example(schema: Any, components: Mapping[str, Any], *, depth: int = 0) -> Any:
    """A value that fits a schema."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    for name in ("example", "default", "const"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return example(components.get(reference.removeprefix(_REFERENCE)), components, depth=depth + 1)
    for name in ("anyOf", "oneOf"):
        if schema.get(name):
            choices = [choice for choice in schema[name] if choice != {"type": "null"}]
            return example(choices[0], components, depth=depth) if choices else None
    if schema.get("allOf"):
        parts = [example(part, components, depth=depth) for part in schema["allOf"]]
        return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()} or parts[0]
    return _typed(schema, components, depth)


def _typed(schema: Mapping[str, Any], components: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), None)
    if kind == "object" or "properties" in schema:
        return _object(schema, components, depth)
    if kind == "array":
        return _array(schema, components, depth)
    if kind == "string":
        return _FORMATS.get(schema.get("format", ""), "x" * min(int(schema.get("minLength", 0)), 40))
    if kind in ("integer", "number"):
        return _number(schema)
    return _PLAIN.get(kind) if isinstance(kind, str) else None


def _object(schema: Mapping[str, Any], components: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = [name for name in schema.get("required", ()) if name in properties]
    ordered = [*required, *(name for name in properties if name not in required)]
    if depth >= _DEEPEST:
        ordered = required
    return {name: example(properties[name], components, depth=depth + 1) for name in ordered}


def _array(schema: Mapping[str, Any], components: Mapping[str, Any], depth: int) -> list[Any]:
    if depth >= _DEEPEST:
        return []
    if schema.get("prefixItems"):
        return [example(item, components, depth=depth + 1) for item in schema["prefixItems"]]
    items = schema.get("items")
    return [example(items, components, depth=depth + 1)] if items else []


def _number(schema: Mapping[str, Any]) -> Any:
    """0, or the number next to it that the bounds allow."""
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if lowest is None and above is not None:
        lowest = above + 1
    if highest is None and below is not None:
        highest = below - 1
    if lowest is not None and lowest > 0:
        return lowest
    return highest if highest is not None and highest < 0 else 0
