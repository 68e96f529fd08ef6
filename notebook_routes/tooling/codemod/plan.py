"""What a codemod would do: files to write, files to remove, sources that it leaves alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

#: How every comment of a codemod begins that asks a person to look.
TODO = "# TODO(codemod): "
_TODO_LINE = re.compile(rf"^\s*{re.escape(TODO)}(?P<reason>.*)$")


class NotUnderstood(Exception):
    """A source that a codemod leaves alone, byte for byte; the message says why, and where.

    Attributes:
        line: the 1-based line that is to blame, None where it is the whole.
    """

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.line = line


@dataclass(frozen=True)
class Todo:
    """A place that a person has to look at.

    Attributes:
        path: the file that was written.
        line: counted from 1, in the file; for a notebook in all the text of its cells.
        reason: why.
    """

    path: Path
    line: int
    reason: str


@dataclass(frozen=True)
class Write:
    """One file to write.

    Attributes:
        path: the file.
        content: what it will hold.
        before: the text that it comes from, for the difference.
        after: its text, for the difference and for TODO comments; of a notebook the text of its cells.
        origin: the file that `before` is from.
    """

    path: Path
    content: bytes
    before: str
    after: str
    origin: Path

    @property
    def todos(self) -> Iterator[Todo]:
        """The places in it that a person has to look at."""
        for number, line in enumerate(self.after.split("\n"), start=1):
            found = _TODO_LINE.match(line)
            if found is not None:
                yield Todo(self.path, number, found["reason"])


@dataclass
class Plan:
    """What is to be done for all sources.

    Attributes:
        writes: files to write.
        removes: sources that are written elsewhere now.
        routes: the routes that were made, "GET /products/[id]".
        left: sources that are left alone, each with the reason.
    """

    writes: list[Write] = field(default_factory=list)
    removes: list[Path] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)
    left: dict[Path, str] = field(default_factory=dict)

    @property
    def todos(self) -> list[Todo]:
        """The places that a person has to look at."""
        return [todo for write in self.writes for todo in write.todos]

    def add(self, other: Plan) -> None:
        """Take in what is to be done for another source."""
        self.writes += other.writes
        self.removes += other.removes
        self.routes += other.routes
        self.left |= other.left


def plan_each(sources: Iterable[Path], plan_one: Callable[[Path], Plan]) -> Plan:
    """Plan for each source by itself; those that are not understood are left alone, with the reason."""
    made = Plan()
    for source in sources:
        try:
            made.add(plan_one(source))
        except NotUnderstood as reason:
            made.left[source] = str(reason)
    return made
