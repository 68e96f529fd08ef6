"""What a cache holds, as people look at it, and how they make it go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import notebook_routes.cache as caching
from notebook_routes.runtime import revalidate_path, revalidate_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notebook_routes.app import App
    from notebook_routes.cache import CacheEntry, CacheHandler, State
    from notebook_routes.routing import Route


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """One entry.

    Attributes:
        what: the path with its declared query, and the Accept that has chosen its form where there are several; the
            request of a `fetch`; or the name of a `cached` function.
        kind: "route", "fetch" or "value".
        fresh: whether it is given out as it is; else it is, once more, and made anew behind.
        age: seconds since it was made.
        revalidate: seconds for which it is fresh; None for ever.
        tags: those that were given to it.
        size: bytes of the body.
        hits: how often it was given out by this process.
        key: what the cache calls it.
    """

    what: str
    kind: str
    fresh: bool
    age: float
    revalidate: float | None
    tags: tuple[str, ...]
    size: int
    hits: int
    key: str = ""


class KeptThings:
    """The cache of an app, for people; any thread may call it at any time.

    Args:
        app: gives the app; it may be another one later.
        own_origins: gives the addresses of its own server, which differ from run to run and are left out.
    """

    def __init__(self, app: Callable[[], App], own_origins: Callable[[], Iterable[str]] = tuple) -> None:
        self._app = app
        self._own_origins = own_origins

    def use(self, handler: CacheHandler) -> None:
        """Keep things there from now on, in place of the cache that there was, which is closed."""
        app = self._app()
        former = app.cache
        app.use_cache(handler)
        caching.blocking(former, former.close)

    def entries(self) -> list[KeptEntry]:
        """All that is given out when it is asked for, by what it is."""
        handler, moment = self._app().cache, caching.now()
        found = caching.blocking(handler, handler.entries)
        states = ((key, each.entry, caching.state_of(each, moment)) for key, each in found)
        shown = [self._shown(key, entry, state, moment) for key, entry, state in states if state is not None]
        return sorted(shown, key=lambda entry: (entry.kind, entry.what))

    def revalidate(self, wanted: str) -> int:
        """Have what has a tag, or is at a path or a route's pattern, made anew; how many entries that were.

        Args:
            wanted: a path begins with a slash; or what the cache calls one entry.
        """
        entries = self.entries()
        if any(entry.key == wanted for entry in entries):
            handler = self._app().cache
            caching.blocking(handler, lambda: handler.remove(wanted))
            return 1
        before = len(entries)
        if wanted.startswith("/"):
            revalidate_path(wanted)
        else:
            revalidate_tag(wanted)
        return before - len(self.entries())

    def forget(self, routes: Iterable[Route]) -> None:
        """The code of these routes has changed: what it has answered goes."""
        tags = {caching.route_tag(route.pattern.path) for route in routes}
        if tags:
            handler = self._app().cache
            caching.blocking(handler, lambda: handler.mark(tags, caching.now()))

    def close(self) -> None:
        """Give back what the cache holds open."""
        handler = self._app().cache
        caching.blocking(handler, handler.close)

    def _shown(self, key: str, entry: CacheEntry, state: State, moment: float) -> KeptEntry:
        kind, _, rest = key.partition(" ")
        what = rest.partition(" ")[2] if kind == "route" else self._without_own_origin(entry.source)
        hits = self._app().answers.hits if kind == "route" else self._app().data.hits
        return KeptEntry(
            what,
            kind,
            fresh=state is caching.State.FRESH,
            age=max(moment - entry.stored, 0.0),
            revalidate=entry.revalidate,
            tags=tuple(tag for tag in entry.tags if not caching.is_path_tag(tag)),
            size=len(entry.body),
            hits=hits.get(key, 0),
            key=key,
        )

    def _without_own_origin(self, source: str) -> str:
        method, space, url = source.partition(" ")
        for origin in self._own_origins():
            if url.startswith(f"{origin}/"):
                return method + space + url.removeprefix(origin)
        return source
