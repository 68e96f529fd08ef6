"""`FormData`: the fields of a form, text and files, in order."""

# ruff: noqa: SLF001 - the class methods here make instances of their own class

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar, overload

from notebook_routes.web.blob import Blob, File
from notebook_routes.web.multipart import encode_multipart

T = TypeVar("T")
#: What a field holds.
FormValue: TypeAlias = str | File


class FormData:
    """The fields of a form: names may repeat, a value is a str or a `File`; iterates as (name, value) pairs.

    Args:
        init: fields to begin with, a mapping or (name, value) pairs; values as for `append`.

    Example:
        >>> form = FormData({"title": "A lamp"})
        >>> form.append("photo", File([png], "lamp.png", type="image/png"))
    """

    __slots__ = ("_pairs",)

    def __init__(self, init: Mapping[str, str | Blob] | Iterable[tuple[str, str | Blob]] = ()) -> None:
        pairs = init.items() if isinstance(init, Mapping) else init
        self._pairs: list[tuple[str, FormValue]] = [_entry(name, value, None) for name, value in pairs]

    @classmethod
    def from_pairs(cls, pairs: list[tuple[str, FormValue]]) -> FormData:
        """Wraps fields that are known to be right; the list is kept, not copied."""
        form = cls.__new__(cls)
        form._pairs = pairs
        return form

    def append(self, name: str, value: str | Blob, filename: str | None = None) -> None:
        """Adds a field beside those of the same name.

        Args:
            name: the field.
            value: a str, a `File`, or a `Blob`, which becomes a file.
            filename: the name of the file instead of its own; "blob" for a blob.

        Raises:
            TypeError: the value is something else, or there is a filename and no file.
        """
        self._pairs.append(_entry(name, value, filename))

    def set(self, name: str, value: str | Blob, filename: str | None = None) -> None:
        """Replaces every field of this name by one, in the place of the first."""
        entry = _entry(name, value, filename)
        for index, (other, _) in enumerate(self._pairs):
            if other == name:
                self._pairs[index:] = [entry, *(rest for rest in self._pairs[index + 1 :] if rest[0] != name)]
                return
        self._pairs.append(entry)

    @overload
    def get(self, name: str, default: None = None) -> FormValue | None: ...
    @overload
    def get(self, name: str, default: T) -> FormValue | T: ...
    def get(self, name: str, default: object = None) -> object:
        """The first value of this name; `default` where there is none."""
        for other, value in self._pairs:
            if other == name:
                return value
        return default

    def get_all(self, name: str) -> list[FormValue]:
        """Every value of this name, in order."""
        return [value for other, value in self._pairs if other == name]

    def has(self, name: str) -> bool:
        """Whether there is a field of this name."""
        return any(other == name for other, _ in self._pairs)

    def delete(self, name: str) -> None:
        """Removes every field of this name."""
        self._pairs = [pair for pair in self._pairs if pair[0] != name]

    def keys(self) -> list[str]:
        """The names in order, repeated where they repeat."""
        return [name for name, _ in self._pairs]

    def values(self) -> list[FormValue]:
        """The values in order."""
        return [value for _, value in self._pairs]

    def items(self) -> list[tuple[str, FormValue]]:
        """The (name, value) pairs in order."""
        return self._pairs.copy()

    def encode(self, boundary: str | None = None) -> tuple[bytes, str]:
        """Writes the form as multipart/form-data.

        Args:
            boundary: what separates the fields; fresh and unguessable if not given.

        Returns:
            The body and its content type.
        """
        return encode_multipart(self._pairs, boundary=boundary)

    def __getitem__(self, name: str) -> FormValue:
        for other, value in self._pairs:
            if other == name:
                return value
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(other == name for other, _ in self._pairs)

    def __iter__(self) -> Iterator[tuple[str, FormValue]]:
        return iter(self._pairs.copy())

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FormData) and self._pairs == other._pairs

    __hash__ = None  # type: ignore[assignment]  # mutable: equal today, different tomorrow

    def __repr__(self) -> str:
        return f"FormData({self._pairs!r})"


def _entry(name: str, value: object, filename: str | None) -> tuple[str, FormValue]:
    if not isinstance(name, str):
        raise TypeError(f"the name of a form field is a str, not {type(name).__name__}")
    if isinstance(value, File) and filename is None:
        return name, value
    if isinstance(value, Blob):
        return name, File([value], "blob" if filename is None else filename, type=value.type)
    if not isinstance(value, str):
        raise TypeError(
            f"form field {name!r} takes a str or a File, not {type(value).__name__}: "
            "write str(...), or File([...], name)"
        )
    if filename is not None:
        raise TypeError(f"form field {name!r} has a filename but holds text: write File([...], {filename!r})")
    return name, value
