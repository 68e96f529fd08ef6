"""What has happened to one name while a notebook ran."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_routes.project.statements import Statement


@dataclass
class Timeline:
    """The statements that bind, change or delete a name, in order.

    A time is the number of statements that have run; the statement of a time is the one that runs then.

    Attributes:
        name: the name.
        times: when they ran.
        first: when the name is bound first, perhaps; None if it never is.
    """

    name: str
    times: list[int] = field(default_factory=list)
    first: int | None = None
    #: For each of the times the place of the one that gave the value, -1 before the first.
    _begins: list[int] = field(default_factory=list, repr=False)
    _bound: list[bool] = field(default_factory=list, repr=False)
    #: Those whose needs depend on when the value is used.
    _lasting: list[int] = field(default_factory=list, repr=False)

    def add(self, time: int, statement: Statement, *, lasts: bool) -> None:
        """Note what a statement does to the name.

        Args:
            time: when it ran, after all before.
            statement: what ran.
            lasts: whether what it needs depends on when the value is used.
        """
        place = len(self.times)
        binds = self.name in statement.names
        if self.name in statement.deletes:
            begins, binds = place + 1, False
        elif self.name in statement.binds:
            begins = place
        else:
            begins = self._begins[-1] if self._begins else -1
        self.times.append(time)
        self._begins.append(begins)
        self._bound.append(binds or (begins < place and self._bound[-1:] == [True]))
        if lasts:
            self._lasting.append(time)
        if self.first is None and self.name in statement.names:
            self.first = time

    def is_bound(self, time: int) -> bool:
        """Whether the name has a value at a time, perhaps."""
        place = self.place(time)
        return place >= 0 and self._bound[place]

    def place(self, time: int) -> int:
        """The place of the last thing that happened before a time, -1 if nothing did."""
        return bisect_left(self.times, time) - 1

    def is_beginning(self, place: int) -> bool:
        """Whether nothing before this place matters to the value any more."""
        return not place or self._begins[place] == place

    def last_change(self, since: int, until: int) -> int | None:
        """The place of what last changes, before a time, the value that the name has after an earlier one."""
        first, last = self.place(since + 1) + 1, self.place(until)
        if first > last or self._begins[first] >= first:
            return None
        return min(last, bisect_right(self._begins, self._begins[first]) - 1)

    def lasting(self, until: int, *, since: int = 0) -> Sequence[int]:
        """Of what made the value that the name has at a time, when those ran whose needs depend on when it is used.

        Args:
            until: the time.
            since: from when on they are looked at.
        """
        begins = self._begins[self.place(until)]
        first = bisect_left(self._lasting, max(since, self.times[begins] if begins >= 0 else 0))
        return self._lasting[first : bisect_left(self._lasting, until)]
