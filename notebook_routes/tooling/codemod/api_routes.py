"""`api-routes`: `pages/api/**/*.py`, and `%%api` cells, as Route Handlers.

    pages/api/products/[id].py        app/api/products/[id]/route.py
    pages/api/products/index.py       app/api/products/route.py
    %%api /api/products/[id]          %%route /api/products/[id]

A file that is written as a `route.py` of the same project is removed, since both would answer one path; with a
destination of its own it stays. Modules below `pages/api` that have no handler are no routes here, and stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import InvalidPattern
from notebook_routes.routing import RoutePattern
from notebook_routes.routing.filesystem import APP, ROUTE_FILE
from notebook_routes.tooling.codemod.api_module import convert_module
from notebook_routes.tooling.codemod.plan import NotUnderstood, Plan, Write, plan_each
from notebook_routes.tooling.codemod.sources import (
    NOTEBOOK,
    Notebook,
    find_sources,
    placed,
    put_source,
    read_text,
    source_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.routing import ParamSegment
    from notebook_routes.tooling.codemod.catalogue import Options

_PAGES = ("pages", "api")
_MAGIC = "%%api"


def plan(path: Path, options: Options) -> Plan:
    """Plan what becomes of API Routes.

    Args:
        path: a project, a folder or a file of it, or a notebook.
        options: the destination is the folder of another project, or for a notebook another file.
    """
    destination = options.destination
    files = [source for source in find_sources(path, ".py") if source == path or _root_of(source) is not None]
    made = plan_each(files, lambda source: _plan_file(source, destination))
    notebooks = find_sources(path, NOTEBOOK)
    made.add(plan_each(notebooks, lambda source: _plan_notebook(source, placed(source, path, destination))))
    return made


def _root_of(source: Path) -> tuple[Path, tuple[str, ...]] | None:
    """The project that a file of API Routes is in, and the file's parts below `pages`."""
    parts = source.absolute().parts
    for place in range(len(parts) - 2, 0, -1):
        if parts[place - 1 : place + 1] == _PAGES:
            return Path(*parts[: place - 1]), parts[place:]
    return None


def _plan_file(source: Path, destination: Path | None) -> Plan:
    found = _root_of(source)
    if found is None:
        raise NotUnderstood(f"it is not below {'/'.join(_PAGES)}")
    root, parts = found
    if parts[-1] == "__init__.py":
        return Plan()
    folders = [*parts[:-1], *([] if parts[-1] == "index.py" else [parts[-1].removesuffix(".py")])]
    if any(folder.startswith("_") for folder in folders):
        raise NotUnderstood("a folder that begins with _ is private in app/: call it otherwise")
    pattern, segments = _pattern("/" + "/".join(folders))
    text = read_text(source)
    converted = convert_module(text, segments)
    target = (destination or _shown(root)).joinpath(APP, *folders, ROUTE_FILE)
    return Plan(
        [Write(target, converted.text.encode(), text, converted.text, source)],
        [] if destination is not None else [source],
        [f"{method} {pattern}" for method in converted.methods],
    )


def _shown(root: Path) -> Path:
    """A folder as a person would call it from here."""
    here = Path.cwd()
    return root.relative_to(here) if root.is_relative_to(here) else root


def _pattern(text: str) -> tuple[str, Mapping[str, ParamSegment]]:
    try:
        pattern = RoutePattern.parse(text)
    except InvalidPattern as error:
        raise NotUnderstood(str(error)) from None
    return pattern.text, pattern.params


def _plan_notebook(source: Path, target: Path) -> Plan:
    notebook = Notebook.read(source)
    before = notebook.text
    made = Plan()
    for number, cell in enumerate(notebook.code, start=1):
        text = source_of(cell)
        line, _, body = text.partition("\n")
        if not line.startswith(f"{_MAGIC} "):
            continue
        pattern, segments = _pattern(line.removeprefix(_MAGIC).strip())
        try:
            converted = convert_module(body, segments)
        except NotUnderstood as reason:
            made.left[source] = f"cell {number}: {reason}"
            continue
        put_source(cell, f"%%route {pattern}\n{converted.text.rstrip()}")
        made.routes += [f"{method} {pattern}" for method in converted.methods]
    if made.routes:
        made.writes.append(notebook.write(target, before))
    return made
