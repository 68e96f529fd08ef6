"""Between a matched route and its handler: answers that are kept.

What a handler sees of a request is the same for all who get the answer, or noticed when it reads it: see
`runtime.observed`. Draft mode goes past all this.
"""

from __future__ import annotations

import asyncio
import logging
from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from notebook_routes.app.finish import with_location
from notebook_routes.app.static_params import listed_params
from notebook_routes.cache import Asked, CachePolicy, answer_key, path_tags, version_of
from notebook_routes.errors import DynamicError, HTTPError, RedirectError, ValidationFailed
from notebook_routes.runtime import DRAFT_COOKIE, Exchange, Invoker, observe
from notebook_routes.web import Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from notebook_routes.app.application import App
    from notebook_routes.cache import Rendering, ResponseCache
    from notebook_routes.routing import Route, RoutePath
    from notebook_routes.types import Params

_log = logging.getLogger("notebook_routes.app")
#: Said of a route that is declared to be kept and never is.
_DYNAMIC_NOTE = (
    "reads {what}, so its answer is for this request alone and is not kept: declare what it needs as a query "
    'parameter, or say dynamic = "force-dynamic"'
)
_BEHIND_NOTE = "made anew behind a stale answer"


class KeptAnswers:
    """Answers GET and HEAD of the paths whose config says that answers are kept.

    Args:
        app: whose.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._plans: WeakKeyDictionary[RoutePath, _Plan] = WeakKeyDictionary()
        self._after: set[asyncio.Task[None]] = set()

    async def respond(self, cache: ResponseCache, exchange: Exchange, route_path: RoutePath, route: Route) -> Response:
        """The answer of a route, from the cache or made now.

        Raises:
            Exception: whatever the handler raises that is no answer.
        """
        request, plan = exchange.request, self._plan(route_path, route)
        if self._shows_drafts(request):
            return await self._app.invoke(exchange)
        if not route_path.config.dynamic_params and not await self._is_listed(plan, exchange.params):
            raise HTTPError(404, "There is no such page\n")
        try:
            path, query = route.pattern.build(**exchange.params), plan.declared(request)
        except ValueError:
            # "%2E" and its kin: there is no second way to write such a path.
            return await self._app.invoke(exchange)

        async def render(rendering: Rendering) -> Response:
            exchange.rendering = rendering
            exchange.observed = observe(request, rendering, path=path, query=query, origin=self._app.origin)
            response = await self._run(exchange, rendering)
            if rendering.dynamic is not None:
                exchange.notes.append(_DYNAMIC_NOTE.format(what=rendering.dynamic))
            return response

        async def refresh(rendering: Rendering) -> Response:
            return await self._behind(plan, exchange.params, path, query, rendering)

        anew = self._app.cache_control_requests and "no-cache" in (request.headers.get("cache-control") or "").lower()
        return await cache.respond(plan.asked(path, query), render, refresh, anew=anew)

    async def prepare(self, cache: ResponseCache) -> None:
        """Have the answers ready that can be known without a request: of static paths, and of those that are listed.

        One that fails is named in the log, and made when it is asked for.
        """
        for route_path in self._app.routes.paths():
            route = route_path.methods.get("GET")
            if route is None or not route_path.config.keeps_answers:
                continue
            plan = self._plan(route_path, route)
            try:
                listed: Sequence[Params] = [{}] if route.pattern.is_static else await self._listed(plan)
            except Exception as error:  # noqa: BLE001 - a user's function: the others are prepared all the same
                _log.warning("%s: generate_static_params failed\n%s", route.cell, self._app.failures.text(error))
                continue
            for params in listed:
                await self._prepare(cache, plan, params)

    async def _prepare(self, cache: ResponseCache, plan: _Plan, params: Params) -> None:
        path = plan.route.pattern.build(**params)

        async def refresh(rendering: Rendering) -> Response:
            return await self._behind(plan, params, path, (), rendering)

        try:
            await cache.prepare(plan.asked(path, ()), refresh)
        except (DynamicError, ValidationFailed):
            # It needs a request.
            return
        except Exception:  # noqa: BLE001 - it is in the log, with its traceback
            return

    async def _run(self, exchange: Exchange, rendering: Rendering) -> Response:
        """Run the handler; what it raises as an answer is one."""
        try:
            response = await self._app.invoke(exchange)
        except ValidationFailed as failed:
            # Whatever clients think of, nobody else asks for it.
            rendering.refused = True
            return self._app.failures.response(failed, exchange)
        except (HTTPError, RedirectError) as raised:
            return self._app.failures.response(raised, exchange)
        assert exchange.observed is not None
        return with_location(response, exchange.observed.declared_url)

    async def _behind(
        self, plan: _Plan, params: Params, path: str, query: Sequence[tuple[str, str]], rendering: Rendering
    ) -> Response:
        """Run the handler for no client; what becomes of it is in the log."""
        app, route, config = self._app, plan.route, plan.config
        request = Request.from_target("GET", path, origin=app.origin, headers=Headers())
        request.exchange = exchange = Exchange(request, app.draft)
        exchange.route, exchange.config, exchange.params, exchange.data = route, config, params, app.data
        exchange.rendering = rendering
        exchange.observed = observe(None, rendering, path=path, query=query, origin=app.origin)
        status = 500
        try:
            response = await self._run(exchange, rendering)
            status = response.status
        except asyncio.CancelledError:
            raise
        except DynamicError:
            exchange.notes.append(_DYNAMIC_NOTE.format(what=rendering.dynamic))
            raise
        except Exception as error:
            exchange.error = app.failures.text(error)
            app.failures.report(exchange, "failed where nobody waited for it", exchange.error)
            raise
        finally:
            exchange.notes.append(_BEHIND_NOTE)
            work = app.sent(request, status=status, size=0)
            if work is not None:
                self._spawn(work)
        return response

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what `after()` was given, beside all else."""
        task = asyncio.get_running_loop().create_task(work)
        self._after.add(task)
        task.add_done_callback(self._after.discard)

    def _shows_drafts(self, request: Request) -> bool:
        if "cookie" not in request.headers:
            return False
        given = request.cookies.value(DRAFT_COOKIE)
        return given is not None and compare_digest(given.encode(), self._app.draft.value.encode())

    def _plan(self, route_path: RoutePath, route: Route) -> _Plan:
        plan = self._plans.get(route_path)
        if plan is None:
            plan = self._plans[route_path] = _Plan(route_path, route)
        return plan

    async def _is_listed(self, plan: _Plan, params: Params) -> bool:
        return plan.route.pattern.is_static or dict(params) in await self._listed(plan)

    async def _listed(self, plan: _Plan) -> Sequence[Params]:
        function = plan.config.generate_static_params
        if function is None:
            return ()
        if plan.listed is None:
            plan.listed = await listed_params(function, plan.route.pattern, self._app.workers)
        return plan.listed


class _Plan:
    """What is known of a path before a request comes."""

    def __init__(self, route_path: RoutePath, route: Route) -> None:
        invoker = route.handler
        assert isinstance(invoker, Invoker)
        policy = CachePolicy.of(route_path.config)
        assert policy is not None
        self.route = route
        self.config = route_path.config
        self.listed: Sequence[Params] | None = None
        self._policy = policy
        self._query = tuple(given.name for given in invoker.inputs if given.place == "query")
        self._version = version_of(route.source)
        self._pattern = route.pattern.path
        self._label = f"GET {route.pattern}"

    def declared(self, request: Request) -> Sequence[tuple[str, str]]:
        """The declared query parameters that a request gives."""
        if not self._query or not request.query_string:
            return ()
        query = request.query
        return [(name, value) for name in self._query for value in query.get_all(name)]

    def asked(self, path: str, query: Sequence[tuple[str, str]]) -> Asked:
        """How the cache is asked for an answer."""
        return Asked(
            answer_key(path, query, version=self._version),
            self._policy,
            path_tags(path, self._pattern),
            self._pattern,
            self._label,
        )
