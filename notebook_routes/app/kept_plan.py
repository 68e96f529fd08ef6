"""What is known of a path whose answers are kept, before and between its requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from notebook_routes.cache import Asked, CachePolicy, answer_key, path_tags, version_of
from notebook_routes.runtime import Invoker
from notebook_routes.runtime.hints import is_many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_routes.cache import Rendering
    from notebook_routes.routing import Route, RoutePath
    from notebook_routes.types import Params
    from notebook_routes.web import Request

#: Spellings of requests for which it is remembered what they ask for.
_MOST_REMEMBERED = 1000


class KeptPlan:
    """A path whose config says that answers are kept.

    Args:
        route_path: the path.
        route: what answers GET there.

    Attributes:
        listed: what `generate_static_params` has listed, once it was called: each path with its parameters.
    """

    def __init__(self, route_path: RoutePath, route: Route) -> None:
        invoker = route.handler
        assert isinstance(invoker, Invoker)
        policy = CachePolicy.of(route_path.config)
        assert policy is not None
        self.route = route
        self.config = route_path.config
        self.listed: Mapping[str, Params] | None = None
        self._turn: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._policy = policy
        self._query = tuple((given.name, is_many(given.hint)) for given in invoker.inputs if given.place == "query")
        self._version = version_of(route.source)
        self._pattern = route.pattern.path
        self._label = f"GET {route.pattern}"
        #: Whether its answers come in several forms, as far as is known.
        self._negotiates = False
        self._asked: dict[tuple[str, str, str], Asked] = {}

    def asked(self, request: Request, params: Params, accept: str) -> Asked:
        """What a request asks for.

        Raises:
            ValueError: its path has no second spelling, so that it cannot be told what else is the same.
        """
        spelled = request.path, request.query_string if self._query else "", accept if self._negotiates else ""
        asked = self._asked.get(spelled)
        if asked is None:
            asked = self.asked_at(params, self._declared(request), accept)
            if len(self._asked) >= _MOST_REMEMBERED:
                self._asked.clear()
            self._asked[spelled] = asked
        return asked

    def asked_at(self, params: Params, query: Sequence[tuple[str, str]], accept: str) -> Asked:
        """What is asked for by parameters; raises as `asked` does."""
        path = self.route.pattern.build(**params)
        return Asked(
            answer_key(path, query, version=self._version),
            path,
            query,
            self._policy,
            path_tags(path, self._pattern),
            self._pattern,
            self._label,
            accept,
            self._negotiates,
        )

    def learn(self, rendering: Rendering) -> None:
        """What a run has shown of the route."""
        if rendering.variant is not None and not self._negotiates:
            self._negotiates = True
            self._asked.clear()

    def turn(self) -> asyncio.Lock:
        """Lets one at a time ask for the list; each loop has its own."""
        loop = asyncio.get_running_loop()
        if self._turn is None or self._turn[0] is not loop:
            self._turn = loop, asyncio.Lock()
        return self._turn[1]

    def _declared(self, request: Request) -> Sequence[tuple[str, str]]:
        """The declared query parameters that a request gives: of one that is no list, the value that counts."""
        if not self._query or not request.query_string:
            return ()
        query = request.query
        return tuple(
            (name, value)
            for name, many in self._query
            for value in (query.get_all(name) if many else query.get_all(name)[:1])
        )
