"""Which statements of a notebook a piece of code needs.

From the names that it uses, backwards through what ran: to the statement that bound each name last, to those that have
filled or changed its value since, and so on with the names that these use. A name that a function uses is needed as it
is when the function is called. So a plot, a print or a look at a table is never part of it, unless something needs it.
"""

from __future__ import annotations

import ast
import builtins
from bisect import bisect_left
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.project.notebook_source import Verdict
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from notebook_routes.project.statements import Statement

#: Names that IPython gives a notebook, and no module has.
_IPYTHONS = {
    "display": "from IPython.display import display",
    "get_ipython": None,
    "In": None,
    "Out": None,
    "_": None,
    "__": None,
    "___": None,
}
_MODULES_OWN = frozenset({"__name__", "__file__", "__doc__", "__builtins__", "__debug__"})


@dataclass(frozen=True)
class Want:
    """A name that is needed.

    Attributes:
        name: the name.
        time: what has run by then: the number of statements.
        asker: who needs it, for messages.
    """

    name: str
    time: int
    asker: str


@dataclass
class Slice:
    """What is needed.

    Attributes:
        statements: their places in the history.
        public: names of `notebook_routes`.
        problems: sentences about names that cannot be had.
    """

    statements: set[int] = field(default_factory=set)
    public: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    #: Statements whose needs are known, each with the moment until which they hold.
    settled: set[tuple[int, int]] = field(default_factory=set, repr=False)


class Slicer:
    """Finds what is needed among the statements that ran.

    Args:
        history: the statements in the order in which they ran.
        public: the names that a notebook has from `notebook_routes` without an import.
        responses: names that `%%request` cells bind, which no tree has.
        defined: names that a kernel has, wherever from.
        newest: the text of each cell as it ran last, by its id.

    Attributes:
        history: the same, without statements that are to be skipped.
        effects: for each statement the names whose values it changes, also through the functions that it calls.
        lost: places of cells that were edited, with the names that they changed before and do not change now.
    """

    def __init__(
        self,
        history: Sequence[Statement],
        *,
        public: Iterable[str] = (),
        responses: Iterable[str] = (),
        defined: Iterable[str] = (),
        newest: Mapping[str, str] | None = None,
    ) -> None:
        self.history = history
        self.effects: list[frozenset[str]] = []
        self.lost: dict[str, frozenset[str]] = {}
        self._newest = newest or {}
        self._public = frozenset(public)
        self._responses = frozenset(responses)
        self._defined = frozenset(defined)
        self._skipped: dict[str, str] = {}
        self._events: dict[str, list[int]] = defaultdict(list)
        self._functions: dict[str, Statement] = {}
        self._holders: dict[str, frozenset[str]] = {}
        self._modules: set[str] = set()
        self._ran: dict[tuple[str, str], int] = {}
        self._lost_in: dict[str, str] = {}
        self._sources: dict[int, frozenset[str]] = {}
        for time, statement in enumerate(history):
            self._take(time, statement)
        self._forget_lost()

    @property
    def end(self) -> int:
        """The time when everything has run."""
        return len(self.history)

    @property
    def futures(self) -> frozenset[str]:
        """What plain cells import from `__future__`."""
        return frozenset[str]().union(*(statement.futures for statement in self.history))

    def need(self, wants: Iterable[Want], *, also: Iterable[int] = ()) -> Slice:
        """Find all that some names need.

        Args:
            wants: the names.
            also: statements that are needed anyway.
        """
        found = Slice()
        todo = deque(wants)
        for time in also:
            self._include(time, self.end, found, todo)
        seen: set[tuple[str, int]] = set()
        while todo:
            want = todo.popleft()
            if (want.name, want.time) not in seen:
                seen.add((want.name, want.time))
                self._find(want, found, todo)
        found.problems = list(dict.fromkeys(found.problems))
        return found

    def binders(self, name: str) -> list[int]:
        """The statements that bind a name, perhaps."""
        return [time for time in self._events.get(name, ()) if name in self.history[time].names]

    def effects_of_calls(self, names: Iterable[str]) -> frozenset[str]:
        """The names that functions, called now, change or bind, and those that these call."""
        found: set[str] = set()
        todo, seen = list(names), set()
        while todo:
            name = todo.pop()
            statement = self._functions.get(name)
            if name in seen or statement is None:
                continue
            seen.add(name)
            found |= statement.changes_later | statement.rebinds_later
            todo.extend(statement.calls_later)
        return frozenset(found)

    # -- what ran

    def _take(self, time: int, statement: Statement) -> None:
        if statement.verdict is Verdict.SKIP:
            self._skipped |= dict.fromkeys(statement.names, statement.place)
            self.effects.append(frozenset())
            return
        given = self.effects_of_calls(statement.given)
        effects = self._changed(statement) | self.effects_of_calls(statement.calls) | given
        effects |= self._effects_of_decorators(statement)
        statement.may_bind |= self._rebound(statement) - statement.binds
        if self._is_repeated(time, statement, effects) or self._is_lost(statement, effects):
            self.effects.append(frozenset())
            return
        self.effects.append(effects)
        for name in statement.names | statement.deletes | effects:
            self._events[name].append(time)
        returned = frozenset[str]().union(
            *(self._functions[name].returns for name in statement.calls if name in self._functions)
        )
        self._sources[time] = returned.union(*statement.aliases.values())
        for name in statement.names:
            held = statement.aliases.get(name, frozenset()) | returned | given
            self._holders[name] = self._with_holders(held) - {name}
            if statement.is_definition:
                self._functions[name] = statement
            else:
                self._functions.pop(name, None)
        self._modules -= statement.names
        self._modules |= {
            alias.asname or alias.name.partition(".")[0]
            for node in statement.nodes
            if isinstance(node, ast.Import)
            for alias in node.names
        }

    def _effects_of_decorators(self, statement: Statement) -> frozenset[str]:
        """What a function changes that is called with another one; what it puts around that runs later."""
        found: frozenset[str] = frozenset()
        for name in statement.decorators & self._functions.keys():
            at_once = self._functions[name].at_once
            is_class = not at_once and isinstance(self._functions[name].nodes[-1], ast.ClassDef)
            found |= self.effects_of_calls({name} if is_class else at_once)
            found |= at_once - self._functions.keys()
        return found

    def _rebound(self, statement: Statement) -> frozenset[str]:
        """What functions bind by `global` that a statement calls: `def connect(): global db; db = ...`."""
        found: set[str] = set()
        todo, seen = list(statement.calls), set[str]()
        while todo:
            name = todo.pop()
            function = self._functions.get(name)
            if name not in seen and function is not None:
                seen.add(name)
                found |= function.rebinds_later
                todo.extend(function.calls_later)
        return frozenset(found)

    def _is_repeated(self, time: int, statement: Statement, effects: frozenset[str]) -> bool:
        """Whether a cell was only run again: it did the same before, and nothing has touched its names since."""
        if statement.cell.id is None or not (statement.names or effects):
            return False
        before = self._ran.get((statement.cell.id, statement.text))
        self._ran[statement.cell.id, statement.text] = time
        touched = (self._events[name][-1:] for name in statement.names | effects)
        if before is None or any(last != [before] for last in touched):
            return False
        self._ran[statement.cell.id, statement.text] = before
        return True

    def _is_lost(self, statement: Statement, effects: frozenset[str]) -> bool:
        """Whether it only changed something, in a cell that says something else now."""
        cell = statement.cell
        if not cell.former or cell.id is None or statement.names or not effects:
            return False
        if statement.text in self._newest.get(cell.id, ""):
            return False
        self.lost[statement.place] = effects
        self._lost_in[statement.place] = cell.id
        return True

    def _forget_lost(self) -> None:
        """A name that the cell changes now as well is not lost, but changed otherwise."""
        changed: dict[str, set[str]] = defaultdict(set)
        for statement, effects in zip(self.history, self.effects, strict=True):
            if statement.cell.id is not None and not statement.cell.former:
                changed[statement.cell.id] |= effects
        for place, names in tuple(self.lost.items()):
            self.lost[place] = names - changed[self._lost_in[place]]

    def _changed(self, statement: Statement) -> frozenset[str]:
        # A cell may bind a name and change it in one statement: `with open(...) as file: file.write(...)`.
        for name in statement.names & statement.changes & statement.aliases.keys():
            self._holders[name] = self._with_holders(statement.aliases[name]) - {name}
        changed = self._with_holders(statement.changes)
        return frozenset(name for name in changed if name not in self._modules or name in statement.setups)

    def _with_holders(self, names: frozenset[str]) -> frozenset[str]:
        """The names, and those whose values hold theirs."""
        return names.union(*(self._holders.get(name, frozenset()) for name in names))

    # -- what is needed

    def _find(self, want: Want, found: Slice, todo: deque[Want]) -> None:
        events = self._events.get(want.name, [])
        changed: list[int] = []
        bound = False
        for place in range(bisect_left(events, want.time) - 1, -1, -1):
            time = events[place]
            statement = self.history[time]
            if want.name in statement.deletes:
                break
            changed.append(time)
            bound |= want.name in statement.names
            if want.name in statement.binds:
                break
        if bound:
            for time in changed:
                self._include(time, want.time, found, todo)
        elif want.time < self.end and self._is_bound_later(want):
            found.problems.append(
                f"{want.asker} uses {want.name}, which is not defined until {self._first(want)}: "
                "from top to bottom, the notebook does not run"
            )
        else:
            self._find_elsewhere(want, found)

    def _is_bound_later(self, want: Want) -> bool:
        return any(time >= want.time for time in self.binders(want.name))

    def _first(self, want: Want) -> str:
        return self.history[self.binders(want.name)[0]].place

    def _find_elsewhere(self, want: Want, found: Slice) -> None:
        if want.name in self._public:
            found.public.add(want.name)
        elif not hasattr(builtins, want.name) and want.name not in _MODULES_OWN:
            found.problems.append(f"{want.asker} uses {want.name}, {self._why_not(want.name)}")

    def _why_not(self, name: str) -> str:
        if name in self._skipped:
            return f"which {self._skipped[name]} defines, and that is skipped: # routes: keep has it exported"
        if name in self._responses:
            return "which is the answer to a %%request: a tree of files has none, make the value in a plain cell"
        if name in _IPYTHONS:
            fix = _IPYTHONS[name]
            return f"which is IPython's: {f'write {fix}' if fix else 'a module has none'}"
        stars = [statement for statement in self.history if statement.has_star]
        if name in self._defined and not stars:
            return "which the kernel has, and no cell that ran says how it was made: run the cell that defines it"
        if stars:
            return f"which no cell defines: if {stars[0].place} imports it by *, name it there"
        return "which no cell defines"

    def _include(self, time: int, until: int, found: Slice, todo: deque[Want]) -> None:
        if (time, until) in found.settled:
            return
        found.settled.add((time, until))
        statement = self.history[time]
        if time not in found.statements:
            found.statements.add(time)
            self._refuse(statement, found)
        asker = statement.place
        todo.extend(Want(name, time, asker) for name in statement.loads | statement.deletes)
        # Of what is needed at once or later, or only perhaps, the last moment is the one that must hold.
        todo.extend(Want(name, self._moment(name, time, until), asker) for name in statement.inner | statement.later)
        if time < until:
            todo.extend(Want(name, self._moment(name, time, time), asker) for name in statement.inner)
        for name in self._sources.get(time, ()):
            self._include_changes(name, time, until, found, todo)
        called = self._called_now(statement)
        todo.extend(Want(name, self._moment(name, time, time), asker) for name in called)

    def _include_changes(self, name: str, time: int, until: int, found: Slice, todo: deque[Want]) -> None:
        """What changes the value that a name has at a time, later: a part of it is held under another name."""
        events = self._events.get(name, [])
        for place in range(bisect_left(events, time + 1), len(events)):
            later = events[place]
            statement = self.history[later]
            if later >= until or name in statement.binds or name in statement.deletes:
                break
            if later not in found.statements:
                self._include(later, until, found, todo)

    def _called_now(self, statement: Statement) -> frozenset[str]:
        """What the functions that a statement calls need when it runs."""
        return frozenset[str]().union(
            *(self._functions[name].later for name in statement.calls if name in self._functions)
        )

    def _moment(self, name: str, _time: int, until: int) -> int:
        """When a name is looked up that may be bound only later."""
        return until if any(binder < until for binder in self.binders(name)) else self.end

    def _refuse(self, statement: Statement, found: Slice) -> None:
        if statement.magic is not None:
            found.problems.append(
                f"{statement.place}: {statement.magic!r} is IPython's, and something needs "
                f"{', '.join(sorted(statement.names))}: write it in Python, subprocess.run(...) for a command"
            )
        elif any(_asks_for_main(node) for node in statement.nodes):
            found.problems.append(
                f"{statement.place}: __name__ is not '__main__' in a module, and something needs "
                f"{', '.join(sorted(statement.names)) or 'it'}: take the `if` away"
            )
        elif read_names(statement.nodes).awaits:
            found.problems.append(
                f"{statement.place}: `await` stands outside of a function, and something needs "
                f"{', '.join(sorted(statement.names)) or 'it'}: a module cannot wait, write asyncio.run(...)"
            )


def _asks_for_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )
