"""What comes of a response's body, as the page shows it: whole, or item by item while it comes. All of it is bounded.

text/event-stream        an item for each event, JSON with id, event and data
application/x-ndjson     an item for each line
other text in pieces     an item for each piece
bytes in pieces          an item for each piece that says how many
anything whole           no items; the text, the image, or the first bytes
"""

from __future__ import annotations

import base64
import codecs
import json
from typing import TYPE_CHECKING, Any, Protocol

from notebook_routes.inspector.text_lines import TextLines
from notebook_routes.project.answer import charset_of
from notebook_routes.web.sse import EventBlock

if TYPE_CHECKING:
    from notebook_routes.web import Headers, ServerSentEvent

#: Bytes of a text that are kept.
MOST_TEXT = 256 * 1024
#: Bytes of an image; of a larger one it is said how large it is.
LARGEST_IMAGE = 4 * 1024 * 1024
#: Bytes of what is neither.
MOST_BYTES = 1024
#: Characters of one item.
LONGEST_ITEM = 8 * 1024
#: Characters of an event's data; a line of it beyond that is passed over.
_LONGEST_EVENT = 64 * 1024
_LINES = ("application/x-ndjson", "application/jsonl", "application/json-lines", "application/x-json-stream")
_TEXTS = ("application/xml", "application/javascript", "application/x-www-form-urlencoded", "application/yaml")

#: What an item is ("event", "line", "chunk", "bytes"), and its text.
Item = tuple[str, str]


class Reader(Protocol):
    """Takes the bytes of one body as they come."""

    @property
    def kind(self) -> str:
        """What the body is: "events", "lines", "text", "json", "html", "image" or "binary"."""

    def feed(self, chunk: bytes) -> list[Item]:
        """The items that this piece completes."""

    def end(self) -> list[Item]:
        """Those that the end of the body completes."""

    @property
    def held(self) -> int:
        """Bytes of the body that are kept."""

    def kept(self) -> dict[str, Any]:
        """What is kept of the body: `text` and whether it is `cut`, or `data` in base64; empty where items are all."""


def reader_of(headers: Headers) -> Reader:
    """What reads the body of a response with these headers."""
    media = media_of(headers)
    encoded = (headers.get("content-encoding") or "identity").strip().lower() != "identity"
    whole = headers.has("content-length")
    if encoded:
        # Unpacked, a small body may fill the memory; the form asks for no packing.
        return Bytes(whole=whole)
    if media == "text/event-stream":
        return Events()
    if media in _LINES:
        return Lines(charset_of(headers))
    if media.startswith("image/"):
        return Image()
    kind = _kind(media)
    return (
        Bytes(whole=whole, perhaps_text=not media) if kind == "binary" else Text(kind, charset_of(headers), whole=whole)
    )


def media_of(headers: Headers) -> str:
    """The content type without its parameters, in lower case; "" where there is none."""
    return (headers.get("content-type") or "").partition(";")[0].strip().lower()


def _kind(media: str) -> str:
    if media == "application/json" or media.endswith("+json"):
        return "json"
    if media in ("text/html", "application/xhtml+xml"):
        return "html"
    return "text" if media.startswith("text/") or media in _TEXTS or media.endswith("+xml") else "binary"


class _Items:
    """A body that is shown as its items, so that nothing else of it is kept."""

    @property
    def held(self) -> int:
        """See `Reader`."""
        return 0

    def kept(self) -> dict[str, Any]:
        """See `Reader`."""
        return {}


class Events(_Items):
    """Server-sent events."""

    kind = "events"

    def __init__(self) -> None:
        self._lines = TextLines()
        self._block = EventBlock()
        self._length = 0

    def feed(self, chunk: bytes) -> list[Item]:
        """See `Reader`."""
        items = []
        for line in self._lines.feed(chunk):
            if self._length > _LONGEST_EVENT and line.startswith("data"):
                continue
            self._length = self._length + len(line) if line else 0
            event = self._block.take(line)
            if event is not None:
                items.append(("event", _event_text(event)))
        return items

    def end(self) -> list[Item]:
        """See `Reader`."""
        # As in a browser, an event that is cut off is dropped.
        return []


class Lines(_Items):
    """One JSON value a line, or any other lines."""

    kind = "lines"

    def __init__(self, charset: str) -> None:
        self._lines = TextLines(charset)

    def feed(self, chunk: bytes) -> list[Item]:
        """See `Reader`."""
        return [("line", shortened(line)) for line in self._lines.feed(chunk) if line]

    def end(self) -> list[Item]:
        """See `Reader`."""
        last = self._lines.end()
        return [("line", shortened(last))] if last else []


class Text:
    """Text of any kind."""

    def __init__(self, kind: str, charset: str, *, whole: bool) -> None:
        self.kind = kind
        self._charset = charset
        self._whole = whole
        self._decoder = codecs.getincrementaldecoder(charset)(errors="replace")
        self._kept = bytearray()
        self._size = 0

    def feed(self, chunk: bytes) -> list[Item]:
        """See `Reader`."""
        self._size += len(chunk)
        self._kept += chunk[: MOST_TEXT - len(self._kept)]
        return [] if self._whole else self._items(chunk)

    def end(self) -> list[Item]:
        """See `Reader`."""
        return [] if self._whole else self._items(b"", final=True)

    @property
    def held(self) -> int:
        """See `Reader`."""
        return len(self._kept)

    def kept(self) -> dict[str, Any]:
        """See `Reader`."""
        cut = self._size > len(self._kept)
        # A character that the limit has cut in two is left out.
        text = codecs.getincrementaldecoder(self._charset)(errors="replace").decode(bytes(self._kept), final=not cut)
        return {"text": text, "cut": cut}

    def _items(self, chunk: bytes, *, final: bool = False) -> list[Item]:
        # No more is decoded than can be shown; of what is passed over, each piece begins anew.
        text = self._decoder.decode(chunk[: LONGEST_ITEM * 4], final=final)
        if len(chunk) > LONGEST_ITEM * 4:
            self._decoder.reset()
        return [("chunk", shortened(text))] if text else []


class _Octets:
    """A body of which the first bytes are kept, and whose end adds no item."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._size = 0

    def end(self) -> list[Item]:
        """See `Reader`."""
        return []

    @property
    def held(self) -> int:
        """See `Reader`."""
        return len(self._data)


class Image(_Octets):
    """A picture; one that is too large is bytes."""

    @property
    def kind(self) -> str:
        """Whether it is small enough to be shown."""
        return "image" if self._size <= LARGEST_IMAGE else "binary"

    def feed(self, chunk: bytes) -> list[Item]:
        """See `Reader`."""
        self._size += len(chunk)
        if self._size <= LARGEST_IMAGE:
            self._data += chunk
        else:
            del self._data[MOST_BYTES:]
        return []

    def kept(self) -> dict[str, Any]:
        """See `Reader`."""
        return {"data": base64.b64encode(self._data).decode(), "cut": self._size > len(self._data)}


class Bytes(_Octets):
    """What is no text, as far as its content type says; without one it is text where it is UTF-8."""

    def __init__(self, *, whole: bool, perhaps_text: bool = False) -> None:
        super().__init__()
        self._whole = whole
        self._limit = MOST_TEXT if perhaps_text else MOST_BYTES
        self._perhaps_text = perhaps_text

    @property
    def kind(self) -> str:
        """Whether it is text after all."""
        return "binary" if self._text() is None else "text"

    def feed(self, chunk: bytes) -> list[Item]:
        """See `Reader`."""
        self._size += len(chunk)
        self._data += chunk[: self._limit - len(self._data)]
        return [] if self._whole else [("bytes", f"{len(chunk):,} bytes")]

    def kept(self) -> dict[str, Any]:
        """See `Reader`."""
        cut, text = self._size > len(self._data), self._text()
        if text is not None:
            return {"text": text, "cut": cut}
        data = bytes(self._data[:MOST_BYTES])
        return {"data": base64.b64encode(data).decode(), "cut": self._size > len(data)}

    def _text(self) -> str | None:
        if not self._perhaps_text or b"\0" in self._data:
            return None
        try:
            return codecs.getincrementaldecoder("utf-8")().decode(bytes(self._data), self._size == len(self._data))
        except UnicodeDecodeError:
            return None


def shortened(text: str) -> str:
    """A text that is short enough for an item, with a sign where some of it is left out."""
    if len(text) <= LONGEST_ITEM:
        return text
    return f"{text[:LONGEST_ITEM]}… {len(text) - LONGEST_ITEM:,} more characters"


def _event_text(event: ServerSentEvent) -> str:
    data = event.data if isinstance(event.data, str) else ""
    return json.dumps(
        {
            "id": event.id and shortened(event.id),
            "event": event.event and shortened(event.event),
            "data": shortened(data),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
