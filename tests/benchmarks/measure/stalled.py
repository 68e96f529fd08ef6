"""How far a server reads a generator ahead of a client that stalls."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.failure import BenchmarkError

READ_FIRST = 4 * 1024 * 1024
QUIET_SECONDS = 0.3


def read_ahead(address: tuple[str, int], target: str, *, produced: Callable[[], int]) -> int:
    """Read 4 MiB of a stream, stop reading, and wait until the generator stands still.

    What was produced, less what the client has read, less what lies in the system's two socket buffers, is
    held by the server. The framing of chunks (9 bytes for each) is in those buffers but not in `produced`.

    Args:
        address: host and port.
        target: path and query of the stream.
        produced: returns the bytes that the generator has yielded so far.

    Raises:
        BenchmarkError: the stream ended, or its generator never stood still.
    """
    with socket.create_connection(address, timeout=30) as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n\r\n".encode())
        taken = 0
        while taken < READ_FIRST:
            data = client.recv(65536)
            if not data:
                raise BenchmarkError(f"{target}: the stream ended after {taken} bytes")
            taken += len(data)
        yielded = _settled(produced)
        return yielded - taken - _in_flight(client.getsockname()[1], address[1])


def _settled(produced: Callable[[], int]) -> int:
    deadline = time.monotonic() + 30
    last, since = produced(), time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        if time.monotonic() > deadline:
            raise BenchmarkError("the generator goes on although its client does not read")
        time.sleep(0.05)
        now = produced()
        if now != last:
            last, since = now, time.monotonic()
    return last


def _in_flight(client_port: int, server_port: int) -> int:
    """Add what is unacknowledged at the server and unread at the client, as `/proc/net/tcp` tells."""
    total = 0
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        ports = int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)
        sending, _, receiving = queues.partition(":")
        if ports == (server_port, client_port):
            total += int(sending, 16)
        elif ports == (client_port, server_port):
            total += int(receiving, 16)
    return total
