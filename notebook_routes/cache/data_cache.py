"""`DataCache`: what `fetch()` and `cached()` keep: made once, and read by many handlers.

The same rules hold as for answers: fresh is given out, stale is given out and made anew behind, and who asks for what
is being made waits for it. Where nobody waits, as in a run behind a stale answer, what is stale is made anew first: the
new answer would else be as old as the one before. It is there for code on an event loop and for code on threads.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future, wait
from contextvars import ContextVar, copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.cache.answers import backed_off
from notebook_routes.cache.cancelled import being_cancelled
from notebook_routes.cache.clock import now
from notebook_routes.cache.handler import State, state_of
from notebook_routes.cache.hits import Hits
from notebook_routes.cache.waiting import blocking

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine

    from notebook_routes.cache.entry import CacheEntry
    from notebook_routes.cache.handler import CacheHandler, Found

_log = logging.getLogger("notebook_routes.cache")
#: Whether what runs here makes something anew behind one that is given out meanwhile.
_is_behind: ContextVar[bool] = ContextVar("notebook_routes.data_behind", default=False)


class Wanted(NamedTuple):
    """Something that may be kept.

    Attributes:
        key: what it is kept under.
        tags: what it is marked by; marks that came later count, also where another has kept it with other tags.
        beside: tags whose marks count as well, of the path that asks.
        marked: tags that this request itself has marked: what has them is made anew, and not kept.
        patient: nobody waits for who asks: a stale one will not do, unless none can be made.
    """

    key: str
    tags: Collection[str] = ()
    beside: Collection[str] = ()
    marked: Collection[str] = ()
    patient: bool = False

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


class _Outcome(NamedTuple):
    """What has become of a run.

    Attributes:
        entry: what was made.
        kept: whether it was kept.
        outdated: one of its tags was marked meanwhile: who has come after that needs another.
    """

    entry: CacheEntry
    kept: bool
    outdated: bool

    def is_for(self, came: float) -> bool:
        """Whether it may be given to one who came at that moment."""
        return not self.outdated or self.entry.stored >= came


class DataCache:
    """Keeps data in a `CacheHandler`, and has it made when there is none.

    Attributes:
        hits: how often the data of each key was given out without being made, by this process.
    """

    def __init__(self, handler: CacheHandler) -> None:
        self.handler = handler
        self.hits = Hits()
        self._runs: dict[tuple[int, str], asyncio.Future[_Outcome]] = {}
        self._waited: dict[str, Future[_Outcome]] = {}
        self._lock = threading.Lock()
        self._behind: set[asyncio.Task[None]] = set()
        #: How many runs have ended: one that did while the cache was asked has perhaps made what was not found.
        self._ended = 0

    async def get(self, wanted: Wanted, make: Callable[[], Awaitable[Made]]) -> CacheEntry:
        """What is kept, or what `make` makes now.

        Raises:
            Exception: whatever `make` raises.
        """
        came = now()
        while True:
            ended = self._ended
            found = await self.handler.get(wanted.key, (*wanted.tags, *wanted.beside))
            state = _usable(found, wanted)
            if found is not None and state is not None:
                self.hits.count(wanted.key)
                if state is State.STALE:
                    run = self._begin_again(wanted, found.entry, make)
                    if wanted.patient or _is_behind.get():
                        await asyncio.wait([run])
                        return _newest(run, found.entry)
                return found.entry
            outcome = await self._together(wanted, make, ended)
            if outcome is not None and outcome.is_for(came):
                return outcome.entry

    def get_blocking(self, wanted: Wanted, make: Callable[[], Made]) -> CacheEntry:
        """The same for code without an event loop, which waits.

        Raises:
            Exception: whatever `make` raises.
        """
        came, handler = now(), self.handler
        while True:
            ended = self._ended
            found = blocking(handler, lambda: handler.get(wanted.key, (*wanted.tags, *wanted.beside)))
            state = _usable(found, wanted)
            if found is not None and state is not None:
                self.hits.count(wanted.key)
                if state is State.STALE:
                    again = self._begin_again_blocking(wanted, found.entry, make)
                    if (wanted.patient or _is_behind.get()) and (again.done() or not _on_a_loop()):
                        wait([again])
                        return _newest(again, found.entry)
                return found.entry
            outcome = self._together_blocking(wanted, make, ended)
            if outcome is not None and outcome.is_for(came):
                return outcome.entry

    async def _together(self, wanted: Wanted, make: Callable[[], Awaitable[Made]], ended: int) -> _Outcome | None:
        """What has become of a run; None where it is better to look again."""
        place = _place(wanted.key)
        run = self._runs.get(place)
        if run is None and self._ended != ended:
            return None
        # What this request has marked is not what somebody else has begun to make before.
        if run is None or wanted.marked:
            run = self._runs[place] = asyncio.get_running_loop().create_future()
            self._spawn(self._fill(place, run, wanted, make))
        return await asyncio.shield(run)

    async def _fill(
        self,
        place: tuple[int, str],
        run: asyncio.Future[_Outcome],
        wanted: Wanted,
        make: Callable[[], Awaitable[Made]],
    ) -> None:
        """Make it for all who wait, in a task of its own; a sys.exit() too belongs to those, and not to the loop."""
        try:
            outcome = await self._made(wanted, make)
        except BaseException as error:
            self._forget(place, run)
            if isinstance(error, GeneratorExit):
                raise
            if being_cancelled():
                run.cancel()
                raise
            run.set_exception(error)
            # Perhaps nobody waits any longer.
            run.exception()
        else:
            self._forget(place, run)
            run.set_result(outcome)

    async def _made(self, wanted: Wanted, make: Callable[[], Awaitable[Made]]) -> _Outcome:
        began = now()
        made = await make()
        entry = replace(made.entry, stored=began, checked=now())
        if not made.keep or not wanted.tags_unmarked(entry):
            return _Outcome(entry, kept=False, outdated=False)
        await self.handler.put(wanted.key, entry)
        found = await self.handler.get(wanted.key, (*wanted.tags, *wanted.beside))
        return _Outcome(entry, kept=True, outdated=found is not None and state_of(found, now()) is None)

    def _begin_again(
        self, wanted: Wanted, entry: CacheEntry, make: Callable[[], Awaitable[Made]]
    ) -> asyncio.Future[_Outcome]:
        """Make something anew that is given out meanwhile, unless somebody does already; that run."""
        place = _place(wanted.key)
        run = self._runs.get(place)
        if run is None:
            run = self._runs[place] = asyncio.get_running_loop().create_future()
            self._spawn(self._again(place, run, wanted, entry, make))
        return run

    async def _again(
        self,
        place: tuple[int, str],
        run: asyncio.Future[_Outcome],
        wanted: Wanted,
        entry: CacheEntry,
        make: Callable[[], Awaitable[Made]],
    ) -> None:
        """Where there is nothing new, what there was stays, and is tried again later."""
        _is_behind.set(True)
        await self._fill(place, run, wanted, make)
        error = run.exception()
        if error is None and run.result().kept:
            return
        _say_failed(entry, error, None if error is not None else run.result())
        await self.handler.put(wanted.key, backed_off(entry, now()))

    def _together_blocking(self, wanted: Wanted, make: Callable[[], Made], ended: int) -> _Outcome | None:
        mine: Future[_Outcome] = Future()
        with self._lock:
            other = None if wanted.marked else self._waited.get(wanted.key)
            if other is None and self._ended != ended:
                return None
            if other is None:
                self._waited[wanted.key] = mine
        return self._fill_blocking(mine, wanted, make) if other is None else other.result()

    def _fill_blocking(self, run: Future[_Outcome], wanted: Wanted, make: Callable[[], Made]) -> _Outcome:
        try:
            outcome = self._made_blocking(wanted, make)
        except BaseException as error:
            self._forget_blocking(wanted.key, run)
            run.set_exception(error)
            raise
        self._forget_blocking(wanted.key, run)
        run.set_result(outcome)
        return outcome

    def _made_blocking(self, wanted: Wanted, make: Callable[[], Made]) -> _Outcome:
        began, handler = now(), self.handler
        made = make()
        entry = replace(made.entry, stored=began, checked=now())
        if not made.keep or not wanted.tags_unmarked(entry):
            return _Outcome(entry, kept=False, outdated=False)
        blocking(handler, lambda: handler.put(wanted.key, entry))
        found = blocking(handler, lambda: handler.get(wanted.key, (*wanted.tags, *wanted.beside)))
        return _Outcome(entry, kept=True, outdated=found is not None and state_of(found, now()) is None)

    def _begin_again_blocking(self, wanted: Wanted, entry: CacheEntry, make: Callable[[], Made]) -> Future[_Outcome]:
        """The same on a thread of its own, for the code that asks has no loop to leave it to."""
        with self._lock:
            run = self._waited.get(wanted.key)
            if run is not None:
                return run
            run = self._waited[wanted.key] = Future()
        context = copy_context()
        context.run(_is_behind.set, True)
        thread = threading.Thread(
            target=context.run,
            args=(self._again_blocking, run, wanted, entry, make),
            name="notebook_routes cached",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError:
            # There are no threads, as in a browser, or no more of them: then it is made at once.
            context.run(self._again_blocking, run, wanted, entry, make)
        return run

    def _again_blocking(
        self, run: Future[_Outcome], wanted: Wanted, entry: CacheEntry, make: Callable[[], Made]
    ) -> None:
        problem = outcome = None
        try:
            outcome = self._fill_blocking(run, wanted, make)
        except BaseException as error:  # noqa: BLE001 - a user's function, and nobody waits for it
            problem = error
        if outcome is not None and outcome.kept:
            return
        _say_failed(entry, problem, outcome)
        later = backed_off(entry, now())
        blocking(self.handler, lambda: self.handler.put(wanted.key, later))

    def _forget(self, place: tuple[int, str], run: asyncio.Future[_Outcome]) -> None:
        self._ended += 1
        if self._runs.get(place) is run:
            del self._runs[place]

    def _forget_blocking(self, key: str, run: Future[_Outcome]) -> None:
        with self._lock:
            self._ended += 1
            if self._waited.get(key) is run:
                del self._waited[key]

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)


def _usable(found: Found | None, wanted: Wanted) -> State | None:
    if found is None or not wanted.tags_unmarked(found.entry):
        return None
    return state_of(found, now())


def _newest(run: asyncio.Future[_Outcome] | Future[_Outcome], stale: CacheEntry) -> CacheEntry:
    """What a run has made that has ended, or what there was where it has made nothing that is kept."""
    if run.cancelled() or run.exception() is not None:
        return stale
    outcome = run.result()
    return outcome.entry if outcome.kept else stale


def _on_a_loop() -> bool:
    """Whether waiting here would stop a loop, and all that it answers."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _place(key: str) -> tuple[int, str]:
    """Where a run is found: who waits for it must be on the same loop."""
    return id(asyncio.get_running_loop()), key


def _say_failed(entry: CacheEntry, error: BaseException | None, outcome: _Outcome | None) -> None:
    why = f"{type(error).__name__}: {error}" if outcome is None else f"the status was {outcome.entry.status}"
    _log.warning("%s could not be made anew, and what there was is kept: %s", entry.source, why)
