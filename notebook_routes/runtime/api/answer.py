"""The answer of an API Route while the handler puts it together.

`res` may be used from any thread, and after the handler has returned: a timer or a task may still answer. Only when
nothing refers to `res` any longer is it certain that no answer will come; then the client is told so at once, where
Next.js would leave it waiting for ever.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_routes.web import Response


class Answer:
    """What `res` fills, and who answers the client waits for; made on the loop.

    Attributes:
        response: what was put together, None until then.
        loop: the server's.
    """

    def __init__(self) -> None:
        self.response: Response | None = None
        self.loop = asyncio.get_running_loop()
        self._lost = False
        self._waiter: asyncio.Future[None] | None = None

    def give(self, response: Response) -> None:
        """This is the answer."""
        self.response = response
        self._tell()

    def lose(self) -> None:
        """No answer can come any longer."""
        self._lost = True
        self._tell()

    async def wait(self) -> Response | None:
        """The answer; None where none can come any longer."""
        # The waiter is set before the look, so that nothing from a thread is missed.
        self._waiter = waiter = self.loop.create_future()
        if self.response is None and not self._lost:
            await waiter
        return self.response

    def is_on_loop(self) -> bool:
        """Whether the code that asks runs on the server's loop, which must not be held up."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    def _tell(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            with suppress(RuntimeError):
                # A loop that is closed has nobody who waits.
                self.loop.call_soon_threadsafe(_wake, waiter)


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
