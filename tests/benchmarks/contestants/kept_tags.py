"""Contestant: expiring a tag that 100,000 entries carry. A program; prints JSON.

Each round keeps all entries anew, expires the tag, and checks of some of them that they are gone.
"""

import argparse
import asyncio
import json
import time

from notebook_routes.cache import CacheEntry, CacheHandler, now, open_cache, state_of

ENTRIES = 100_000
TAG = "products"
AT_ONCE = 2000
LOOKED_AT = range(0, ENTRIES, ENTRIES // 100)


def key(number: int) -> str:
    """Name an entry."""
    return f"route 0 /products/{number}"


async def fill(cache: CacheHandler) -> None:
    """Keep all entries, as made now."""
    moment = now()
    entry = CacheEntry(200, (("content-type", "application/json"),), b'{"id":1}', moment, moment, tags=(TAG, "all"))
    for start in range(0, ENTRIES, AT_ONCE):
        await asyncio.gather(*[cache.put(key(number), entry) for number in range(start, start + AT_ONCE)])


async def living(cache: CacheHandler) -> int:
    """Count those that can still be given out, of some."""
    found = [await cache.get(key(number)) for number in LOOKED_AT]
    return sum(1 for each in found if each is not None and state_of(each, now()) is not None)


async def measure(cache: CacheHandler, rounds: int) -> list[float]:
    """Return the milliseconds of each round."""
    times = []
    for _ in range(rounds):
        await fill(cache)
        alive = await living(cache)
        assert alive == len(LOOKED_AT), f"{alive} of {len(LOOKED_AT)} entries are there that were just kept"
        start = time.perf_counter()
        await cache.mark([TAG], now())
        times.append((time.perf_counter() - start) * 1000)
        assert not await living(cache), "entries are left whose tag has expired"
    await cache.close()
    return times


def main() -> None:
    """Print `[milliseconds of each round]`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", help="memory:1gb, redis://...")
    parser.add_argument("--rounds", type=int, required=True)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(measure(open_cache(given.cache), given.rounds))))


if __name__ == "__main__":
    main()
