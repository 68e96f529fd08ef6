"""`Headers`: the header fields of a request or a response, as in the Fetch standard.

Fields are kept as a list of (lower-case name, value) in the order they were added. Reading joins fields of
one name by ", " (RFC 9110 §5.3); `raw` is what an adapter writes.
"""

# ruff: noqa: SLF001 - the class methods and views here belong to Headers

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar, overload

from notebook_routes.web.header_section import header_section
from notebook_routes.web.pairs import given_pairs

if TYPE_CHECKING:
    from notebook_routes.types import HeadersInit
    from notebook_routes.web.header_section import HeaderSection

T = TypeVar("T")

# RFC 9110 §5.6.2: token = 1*tchar
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})
# Request fields whose grammar has no list: of several, the first counts, as servers of the field do it.
_FIRST_COUNTS = frozenset(
    {
        "authorization", "content-type", "from", "host", "if-modified-since", "if-unmodified-since", "max-forwards",
        "proxy-authorization", "referer", "user-agent",
    }
)  # fmt: skip


class Headers(MutableMapping[str, str]):
    """A case-insensitive multimap of header fields; a mapping whose values are strings.

    Iteration, `keys`, `values` and `items` are sorted by name and joined, with one entry for each Set-Cookie,
    as in the Fetch standard. Everything of a mutable mapping works too (`update`, `pop`, `setdefault`,
    `dict(headers)`).

    Args:
        init: other headers, a mapping, or (name, value) pairs.

    Raises:
        ValueError: a name is not a token, or a value has line breaks, NUL or characters beyond Latin-1.
        TypeError: a name or a value is not a string.

    Example:
        >>> headers = Headers({"Accept": "text/html"})
        >>> headers.append("accept", "text/plain")
        >>> headers.get("ACCEPT")
        'text/html, text/plain'
    """

    __slots__ = ("_pairs", "_section")

    _pairs: list[tuple[str, str]]
    _section: HeaderSection | None

    def __init__(self, init: Headers | HeadersInit | None = None) -> None:
        self._section = None
        if init is None:
            self._pairs = []
        elif isinstance(init, Headers):
            self._pairs = init._pairs.copy()
        else:
            self._pairs = _pairs_of(init)

    @classmethod
    def from_pairs(cls, pairs: list[tuple[str, str]]) -> Self:
        """Wraps valid fields with names in lower case; for adapters, nothing is checked.

        The list is kept, not copied.
        """
        headers = cls.__new__(cls)
        headers._pairs = pairs
        headers._section = None
        return headers

    @classmethod
    def of_section(cls, section: HeaderSection) -> Self:
        """Has the fields of a section; for adapters."""
        headers = cls.__new__(cls)
        headers._pairs = [*section.fields]
        headers._section = section
        return headers

    @overload
    def get(self, name: str, default: None = None) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    @overload
    def get(self, name: str, default: T) -> str | T: ...
    def get(self, name: str, default: object = None) -> object:
        """Returns the value of a field, several joined by ", "; `default` where there is none."""
        name = name.lower()
        found: str | None = None
        for other, value in self._pairs:
            if other == name:
                if found is not None:
                    return _joined(name, [value for other, value in self._pairs if other == name])
                found = value
        return default if found is None else found

    def set(self, name: str, value: str) -> None:
        """Replaces every field of this name by one."""
        self._section = None
        name = _valid_name(name)
        value = _valid_value(name, value)
        pairs = self._pairs
        for index, (other, _) in enumerate(pairs):
            if other == name:
                rest = [pair for pair in pairs[index + 1 :] if pair[0] != name]
                pairs[index:] = [(name, value), *rest]
                return
        pairs.append((name, value))

    def append(self, name: str, value: str) -> None:
        """Adds a field beside those of the same name."""
        self._section = None
        name = _valid_name(name)
        self._pairs.append((name, _valid_value(name, value)))

    def delete(self, name: str) -> None:
        """Removes every field of this name; nothing happens where there is none."""
        self._section = None
        name = name.lower()
        self._pairs[:] = [pair for pair in self._pairs if pair[0] != name]

    def has(self, name: str) -> bool:
        """Whether there is a field of this name."""
        name = name.lower()
        for other, _ in self._pairs:  # noqa: SIM110 - any() costs three times as much, and this is asked often
            if other == name:
                return True
        return False

    def section(self) -> HeaderSection:
        """All fields at once, as they are now; for adapters."""
        section = self._section
        if section is None:
            self._section = section = header_section(tuple(self._pairs))
        return section

    def get_set_cookie(self) -> list[str]:
        """The values of all Set-Cookie fields, one each: they cannot be joined (RFC 9110 §5.3)."""
        return [value for name, value in self._pairs if name == "set-cookie"]

    @property
    def raw(self) -> list[tuple[str, str]]:
        """The fields in the order they were added, one entry a line; what an adapter writes. A copy."""
        return self._pairs.copy()

    def copy(self) -> Headers:
        """A copy that may be changed, of frozen headers too."""
        return Headers.from_pairs(self._pairs.copy())

    def frozen(self) -> FrozenHeaders:
        """A view of these headers that cannot be written through; it follows later changes."""
        return FrozenHeaders.from_pairs(self._pairs)

    def items(self) -> ItemsView[str, str]:
        """(name, joined value) pairs, sorted by name; one for each Set-Cookie."""
        return _Items(self)

    def values(self) -> ValuesView[str]:
        """The joined values, sorted by name; one for each Set-Cookie."""
        return _Values(self)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if not self.has(name):
            raise KeyError(name)
        self.delete(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has(name)

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._combined()])

    def __len__(self) -> int:
        return len(self._combined())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Headers):
            return self._combined() == other._combined()
        if isinstance(other, Mapping):
            mine = dict(self._combined())
            return mine == {name.lower() if isinstance(name, str) else name: other[name] for name in other}
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # mutable: equal today, different tomorrow

    def __repr__(self) -> str:
        shown = [(name, "[secret]" if name in _SECRET else value) for name, value in self._pairs]
        return f"{type(self).__name__}({shown!r})"

    def _combined(self) -> list[tuple[str, str]]:
        values: dict[str, list[str]] = {}
        for name, value in self._pairs:
            values.setdefault(name, []).append(value)
        combined: list[tuple[str, str]] = []
        for name, found in sorted(values.items()):
            if name == "set-cookie":
                combined.extend((name, value) for value in found)
            else:
                combined.append((name, _joined(name, found)))
        return combined


class FrozenHeaders(Headers):
    """Headers that are only read, such as those that `headers()` gives; `copy()` can be changed."""

    __slots__ = ()

    def section(self) -> HeaderSection:
        """All fields at once, as they are now; those who own them may change them."""
        return header_section(tuple(self._pairs))

    def set(self, name: str, value: str) -> NoReturn:  # noqa: ARG002 - the signature is the base's
        """Refuses.

        Raises:
            TypeError: always.
        """
        raise TypeError(_frozen(name))

    def append(self, name: str, value: str) -> NoReturn:  # noqa: ARG002 - as above
        """Refuses.

        Raises:
            TypeError: always.
        """
        raise TypeError(_frozen(name))

    def delete(self, name: str) -> NoReturn:
        """Refuses.

        Raises:
            TypeError: always.
        """
        raise TypeError(_frozen(name))


class _Items(ItemsView[str, str]):
    _mapping: Headers

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._mapping._combined())


class _Values(ValuesView[str]):
    _mapping: Headers

    def __iter__(self) -> Iterator[str]:
        return iter([value for _, value in self._mapping._combined()])


def _joined(name: str, values: list[str]) -> str:
    if name in _FIRST_COUNTS:
        return values[0]
    # HTTP/2 clients may split Cookie into several fields; they are one list by "; " (RFC 9113 §8.2.3).
    return ("; " if name == "cookie" else ", ").join(values)


def _frozen(name: str) -> str:
    return f"these headers are read-only, so {name!r} cannot be changed; set it on a Response, or on a copy()"


def _pairs_of(init: HeadersInit) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for given, value in given_pairs(init.items() if isinstance(init, Mapping) else init, "Headers"):
        name = _valid_name(given)
        pairs.append((name, _valid_value(name, value)))
    return pairs


@lru_cache(maxsize=1024)
def _valid_name(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a header name is a str, not {type(name).__name__}")
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a header name: letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.1)")
    return name.lower()


def _valid_value(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"header {name} takes a str, not {type(value).__name__}: write str(...)")
    value = value.strip(" \t\r\n")
    if value.isascii() and value.isprintable():
        return value
    for character in value:
        if character in "\r\n\0":
            raise ValueError(f"header {name} cannot contain {character!r}, which would end it (RFC 9110 §5.5)")
        if character > "\xff":
            raise ValueError(
                f"header {name} cannot contain {character!r}: a header value is Latin-1; percent-encode it "
                "with urllib.parse.quote(...)"
            )
    return value
