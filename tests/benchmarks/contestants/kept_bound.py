"""Contestant: distinct answers pass through a cache in memory that has room for few of them. A program; prints JSON.

Each is asked for, made, kept, and given out, through `App.request`, as over a socket. What the cache holds is read
after each, and what the process holds, in steps.
"""

import argparse
import asyncio
import json
import os

import psutil

from notebook_routes.app import App
from notebook_routes.cache import MemoryCache
from notebook_routes.routing import Route, RoutePattern, SegmentConfig
from notebook_routes.runtime import Invoker
from notebook_routes.web import Response

MIB = 1024 * 1024
LIMIT = 64 * MIB
ANSWER_BYTES = 64 * 1024
LOOK_EVERY = 50
NOISE = os.urandom(ANSWER_BYTES)


async def GET(id: int) -> Response:  # noqa: A002 - named as the segment is
    """Answer 64 KiB that no other answer is equal to."""
    return Response(id.to_bytes(8, "big") + NOISE[8:])


def app_with(cache: MemoryCache) -> App:
    """Make an app of one route whose answers are kept."""
    app = App(cache=cache)
    pattern = RoutePattern.parse("/answers/[id]")
    handler = Invoker(GET, method="GET", pattern=pattern)
    app.routes.replace(put=[Route("GET", pattern, handler, SegmentConfig(revalidate=3600))])
    return app


async def ask(app: App, number: int) -> None:
    """Ask for one answer, and check that it is the right one, and kept."""
    response = await app.request(f"/answers/{number}")
    assert response.content is not None
    assert response.content[:8] == number.to_bytes(8, "big")
    assert response.headers.get("cache-status") == "notebook-routes; fwd=uri-miss; stored", response.headers


async def measure(total: int) -> dict[str, float]:
    """Let so many bytes pass through.

    Returns:
        `over`: the most bytes over the limit, at least 0, in entries of their size; `resident`: the most MiB that the
        process had more than before; `limit`: MiB; `answers`: how many there were.
    """
    cache = MemoryCache(LIMIT)
    app = app_with(cache)
    await ask(app, 0)
    entry_bytes = cache.size
    await cache.clear()
    process = psutil.Process()
    before = highest = process.memory_info().rss
    over = 0
    answers = total // ANSWER_BYTES
    for number in range(1, answers + 1):
        await ask(app, number)
        over = max(over, cache.size - LIMIT)
        if number % LOOK_EVERY == 0:
            highest = max(highest, process.memory_info().rss)
    kept = await cache.entries()
    # Else it was never full, and all this says nothing.
    assert cache.size > LIMIT - 2 * entry_bytes, cache
    assert sum(len(found.entry.body) for _, found in kept) <= cache.size, cache
    return {
        "over": over / entry_bytes,
        "resident": (highest - before) / MIB,
        "limit": LIMIT / MIB,
        "answers": answers,
    }


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bytes", type=int, required=True)
    print(json.dumps(asyncio.run(measure(parser.parse_args().bytes))))


if __name__ == "__main__":
    main()
