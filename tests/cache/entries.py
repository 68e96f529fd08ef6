"""Entries to keep, and a run of a story about one cache."""

import asyncio

from notebook_routes.cache import CacheEntry, now


def entry(body=b"hello", *, ago=0.0, revalidate=None, expire=31_536_000.0, tags=(), headers=(("content-type", "a/b"),)):
    """An entry that was made so many seconds ago."""
    made = now() - ago
    return CacheEntry(200, headers, body, made, made, revalidate, expire, tuple(tags), source="/test")


def told(story, patience=30):
    """What a coroutine gives, run on a loop of its own, and ended when it takes too long."""

    async def in_time():
        return await asyncio.wait_for(story, patience)

    return asyncio.run(in_time())
