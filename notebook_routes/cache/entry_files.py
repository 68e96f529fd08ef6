"""Entries in files: one for each, named by the digest of its key, in 256 folders.

A file is written beside its place and moved there when it is whole, so that a reader finds the former, the new one, or
none. It holds the length of the key in four bytes, the key, and the entry as `CacheEntry.encode` writes it. Its time of
change says when it was used last, to the minute.
"""

# ruff: noqa: PTH103, PTH105, PTH108, PTH116, PTH120, PTH123 - a path that is a str costs half as much, for each request

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from time import time
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.cache.digest import digest_of
from notebook_routes.cache.entry import CacheEntry, CorruptEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

#: Files take whole blocks of the disk.
_BLOCK = 4096
#: Seconds after which a use is noted again.
_NOTED = 60.0
#: Seconds after which nobody is writing a file any more that was never moved to its place.
_ABANDONED = 600.0
#: Where the bound is reached, so much of it is made free at once: finding the oldest means looking at all.
_FREED = 0.1
#: After writing so much of the bound, what others have written is counted too.
_RECOUNT = 0.125
_SUFFIX = ".entry"
_PARTIAL = ".tmp"


class LargeEntry(Exception):
    """The entry is larger than what was asked for; it was not read."""


class _File(NamedTuple):
    used: float
    size: int
    path: str


class EntryFiles:
    """Keeps entries by key in a folder, bounded; safe to use from any thread, and to share with other processes.

    Args:
        folder: made with the first entry.
        limit: bytes of all files together.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.limit = limit
        self._folder = str(folder)
        self._lock = threading.Lock()
        self._size = 0
        #: Bytes until the files are to be counted again.
        self._uncounted = 0
        #: Names of files that hold what is outdated, and can be neither replaced nor removed.
        self._outdated: set[str] = set()

    @property
    def size(self) -> int:
        """Bytes of all files together, as far as this process knows."""
        return self._size

    def read(self, key: str, most: int | None = None) -> CacheEntry | None:
        """The entry of a key; None where there is no whole one. A file that is none is removed.

        Raises:
            LargeEntry: its file has more than `most` bytes.
            OSError: the file cannot be read.
        """
        path = self._path(key)
        if self._outdated and path in self._outdated:
            return None
        try:
            opened = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            return None
        try:
            found = os.fstat(opened)
            if most is not None and found.st_size > most:
                raise LargeEntry
            data = os.read(opened, found.st_size)
        finally:
            os.close(opened)
        try:
            entry = _unpack(data, path)[1]
        except CorruptEntry:
            self.remove(key)
            return None
        if abs(time() - found.st_mtime) > _NOTED:
            # May be gone by now, or not be ours to change.
            with suppress(OSError):
                os.utime(path)
        return entry

    def write(self, key: str, entry: CacheEntry) -> None:
        """Keep an entry in place of the former; where it cannot be kept, the former goes nevertheless.

        Raises:
            OSError: it cannot be written.
        """
        path = self._path(key)
        data = _pack(key, entry)
        size = _blocks(len(data))
        with self._lock:
            if size > self.limit:
                self._remove(path)
                return
            try:
                self._make_room(size)
                former = _size_of(path)
                _write(path, data)
            except OSError:
                self._remove(path)
                raise
            self._outdated.discard(path)
            self._size += size - former
            self._uncounted += size

    def remove(self, key: str) -> None:
        """Forget the entry of a key.

        Raises:
            OSError: its file cannot be removed; this process does not read it any more.
        """
        with self._lock:
            self._remove(self._path(key))

    def entries(self) -> Iterator[tuple[str, CacheEntry]]:
        """All whole entries by key.

        Raises:
            OSError: the folder cannot be read.
        """
        for file in list(self._files()):
            if not file.path.endswith(_SUFFIX) or file.path in self._outdated:
                continue
            with suppress(FileNotFoundError, CorruptEntry), open(file.path, "rb") as opened:
                yield _unpack(opened.read(), file.path)

    def clear(self) -> None:
        """Forget all entries.

        Raises:
            OSError: one cannot be removed.
        """
        with self._lock:
            for file in list(self._files()):
                with suppress(FileNotFoundError):
                    os.unlink(file.path)
            self._size = 0

    def _path(self, key: str) -> str:
        name = digest_of(key)
        return f"{self._folder}/{name[:2]}/{name[2:]}{_SUFFIX}"

    def _remove(self, path: str) -> None:
        size = _size_of(path)
        try:
            os.unlink(path)
        except FileNotFoundError:
            return
        except OSError:
            self._outdated.add(path)
            raise
        self._outdated.discard(path)
        self._size -= size

    def _make_room(self, size: int) -> None:
        counted = self._uncounted > 0
        if counted and self._size + size <= self.limit and self._uncounted < _RECOUNT * self.limit:
            return
        files = sorted(self._kept())
        self._size = sum(file.size for file in files)
        self._uncounted = 1
        if self._size + size <= self.limit:
            return
        goal = min(self.limit - size, int((1 - _FREED) * self.limit))
        for file in files:
            if self._size <= goal:
                return
            with suppress(FileNotFoundError):
                os.unlink(file.path)
            self._size -= file.size

    def _kept(self) -> Iterator[_File]:
        """The files that are in use; those that were left unfinished are removed."""
        for file in self._files():
            if file.path.endswith(_PARTIAL) and abs(time() - file.used) > _ABANDONED:
                with suppress(FileNotFoundError):
                    os.unlink(file.path)
            else:
                yield file

    def _files(self) -> Iterator[_File]:
        with suppress(FileNotFoundError), os.scandir(self._folder) as folders:
            for folder in folders:
                yield from _files_in(folder.path)


def _files_in(folder: str) -> Iterator[_File]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
        for file in found:
            with suppress(FileNotFoundError):
                about = file.stat()
                yield _File(about.st_mtime, _blocks(about.st_size), file.path)


def _write(path: str, data: bytes) -> None:
    fresh = f"{path}.{secrets.token_hex(8)}{_PARTIAL}"
    try:
        with _create(fresh) as file:
            file.write(data)
        os.replace(fresh, path)
    except OSError:
        with suppress(OSError):
            os.unlink(fresh)
        raise


def _create(path: str) -> FileIO:
    try:
        return open(path, "xb", buffering=0, opener=_private)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return open(path, "xb", buffering=0, opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _pack(key: str, entry: CacheEntry) -> bytes:
    name = key.encode("utf-8", "surrogatepass")
    return len(name).to_bytes(4) + name + entry.encode()


def _unpack(data: bytes, path: str) -> tuple[str, CacheEntry]:
    """The key and the entry of a file.

    Raises:
        CorruptEntry: it is not whole, or belongs elsewhere.
    """
    start = 4 + int.from_bytes(data[:4])
    try:
        key = data[4:start].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise CorruptEntry("the key cannot be read") from error
    if not path.endswith(f"{digest_of(key)[2:]}{_SUFFIX}"):
        raise CorruptEntry("this is the file of another key")
    return key, CacheEntry.decode(data[start:])


def _size_of(path: str) -> int:
    try:
        return _blocks(os.stat(path).st_size)
    except FileNotFoundError:
        return 0


def _blocks(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
