"""Values that answers are made of: headers as `Response` takes them, and what a body is as far as one sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import code, constant, literal

if TYPE_CHECKING:
    from collections.abc import Sequence


def header_pairs(key: cst.BaseExpression, value: cst.BaseExpression) -> list[tuple[str, str, bool]]:
    """A header as (name, value, whether it is one of several)."""
    if isinstance(value, (cst.List, cst.Tuple)):
        return [(code(key), header_value(element.value), True) for element in value.elements]
    return [(code(key), header_value(value), False)]


def header_value(value: cst.BaseExpression) -> str:
    """The value of a header as a text, which is all that `Headers` takes."""
    found = constant(value)
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return literal(str(found))
    return code(value) if kind_of(value) == "text" else f"str({code(value)})"


def dict_pairs(node: cst.BaseExpression | None) -> list[tuple[str, str]]:
    """The keys and values of a dict that is written out, as texts; none of any other."""
    if not isinstance(node, cst.Dict):
        return []
    return [(code(each.key), code(each.value)) for each in node.elements if isinstance(each, cst.DictElement)]


def written_headers(pairs: Sequence[tuple[str, str]]) -> str:
    """Headers as a dict, or as pairs where a name repeats."""
    if len({key.lower() for key, _ in pairs}) == len(pairs):
        return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
    return "[" + ", ".join(f"({key}, {value})" for key, value in pairs) + "]"


def kind_of(value: cst.BaseExpression) -> str:
    """What a value is, as far as it is plain to see: json, text, bytes, none, or nothing known."""
    found = constant(value)
    if found is None:
        return "none"
    if isinstance(found, bytes):
        return "bytes"
    if isinstance(found, str) or isinstance(value, (cst.FormattedString, cst.ConcatenatedString)):
        return "text"
    shown = (cst.Dict, cst.List, cst.Tuple, cst.DictComp, cst.ListComp, cst.Integer, cst.Float, cst.Comparison)
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, (cst.Add, cst.Modulo)):
        return "text" if kind_of(value.left) == "text" else ""
    if found is not ... or isinstance(value, shown):
        return "json"
    if isinstance(value, cst.Call):
        name = value.func.attr.value if isinstance(value.func, cst.Attribute) else None
        name = value.func.value if isinstance(value.func, cst.Name) else name
        if name in ("str", "dumps", "join", "format", "getvalue", "upper", "lower", "strip"):
            return "text"
        return {"bytes": "bytes", "encode": "bytes", "dict": "json", "list": "json", "len": "json"}.get(str(name), "")
    return ""
