"""The marks of many tags, in memory: of the tags marked last one by one, of the older ones together."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from notebook_routes.cache.marks import TagMark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from notebook_routes.cache.entry import CacheEntry

#: Tags that are remembered one by one.
MOST_TAGS = 100_000
_NO_MARK = TagMark()


class MarkTable:
    """What is known about tags; whoever uses it from several threads holds a lock.

    Args:
        most_tags: of so many tags what happened to them is remembered; beyond that, what is older goes as a whole.
    """

    def __init__(self, most_tags: int = MOST_TAGS) -> None:
        self._most_tags = most_tags
        self._marks: OrderedDict[str, TagMark] = OrderedDict()
        #: The moment of the newest mark: none has a bearing on what was made since.
        self._newest = 0.0
        #: Stands for all tags that are remembered no more.
        self._forgotten = _NO_MARK

    def __len__(self) -> int:
        return len(self._marks)

    def mark(self, tag: str, at: float, *, expire: float = 0.0) -> None:
        """See `TagMark.marked`."""
        self._marks[tag] = self._marks.pop(tag, _NO_MARK).marked(at, expire=expire)
        self._newest = max(self._newest, at)
        if len(self._marks) > self._most_tags:
            _, oldest = self._marks.popitem(last=False)
            # Of which entries it was the tag is not known: all that are older go.
            self.expire_all(oldest.stale)

    def expire_all(self, at: float) -> None:
        """All entries made until then are gone, whatever their tags."""
        self._forgotten = self._forgotten.marked(at)
        self._newest = max(self._newest, at)

    def of(self, entry: CacheEntry, tags: Collection[str] = ()) -> tuple[TagMark, ...]:
        """The marks that can have a bearing on an entry: those of its tags, of `tags`, and of what was forgotten."""
        if entry.stored > self._newest:
            return ()
        known = self._marks
        found = [known[tag] for tag in (*entry.tags, *tags) if tag in known]
        return (*found, self._forgotten) if self._forgotten.expired else tuple(found)

    def steps(self) -> Iterator[tuple[str | None, float, float]]:
        """All that is known, as tag, `at` and `expire`; None stands for all tags."""
        for at, expire in self._forgotten.steps():
            yield None, at, expire
        for tag, mark in self._marks.items():
            for at, expire in mark.steps():
                yield tag, at, expire

    def clear(self) -> None:
        """Forget everything."""
        self._marks.clear()
        self._newest = 0.0
        self._forgotten = _NO_MARK
