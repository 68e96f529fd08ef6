"""The answer of an API Route while the handler puts it together.

`res` may be used from any thread, and after the handler has returned: a timer or a task may still answer. Only when
nothing refers to `res` any longer is it certain that no answer will come; then the client is told so at once, where
Next.js would leave it waiting for ever.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from notebook_routes.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from notebook_routes.runtime.loop_watch import LoopWatch
    from notebook_routes.web import Headers, Response


class Head(NamedTuple):
    """What goes out before the body."""

    status: int
    status_text: str | None
    headers: Headers


class Answer:
    """What `res` fills, and who answers the client waits for; made on the loop.

    Attributes:
        response: what was put together, None until then; and None where it goes out piece by piece.
        head: what was said before the first piece, where the answer goes out piece by piece; None until then.
        ended: whether nothing can be added any more.
        opened: whether the pieces are read while the handler runs.
        lock: held by who ends the answer or opens it.
        pieces: what was written, and has not gone out.
        streams: whether pieces go out as they are written, and not at the end.
        loop: the server's.
        watch: sees who holds it.
    """

    def __init__(self) -> None:
        self.response: Response | None = None
        self.head: Head | None = None
        self.ended = self.opened = False
        self.lock = Lock()
        self.pieces: deque[bytes] = deque()
        self.streams = False
        self.loop = asyncio.get_running_loop()
        self.watch: LoopWatch | None = None
        self._lost = False
        self._waiter: asyncio.Future[None] | None = None

    def begin(self, head: Head) -> None:
        """Headers can be set no more: the pieces go out from now on."""
        self.head = head
        self.tell()

    def give(self, response: Response) -> None:
        """This is the answer."""
        self.response = response
        self.end()

    def end(self) -> None:
        """There are no further pieces."""
        self.ended = True
        self.tell()

    def lose(self) -> None:
        """No answer can come any longer."""
        self._lost = True
        self.tell()

    async def wait(self) -> Response | None:
        """The answer as a whole; None where none can come any longer."""
        while self.response is None and not self._lost:
            await self._told()
        return self.response

    async def wait_for_head(self, work: asyncio.Task[Any]) -> None:
        """Until the handler's work is done, or the first piece is to go out before that."""
        work.add_done_callback(self.tell)
        while not work.done() and (self.head is None or self.ended):
            await self._told()

    def open(self) -> bool:
        """Have the pieces read from now on; False where the answer has been ended as a whole meanwhile."""
        with self.lock:
            self.opened = self.head is not None and not self.ended
            return self.opened

    async def written(
        self, work: asyncio.Task[Any], missing: str, go_on: Callable[[asyncio.Task[Any]], object]
    ) -> AsyncGenerator[bytes, None]:
        """The pieces as the handler's work writes them; to close this before the end is to cancel it.

        Args:
            work: the handler's.
            missing: said where it has returned, and nobody can end the answer any more.
            go_on: given the work when the answer has been ended.

        Raises:
            AnswerError: nobody can.
            Exception: what the handler raises before the end.
        """
        handed_over = False
        try:
            yield b""  # taken beforehand: a generator that has not begun closes nothing
            while self.pieces or not self.ended:
                if self.pieces:
                    yield self.pieces.popleft()
                elif work.done() and work.exception() is not None:
                    break
                elif self._lost:
                    raise AnswerError(missing)
                else:
                    await self._told()
            handed_over = self.ended
            if handed_over:
                go_on(work)
            else:
                await work
        finally:
            if not handed_over:
                await given_up(work)

    def is_on_loop(self) -> bool:
        """Whether the code that asks runs on the server's loop, which must not be held up."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    def tell(self, _work: object = None) -> None:
        """Have those who wait look again; from any thread."""
        waiter = self._waiter
        if waiter is not None:
            with suppress(RuntimeError):
                # A loop that is closed has nobody who waits.
                self.loop.call_soon_threadsafe(_wake, waiter)

    async def _told(self) -> None:
        """Until something has happened, or at once, so that one looks again."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            # Set before the look, so that nothing from a thread is missed.
            self._waiter = self.loop.create_future()
            return
        await waiter


async def given_up(work: asyncio.Task[Any]) -> None:
    """Cancel a handler's work that nobody waits for, and see it end."""
    if not work.done():
        work.cancel()
        await asyncio.wait([work])


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class AnsweredError(Exception):
    """A handler has failed after it had ended its answer; its cause is what was raised.

    Attributes:
        response: the answer.
    """

    def __init__(self, response: Response) -> None:
        super().__init__("the handler failed after it had answered")
        self.response = response
