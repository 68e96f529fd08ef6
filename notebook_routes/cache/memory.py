"""Entries in this process's memory, the least recently used making room for new ones."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from notebook_routes.cache.clock import now
from notebook_routes.cache.handler import Found
from notebook_routes.cache.mark_table import MOST_TAGS, MarkTable

if TYPE_CHECKING:
    from collections.abc import Collection

    from notebook_routes.cache.entry import CacheEntry

#: Bytes of entries, as `CacheEntry.size` counts them.
DEFAULT_LIMIT = 64 * 1024 * 1024
#: So many leases are held before those that have run out are looked for.
_MANY_LEASES = 1024


class MemoryCache:
    """Keeps up to `limit` bytes of entries.

    Args:
        limit: bytes; an entry larger than that is not kept.
        most_tags: of so many tags what happened to them is remembered; beyond that, what is older goes as a whole.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT, *, most_tags: int = MOST_TAGS) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, CacheEntry] = OrderedDict()
        self._size = 0
        self._marks = MarkTable(most_tags)
        self._leases: dict[str, tuple[str, float]] = {}

    @property
    def size(self) -> int:
        """Bytes of all entries together."""
        return self._size

    async def get(self, key: str, tags: Collection[str] = ()) -> Found | None:
        """See `CacheHandler`."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return Found(entry, self._marks.of(entry, tags))

    async def put(self, key: str, entry: CacheEntry) -> None:
        """See `CacheHandler`."""
        size = entry.size + len(key)
        with self._lock:
            self._forget(key)
            if size > self.limit:
                return
            while self._entries and self._size + size > self.limit:
                oldest, other = self._entries.popitem(last=False)
                self._size -= other.size + len(oldest)
            self._entries[key] = entry
            self._size += size

    async def remove(self, key: str) -> None:
        """See `CacheHandler`."""
        with self._lock:
            self._forget(key)

    async def mark(self, tags: Collection[str], at: float, *, expire: float = 0.0) -> None:
        """See `CacheHandler`."""
        with self._lock:
            for tag in tags:
                self._marks.mark(tag, at, expire=expire)

    async def lease(self, key: str, seconds: float) -> str | None:
        """See `CacheHandler`."""
        moment = now()
        with self._lock:
            held = self._leases.get(key)
            if held is not None and held[1] > moment:
                return None
            if len(self._leases) > _MANY_LEASES:
                # Of those who died with one in their hands.
                self._leases = {other: lease for other, lease in self._leases.items() if lease[1] > moment}
            token = secrets.token_hex(8)
            self._leases[key] = token, moment + seconds
            return token

    async def release(self, key: str, lease: str) -> None:
        """See `CacheHandler`."""
        with self._lock:
            held = self._leases.get(key)
            if held is not None and held[0] == lease:
                del self._leases[key]

    async def entries(self) -> list[tuple[str, Found]]:
        """See `CacheHandler`."""
        with self._lock:
            return [(key, Found(entry, self._marks.of(entry))) for key, entry in self._entries.items()]

    async def clear(self) -> None:
        """See `CacheHandler`."""
        with self._lock:
            self._entries.clear()
            self._marks.clear()
            self._leases.clear()
            self._size = 0

    async def close(self) -> None:
        """Nothing is held open."""

    def __repr__(self) -> str:
        return f"<MemoryCache: {len(self._entries)} entries, {self._size:,} of {self.limit:,} bytes>"

    def _forget(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= entry.size + len(key)
