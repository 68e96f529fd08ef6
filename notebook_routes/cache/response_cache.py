"""`ResponseCache`: answers of routes, made once and given to many.

    fresh       given out
    stale       given out, and made anew behind
    none        made while the client waits; who asks for the same meanwhile waits for that run

What comes of a run is kept unless the handler has read the request, or the answer is a failure, sets a cookie, or says
that it is private.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from notebook_routes.cache.answers import HIT, MISS, STALE, answer, backed_off, entry_of, may_be_kept
from notebook_routes.cache.clock import now
from notebook_routes.cache.flight import Flight
from notebook_routes.cache.handler import State, state_of
from notebook_routes.cache.hits import Hits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from notebook_routes.cache.asked import Asked
    from notebook_routes.cache.entry import CacheEntry
    from notebook_routes.cache.handler import CacheHandler
    from notebook_routes.cache.rendering import Rendering
    from notebook_routes.web import Response

    Run = Callable[[Rendering], Awaitable[Response]]

    class Runs(Protocol):
        """How the handler is run."""

        async def render(self, rendering: Rendering) -> Response:
            """For the client that asks."""

        async def refresh(self, rendering: Rendering) -> Response:
            """For no client."""


#: Bytes of one answer that is kept.
MOST_KEPT = 16 * 1024 * 1024
#: Keys of which it is known that their handler reads the request.
_MOST_REMEMBERED = 10_000


class ResponseCache:
    """Keeps answers in a `CacheHandler`, and has them made when there is none.

    Args:
        handler: where they are kept.
        most_kept: bytes of one answer that is kept.

    Attributes:
        hits: how often each key was answered without a run, by this process.
    """

    def __init__(self, handler: CacheHandler, *, most_kept: int = MOST_KEPT) -> None:
        self.handler = handler
        self.most_kept = most_kept
        self.hits = Hits()
        self._flights: dict[tuple[int, str], Flight] = {}
        self._behind: set[asyncio.Task[None]] = set()
        #: Keys whose last run has read the request: nobody need wait for another's.
        self._dynamic: dict[str, None] = {}

    async def respond(self, asked: Asked, runs: Runs, *, anew: bool = False) -> Response:
        """The answer, from the cache or made now.

        Args:
            asked: what is asked for.
            runs: runs the handler.
            anew: do not look for one that is kept.

        Raises:
            Exception: whatever the run raises.
        """
        key = asked.looked_up
        found = None if anew else await self.handler.get(key)
        if found is not None:
            moment = now()
            state = state_of(found, moment)
            if state is not None:
                entry = found.entry
                self.hits.count(key)
                if state is State.STALE:
                    self._refresh(asked, entry, runs.refresh)
                return answer(entry, HIT if state is State.FRESH else STALE, age=moment - entry.stored)
        return await self._made(asked, runs.render, anew=anew)

    async def prepare(self, asked: Asked, runs: Runs, *, only_kept: bool = False) -> None:
        """Have an answer ready that nobody has asked for yet, unless it is, or somebody has just asked.

        Args:
            asked: for what.
            runs: how its handler is run.
            only_kept: leave it where there is no earlier answer, fresh or not.

        Raises:
            Exception: whatever the run raises, a `DynamicError` where the handler reads the request.
        """
        found = await self.handler.get(asked.looked_up)
        if found is None and only_kept:
            return
        if (found is None or state_of(found, now()) is None) and _place(asked.looked_up) not in self._flights:
            flight = self._begin(asked, asked.rendering(background=True), runs.refresh)
            await asyncio.wait([flight.done])
            if flight.error is not None:
                raise flight.error

    async def _made(self, asked: Asked, render: Run, *, anew: bool) -> Response:
        """The answer of a run: of one's own, or of one that another has begun."""
        came = now()
        while asked.key not in self._dynamic:
            other = self._flights.get(_place(asked.looked_up))
            if other is None or (other.shared.done() and not other.is_private):
                return await self._begin(asked, asked.rendering(), render, anew=anew).response()
            entry = await asyncio.shield(other.shared)
            if entry is None and not other.background:
                break
            if entry is not None and not (other.outdated and other.began < came):
                return answer(entry, MISS if other.stored else None)
        return await self._made_alone(asked, render)

    def _begin(self, asked: Asked, rendering: Rendering, run: Run, *, anew: bool = False) -> Flight:
        place = _place(asked.looked_up)
        flight = Flight(asked, rendering, run, handler=self.handler, most_kept=self.most_kept, anew=anew)
        self._flights[place] = flight

        def landed(_: object) -> None:
            if self._flights.get(place) is flight:
                del self._flights[place]

        def told(_: object) -> None:
            if rendering.dynamic is not None:
                self._remember_dynamic(asked.key)

        flight.done.add_done_callback(landed)
        flight.done.add_done_callback(told)
        return flight

    def _refresh(self, asked: Asked, entry: CacheEntry, refresh: Run) -> None:
        """Make an answer anew that is given out meanwhile."""
        if _place(asked.looked_up) in self._flights:
            return
        flight = self._begin(asked, asked.rendering(background=True), refresh)
        self._spawn(self._watch(asked.looked_up, entry, flight))

    async def _watch(self, key: str, entry: CacheEntry, flight: Flight) -> None:
        """Where there is no new answer: keep the old one after a failure, and forget it where there is none to keep."""
        await asyncio.wait([flight.done])
        if flight.stored or flight.elsewhere:
            return
        if flight.failed:
            await self.handler.put(key, backed_off(entry, now()))
        else:
            # It reads the request now, or sets a cookie: the old answer is nobody's any more.
            await self.handler.remove(key)

    async def _made_alone(self, asked: Asked, render: Run) -> Response:
        """The answer of a run that nobody else waits for; kept too, if it can be and is no stream."""
        rendering = asked.rendering()
        began = now()
        response = await render(rendering)
        content = response.content
        if content is None or not may_be_kept(response, rendering) or len(content) > self.most_kept:
            return response
        self._dynamic.pop(asked.key, None)
        entry = entry_of(response, content, rendering, began=began, source=asked.source)
        await self.handler.put(asked.kept_under(rendering), entry)
        return answer(entry, MISS)

    def _remember_dynamic(self, key: str) -> None:
        if len(self._dynamic) >= _MOST_REMEMBERED:
            self._dynamic.clear()
        self._dynamic[key] = None

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)


def _place(key: str) -> tuple[int, str]:
    """Where a run is found: who waits for it must be on the same loop."""
    return id(asyncio.get_running_loop()), key
