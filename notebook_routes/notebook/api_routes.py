"""From an `%%api` cell to the route that answers with it."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from notebook_routes.routing import ANY, Route
from notebook_routes.runtime.api import api_invoker
from notebook_routes.runtime.api.cell import compile_api

if TYPE_CHECKING:
    from notebook_routes.notebook.cell_text import RunningCell
    from notebook_routes.routing import Directive
    from notebook_routes.runtime import RouteModule


def api_route(
    directive: Directive, body: str, *, namespace: dict[str, Any], where: str, cell: RunningCell, label: str
) -> tuple[RouteModule, Route, tuple[str, ...]]:
    """The module of a cell, the route for it, and sentences to show below.

    Args:
        directive: the magic line.
        body: the text below it.
        namespace: the notebook's variables.
        where: what tracebacks call the cell.
        cell: the running cell.
        label: how messages call it.

    Raises:
        DefinitionError: the cell is refused.
        Exception: whatever the cell raises while it runs.
    """
    made = compile_api(
        body, directive, namespace=namespace, label=where, first_line=cell.first_line, header=cell.header
    )
    invoker = api_invoker(made.handler, pattern=directive.pattern, config=made.config, context=copy_context())
    route = Route(ANY, directive.pattern, invoker, made.config.segment, cell=label, source=made.module.source)
    return made.module, route, made.remarks
