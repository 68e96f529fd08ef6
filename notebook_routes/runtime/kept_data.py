"""Which cache `fetch`, `cached` and the functions of revalidation speak to, and what they tell the run around them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import notebook_routes.cache as caching
from notebook_routes.runtime.exchange import Phase, current_exchange, current_life
from notebook_routes.runtime.request_time import shows_drafts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from notebook_routes.cache import CacheEntry, DataCache
    from notebook_routes.runtime.exchange import Exchange

_active: Callable[[], DataCache] | None = None


def use_data(data: Callable[[], DataCache] | None) -> None:
    """Have code that answers no request, such as a cell, use this cache from now on; None for one of its own."""
    global _active  # noqa: PLW0603 - such code has nothing that it could be handed
    _active = data


@cache
def _own() -> DataCache:
    return caching.DataCache(caching.MemoryCache())


def active_data(exchange: Exchange | None) -> DataCache:
    """The cache of the app that answers, or the one that the process has chosen; an empty one for who sees drafts."""
    if exchange is not None and exchange.phase is not Phase.ENDED and shows_drafts(exchange):
        return caching.DataCache(caching.MemoryCache())
    if exchange is not None and exchange.app is not None:
        return exchange.app.data
    return _own() if _active is None else _active()


def beside(exchange: Exchange | None) -> Collection[str]:
    """The tags of the path that asks: `revalidate_path` makes the data that it has read go too."""
    if exchange is None or exchange.route is None:
        return ()
    pattern = exchange.route.pattern
    try:
        return caching.path_tags(pattern.build(**exchange.params), pattern.path)
    except ValueError:
        # Such a path has no second spelling, and no tags.
        return ()


def marked_tags(exchange: Exchange | None) -> Collection[str]:
    """What this request has marked itself, which takes effect for others when it has answered."""
    return () if exchange is None or exchange.revalidations is None else exchange.revalidations


def nobody_waits(exchange: Exchange | None) -> bool:
    """Whether the code that asks makes a kept answer for no client."""
    return exchange is not None and exchange.is_behind


def give_on(exchange: Exchange | None, entry: CacheEntry, tags: Collection[str] = ()) -> None:
    """What is made of kept data lasts no longer than it, and has its tags."""
    life = current_life.get() or (exchange.rendering if exchange is not None else None)
    if life is not None:
        life.tag(tags or entry.tags)
        life.shorten(revalidate=entry.revalidate, expire=entry.expire)


def note(text: str) -> None:
    """What the author of the handler that runs here should hear of; elsewhere nobody does."""
    exchange = current_exchange.get()
    if exchange is not None and text not in exchange.notes:
        exchange.notes.append(text)
