"""Requests per second of an answer that is kept: in memory, in Redis, and beside the same that is made each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import Kernel
from tests.benchmarks.load import ask, one_client, requests_per_second
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.side_by_side import check_equal
from tests.benchmarks.redis import NO_REDIS, redis_server, round_trips
from tests.benchmarks.summary import Samples
from tests.redis_server import RedisServer

OURS = "ours_kept.ipy"
MADE, KEPT, REDIS = "made each time", "kept in memory", "kept in Redis"
SEQUENTIAL_SECONDS = 1.0


def measure(settings: Settings) -> dict[str, Samples | str]:
    """Load the route whose answer is kept and the one that makes it, and the former with Redis, in turn."""
    with Kernel(OURS) as memory, redis_server() as server:
        if server is None:
            figures = rounds(settings, memory)
            return figures | {"hit-redis": NO_REDIS, "hit-trips": NO_REDIS}
        with kernel_with_redis(server) as redis:
            return rounds(settings, memory, redis, server)


@contextmanager
def kernel_with_redis(server: RedisServer) -> Iterator[Kernel]:
    """Start a kernel with the same cells, whose cache is a Redis server."""
    with Kernel() as kernel:
        kernel.run("%load_ext notebook_routes")
        kernel.run(f"%routes start --cache {server.url}")
        kernel.run_script(OURS)
        yield kernel


def rounds(
    settings: Settings, memory: Kernel, redis: Kernel | None = None, server: RedisServer | None = None
) -> dict[str, Any]:
    """Take all figures, each once in each round."""
    urls = {MADE: f"{memory.value('url')}/made/1", KEPT: f"{memory.value('url')}/kept/1"}
    if redis is not None:
        urls[REDIS] = f"{redis.value('url')}/kept/1"
    check_equal(urls)
    for name, url in urls.items():
        check_status(url, None if name is MADE else "notebook-routes; hit")
        requests_per_second(url, seconds=1)
    rates: dict[str, list[float]] = {name: [] for name in urls}
    trips: list[float] = []
    runs: list[float] = []
    for _, order in settings.each_round("hit", list(urls)):
        before = memory.value("runs['kept']")
        for name in order:
            rates[name].append(requests_per_second(urls[name], seconds=settings.seconds))
        runs.append(float(memory.value("runs['kept']") - before))
        if server is not None:
            trips.append(trips_of_a_hit(server, urls[REDIS]))
    figures = {"hit-made": Samples(rates[KEPT], rates[MADE]), "hit-runs": Samples(runs)}
    if server is not None:
        figures |= {"hit-redis": Samples(rates[REDIS], rates[KEPT]), "hit-trips": Samples(trips)}
    return figures


def check_status(url: str, expected: str | None) -> None:
    """Check that an answer comes from the cache, or does not.

    Raises:
        BenchmarkError: it is the other way round.
    """
    (status,) = ask(url, headers=("cache-status",)).headers
    if status != expected:
        raise BenchmarkError(f"{url} answers with Cache-Status {status}, not {expected}")


def trips_of_a_hit(server: RedisServer, url: str) -> float:
    """Return the round trips to Redis for each answer, where one client asks for one after the other.

    Many clients at once share a round trip; that would flatter.
    """
    asked = [0.0]

    def ask_one_by_one() -> None:
        asked[0] = one_client(url, seconds=SEQUENTIAL_SECONDS)["requests"]

    return round_trips(server, ask_one_by_one) / asked[0]
