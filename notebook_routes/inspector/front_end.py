"""The front end's files as pages get them: without comments and indentation, which are for readers of the source.

They are plain modules and a style sheet: nothing is built, fetched or bundled.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
#: The modules of the inspector, each behind those that it imports.
MODULES = (
    "dom.js",
    "format.js",
    "link.js",
    "copy.js",
    "json.js",
    "items.js",
    "answer.js",
    "values.js",
    "body.js",
    "form.js",
    "sender.js",
    "route.js",
    "routes.js",
    "log.js",
    "kept.js",
    "inspector.js",
)
# Whole lines only: no text of ours spans several, and no comment stands behind code. Beside a bracket that opens or
# closes, behind a comma, a semicolon or an operator, the end of a line means nothing.
_COMMENTS = re.compile(r"^[ \t]*(?:/\*.*?\*/[ \t]*\n|//[^\n]*\n|\n)|^[ \t]+", re.MULTILINE | re.DOTALL)
_LINE_ENDS = re.compile(r"(?<=[(\[{,;=>?:&|])\n|\n(?=[)\]}])")
# No text of ours holds an arrow, or one of these between two blanks.
_OPERATORS = re.compile(r" (=>|[!=]==|=|&&|\|\||\?\?|[<>]=?) | (?==>)|(?<==>) ")


@cache
def file_text(name: str) -> str:
    """The text of one of the front end's files, as a page gets it."""
    text = _LINE_ENDS.sub("", _COMMENTS.sub("", (STATIC / name).read_text(encoding="utf-8"))).rstrip()
    return _OPERATORS.sub(lambda found: found[1] or "", text)
