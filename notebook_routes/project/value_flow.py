"""Where values go in statements: what holds them under another name, is given them, changes them, or returns them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.project.global_names import Does, called_name, draws, find_global_names, is_drawing, root_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Functions that give something that works on their arguments.
_HOLDING = ("open", "iter", "partial", "closing", "memoryview", "zip", "enumerate", "map", "filter", "reversed")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def given(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    """`Thread(target=work)`, `pool.submit(work, 1)`, not in functions."""
    found: set[str] = set()
    for call in _calls(nodes):
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        found.update(each.id for each in arguments if isinstance(each, ast.Name))
    return frozenset(found)


def given_to(nodes: Sequence[ast.stmt]) -> dict[tuple[str, int | str], frozenset[str]]:
    """`count = fill(products, 3)`, not in functions: that `fill` is given `products` as the first."""
    found: dict[tuple[str, int | str], set[str]] = {}
    for call in _calls(nodes):
        if not isinstance(call.func, ast.Name):
            continue
        arguments: dict[int | str, ast.expr] = dict(enumerate(call.args))
        arguments |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
        for place, value in arguments.items():
            root = root_name(value) if not isinstance(value, ast.Call) else None
            if root is not None:
                found.setdefault((call.func.id, place), set()).add(root.id)
    return {place: frozenset(names) for place, names in found.items()}


def filled(nodes: Sequence[ast.stmt]) -> frozenset[int | str]:
    """The parameters of a function whose values it changes, by place and by name."""
    found: set[int | str] = set()
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            changed = {use.name for use in find_global_names(node.body).of(Does.CHANGE)}
            for place, argument in enumerate([*node.args.posonlyargs, *node.args.args]):
                found |= {place, argument.arg} if argument.arg in changed else set()
            found |= {argument.arg for argument in node.args.kwonlyargs if argument.arg in changed}
    return frozenset(found)


def aliases(nodes: Sequence[ast.stmt]) -> dict[str, frozenset[str]]:
    """`cursor = db.cursor()`, `for p in products.values()`, `with open(folder + "/x", "w") as file`."""
    found: dict[str, set[str]] = {}

    def note(target: ast.expr | None, sources: Iterable[str]) -> None:
        for name in ast.walk(target) if target is not None else ():
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                found.setdefault(name.id, set()).update(sources)

    for node in (each for statement in nodes for each in ast.walk(statement)):
        if isinstance(node, ast.Assign):
            together = [target.id for target in node.targets if isinstance(target, ast.Name)]
            for target in node.targets:
                note(target, [*_source(node.value), *together])
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            note(node.target, _source(node.value))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
            found.setdefault(node.name, set()).update(name for default in defaults for name in _source(default))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            targets = [each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)]
            # `for ax, column in zip(axes, table)`: what is drawn on is not the table.
            names = _all_names(node.iter)
            note(node.target, list(filter(is_drawing, names)) if any(map(is_drawing, targets)) else names)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                note(item.optional_vars, _all_names(item.context_expr))
    return {name: frozenset(sources) for name, sources in found.items()}


def returned(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    """The names of whose values the functions of statements return a part."""
    values = (node.value for statement in nodes for node in ast.walk(statement) if isinstance(node, ast.Return))
    return frozenset(name for value in values if value is not None for name in _source(value))


def _source(value: ast.expr) -> list[str]:
    """The names whose values a value holds, or is a part of, or works on."""
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return [name for item in value.elts for name in _source(item)]
    if isinstance(value, ast.Dict):
        return [name for item in value.values for name in _source(item)]
    if isinstance(value, (ast.IfExp, ast.BoolOp)):
        parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else value.values
        return [name for part in parts for name in _source(part)]
    if isinstance(value, (ast.Await, ast.Starred, ast.NamedExpr)):
        return _source(value.value)
    if isinstance(value, ast.Call):
        called = called_name(value) or ""
        if draws(value):
            return []
        # A class holds what it is given; what any other function returns says nothing of its arguments.
        holds = called[:1].isupper() or called in _HOLDING
        held = [*value.args, *(keyword.value for keyword in value.keywords)] if holds else []
        method = [value.func] if isinstance(value.func, ast.Attribute) else []
        return [name for part in (*held, *method) for name in _source(part)]
    root = root_name(value)
    return [root.id] if root is not None else []


def _all_names(value: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(value) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]


def _calls(nodes: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """The calls that are in no function."""
    waiting: list[ast.AST] = [node for node in nodes if not isinstance(node, Definition)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        waiting += [each for each in ast.iter_child_nodes(node) if not isinstance(each, Definition | ast.Lambda)]
