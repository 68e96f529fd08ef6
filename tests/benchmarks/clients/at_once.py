"""Many clients at once, each with a connection of its own and one request, in turn to each of the addresses.

A program; prints JSON: `{"connected": ms, "first": ms, "last": ms}`: when, from before the first client connected, all
were connected, the first answer was in, and the last one. One thread waits for all sockets together (epoll).
"""

import argparse
import json
import re
import selectors
import socket
import time
from urllib.parse import SplitResult, urlsplit

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
STUCK_SECONDS = 30.0


class Client:
    """One connection: it sends its request when it is connected, and closes when the answer is complete."""

    def __init__(self, parts: SplitResult) -> None:
        self.request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex((str(parts.hostname), parts.port))
        self.received = b""

    def fileno(self) -> int:
        """What a selector watches."""
        return self.socket.fileno()

    def send(self) -> None:
        """Send the request: it is connected."""
        error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "cannot connect")
        self.socket.send(self.request)

    def receive(self) -> bool:
        """Take in what has come, and say whether that is all.

        Raises:
            ConnectionError: the answer is no 200 with a length, or breaks off.
        """
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.received += data
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if not blank:
            return False
        length = LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise ConnectionError(f"not a 200 with a length: {head[:100]!r}")
        if len(body) < int(length[1]):
            return False
        self.socket.close()
        return True


def burst(urls: list[str], *, clients: int) -> dict[str, float]:
    """Have all clients ask at once; see above for what is returned.

    Raises:
        OSError: a client could not connect, was answered wrongly, or waited for half a minute.
    """
    parts = [urlsplit(url) for url in urls]
    connected = first = last = 0.0
    connecting = waiting = clients
    with selectors.DefaultSelector() as selector:
        start = time.perf_counter()
        for number in range(clients):
            selector.register(Client(parts[number % len(parts)]), selectors.EVENT_WRITE)
        while waiting:
            events = selector.select(STUCK_SECONDS)
            if not events:
                raise TimeoutError(f"{waiting} of {clients} clients have no answer")
            for key, event in events:
                client = key.fileobj
                assert isinstance(client, Client)
                if event & selectors.EVENT_WRITE:
                    client.send()
                    selector.modify(client, selectors.EVENT_READ)
                    connecting -= 1
                    if not connecting:
                        connected = time.perf_counter() - start
                    continue
                descriptor = client.fileno()
                if client.receive():
                    selector.unregister(descriptor)
                    waiting -= 1
                    last = time.perf_counter() - start
                    first = first or last
    return {"connected": connected * 1000, "first": first * 1000, "last": last * 1000}


def main() -> None:
    """Ask once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--clients", type=int, required=True)
    given = parser.parse_args()
    print(json.dumps(burst(given.urls, clients=given.clients)))


if __name__ == "__main__":
    main()
