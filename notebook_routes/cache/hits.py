"""How often what is kept was given out."""

from __future__ import annotations

#: Keys whose hits are counted.
_MOST_COUNTED = 10_000


class Hits(dict[str, int]):
    """Counts by key, for people to look at: of this process, and of a bounded number of keys."""

    def count(self, key: str) -> None:
        """It was given out once more."""
        if len(self) >= _MOST_COUNTED and key not in self:
            self.clear()
        self[key] = self.get(key, 0) + 1
