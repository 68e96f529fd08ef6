"""Lines of a text that comes in pieces; however long one is, a bounded part of it is kept."""

from __future__ import annotations

import codecs
import re

#: Characters of one line that are kept.
LONGEST_LINE = 256 * 1024
_LINE_END = re.compile("\r\n|\n|\r")


class TextLines:
    """Takes bytes, gives complete lines; they end in LF, CR or CRLF, which two pieces may share.

    Args:
        charset: one that Python knows; what is none of it is replaced.
    """

    def __init__(self, charset: str = "utf-8") -> None:
        self._decoder = codecs.getincrementaldecoder(charset)(errors="replace")
        self._rest: list[str] = []
        self._length = 0
        self._after_cr = False
        self._begun = False

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that end in this piece."""
        text = self._decoder.decode(chunk)
        if not text:
            return []
        if not self._begun:
            text, self._begun = text.removeprefix("\ufeff"), True
        if self._after_cr:
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        first, *others = _LINE_END.split(text)
        self._keep(first)
        if not others:
            return []
        *complete, last = others
        lines = [self._taken(), *(line[:LONGEST_LINE] for line in complete)]
        self._keep(last)
        return lines

    def end(self) -> str:
        """What stands behind the last line's end."""
        self._keep(self._decoder.decode(b"", final=True))
        return self._taken()

    def _keep(self, text: str) -> None:
        text = text[: LONGEST_LINE - self._length]
        if text:
            self._rest.append(text)
            self._length += len(text)

    def _taken(self) -> str:
        line = "".join(self._rest)
        self._rest, self._length = [], 0
        return line
