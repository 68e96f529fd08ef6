"""`notebook-routes list`: the routes of a project, as a table or as JSON."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from notebook_routes.project.broken import broken_reason
from notebook_routes.project.current_folder import within
from notebook_routes.project.load import load_tree
from notebook_routes.routing import CorsPolicy
from notebook_routes.runtime.constants import literal
from notebook_routes.tooling.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from notebook_routes.routing import Route


#: Columns of a table that is no terminal's.
_WIDEST = 1000


def list_tree(directory: Path, *, as_json: bool = False) -> bool:
    """Print the routes of a project, sorted by path; whether all of its files can be used.

    Args:
        directory: the project's folder.
        as_json: print a list of objects with method, path, file, config and, of a file that cannot be used, error.

    Raises:
        DefinitionError: there is no folder `app`, or the middleware cannot be used.
    """
    with within(directory) as root, progress(f"Loading {directory}"):
        app = load_tree(root)
    rows = _rows(app.routes.routes())
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))  # noqa: T201 - what was asked for
    else:
        console = Console()
        if not console.is_terminal:
            # Whoever reads it, `grep` say, wants a route on a line.
            console.width = _WIDEST
        console.print(_table(rows) if rows else f"{directory} has no route: write app/route.py", highlight=False)
    return not any("error" in row for row in rows)


def _rows(routes: Iterable[Route]) -> list[dict[str, Any]]:
    """A row for each route, and for a file that cannot be used, whose path fails for every method, one."""
    found: dict[object, list[Route]] = {}
    for route in routes:
        reason = broken_reason(route)
        found.setdefault((route.method, route.pattern) if reason is None else (route.cell, reason), []).append(route)
    return [_row(alike) for alike in found.values()]


def _row(alike: Sequence[Route]) -> dict[str, Any]:
    route, reason = alike[0], broken_reason(alike[0])
    row: dict[str, Any] = {
        "method": "*" if len(alike) > 1 else route.method,
        "path": route.pattern.text,
        "file": route.cell,
        "config": {name: _plain(value) for name, value in route.config.explicit.items()},
    }
    return {**row, "error": reason} if reason else row


def _plain(value: object) -> Any:
    """A value of the config as JSON has it; a function by its name, a policy by what it says."""
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if isinstance(value, CorsPolicy):
        return ast.literal_eval(repr(value))
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return value.__name__ if callable(value) and hasattr(value, "__name__") else str(value)


def _table(rows: Iterable[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("METHOD", "PATH", "FILE", "CONFIG"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        config = ", ".join(f"{name} = {literal(value)}" for name, value in row["config"].items())
        said = row["error"].splitlines()[0] if "error" in row else config
        # What a file is called is no markup, and neither is `[id]`.
        table.add_row(
            *(_escaped(text) for text in (row["method"], row["path"], row["file"], said)),
            style="red" if "error" in row else None,
        )
    return table


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
