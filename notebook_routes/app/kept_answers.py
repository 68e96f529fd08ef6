"""Between a matched route and its handler: answers that are kept.

What a handler sees of a request is the same for all who get the answer, or noticed when it reads it: see
`runtime.observed`. Draft mode goes past all this.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from notebook_routes.app.finish import resolve_location, with_location
from notebook_routes.app.static_params import listed_params
from notebook_routes.cache import Asked, CachePolicy, answer_key, being_cancelled, path_tags, version_of
from notebook_routes.errors import DynamicError, HTTPError, RedirectError, ValidationFailed
from notebook_routes.runtime import Exchange, Invoker, observe, shows_drafts
from notebook_routes.runtime.hints import is_many
from notebook_routes.web import Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

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
#: What caches are told of an answer with drafts, as Next.js does.
_DRAFT = "private, no-cache, no-store, max-age=0, must-revalidate"
#: And of one that only those have who bring the server's token: their browser may keep it, and ask whether it holds.
_PRIVATE = "private, no-cache"
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
        if shows_drafts(exchange):
            response = resolve_location(await self._app.invoke(exchange), exchange)
            return response.with_headers(_keep_drafts_private)
        try:
            path, query = route.pattern.build(**exchange.params), plan.declared(request)
        except ValueError:
            # "%2E" and its kin: there is no second way to write such a path.
            path, query = None, ()
        if not route_path.config.dynamic_params and path not in await self._listed(plan):
            raise HTTPError(404, "There is no such page\n")
        if path is None:
            return resolve_location(await self._app.invoke(exchange), exchange)

        async def render(rendering: Rendering) -> Response:
            exchange.rendering = rendering
            exchange.observed = observe(request, rendering, path=path, query=query, origin=self._app.origin)
            try:
                return await self._run(exchange, rendering)
            except BaseException as error:
                self._tell_if_left(exchange, error)
                raise
            finally:
                if rendering.dynamic is not None:
                    exchange.notes.append(_DYNAMIC_NOTE.format(what=rendering.dynamic))
                if exchange.answered:
                    # The client has left before: what was for after its answer is done now.
                    self._spawn(self._app.run_after(exchange))

        async def refresh(rendering: Rendering) -> Response:
            return await self._behind(plan, exchange.params, path, query, rendering)

        anew = self._app.cache_control_requests and "no-cache" in (request.headers.get("cache-control") or "").lower()
        response = await cache.respond(plan.asked(path, query), render, refresh, anew=anew)
        if response.content is not None:
            # The run is over: middleware, and what is for after the answer, see what the client has sent.
            exchange.observed = exchange.rendering = None
        return response if self._app.guard.token is None else response.with_headers(_keep_private)

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
                listed = {route.pattern.build(): {}} if route.pattern.is_static else await self._listed(plan)
            except BaseException as error:  # noqa: BLE001 - a user's function: the others are prepared all the same
                _raise_if_ours(error)
                _log.warning("%s: generate_static_params failed\n%s", route.cell, self._app.failures.text(error))
                continue
            for path, params in listed.items():
                await self._prepare(cache, plan, path, params)

    async def _prepare(self, cache: ResponseCache, plan: _Plan, path: str, params: Params) -> None:
        async def refresh(rendering: Rendering) -> Response:
            return await self._behind(plan, params, path, (), rendering)

        try:
            await cache.prepare(plan.asked(path, ()), refresh)
        except BaseException as error:  # noqa: BLE001 - it needs a request, or has failed: the log says so
            _raise_if_ours(error)

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
        except DynamicError as error:
            exchange.notes.append(_DYNAMIC_NOTE.format(what=rendering.dynamic) if rendering.dynamic else str(error))
            raise
        except BaseException as error:
            _raise_if_ours(error)
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

    def _tell_if_left(self, exchange: Exchange, error: BaseException) -> None:
        """A failure that no client hears of belongs into the log."""
        if exchange.answered and not being_cancelled():
            self._app.failures.report(exchange, "failed when its client had left", self._app.failures.text(error))

    def _plan(self, route_path: RoutePath, route: Route) -> _Plan:
        plan = self._plans.get(route_path)
        if plan is None:
            plan = self._plans[route_path] = _Plan(route_path, route)
        return plan

    async def _listed(self, plan: _Plan) -> Mapping[str, Params]:
        function = plan.config.generate_static_params
        if function is None:
            return {}
        if plan.listed is None:
            async with plan.turn():
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
        #: The paths that are known beforehand, each with its parameters; None before anybody has asked.
        self.listed: Mapping[str, Params] | None = None
        self._turn: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._policy = policy
        self._query = tuple((given.name, is_many(given.hint)) for given in invoker.inputs if given.place == "query")
        self._version = version_of(route.source)
        self._pattern = route.pattern.path
        self._label = f"GET {route.pattern}"

    def turn(self) -> asyncio.Lock:
        """Lets one at a time ask for the list; each loop has its own."""
        loop = asyncio.get_running_loop()
        if self._turn is None or self._turn[0] is not loop:
            self._turn = loop, asyncio.Lock()
        return self._turn[1]

    def declared(self, request: Request) -> Sequence[tuple[str, str]]:
        """The declared query parameters that a request gives: of one that is no list, the value that counts."""
        if not self._query or not request.query_string:
            return ()
        query = request.query
        return [
            (name, value)
            for name, many in self._query
            for value in (query.get_all(name) if many else query.get_all(name)[:1])
        ]

    def asked(self, path: str, query: Sequence[tuple[str, str]]) -> Asked:
        """How the cache is asked for an answer."""
        return Asked(
            answer_key(path, query, version=self._version),
            self._policy,
            path_tags(path, self._pattern),
            self._pattern,
            self._label,
        )


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
