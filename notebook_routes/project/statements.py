"""The statements of a notebook's plain cells: their text, and what each needs, binds and changes."""

from __future__ import annotations

import ast
import copy
import re
import tokenize
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING

from notebook_routes.errors import CellError, DefinitionError
from notebook_routes.project.global_names import Does, find_global_names, root_name, sets_up
from notebook_routes.project.notebook_source import Verdict, read_directive
from notebook_routes.project.value_flow import Definition, aliases, filled, given, given_to, returned
from notebook_routes.runtime.celltext import CellText, notebook_syntax
from notebook_routes.runtime.scopes import certainly_bound, read_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from notebook_routes.project.global_names import Use
    from notebook_routes.project.notebook_source import SourceCell

_BOUND_BY_MAGIC = re.compile(r"^\s*(?:%time\s+)?(?P<names>\w+(?:\s*,\s*\w+)*)\s*=[^=]")


@dataclass(eq=False)
class Statement:
    """One statement of a plain cell, or several that share a line.

    Attributes:
        cell: where it stands.
        line: the first line of it in the cell, comments above not counted.
        text: its lines, with the comments directly above.
        nodes: the syntax trees.
        binds: names that have a new value afterwards.
        may_bind: names that have one perhaps.
        deletes: names that are gone afterwards.
        loads: names that it needs when it runs.
        inner: names that classes, lambdas and generator expressions in it need, at once or later.
        later: names that its functions need when they are called.
        changes: names whose values it changes.
        setups: those of them that are worth having where the name is a module.
        changes_later: the same for its functions.
        rebinds_later: names that its functions bind by `global`.
        calls: names that it calls when it runs.
        calls_later: names that its functions call.
        given: names that it gives to what it calls, which may call them.
        given_to: names whose values it gives to functions that it calls, by the function and the place or keyword.
        filled: places and keywords of the parameters whose values its functions change.
        bases: names of what its classes are derived from.
        metaclasses: names of their metaclasses.
        decorators: names that it calls with a function or a class of its own.
        at_once: of its functions' changes, rebindings and calls, those that are in no function inside.
        aliases: names that it binds to a part of what other names hold.
        returns: names of whose values its functions return a part.
        magic: the IPython line that it is, if it is one.
        verdict: what a comment says about the export.
        gap: whether a blank line stands above it.
    """

    cell: SourceCell
    line: int
    text: str
    nodes: Sequence[ast.stmt]
    binds: frozenset[str] = frozenset()
    may_bind: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    loads: frozenset[str] = frozenset()
    inner: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    setups: frozenset[str] = frozenset()
    changes_later: frozenset[str] = frozenset()
    rebinds_later: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    calls_later: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    given_to: Mapping[tuple[str, int | str], frozenset[str]] = field(default_factory=dict)
    filled: frozenset[int | str] = frozenset()
    bases: frozenset[str] = frozenset()
    metaclasses: frozenset[str] = frozenset()
    decorators: frozenset[str] = frozenset()
    at_once: frozenset[str] = frozenset()
    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    returns: frozenset[str] = frozenset()
    magic: str | None = None
    verdict: Verdict | None = None
    gap: bool = False

    @property
    def names(self) -> frozenset[str]:
        """What it binds, perhaps."""
        return self.binds | self.may_bind

    @property
    def is_import(self) -> bool:
        """Whether it does nothing but import."""
        return bool(self.nodes) and all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in self.nodes)

    @property
    def has_star(self) -> bool:
        """Whether it imports names that it does not say."""
        return any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in self.nodes)

    @property
    def futures(self) -> frozenset[str]:
        """What it imports from `__future__`, which holds for every cell that runs after it."""
        return frozenset(
            alias.name
            for node in self.nodes
            if isinstance(node, ast.ImportFrom) and node.module == "__future__" and not node.level
            for alias in node.names
        )

    @property
    def is_annotated(self) -> bool:
        """Whether an annotation would be evaluated when it runs."""
        return any(has_annotation(node) for node in self.nodes)

    @property
    def is_definition(self) -> bool:
        """Whether it is a function or a class."""
        return bool(self.nodes) and all(isinstance(node, Definition) for node in self.nodes)

    @cached_property
    def methods(self) -> frozenset[str]:
        """The names of its classes' methods."""
        functions = (
            each
            for node in self.nodes
            if isinstance(node, ast.ClassDef)
            for each in node.body
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
        )
        return frozenset(function.name for function in functions)

    @cached_property
    def outlives_its_call(self) -> bool:
        """Whether calling it gives what runs its code later: a class, a function with another inside, a generator."""
        lasting = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp, ast.Yield, ast.YieldFrom)
        return any(
            isinstance(node, ast.ClassDef)
            or any(isinstance(each, lasting) for inner in ast.iter_child_nodes(node) for each in ast.walk(inner))
            for node in self.nodes
        )

    @cached_property
    def imports(self) -> frozenset[str]:
        """The packages that it imports, now or later."""
        return packages_of(self.nodes)

    @cached_property
    def mentions(self) -> frozenset[str]:
        """The words in its strings, which may be names that are looked up by them."""
        return words_of_strings(self.nodes)

    @property
    def place(self) -> str:
        """How messages call it."""
        return f"{self.cell.label}, line {self.line}"


def read_statements(cell: SourceCell) -> list[Statement]:
    """Take a plain cell apart.

    Raises:
        DefinitionError: it is no Python, nor what IPython makes of it.
    """
    text, magics = _python_of(cell)
    tree = _parsed(text, cell)
    lines = text.lines
    found: list[Statement] = []
    end = 0
    for group in _groups(tree.body):
        first, last = _first_line(group[0]), group[-1].end_lineno or group[-1].lineno
        start = first
        while start - 1 > end and lines[start - 2].startswith("#"):
            start -= 1
        above = [line for line in lines[start - 1 : first - 1] if read_directive(line, where=cell.label) is None]
        said = _directives(lines[first - 1 : last])
        code = [_without_directive(line) if at in said else line for at, line in enumerate(lines[first - 1 : last])]
        kept = "\n".join([*above, *code])
        if last < len(lines) and lines[last - 1].endswith("\\"):
            kept += "\n"
        statement = Statement(
            cell,
            first + cell.first_line - 1,
            kept,
            group,
            gap=start > 1 and not lines[start - 2].strip(),
            verdict=_verdict([*lines[start - 1 : first - 1], *said.values()], cell),
        )
        fill(statement)
        found.append(statement)
        end = last
    found += [_magic(cell, number, line) for number, line in magics.items()]
    return sorted(found, key=lambda statement: statement.line)


def _python_of(cell: SourceCell) -> tuple[CellText, dict[int, str]]:
    """The cell's Python, with blank lines for IPython's, and those by their number."""
    text = CellText.read(cell.body, first_line=cell.first_line)
    if _parses(text.text):
        return text, {}
    lines = list(text.lines)
    magics: dict[int, str] = {}
    for number, line in enumerate(text.lines, start=1):
        if notebook_syntax(line) is None:
            continue
        above = CellText.read("\n".join(lines[: number - 1]), first_line=1)
        if above.is_complete_before(number):
            # Inside of an `if` something has to stand in its place.
            lines[number - 1] = line[: len(line) - len(line.lstrip())] + "pass" if line[:1].isspace() else ""
            magics[number] = line.strip()
    return CellText.read("\n".join(lines), first_line=cell.first_line), magics


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _parsed(text: CellText, cell: SourceCell) -> ast.Module:
    try:
        return text.parse()
    except CellError as error:
        raise DefinitionError(f"{cell.label}, {error}") from None


def _groups(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    for statement in body:
        if group and _first_line(statement) > (group[-1].end_lineno or 0):
            yield group
            group = []
        group.append(statement)
    if group:
        yield group


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _verdict(lines: Iterable[str], cell: SourceCell) -> Verdict | None:
    for line in lines:
        found = read_directive(line, where=cell.label) if "#" in line else None
        if found is not None:
            return found
    return cell.verdict


def _directives(lines: Sequence[str]) -> dict[int, str]:
    """The comments for the export in a statement's lines, by the place of the line; not what a string says."""
    if not any("routes:" in line for line in lines):
        return {}
    tokens = tokenize.generate_tokens(StringIO("\n".join(lines) + "\n").readline)
    comments = {token.start[0] - 1: token.string for token in tokens if token.type == tokenize.COMMENT}
    return {at: text for at, text in comments.items() if "routes:" in text}


def _without_directive(line: str) -> str:
    return re.sub(r"\s*#\s*routes:\s*(skip|keep)\s*$", "", line)


def _magic(cell: SourceCell, number: int, line: str) -> Statement:
    found = _BOUND_BY_MAGIC.match(line)
    names = frozenset(re.findall(r"\w+", found["names"])) if found else frozenset()
    return Statement(cell, number + cell.first_line - 1, line, (), binds=names, magic=line)


def fill(statement: Statement) -> None:
    """Say what the statement does with names."""
    names = find_global_names(statement.nodes)
    now = [use for use in names.uses if not use.later]
    later = [use for use in names.uses if use.later]
    stored = _names(use for use in now if use.does is Does.STORE)
    statement.binds = certainly_bound(statement.nodes) & stored
    statement.may_bind = stored - statement.binds
    statement.deletes = _names(use for use in now if use.does is Does.DELETE) - stored
    settled = _read_after_store(statement.nodes)
    statement.loads = _names(use for use in now if use.does is Does.LOAD and not use.inner) - settled
    statement.inner = _names(use for use in now if use.does is Does.LOAD and use.inner)
    statement.later = _names(use for use in later if use.does in (Does.LOAD, Does.DELETE))
    statement.changes = _names(use for use in now if use.does is Does.CHANGE)
    statement.changes_later = _names(use for use in later if use.does is Does.CHANGE)
    statement.rebinds_later = _names(use for use in later if use.by_global)
    statement.calls = _names(use for use in now if use.does is Does.CALL)
    statement.calls_later = _names(use for use in later if use.does is Does.CALL)
    # A line that only shows something, `print(sorted(names, key=f))`, neither calls nor changes.
    only_shows = all(isinstance(node, ast.Expr) for node in statement.nodes) and not (
        statement.calls | statement.changes
    )
    statement.given = frozenset() if only_shows else given(statement.nodes)
    statement.given_to = {} if only_shows else given_to(statement.nodes)
    statement.filled = filled(statement.nodes)
    classes = [node for node in statement.nodes if isinstance(node, ast.ClassDef)]
    statement.bases = _roots(base for node in classes for base in node.bases)
    statement.metaclasses = _roots(keyword.value for node in classes for keyword in node.keywords)
    decorators = [each for node in statement.nodes if isinstance(node, Definition) for each in node.decorator_list]
    statement.decorators = frozenset(each.id for each in decorators if isinstance(each, ast.Name))
    # `@bus.on("order")`, `@describe.register`
    statement.changes |= _roots(decorators) - {*statement.decorators, *statement.calls}
    statement.at_once = _at_once(statement.nodes)
    statement.aliases = aliases(statement.nodes)
    statement.returns = statement.later & returned(statement.nodes)
    statement.setups = _names(use for use in now if use.does is Does.CHANGE and sets_up(use))


def _roots(nodes: Iterable[ast.expr]) -> frozenset[str]:
    return frozenset(root.id for root in map(root_name, nodes) if root is not None)


def _at_once(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    shallow = [_without_inner_bodies(node) for node in functions]
    uses = [use for use in find_global_names(shallow).uses if use.later]
    return _names(use for use in uses if use.by_global or use.does in (Does.CHANGE, Does.CALL))


def _without_inner_bodies(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
    function = copy.deepcopy(node)
    for inner in ast.walk(function):
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner is not function:
            inner.body = [ast.copy_location(ast.Pass(), inner)]
    return function


def _names(uses: Iterable[Use]) -> frozenset[str]:
    return frozenset(use.name for use in uses)


def _read_after_store(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    """Names that are only read where the statement has certainly bound them itself."""
    own = [seen for seen in read_names(nodes).occurrences if not seen.nested]
    stored = {seen.name for seen in own if seen.act.value == "store"}
    needed = {seen.name for seen in own if seen.act.value != "store" and not seen.settled}
    return frozenset(stored - needed)


def packages_of(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The packages that some code imports, by the first part of their names."""
    found: set[str] = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Import):
            found.update(package_of(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(package_of(node.module))
    return frozenset(found)


def package_of(module: str) -> str:
    """The first part of a module's name."""
    return module.partition(".")[0]


def words_of_strings(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The words that stand in strings of some code."""
    constants = (each.value for node in nodes for each in ast.walk(node) if isinstance(each, ast.Constant))
    return frozenset(word for value in constants if isinstance(value, str) for word in re.findall(r"\w+", value))


def has_annotation(node: ast.AST) -> bool:
    """Whether a statement has an annotation that is no text; those of a function's locals are never evaluated."""
    if isinstance(node, ast.AnnAssign):
        return not isinstance(node.annotation, ast.Constant)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        given = [node.returns, *(each.annotation for each in ast.walk(node.args) if isinstance(each, ast.arg))]
        return any(each is not None and not isinstance(each, ast.Constant) for each in given)
    return any(has_annotation(child) for child in ast.iter_child_nodes(node))
