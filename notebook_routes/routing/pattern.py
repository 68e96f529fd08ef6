"""The path of a route, read once.

`/(shop)/products/[id]` is the text; `products` and `[id]` are its segments, because a `(group)` and a `@slot`
are no part of the URL. Two patterns are *at one place* when they answer the same URLs: their `shape` is
equal, whatever their parameters and groups are called.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from notebook_routes.errors import InvalidPattern
from notebook_routes.routing.segment import (
    CatchAll,
    Dynamic,
    OptionalCatchAll,
    ParamSegment,
    Segment,
    Static,
    decode_segment,
    is_invisible,
    parse_segment,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# RFC 3986 §3.3: what a segment may hold unencoded, beside letters, digits and "-._~".
_SEGMENT_SAFE = "!$&'()*+,;=:@"
_OURS = "_routes"


@dataclass(frozen=True, slots=True)
class RoutePattern:
    """Where a route answers, as `/products/[id]` writes it; made by `RoutePattern.parse`.

    Attributes:
        text: as it was written, groups and all.
        path: the same without groups and slots, "/products/[id]".
        segments: what the path is made of, groups and slots removed.
        names: the parameters, from the left.
        identifier_names: those that a Python function can take as arguments; the others are in `params` only.
        params: which segment each name stands for.
        shape: a hashable key, equal for patterns at one place.
    """

    text: str
    path: str = field(compare=False)
    segments: tuple[Segment, ...]
    names: tuple[str, ...] = field(compare=False)
    identifier_names: tuple[str, ...] = field(compare=False)
    params: Mapping[str, ParamSegment] = field(compare=False)
    shape: tuple[str | int, ...] = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> RoutePattern:
        """Read a route's path.

        Raises:
            InvalidPattern: it cannot be a route; the message has the fix.
        """
        words = _split(text)
        segments = tuple(parse_segment(word, path=text) for word in words)
        dynamic = [segment for segment in segments if not isinstance(segment, Static)]
        _check_order(segments, text)
        _check_names([segment.name for segment in dynamic], text)
        names = tuple(segment.name for segment in dynamic)
        return cls(
            text=text,
            path="/" + "/".join(words),
            segments=segments,
            names=names,
            identifier_names=tuple(name for name in names if is_parameter_name(name)),
            params={segment.name: segment for segment in dynamic},
            shape=tuple(_shape(segment) for segment in segments),
        )

    @property
    def is_static(self) -> bool:
        """Whether there is exactly one URL path that it answers."""
        return not self.names

    def build(self, /, **params: object) -> str:
        """Make a path that this pattern answers, percent-encoded: `build(id="a b")` is "/products/a%20b".

        Args:
            params: one value per name, as `str()` writes it; a list for a catch-all. An optional catch-all
            may
                be left out. Names that are no identifiers are given as `**{"product-id": 1}`.

        Raises:
            TypeError: a name is missing or unknown, or a catch-all is not given a list.
            ValueError: no URL can hold the value: it is empty, "." or "..".
        """
        unknown = [name for name in params if name not in self.params]
        if unknown:
            known = ", ".join(self.names) or "none"
            raise TypeError(f'{self.text} has no parameter "{unknown[0]}"; it has: {known}')
        words: list[str] = []
        for segment in self.segments:
            if isinstance(segment, Static):
                words.append(_quote(segment.value))
            else:
                words.extend(_quote(value) for value in self._values(segment, params))
        return "/" + "/".join(words)

    def __str__(self) -> str:
        return self.text

    def _values(self, segment: ParamSegment, params: Mapping[str, object]) -> list[str]:
        given = params.get(segment.name)
        if given is None and isinstance(segment, OptionalCatchAll):
            return []
        if given is None:
            raise TypeError(f'{self.text} needs a value for "{segment.name}"')
        if isinstance(segment, Dynamic):
            values = [str(given)]
        elif isinstance(given, list | tuple):
            values = [str(item) for item in given]
        else:
            raise TypeError(f'{self.text} needs a list for "{segment.name}", not {given!r}')
        if not values and isinstance(segment, CatchAll):
            raise ValueError(f'{self.text} needs at least one value for "{segment.name}"')
        for value in values:
            # A URL parser takes the last two, encoded or not, for steps in the tree (WHATWG URL §4.4).
            if value in {"", ".", ".."}:
                raise ValueError(f'{self.text} cannot hold {value!r} for "{segment.name}": no URL has such a segment')
        return values


def is_parameter_name(name: str) -> bool:
    """Say whether a Python function can have a parameter of this name."""
    return name.isidentifier() and not keyword.iskeyword(name) and name != "__debug__"


def _split(text: str) -> list[str]:
    if not text.startswith("/"):
        raise InvalidPattern(f'"{text}" is no path: a path starts with "/", write "/{text}"')
    for char in "?#":
        if char in text:
            raise InvalidPattern(
                f'"{text}" holds a "{char}": a route is a path alone, write "{text[: text.index(char)]}"'
            )
    if not text.isascii() and not _is_utf8(text):
        raise InvalidPattern(f"{text!a} holds half a character, which no URL can: write it again")
    if text == "/":
        return []
    if text.endswith("/"):
        raise InvalidPattern(f'"{text}" ends with a slash: write "{text.rstrip("/") or "/"}"')
    words = [word for word in text[1:].split("/") if not is_invisible(word)]
    if words and decode_segment(words[0]) == _OURS:
        raise InvalidPattern(f'"{text}" is under /{_OURS}, where notebook_routes answers: choose another first segment')
    return words


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_order(segments: tuple[Segment, ...], text: str) -> None:
    for segment in segments[:-1]:
        if isinstance(segment, CatchAll | OptionalCatchAll):
            raise InvalidPattern(f'"{segment}" in "{text}" takes all that follows: write it last, or [{segment.name}]')


def _check_names(names: list[str], text: str) -> None:
    for position, name in enumerate(names):
        if name in names[:position]:
            raise InvalidPattern(f'"{text}" has two parameters "{name}": give one of them another name')


def _shape(segment: Segment) -> str | int:
    # Numbers, because every text may be a static segment.
    if isinstance(segment, Static):
        return segment.value
    return (Dynamic, CatchAll, OptionalCatchAll).index(type(segment))


def _quote(value: str) -> str:
    return quote(value, safe=_SEGMENT_SAFE)
