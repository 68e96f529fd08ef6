"""What happens to a tag: not to each of its entries, which may be a million, but one line about the tag itself.

An entry is held against the marks of its tags whenever it is read. A mark says from which moment on older entries are
stale, and from which on they are gone; `revalidate_tag(tag, {"expire": 60})` makes them stale now and gone in a minute.
"""

from __future__ import annotations

from typing import NamedTuple


class TagMark(NamedTuple):
    """All that has been said about one tag; moments in seconds since the epoch, 0 for never.

    Attributes:
        stale: entries made until then are stale.
        expired: entries made until then are gone.
        pending: entries made until then will be gone,
        due: from this moment on.
    """

    stale: float = 0.0
    expired: float = 0.0
    pending: float = 0.0
    due: float = 0.0

    def marked(self, at: float, *, expire: float = 0.0) -> TagMark:
        """This, and that at the moment `at` all entries became stale, and are gone `expire` seconds later.

        Where two such delays overlap, the shorter holds for both: an entry may go early, and never late.
        """
        stale, expired, pending, due = self
        if pending and due <= at:
            expired, pending, due = max(expired, pending), 0.0, 0.0
        if expire <= 0:
            if pending <= at:
                # What was to go later goes now.
                pending = due = 0.0
            return TagMark(max(stale, at), max(expired, at), pending, due)
        gone = at + expire
        return TagMark(max(stale, at), expired, max(pending, at), min(due, gone) if pending else gone)

    def steps(self) -> list[tuple[float, float]]:
        """What to hand to `marked`, one after the other, to say all of this again: `at` and `expire`."""
        at_once = [(self.expired, 0.0)] if self.expired else []
        return [*at_once, (self.pending, self.due - self.pending)] if self.pending else at_once

    def expires(self, stored: float, now: float) -> bool:
        """Whether an entry made then is gone."""
        return stored <= self.expired or (stored <= self.pending and self.due <= now)
