"""Between a matched route and its handler: answers that are kept.

What a handler sees of a request is the same for all who get the answer, or noticed when it reads it: see
`runtime.observed`. Draft mode goes past all this.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from hmac import compare_digest
from typing import TYPE_CHECKING

from notebook_routes.app.finish import with_location
from notebook_routes.app.kept_plan import KeptPlan
from notebook_routes.app.static_params import listed_params
from notebook_routes.errors import DynamicError, HTTPError, RedirectError, ValidationFailed
from notebook_routes.runtime import DRAFT_COOKIE, Exchange, canonical_accept, observe
from notebook_routes.web import Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_routes.app.application import App
    from notebook_routes.cache import Asked, Rendering
    from notebook_routes.routing import Route, RoutePath
    from notebook_routes.types import Params

_log = logging.getLogger("notebook_routes.app")
#: Said of a route that is declared to be kept and never is.
_DYNAMIC_NOTE = (
    "it reads {what}, so the answer is for this request alone and is not kept; "
    'if that is meant, say dynamic = "force-dynamic"'
)
_PLAN = "kept"
_ANYTHING = canonical_accept("*/*")
_BEHIND_NOTE = "made anew behind a stale answer"


async def kept_answer(app: App, exchange: Exchange, route_path: RoutePath, route: Route) -> Response:
    """The answer of a route whose answers are kept, from the cache or made now.

    Raises:
        Exception: whatever the handler raises that is no answer.
    """
    request, plan = exchange.request, _plan_of(route_path, route)
    if _shows_drafts(app, request):
        return await app.invoke(exchange)
    if not route_path.config.dynamic_params and not await _is_listed(app, plan, exchange.params):
        raise HTTPError(404, "There is no such page\n")
    accept = canonical_accept(request.headers.get("accept") or "*/*")
    try:
        asked = plan.asked(request, exchange.params, accept)
    except ValueError:
        # "%2E" and its kin: there is no second way to write such a path.
        return await app.invoke(exchange)
    anew = app.cache_control_requests and "no-cache" in (request.headers.get("cache-control") or "").lower()
    return await app.answers.respond(asked, _Runs(app, plan, asked, exchange, exchange.params), anew=anew)


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
            listed: Sequence[Params] = [{}] if route.pattern.is_static else await _listed(app, plan)
        except Exception as error:  # noqa: BLE001 - a user's function: the others are prepared all the same
            _log.warning("%s: generate_static_params failed\n%s", route.cell, app.failures.text(error))
            continue
        for params in listed:
            asked = plan.asked_at(params, (), _ANYTHING)
            # One that needs a request is made for one; one that has failed is in the log, with its traceback.
            with suppress(Exception):
                await app.answers.prepare(asked, _Runs(app, plan, asked, None, params))


def _plan_of(route_path: RoutePath, route: Route) -> KeptPlan:
    plan = route_path.extras.get(_PLAN)
    if plan is None:
        plan = route_path.extras[_PLAN] = KeptPlan(route_path, route)
    assert isinstance(plan, KeptPlan)
    return plan


def _shows_drafts(app: App, request: Request) -> bool:
    if not request.headers.has("cookie"):
        return False
    given = request.cookies.value(DRAFT_COOKIE)
    return given is not None and compare_digest(given.encode(), app.draft.value.encode())


async def _is_listed(app: App, plan: KeptPlan, params: Params) -> bool:
    return plan.route.pattern.is_static or dict(params) in await _listed(app, plan)


async def _listed(app: App, plan: KeptPlan) -> Sequence[Params]:
    function = plan.config.generate_static_params
    if function is None:
        return ()
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
        response = await self._run(exchange, exchange.request, rendering)
        if rendering.dynamic is not None:
            exchange.notes.append(_DYNAMIC_NOTE.format(what=rendering.dynamic))
        return response

    async def refresh(self, rendering: Rendering) -> Response:
        """Run it for no client; what becomes of it is in the log."""
        app = self._app
        request = Request.from_target("GET", self._asked.path, origin=app.origin, headers=Headers())
        request.exchange = exchange = Exchange(request, app.draft)
        exchange.route, exchange.config = self._plan.route, self._plan.config
        exchange.params, exchange.app = self._params, app
        status = 500
        try:
            response = await self._run(exchange, None, rendering)
            status = response.status
        except DynamicError:
            exchange.notes.append(_DYNAMIC_NOTE.format(what=rendering.dynamic))
            raise
        except Exception as error:
            exchange.error = app.failures.text(error)
            app.failures.report(exchange, "failed where nobody waited for it", exchange.error)
            raise
        finally:
            exchange.notes.append(_BEHIND_NOTE)
            app.sent_behind(request, status=status)
        return response

    async def _run(self, exchange: Exchange, client: Request | None, rendering: Rendering) -> Response:
        """Run the handler; what it raises as an answer is one."""
        asked, app = self._asked, self._app
        exchange.rendering = rendering
        exchange.observed = observed = observe(
            client, rendering, path=asked.path, query=asked.query, origin=app.origin, accept=asked.accept
        )
        try:
            response = await app.invoke(exchange)
        except ValidationFailed as failed:
            # Whatever clients think of, nobody else asks for it.
            rendering.refused = True
            return app.failures.response(failed, exchange)
        except (HTTPError, RedirectError) as raised:
            return app.failures.response(raised, exchange)
        finally:
            self._plan.learn(rendering)
        return with_location(response, observed.declared_url)
