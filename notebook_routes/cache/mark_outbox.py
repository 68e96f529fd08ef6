"""Marks that the others do not know of yet: one per tag, kept until a store has taken them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from notebook_routes.cache.marks import TagMark

if TYPE_CHECKING:
    from collections.abc import Iterable

_NO_MARK = TagMark()


class MarkOutbox:
    """Keeps marks until they were written; a mark that is written twice does no harm."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, TagMark] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, tags: Iterable[str], at: float, *, expire: float = 0.0) -> None:
        """Keep a mark; see `TagMark.marked`."""
        with self._lock:
            for tag in tags:
                self._waiting[tag] = self._waiting.get(tag, _NO_MARK).marked(at, expire=expire)

    def waiting(self) -> dict[str, TagMark]:
        """What is to be written, as it is now."""
        with self._lock:
            return dict(self._waiting)

    def written(self, marks: dict[str, TagMark]) -> None:
        """Forget what was written; where more has happened to a tag since, that is kept."""
        with self._lock:
            for tag, mark in marks.items():
                if self._waiting.get(tag) == mark:
                    del self._waiting[tag]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._waiting.clear()
