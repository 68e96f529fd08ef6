"""From a request that has come to the answer of what it names: a route, a public file, a page of ours, or nothing."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from notebook_routes.app.cors import Cors
from notebook_routes.app.finish import resolve_location
from notebook_routes.app.guard import SAFE_METHODS
from notebook_routes.app.missing import method_not_allowed, not_found
from notebook_routes.app.target import normalized
from notebook_routes.routing import ANY
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from notebook_routes.app.application import App
    from notebook_routes.app.public import PublicFiles
    from notebook_routes.routing import Route, RoutePath
    from notebook_routes.runtime import Exchange
    from notebook_routes.web import Request

    Answering: TypeAlias = Callable[[App, Exchange, RoutePath, Route], Awaitable[Response]]


async def respond_through_middleware(app: App, exchange: Exchange) -> Response:
    """The answer where there is middleware: it sees what has passed the guard and is no preflight.

    Raises:
        Exception: what the guard refuses with, and what middleware raises.
    """
    request = exchange.request
    path = request.path
    if path.startswith("/_routes/") or normalized(path) is not None:
        answer = respond(app, exchange)
        return answer if isinstance(answer, Response) else await answer
    match = app.routes.match(path)
    cors = None
    if match is not None:
        exchange.route = match.route_path.answering(request.method)
        exchange.params = match.params
        cors = Cors.of(match.route_path.config, app.cors)
        preflight = None if cors is None else cors.preflight(request, match.route_path)
        if preflight is not None:
            return preflight
    app.guard.check_token(request)
    if cors is None or not cors.allows(request):
        app.guard.check_foreign(request)
    from notebook_routes.app.compose import Passage  # noqa: PLC0415 - many apps have no middleware

    passage = Passage(
        app.middleware,
        exchange,
        end=partial(respond, app),
        failed=app.failed,
        workers=app.workers,
        watch=app.watch,
    )
    response = await passage.respond()
    headers = response.headers
    added = headers.has("access-control-allow-origin") or "origin" in headers.get("vary", "").lower()
    if cors is not None and not added:
        # A page may read why a middleware has refused it.
        response = response.with_headers(lambda headers: cors.add_to(headers, request))
    return response


def respond(app: App, exchange: Exchange) -> Response | Awaitable[Response]:
    """The answer of the route, or what gives it when it is awaited.

    Raises:
        Exception: what the guard refuses with, and what the handler raises; what is awaited may raise it too.
    """
    request, guard = exchange.request, app.guard
    path = request.path
    match = app.routes.match(path)
    if match is None or path.startswith("/_routes/"):
        answer = _beside_routes(app, request)
        if answer is not None:
            return answer
    if app.public is not None and (match is None or match.params) and app.public.find(path) is not None:
        return _public_file(app, app.public, exchange)
    if match is None:
        return _unmatched(app, request)
    route_path, exchange.params = match
    method = request.method
    exchange.route = route = route_path.answering(method)
    exchange.config = config = route_path.config
    cors = None if app.cors is None and config.cors is None else Cors.of(config, app.cors)
    if cors is not None:
        preflight = cors.preflight(request, route_path)
        if preflight is not None:
            return preflight
    if guard.token is not None:
        guard.check_token(request)
    if method not in SAFE_METHODS and (cors is None or not cors.allows(request)):
        guard.check_foreign(request)
    if route is None:
        answer = _without_handler(request, route_path, explain=app.explain)
    elif route.method == ANY:
        answer = _api_answer()(app, exchange, route_path, route)
    elif route_path.keeps_answers and route.method == "GET":
        answer = _kept_answer()(app, exchange, route_path, route)
    else:
        handler: Any = route.handler
        answer = handler.begin(exchange, app.workers, app.watch)
        # Nothing is to be done for a plain one, which most are.
        answer = answer if answer.__class__ is Response else _located(answer, exchange)
    return answer if cors is None else _shared(answer, cors, request)


def _beside_routes(app: App, request: Request) -> Response | Awaitable[Response] | None:
    """What is answered whatever routes there are: other spellings of a path, and our own pages."""
    elsewhere = normalized(request.path)
    if elsewhere is not None:
        return _moved(elsewhere, request)
    return _own_page(app, request) if request.path.startswith("/_routes/") else None


async def _public_file(app: App, public: PublicFiles, exchange: Exchange) -> Response:
    exchange.route, exchange.params = None, {}
    app.guard.check_token(exchange.request)
    return _readable(app, await public.respond(exchange, app.workers, app.watch), exchange.request)


def _unmatched(app: App, request: Request) -> Response:
    if request.path == "/_routes" and "/_routes/" in app.open_pages:
        return _moved("/_routes/", request)
    app.guard.check_token(request)
    return _readable(app, not_found(request, app.routes if app.explain else None), request)


def _own_page(app: App, request: Request) -> Response | Awaitable[Response]:
    # No route can be declared here, but a catch-all would match.
    app.guard.check_foreign(request)
    if request.path in app.open_pages:
        return app.open_pages(request)
    if app.own_pages is None:
        return not_found(request, None)
    app.guard.check_page_token(request)
    return app.own_pages(request)


def _readable(app: App, response: Response, request: Request) -> Response:
    """The answer to a path that declares nothing, as the app lets others read it."""
    cors = Cors.of(None, app.cors)
    return response if cors is None else response.with_headers(lambda headers: cors.add_to(headers, request))


# Once, and not for each answer: an import that only looks up costs as much as finding the entry.
@cache
def _kept_answer() -> Answering:
    from notebook_routes.app.kept_answers import kept_answer  # noqa: PLC0415 - many apps keep none

    return kept_answer


@cache
def _api_answer() -> Answering:
    from notebook_routes.app.api_answers import api_answer  # noqa: PLC0415 - many apps have no API Route

    return api_answer


def _without_handler(request: Request, route_path: RoutePath, *, explain: bool) -> Response:
    """What the path itself answers to a method that it has no handler for."""
    if request.method == "OPTIONS":
        return Response(None, status=204, headers={"allow": route_path.allow()})
    return method_not_allowed(request, route_path.allow(), explain=explain)


def _located(answer: Response | Awaitable[Response], exchange: Exchange) -> Response | Awaitable[Response]:
    return resolve_location(answer, exchange) if isinstance(answer, Response) else _located_later(answer, exchange)


async def _located_later(answer: Awaitable[Response], exchange: Exchange) -> Response:
    return resolve_location(await answer, exchange)


async def _shared(answer: Response | Awaitable[Response], cors: Cors, request: Request) -> Response:
    """The answer as pages of other origins may read it."""
    response = answer if isinstance(answer, Response) else await answer
    return response.with_headers(lambda headers: cors.add_to(headers, request))


def _moved(path: str, request: Request) -> Response:
    query = f"?{request.query_string}" if request.query_string else ""
    location = quote(path + query, safe="%/:?#[]@!$&'()*+,;=-._~")
    return Response(location, status=308, headers={"location": location})
