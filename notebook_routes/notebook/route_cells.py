"""What the text of a `%%route` cell becomes: a module, and its routes."""

from __future__ import annotations

import typing
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from notebook_routes import runtime
from notebook_routes.errors import CellError
from notebook_routes.routing import Route, SegmentConfig
from notebook_routes.runtime import Invoker

if TYPE_CHECKING:
    from notebook_routes.notebook.cell_text import RunningCell
    from notebook_routes.routing import Directive
    from notebook_routes.runtime import RouteModule

_JSON_WORDS = {"true": "True", "false": "False", "null": "None"}


def route_module(
    directive: Directive, body: str, *, namespace: dict[str, Any], where: str, cell: RunningCell
) -> RouteModule:
    """Compile a cell: the body of one handler where its line names a method, else a whole module.

    Args:
        directive: what the line says.
        body: the text below it.
        namespace: the notebook's variables.
        where: how tracebacks call the cell.
        cell: the running cell.

    Raises:
        CellError: the text is refused, or a type or default on the line names what is not defined.
        Exception: what a module raises that is run.
    """
    make = runtime.RouteModule.from_body if directive.method else runtime.RouteModule.from_source
    try:
        return make(body, directive, namespace=namespace, label=where, first_line=cell.first_line, header=cell.header)
    except NameError as error:
        if directive.method is None:
            raise
        # Of a body only the types and defaults on the line are evaluated now.
        raise CellError(
            f"{error.name} is not defined: {_fix(error.name)}",
            line=cell.first_line - 1,
            text=cell.header.rstrip("\n").rpartition("\n")[2],
        ) from error


def _fix(name: str | None) -> str:
    if name in typing.__all__:
        return f"run from typing import {name} in a cell above"
    if name in _JSON_WORDS:
        return f"Python writes {_JSON_WORDS[name]}"
    return "run the cell that defines it first"


def routes_of(module: RouteModule, directive: Directive, label: str) -> list[Route]:
    """The routes of a module, each in the context of the running cell.

    Args:
        module: what was compiled.
        directive: where they are.
        label: how messages call the cell.

    Raises:
        DefinitionError: a handler or a constant is refused.
    """
    config = SegmentConfig.from_constants(module.constants)
    context = copy_context()
    handlers = module.handlers
    if config.runtime == "edge":
        from notebook_routes.runtime.edge import watched  # noqa: PLC0415 - %load_ext must not wait for it

        handlers = {method: watched(function) for method, function in handlers.items()}
    return [
        Route(
            method,
            directive.pattern,
            Invoker(
                function, method=method, pattern=directive.pattern, context=context, max_duration=config.max_duration
            ),
            config,
            cell=label,
            source=module.source,
        )
        for method, function in handlers.items()
    ]
