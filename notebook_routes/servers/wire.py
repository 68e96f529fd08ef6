"""A response's head as it goes over the wire (RFC 9112 §4, §5).

Names and values have been checked by `Headers`; here they are only written. Tornado's own `write_headers` would take
them apart again, which costs a tenth of a small answer's time.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING

from notebook_routes.errors import reason_phrase

if TYPE_CHECKING:
    from notebook_routes.web import Response

#: Answers that have no body, and so no Content-Length (RFC 9110 §8.6).
BODILESS = frozenset({204, 304})
#: Headers that stay apart when repeated; all others are joined with commas.
_SEPARATE = frozenset({"set-cookie", "www-authenticate", "proxy-authenticate"})


def head(response: Response, *, content_length: int | None = None, connection: str | None = None) -> bytes:
    """Status line and headers, with the empty line behind them.

    Args:
        response: whose.
        content_length: the body's length, where it is known; None leaves out what the response does not say itself.
        connection: the value of Connection, if there is to be one.
    """
    raw = response.headers.raw
    names = {name for name, _ in raw}
    if "transfer-encoding" in names:
        # A body of known length is never chunked, whatever the handler says.
        raw = [pair for pair in raw if pair[0] != "transfer-encoding"]
        names.discard("transfer-encoding")
    lines = [status_line(response.status, response.status_text)]
    if len(names) == len(raw):
        lines += [f"{_title(name)}: {value}" for name, value in raw]
    else:
        lines += [f"{_title(name)}: {value}" for name, value in _joined(raw)]
    if "date" not in names:
        lines.append(_date_line(int(time.time())))
    if content_length is not None and "content-length" not in names and response.status not in BODILESS:
        lines.append(f"Content-Length: {content_length}")
    if connection is not None and "connection" not in names:
        lines.append(f"Connection: {connection}")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1")


def fields(response: Response, *, content_length: int | None = None) -> list[tuple[bytes, bytes]]:
    """The headers for a server that writes and frames the head itself; names in lower case, without Date.

    Args:
        response: whose.
        content_length: the body's length, where it is known.
    """
    section = response.headers.section()
    encoded, names = section.encoded, section.names
    if encoded is not None and response.status not in BODILESS and "transfer-encoding" not in names:
        # Nearly all answers: there is nothing to join and nothing to leave out.
        if content_length is None or "content-length" in names:
            return [*encoded]
        return [*encoded, (b"content-length", b"%d" % content_length)]
    left_out = {"transfer-encoding"}
    if response.status in BODILESS:
        # A 304 may have one, but servers take it for a promise.
        left_out.add("content-length")
    lines = [pair for pair in _joined(response.headers.raw) if pair[0] not in left_out]
    if content_length is not None and response.status not in BODILESS and "content-length" not in names:
        lines.append(("content-length", str(content_length)))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]


@lru_cache(maxsize=256)
def status_line(status: int, reason: str = "") -> str:
    """The status line, such as `HTTP/1.1 200 OK`."""
    return f"HTTP/1.1 {status} {reason or phrase(status)}"


@lru_cache(maxsize=256)
def phrase(status: int) -> str:
    """The usual reason phrase of a status code; servers have to write one."""
    return reason_phrase(status) or "Unknown"


def _joined(raw: list[tuple[str, str]]) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    places: dict[str, int] = {}
    for name, value in raw:
        if name in places and name not in _SEPARATE:
            place = places[name]
            lines[place] = (name, f"{lines[place][1]}, {value}")
        else:
            places[name] = len(lines)
            lines.append((name, value))
    return lines


@lru_cache(maxsize=1024)
def _title(name: str) -> str:
    return name.title()


@lru_cache(maxsize=2)
def _date_line(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}"
