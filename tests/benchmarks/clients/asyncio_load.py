"""The bundled loader, for where there is no `wrk`: 32 keep-alive connections, one request under way on each.

A program; prints JSON: `{"requests_per_second": ...}`. Being Python it may itself be what
limits the rate: the ratios are then nearer to 1 than with wrk.
"""

import argparse
import asyncio
import json
import re
import time
from urllib.parse import urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """Sends the request, and sends it again whenever the answer is complete."""

    def __init__(self, request: bytes, broken: asyncio.Future[None]) -> None:
        self.request = request
        self.broken = broken
        self.answers = 0
        self.missing = 0
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            self.buffer += data
            head, blank, body = self.buffer.partition(b"\r\n\r\n")
            if not blank:
                return
            length = LENGTH.search(head)
            if not head.startswith(b"HTTP/1.1 200") or length is None:
                self.fail(f"not a 200 with a length: {head[:100]!r}")
                return
            self.buffer = b""
            self.missing = int(length[1]) - len(body)
        if self.missing == 0:
            self.answers += 1
            self.transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(f"the server closed the connection ({exc})")

    def fail(self, reason: str) -> None:
        if not self.broken.done():
            self.broken.set_exception(ConnectionError(reason))


def request_for(url: str, json_text: str | None) -> bytes:
    """Write a GET, or a POST of JSON."""
    parts = urlsplit(url)
    target = parts._replace(scheme="", netloc="").geturl()
    if json_text is None:
        return f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    body = json_text.encode()
    head = f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def load(url: str, *, connections: int, seconds: float, json_text: str | None = None) -> float:
    """Return the requests answered per second."""
    parts = urlsplit(url)
    request = request_for(url, json_text)
    loop = asyncio.get_running_loop()
    broken: asyncio.Future[None] = loop.create_future()
    protocols = [
        (await loop.create_connection(lambda: Connection(request, broken), str(parts.hostname), parts.port or 80))[1]
        for _ in range(connections)
    ]
    start = time.perf_counter()
    before = sum(protocol.answers for protocol in protocols)
    await asyncio.wait([broken], timeout=seconds)
    if broken.done():
        broken.result()
    rate = (sum(protocol.answers for protocol in protocols) - before) / (time.perf_counter() - start)
    broken.cancel()
    for protocol in protocols:
        protocol.transport.abort()
    return rate


def main() -> None:
    """Load one address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--json", help="sent with POST")
    given = parser.parse_args()
    rate = asyncio.run(load(given.url, connections=given.connections, seconds=given.seconds, json_text=given.json))
    print(json.dumps({"requests_per_second": rate}))


if __name__ == "__main__":
    main()
