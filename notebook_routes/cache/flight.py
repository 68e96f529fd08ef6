"""One run of a handler, whose answer may be kept, for all who ask for it meanwhile."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
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
from notebook_routes.cache.cancelled import being_cancelled
from notebook_routes.cache.clock import now
from notebook_routes.cache.handler import State, state_of
from notebook_routes.cache.recording import Recording
from notebook_routes.errors import DynamicError
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
#: Seconds for which a stream goes on that nobody reads, so that it can be kept: it may never end.
_UNREAD = 60.0

_log = logging.getLogger("notebook_routes.cache")


class Flight:
    """A run in a task of its own, which goes on when those who wait for it have left.

    Args:
        asked: what is asked for.
        rendering: what the run reads and says.
        run: runs the handler.
        handler: where the answer is kept.
        most_kept: bytes of an answer that is kept.
        anew: what was kept before will not do.

    Attributes:
        shared: the answer for those who did not ask first; None where each needs one of their own.
        background: it is run for no client, and its failure is nobody's.
        began: when the run did.
        stored: whether the answer was kept.
        outdated: a tag of the answer was marked meanwhile: who has come after that needs another.
        elsewhere: another process makes it.
        failed: there is no answer, or that of a failure.
        error: what was raised instead of an answer.
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
        anew: bool = False,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.shared: asyncio.Future[CacheEntry | None] = loop.create_future()
        self.background = rendering.background
        self.began = now()
        self.stored = self.outdated = self.elsewhere = self.failed = False
        self.error: BaseException | None = None
        self._loop = loop
        self._response: asyncio.Future[Response] | None = loop.create_future()
        self._asked = asked
        self._rendering = rendering
        self._run = run
        self._handler = handler
        self._most_kept = most_kept
        self._recording: Recording | None = None
        self._since = self.began if anew else 0.0
        self._left = rendering.background
        self._giving_up: asyncio.TimerHandle | None = None
        self._lease: str | None = None
        self._releasing: asyncio.Task[None] | None = None
        rendering.on_dynamic = self._turned_dynamic
        self.done = loop.create_task(self._fly())

    async def response(self) -> Response:
        """The answer for the one who asked first, who is given it once.

        Raises:
            BaseException: whatever the handler raises.
        """
        awaited = self._response
        assert awaited is not None
        try:
            response = await asyncio.shield(awaited)
        except asyncio.CancelledError:
            self.leave()
            raise
        # A stream knows that its client has left when nobody holds it any more.
        self._response = None
        return response

    @property
    def is_private(self) -> bool:
        """Whether those who ask while it goes on each need a run of their own."""
        shared = self.shared
        return not self.background and shared.done() and shared.exception() is None and shared.result() is None

    def leave(self) -> None:
        """The one who asked first waits no longer; the run goes on, if its answer can be kept."""
        self._left = True
        if self._recording is not None:
            self._recording.leave()
            self._go_on_unread(self._recording)
        elif self._rendering.dynamic is not None:
            self.done.cancel()

    async def _fly(self) -> None:
        try:
            await self._make()
        except BaseException as error:
            self.failed = not isinstance(error, DynamicError)
            if isinstance(error, GeneratorExit) or being_cancelled():
                raise
            # A handler's sys.exit() too belongs to those who wait for its answer.
            self._fail(error)
        finally:
            # Whatever has happened, nobody waits for ever.
            self._rendering.ended = True
            if self._response is not None:
                self._response.cancel()
            self._let_others_go()

    async def _make(self) -> None:
        self._lease = await self._handler.lease(self._asked.looked_up, _LEASE)
        if self._lease is None:
            if self.background:
                self.elsewhere = True
                return
            self._lease = await self._wait_for_other()
        try:
            # Between the look that found nothing and the lease, somebody may have made it.
            if self.elsewhere or await self._is_there():
                return
            self.began = now()
            response = await self._run(self._rendering)
            content = response.content
            if content is None and response.body is not None:
                await self._take_stream(response)
            else:
                await self._take_whole(response, content or b"")
        finally:
            await self._release()

    async def _release(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            await self._handler.release(self._asked.looked_up, lease)

    async def _wait_for_other(self) -> str | None:
        """Another process makes the answer: take it from there, or the lease, whichever comes first."""
        pause, longest = _LOOK_AGAIN
        end = now() + _LEASE
        while now() < end:
            await asyncio.sleep(pause)
            if await self._is_there():
                return None
            lease = await self._handler.lease(self._asked.looked_up, _LEASE)
            if lease is not None:
                return lease
            pause = min(pause * 2, longest)
        return None

    async def _is_there(self) -> bool:
        """Whether another has made it meanwhile, who then has answered."""
        moment = now()
        found = await self._handler.get(self._asked.looked_up)
        if found is None or state_of(found, now()) is not State.FRESH or found.entry.stored < self._since:
            return False
        self.stored = self.elsewhere = True
        self._tell(answer(found.entry, HIT, age=moment - found.entry.stored), found.entry)
        return True

    async def _take_whole(self, response: Response, content: bytes) -> None:
        rendering = self._rendering
        rendering.ended = True
        self.failed = response.status >= 500
        if not may_be_kept(response, rendering) or len(content) > self._most_kept:
            shared = may_be_shared(response, rendering) and self._is_for_all()
            self._tell(response, passing_entry(response, content) if shared else None)
            return
        entry = self._entry(response, content)
        await self._keep(entry)
        self._tell(answer(entry, MISS if self.stored else None), entry if self._is_for_all() else None)

    async def _take_stream(self, response: Response) -> None:
        rendering = self._rendering
        recording = Recording(self._most_kept, lambda: may_be_kept(response, rendering))
        self._recording = recording
        self.failed = response.status >= 500
        assert response.body is not None
        if not recording.is_kept:
            self._wait_no_longer()
            if self._left:
                await response.body.cancel("nobody waits for it")
                return
        if self._left:
            recording.leave()
            self._go_on_unread(recording)
        else:
            self._tell_stream(response, recording)
        patience = self._loop.call_later(_PATIENCE, self._wait_no_longer)
        try:
            content = await recording.run(response.body)
        finally:
            patience.cancel()
            if self._giving_up is not None:
                self._giving_up.cancel()
        rendering.ended = True
        entry = None if content is None else self._entry(response, content)
        if entry is not None:
            await self._keep(entry)
        elif recording.error is not None and self.background:
            self._broke_off(recording.error)
        if not self.shared.done():
            self.shared.set_result(entry if self._is_for_all() else None)

    def _is_for_all(self) -> bool:
        """Whether those who wait would get the same: not where it has turned out that each gets what he takes."""
        return self._rendering.variant is None or self._asked.negotiated

    def _tell_stream(self, response: Response, recording: Recording) -> None:
        rendering = self._rendering
        sent = Response(
            recording.stream(self.leave),
            status=response.status,
            status_text=response.status_text or None,
            headers=response.headers,
        )
        if rendering.mode != "auto" and recording.is_kept:
            # In the other mode the handler may still read something that makes it this client's alone.
            describe(sent.headers, rendering)
        if self._response is not None and not self._response.done():
            self._response.set_result(sent)

    def _go_on_unread(self, recording: Recording) -> None:
        if self._rendering.ended:
            return
        if not recording.is_kept:
            self.done.cancel()
        elif self._giving_up is None:
            self._giving_up = self._loop.call_later(_UNREAD, self.done.cancel)

    def _broke_off(self, error: BaseException) -> None:
        """The stream of a run that nobody waits for has failed."""
        self.error, self.failed = error, not isinstance(error, DynamicError)
        if self.failed:
            _log.error("%s broke off where nobody waited for it", self._rendering.label, exc_info=error)

    async def _keep(self, entry: CacheEntry) -> None:
        key = self._asked.kept_under(self._rendering)
        await self._handler.put(key, entry)
        # It may be too large for the store, or the store may be out of reach.
        found = await self._handler.get(key)
        self.stored = found is not None
        self.outdated = found is not None and state_of(found, now()) is None

    def _entry(self, response: Response, content: bytes) -> CacheEntry:
        return entry_of(response, content, self._rendering, began=self.began, source=self._asked.source)

    def _tell(self, response: Response, shared: CacheEntry | None) -> None:
        if self._response is not None and not self._response.done():
            self._response.set_result(response)
        if not self.shared.done():
            self.shared.set_result(shared)

    def _turned_dynamic(self) -> None:
        """From whatever thread: the others need not wait for an answer that is none of theirs."""
        with suppress(RuntimeError):
            # The loop is closed: the server was stopped.
            self._loop.call_soon_threadsafe(self._no_longer_shared)

    def _no_longer_shared(self) -> None:
        self._wait_no_longer()
        if self._left and not self.background:
            self.done.cancel()

    def _wait_no_longer(self) -> None:
        """Those who wait, in other processes too, have answers of their own, though the run goes on."""
        self._let_others_go()
        if self._lease is not None:
            self._releasing = self._loop.create_task(self._release())

    def _let_others_go(self) -> None:
        if not self.shared.done():
            self.shared.set_result(None)

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, StopIteration):
            # A future refuses it, since it would end the coroutine that awaits.
            refused = RuntimeError("the handler raised StopIteration")
            refused.__cause__ = error
            error = refused
        self.error = error
        _raise_in(self._response, error)
        if self._rendering.dynamic is None and not self.background:
            _raise_in(self.shared, error)


def _raise_in(future: asyncio.Future[Any] | None, error: BaseException) -> None:
    if future is not None and not future.done():
        future.set_exception(error)
        # Perhaps nobody waits any longer.
        future.exception()
