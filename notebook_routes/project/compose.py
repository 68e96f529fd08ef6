"""The files of a tree, from a notebook's cells: what `export` writes, as texts by path. Nothing is written here."""

from __future__ import annotations

import ast
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError, ExportError, HTTPError
from notebook_routes.project.declared import RouteCell, read_declared
from notebook_routes.project.edge_check import check_edge
from notebook_routes.project.global_names import Does
from notebook_routes.project.module_text import SHARED, ModuleText, bound_by, without_names
from notebook_routes.project.notebook_source import CellKind, Verdict
from notebook_routes.project.paths import api_file_of, folder_of, refuse_collisions
from notebook_routes.project.request_tests import RequestTests
from notebook_routes.project.requirements import requirements_of
from notebook_routes.project.rewrite import rename
from notebook_routes.project.sharing import Part, Sharing, share
from notebook_routes.project.slice import Slice, Slicer, Want
from notebook_routes.project.star_imports import with_names
from notebook_routes.project.statements import Statement, packages_of, read_statements, words_of_strings
from notebook_routes.routing import CONFIG_NAMES, METHODS
from notebook_routes.routing.filesystem import APP, PAGE_FILE, ROUTE_FILE, TEMPLATE_FILE
from notebook_routes.runtime.api.handler import HANDLER_NAMES
from notebook_routes.runtime.constants import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from notebook_routes.project.declared import CodeCell, Declared, MiddlewareCell, PageCell, RequestsCell
    from notebook_routes.project.http_file import RequestSpec
    from notebook_routes.project.notebook_source import NotebookSource
    from notebook_routes.project.replay import Replay

SHARED_FILE = f"{APP}/{SHARED}.py"
MIDDLEWARE_FILE = "middleware.py"


@dataclass
class Composed:
    """The files of a tree.

    Attributes:
        files: the text of each by its path from the project's folder on.
        remarks: sentences for whoever exports.
        replay: the requests of the notebook, to be sent to the tree.
        variables: for the files of routes and what they share the names that plain cells gave a value.
    """

    files: dict[str, str]
    replay: Replay
    remarks: list[str] = field(default_factory=list)
    variables: dict[str, list[str]] = field(default_factory=dict)


def compose(source: NotebookSource, *, without: frozenset[str] = frozenset()) -> Composed:
    """Make the files of a notebook's routes.

    Args:
        source: the notebook.
        without: labels of `%%request` cells that are not among the tests.

    Raises:
        DefinitionError: a cell is refused, or two cannot stand side by side.
        ExportError: names that routes need cannot be had; all are listed, with the cells that use them.
    """
    return _Composer(source, without).compose()


class _Composer:
    def __init__(self, source: NotebookSource, without: frozenset[str]) -> None:
        self._source = source
        history, times = _history(source)
        names = frozenset[str]().union(*(statement.names for statement in history))
        self._declared: Declared = read_declared(source, times=times, names=names)
        self._public = _public_names()
        self._slicer = Slicer(
            history,
            public=self._public,
            responses=[cell.requests.name for cell in self._declared.requests if cell.requests.name],
            defined=source.defined,
            newest={cell.id: cell.text for cell in source.cells if cell.id is not None and not cell.former},
            lists_subclasses=any("__subclasses__" in cell.text for cell in source.cells),
        )
        self._requests = RequestTests(self._declared.requests, self._slicer, header=self._header, without=without)
        self._remarks: list[str] = []

    @property
    def _header(self) -> str:
        return f"# From {self._source.name}."

    def compose(self) -> Composed:
        declared = self._declared
        if not declared.routes and not declared.pages:
            raise ExportError(f"{self._source.name} has no route: write a %%route cell first")
        paths = self._by_file(declared)
        parts = [Part(file, cells, self._slice(cells), _taken(cells)) for file, cells in paths.items()]
        if declared.middleware:
            taken = _taken(declared.middleware) | {"middleware", "proxy", "config"}
            parts.append(Part(MIDDLEWARE_FILE, declared.middleware, self._slice(declared.middleware), taken))
        problems = [problem for part in parts for problem in part.slice.problems]
        kept, kept_slice = self._kept()
        problems += kept_slice.problems
        if problems:
            raise ExportError("\n".join(dict.fromkeys(problems)))
        self._refuse_taken_name(parts)
        self._remarks += check_edge([part for part in parts if self._is_of_the_edge(part)], self._slicer.history)
        for part in parts:
            self._add_mentioned(part, kept)
        self._remarks += self._hidden_state(parts)
        self._remarks += self._requests.prepare()
        sharing = share([*parts, self._requests.part], self._slicer, kept=kept)
        files = {part.path: self._module(part, sharing, keeps=bool(kept)) for part in parts}
        if sharing.shared:
            files[SHARED_FILE] = self._shared(sharing, [*parts, self._requests.part], kept_slice)
        files |= self._pages(declared, paths)
        files |= self._requests.files(sharing)
        files["requirements.txt"], remarks = requirements_of(files)
        self._remarks += remarks
        replay = self._requests.replay(sharing, outdated=partial(self._outdated, parts))
        return Composed(dict(sorted(files.items())), replay, self._remarks, self._variables(parts, sharing))

    def _is_of_the_edge(self, part: Part) -> bool:
        """Whether the file's path runs at the edge."""
        cell = part.cells[0]
        path = self._declared.table.at(cell.pattern) if isinstance(cell, RouteCell) else None
        return path is not None and path.config.runtime == "edge"

    # -- what is needed

    def _slice(self, cells: Sequence[CodeCell]) -> Slice:
        wants = (want for cell in cells for want in self._wants(cell))
        return self._slicer.need(wants, imports=packages_of(cell.tree for cell in cells))

    def _wants(self, cell: CodeCell) -> Iterable[Want]:
        where = _where(cell)
        for use in cell.names.uses:
            if use.name not in cell.own and use.does in (Does.LOAD, Does.DELETE, Does.STORE):
                now = not use.later and not use.inner
                bound = now and self._slicer.is_bound_before(use.name, cell.time)
                yield Want(use.name, cell.time if bound else self._slicer.end, where)

    def _kept(self) -> tuple[set[int], Slice]:
        """The statements that are to be kept, and what they need."""
        history = self._slicer.history
        kept = {time for time, statement in enumerate(history) if statement.verdict is Verdict.KEEP}
        found = self._slicer.need([], also=kept)
        own = {time for time in found.statements if not history[time].is_import}
        return own | {time for time in kept if history[time].is_import}, found

    def _add_mentioned(self, part: Part, kept: Iterable[int]) -> None:
        """Have a file define the kept names that only its strings mention."""
        words = words_of_strings(cell.tree for cell in part.cells)
        words = words.union(*(self._slicer.history[time].mentions for time in part.slice.statements))
        part.mentioned = {
            time
            for time in kept
            if self._slicer.history[time].verdict is Verdict.KEEP and words & self._slicer.history[time].names
        }
        found = self._slicer.need([], also=part.mentioned)
        part.slice.statements |= found.statements
        part.slice.public |= found.public

    def _hidden_state(self, parts: Iterable[Part]) -> list[str]:
        """What the routes have from cells as they were before they were edited."""
        now = {cell.id: cell.text for cell in self._source.cells if not cell.former}
        needed = frozenset[str]().union(
            *(self._slicer.history[time].names for part in parts for time in part.slice.statements)
        )
        said = dict.fromkeys(
            f"{', '.join(sorted(names & needed))}: {place} changed it, and was edited since; "
            "the export has what the cell says now"
            for place, names in self._slicer.lost.items()
            if names & needed
        )
        for time in sorted(set[int]().union(*(part.slice.statements for part in parts))):
            statement = self._slicer.history[time]
            if statement.cell.former and statement.text not in now.get(statement.cell.id, ""):
                what = ", ".join(sorted(statement.names or self._slicer.effects[time]))
                said[
                    f"{what}: as {statement.place} had it, which was edited since; run from top to bottom, "
                    "the notebook gives something else"
                ] = None
        return list(said)

    def _refuse_taken_name(self, parts: Iterable[Part]) -> None:
        for part in parts:
            for time in part.slice.statements:
                if SHARED in self._slicer.history[time].names:
                    raise ExportError(
                        f"{self._slicer.history[time].place}: {SHARED} is the name of the exported module: "
                        "call the variable otherwise"
                    )

    def _outdated(self, parts: Sequence[Part], cell: RequestsCell, spec: RequestSpec) -> str:
        """Why a request was answered by something else than what is exported: the notebook went on after it."""
        order = {each.label: place for place, each in enumerate(self._source.cells)}
        now = order[cell.cell.label]
        wanted = {MIDDLEWARE_FILE}
        with suppress(HTTPError):
            match = self._declared.table.match(spec.target.partition("?")[0])
            if match is not None:
                wanted.add(self._files.get(match.route_path.pattern.shape, ""))
        for part in parts:
            if part.path not in wanted:
                continue
            later = [each.label for each in part.cells if order[each.label] > now]
            history = (self._slicer.history[time] for time in sorted(part.slice.statements) if time >= cell.time)
            later += [statement.cell.label for statement in history]
            if later:
                return f"{later[0]} has changed since what was asked here"
        return ""

    # -- files

    def _by_file(self, declared: Declared) -> dict[str, list[RouteCell]]:
        """The cells of each path, by its file; groups of the first cell of the path."""
        cells: dict[tuple[str | int, ...], list[RouteCell]] = defaultdict(list)
        for cell in declared.routes:
            cells[cell.pattern.shape].append(cell)
        api = {shape: api_file_of(found[0].pattern) for shape, found in cells.items() if found[0].is_api}
        folders = {shape: folder_of(found[0].pattern) for shape, found in cells.items() if not found[0].is_api}
        for page in declared.pages:
            folders.setdefault(page.pattern.shape, folder_of(page.pattern))
        patterns = {shape: str(found[0].pattern) for shape, found in cells.items()}
        for page in declared.pages:
            patterns.setdefault(page.pattern.shape, str(page.pattern))
        refuse_collisions((place, patterns[shape]) for shape, place in {**folders, **api}.items())
        self._folders = folders
        self._files = {shape: str(api.get(shape) or folders[shape] / ROUTE_FILE) for shape in cells}
        return {self._files[shape]: found for shape, found in cells.items()}

    def _module(self, part: Part, sharing: Sharing, *, keeps: bool) -> str:
        constants, blocks = self._cells(part, sharing)
        statements = self._local(sharing, sharing.local[part])
        return str(
            ModuleText(
                self._header,
                statements,
                constants,
                blocks,
                public=frozenset(part.slice.public),
                keeps_shared=keeps or bool(part.slice.statements & sharing.shared),
                futures=self._slicer.futures,
            )
        )

    def _local(self, sharing: Sharing, times: Iterable[int]) -> list[tuple[Statement, str]]:
        found = []
        for time in sorted(times):
            statement = self._slicer.history[time]
            names = _attributes(sharing.names - statement.names)
            found.append((statement, statement.text if statement.is_import else _renamed(statement, names)))
        return found

    def _cells(self, part: Part, sharing: Sharing) -> tuple[dict[str, object], list[str]]:
        if part.path == MIDDLEWARE_FILE:
            return self._middleware(sharing)
        constants: dict[str, object] = {}
        blocks: list[str] = []
        said: dict[str, tuple[CodeCell, str]] = {}
        stated = frozenset[str]().union(*(cell.own for cell in part.cells if not cell.is_body))
        for cell in part.cells:
            assert isinstance(cell, RouteCell)
            constants |= {name: value for name, value in cell.constants.items() if name not in stated}
            replaced = frozenset[str]() if cell.is_api else frozenset(METHODS) - set(cell.methods)
            text = _as_written(cell, said, replaced=replaced)
            blocks.append(rename(text, _attributes(sharing.names - cell.own), where=_where(cell)))
        return constants, blocks

    def _variables(self, parts: Iterable[Part], sharing: Sharing) -> dict[str, list[str]]:
        found = {SHARED_FILE: self._bound(sharing.shared)} if sharing.shared else {}
        # A name that a file gives a meaning of its own is no variable of the notebook's there.
        found |= {part.path: self._bound(sharing.local[part]) - part.taken for part in parts}
        return {path: sorted(names) for path, names in found.items() if names}

    def _bound(self, times: Iterable[int]) -> frozenset[str]:
        statements = [self._slicer.history[time] for time in times]
        plain = (each.names for each in statements if not each.is_import and not each.is_definition)
        return frozenset[str]().union(*plain)

    def _middleware(self, sharing: Sharing) -> tuple[dict[str, object], list[str]]:
        cells = self._declared.middleware
        if len(cells) == 1:
            cell = cells[0]
            text = rename(cell.source, _attributes(sharing.names - cell.own), where=_where(cell))
            return dict(cell.constants), [text]
        said: dict[str, tuple[CodeCell, str]] = {}
        blocks, listed = [], []
        for number, cell in enumerate(cells, start=1):
            names = {"middleware", "proxy", "config"} & cell.own
            own = {name: f"{name}_{number}" for name in names}
            listed.append(_listed(cell, own))
            text = _as_written(cell, said, besides=frozenset(own))
            blocks.append(rename(text, {**_attributes(sharing.names - cell.own), **own}, where=_where(cell)))
        blocks.append("middleware = [\n" + "".join(f"    {entry},\n" for entry in listed) + "]\n")
        return {}, blocks

    def _shared(self, sharing: Sharing, parts: Iterable[Part], kept: Slice) -> str:
        history = self._slicer.history
        included = kept.statements.union(*(part.slice.statements for part in parts))
        times = sorted(sharing.shared | {time for time in included if history[time].is_import})
        public = frozenset(kept.public).union(*(part.slice.public for part in parts))
        header = f"{self._header[:-1]}: what its routes share."
        statements = [(history[time], history[time].text) for time in times]
        return str(ModuleText(header, statements, public=public, futures=self._slicer.futures))

    def _pages(self, declared: Declared, paths: Mapping[str, Sequence[RouteCell]]) -> dict[str, str]:
        found = {}
        for page in declared.pages:
            folder = str(self._folders[page.pattern.shape])
            _refuse_options(page, paths.get(f"{folder}/{ROUTE_FILE}", ()))
            found[f"{folder}/{TEMPLATE_FILE if page.is_template else PAGE_FILE}"] = page.cell.body
        return found


def _history(source: NotebookSource) -> tuple[list[Statement], dict[str, int]]:
    """The statements of the plain cells, and for each cell how many of them ran before it."""
    history: list[Statement] = []
    times: dict[str, int] = {}
    for cell in source.cells:
        times[cell.label] = len(history)
        if cell.kind is CellKind.CODE:
            history += map(with_names, read_statements(cell))
    return history, times


def _public_names() -> frozenset[str]:
    """The names that a notebook has from `notebook_routes` without an import."""
    # The face is above this floor, and loaded: importing it by name is no import that a floor forbids.
    return frozenset(import_module("notebook_routes").__all__)


def _where(cell: CodeCell) -> str:
    what = f"{' '.join(cell.methods)} {cell.pattern}" if isinstance(cell, RouteCell) else "middleware"
    return f"{cell.label} ({what})"


def _taken(cells: Sequence[CodeCell]) -> frozenset[str]:
    """Names that a file of routes gives a meaning of their own."""
    modules = [cell.own for cell in cells if not cell.is_body]
    is_api = any(isinstance(cell, RouteCell) and cell.is_api for cell in cells)
    meant = {*HANDLER_NAMES, "config"} if is_api else {*METHODS, *CONFIG_NAMES}
    return frozenset({*meant, SHARED}).union(*modules)


def _attributes(names: Iterable[str]) -> dict[str, str]:
    return {name: f"{SHARED}.{name}" for name in names}


def _renamed(statement: Statement, names: Mapping[str, str]) -> str:
    return rename(statement.text, names, where=statement.place)


def _as_written(
    cell: CodeCell,
    said: dict[str, tuple[CodeCell, str]],
    *,
    replaced: frozenset[str] = frozenset(),
    besides: frozenset[str] = frozenset(),
) -> str:
    """A cell's text without handlers that another cell has replaced, and without what a cell above says already.

    Raises:
        ExportError: two cells of one file define one name differently.
    """
    if cell.is_body:
        return cell.source
    text = without_names(cell.source, replaced & cell.own)
    again: set[str] = set()
    for statement in ast.parse(text).body:
        for name in bound_by(statement) - besides - set(METHODS):
            shape = _imported_as(statement, name) or ast.dump(statement)
            other, before = said.setdefault(name, (cell, shape))
            if other is cell:
                continue
            if before != shape or not _is_constant(statement):
                raise ExportError(
                    f"{_where(other)} and {_where(cell)} are one file, and both define {name}: "
                    "give it another name in one of them, or define it once in a cell of its own"
                )
            again.add(name)
    return without_names(text, again)


def _imported_as(statement: ast.stmt, name: str) -> str | None:
    """What an import binds a name to, whatever else it imports; None where the statement is none."""
    if not isinstance(statement, (ast.Import, ast.ImportFrom)):
        return None
    found = (alias for alias in statement.names if name == (alias.asname or alias.name.partition(".")[0]))
    meant = [ast.dump(alias) if alias.asname or isinstance(statement, ast.ImportFrom) else name for alias in found]
    origin = f"{'.' * statement.level}{statement.module}" if isinstance(statement, ast.ImportFrom) else ""
    return f"from {origin} import {meant}" if origin else f"import {sorted(set(meant))}"


def _is_constant(statement: ast.stmt) -> bool:
    """Whether it makes no difference that two modules have one of it."""
    plain = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(statement, plain) or isinstance(getattr(statement, "value", None), ast.Constant)


def _listed(cell: MiddlewareCell, own: Mapping[str, str]) -> str:
    """How one cell stands in the list of all middleware."""
    name = own.get("middleware") or own.get("proxy")
    assert name is not None
    value = _assigned(cell.tree, name.rpartition("_")[0])
    several = isinstance(value, (ast.List, ast.Tuple))
    matcher = literal(cell.constants["config"]["matcher"]) if cell.constants else None  # type: ignore[index]
    if "config" in own:
        matcher = f'{own["config"]}["matcher"]'
    if several and matcher is not None:
        raise ExportError(
            f"{_where(cell)}: several middlewares have one matcher, and there are other %%middleware cells: "
            'write it at each of them, middleware = [(first, "/path"), ...]'
        )
    if several:
        return f"*{name}"
    return name if matcher is None else f"({name}, {matcher})"


def _assigned(tree: ast.Module, name: str) -> ast.expr | None:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in statement.targets
        ):
            return statement.value
    return None


def _refuse_options(page: PageCell, beside: Sequence[RouteCell]) -> None:
    said = {name for cell in beside for name in (*cell.constants, *(cell.own if not cell.is_body else ()))}
    missing = [name for name in page.options if name not in said]
    if missing:
        raise DefinitionError(
            f"{page.cell.label}: the options of a page have no place in {PAGE_FILE}: leave out "
            f"{', '.join(missing)}, or answer {page.pattern} by a %%route that has them"
        )
