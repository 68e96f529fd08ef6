"""A cache is asked by coroutines; code without an event loop waits for their answers here.

What is kept in memory is there at once. For all else one thread of ours has a loop, so that a handler on another
thread, or a cell, can wait for it without holding the loop of the server.
"""

from __future__ import annotations

import asyncio
import threading
from functools import cache
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


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="notebook_routes cache", daemon=True).start()
    return loop
