"""Which cache an address means: what stands after `--cache`, and in `App(cache=...)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import notebook_routes.cache as caching
from notebook_routes.cache.memory import MemoryCache
from notebook_routes.errors import ConfigError

if TYPE_CHECKING:
    from notebook_routes.cache.handler import CacheHandler

_UNITS = {"": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
_SIZE = re.compile(r"(\d+)\s*([kmg]b|)", re.IGNORECASE)
_KNOWN = "memory, memory:256mb, file:FOLDER, redis://HOST:6379/0"


def open_cache(url: str | None = None) -> CacheHandler:
    """The cache at an address; nothing is connected to, read or written yet.

    Args:
        url: `memory` or None; `memory:256mb`; `file:FOLDER` or `file:///FOLDER`; `redis://`, `rediss://` or `unix://`
            as in `RedisCache`.

    Raises:
        ConfigError: there is no such cache, or what it needs is not installed.
    """
    kind, _, place = (url or "memory").strip().partition(":")
    match kind.lower():
        case "memory":
            return MemoryCache(_bytes(place)) if place else MemoryCache()
        case "file":
            return caching.FileCache(_folder(place))
        case "redis" | "rediss" | "unix":
            return caching.RedisCache(f"{kind.lower()}:{place}")
        case _:
            raise ConfigError(f"there is no cache {url!r}; there is {_KNOWN}")


def _bytes(size: str) -> int:
    found = _SIZE.fullmatch(size.strip())
    if found is None or not int(found[1]):
        raise ConfigError(f"a cache in memory has a size such as memory:256mb, not {size!r}")
    return int(found[1]) * _UNITS[found[2].lower()]


def _folder(place: str) -> str:
    if place.startswith("//"):
        parts = urlsplit(f"file:{place}")
        if parts.netloc not in ("", "localhost"):
            raise ConfigError(
                f"file:{place} names the host {parts.netloc!r}; write file:FOLDER, or file:/// and a path from the root"
            )
        place = unquote(parts.path)
    if not place:
        raise ConfigError("a cache in files needs a folder: file:FOLDER")
    return place
