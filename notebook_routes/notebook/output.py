"""What handlers print: kept for the request log, and passed on to the route's own cell.

`sys.stdout` is replaced by a proxy that asks one context variable whose text this is. Text of other code passes
through untouched; `contextlib.redirect_stdout` would take that too.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO

from notebook_routes.runtime import current_exchange

if TYPE_CHECKING:
    from collections.abc import Iterable


#: Whether a proxy is passing text on; others may have put their stream, and then a proxy of ours, in front of it.
_passing: ContextVar[bool] = ContextVar("notebook_routes.passing_output", default=False)


class HandlerOutput:
    """Stands in front of a text stream such as `sys.stdout`."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write `text`; inside a handler keep it too, and pass on what is within the request's limit."""
        exchange = current_exchange.get()
        if exchange is None or _passing.get():
            self.stream.write(text)
        elif passed_on := exchange.write(text):
            token = _passing.set(True)
            try:
                self.stream.write(passed_on)
            finally:
                _passing.reset(token)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of `lines`."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def install() -> None:
    """Put the proxy in place of `sys.stdout`, once."""
    if not isinstance(sys.stdout, HandlerOutput):
        sys.stdout = HandlerOutput(sys.stdout)


def uninstall() -> None:
    """Put the stream back, unless somebody else has put theirs in front."""
    if isinstance(sys.stdout, HandlerOutput):
        sys.stdout = sys.stdout.stream
