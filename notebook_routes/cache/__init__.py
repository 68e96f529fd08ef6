"""What is kept of answers and values, for how long, and what makes it go (the caching of Route Handlers)."""

from notebook_routes.cache.answers import HIT, MISS, STALE, answer
from notebook_routes.cache.asked import Asked
from notebook_routes.cache.blocking import blocking
from notebook_routes.cache.clock import now
from notebook_routes.cache.data_cache import DataCache, Made, Wanted
from notebook_routes.cache.entry import EXPIRE, CacheEntry, CorruptEntry
from notebook_routes.cache.filesystem import FileCache
from notebook_routes.cache.handler import CacheHandler, Found, State, state_of
from notebook_routes.cache.keys import answer_key, fetch_key, value_key, version_of
from notebook_routes.cache.location import open_cache
from notebook_routes.cache.marks import TagMark
from notebook_routes.cache.memory import MemoryCache
from notebook_routes.cache.policy import CachePolicy
from notebook_routes.cache.redis import RedisCache
from notebook_routes.cache.rendering import Life, Rendering
from notebook_routes.cache.response_cache import ResponseCache
from notebook_routes.cache.tags import is_path_tag, path_tags, route_tag, tag_of_path

__all__ = [
    "EXPIRE",
    "HIT",
    "MISS",
    "STALE",
    "Asked",
    "CacheEntry",
    "CacheHandler",
    "CachePolicy",
    "CorruptEntry",
    "DataCache",
    "FileCache",
    "Found",
    "Life",
    "Made",
    "MemoryCache",
    "RedisCache",
    "Rendering",
    "ResponseCache",
    "State",
    "TagMark",
    "Wanted",
    "answer",
    "answer_key",
    "blocking",
    "fetch_key",
    "is_path_tag",
    "now",
    "open_cache",
    "path_tags",
    "route_tag",
    "state_of",
    "tag_of_path",
    "value_key",
    "version_of",
]
