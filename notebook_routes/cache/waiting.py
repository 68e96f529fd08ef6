"""A cache is asked by coroutines; code without an event loop waits for their answers here.

What is kept in memory is there at once. For all else one thread of ours has a loop, so that a handler on another
thread, or a cell, can wait for it without holding the loop of the server.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

from notebook_routes.cache.memory import MemoryCache

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from notebook_routes.cache.handler import CacheHandler

T = TypeVar("T")


def blocking(handler: CacheHandler, ask: Callable[[], Coroutine[None, None, T]]) -> T:
    """What `ask()` gives, once it does; it asks `handler`, and nothing else.

    Raises:
        Exception: whatever it raises.
    """
    if not isinstance(handler, MemoryCache):
        return asyncio.run_coroutine_threadsafe(ask(), _loop()).result()
    asked = ask()
    try:
        asked.send(None)
    except StopIteration as ended:
        value: T = ended.value
        return value
    asked.close()
    raise RuntimeError("memory has nothing to wait for")


def stop_waiting() -> None:
    """End the thread that waits, if there is one; what is still waited for is cancelled. `blocking` begins another."""
    global _thread
    with _lock:
        thread, _thread = _thread, None
    if thread is not None:
        thread.stop()


class _LoopThread(threading.Thread):
    """A thread whose event loop runs until it is stopped."""

    def __init__(self) -> None:
        super().__init__(name="notebook_routes cache", daemon=True)
        self.loop = asyncio.new_event_loop()

    def run(self) -> None:
        self.loop.run_forever()
        self.loop.run_until_complete(_cancel_others())
        # Connections to Redis are closed so.
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.join()


async def _cancel_others() -> None:
    # Who waits is told, or would wait for ever.
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


_lock = threading.Lock()
_thread: _LoopThread | None = None


def _loop() -> asyncio.AbstractEventLoop:
    global _thread  # noqa: PLW0603 - one for the process
    with _lock:
        if _thread is None:
            _thread = _LoopThread()
            _thread.start()
        return _thread.loop
