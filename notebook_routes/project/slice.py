"""Which statements of a notebook a piece of code needs.

From the names that it uses, backwards through what ran: to the statement that bound each name last, to those that have
filled or changed its value since, and so on with the names that these use. A name that a function uses is needed as it
is when the function is called. So a plot, a print or a look at a table is never part of it, unless something needs it.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from notebook_routes.project.closures import Closures
from notebook_routes.project.notebook_source import Verdict
from notebook_routes.project.statements import package_of
from notebook_routes.project.timeline import Timeline
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
#: Packages whose functions put into the environment what a file says: `load_dotenv()`.
_FILL_ENVIRONMENT = frozenset({"dotenv"})
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


@dataclass(frozen=True, slots=True)
class _Ran:
    """The statement of a time is needed."""

    time: int


@dataclass(frozen=True, slots=True)
class _Used:
    """What the statement of a time made is used at another time."""

    time: int
    until: int


@dataclass(frozen=True, slots=True)
class _Made:
    """A name as what is at a place of its timeline left it."""

    name: str
    place: int


@dataclass(frozen=True, slots=True)
class _Value:
    """A name that is used at a time."""

    name: str
    until: int


@dataclass(frozen=True, slots=True)
class _Public:
    """A name of `notebook_routes`."""

    name: str


@dataclass(frozen=True, slots=True)
class _Problem:
    """What stands in the way."""

    text: str


_Node: TypeAlias = _Ran | _Used | _Made | _Value | _Public | _Problem


class Slicer:
    """Finds what is needed among the statements that ran.

    Args:
        history: the statements in the order in which they ran.
        public: the names that a notebook has from `notebook_routes` without an import.
        responses: names that `%%request` cells bind, which no tree has.
        defined: names that a kernel has, wherever from.
        newest: the text of each cell as it ran last, by its id.
        lists_subclasses: whether some code asks a class for its subclasses, so that each of them counts.

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
        lists_subclasses: bool = False,
    ) -> None:
        self.history = history
        self.effects: list[frozenset[str]] = []
        self.lost: dict[str, frozenset[str]] = {}
        self._newest = newest or {}
        self._public = frozenset(public)
        self._responses = frozenset(responses)
        self._defined = frozenset(defined)
        self._skipped: dict[str, str] = {}
        self._timelines: dict[str, Timeline] = {}
        self._functions: dict[str, Statement] = {}
        self._holders: dict[str, frozenset[str]] = {}
        self._makers: dict[str, frozenset[str]] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._callables: dict[str, bool] = {}
        self._lists_subclasses = lists_subclasses
        self._modules: dict[str, str] = {}
        self._members: dict[str, str] = {}
        self._setups: dict[str, list[int]] = defaultdict(list)
        self._ran: dict[tuple[str, str], int] = {}
        self._lost_in: dict[str, str] = {}
        self._sources: dict[int, frozenset[str]] = {}
        self._closures = Closures(self._leads, keeps=lambda node: isinstance(node, _Ran | _Public | _Problem))
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

    def need(self, wants: Iterable[Want], *, also: Iterable[int] = (), imports: Iterable[str] = ()) -> Slice:
        """Find all that some names need.

        Args:
            wants: the names.
            also: statements that are needed anyway.
            imports: packages that who wants them imports on its own, whose state is what the notebook made it.
        """
        nodes = [node for want in wants for node in self._lead(want)]
        nodes += [node for package in imports for node in self._set_up(package, self.end)]
        nodes += [node for time in also for node in (_Ran(time), _Used(time, self.end))]
        found = Slice()
        for node in self._closures.of(nodes):
            match node:
                case _Ran(time):
                    found.statements.add(time)
                case _Public(name):
                    found.public.add(name)
                case _Problem(text):
                    found.problems.append(text)
        return found

    def binders(self, name: str) -> list[int]:
        """The statements that bind a name, perhaps."""
        timeline = self._timelines.get(name)
        return [time for time in timeline.times if name in self.history[time].names] if timeline else []

    def is_bound_before(self, name: str, time: int) -> bool:
        """Whether a statement before a time binds a name, perhaps."""
        timeline = self._timelines.get(name)
        return timeline is not None and timeline.first is not None and timeline.first < time

    def effects_of_calls(self, names: Iterable[str]) -> frozenset[str]:
        """The names that functions, called now, change or bind, and those that these call."""
        return frozenset[str]().union(
            *(function.changes_later | function.rebinds_later for function in self._called(names))
        )

    def touched(self, time: int) -> frozenset[str]:
        """The names that a statement binds, or whose values it changes."""
        return self.history[time].names | self.effects[time]

    def read_by_calls(self, time: int) -> frozenset[str]:
        """The names that the functions read which a statement calls, and those that these call."""
        return frozenset[str]().union(*(function.later for function in self._called(self.history[time].calls)))

    def _called(self, names: Iterable[str]) -> Iterator[Statement]:
        """The functions of these names, and those that they call."""
        todo, seen = list(names), set[str]()
        while todo:
            name = todo.pop()
            function = self._functions.get(name)
            if name not in seen and function is not None:
                seen.add(name)
                yield function
                todo.extend(function.calls_later)

    # -- what ran

    def _take(self, time: int, statement: Statement) -> None:
        if statement.verdict is Verdict.SKIP:
            self._skipped |= dict.fromkeys(statement.names, statement.place)
            self.effects.append(frozenset())
            return
        made_by = self._made_by(statement)
        statement.calls |= made_by
        given = self.effects_of_calls(statement.given)
        effects = self._changed(statement) | self.effects_of_calls(statement.calls) | given
        effects |= self._effects_of_decorators(statement) | self._effects_on_what_is_given(statement) | made_by
        ancestors = self._ancestors_of(statement)
        if made_by or self._lists_subclasses:
            effects |= ancestors
        statement.may_bind |= self._rebound(statement) - statement.binds
        if self._is_repeated(time, statement, effects) or self._is_lost(statement, effects):
            self.effects.append(frozenset())
            return
        self.effects.append(effects)
        called = statement.calls & self._functions.keys()
        returned = frozenset[str]().union(*(self._functions[name].returns for name in called))
        self._sources[time] = returned.union(self._kept_functions(statement), *statement.aliases.values())
        lasts = bool(statement.inner or statement.later or statement.imports or self._sources[time])
        for name in statement.names | statement.deletes | effects:
            self._timelines.setdefault(name, Timeline(name)).add(time, statement, lasts=lasts)
        for name in statement.names:
            self._makers[name] = made_by
            self._ancestors[name] = ancestors
            self._callables[name] = any("__call__" in self._functions[each].methods for each in called)
            held = statement.aliases.get(name, frozenset()) | returned | given
            self._holders[name] = self._with_holders(held) - {name}
            if statement.is_definition:
                self._functions[name] = statement
            else:
                self._functions.pop(name, None)
        for name in statement.names:
            self._modules.pop(name, None)
            self._members.pop(name, None)
        self._members |= {
            alias.asname or alias.name: package_of(node.module)
            for node in statement.nodes
            if isinstance(node, ast.ImportFrom) and node.module and not node.level
            for alias in node.names
        }
        self._modules |= {
            alias.asname or package_of(alias.name): package_of(alias.name)
            for node in statement.nodes
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        for name in effects & self._modules.keys():
            self._setups[self._modules[name]].append(time)
        for name in statement.setups & self._members.keys():
            self._setups[self._members[name]].append(time)
        packages = {self._members.get(name) or self._modules.get(name) for name in statement.loads}
        if not statement.names and not packages.isdisjoint(_FILL_ENVIRONMENT):
            self._setups["os"].append(time)

    def _effects_of_decorators(self, statement: Statement) -> frozenset[str]:
        """What a function changes that is called with another one; what it puts around that runs later."""
        found: frozenset[str] = frozenset()
        for name in statement.decorators & self._functions.keys():
            at_once = self._functions[name].at_once
            is_class = not at_once and isinstance(self._functions[name].nodes[-1], ast.ClassDef)
            found |= self.effects_of_calls({name} if is_class else at_once)
            found |= at_once - self._functions.keys()
        # `command = Registry()`, `@command`: its __call__ keeps what it is given.
        return found.union(name for name in statement.decorators if self._callables.get(name))

    def _effects_on_what_is_given(self, statement: Statement) -> frozenset[str]:
        """`count = fill(products)` changes what it gives to a function that changes its parameter."""
        given = (
            names
            for (called, place), names in statement.given_to.items()
            if called in self._functions and place in self._functions[called].filled
        )
        return self._with_holders(frozenset[str]().union(*given))

    def _made_by(self, statement: Statement) -> frozenset[str]:
        """The classes whose `__init_subclass__` runs, and the metaclasses, as a statement makes a class."""
        bases = statement.bases & self._functions.keys()
        own = frozenset(name for name in bases if "__init_subclass__" in self._functions[name].methods)
        own |= statement.metaclasses & self._functions.keys()
        return own.union(*(self._makers.get(name, frozenset()) for name in bases))

    def _ancestors_of(self, statement: Statement) -> frozenset[str]:
        bases = statement.bases & self._functions.keys()
        return bases.union(*(self._ancestors.get(name, frozenset()) for name in bases))

    def _kept_functions(self, statement: Statement) -> frozenset[str]:
        """The functions that a statement hands on to be called later, or calls for what runs their code later."""
        named = (statement.loads | statement.inner) & self._functions.keys()
        called = statement.calls - statement.given
        return frozenset(name for name in named if name not in called or self._functions[name].outlives_its_call)

    def _rebound(self, statement: Statement) -> frozenset[str]:
        """What functions bind by `global` that a statement calls: `def connect(): global db; db = ...`."""
        return frozenset[str]().union(*(function.rebinds_later for function in self._called(statement.calls)))

    def _is_repeated(self, time: int, statement: Statement, effects: frozenset[str]) -> bool:
        """Whether a cell was only run again: it did the same before, and nothing has touched its names since."""
        if statement.cell.id is None or not (statement.names or effects):
            return False
        before = self._ran.get((statement.cell.id, statement.text))
        self._ran[statement.cell.id, statement.text] = time
        timelines = (self._timelines.get(name) for name in statement.names | effects)
        if before is None or any(timeline is None or timeline.times[-1] != before for timeline in timelines):
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

    def _lead(self, want: Want) -> Iterator[_Node]:
        timeline = self._timelines.get(want.name)
        if timeline is not None and timeline.is_bound(want.time):
            yield _Value(want.name, want.time)
        elif timeline is not None and want.time < self.end and self._is_bound_later(want):
            yield _Problem(
                f"{want.asker} uses {want.name}, which is not defined until {self._first(want)}: "
                "from top to bottom, the notebook does not run"
            )
        elif want.name in self._public:
            yield _Public(want.name)
        elif not hasattr(builtins, want.name) and want.name not in _MODULES_OWN:
            yield _Problem(f"{want.asker} uses {want.name}, {self._why_not(want.name)}")

    def _is_bound_later(self, want: Want) -> bool:
        return any(time >= want.time for time in self.binders(want.name))

    def _first(self, want: Want) -> str:
        return self.history[self.binders(want.name)[0]].place

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

    def _leads(self, node: _Node) -> Iterator[_Node]:
        match node:
            case _Value(name, until):
                timeline = self._timelines[name]
                yield _Made(name, timeline.place(until))
                for time in timeline.lasting(until):
                    yield from self._used(time, until, name)
            case _Made(name, place):
                timeline = self._timelines[name]
                yield _Ran(timeline.times[place])
                if not timeline.is_beginning(place):
                    yield _Made(name, place - 1)
            case _Ran(time):
                yield from self._run(time)
            case _Used(time, until):
                yield from self._used(time, until)

    def _run(self, time: int) -> Iterator[_Node]:
        """What a statement needs to run."""
        statement = self.history[time]
        for name in statement.loads | statement.deletes:
            yield from self._lead(Want(name, time, statement.place))
        for name in statement.inner | self._called_now(statement):
            yield from self._lead(Want(name, self._moment(name, time), statement.place))
        if problem := _refused(statement):
            yield _Problem(problem)

    def _used(self, time: int, until: int, as_name: str | None = None) -> Iterator[_Node]:
        """What a statement needs for what it made to be used at a time, under a name whose changes are known."""
        statement = self.history[time]
        # Of what is needed at once or later, or only perhaps, the last moment is the one that must hold.
        for name in statement.inner | statement.later:
            yield from self._lead(Want(name, self._moment(name, until), statement.place))
        for package in statement.imports:
            yield from self._set_up(package, until)
        for name in self._sources.get(time, frozenset()) & self._timelines.keys() - {as_name}:
            timeline = self._timelines[name]
            # A function that is held is called then, not now: `HANDLERS = {"show": show}`.
            for earlier in timeline.lasting(time) if timeline.is_bound(time) else ():
                yield _Used(earlier, until)
            # A part of a value is held under another name: what changes it later is needed too.
            place = timeline.last_change(time, until)
            if place is not None:
                yield _Made(name, place)
                for later in timeline.lasting(timeline.times[place] + 1, since=time + 1):
                    yield _Used(later, until)

    def _set_up(self, package: str, until: int) -> Iterator[_Node]:
        """`os.environ["SHOP"] = "x"` holds for whoever imports os, under whichever name, and for other libraries."""
        # Of ours nothing that a route imports reads it.
        reads_environment = package not in sys.stdlib_module_names and package != "notebook_routes"
        for each in {package, "os"} if reads_environment else {package}:
            yield from (_Ran(time) for time in self._setups.get(each, ()) if time < until)

    def _called_now(self, statement: Statement) -> frozenset[str]:
        """What the functions that a statement calls need when it runs."""
        return frozenset[str]().union(
            *(self._functions[name].later for name in statement.calls if name in self._functions)
        )

    def _moment(self, name: str, until: int) -> int:
        """When a name is looked up that may be bound only later."""
        return until if self.is_bound_before(name, until) else self.end


def _refused(statement: Statement) -> str | None:
    """Why a statement that something needs can be in no module."""
    names = ", ".join(sorted(statement.names))
    if statement.magic is not None:
        return (
            f"{statement.place}: {statement.magic!r} is IPython's, and something needs {names}: "
            "write it in Python, subprocess.run(...) for a command"
        )
    if any(_asks_for_main(node) for node in statement.nodes):
        return (
            f"{statement.place}: __name__ is not '__main__' in a module, and something needs {names or 'it'}: "
            "take the `if` away"
        )
    if read_names(statement.nodes).awaits:
        return (
            f"{statement.place}: `await` stands outside of a function, and something needs {names or 'it'}: "
            "a module cannot wait, write asyncio.run(...)"
        )
    return None


def _asks_for_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )
