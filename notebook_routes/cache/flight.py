"""One run of a handler, whose answer may be kept, for all who ask for it meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from notebook_routes.cache.answers import (
    HIT,
    MISS,
    answer,
    describe,
    entry_of,
    may_be_kept,
    may_be_shared,
    passing_entry,
)
from notebook_routes.cache.clock import now
from notebook_routes.cache.handler import state_of
from notebook_routes.cache.recording import Recording
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_routes.cache.asked import Asked
    from notebook_routes.cache.entry import CacheEntry
    from notebook_routes.cache.handler import CacheHandler
    from notebook_routes.cache.rendering import Rendering

#: Seconds for which one process may be the only one to make an answer.
_LEASE = 60.0
#: Seconds between two looks for what another process makes, at first and at last.
_LOOK_AGAIN = (0.005, 0.05)
#: Seconds for which others wait for the end of a stream, before they have one of their own.
_PATIENCE = 1.0


class Flight:
    """A run in a task of its own, which goes on when those who wait for it have left.

    Args:
        asked: what is asked for.
        rendering: what the run reads and says.
        run: runs the handler.
        handler: where the answer is kept.
        most_kept: bytes of an answer that is kept.

    Attributes:
        response: the answer for the one who asked first.
        shared: the same for the others; None where each needs one of their own.
        background: it is run for no client, and its failure is nobody's.
        stored: whether it was kept.
        done: the run has ended.
    """

    def __init__(
        self,
        asked: Asked,
        rendering: Rendering,
        run: Callable[[Rendering], Awaitable[Response]],
        *,
        handler: CacheHandler,
        most_kept: int,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.response: asyncio.Future[Response] = loop.create_future()
        self.shared: asyncio.Future[CacheEntry | None] = loop.create_future()
        self.stored = False
        self.background = rendering.background
        self._asked = asked
        self._rendering = rendering
        self._run = run
        self._handler = handler
        self._most_kept = most_kept
        self._recording: Recording | None = None
        self._left = rendering.background
        self.done = loop.create_task(self._fly())

    def leave(self) -> None:
        """The one who asked first waits no longer; the run goes on, if its answer can be kept."""
        self._left = True
        if self._recording is not None:
            self._recording.leave()

    async def _fly(self) -> None:
        try:
            await self._make()
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, GeneratorExit) or (task is not None and task.cancelling()):
                raise
            # A handler's sys.exit() too belongs to those who wait for its answer.
            self._fail(error)
        finally:
            # Whatever has happened, nobody waits for ever.
            self.response.cancel()
            self._let_others_go()

    async def _make(self) -> None:
        lease = await self._handler.lease(self._asked.looked_up, _LEASE)
        if lease is None:
            if self.background:
                # Somebody else is at it.
                return
            lease = await self._wait_for_other()
            if self.response.done():
                return
        try:
            began = now()
            response = await self._run(self._rendering)
            content = response.content
            if content is None and response.body is not None:
                await self._take_stream(response, began)
            else:
                await self._take_whole(response, content or b"", began)
        finally:
            if lease is not None:
                await self._handler.release(self._asked.looked_up, lease)

    async def _wait_for_other(self) -> str | None:
        """Another process makes the answer: take it from there, or the lease, whichever comes first."""
        pause, longest = _LOOK_AGAIN
        end = now() + _LEASE
        while now() < end:
            await asyncio.sleep(pause)
            found = await self._handler.get(self._asked.looked_up)
            if found is not None and state_of(found, now()) is not None:
                self.stored = True
                self.response.set_result(answer(found.entry, HIT, age=now() - found.entry.stored))
                self.shared.set_result(found.entry)
                return None
            lease = await self._handler.lease(self._asked.looked_up, _LEASE)
            if lease is not None:
                return lease
            pause = min(pause * 2, longest)
        return None

    async def _take_whole(self, response: Response, content: bytes, began: float) -> None:
        rendering = self._rendering
        kept = may_be_kept(response, rendering) and len(content) <= self._most_kept
        if not kept:
            shared = may_be_shared(response, rendering) and self._is_for_all()
            self._tell(response, passing_entry(response, content) if shared else None)
            return
        entry = self._entry(response, content, began)
        await self._handler.put(self._asked.kept_under(rendering), entry)
        self.stored = True
        self._tell(answer(entry, MISS), entry if self._is_for_all() else None)

    async def _take_stream(self, response: Response, began: float) -> None:
        rendering = self._rendering
        recording = Recording(self._most_kept, lambda: may_be_kept(response, rendering))
        sent = Response(
            recording.stream(), status=response.status, status_text=response.status_text or None,
            headers=response.headers,
        )  # fmt: skip
        if rendering.mode != "auto" and may_be_kept(response, rendering):
            # In the other mode the handler may still read something that makes it this client's alone.
            describe(sent.headers, rendering)
        if self._left:
            recording.leave()
        else:
            self._recording = recording
            self.response.set_result(sent)
        patience = asyncio.get_running_loop().call_later(_PATIENCE, self._let_others_go)
        try:
            content = await recording.run(response.body)
        finally:
            patience.cancel()
        entry = None if content is None else self._entry(response, content, began)
        if entry is not None:
            await self._handler.put(self._asked.kept_under(rendering), entry)
            self.stored = True
        if not self.shared.done():
            self.shared.set_result(entry if self._is_for_all() else None)

    def _is_for_all(self) -> bool:
        """Whether those who wait would get the same: not where it has turned out that each gets what he takes."""
        return self._rendering.variant is None or self._asked.negotiated

    def _entry(self, response: Response, content: bytes, began: float) -> CacheEntry:
        return entry_of(response, content, self._rendering, began=began, source=self._asked.source)

    def _tell(self, response: Response, shared: CacheEntry | None) -> None:
        self.response.set_result(response)
        self.shared.set_result(shared)

    def _let_others_go(self) -> None:
        if not self.shared.done():
            self.shared.set_result(None)

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, StopIteration):
            # A future refuses it, since it would end the coroutine that awaits.
            refused = RuntimeError("the handler raised StopIteration")
            refused.__cause__ = error
            error = refused
        told: list[asyncio.Future[Any]] = [self.response] if self.background else [self.response, self.shared]
        for future in told:
            if not future.done():
                future.set_exception(error)
                # Perhaps nobody waits any longer.
                future.exception()
