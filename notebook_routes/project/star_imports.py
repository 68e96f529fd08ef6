"""The names that `from module import *` brings: an exported file says them, as a person would.

The module is imported for it, as the notebook did and the exported tree will. No cell is run.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from notebook_routes.project.statements import fill

if TYPE_CHECKING:
    from notebook_routes.project.statements import Statement


def with_names(statement: Statement) -> Statement:
    """An import whose stars are names; as it is where a module cannot be imported here, or more than imports."""
    if not statement.has_star or not statement.is_import:
        return statement
    nodes = []
    for node in statement.nodes:
        is_star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        names = _names_of(node) if isinstance(node, ast.ImportFrom) and is_star else None
        if is_star and not names:
            return statement
        aliases = [ast.alias(name) for name in names or ()]
        nodes.append(ast.ImportFrom(node.module, aliases, 0) if isinstance(node, ast.ImportFrom) and aliases else node)
    text = "; ".join(ast.unparse(node) for node in nodes)
    named = replace(statement, text=text, nodes=ast.parse(text).body)
    fill(named)
    return named


def _names_of(node: ast.ImportFrom) -> list[str]:
    if node.level or node.module is None:
        return []
    try:
        module = import_module(node.module)
    except (Exception, SystemExit):  # noqa: BLE001 - whatever it raises, its names cannot be had; who uses one is told
        return []
    said = getattr(module, "__all__", None)
    names = [name for name in vars(module) if not name.startswith("_")] if said is None else said
    return sorted({name for name in names if isinstance(name, str) and name.isidentifier()})
