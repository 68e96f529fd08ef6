"""Which cache `fetch`, `cached` and the functions of revalidation speak to, and what they tell the run around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.cache import DataCache, MemoryCache, path_tags
from notebook_routes.runtime.exchange import Phase, current_life
from notebook_routes.runtime.request_time import shows_drafts

if TYPE_CHECKING:
    from collections.abc import Collection

    from notebook_routes.cache import CacheEntry
    from notebook_routes.runtime.exchange import Exchange

_active: DataCache | None = None


def use_data(data: DataCache | None) -> None:
    """Have code that answers no request, such as a cell, use this cache from now on; None for one of its own."""
    global _active  # noqa: PLW0603 - such code has nothing that it could be handed
    _active = data


def active_data(exchange: Exchange | None) -> DataCache:
    """The cache of the app that answers, or the one that the process has chosen; an empty one for who sees drafts."""
    if exchange is not None and exchange.phase is not Phase.ENDED and shows_drafts(exchange):
        return DataCache(MemoryCache())
    if exchange is not None and exchange.data is not None:
        return exchange.data
    if _active is None:
        use_data(DataCache(MemoryCache()))
    assert _active is not None
    return _active


def beside(exchange: Exchange | None) -> Collection[str]:
    """The tags of the path that asks: `revalidate_path` makes the data that it has read go too."""
    if exchange is None or exchange.route is None:
        return ()
    pattern = exchange.route.pattern
    try:
        return path_tags(pattern.build(**exchange.params), pattern.path)
    except ValueError:
        # Such a path has no second spelling, and no tags.
        return ()


def marked_tags(exchange: Exchange | None) -> Collection[str]:
    """What this request has marked itself, which takes effect for others when it has answered."""
    return () if exchange is None or exchange.revalidations is None else exchange.revalidations


def give_on(exchange: Exchange | None, entry: CacheEntry, tags: Collection[str] = ()) -> None:
    """What is made of kept data lasts no longer than it, and has its tags."""
    life = current_life.get() or (exchange.rendering if exchange is not None else None)
    if life is not None:
        life.tag(tags or entry.tags)
        life.shorten(revalidate=entry.revalidate, expire=entry.expire)
