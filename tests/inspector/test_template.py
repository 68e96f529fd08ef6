from __future__ import annotations

import json

import pytest

from notebook_routes.inspector.template import template

COMPONENTS = {
    "Colour": {"enum": ["red", "blue"], "type": "string"},
    "Part": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "part": {"$ref": "#/components/schemas/Part"}},
    },
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, ""),
        ({"type": "integer"}, 0),
        ({"type": "number", "minimum": 2.5}, 2.5),
        ({"type": "integer", "exclusiveMinimum": 0}, 1),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"type": ["null", "string"]}, ""),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "string", "format": "date-time"}, "2026-01-31T12:00:00Z"),
        ({"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000000"),
        ({"type": "string", "format": "email"}, "name@example.org"),
        ({"type": "string", "minLength": 3}, "xxx"),
        ({"type": "string", "default": "a"}, "a"),
        ({"type": "string", "examples": ["b", "c"]}, "b"),
        ({"const": 4}, 4),
        ({"$ref": "#/components/schemas/Colour"}, "red"),
        ({"$ref": "#/components/schemas/Gone"}, None),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 0),
        ({"allOf": [{"$ref": "#/components/schemas/Colour"}]}, "red"),
        ({"type": "array", "items": {"type": "integer"}}, [0]),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, [0, ""]),
        ({"type": "array"}, []),
        ({"type": "object"}, {}),
        (True, None),
    ],
)
def test_an_example_of_each_type(schema, value):
    assert json.loads(template(schema, COMPONENTS)) == value


def test_required_fields_come_first():
    schema = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["b"]}
    assert template(schema, {}) == '{\n  "b": 0,\n  "a": ""\n}'


def test_a_model_that_holds_itself_has_an_end():
    text = template({"$ref": "#/components/schemas/Part"}, COMPONENTS)
    assert 2 <= text.count("name") <= 6
    json.loads(text)


def test_where_the_schema_says_nothing_there_is_nothing():
    assert template({}, {}) == ""
