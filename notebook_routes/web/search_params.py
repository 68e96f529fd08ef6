"""`URLSearchParams`: the query of a URL, or a form sent as one.

Parser and serialiser are those of application/x-www-form-urlencoded (WHATWG URL §5): nothing is ever an
error.
"""

# ruff: noqa: SLF001 - the constructor reads instances of its own class

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote_plus, unquote

from notebook_routes.web.pairs import Pairs, given_pairs

#: What becomes a value as it is written in a URL: True is "true".
Scalar: TypeAlias = str | int | float | bool
SearchParamsInit: TypeAlias = (
    "str | URLSearchParams | Mapping[str, Scalar | Iterable[Scalar]] | Iterable[tuple[str, Scalar]]"
)

_SURROGATES = re.compile("[\ud800-\udfff]")


class URLSearchParams(Pairs[str]):
    """Names and values in order, names may repeat; iterates as (name, value) pairs.

    Args:
        init: a query with or without "?", a mapping (a list as value gives the name several times), or pairs.

    Raises:
        TypeError: a name is no str, or a value is no str, number or bool.

    Example:
        >>> params = URLSearchParams("tag=a&tag=b&page=2")
        >>> params.get("page"), params.get_all("tag")
        ('2', ['a', 'b'])
    """

    __slots__ = ("_changed",)

    def __init__(self, init: SearchParamsInit | None = None) -> None:
        self._changed: Callable[[], None] | None = None
        if init is None:
            self._pairs = []
        elif isinstance(init, str):
            self._pairs = _parsed(init.removeprefix("?"))
        elif isinstance(init, URLSearchParams):
            self._pairs = init._pairs.copy()
        elif isinstance(init, Mapping):
            self._pairs = [
                (_name(name), _text(name, value)) for name, given in init.items() for value in _several(given)
            ]
        else:
            pairs = given_pairs(init, "URLSearchParams")
            self._pairs = [(_name(name), _text(name, value)) for name, value in pairs]

    @classmethod
    def of_url(cls, query: str, changed: Callable[[], None]) -> URLSearchParams:
        """The params of a URL, which hears of every change; for `URL.search_params`."""
        params = cls(query)
        params._changed = changed
        return params

    @property
    def size(self) -> int:
        """The number of pairs."""
        return len(self._pairs)

    def has(self, name: str, value: str | None = None) -> bool:
        """Whether there is a pair of this name, and of this value if one is given."""
        return any(other == name and value in (None, found) for other, found in self._pairs)

    def append(self, name: str, value: Scalar) -> None:
        """Adds a pair at the end."""
        self._pairs.append((_name(name), _text(name, value)))
        self._tell()

    def set(self, name: str, value: Scalar) -> None:
        """Replaces every pair of this name by one, in the place of the first."""
        self._put((_name(name), _text(name, value)))
        self._tell()

    def delete(self, name: str, value: str | None = None) -> None:
        """Removes every pair of this name, or only those of this value."""
        self._pairs = [pair for pair in self._pairs if pair[0] != name or (value is not None and pair[1] != value)]
        self._tell()

    def sort(self) -> None:
        """Sorts by name (UTF-16 code units, as everywhere on the web); pairs of one name keep their order."""
        self._pairs.sort(key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
        self._tell()

    def __str__(self) -> str:
        return "&".join([f"{_written(name)}={_written(value)}" for name, value in self._pairs])

    def __repr__(self) -> str:
        return f"URLSearchParams({str(self)!r})"

    def _tell(self) -> None:
        if self._changed is not None:
            self._changed()

    def _replace(self, query: str) -> None:
        """Takes over the query of a URL that was assigned to; tells nobody."""
        self._pairs = _parsed(query)


def _parsed(query: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((_decoded(name), _decoded(value)))
    return pairs


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    if "%" in text:
        text = unquote(text, errors="replace")
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def _written(text: str) -> str:
    # quote_plus leaves "~" alone; this encoding does not (WHATWG URL §1.3, the percent-encode sets).
    return quote_plus(text, safe="*").replace("~", "%7E")


def _several(value: object) -> Iterable[object]:
    return value if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else (value,)


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the name of a search parameter is a str, not {type(name).__name__}")
    return name if name.isascii() else _SURROGATES.sub("\ufffd", name)


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATES.sub("\ufffd", value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise TypeError(f"search parameter {name!r} takes a str, a number or a bool, not {type(value).__name__}")
