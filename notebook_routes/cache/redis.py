"""Entries in Redis: shared by processes and machines.

- `PREFIX:e:KEY`: the entry, see `redis_scripts`
- `PREFIX:t:TAG`: what happened to a tag
- `PREFIX:l:KEY`: who makes the entry now

A hit asks Redis once, for the entry and the marks of its tags together. Nothing is answered from a copy, so that a mark
that another machine makes is seen at once. While Redis cannot be reached nothing is found and nothing is kept; the
marks of that time are sent before anything is read again.

Redis Cluster is not supported: the keys of an entry and of its marks lie in different slots.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from notebook_routes.cache.clock import now
from notebook_routes.cache.entry import EXPIRE, CacheEntry, CorruptEntry
from notebook_routes.cache.handler import Found
from notebook_routes.cache.mark_outbox import MarkOutbox
from notebook_routes.cache.marks import TagMark
from notebook_routes.cache.redis_batch import Refused, Unreachable
from notebook_routes.cache.redis_keys import ENTRIES, entry_key, key_of, lease_key, tag_field
from notebook_routes.cache.redis_scripts import RELEASE, WRITE, digest
from notebook_routes.cache.trouble import Trouble
from notebook_routes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from types import ModuleType

    from notebook_routes.cache.redis_link import RedisLink

_PREFIX = "notebook-routes"
#: Bytes; a larger entry would hold up what waits behind it, on a slow line until Redis counts as unreachable.
_LARGEST = 8 * 1024 * 1024
#: Seconds that an entry outlives its time, since clocks differ.
_MARGIN = 10.0
#: Keys that are looked for at once where all are listed.
_PAGE = 50
#: What a lease is called where there can be none.
_ALONE = "alone"
#: Bytes up to which decoded entries are remembered.
_SMALL = 16 * 1024
_WRITE, _RELEASE = digest(WRITE), digest(RELEASE)


class Spoilt(Enum):
    """What stands for an entry that is none."""

    HERE = True


class RedisCache:
    """Keeps entries of up to 8 MiB in a Redis server; Redis's own `maxmemory` bounds them all.

    Args:
        url: `redis://host:6379/0`, `rediss://...` for TLS, or `unix:///path`; with `?prefix=NAME`, several caches live
            side by side in one database. Further options are those of redis-py.

    Raises:
        ConfigError: the library is not installed, or the address cannot be read.
    """

    def __init__(self, url: str) -> None:
        self._links_module = _import_link()
        self._url, self.prefix = _without_prefix(url)
        self._shown = _shown(self._url)
        self._name = f"{self.prefix}:".encode()
        self._outbox = MarkOutbox()
        self._trouble = Trouble(f"The cache at {self._shown}")
        self._lock = threading.Lock()
        self._links: dict[asyncio.AbstractEventLoop, RedisLink[Found | Spoilt | None]] = {}
        self._new_client()

    async def get(self, key: str, tags: Collection[str] = ()) -> Found | None:
        """See `CacheHandler`."""
        try:
            found = await self._link().read(self._name + entry_key(key), tuple(map(tag_field, tags)))
        except Unreachable:
            return None
        except Refused as error:
            self._trouble.say(error)
            return None
        if isinstance(found, Spoilt):
            await self.remove(key)
            return None
        return found

    async def put(self, key: str, entry: CacheEntry) -> None:
        """See `CacheHandler`."""
        data = entry.encode()
        kept = min(EXPIRE, entry.stored + entry.expire - now() + _MARGIN)
        if len(data) > _LARGEST or kept <= 0:
            await self.remove(key)
            return
        name = self._name + entry_key(key)
        tags = map(tag_field, entry.tags)
        try:
            await self._link().send(("EVALSHA", _WRITE, 1, name, int(kept * 1000), data, *tags))
        except Unreachable:
            return
        except Refused as error:
            # Its memory is full, as a rule. What was there before is outdated.
            self._trouble.say(error)
            await self.remove(key)

    async def remove(self, key: str) -> None:
        """See `CacheHandler`."""
        await self._send("DEL", self._name + entry_key(key))

    async def mark(self, tags: Collection[str], at: float, *, expire: float = 0.0) -> None:
        """See `CacheHandler`."""
        self._outbox.put(tags, at, expire=expire)
        await self._send()

    async def lease(self, key: str, seconds: float) -> str | None:
        """See `CacheHandler`."""
        token = secrets.token_hex(8)
        name = self._name + lease_key(key)
        try:
            taken = await self._link().send(("SET", name, token, "NX", "PX", max(1, int(seconds * 1000))))
        except Unreachable:
            # Nobody else can have it either.
            return _ALONE
        except Refused as error:
            self._trouble.say(error)
            return _ALONE
        return token if taken else None

    async def release(self, key: str, lease: str) -> None:
        """See `CacheHandler`."""
        await self._send("EVALSHA", _RELEASE, 1, self._name + lease_key(key), lease)

    async def entries(self) -> list[tuple[str, Found]]:
        """See `CacheHandler`."""
        found: dict[str, Found] = {}
        try:
            async for names in self._keys(ENTRIES):
                read = [self._link().read(name, ()) for name in names]
                for name, entry in zip(names, await asyncio.gather(*read), strict=True):
                    if isinstance(entry, Found):
                        found[key_of(name.removeprefix(self._name))] = entry
        except Unreachable:
            return []
        except Refused as error:
            self._trouble.say(error)
        return list(found.items())

    async def clear(self) -> None:
        """See `CacheHandler`."""
        self._outbox.clear()
        try:
            # Entries first: without its marks one would be as good as new.
            for kind in (ENTRIES, b""):
                async for names in self._keys(kind):
                    await self._link().send(("UNLINK", *names))
        except Unreachable:
            return
        except Refused as error:
            self._trouble.say(error)

    async def close(self) -> None:
        """Close the connections, those of other event loops as soon as they come to it."""
        with self._lock:
            links, self._links = self._links, {}
        for loop, link in links.items():
            if loop is asyncio.get_running_loop():
                await link.close()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(link.close(), loop)

    def __repr__(self) -> str:
        return f"<RedisCache: {self._shown}, prefix {self.prefix!r}>"

    async def _send(self, *command: bytes | str | int) -> None:
        try:
            await self._link().send(command or None)
        except Unreachable:
            return
        except Refused as error:
            self._trouble.say(error)

    async def _keys(self, kind: bytes) -> AsyncIterator[list[bytes]]:
        """The keys that begin with the prefix and the kind, some at a time."""
        pattern = re.sub(rb"([\[\]*?\\])", rb"\\\1", self._name + kind) + b"*"
        cursor: bytes | int = 0
        while True:
            cursor, names = await self._link().send(("SCAN", cursor, "MATCH", pattern, "COUNT", _PAGE))
            if names:
                yield names
            if not int(cursor):
                return

    def _link(self) -> RedisLink[Found | Spoilt | None]:
        loop = asyncio.get_running_loop()
        link = self._links.get(loop)
        if link is None:
            with self._lock:
                self._links = {other: link for other, link in self._links.items() if not other.is_closed()}
                link = self._links[loop] = self._links_module.RedisLink(
                    self._new_client(), self._outbox, prefix=self._name, decode=_decode, failed=self._trouble.say
                )
        return link

    def _new_client(self) -> Any:
        try:
            return self._links_module.connect(self._url)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"the cache's address {self._shown} cannot be read: {error}") from error


def _import_link() -> ModuleType:
    try:
        from notebook_routes.cache import redis_link  # noqa: PLC0415 - imports redis
    except ImportError as error:
        raise ConfigError("a cache in Redis needs the redis library: pip install 'notebook-routes[redis]'") from error
    return redis_link


def _decode(answer: Any) -> Found | Spoilt | None:
    """What the script `READ` answers for one entry."""
    if answer is None:
        return None
    if not isinstance(answer, list):
        return Spoilt.HERE
    try:
        data = answer[0]
        entry = _decode_again(data) if len(data) <= _SMALL else CacheEntry.decode(data)
        return Found(entry, tuple(map(_decode_mark, answer[1:])))
    except CorruptEntry:
        return Spoilt.HERE


@lru_cache(maxsize=256)
def _decode_again(data: bytes) -> CacheEntry:
    """Entries that come again and again, byte for byte: most of what a hit costs here would be decoding."""
    return CacheEntry.decode(data)


def _decode_mark(mark: bytes) -> TagMark:
    try:
        expired, pending, due = map(float, mark.split())
    except ValueError as error:
        # What it said is not known, so nothing with this tag can be given out.
        raise CorruptEntry("the mark of a tag cannot be read") from error
    return TagMark(max(expired, pending), expired, pending, due)


def _without_prefix(url: str) -> tuple[str, str]:
    """The address as redis-py knows it, and the prefix."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    prefix = options.pop("prefix", _PREFIX).rstrip(":") or _PREFIX
    # Entries are bytes, whatever is asked for.
    options.pop("decode_responses", None)
    return parts._replace(query=urlencode(options)).geturl(), prefix


def _shown(url: str) -> str:
    """The address without the password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
