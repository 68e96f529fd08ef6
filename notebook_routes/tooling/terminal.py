"""The requests of `dev` in the terminal: one line each, and under it what the handler printed and how it failed."""

from __future__ import annotations

import textwrap
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.text import Text

from notebook_routes.runtime import current_exchange

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from notebook_routes.app import LogEntry
    from notebook_routes.runtime import Exchange

#: Seconds that a print waits for its request to end.
_HOLD = 0.25


class HandlerPrints:
    """Stands in front of `sys.stdout`, and keeps what handlers print for the line of their request.

    It does not keep it long: what a handler prints that takes its time, or streams, or waits in a debugger, is shown at
    once or soon. Text of other code passes through.
    """

    def __init__(self, stream: TextIO, loop: asyncio.AbstractEventLoop) -> None:
        self.stream = stream
        self._loop = loop
        self._lock = threading.Lock()
        self._held: dict[Exchange, list[str]] = {}

    def write(self, text: str) -> int:
        """Write `text`, or keep it."""
        exchange = current_exchange.get()
        if exchange is None or self._loop.is_closed():
            self.stream.write(text)
            return len(text)
        # The request log has it too, for the page.
        exchange.write(text)
        with self._lock:
            is_first = exchange not in self._held
            self._held.setdefault(exchange, []).append(text)
        if is_first:
            self._loop.call_soon_threadsafe(self._loop.call_later, _HOLD, self._release, exchange)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of `lines`."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Show at once what was written: a debugger asks for that."""
        exchange = current_exchange.get()
        if exchange is not None:
            self._release(exchange)
        self.stream.flush()

    def take(self, exchange: Exchange) -> str:
        """What is kept of a request, which is to be shown by who has it now."""
        with self._lock:
            return "".join(self._held.pop(exchange, ()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def _release(self, exchange: Exchange) -> None:
        text = self.take(exchange)
        if text:
            self.stream.write(showable(text, self.stream))
            self.stream.flush()


class RequestLines:
    """Writes the lines; `show` listens to a request log."""

    def __init__(self, stream: TextIO, prints: HandlerPrints) -> None:
        self._stream = stream
        self._prints = prints
        # It colours in a terminal only.
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)

    def show(self, entry: LogEntry, exchange: Exchange) -> None:
        """Write a request that has been answered."""
        status = str(entry.status) if entry.status else "left"
        style = "green" if 200 <= entry.status < 400 else "red" if entry.status >= 500 else "yellow"
        target = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in entry.target)
        line = Text(f"{entry.method} {target} ")
        line.append(status, style)
        line.append(f" {entry.seconds * 1000:.1f} ms", "dim")
        for text in (self._prints.take(exchange), entry.error):
            if text:
                line.append(f"\n{textwrap.indent(text.rstrip(), '  ')}")
        line.plain = showable(line.plain, self._stream)
        with self._console.capture() as printed:
            self._console.print(line)
        # Where nobody reads it any more, as behind `| head`, the request is answered all the same.
        with suppress(OSError):
            self._stream.write(printed.get())
            self._stream.flush()


def showable(text: str, stream: TextIO) -> str:
    """The text as the stream can write it: what a terminal cannot show must break nothing."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
