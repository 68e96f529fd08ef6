"""Server-sent events (HTML standard §9.2): writing them, reading them, and a response that sends them."""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final

from notebook_routes.errors import Aborted
from notebook_routes.web.json import json_bytes
from notebook_routes.web.response import Response
from notebook_routes.web.scalar_text import utf8
from notebook_routes.web.streams import ReadableStream

_NOTHING: Final = object()
_FIELDS = frozenset({"data", "event", "id", "retry", "comment"})
_HEARTBEAT = b":\n\n"
_LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    r"""One event of an event stream.

    Attributes:
        data: a str is sent as it is, line by line; any other value as JSON. Left out, a browser fires no
            event.
        event: the name that the page listens for; "message" if None.
        id: what a browser sends as Last-Event-ID when it connects again.
        retry: after how many milliseconds it does.
        comment: text that browsers ignore.

    Raises:
        ValueError: event or id has a line break, id has NUL, or retry is no whole number of milliseconds.

    Example:
        >>> ServerSentEvent({"n": 1}, event="tick").encode()
        b'event: tick\ndata: {"n":1}\n\n'
    """

    data: object = _NOTHING
    _: KW_ONLY
    event: str | None = None
    id: str | None = None
    retry: int | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("event", self.event), ("id", self.id)):
            if value is not None and _LINE_END.search(value):
                raise ValueError(f"the {name} of a server-sent event is one line, not {value!r}")
        if self.id is not None and "\0" in self.id:
            raise ValueError("the id of a server-sent event cannot contain NUL")
        if self.retry is not None and (not isinstance(self.retry, int) or self.retry < 0):
            raise ValueError(f"retry of a server-sent event is a whole number of milliseconds, not {self.retry!r}")

    @property
    def has_data(self) -> bool:
        """Whether there is data, so that a browser fires an event."""
        return self.data is not _NOTHING

    def encode(self) -> bytes:
        """The event as it stands in the stream.

        Raises:
            TypeError: the data cannot be written as JSON.
        """
        lines: list[str] = []
        if self.comment is not None:
            lines += [f": {line}" for line in _LINE_END.split(self.comment)]
        if self.event is not None:
            lines.append(f"event: {self.event}")
        if self.id is not None:
            lines.append(f"id: {self.id}")
        if self.retry is not None:
            lines.append(f"retry: {self.retry}")
        if self.has_data:
            text = self.data if isinstance(self.data, str) else json_bytes(self.data).decode()
            lines += [f"data: {line}" for line in _LINE_END.split(text)]
        return utf8("\n".join(lines) + "\n\n")


def event_stream(source: AsyncIterable[Any] | Iterable[Any], *, heartbeat: float | None = 15.0) -> Response:
    """A response that sends events as the source gives them.

    Args:
        source: an async or sync iterable of `ServerSentEvent`, of dicts with `data` and other fields of one,
            or of any value, which is the data.
        heartbeat: after how many seconds without an event a comment is sent, so that proxies keep the
            connection and a client that has left is noticed; None for never.

    Raises:
        TypeError: the source is no iterable of events.
        ValueError: heartbeat is not above 0.

    Example:
        >>> async def GET(request):
        ...     async def prices():
        ...         async for price in market():
        ...             yield ServerSentEvent(price, event="price")
        ...     return event_stream(prices())
    """
    if isinstance(source, (str, bytes, Mapping)) or not isinstance(source, (AsyncIterable, Iterable)):
        raise TypeError(f"event_stream takes an async or sync iterable of events, not {type(source).__name__}")
    if heartbeat is not None and not heartbeat > 0:
        raise ValueError(f"heartbeat is a number of seconds above 0, or None, not {heartbeat!r}")
    events = ReadableStream(_encoded(source) if isinstance(source, AsyncIterable) else _encoded_sync(source))
    body = events if heartbeat is None else ReadableStream.over(events, _beating(events, heartbeat))
    return Response(
        body,
        headers={
            "content-type": "text/event-stream",
            "cache-control": "no-cache",
            # nginx would otherwise hold events back until its buffer is full.
            "x-accel-buffering": "no",
        },
    )


async def parse_events(chunks: AsyncIterable[bytes | str]) -> AsyncIterator[ServerSentEvent]:
    """Reads an event stream, as a browser does; an event that is cut off at the end is dropped.

    The data of an event is always a str. `id` is that of the event itself, not the last one seen.
    """
    block = EventBlock()
    async for line in _lines(chunks):
        event = block.take(line)
        if event is not None:
            yield event


class EventBlock:
    """Gathers the lines of one event after another."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self._fields: dict[str, Any] = {}

    def take(self, line: str) -> ServerSentEvent | None:
        """Take a line without its end; the event, where the line ends one that has data."""
        if not line:
            event = ServerSentEvent("\n".join(self._data), **self._fields) if self._data else None
            self._data, self._fields = [], {}
            return event
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._fields["event"] = value or None
        elif name == "id" and "\0" not in value:
            self._fields["id"] = value
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) < 16:
            self._fields["retry"] = int(value)
        return None


async def _lines(chunks: AsyncIterable[bytes | str]) -> AsyncGenerator[str, None]:
    """Complete lines; they end in LF, CR or CRLF, which two chunks may share."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    started = after_cr = False
    rest = ""
    async for chunk in chunks:
        text = chunk if isinstance(chunk, str) else decoder.decode(chunk)
        if not text:
            continue
        if not started:
            text = text.removeprefix("\ufeff")
            started = True
        if after_cr:
            text = text.removeprefix("\n")
        after_cr = text.endswith("\r") if text else False
        *complete, rest = _LINE_END.split(rest + text)
        for line in complete:
            yield line


def _event(item: object) -> ServerSentEvent:
    if isinstance(item, ServerSentEvent):
        return item
    if isinstance(item, dict) and "data" in item and item.keys() <= _FIELDS:
        return ServerSentEvent(**item)
    return ServerSentEvent(item)


async def _encoded(source: AsyncIterable[Any]) -> AsyncGenerator[bytes, None]:
    steps = aiter(source)
    try:
        async for item in steps:
            yield _event(item).encode()
    finally:
        if isinstance(steps, AsyncGenerator):
            await steps.aclose()


def _encoded_sync(source: Iterable[Any]) -> Iterator[bytes]:
    steps = iter(source)
    try:
        for item in steps:
            yield _event(item).encode()
    finally:
        if hasattr(steps, "close"):
            steps.close()


async def _beating(events: ReadableStream, heartbeat: float) -> AsyncGenerator[bytes, None]:
    """The events, with a comment whenever none came for a while.

    One task takes all steps of the source, since `asyncio.timeout()` and the like in a generator must begin
    and end in one task; it takes a step when told, so nothing runs ahead of the reader.
    """
    wanted = asyncio.Semaphore(0)
    ready: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    async def pump() -> None:
        try:
            async with aclosing(aiter(events)) as chunks:
                chunk: bytes | None = b""
                while chunk is not None:
                    await wanted.acquire()
                    chunk = await anext(chunks, None)
                    ready.put_nowait(chunk)
        except asyncio.CancelledError:
            ready.put_nowait(Aborted("the source of the events was cancelled"))
            raise
        except Exception as problem:  # noqa: BLE001 - raised again on the reader's side, whatever it is
            ready.put_nowait(problem)

    pumping = asyncio.create_task(pump())
    try:
        while True:
            wanted.release()
            while True:
                try:
                    async with asyncio.timeout(heartbeat):
                        found = await ready.get()
                    break
                except TimeoutError:
                    yield _HEARTBEAT
            if found is None:
                return
            if isinstance(found, Exception):
                raise found
            yield found
    finally:
        pumping.cancel()
        await asyncio.wait([pumping])
