"""`RequestCookies`: the cookies a client sent."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, overload

from notebook_routes.web.cookie import Cookie, decode_value, encode_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

T = TypeVar("T")


class RequestCookies:
    """The cookies of a request, as NextRequest has them; of `request.cookies`, changes are written into its header.

    Of several cookies of one name the last counts; a value with a broken percent escape is dropped; a bare
    name has the value "true"; quotes and spaces are kept.

    Args:
        header: the value of the Cookie header.
        write: called with the header's new value after each change.

    Example:
        >>> request.cookies.value("theme", "light")
        'dark'
    """

    __slots__ = ("_sent", "_values", "_write")

    def __init__(self, header: str = "", write: Callable[[str], None] | None = None) -> None:
        self._sent = self._values = _parsed(header) if header else {}
        self._write = write

    @property
    def sent(self) -> Mapping[str, str]:
        """What the header said at first, by name."""
        return MappingProxyType(self._sent)

    @property
    def size(self) -> int:
        """The number of cookies."""
        return len(self._values)

    def get(self, name: str) -> Cookie | None:
        """The cookie of this name; None where there is none."""
        value = self._values.get(name)
        return None if value is None else Cookie(name=name, value=value)

    @overload
    def value(self, name: str, default: None = None) -> str | None: ...
    @overload
    def value(self, name: str, default: T) -> str | T: ...
    def value(self, name: str, default: object = None) -> object:
        """The value of a cookie; `default` where there is none."""
        return self._values.get(name, default)

    def get_all(self, name: str | None = None) -> list[Cookie]:
        """Every cookie, or those of one name."""
        return [cookie for cookie in self if name in (None, cookie.name)]

    def has(self, name: str) -> bool:
        """Whether there is a cookie of this name."""
        return name in self._values

    def set(self, name: str, value: str) -> None:
        """Adds a cookie, or replaces the one of this name."""
        self._change(self._values | {name: value})

    def delete(self, names: str | Iterable[str]) -> bool:
        """Removes one cookie, or several.

        Returns:
            Whether there was one.
        """
        listed = {names} if isinstance(names, str) else set(names)
        left = {name: value for name, value in self._values.items() if name not in listed}
        found = len(left) < len(self._values)
        if found:
            self._change(left)
        return found

    def clear(self) -> None:
        """Removes every cookie."""
        self._change({})

    def _change(self, values: dict[str, str]) -> None:
        self._values = values
        if self._write is not None:
            self._write(str(self))

    def __getitem__(self, name: str) -> Cookie:
        return Cookie(name=name, value=self._values[name])

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[Cookie]:
        return iter([Cookie(name=name, value=value) for name, value in self._values.items()])

    def __len__(self) -> int:
        return len(self._values)

    def __str__(self) -> str:
        """The Cookie header that says the same."""
        return "; ".join(f"{name}={encode_value(value)}" for name, value in self._values.items())

    def __repr__(self) -> str:
        return f"RequestCookies({', '.join(self._values)})"


def _parsed(header: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for piece in header.split(";"):
        pair = piece.lstrip(" ")
        if pair:
            name, equals, text = pair.partition("=")
            value = decode_value(text) if equals else "true"
            if value is not None:
                values[name] = value
    return values
