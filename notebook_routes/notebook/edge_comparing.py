"""Routes of the edge, compared with a real isolate: when their cell has run, and by `%routes edge check`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_routes.notebook.session import Session
    from notebook_routes.project.edge_comparison import EdgeComparison
    from notebook_routes.project.notebook_source import NotebookSource
    from notebook_routes.routing import Route

#: "0" leaves the comparison to `%routes edge check`.
COMPARE_VARIABLE = "NOTEBOOK_ROUTES_EDGE_COMPARE"


def has_isolate() -> bool:
    """Whether the extra `edge` is installed."""
    return find_spec("deno") is not None


def check_edge(session: Session, *, replay_all: bool = False) -> EdgeComparison:
    """Send the requests of all `%%request` cells to the routes of the edge, under Python and in an isolate.

    Raises:
        DefinitionError: the notebook cannot be a tree.
        ServerError: there is no Deno, or the isolate cannot load the tree.
    """
    session.need_machine(
        "%routes edge check",
        "a process for the isolate",
        "download the notebook, and run it where Python is installed",
    )
    from notebook_routes.project.edge_comparison import compare_edge  # noqa: PLC0415 - %load_ext must not wait for it

    return compare_edge(session.ran.source(session), replay_all=replay_all)


def after_definition(session: Session, routes: Iterable[Route]) -> list[str]:
    """What is to be said once a cell has run: whether its routes of the edge answer in an isolate as in the kernel.

    Args:
        session: where the cell ran.
        routes: what the cell has defined.
    """
    patterns = {str(route.pattern): route.pattern for route in routes if route.config.runtime == "edge"}
    if not patterns or not has_isolate() or os.environ.get(COMPARE_VARIABLE) == "0":
        return []
    from notebook_routes.project.edge_comparison import compare_edge  # noqa: PLC0415 - as above

    lines: list[str] = []
    source = session.ran.source(session)
    asked = set(_asked(session, source))
    for path, pattern in patterns.items():
        if not pattern.is_static and path not in asked:
            # It takes a second or two to learn as much of an isolate.
            lines.append(f"no %%request asks {path} yet: %routes edge check compares what one is answered")
            continue
        try:
            lines += compare_edge(source, path=path).lines
        except (DefinitionError, ServerError) as error:
            lines.append(f"{path} cannot be compared with an isolate: {error}")
    return lines


def _asked(session: Session, source: NotebookSource) -> Iterator[str]:
    """The paths of the routes that the notebook's requests ask."""
    from notebook_routes.project.http_file import parse_request_cell  # noqa: PLC0415 - as above
    from notebook_routes.project.notebook_source import CellKind  # noqa: PLC0415 - as above

    for cell in source.cells:
        if cell.kind is not CellKind.REQUEST:
            continue
        for request in parse_request_cell(cell.line, cell.body, first_line=cell.first_line).requests:
            match = session.routes.match(request.target.partition("?")[0])
            if match is not None:
                yield str(match.route_path.pattern)
