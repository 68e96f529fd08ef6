"""`DataCache`: what `fetch()` and `cached()` keep: made once, and read by many handlers.

The same rules hold as for answers: fresh is given out, stale is given out and made anew behind, and who asks for what
is being made waits for it. It is there for code on an event loop and for code on threads.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.cache.answers import backed_off
from notebook_routes.cache.clock import now
from notebook_routes.cache.handler import State, state_of
from notebook_routes.cache.waiting import blocking

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine

    from notebook_routes.cache.entry import CacheEntry
    from notebook_routes.cache.handler import CacheHandler, Found

_log = logging.getLogger("notebook_routes.cache")


class Wanted(NamedTuple):
    """Something that may be kept.

    Attributes:
        key: what it is kept under.
        tags: what it is marked by; marks that came later count, also where another has kept it with other tags.
        beside: tags whose marks count as well, of the path that asks.
        marked: tags that this request itself has marked: what has them is made anew, and not kept.
    """

    key: str
    tags: Collection[str] = ()
    beside: Collection[str] = ()
    marked: Collection[str] = ()

    def tags_unmarked(self, entry: CacheEntry) -> bool:
        """Whether this request has marked none of an entry's tags, nor of its own."""
        return not self.marked or not any(tag in self.marked for tag in (*entry.tags, *self.tags, *self.beside))


class Made(NamedTuple):
    """What was made.

    Attributes:
        entry: with times that are filled in when it is kept.
        keep: whether to.
    """

    entry: CacheEntry
    keep: bool = True


class DataCache:
    """Keeps data in a `CacheHandler`, and has it made when there is none."""

    def __init__(self, handler: CacheHandler) -> None:
        self.handler = handler
        self._runs: dict[tuple[int, str], asyncio.Future[CacheEntry]] = {}
        self._waited: dict[str, Future[CacheEntry]] = {}
        self._lock = threading.Lock()
        self._behind: set[asyncio.Task[None]] = set()

    async def get(self, wanted: Wanted, make: Callable[[], Awaitable[Made]]) -> CacheEntry:
        """What is kept, or what `make` makes now.

        Raises:
            Exception: whatever `make` raises.
        """
        found = await self.handler.get(wanted.key, (*wanted.tags, *wanted.beside))
        state = _usable(found, wanted)
        if found is None or state is None:
            return await self._together(wanted, make)
        if state is State.STALE:
            self._spawn(self._again(wanted, found.entry, make))
        return found.entry

    def get_blocking(self, wanted: Wanted, make: Callable[[], Made]) -> CacheEntry:
        """The same for code without an event loop, which waits.

        Raises:
            Exception: whatever `make` raises.
        """
        handler = self.handler
        found = blocking(handler, lambda: handler.get(wanted.key, (*wanted.tags, *wanted.beside)))
        state = _usable(found, wanted)
        if found is None or state is None:
            return self._together_blocking(wanted, make)
        if state is State.STALE:
            threading.Thread(
                target=self._again_blocking,
                args=(wanted, found.entry, make),
                name="notebook_routes cached",
                daemon=True,
            ).start()
        return found.entry

    async def _together(self, wanted: Wanted, make: Callable[[], Awaitable[Made]]) -> CacheEntry:
        place = id(asyncio.get_running_loop()), wanted.key
        run = self._runs.get(place)
        # What this request has marked is not what somebody else has begun to make before.
        if run is None or wanted.marked:
            run = asyncio.ensure_future(self._made(wanted, make))
            self._runs[place] = run
            run.add_done_callback(lambda ended: self._forget(place, ended))
        return await asyncio.shield(run)

    async def _made(self, wanted: Wanted, make: Callable[[], Awaitable[Made]]) -> CacheEntry:
        began = now()
        made = await make()
        entry = replace(made.entry, stored=began, checked=now())
        if made.keep and wanted.tags_unmarked(entry):
            await self.handler.put(wanted.key, entry)
        return entry

    async def _again(self, wanted: Wanted, entry: CacheEntry, make: Callable[[], Awaitable[Made]]) -> None:
        """Make something anew that is given out meanwhile; where that fails, it stays, and is tried again later."""
        if (id(asyncio.get_running_loop()), wanted.key) in self._runs:
            return
        try:
            await self._together(wanted, make)
        except Exception as error:  # noqa: BLE001 - a user's function, and nobody waits for it
            _say_failed(wanted.key, error)
            await self.handler.put(wanted.key, backed_off(entry, now()))

    def _together_blocking(self, wanted: Wanted, make: Callable[[], Made]) -> CacheEntry:
        with self._lock:
            other = self._waited.get(wanted.key)
            mine: Future[CacheEntry] = Future()
            if other is None:
                self._waited[wanted.key] = mine
        if other is not None and not wanted.marked:
            return other.result()
        try:
            entry = self._made_blocking(wanted, make)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(entry)
            return entry
        finally:
            with self._lock:
                if self._waited.get(wanted.key) is mine:
                    del self._waited[wanted.key]

    def _made_blocking(self, wanted: Wanted, make: Callable[[], Made]) -> CacheEntry:
        began = now()
        made = make()
        entry = replace(made.entry, stored=began, checked=now())
        if made.keep and wanted.tags_unmarked(entry):
            blocking(self.handler, lambda: self.handler.put(wanted.key, entry))
        return entry

    def _again_blocking(self, wanted: Wanted, entry: CacheEntry, make: Callable[[], Made]) -> None:
        with self._lock:
            if wanted.key in self._waited:
                return
        try:
            self._together_blocking(wanted, make)
        except Exception as error:  # noqa: BLE001 - the same
            _say_failed(wanted.key, error)
            later = backed_off(entry, now())
            blocking(self.handler, lambda: self.handler.put(wanted.key, later))

    def _forget(self, place: tuple[int, str], ended: asyncio.Future[CacheEntry]) -> None:
        if self._runs.get(place) is ended:
            del self._runs[place]
        if not ended.cancelled():
            # Perhaps nobody waits any longer.
            ended.exception()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)


def _usable(found: Found | None, wanted: Wanted) -> State | None:
    if found is None or not wanted.tags_unmarked(found.entry):
        return None
    return state_of(found, now())


def _say_failed(key: str, error: Exception) -> None:
    _log.warning("%s could not be made anew, and what there was is kept: %s: %s", key, type(error).__name__, error)
