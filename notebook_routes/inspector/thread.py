"""The inspector's own thread with its own loop, beside the kernel's and the server's.

Whatever the kernel does meanwhile, messages of the page are taken and answered here. A selector loop on every platform,
as the server has one.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

#: Seconds for what still runs to end when the thread is stopped.
_LAST_TIME = 1.0


class InspectorPlace(Protocol):
    """Where the inspector lives: `InspectorThread`, or `InspectorLoop` where there are no threads."""

    def call(self, function: Callable[..., object], *arguments: Any) -> bool:
        """Have a function called there, from anywhere; False where it has ended."""

    async def aside(self, work: Callable[[], T]) -> T:
        """What a function gives that may wait for a disk or another machine."""
        ...

    def stop(self, ending: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Await `ending` there, and end."""


class InspectorThread:
    """A daemon thread that runs a loop from the beginning until `stop`."""

    def __init__(self) -> None:
        self.loop = asyncio.SelectorEventLoop()
        self._ending: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._aside: ThreadPoolExecutor | None = None
        self._thread = threading.Thread(target=self._run, name="notebook_routes inspector", daemon=True)
        # A breakpoint in a cell must not stop the inspector: debugpy leaves threads marked so alone.
        self._thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
        self._thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]
        self._thread.start()

    def call(self, function: Callable[..., object], *arguments: Any) -> bool:
        """Have a function called on the thread, from any thread; False where it has ended."""
        try:
            self.loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            # The loop is closed.
            return False
        return True

    async def aside(self, work: Callable[[], T]) -> T:
        """What a function gives that may wait for a disk or another machine."""
        if self._aside is None:
            self._aside = ThreadPoolExecutor(1, thread_name_prefix="notebook_routes inspector cache")
        return await self.loop.run_in_executor(self._aside, work)

    def stop(self, ending: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Await `ending` on the thread, cancel what runs there, and wait for its end; not from the thread itself."""
        self._ending = ending
        if self.call(self.loop.stop):
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            if self._ending is not None:
                self.loop.run_until_complete(self._ending())
            if self._aside is not None:
                self._aside.shutdown(wait=False, cancel_futures=True)
            self.loop.run_until_complete(_end_tasks())
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            self.loop.close()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_LAST_TIME)
