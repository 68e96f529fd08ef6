"""One part of a path between two slashes, as a route writes it.

    products        Static("products")         this text, compared with the decoded path
    [id]            Dynamic("id")              any one segment
    [...slug]       CatchAll("slug")           one segment or more, as a list
    [[...slug]]     OptionalCatchAll("slug")   as before, or none at all

A parameter is a whole segment: `pre-[id]` is text. `(group)` and `@slot` organise files and are no part of
the URL, see `is_invisible`. Text may be percent-encoded, which is also how the characters that mean something
here are spelled: `%5Fadmin` is the segment "_admin", `%40me` is "@me".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from notebook_routes.errors import InvalidPattern

#: Names that a handler is given anyway; no segment and no parameter may take them.
RESERVED_NAMES = frozenset({"request", "context", "params", "query", "body"})


@dataclass(frozen=True, slots=True)
class Static:
    """Text that the path must hold, in decoded form."""

    value: str

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Dynamic:
    """Any one segment, given to the handler under a name."""

    name: str

    def __str__(self) -> str:
        return f"[{self.name}]"


@dataclass(frozen=True, slots=True)
class CatchAll:
    """One segment or more to the end of the path, given as a list."""

    name: str

    def __str__(self) -> str:
        return f"[...{self.name}]"


@dataclass(frozen=True, slots=True)
class OptionalCatchAll:
    """Whatever is left of the path, given as a list, or nothing at all: then the name is absent."""

    name: str

    def __str__(self) -> str:
        return f"[[...{self.name}]]"


ParamSegment: TypeAlias = Dynamic | CatchAll | OptionalCatchAll
Segment: TypeAlias = Static | ParamSegment

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# One table for the bracket forms: the longest first, because each is also the shape of the next.
_BRACKETS: tuple[tuple[str, str, type[ParamSegment]], ...] = (
    ("[[...", "]]", OptionalCatchAll),
    ("[...", "]", CatchAll),
    ("[", "]", Dynamic),
)
# What other routers write; beside the name there may be a converter.
_FOREIGN = re.compile(r"\{(?P<braces>[^{}]*)\}|<(?P<angles>[^<>]*)>|^:(?P<colon>.*)$|^\*{1,2}(?P<star>.*)$")
# Anything a person would call a name, `[product-id]` too, without what means something in a path or line.
_NAME = re.compile(r"[^\s\[\]{}<>()/\\?#%:;=*,\"'`|]+")


def parse_segment(text: str, *, path: str = "") -> Segment:
    """Read one segment of a route's path.

    Args:
        text: what stands between two slashes.
        path: the whole path, for the message.

    Raises:
        InvalidPattern: it is empty, private (`_x`), unbalanced, or written in another router's way.
    """
    place = f' in "{path}"' if path else ""
    if not text:
        raise InvalidPattern(f"There is an empty segment{place}: write one slash between two segments")
    _refuse_foreign(text, place)
    if not _balanced(text):
        raise InvalidPattern(f'"{text}"{place} has unbalanced brackets: write [name], [...name] or [[...name]]')
    for opening, closing, kind in _BRACKETS:
        if text.startswith(opening) and text.endswith(closing) and len(text) >= len(opening) + len(closing):
            return kind(_name(text, text[len(opening) : -len(closing)], place))
    return Static(_static(text, place))


def is_invisible(text: str) -> bool:
    """Say whether a segment is a `(group)` or a `@slot`: it sorts files and is no part of the URL."""
    return (len(text) > 2 and text[0] == "(" and text[-1] == ")") or (len(text) > 1 and text[0] == "@")


def decode_segment(text: str) -> str | None:
    """Decode one percent-encoded segment, once, as strict UTF-8 (RFC 3986 §2.1); None where it is no such."""
    if "%" not in text:
        return text
    if _BAD_PERCENT.search(text):
        return None
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        return None


def _refuse_foreign(text: str, place: str) -> None:
    found = _FOREIGN.search(text)
    if found is None:
        return
    words: list[str] = re.findall(r"\w+", found[found.lastgroup or 0])
    rest = found.lastgroup == "star" or (len(words) > 1 and "path" in words)
    # Flask writes <converter:name>, Starlette {name:converter}.
    name = (words[-1] if found.lastgroup == "angles" else words[0]) if words else ("slug" if rest else "id")
    fix = f"[...{name}]" if rest else f"[{name}]"
    whole = "" if found[0] == text else " as a segment of its own"
    typed = f", with its type behind the path ({name}:int)" if len(words) > 1 and not rest else ""
    raise InvalidPattern(f'"{text}"{place} is not how a parameter is written here: write {fix}{whole}{typed}')


def _name(text: str, name: str, place: str) -> str:
    if name.startswith("[") and name.endswith("]"):
        inner = name.strip("[].") or "id"
        raise InvalidPattern(f'"{text}"{place} has too many brackets: write [{inner}], or [[...{inner}]] for a rest')
    if name.startswith((".", "…")):
        inner = name.strip(".…") or "slug"
        raise InvalidPattern(f'"{text}"{place} needs exactly three dots: write [...{inner}]')
    if not name:
        raise InvalidPattern(f'"{text}"{place} has no name: write {text.replace("]", "id]", 1)}')
    if ":" in name or "=" in name:
        inner = re.split("[:=]", name)[0] or "id"
        raise InvalidPattern(f'"{text}"{place} is more than a name: write [{inner}], and {inner}:int behind the path')
    if not _NAME.fullmatch(name) or not _is_visible(name):
        raise InvalidPattern(f'"{text}"{place} is no name for a parameter: use letters, digits, "_" and "-"')
    if name in RESERVED_NAMES:
        raise InvalidPattern(f'"{text}"{place} takes a name that handlers are given anyway: write [{name}_id], say')
    return name


def _static(text: str, place: str) -> str:
    if text.startswith("_"):
        raise InvalidPattern(
            f'"{text}"{place} is private, as all that starts with "_": write %5F{text[1:]} to serve it'
        )
    if text in {"()", "@"}:
        raise InvalidPattern(f'"{text}"{place} has no name: write (name) for a group, @name for a slot')
    value = decode_segment(text)
    if value is None:
        raise InvalidPattern(f'"{text}"{place} is not percent-encoded UTF-8: write %25 for a percent sign')
    if "\\" in value or value in {".", ".."}:
        raise InvalidPattern(f'"{text}"{place} can never be requested: a URL has no "\\", "." or ".." segments')
    if not _is_visible(value):
        raise InvalidPattern(f'"{text}"{place} holds a control character: leave it out')
    return value


def _is_visible(text: str) -> bool:
    # Control characters and line ends; not "Cf", which joins emoji and shapes scripts.
    return all(unicodedata.category(char) not in {"Cc", "Zl", "Zp"} for char in text)


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if depth < 0:
            return False
    return depth == 0
