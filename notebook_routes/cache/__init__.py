"""What is kept of answers and values, for how long, and what makes it go (the caching of Route Handlers)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.lazy import lazily

if TYPE_CHECKING:
    from notebook_routes.cache.answers import HIT, MISS, STALE, answer, cache_word
    from notebook_routes.cache.asked import Asked
    from notebook_routes.cache.cancelled import being_cancelled
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
    from notebook_routes.cache.profiles import PROFILES
    from notebook_routes.cache.redis import RedisCache
    from notebook_routes.cache.rendering import Life, Rendering
    from notebook_routes.cache.response_cache import ResponseCache
    from notebook_routes.cache.tags import is_path_tag, path_tags, route_tag, tag_of_path
    from notebook_routes.cache.waiting import blocking, stop_waiting

__all__ = [
    "EXPIRE",
    "HIT",
    "MISS",
    "PROFILES",
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
    "being_cancelled",
    "blocking",
    "cache_word",
    "fetch_key",
    "is_path_tag",
    "now",
    "open_cache",
    "path_tags",
    "route_tag",
    "state_of",
    "stop_waiting",
    "tag_of_path",
    "value_key",
    "version_of",
]

_PLACES = {
    "EXPIRE": "entry",
    "HIT": "answers",
    "MISS": "answers",
    "PROFILES": "profiles",
    "STALE": "answers",
    "Asked": "asked",
    "CacheEntry": "entry",
    "CacheHandler": "handler",
    "CachePolicy": "policy",
    "CorruptEntry": "entry",
    "DataCache": "data_cache",
    "FileCache": "filesystem",
    "Found": "handler",
    "Life": "rendering",
    "Made": "data_cache",
    "MemoryCache": "memory",
    "RedisCache": "redis",
    "Rendering": "rendering",
    "ResponseCache": "response_cache",
    "State": "handler",
    "TagMark": "marks",
    "Wanted": "data_cache",
    "answer": "answers",
    "answer_key": "keys",
    "being_cancelled": "cancelled",
    "blocking": "waiting",
    "cache_word": "answers",
    "stop_waiting": "waiting",
    "fetch_key": "keys",
    "is_path_tag": "tags",
    "now": "clock",
    "open_cache": "location",
    "path_tags": "tags",
    "route_tag": "tags",
    "state_of": "handler",
    "tag_of_path": "tags",
    "value_key": "keys",
    "version_of": "keys",
}
__getattr__ = lazily(__name__, _PLACES)
