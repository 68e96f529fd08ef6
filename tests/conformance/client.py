"""An HTTP client that hides nothing: the header lines as they came, the chunks, the times, and a body cut short."""

import socket
import time
from base64 import b64decode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

#: Seconds to wait for a server that says nothing.
PATIENCE = 15.0
#: Methods whose requests say that they have no body (RFC 9110 §8.6).
_BODY_EXPECTED = ("POST", "PUT", "PATCH")


@dataclass
class Reply:
    """An answer as it stood on the wire; status 0 where there was none."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    chunks: int = 0
    incomplete: bool = False
    aborted: bool = False
    seconds_to_head: float = 0.0
    seconds: float = 0.0

    def values(self, name: str) -> list[str]:
        """The values of a header, line by line."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def send(base_url: str, request: Mapping[str, Any]) -> Reply:
    """Send one request of a case on a connection of its own."""
    place = urlsplit(base_url)
    method = request["method"]
    abort_after = request.get("abortAfterMs")
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as connection:
        began = time.monotonic()
        with suppress(BrokenPipeError, ConnectionResetError):
            # A server may answer, and close, before it has read all.
            connection.sendall(_written(place.netloc, request))
        reader = _Reader(connection, None if abort_after is None else began + abort_after / 1000)
        reply = Reply()
        try:
            _read_head(reader, reply)
            reply.seconds_to_head = time.monotonic() - began
            _read_body(reader, reply, method)
        except _AbortedError:
            reply.aborted = True
        except (EOFError, ConnectionResetError):
            reply.incomplete = True
        reply.seconds = time.monotonic() - began
    return reply


def _written(host: str, request: Mapping[str, Any]) -> bytes:
    given = request.get("headers") or {}
    headers = list(given.items() if isinstance(given, Mapping) else given)
    names = {name.lower() for name, _ in headers}
    body = _body(request.get("body"))
    if "host" not in names:
        headers.insert(0, ("Host", host))
    if not names & {"content-length", "transfer-encoding"} and (
        body is not None or request["method"] in _BODY_EXPECTED
    ):
        headers.append(("Content-Length", str(len(body or b""))))
    lines = [f"{request['method']} {request['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def _body(given: Any) -> bytes | None:
    if given is None:
        return None
    if isinstance(given, str):
        return given.encode()
    if "repeat" in given:
        text, times = given["repeat"]
        return text.encode() * times
    return b64decode(given["base64"])


class _AbortedError(Exception):
    """The time has come to leave."""


class _Reader:
    def __init__(self, connection: socket.socket, abort_at: float | None) -> None:
        self._connection = connection
        self._abort_at = abort_at
        self._buffer = b""

    def until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._fill()
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def some(self, most: int) -> bytes:
        """From 1 to `most` bytes."""
        if not self._buffer:
            self._fill()
        found, self._buffer = self._buffer[:most], self._buffer[most:]
        return found

    def _fill(self) -> None:
        if self._abort_at is not None:
            left = self._abort_at - time.monotonic()
            if left <= 0:
                raise _AbortedError
            self._connection.settimeout(left)
        try:
            data = self._connection.recv(65536)
        except TimeoutError:
            if self._abort_at is not None:
                raise _AbortedError from None
            raise
        if not data:
            raise EOFError
        self._buffer += data


def _read_head(reader: _Reader, reply: Reply) -> None:
    status = 100
    while 100 <= status < 200:
        status_line, *lines = reader.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(status_line.split(" ")[1])
    reply.status = status
    reply.headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]


def _read_body(reader: _Reader, reply: Reply, method: str) -> None:
    if method == "HEAD" or reply.status in (204, 304):
        return
    pieces: Iterable[bytes]
    if reply.values("transfer-encoding") == ["chunked"]:
        pieces = _chunks(reader)
    elif length := reply.values("content-length"):
        pieces = _counted(reader, int(length[0]))
    else:
        pieces = _to_the_end(reader)
    for piece in pieces:
        reply.body += piece
        reply.chunks += 1


def _chunks(reader: _Reader) -> Iterable[bytes]:
    while size := int(reader.until(b"\r\n").partition(b";")[0], 16):
        chunk = b""
        while len(chunk) < size:
            chunk += reader.some(size - len(chunk))
        yield chunk
        reader.until(b"\r\n")
    while reader.until(b"\r\n"):
        pass


def _counted(reader: _Reader, length: int) -> Iterable[bytes]:
    while length:
        piece = reader.some(length)
        length -= len(piece)
        yield piece


def _to_the_end(reader: _Reader) -> Iterable[bytes]:
    while True:
        try:
            piece = reader.some(65536)
        except EOFError:
            return
        yield piece
