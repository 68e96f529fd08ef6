"""The contract of a cache: where entries are kept, and what is known about their tags.

`memory`, `filesystem` and `redis` keep it, and know nothing of each other; one suite of tests runs on all of them.

    cache = open_cache("redis://127.0.0.1:6379/0")
    await cache.put("route /products/1", entry)
    found = await cache.get("route /products/1")
    found.entry, state_of(found, now())            # the entry, State.FRESH
    await cache.mark(["products"], now())
    state_of(await cache.get("route /products/1"), now())       # None: it is gone
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from notebook_routes.cache.entry import CacheEntry
    from notebook_routes.cache.marks import TagMark

#: Clocks of several machines differ by so many seconds.
_SKEW = 2.0


class Found(NamedTuple):
    """What was kept under a key.

    Attributes:
        entry: the entry.
        marks: those of its tags, and of the tags that were asked for beside them, which can have a bearing on it.
    """

    entry: CacheEntry
    marks: tuple[TagMark, ...] = ()


class State(Enum):
    """How an entry may be used."""

    FRESH = "fresh"
    STALE = "stale"


class CacheHandler(Protocol):
    """Keeps entries by key; safe to use from any thread and any event loop.

    Nothing here raises because of what is kept: an entry that cannot be read is none, and a store that cannot be
    reached has none. It says so in the log of `notebook_routes.cache`.
    """

    async def get(self, key: str, tags: Collection[str] = ()) -> Found | None:
        """The entry of a key with the marks of its tags and of `tags`; None where there is none."""

    async def put(self, key: str, entry: CacheEntry) -> None:
        """Keep an entry in place of the key's former one; one that is too large is not kept, and the former goes."""

    async def remove(self, key: str) -> None:
        """Forget the entry of a key."""

    async def mark(self, tags: Collection[str], at: float, *, expire: float = 0.0) -> None:
        """Make all entries with one of the tags stale that were made until `at`, and have them go `expire` s later.

        What it costs does not depend on how many entries there are.
        """

    async def lease(self, key: str, seconds: float) -> str | None:
        """Ask to be the only one, of all who share the cache, to make the entry of a key for so many seconds.

        Returns:
            What to give to `release`; None where somebody else is at it. A store that cannot be reached lets everybody.
        """

    async def release(self, key: str, lease: str) -> None:
        """Let others make the entry again; a lease that has run out is no error."""

    async def entries(self) -> list[tuple[str, Found]]:
        """All entries by key, in no order, for people to look at; those that are gone may be among them."""

    async def clear(self) -> None:
        """Forget all entries and all marks."""

    async def close(self) -> None:
        """Give back what it holds open."""


def state_of(found: Found, now: float) -> State | None:
    """How an entry may be used at a moment; None where it is gone."""
    entry, marks = found
    for mark in marks:
        if mark.expires(entry.stored, now):
            return None
    age = now - entry.stored
    if age > entry.expire:
        return None
    if entry.revalidate is not None and now - entry.checked >= entry.revalidate:
        return State.STALE
    if age < -_SKEW:
        # Made in the future: a clock was set back, and nobody knows how old it is.
        return State.STALE
    known = max(entry.stored, entry.excused)
    for mark in marks:
        if known <= mark.stale:
            return State.STALE
    return State.FRESH
