"""The inspector on a loop that runs anyway, where no thread can start; has the face of `InspectorThread`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


class InspectorLoop:
    """Takes messages and answers them in turn with all else that the loop does.

    Args:
        loop: the kernel's.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ending: asyncio.Task[None] | None = None

    def call(self, function: Callable[..., object], *arguments: Any) -> bool:
        """Have a function called on the loop, soon and not now; False where it was stopped."""
        if self._ending is not None or self.loop.is_closed():
            return False
        self.loop.call_soon(function, *arguments)
        return True

    async def aside(self, work: Callable[[], T]) -> T:
        """What a function gives; nothing else can run meanwhile."""
        return work()

    def stop(self, ending: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Have `ending` awaited soon; whoever calls this may be on the loop, and cannot wait for it."""
        if self._ending is None and not self.loop.is_closed():
            self._ending = self.loop.create_task(ending())
