"""A route, and all the routes of one path."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from notebook_routes.routing.config import SegmentConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.routing.pattern import RoutePattern

#: The key of `Route.extras` that a page has; its value is "html" or "jinja".
PAGE = "page"
#: The methods that a handler may answer, in the order of lists shown to people.
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
#: In the place of a method: the one handler of an API Route answers all there are, `PROPFIND` and its kin too.
ANY = "ANY"


# Compared by identity: a cell that runs again makes a new route, even from the same text.
@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One handler at one method and path.

    Attributes:
        method: one of `METHODS`, or `ANY`.
        pattern: where it answers.
        handler: what is called; the runtime knows how.
        config: what its cell or file says about the path.
        cell: where it comes from, for messages: the cell's label, "cell [3]", or the file.
        source: what the handler was compiled from.
        extras: what floors above keep beside it.
    """

    method: str
    pattern: RoutePattern
    handler: object
    config: SegmentConfig = field(default_factory=SegmentConfig)
    cell: str = ""
    source: str = ""
    extras: Mapping[str, object] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        if self.method not in (*METHODS, ANY):
            raise ValueError(f"A route answers one of {', '.join(METHODS)}, not {self.method!r}")

    @property
    def is_page(self) -> bool:
        """Whether it is a page, HTML that a `%%page` cell or a page's file holds."""
        return PAGE in self.extras

    @property
    def is_api(self) -> bool:
        """Whether it is an API Route, the one handler `(req, res)` of an `%%api` cell or of a file in `pages/api`."""
        return self.method == ANY

    def __str__(self) -> str:
        place = f" ({self.cell})" if self.cell else ""
        return f"{self.method} {self.pattern}{place}"


class RoutePath:
    """All the routes at one path, and the config that they share; it never changes, a table makes new ones.

    Attributes:
        pattern: the place.
        methods: the routes by method, in the order of `METHODS`; to be read only.
        config: what the routes say together.
        keeps_answers: whether answers to GET are kept, as `config` has it.
        extras: what floors above know of it; a new path begins without.
    """

    __slots__ = ("_allow", "_answering", "_any", "config", "extras", "keeps_answers", "methods", "pattern")

    def __init__(self, pattern: RoutePattern, routes: Mapping[str, Route]) -> None:
        self.pattern = pattern
        self.methods: Mapping[str, Route] = {method: routes[method] for method in (*METHODS, ANY) if method in routes}
        self._any = self.methods.get(ANY)
        self.config = reduce(SegmentConfig.merged, (route.config for route in self.methods.values()), SegmentConfig())
        self.keeps_answers = self.config.keeps_answers
        self.extras: dict[str, object] = {}
        stand_in = {"HEAD": self.methods["GET"]} if "GET" in self.methods else {}
        self._answering = stand_in | dict(self.methods)
        automatic = {"OPTIONS", "HEAD"} if "GET" in self.methods else {"OPTIONS"}
        self._allow = ", ".join(sorted(METHODS if self._any else {*self.methods, *automatic}))

    def answering(self, method: str) -> Route | None:
        """The route that answers a method: GET's stands in for a HEAD that there is none for, an API Route for all."""
        return self._answering.get(method, self._any)

    def allow(self) -> str:
        """The value of `Allow` (RFC 9110 §10.2.1): the methods with a route, HEAD beside GET, and OPTIONS.

        An API Route decides itself; for it all of `METHODS` are named.
        """
        return self._allow

    def __repr__(self) -> str:
        return f"<RoutePath {self.pattern}: {', '.join(self.methods)}>"
