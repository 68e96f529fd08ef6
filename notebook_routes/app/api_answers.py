"""Between a matched API Route and its handler: what is answered when it fails.

As in the field, a redirect's Location stays as it was written, and a client in production is told a bare
`Internal Server Error` without a Content-Type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.errors import HTTPError, RedirectError
from notebook_routes.runtime.api import AnsweredError
from notebook_routes.web import Response

if TYPE_CHECKING:
    from notebook_routes.app.application import App
    from notebook_routes.routing import Route, RoutePath
    from notebook_routes.runtime import Exchange

#: Said of a handler that has gone on after its answer.
_LATE_NOTE = "it failed after it had ended its answer, which the client has: write return where it answers"


async def api_answer(app: App, exchange: Exchange, _path: RoutePath, _route: Route) -> Response:
    """The answer of an API Route.

    Raises:
        HTTPError: the handler has raised it, or the body cannot be read.
        RedirectError: the handler has raised it.
    """
    try:
        return await app.invoke(exchange)
    except (HTTPError, RedirectError):
        raise
    except AnsweredError as failed:
        # The client of the original has its answer already when this happens.
        exchange.error = app.failures.text(failed.__cause__ or failed)
        exchange.notes.append(_LATE_NOTE)
        app.failures.report(exchange, "failed after its answer", exchange.error)
        return failed.response
    except Exception as error:  # noqa: BLE001 - the user's
        # What has gone wrong has changed nothing.
        exchange.revalidations = None
        told = app.failures.response(error, exchange)
        return told if app.explain else Response(b"Internal Server Error", status=500)
