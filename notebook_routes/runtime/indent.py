"""Moving a body into a function by its text.

Indenting every line would change strings that span lines, and unparsing the syntax tree would lose comments.
So the tokens say which lines begin inside a string, and those stay where they are.
"""

from __future__ import annotations

import re
import tokenize
from io import StringIO

WIDTH = 4

_OPENING = frozenset(getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name))
_CLOSING = frozenset(getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name))
# A form feed makes Python count the indentation anew.
_AFTER_FORM_FEED = re.compile(r"[ \t\f]*\f|")


def lines_inside_strings(text: str) -> frozenset[int]:
    """The lines of a parseable text, counted from 1, that begin inside a string."""
    inside: set[int] = set()
    begun: list[int] = []
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type == tokenize.STRING:
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
        elif token.type in _OPENING:
            # From Python 3.12 an f-string is many tokens, and may hold further ones.
            begun.append(token.start[0])
        elif token.type in _CLOSING:
            inside.update(range(begun.pop() + 1, token.end[0] + 1))
    return frozenset(inside)


def indent_line(line: str) -> tuple[str, int]:
    """One line as it stands inside a function, and how many columns came in front; a blank one stays."""
    if not line.strip():
        return line, 0
    feed = _AFTER_FORM_FEED.match(line)
    start = feed.end() if feed else 0
    return line[:start] + " " * WIDTH + line[start:], WIDTH
