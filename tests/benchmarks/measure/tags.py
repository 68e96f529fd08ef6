"""Expiring a tag that 100,000 entries carry, in memory and in Redis."""

from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.program import run_program
from tests.benchmarks.redis import NO_REDIS, redis_server
from tests.benchmarks.summary import Samples

SECONDS_PER_ROUND = 120


def measure(settings: Settings) -> dict[str, Samples | str]:
    """Run the program on both caches."""
    return {"tags-memory": expire("memory:1gb", settings), "tags-redis": expire_in_redis(settings)}


def expire_in_redis(settings: Settings) -> Samples | str:
    """Run it on a Redis server of its own."""
    with redis_server() as server:
        return NO_REDIS if server is None else expire(server.url, settings)


def expire(cache: str, settings: Settings) -> Samples:
    """Run it on a cache."""
    rounds = settings.rounds
    return Samples(run_program("kept_tags.py", cache, f"--rounds={rounds}", timeout=SECONDS_PER_ROUND * rounds))
