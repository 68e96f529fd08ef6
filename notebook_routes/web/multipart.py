"""multipart/form-data, in and out (RFC 7578, with the escapes of the HTML standard).

Reading leaves the work to python-multipart's streaming parser; what is here turns its events into fields.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING

from notebook_routes.errors import InvalidBody
from notebook_routes.web.blob import File

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

# HTML, "multipart/form-data encoding algorithm": only these three are escaped in names.
_ESCAPES = {'"': "%22", "\r": "%0D", "\n": "%0A"}
_ESCAPED = re.compile("%22|%0D|%0A", re.IGNORECASE)
# A quoted value ends at the quote before ";" or the end: browsers escape quotes as %22, curl as \", and a
# name may end in a backslash.
_PARAMETER = re.compile(r';\s*([!#$%&\'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"(.*?)"(?=\s*(?:;|$))|([^\s;"]+))', re.DOTALL)

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
            content = value.encode("utf-8", "surrogatepass")
        pieces += (dash, head.encode(), b"\r\n\r\n", content, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"


async def decode_multipart(chunks: AsyncIterable[bytes], content_type: str) -> list[tuple[str, str | File]]:
    """Reads multipart/form-data piece by piece.

    Raises:
        InvalidBody: there is no boundary, a part has no name, or the body is cut off or malformed.
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
        )
        parser.logger = _quiet
        async for chunk in chunks:
            parser.write(chunk)
    except FormParserError as problem:
        raise InvalidBody(f"The body is not a form: {str(problem).rstrip('.')}") from problem
    if not parts.finished:
        raise InvalidBody(f"The body is not a form: it ends before the closing boundary --{boundary}--")
    return parts.fields


def parameters(value: str) -> dict[str, str]:
    """The parameters of a header value such as `form-data; name="x"`, by lower-case name (RFC 9110 §5.6)."""
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(value):
        found.setdefault(name.lower(), bare or quoted.replace('\\"', '"'))
    return found


class _Parts:
    """Gathers the events of the parser into fields."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str | File]] = []
        self.finished = False
        self._headers: dict[str, str] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._data: list[bytes] = []

    def begin(self) -> None:
        self._headers = {}
        self._data = []

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        name = self._name.decode("latin-1").lower()
        self._headers[name] = self._value.decode("utf-8", "replace").strip()
        self._name.clear()
        self._value.clear()

    def data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def end(self) -> None:
        disposition = self._headers.get("content-disposition", "")
        named = parameters(disposition)
        if not disposition.lower().startswith("form-data") or "name" not in named:
            raise InvalidBody("The body is not a form: a part has no Content-Disposition with a name")
        content = b"".join(self._data)
        name = _unescaped(named["name"])
        if "filename" in named:
            kind = self._headers.get("content-type", "text/plain")
            self.fields.append((name, File([content], _unescaped(named["filename"]), type=kind)))
        else:
            self.fields.append((name, content.decode("utf-8", "replace")))

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
