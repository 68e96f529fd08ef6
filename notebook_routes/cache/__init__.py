"""What is kept of answers and values, for how long, and what makes it go (the caching of Route Handlers)."""

from notebook_routes.cache.clock import now
from notebook_routes.cache.entry import EXPIRE, CacheEntry, CorruptEntry
from notebook_routes.cache.filesystem import FileCache
from notebook_routes.cache.handler import CacheHandler, Found, State, state_of
from notebook_routes.cache.location import open_cache
from notebook_routes.cache.marks import TagMark
from notebook_routes.cache.memory import MemoryCache
from notebook_routes.cache.redis import RedisCache

__all__ = [
    "EXPIRE",
    "CacheEntry",
    "CacheHandler",
    "CorruptEntry",
    "FileCache",
    "Found",
    "MemoryCache",
    "RedisCache",
    "State",
    "TagMark",
    "now",
    "open_cache",
    "state_of",
]
