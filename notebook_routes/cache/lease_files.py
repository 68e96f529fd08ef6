"""Leases that processes take in a folder that they share: a small file for each that is held."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from notebook_routes.cache.clock import now
from notebook_routes.cache.digest import digest_of
from notebook_routes.cache.file_lock import locked

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path


class LeaseFiles:
    """Lets one process at a time make the entry of a key.

    Args:
        folder: where the files are; it is made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = str(folder / "lock")

    def take(self, key: str, seconds: float) -> str | None:
        """Take the lease of a key for so many seconds; None where somebody holds it.

        Raises:
            OSError: the folder cannot be used.
        """
        path = self._path(key)
        with self._guarded():
            if _held(path):
                return None
            token = secrets.token_hex(8)
            path.write_text(json.dumps({"token": token, "until": now() + seconds, "seconds": seconds}))
        return token

    def give_back(self, key: str, token: str) -> None:
        """Let others have it; nothing happens where it has run out and somebody else has it.

        Raises:
            OSError: the folder cannot be used.
        """
        path = self._path(key)
        with self._guarded():
            if _read(path).get("token") == token:
                path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Let everybody have everything.

        Raises:
            OSError: the folder cannot be used.
        """
        if self._folder.is_dir():
            with self._guarded():
                for path in self._folder.glob("*.lease"):
                    path.unlink(missing_ok=True)

    def _guarded(self) -> AbstractContextManager[int]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return locked(self._guard)

    def _path(self, key: str) -> Path:
        return self._folder / f"{digest_of(key)}.lease"


def _held(path: Path) -> bool:
    read = _read(path)
    left = read.get("until", 0.0) - now()
    # Longer than it was taken for: a clock was set back.
    return bool(0 < left <= read.get("seconds", 0.0))


def _read(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        # Nobody's, or cut off by a disk that was full.
        return {}
    return read if isinstance(read, dict) else {}
