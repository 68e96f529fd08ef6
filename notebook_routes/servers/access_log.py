r"""The access log: one line on stdout for each request that has been answered.

As text it is the combined log format that Apache and nginx write and every analyser reads, with the milliseconds that
the answer took behind it:

    127.0.0.1 - - [26/Nov/2026:12:00:00 +0000] "GET /products/1 HTTP/1.1" 200 35 "-" "curl/8.5.0" 1.3

As JSON it is an object with the same values by name. A client that left before there was an answer has the status 499,
as in nginx. What a client sends cannot end or forge a line: quotes and what is not printable are escaped.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from notebook_routes.app import LogEntry
    from notebook_routes.runtime import Exchange

ACCESS_FORMATS = ("text", "json")
_CLIENT_LEFT = 499
_log = logging.getLogger("notebook_routes.servers")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class AccessLog:
    """Writes the lines; `write` listens to a request log.

    The lines of one turn of the loop go out together, at its end. Where they cannot, since nobody reads the pipe any
    more or the disk is full, they are dropped, which is said once; the next ones are tried again.

    Args:
        form: one of `ACCESS_FORMATS`.
        stream: where to; by default stdout, and nowhere if the process has none.
    """

    def __init__(self, form: str, stream: TextIO | None = None) -> None:
        self._line = _as_json if form == "json" else _as_text
        self._stream: TextIO | None = sys.stdout if stream is None else stream
        self._lines: list[str] = []
        self._drops = False

    def write(self, entry: LogEntry, exchange: Exchange) -> None:
        """Write the line of a request that has been answered; a run that nobody waited for is none."""
        if entry.is_behind or self._stream is None:
            return
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._flush)
        self._lines.append(self._line(entry, exchange))

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        assert self._stream is not None
        try:
            self._stream.write("".join(lines))
            self._stream.flush()
        except OSError as error:
            if not self._drops:
                _log.error("the access log cannot be written: %s; its lines are dropped until it can", error.strerror)
            self._drops = True
        else:
            self._drops = False


def _as_text(entry: LogEntry, exchange: Exchange) -> str:
    request = exchange.arrived
    address, version, _ = request.peer or ("-", "1.1", 0)
    headers = request.headers
    return (
        f"{address} - - [{_clf_time(int(entry.started))}] "
        f'"{_printable(entry.method)} {_printable(entry.target)} HTTP/{version}" {entry.status or _CLIENT_LEFT} '
        f'{entry.size} "{_printable(headers.get("referer", "-"))}" "{_printable(headers.get("user-agent", "-"))}" '
        f"{entry.seconds * 1000:.1f}\n"
    )


def _as_json(entry: LogEntry, exchange: Exchange) -> str:
    request = exchange.arrived
    address, version, _ = request.peer or (None, "1.1", 0)
    line = {
        "time": datetime.fromtimestamp(entry.started, UTC).isoformat(timespec="milliseconds"),
        "client": address,
        "method": entry.method,
        "target": entry.target,
        "protocol": f"HTTP/{version}",
        "route": entry.route,
        "status": entry.status or _CLIENT_LEFT,
        "size": entry.size,
        "milliseconds": round(entry.seconds * 1000, 1),
        "referer": request.headers.get("referer"),
        "user_agent": request.headers.get("user-agent"),
    }
    return f"{json.dumps(line, separators=(',', ':'))}\n"


@lru_cache(maxsize=2)
def _clf_time(second: int) -> str:
    """The time as logs have it; not by `strftime`, whose months speak the machine's language."""
    moment = datetime.fromtimestamp(second, UTC)
    return f"{moment:%d}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(
        each if each.isascii() and each.isprintable() and each not in '"\\' else f"\\x{byte:02x}"
        for each in text
        for byte in ([ord(each)] if each.isascii() else each.encode())
    )
