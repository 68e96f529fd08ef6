"""A list of names and values in order, where names may repeat: what FormData and URLSearchParams have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
V = TypeVar("V")


def given_pairs(init: object, what: str) -> Iterator[tuple[Any, Any]]:
    """The pairs that an instance is made of.

    Args:
        init: what was given.
        what: how messages call it.

    Raises:
        TypeError: it is no iterable of pairs.
    """
    if isinstance(init, (str, bytes)) or not isinstance(init, Iterable):
        raise TypeError(f"{what} is made of a mapping or of (name, value) pairs, not of {type(init).__name__}")
    for pair in init:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"{what} is made of a mapping or of (name, value) pairs; {pair!r} is no pair")
        yield pair[0], pair[1]


class Pairs(Generic[V]):
    """Reads the pairs of a subclass, and iterates over them. Writing is the subclass's, which checks values."""

    __slots__ = ("_pairs",)

    _pairs: list[tuple[str, V]]

    @overload
    def get(self, name: str, default: None = None) -> V | None: ...
    @overload
    def get(self, name: str, default: T) -> V | T: ...
    def get(self, name: str, default: object = None) -> object:
        """The first value of this name; `default` where there is none."""
        for other, value in self._pairs:
            if other == name:
                return value
        return default

    def get_all(self, name: str) -> list[V]:
        """Every value of this name, in order."""
        return [value for other, value in self._pairs if other == name]

    def keys(self) -> list[str]:
        """The names in order, repeated where they repeat."""
        return [name for name, _ in self._pairs]

    def values(self) -> list[V]:
        """The values in order."""
        return [value for _, value in self._pairs]

    def items(self) -> list[tuple[str, V]]:
        """The (name, value) pairs in order."""
        return self._pairs.copy()

    def __getitem__(self, name: str) -> V:
        for other, value in self._pairs:
            if other == name:
                return value
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(other == name for other, _ in self._pairs)

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return iter(self._pairs.copy())

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._pairs == other._pairs

    __hash__ = None  # type: ignore[assignment]  # mutable: equal today, different tomorrow

    def _put(self, pair: tuple[str, V]) -> None:
        """Replace every pair of this name by one, in the place of the first."""
        name = pair[0]
        for index, (other, _) in enumerate(self._pairs):
            if other == name:
                self._pairs[index:] = [pair, *(rest for rest in self._pairs[index + 1 :] if rest[0] != name)]
                return
        self._pairs.append(pair)
