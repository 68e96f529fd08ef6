"""From a `%%page` cell to the route that answers with it."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING

from notebook_routes.errors import CellError
from notebook_routes.routing import PAGE, Route, SegmentConfig
from notebook_routes.runtime import Invoker, Page

if TYPE_CHECKING:
    from notebook_routes.notebook.cell_text import RunningCell
    from notebook_routes.routing import PageDirective


def page_route(wanted: PageDirective, body: str, *, filename: str, cell: RunningCell, label: str) -> tuple[Page, Route]:
    """The page of a cell, and the GET route for it.

    Args:
        wanted: the magic line.
        body: the text below it.
        filename: what tracebacks call a template.
        cell: the running cell.
        label: how messages call it.

    Raises:
        DefinitionError: the text is no page, or an option has a value that it cannot have.
    """
    config = SegmentConfig.from_constants(wanted.directive.options, where=label)
    if config.runtime == "edge":
        raise CellError('a page has no code for runtime = "edge": leave it out, the page is answered by the kernel')
    pattern = wanted.pattern
    if wanted.jinja:
        listing = cell.text if cell.text is not None else f"\n{body}"
        page = Page.template(body, pattern, filename=filename, first_line=cell.first_line, listing=listing)
    else:
        page = Page.plain(body.encode("utf-8", "surrogatepass"))
    invoker = Invoker(
        page.handler, method="GET", pattern=pattern, context=copy_context(), max_duration=config.max_duration
    )
    extras = {PAGE: "jinja" if wanted.jinja else "html"}
    return page, Route("GET", pattern, invoker, config, cell=label, source=page.source, extras=extras)
