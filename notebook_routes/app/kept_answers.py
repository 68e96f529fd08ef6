"""Between a matched route and its handler: answers that are kept.

What a handler sees of a request is the same for all who get the answer, or noticed when it reads it: see
`runtime.observed`. Draft mode goes past all this.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from notebook_routes.app.finish import resolve_location, with_location
from notebook_routes.app.kept_plan import KeptPlan
from notebook_routes.app.static_params import listed_params
from notebook_routes.cache import being_cancelled, cache_word
from notebook_routes.cache.answers import is_event_stream
from notebook_routes.errors import DynamicError, HTTPError, RedirectError, ValidationFailed
from notebook_routes.runtime import Exchange, canonical_accept, observe
from notebook_routes.runtime.request_time import shows_drafts
from notebook_routes.web import Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.app.application import App
    from notebook_routes.cache import Asked, Rendering
    from notebook_routes.routing import Route, RoutePath
    from notebook_routes.runtime.observed import ObservedRequest
    from notebook_routes.types import Params

_log = logging.getLogger("notebook_routes.app")
#: Said of a route that is declared to be kept and never is.
_DYNAMIC_NOTE = (
    "it uses {what}, so the answer is for this request alone and is not kept; "
    'if that is meant, say dynamic = "force-dynamic" (on the line of a cell: --dynamic force-dynamic)'
)
#: Said of server-sent events of such a route.
_EVENTS_NOTE = (
    "server-sent events are for who listens now, and are never kept: leave out what has the route's answers kept, "
    "such as --revalidate"
)
#: What caches are told of an answer with drafts, as Next.js does.
_DRAFT = "private, no-cache, no-store, max-age=0, must-revalidate"
#: And of one that only those have who bring the server's token: their browser may keep it, and ask whether it holds.
_PRIVATE = "private, no-cache"
_PLAN = "kept"
_ANYTHING = canonical_accept("*/*")


async def kept_answer(app: App, exchange: Exchange, route_path: RoutePath, route: Route) -> Response:
    """The answer of a route whose answers are kept, from the cache or made now.

    Raises:
        Exception: whatever the handler raises that is no answer.
    """
    request, plan = exchange.request, _plan_of(route_path, route)
    accept = canonical_accept(request.headers.get("accept") or "*/*")
    try:
        asked = plan.asked(request, exchange.params, accept)
    except ValueError:
        # "%2E" and its kin: there is no second way to write such a path.
        asked = None
    if shows_drafts(exchange):
        return await _draft(app, exchange, asked if route_path.config.dynamic == "force-static" else None)
    if not route_path.config.dynamic_params and (asked is None or asked.path not in await _listed(app, plan)):
        raise HTTPError(404, "There is no such page\n")
    if asked is None:
        return resolve_location(await app.invoke(exchange), exchange)
    anew = app.cache_control_requests and "no-cache" in (request.headers.get("cache-control") or "").lower()
    response = await app.answers.respond(asked, _Runs(app, plan, asked, exchange, exchange.params), anew=anew)
    exchange.cache = cache_word(response.headers)
    if response.content is not None:
        # The run is over: middleware, and what is for after the answer, see what the client has sent.
        exchange.observed = exchange.rendering = None
    return response if app.guard.token is None else response.with_headers(_keep_private)


async def prepare_answers(app: App) -> None:
    """Have the answers ready that can be known without a request: of static paths, and of those that are listed.

    One that fails is named in the log, and made when it is asked for.
    """
    for route_path in app.routes.paths():
        route = route_path.methods.get("GET")
        if route is None or not route_path.config.keeps_answers:
            continue
        plan = _plan_of(route_path, route)
        try:
            listed = {route.pattern.build(): {}} if route.pattern.is_static else await _listed(app, plan)
        except BaseException as error:  # noqa: BLE001 - a user's function: the others are prepared all the same
            _raise_if_ours(error)
            _log.warning("%s: generate_static_params failed\n%s", route.cell, app.failures.text(error))
            continue
        for params in listed.values():
            asked = plan.asked_at(params, (), _ANYTHING)
            try:
                await app.answers.prepare(asked, _Runs(app, plan, asked, None, params))
            except BaseException as error:  # noqa: BLE001 - it needs a request, or has failed: the log says so
                _raise_if_ours(error)


async def renew_answer(app: App, path: str, *, only_kept: bool = False) -> None:
    """Have the answer of one path ready, where answers are kept; a path that keeps none, or is none, is no error.

    Args:
        app: whose.
        path: as in a URL.
        only_kept: leave it where there is no earlier answer.

    Raises:
        Exception: what the handler raises.
    """
    match = app.routes.match(path)
    route = None if match is None else match.route_path.methods.get("GET")
    if match is None or route is None or not match.route_path.config.keeps_answers:
        return
    plan = _plan_of(match.route_path, route)
    try:
        asked = plan.asked_at(match.params, (), _ANYTHING)
    except ValueError:
        # Such a path has no second spelling, and its answer is not kept.
        return
    if not match.route_path.config.dynamic_params and asked.path not in await _listed(app, plan):
        return
    with suppress(DynamicError, HTTPError, RedirectError):
        await app.answers.prepare(asked, _Runs(app, plan, asked, None, match.params), only_kept=only_kept)


def _plan_of(route_path: RoutePath, route: Route) -> KeptPlan:
    plan = route_path.extras.get(_PLAN)
    if plan is None:
        plan = route_path.extras[_PLAN] = KeptPlan(route_path, route)
    assert isinstance(plan, KeptPlan)
    return plan


async def _listed(app: App, plan: KeptPlan) -> Mapping[str, Params]:
    function = plan.config.generate_static_params
    if function is None:
        return {}
    if plan.listed is None:
        async with plan.turn():
            if plan.listed is None:
                plan.listed = await listed_params(function, plan.route.pattern, app.workers)
    return plan.listed


class _Runs:
    """How the handler of one path is run."""

    __slots__ = ("_app", "_asked", "_exchange", "_params", "_plan")

    def __init__(self, app: App, plan: KeptPlan, asked: Asked, exchange: Exchange | None, params: Params) -> None:
        self._app = app
        self._plan = plan
        self._asked = asked
        self._exchange = exchange
        self._params = params

    async def render(self, rendering: Rendering) -> Response:
        """Run it for the client that asks."""
        exchange = self._exchange
        assert exchange is not None
        try:
            return await self._run(exchange, exchange.request, rendering)
        except BaseException as error:
            if exchange.answered and not being_cancelled():
                # No client hears of it.
                failures = self._app.failures
                failures.report(exchange, "failed when its client had left", failures.text(error))
            raise
        finally:
            if rendering.dynamic is not None:
                exchange.notes.append(_DYNAMIC_NOTE.format(what=rendering.dynamic))
            if exchange.answered:
                # The client has left before: what was for after its answer is done now.
                self._app.finish_left(exchange)

    async def refresh(self, rendering: Rendering) -> Response:
        """Run it for no client; what becomes of it is in the log."""
        app = self._app
        request = Request.from_target("GET", self._asked.path, origin=app.origin, headers=Headers())
        request.exchange = exchange = Exchange(request, app.draft)
        exchange.route, exchange.config = self._plan.route, self._plan.config
        exchange.params, exchange.app, exchange.is_behind = self._params, app, True
        status = 500
        try:
            response = await self._run(exchange, None, rendering)
            status = response.status
        except DynamicError as error:
            exchange.notes.append(_DYNAMIC_NOTE.format(what=rendering.dynamic) if rendering.dynamic else str(error))
            raise
        except BaseException as error:
            _raise_if_ours(error)
            exchange.error = app.failures.text(error)
            app.failures.report(exchange, "failed where nobody waited for it", exchange.error)
            raise
        finally:
            app.sent_behind(request, status=status)
        return response

    async def _run(self, exchange: Exchange, client: Request | None, rendering: Rendering) -> Response:
        """Run the handler; what it raises as an answer is one."""
        asked, app = self._asked, self._app
        exchange.rendering = rendering
        exchange.observed = observed = _observed(app, asked, client, rendering)
        try:
            response = await app.invoke(exchange)
            if is_event_stream(response):
                exchange.notes.append(_EVENTS_NOTE)
        except ValidationFailed as failed:
            # Whatever clients think of, nobody else asks for it.
            rendering.refused = True
            return app.failures.response(failed, exchange)
        except (HTTPError, RedirectError) as raised:
            return app.failures.response(raised, exchange)
        finally:
            self._plan.learn(rendering)
        return with_location(response, observed.declared_url)


async def _draft(app: App, exchange: Exchange, static: Asked | None) -> Response:
    """The answer for who is shown drafts; to the handler of a `static` path, which is asked for, all are the same."""
    if static is not None:
        exchange.observed = _observed(app, static, None, static.rendering())
    response = resolve_location(await app.invoke(exchange), exchange)
    if response.content is not None:
        exchange.observed = None
    return response.with_headers(_keep_drafts_private)


def _observed(app: App, asked: Asked, client: Request | None, rendering: Rendering) -> ObservedRequest:
    return observe(client, rendering, path=asked.path, query=asked.query, origin=app.origin, accept=asked.accept)


def _keep_drafts_private(headers: Headers) -> None:
    if not headers.has("cache-control"):
        headers.set("cache-control", _DRAFT)


def _keep_private(headers: Headers) -> None:
    """What only those have who bring the token is kept by no cache on the way."""
    if (headers.get("cache-control") or "").startswith("s-maxage="):
        headers.set("cache-control", _PRIVATE)


def _raise_if_ours(error: BaseException) -> None:
    """Raise what ends the task itself; all else is a handler's, its sys.exit() too."""
    if isinstance(error, GeneratorExit) or being_cancelled():
        raise error
