"""What a cell seems to say about keeping its answers, and does not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.routing import CONFIG_NAMES

if TYPE_CHECKING:
    from notebook_routes.routing import Directive, Route, RoutePath

#: By name, the option of the line, and a value that it may have.
_OPTIONS = {
    "revalidate": ("--revalidate", "60"),
    "tags": ("--tag", "products"),
    "dynamic": ("--dynamic", "force-static"),
    "runtime": ("--runtime", "python"),
    "max_duration": ("--max-duration", "30"),
    "cors": ("--cors", "https://shop.example"),
}


def config_remarks(directive: Directive, body: str, route: Route, path: RoutePath) -> list[str]:
    """Sentences to show below a cell.

    Args:
        directive: the cell's line.
        body: the text below it; none for a page.
        route: one of the cell's.
        path: its path as it is now, with what other cells say.
    """
    remarks = _config_in_body(body) if directive.method is not None else []
    said = route.config
    if said.tags and not path.config.keeps_answers:
        on_line = directive.method is not None or route.is_page
        option = "--revalidate 60 on the line" if on_line else "revalidate = 60"
        remarks.append(f"A tag keeps nothing by itself: {option} keeps the answers for a minute")
    elif said.keeps_answers and "GET" not in path.methods:
        remarks.append(f"Only answers to GET are kept, and there is no GET {directive.pattern} yet")
    return remarks


def _config_in_body(body: str) -> list[str]:
    """Names of the config that the body of a handler sets at its own level and never reads."""
    from notebook_routes.runtime.celltext import CellText  # noqa: PLC0415 - %load_ext must not wait for it

    tree = CellText.read(body, first_line=1).parse()
    set_here = {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and target.id in CONFIG_NAMES
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    used.update(name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names)
    return [
        f"`{name}` is an ordinary variable in a handler's body: to declare it, write {_fix(name, value)} on the line"
        for name, value in set_here.items()
        if name not in used
    ]


def _fix(name: str, value: ast.expr) -> str:
    if name not in _OPTIONS:
        return "the cell as a module, without a method"
    option, example = _OPTIONS[name]
    if isinstance(value, ast.Constant) and isinstance(value.value, (str, int)):
        example = value.value if isinstance(value.value, str) else str(value.value).lower()
    return f"{option} {example}"
