"""A client that reads a streamed body as fast as it comes and keeps none of it.

A program; prints JSON: `{"bytes": received, "seconds": ...}`. It checks the status, the amount and the last
chunk, and asks the server to close, so that the end of the stream is the end of the connection.
"""

import argparse
import json
import socket
import time
from urllib.parse import urlsplit


def main() -> None:
    """Read one stream to its end.

    Raises:
        ConnectionError: the answer is no 200, is too short, or breaks off.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--expect", type=int, required=True, help="bytes of the body")
    given = parser.parse_args()
    parts = urlsplit(given.url)
    target = f"{parts.path}?{parts.query}"
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()
    buffer = memoryview(bytearray(1024 * 1024))
    total = 0
    last = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        start = time.perf_counter()
        connection.sendall(request)
        while count := connection.recv_into(buffer):
            if not total and bytes(buffer[:12]) != b"HTTP/1.1 200":
                raise ConnectionError(f"not a 200: {bytes(buffer[:100])!r}")
            total += count
            last = (last + bytes(buffer[max(0, count - 5) : count]))[-5:]
        seconds = time.perf_counter() - start
    if total < given.expect or last != b"0\r\n\r\n":
        raise ConnectionError(f"the stream broke off after {total} bytes of {given.expect}")
    print(json.dumps({"bytes": total, "seconds": seconds}))


if __name__ == "__main__":
    main()
