"""`FormData`: the fields of a form, text and files, in order."""

# ruff: noqa: SLF001 - the class methods here make instances of their own class

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from notebook_routes.web.blob import Blob, File
from notebook_routes.web.multipart import encode_multipart
from notebook_routes.web.pairs import Pairs, given_pairs

#: What a field holds.
FormValue: TypeAlias = str | File


class FormData(Pairs[FormValue]):
    """The fields of a form: names may repeat, a value is a str or a `File`; iterates as (name, value) pairs.

    Args:
        init: fields to begin with, a mapping or (name, value) pairs; values as for `append`.

    Example:
        >>> form = FormData({"title": "A lamp"})
        >>> form.append("photo", File([png], "lamp.png", type="image/png"))
    """

    __slots__ = ()

    def __init__(self, init: Mapping[str, str | Blob] | Iterable[tuple[str, str | Blob]] = ()) -> None:
        pairs = init.items() if isinstance(init, Mapping) else given_pairs(init, "FormData")
        self._pairs = [_entry(name, value, None) for name, value in pairs]

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
        self._put(_entry(name, value, filename))

    def has(self, name: str) -> bool:
        """Whether there is a field of this name."""
        return any(other == name for other, _ in self._pairs)

    def delete(self, name: str) -> None:
        """Removes every field of this name."""
        self._pairs = [pair for pair in self._pairs if pair[0] != name]

    def encode(self, boundary: str | None = None) -> tuple[bytes, str]:
        """Writes the form as multipart/form-data.

        Args:
            boundary: what separates the fields; fresh and unguessable if not given.

        Returns:
            The body and its content type.
        """
        return encode_multipart(self._pairs, boundary=boundary)

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
