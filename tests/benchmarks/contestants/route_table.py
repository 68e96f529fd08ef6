"""Contestant: the time of one match in a table of 10 and of 10,000 routes. A program; prints JSON.

The paths asked for are drawn at random from all routes of the table, so that a large table pays for its cache
misses.
"""

import argparse
import json
import random
import time

from notebook_routes.routing import Route, RoutePattern, RouteTable, SegmentConfig

MATCHES = 20_000


def handler(id: str) -> str:  # noqa: A002 - named as the segment is
    """Stand for a user's function: it is never called."""
    return id


def pattern(number: int) -> str:
    """Half of the routes part at their first segment, half at their second."""
    return f"/area-{number}/products/[id]" if number % 2 else f"/catalog/area-{number}/[id]"


def table_and_paths(size: int) -> tuple[RouteTable, list[str]]:
    """Make a table of `size` routes and the paths to ask it for."""
    table = RouteTable()
    config = SegmentConfig()
    table.replace(put=[Route("GET", RoutePattern.parse(pattern(number)), handler, config) for number in range(size)])
    draw = random.Random(0)
    paths = [pattern(draw.randrange(size)).replace("[id]", str(draw.randrange(1000))) for _ in range(MATCHES)]
    for path in paths:
        assert table.match(path) is not None, path
    return table, paths


def microseconds_per_match(table: RouteTable, paths: list[str]) -> float:
    """Match every path once."""
    match = table.match
    start = time.perf_counter()
    for path in paths:
        match(path)
    return (time.perf_counter() - start) / len(paths) * 1e6


def main() -> None:
    """Print `{"10": [microseconds of each round], "10000": [...]}`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, required=True)
    rounds = parser.parse_args().rounds
    worlds = {size: table_and_paths(size) for size in (10, 10_000)}
    times: dict[int, list[float]] = {size: [] for size in worlds}
    for turn in range(rounds):
        for size in list(worlds)[:: 1 if turn % 2 else -1]:
            times[size].append(microseconds_per_match(*worlds[size]))
    print(json.dumps(times))


if __name__ == "__main__":
    main()
