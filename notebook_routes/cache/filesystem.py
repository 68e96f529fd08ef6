"""Entries in a folder: they outlive the process, and processes on one machine share them.

- `DIR/entries/3f/9c...e1.entry`: one per entry, see `entry_files`
- `DIR/marks.log`: what happened to tags, see `mark_log`
- `DIR/leases/3f9c...e1.lease`: who makes which entry now, see `lease_files`
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from notebook_routes.cache.entry_files import EntryFiles, LargeEntry
from notebook_routes.cache.handler import Found
from notebook_routes.cache.lease_files import LeaseFiles
from notebook_routes.cache.mark_log import MarkLog
from notebook_routes.cache.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from notebook_routes.cache.entry import CacheEntry

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Bytes of files.
DEFAULT_LIMIT = 1024 * 1024 * 1024
#: A file up to this size is read at once: that takes less time than asking a thread for it.
_AT_ONCE = 256 * 1024
_THREADS = 4
#: Seconds until marks that could not be written are tried again.
_AGAIN = 1.0
#: What a lease is called where there can be none.
_ALONE = "alone"


class FileCache:
    """Keeps up to `limit` bytes of entries in a folder, those that were used last.

    Args:
        folder: where; made when it is needed.
        limit: bytes of all entries together; an entry larger than that is not kept.
    """

    def __init__(self, folder: str | Path, *, limit: int = DEFAULT_LIMIT) -> None:
        self.folder = Path(folder).expanduser().absolute()
        self.limit = limit
        self._files = EntryFiles(self.folder / "entries", limit)
        self._marks = MarkLog(self.folder / "marks.log")
        self._leases = LeaseFiles(self.folder / "leases")
        self._trouble = Trouble(f"The cache in {self.folder}")
        self._threads: ThreadPoolExecutor | None = None
        self._tried = -_AGAIN

    async def get(self, key: str, tags: Collection[str] = ()) -> Found | None:
        """See `CacheHandler`."""
        try:
            try:
                entry = self._files.read(key, _AT_ONCE)
            except LargeEntry:
                entry = await self._in_thread(self._files.read, key)
            if self._marks.behind:
                await self._write_marks()
            return None if entry is None else Found(entry, self._marks.of(entry, tags))
        except OSError as error:
            self._trouble.say(error)
            return None

    async def put(self, key: str, entry: CacheEntry) -> None:
        """See `CacheHandler`."""
        try:
            await self._in_thread(self._files.write, key, entry)
        except OSError as error:
            self._trouble.say(error)

    async def remove(self, key: str) -> None:
        """See `CacheHandler`."""
        try:
            await self._in_thread(self._files.remove, key)
        except OSError as error:
            self._trouble.say(error)

    async def mark(self, tags: Collection[str], at: float, *, expire: float = 0.0) -> None:
        """See `CacheHandler`."""
        self._marks.mark(tags, at, expire=expire)
        self._tried = -_AGAIN
        await self._write_marks()

    async def lease(self, key: str, seconds: float) -> str | None:
        """See `CacheHandler`."""
        try:
            return await self._in_thread(self._leases.take, key, seconds)
        except OSError as error:
            self._trouble.say(error)
            # Nobody else can have it either.
            return _ALONE

    async def release(self, key: str, lease: str) -> None:
        """See `CacheHandler`."""
        try:
            await self._in_thread(self._leases.give_back, key, lease)
        except OSError as error:
            self._trouble.say(error)

    async def entries(self) -> list[tuple[str, Found]]:
        """See `CacheHandler`."""
        try:
            return await self._in_thread(self._all)
        except OSError as error:
            self._trouble.say(error)
            return []

    async def clear(self) -> None:
        """See `CacheHandler`."""
        try:
            await self._in_thread(self._clear)
        except OSError as error:
            self._trouble.say(error)

    async def close(self) -> None:
        """See `CacheHandler`."""
        self._marks.close()
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False)

    def __repr__(self) -> str:
        return f"<FileCache: {str(self.folder)!r}, up to {self.limit:,} bytes>"

    async def _write_marks(self) -> None:
        if monotonic() - self._tried < _AGAIN:
            return
        self._tried = monotonic()
        try:
            await self._in_thread(self._marks.write)
        except OSError as error:
            self._trouble.say(f"marks of tags are not written yet: {error}")

    def _all(self) -> list[tuple[str, Found]]:
        return [(key, Found(entry, self._marks.of(entry))) for key, entry in self._files.entries()]

    def _clear(self) -> None:
        self._files.clear()
        # Only now: without its marks an entry would be as good as new.
        self._marks.clear()
        self._leases.clear()

    async def _in_thread(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="notebook_routes cache")
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*args, **kwargs))
