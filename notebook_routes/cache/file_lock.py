"""One process at a time: an advisory lock on a file, given back by the system when its holder dies."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # pragma: no cover - not Unix: processes that share a folder may do the same thing twice
    fcntl = None  # type: ignore[assignment]

_MODE = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


@contextmanager
def locked(path: str) -> Iterator[int]:
    """Hold the lock of a file, made if need be, and give it opened for reading and appending.

    Raises:
        OSError: the file cannot be opened.
    """
    while True:
        opened = os.open(path, _MODE, 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(opened, fcntl.LOCK_EX)
            if _is_at(opened, path):
                yield opened
                return
        finally:
            os.close(opened)


def _is_at(opened: int, path: str) -> bool:
    """Whether nobody has replaced the file while its lock was waited for."""
    try:
        return os.path.samestat(os.fstat(opened), os.stat(path))  # noqa: PTH116 - a str here as with open
    except FileNotFoundError:
        return False
