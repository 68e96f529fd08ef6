"""What happened to tags, in a file that all processes append to, and read on from where they were.

A mark is one line, `["products", 1790000000.25, 0.0]`: the tag, the moment, and the seconds until its entries go.
Whether there is something new is one `stat`: the file only grows. When it has grown too long, it is replaced by one
that says the same in fewer lines; that is another file, and is read from its start. Marks are never taken back, so that
reading one twice does no harm.
"""

# ruff: noqa: PTH105, PTH108, PTH116, PTH123 - a path that is a str costs half as much, for each request

from __future__ import annotations

import errno
import json
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from notebook_routes.cache.file_lock import locked
from notebook_routes.cache.mark_outbox import MarkOutbox
from notebook_routes.cache.mark_table import MarkTable

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from notebook_routes.cache.entry import CacheEntry
    from notebook_routes.cache.marks import TagMark

#: Bytes; a shorter file is not made shorter.
_SHORT = 1024 * 1024
#: So many times as long as it was when it was last made shorter.
_GROWTH = 4


class MarkLog:
    """The marks of tags, kept in a file and known in memory; safe to use from any thread.

    Args:
        path: the file; made with the first mark, and its folder too.
        short: bytes up to which the file is left to grow.
    """

    def __init__(self, path: Path, *, short: int = _SHORT) -> None:
        self._folder = path.parent
        self._path = str(path)
        self._short = self._long = short
        #: Held for the table and what is read, and only briefly; never while the file's lock is waited for.
        self._lock = threading.Lock()
        self._table = MarkTable()
        self._outbox = MarkOutbox()
        #: The file that was read, held open so that no other can get its number, and how far.
        self._file: BinaryIO | None = None
        self._identity: os.stat_result | None = None
        self._read_to = 0

    @property
    def behind(self) -> bool:
        """Whether there are marks that are not in the file yet, because it could not be written."""
        return len(self._outbox) > 0

    def of(self, entry: CacheEntry, tags: Collection[str] = ()) -> tuple[TagMark, ...]:
        """The marks that can have a bearing on an entry, those of other processes among them.

        Raises:
            OSError: the file cannot be read.
        """
        with self._lock:
            self._read_on()
            return self._table.of(entry, tags)

    def mark(self, tags: Collection[str], at: float, *, expire: float = 0.0) -> None:
        """Mark tags for this process; `write` tells the others."""
        with self._lock:
            for tag in tags:
                self._table.mark(tag, at, expire=expire)
        self._outbox.put(tags, at, expire=expire)

    def write(self) -> None:
        """Put into the file what is not there yet; what cannot be written is kept for the next time.

        Raises:
            OSError: the file cannot be written.
        """
        marks = self._outbox.waiting()
        if not marks:
            return
        data = b"".join(_line(tag, *step) for tag, mark in marks.items() for step in mark.steps())
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._path) as opened:
            size = _append(opened, data)
            self._outbox.written(marks)
            if size > self._long:
                self._shorten()

    def clear(self) -> None:
        """Forget all marks.

        Raises:
            OSError: the file cannot be written.
        """
        self._outbox.clear()
        with self._lock:
            self._table.clear()
        if self._folder.is_dir():
            with locked(self._path), self._lock:
                self._replace(b"")
                self._forget_file()

    def close(self) -> None:
        """Give back what is held open."""
        with self._lock:
            self._forget_file()

    def __del__(self) -> None:
        # A cache that was never closed is no reason for a warning.
        self._forget_file()

    def _read_on(self) -> None:
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            # No marks, or somebody has emptied the folder; what is known holds on.
            self._forget_file()
            return
        if self._file is None or self._identity is None or not os.path.samestat(found, self._identity):
            self._forget_file()
            self._file = open(self._path, "rb", buffering=0)  # noqa: SIM115 - held
            found = self._identity = os.fstat(self._file.fileno())
        if found.st_size < self._read_to:
            # Somebody has cut it off.
            self._read_to = 0
        if found.st_size > self._read_to:
            self._file.seek(self._read_to)
            self._take(self._file.read(found.st_size - self._read_to), written=found.st_mtime)

    def _take(self, data: bytes, *, written: float) -> None:
        whole = data.rfind(b"\n") + 1
        self._read_to += whole
        unknown = False
        for line in data[:whole].splitlines():
            try:
                tag, at, expire = json.loads(line)
                if unknown or tag is None:
                    self._table.expire_all(at)
                if tag is not None:
                    self._table.mark(str(tag), at, expire=expire)
                unknown = False
            except (ValueError, TypeError):
                # Cut off by a full disk, or foreign. Whatever it was about, and until when: it goes.
                unknown = True
        if unknown:
            self._table.expire_all(written)

    def _forget_file(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._identity = None
        self._read_to = 0

    def _shorten(self) -> None:
        """Say the same in fewer lines; the lock of the file is held."""
        with self._lock:
            self._read_on()
            data = b"".join(_line(*step) for step in self._table.steps())
            self._replace(data)
            self._long = max(self._short, _GROWTH * len(data))

    def _replace(self, data: bytes) -> None:
        """Put another file in its place; its lock is held."""
        fresh = f"{self._path}.{os.getpid()}.tmp"
        try:
            with open(fresh, "wb") as file:
                file.write(data)
            os.replace(fresh, self._path)
        except OSError:
            with suppress(OSError):
                os.unlink(fresh)
            raise


def _append(opened: int, data: bytes) -> int:
    """Append to a file all or nothing that would be taken for a line, and give its size."""
    size = os.fstat(opened).st_size
    if size:
        os.lseek(opened, size - 1, os.SEEK_SET)
        if os.read(opened, 1) != b"\n":
            # A line that was cut off must not swallow the next.
            data = b"\n" + data
    if os.write(opened, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return size + len(data)


def _line(tag: str | None, at: float, expire: float) -> bytes:
    return json.dumps([tag, at, expire]).encode() + b"\n"
