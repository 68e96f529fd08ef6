"""`Blob` and `File`: immutable bytes with a type, and with a name."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from notebook_routes.web.scalar_text import utf8
from notebook_routes.web.streams import ReadableStream

if TYPE_CHECKING:
    import builtins

BlobPart: TypeAlias = "str | bytes | bytearray | memoryview | Blob"

# How much one step of stream() gives: what a socket takes at once, more or less.
_STEP = 65536


class Blob:
    """Immutable bytes with a content type.

    Args:
        parts: the pieces in order, str (as UTF-8), bytes or other blobs; a single str or bytes will do.
        type: the content type, "" if unknown; lower case, as in the File API.

    Raises:
        TypeError: a part is something else.
    """

    __slots__ = ("_data", "_type")

    def __init__(
        self,
        parts: BlobPart | Iterable[BlobPart] = (),
        *,
        type: str = "",  # noqa: A002 - the standard's name
    ) -> None:
        self._data = _joined(parts)
        # File API §3.1: a type outside U+0020 to U+007E is no type.
        self._type = type.lower() if type.isascii() and type.isprintable() else ""

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self._data)

    @property
    def type(self) -> str:
        """The content type, "" if unknown."""
        return self._type

    @property
    def content(self) -> builtins.bytes:
        """The bytes, without waiting; what a `def` handler reads."""
        return self._data

    async def text(self) -> str:
        """The bytes read as UTF-8; what is no UTF-8 becomes U+FFFD."""
        return self._data.decode("utf-8", "replace")

    async def bytes(self) -> builtins.bytes:
        """The bytes."""
        return self._data

    def slice(
        self,
        start: int = 0,
        end: int | None = None,
        *,
        type: str = "",  # noqa: A002 - the standard's name
    ) -> Blob:
        """The bytes from `start` to `end` (negative: from the end) as a blob of its own."""
        return Blob(self._data[start:end], type=type)

    def stream(self) -> ReadableStream:
        """The bytes in pieces of 64 KiB."""
        data = self._data
        return ReadableStream(data[at : at + _STEP] for at in range(0, len(data), _STEP))

    def __len__(self) -> int:
        return len(self._data)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Blob) and self._same(other)

    def __hash__(self) -> int:
        return hash((self._data, self._type))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._type or 'no type'}, {len(self._data):,} bytes>"

    def _same(self, other: Blob) -> bool:
        return self._data == other._data and self._type == other._type


class File(Blob):
    """A blob with a name, such as a form sends.

    Args:
        parts: as for `Blob`.
        name: the file's name, without a directory.
        type: the content type, "" if unknown.
        last_modified: milliseconds since 1970, as in the File API; now if not given.
    """

    __slots__ = ("_last_modified", "_name")

    def __init__(
        self,
        parts: BlobPart | Iterable[BlobPart],
        name: str,
        *,
        type: str = "",  # noqa: A002 - the standard's name
        last_modified: int | None = None,
    ) -> None:
        super().__init__(parts, type=type)
        if not isinstance(name, str):
            raise TypeError(f"a File's name is a str, not {name.__class__.__name__}: write File(parts, name)")
        self._name = name
        self._last_modified = time.time_ns() // 1_000_000 if last_modified is None else last_modified

    @property
    def name(self) -> str:
        """The file's name; from a client, so nothing to open a path with."""
        return self._name

    @property
    def last_modified(self) -> int:
        """Milliseconds since 1970."""
        return self._last_modified

    def __repr__(self) -> str:
        return f"<File {self._name!r} {self._type or 'no type'}, {len(self._data):,} bytes>"

    def _same(self, other: Blob) -> bool:
        return super()._same(other) and isinstance(other, File) and self.name == other.name


def _joined(parts: BlobPart | Iterable[BlobPart]) -> bytes:
    if isinstance(parts, (str, bytes, bytearray, memoryview, Blob)):
        return _part(parts)
    if isinstance(parts, Mapping) or not isinstance(parts, Iterable):
        raise TypeError(f"a Blob is made of str, bytes and blobs, not of {type(parts).__name__}")
    return b"".join([_part(part) for part in parts])


def _part(part: object) -> bytes:
    if isinstance(part, str):
        return utf8(part)
    if isinstance(part, Blob):
        return part.content
    if isinstance(part, (bytes, bytearray, memoryview)):
        return bytes(part)
    raise TypeError(f"a Blob is made of str, bytes and blobs, not {type(part).__name__}")
