"""What was found about the names of a body of statements: see `scopes.read_names`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast


class Act(Enum):
    """What is done with a name."""

    LOAD = "load"
    STORE = "store"
    AUGMENT = "augment"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a body names something.

    Attributes:
        name: the name.
        act: what happens to it.
        line: the 1-based line.
        column: the column, in bytes of UTF-8, as `ast` counts.
        settled: the name certainly has a value of the body's own by then.
        loops: the loops it stands in, innermost last.
        nested: it stands in a function, a lambda, a generator expression or a class inside the body.
    """

    name: str
    act: Act
    line: int
    column: int
    settled: bool
    loops: tuple[int, ...]
    nested: bool


@dataclass
class BodyNames:
    """What `read_names` found at the own level of a body.

    Attributes:
        occurrences: every use of a name, in evaluation order; of nested scopes only the names from outside.
        declared_global: names in `global` statements, and their line.
        declared_nonlocal: names in `nonlocal` statements, and their line.
        annotated: names of annotations without a value (`page: int`), and their line.
        awaits: lines that only an `async def` can hold.
        yields: lines with a `yield`.
        returns: the `return` statements.
        star_imports: lines with `from module import *`.
    """

    occurrences: list[Occurrence] = field(default_factory=list)
    declared_global: dict[str, int] = field(default_factory=dict)
    declared_nonlocal: dict[str, int] = field(default_factory=dict)
    annotated: dict[str, int] = field(default_factory=dict)
    awaits: list[int] = field(default_factory=list)
    yields: list[int] = field(default_factory=list)
    returns: list[ast.Return] = field(default_factory=list)
    star_imports: list[int] = field(default_factory=list)

    @property
    def bound(self) -> frozenset[str]:
        """The names that the body binds itself, which makes them its locals."""
        # Nested scopes only load from here; a walrus in a generator expression binds here.
        own = {seen.name for seen in self.occurrences if seen.act is not Act.LOAD}
        return frozenset((own | self.annotated.keys()) - self.declared_global.keys() - self.declared_nonlocal.keys())

    @property
    def misplaced(self) -> tuple[int, str] | None:
        """Where the body is that of a module: the first line that belongs into a function, and its word, "return"."""
        found = [
            *((statement.lineno, "return") for statement in self.returns),
            *((line, "yield") for line in self.yields),
            *((line, "await") for line in self.awaits),
        ]
        return min(found, default=None)

    def of(self, name: str) -> list[Occurrence]:
        """The uses of one name at the own level, in evaluation order."""
        return [seen for seen in self.occurrences if seen.name == name and not seen.nested]
