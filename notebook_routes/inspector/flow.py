"""What a page is told of a run: as it happens, but not more often and not more than a page can show."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds between two batches.
PAUSE = 0.1
#: Items of one batch, the newest.
MOST_ITEMS = 200
#: Characters of one batch.
_MOST_TEXT = 256 * 1024


class Flow:
    """Gathers items into batches; the first goes at once.

    Args:
        tell: called with what one batch says.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._items: deque[tuple[float, str, str]] = deque()
        self._length = 0
        self._dropped = 0
        self._state: dict[str, Any] = {}
        self._last = -PAUSE
        self._waiting: asyncio.TimerHandle | None = None

    def add(self, item: tuple[float, str, str]) -> None:
        """One more item: seconds since the start, kind, text."""
        self._items.append(item)
        self._length += len(item[2])
        while len(self._items) > MOST_ITEMS or (self._length > _MOST_TEXT and len(self._items) > 1):
            self._length -= len(self._items.popleft()[2])
            self._dropped += 1

    def set(self, **state: Any) -> None:
        """What is so from now on; told with the next batch, which is sent as soon as it may be."""
        self._state |= state
        if self._waiting is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._last + PAUSE - loop.time()
        if wait <= 0:
            self.flush()
        else:
            self._waiting = loop.call_later(wait, self.flush)

    def flush(self) -> None:
        """Tell what there is to tell now."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        said, self._state = self._state, {}
        if self._items:
            said["items"] = [list(item) for item in self._items]
            self._items.clear()
            self._length = 0
        if self._dropped:
            said["dropped"], self._dropped = self._dropped, 0
        if said:
            self._last = asyncio.get_running_loop().time()
            self._tell(said)
