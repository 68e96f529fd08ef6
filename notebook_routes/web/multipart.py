"""multipart/form-data, in and out (RFC 7578, with the escapes of the HTML standard).

Reading leaves the work to python-multipart's streaming parser; what is here turns its events into fields. How many
there may be, and how long their headers, is limited; the size of a body is the server's to limit. Whatever a client
sends, the time is linear in it, and the memory a small multiple.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING

from notebook_routes.errors import BodyTooLarge, InvalidBody
from notebook_routes.web.blob import File
from notebook_routes.web.scalar_text import utf8

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

# HTML, "multipart/form-data encoding algorithm": only these three are escaped in names.
_ESCAPES = {'"': "%22", "\r": "%0D", "\n": "%0A"}
_ESCAPED = re.compile("%22|%0D|%0A", re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([!#$%&\'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:(")|([^\s;"]+))')
# A quoted value ends at the quote before ";" or the end: browsers escape quotes as %22, curl as \", and a
# name may end in a backslash.
_QUOTE_ENDS = re.compile(r'"(?=\s*(?:;|$))')

#: Files of one form, and other fields: as many as other frameworks take by default.
MAX_FIELDS = 1000
#: Bytes of one part's headers.
MAX_PART_HEADERS = 8 * 1024
_NO_LIMIT = 1 << 62

# python-multipart warns of every malformed body; the error says the same, and kernels show stderr to users.
_quiet = logging.getLogger("notebook_routes.web.multipart")
_quiet.setLevel(logging.CRITICAL + 1)


def encode_multipart(fields: Iterable[tuple[str, str | File]], *, boundary: str | None = None) -> tuple[bytes, str]:
    """Writes fields as multipart/form-data.

    Args:
        fields: (name, value) pairs; the bytes of values are kept as they are.
        boundary: what separates the fields; fresh and unguessable if not given.

    Returns:
        The body and its content type.
    """
    boundary = boundary or f"----notebook-routes-{secrets.token_hex(16)}"
    dash = f"--{boundary}\r\n".encode()
    pieces: list[bytes] = []
    for name, value in fields:
        head = f'Content-Disposition: form-data; name="{_escaped(name)}"'
        if isinstance(value, File):
            kind = value.type or "application/octet-stream"
            head += f'; filename="{_escaped(value.name)}"\r\nContent-Type: {kind}'
            content = value.content
        else:
            content = utf8(value)
        pieces += (dash, utf8(head), b"\r\n\r\n", content, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"


async def decode_multipart(chunks: AsyncIterable[bytes], content_type: str) -> list[tuple[str, str | File]]:
    """Reads multipart/form-data piece by piece.

    Raises:
        InvalidBody: there is no boundary, a part has no name, or the body is cut off or malformed.
        BodyTooLarge: there are more than `MAX_FIELDS` files or other fields, or a part's headers are over
            `MAX_PART_HEADERS`.
    """
    from python_multipart.exceptions import FormParserError  # noqa: PLC0415 - only requests with files need it
    from python_multipart.multipart import MultipartParser  # noqa: PLC0415 - as above

    boundary = parameters(content_type).get("boundary")
    if not boundary:
        raise InvalidBody("The body is not a form: its Content-Type has no boundary")
    parts = _Parts()
    try:
        parser = MultipartParser(
            boundary.encode("latin-1", "replace"),
            {
                "on_part_begin": parts.begin,
                "on_header_field": parts.header_name,
                "on_header_value": parts.header_value,
                "on_header_end": parts.header_end,
                "on_part_data": parts.data,
                "on_part_end": parts.end,
                "on_end": parts.finish,
            },
            # Ours are counted in `_Parts`, where they are a 413.
            max_header_count=_NO_LIMIT,
            max_header_size=_NO_LIMIT,
        )
        parser.logger = _quiet
        async for chunk in chunks:
            parser.write(chunk)
    except FormParserError as problem:
        raise InvalidBody(f"The body is not a form: {str(problem).rstrip('.')}") from problem
    if not parts.finished:
        raise InvalidBody(f"The body is not a form: it ends before the closing boundary --{boundary}--")
    return parts.fields


def too_many_fields(what: str = "fields") -> BodyTooLarge:
    """What refuses a form of too many fields, or files."""
    return BodyTooLarge(MAX_FIELDS, f"The form has more than {MAX_FIELDS:,} {what}: send a list as JSON")


def parameters(value: str) -> dict[str, str]:
    """The parameters of a header value such as `form-data; name="x"`, by lower-case name (RFC 9110 §5.6)."""
    found: dict[str, str] = {}
    at, closed = 0, True
    while (match := _PARAMETER.search(value, at)) is not None:
        name, quote, text = match.groups()
        at = match.end()
        if quote:
            # Where one quote has no end, no later one has: to look for it each time would be quadratic.
            end = _QUOTE_ENDS.search(value, at) if closed else None
            closed = end is not None
            if end is None:
                continue
            text = value[at : end.start()].replace('\\"', '"')
            at = end.end()
        found.setdefault(name.lower(), text)
    return found


class _Parts:
    """Gathers the events of the parser into fields."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str | File]] = []
        self.finished = False
        self._files = 0
        self._headers: dict[str, str] = {}
        self._room = MAX_PART_HEADERS
        self._name = bytearray()
        self._value = bytearray()
        # One buffer: what looks like a boundary comes in pieces of a byte or two, and a list of those takes far more.
        self._data = bytearray()

    def begin(self) -> None:
        self._headers = {}
        self._room = MAX_PART_HEADERS
        self._data = bytearray()

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._take(end - start)
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._take(end - start)
        self._value += data[start:end]

    def _take(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise BodyTooLarge(
                MAX_PART_HEADERS, f"The headers of a part of the form are larger than {MAX_PART_HEADERS:,} bytes"
            )

    def header_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        self._headers[name] = self._value.decode("utf-8", "replace").strip()
        self._name.clear()
        self._value.clear()

    def data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def end(self) -> None:
        disposition = self._headers.get("content-disposition", "")
        named = parameters(disposition)
        if not disposition.lower().startswith("form-data") or "name" not in named:
            raise InvalidBody("The body is not a form: a part has no Content-Disposition with a name")
        content = bytes(self._data)
        name = _unescaped(named["name"])
        if "filename" in named:
            self._files += 1
            kind = self._headers.get("content-type", "text/plain")
            self.fields.append((name, File([content], _unescaped(named["filename"]), type=kind)))
        else:
            self.fields.append((name, content.decode("utf-8", "replace")))
        if max(self._files, len(self.fields) - self._files) > MAX_FIELDS:
            raise too_many_fields("files" if self._files > MAX_FIELDS else "fields")

    def finish(self) -> None:
        self.finished = True


def _escaped(name: str) -> str:
    for character, escape in _ESCAPES.items():
        name = name.replace(character, escape)
    return name


def _unescaped(name: str) -> str:
    if "%" not in name:
        return name
    return _ESCAPED.sub(lambda match: chr(int(match[0][1:], 16)), name)
