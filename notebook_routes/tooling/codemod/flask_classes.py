"""Views of Flask that are classes: each method of a `MethodView` answers the HTTP method of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.declarations import METHOD_DECORATORS
from notebook_routes.tooling.codemod.nodes import Statement, body_of, dotted, names_in, only_small

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_method_view(kind: cst.ClassDef) -> bool:
    """Whether a class is a MethodView that holds nothing but handlers, none of which needs the object."""
    bases = [dotted(each.value) or "" for each in kind.bases]
    if bases not in (["MethodView"], ["views.MethodView"]) or kind.decorators:
        return False
    return all(_is_handler(each) or _is_text(each) for each in body_of(kind.body))


def methods_of(kind: cst.ClassDef) -> Iterator[cst.FunctionDef]:
    """Its handlers as functions, by names that tell them apart from those of other classes."""
    for each in body_of(kind.body):
        if isinstance(each, cst.FunctionDef):
            given = each.params.with_changes(params=each.params.params[1:])
            name = cst.Name(f"{kind.name.value}_{each.name.value}")
            yield each.with_changes(name=name, params=given, leading_lines=[])


def _is_handler(node: Statement) -> bool:
    if not isinstance(node, cst.FunctionDef) or node.name.value not in METHOD_DECORATORS or node.decorators:
        return False
    given = node.params.params
    return bool(given) and given[0].name.value not in names_in([node.body])


def _is_text(node: Statement) -> bool:
    small = only_small(node)
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)
