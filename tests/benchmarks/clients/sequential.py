"""One client with one keep-alive connection, sending the next request when the answer is in.

A program; prints JSON: `{"requests": ..., "p50": ms, "p95": ms}`. A plain socket, so that the time is
the server's.
"""

import argparse
import json
import re
import socket
import statistics
import time
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def read_answer(connection: socket.socket) -> None:
    """Read one answer that states its length.

    Raises:
        ConnectionError: it is no 200 with a length, or the server left.
    """
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        raise ConnectionError(f"not a 200 with a length: {head[:100]!r}")
    while len(body) < int(length[1]):
        body += _receive(connection)


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def main() -> None:
    """Ask one address for some seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    parts = urlsplit(given.url)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    times: list[float] = []
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        deadline = time.perf_counter() + given.seconds
        now = 0.0
        while now < deadline or len(times) < 2:
            start = time.perf_counter()
            connection.sendall(request)
            read_answer(connection)
            now = time.perf_counter()
            times.append((now - start) * 1000)
    percentiles = statistics.quantiles(times, n=100, method="inclusive")
    print(json.dumps({"requests": len(times), "p50": percentiles[49], "p95": percentiles[94]}))


if __name__ == "__main__":
    main()
