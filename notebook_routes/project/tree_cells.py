"""The files of a tree as the cells of a notebook: the opposite of an export. Nothing is run.

What is shared becomes plain cells again; a `route.py` whose handlers are what body-form cells expand to becomes such
cells, with what else it has in plain ones; any other becomes one cell in module form, as API Routes always do.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from notebook_routes.errors import CellError, DefinitionError
from notebook_routes.project.body_cell import body_cell, middleware_cell
from notebook_routes.project.global_names import Does, find_global_names
from notebook_routes.project.import_lines import take_imports
from notebook_routes.project.request_tests import CLIENT_LINE, SHARED_LINE, TESTS_FILE
from notebook_routes.project.requests_file import REQUESTS_FILE, parse_requests_file, request_cell_text
from notebook_routes.project.statements import has_annotation
from notebook_routes.project.unshare import SHARED, own_names, without_prefix
from notebook_routes.routing import (
    ANY,
    CONFIG_NAMES,
    METHODS,
    Route,
    RouteTable,
    find_api_routes,
    find_pages,
    find_routes,
    parse_api_directive,
)
from notebook_routes.routing.filesystem import APP, TEMPLATE_FILE
from notebook_routes.runtime.api.cell import expand_api
from notebook_routes.runtime.celltext import CellText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_routes.routing import RouteFile

_MIDDLEWARE_FILES = ("middleware.py", "proxy.py")
#: The line that an export puts at the top of each file.
_HEADER = re.compile(r"\A# From .+\.(ipynb)?(: what its routes share)?\.\n+|\A# From [^\n]+\.\n+")


@dataclass(frozen=True)
class TreeCells:
    """A tree as cells.

    Attributes:
        cells: their texts, in the order in which they run.
        remarks: what a notebook does not have of the tree.
        in_parts: the paths of files that are cells in body form, with what else they have in plain ones.
    """

    cells: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    in_parts: frozenset[str] = frozenset()


def tree_cells(
    root: Path, *, public: frozenset[str], whole: frozenset[str] = frozenset(), kept: frozenset[str] = frozenset()
) -> TreeCells:
    """Read the files of a project as cells.

    Args:
        root: the project's folder.
        public: the names that a notebook has of `notebook_routes` without an import.
        whole: the paths of files that are to be cells in module form.
        kept: statements of what is shared, as `ast.unparse` writes them, that no route seems to need.

    Raises:
        DefinitionError: there is neither `app` nor `pages/api`; a file is no Python, needs what is not there, has no
            handler, or would mean something else in a notebook. All files are named, with their lines.
    """
    return _TreeCells(root, public, whole, kept).read()


class _TreeCells:
    def __init__(self, root: Path, public: frozenset[str], whole: frozenset[str], kept: frozenset[str]) -> None:
        self._root = root
        self._public = public
        self._whole = whole
        self._kept = kept
        self._in_parts: set[str] = set()
        self._problems: list[str] = []
        #: Statements of plain cells by the names that they bind: two routes may both bring one, if it is the same.
        self._said: dict[str, str] = {}
        self._imports: dict[str, None] = {}
        self._left: list[str] = []

    def read(self) -> TreeCells:
        files, pages, api_routes = find_routes(self._root), find_pages(self._root), find_api_routes(self._root)
        # Any handler will do: it is the places that may exclude each other.
        RouteTable(
            Route(ANY if file.is_api else "GET", file.pattern, None, cell=str(file)) for file in [*files, *api_routes]
        )
        shared = self._plain(PurePosixPath(APP, f"{SHARED}.py"))
        routes = [cell for file in files for cell in self._route(file)]
        routes += [cell for file in api_routes for cell in self._api_route(file)]
        middleware = [cell for name in _MIDDLEWARE_FILES for cell in self._middleware(name)]
        shown = [self._page(page, {file.pattern.shape: file for file in files}) for page in pages]
        requests = [*self._names_of_tests(), *self._requests()]
        if self._problems:
            raise DefinitionError("\n".join(dict.fromkeys(self._problems)))
        imports = ["\n".join(self._imports)] if self._imports else []
        cells = [*imports, *shared, *routes, *middleware, *shown, *requests]
        texts = tuple(cell.strip("\n") for cell in cells if cell.strip())
        return TreeCells(texts, (*self._remarks(files), *self._left), frozenset(self._in_parts))

    def _plain(self, path: PurePosixPath) -> list[str]:
        """What is shared: imports together, functions and classes alone, other statements as they follow."""
        text = self._module(path)
        if text is None:
            return []
        tree = ast.parse(text)
        for statement in tree.body:
            for name in own_names(ast.Module([statement], [])):
                self._said.setdefault(name, ast.unparse(statement))
        return self._without_imports(text, tree)

    def _without_imports(self, text: str, tree: ast.Module) -> list[str]:
        """The text cut into cells, without the imports at its top, which go into the notebook's first one."""
        cells: list[str] = []
        stands_alone = False
        at_top = True
        for statement, piece in _pieces(text, tree):
            is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
            at_top = at_top and is_import
            is_definition = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            is_kept = ast.unparse(statement) in self._kept
            if at_top:
                self._imports.update(dict.fromkeys([piece.strip("\n")]))
            elif is_kept:
                cells.append("# routes: keep\n" + piece.lstrip("\n"))
            elif not cells or is_definition or stands_alone:
                cells.append(piece)
            else:
                cells[-1] += piece
            stands_alone = is_definition or is_kept
        return cells

    def _route(self, file: RouteFile) -> list[str]:
        text = self._module(file.path)
        if text is None:
            return []
        tree = ast.parse(text)
        if not self._has_handlers(tree, file):
            return []
        cells = self._body_cells(text, tree, file) if str(file) not in self._whole else None
        if cells is not None:
            self._in_parts.add(str(file))
        return cells if cells is not None else [f"%%route {file.pattern.text}\n{self._without_first_imports(text)}"]

    def _api_route(self, file: RouteFile) -> list[str]:
        text = self._module(file.path)
        if text is None:
            return []
        cell = f"%%api {file.pattern.text}\n{self._without_first_imports(text)}"
        try:
            expand_api(CellText.read(text, first_line=1), parse_api_directive(file.pattern.text))
        except DefinitionError as error:
            self._problems.append(f"{file}: {error}")
        return [cell]

    def _without_first_imports(self, text: str) -> str:
        """A module's text without the imports of its first lines: those that an export has put there.

        The notebook's first cell has them; not where annotations are texts, which are looked up in the module, nor
        where one is not used, which no export would write for a plain cell.
        """
        tree = ast.parse(text)
        if _has_future(tree):
            return text
        taken, rest = take_imports(text)
        others = [(statement, f"{piece}\n") for piece, statement in taken]
        if not _all_used(others, rest) or not self._may_say(others, frozenset()):
            return text
        self._plain_pieces(others)
        return rest

    def _has_handlers(self, tree: ast.Module, file: RouteFile) -> bool:
        found = False
        for statement in tree.body:
            for name in sorted(own_names(ast.Module([statement], [])) & set(METHODS)):
                value = getattr(statement, "value", None)
                if isinstance(value, (ast.Constant, ast.List, ast.Dict, ast.Tuple, ast.Set, ast.JoinedStr)):
                    said = f"{file}:{statement.lineno}: {name} is not a function: write def {name}(...)"
                    self._problems.append(said)
                found = True
        if not found:
            self._problems.append(f"{file}: it has no handler: define {', '.join(METHODS[:-1])} or {METHODS[-1]}")
        return found

    def _body_cells(self, text: str, tree: ast.Module, file: RouteFile) -> list[str] | None:
        """The file as body-form cells, with what else it has in plain ones; None where it is not made of such."""
        constants: dict[str, object] = {}
        handlers: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        others: list[tuple[ast.stmt, str]] = []
        for statement, piece in _pieces(text, tree):
            name = _constant_name(statement)
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name in METHODS:
                if piece.lstrip("\n").startswith("#"):
                    return None
                handlers.append(statement)
            elif name is not None:
                try:
                    constants[name] = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
                except ValueError:
                    return None
            elif handlers or _is_docstring(statement):
                return None
            else:
                others.append((statement, piece))
        cells = [
            body_cell(text, handler, file.pattern, constants if not number else {})
            for number, handler in enumerate(handlers)
        ]
        if None in cells or _ends_with_comment(text, tree) or not _all_used(others, text):
            return None
        if self._makes_texts(others):
            return None
        if not self._may_say(others, frozenset(file.pattern.names)):
            return None
        plain = self._plain_pieces(others)
        return [*plain, *(cell for cell in cells if cell is not None)]

    def _makes_texts(self, others: list[tuple[ast.stmt, str]]) -> bool:
        """Whether annotations that are none would be texts in a plain cell: what is shared has the import for that."""
        is_meant = any(_has_future(ast.parse(line)) for line in self._imports)
        return is_meant and any(has_annotation(statement) for statement, _ in others)

    def _may_say(self, others: list[tuple[ast.stmt, str]], hidden: frozenset[str]) -> bool:
        """Whether plain cells can have these statements: each name means the same to all files, and no file loses it.

        Imports may be said twice, but what two files define is twice there, and would be once in a notebook. Nor may
        names be `hidden`, or such as other files take for the built-in ones. If so they are taken for said.
        """
        found: dict[str, str] = {}
        for statement, _ in others:
            said = ast.unparse(statement)
            is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
            for name in own_names(ast.Module([statement], [])):
                if name in hidden or name in self._public or hasattr(builtins, name):
                    return False
                if name in self._said and (self._said[name] != said or not is_import):
                    return False
                found[name] = said
        self._said |= found
        return True

    def _plain_pieces(self, others: list[tuple[ast.stmt, str]]) -> list[str]:
        text = "".join(piece for _, piece in others)
        return self._without_imports(text, ast.parse(text))

    def _middleware(self, name: str) -> list[str]:
        text = self._module(PurePosixPath(name))
        if text is None:
            return []
        tree = ast.parse(text)
        in_parts = name not in self._whole and not _has_future(tree)
        cells = self._middleware_body(text, tree) if in_parts else None
        if cells is not None:
            self._in_parts.add(name)
        return cells if cells is not None else [f"%%middleware\n{self._without_first_imports(text)}"]

    def _middleware_body(self, text: str, tree: ast.Module) -> list[str] | None:
        """The file as a cell that is the body of its one middleware; None where it is more than that."""
        matchers: list[str] = []
        function: ast.FunctionDef | ast.AsyncFunctionDef | None = None
        others: list[tuple[ast.stmt, str]] = []
        for statement, piece in _pieces(text, tree):
            if function is not None:
                return None
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == "middleware":
                function = statement if not piece.lstrip("\n").startswith("#") else None
            elif "config" in own_names(ast.Module([statement], [])):
                matchers = _matchers(statement)
                if not matchers:
                    return None
            elif _is_docstring(statement):
                return None
            else:
                others.append((statement, piece))
        cell = None if function is None or _ends_with_comment(text, tree) else middleware_cell(text, function, matchers)
        if cell is None or self._makes_texts(others) or not self._may_say(others, frozenset()):
            return None
        return [*self._plain_pieces(others), cell]

    def _page(self, page: RouteFile, routes: dict[tuple[str | int, ...], RouteFile]) -> str:
        beside = routes.get(page.pattern.shape)
        if beside is not None and self._answers_get(beside):
            self._problems.append(f"{beside} and {page} both answer GET {page.pattern}: keep one of them")
        try:
            text = (self._root / page.path).read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            self._problems.append(f"{page} cannot be read: {error}")
            return ""
        jinja = " --jinja" if page.path.name == TEMPLATE_FILE else ""
        return f"%%page {page.pattern.text}{jinja}\n{text}"

    def _answers_get(self, file: RouteFile) -> bool:
        try:
            return "GET" in own_names(ast.parse((self._root / file.path).read_bytes()))
        except (OSError, SyntaxError, ValueError):
            return False

    def _requests(self) -> list[str]:
        place = self._root / REQUESTS_FILE
        if not place.is_file():
            return []
        try:
            text = place.read_text(encoding="utf-8")
            return [request_cell_text(cell) for cell in parse_requests_file(text)]
        except (OSError, UnicodeDecodeError, CellError) as error:
            self._problems.append(f"{REQUESTS_FILE}: {error}")
            return []

    def _names_of_tests(self) -> list[str]:
        """What the requests need and no route does, which an export has put at the top of the tests."""
        path = PurePosixPath(TESTS_FILE)
        place = self._root / path
        if not (place.is_file() and (self._root / REQUESTS_FILE).is_file()):
            return []
        try:
            source = place.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
            # Tests of another make are no part of a notebook.
            if not _HEADER.match(source) or f"\n{CLIENT_LINE}\n" not in source:
                return []
            text = source.replace(f"\n{CLIENT_LINE}\n", "\n").replace(
                f"\n{SHARED_LINE}\n", f"\nfrom {APP} import {SHARED}\n"
            )
            text = without_prefix(_HEADER.sub("", text), file=str(path), public=self._public)
            others = [(each, piece) for each, piece in _pieces(text, ast.parse(text)) if not _is_of_tests(each)]
        except (OSError, SyntaxError, ValueError, DefinitionError):
            self._left.append(f"{path} cannot be read: what only its requests need is not in the notebook")
            return []
        used = {use.name for use in find_global_names(ast.parse(text).body).uses if use.does is not Does.STORE}
        others = [(each, piece) for each, piece in others if _is_wanted(each, used)]
        if not self._may_say(others, frozenset()):
            self._left.append(f"{path} has names of its own that a file of app has too: they are not in the notebook")
            return []
        return self._plain_pieces(others)

    def _module(self, path: PurePosixPath) -> str | None:
        """The text of a file as a notebook has it; None where there is none, or it cannot be."""
        place = self._root / path
        if not place.is_file():
            return None
        try:
            tree = ast.parse(place.read_bytes(), filename=str(path))
            text = place.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except SyntaxError as error:
            self._problems.append(f"{path}:{error.lineno}: Python: {error.msg}")
            return None
        except (OSError, ValueError) as error:
            self._problems.append(f"{path} cannot be read: {error}")
            return None
        self._problems += [f"{path}:{line}: there is no module {name} here" for name, line in self._missing(tree)]
        try:
            return without_prefix(_HEADER.sub("", text), file=str(path), public=self._public)
        except DefinitionError as error:
            self._problems.append(str(error))
            return None

    def _missing(self, tree: ast.Module) -> Iterator[tuple[str, int]]:
        """The modules that a file imports whatever happens, and that cannot be found."""
        for statement in tree.body:
            names: list[str] = []
            if isinstance(statement, ast.Import):
                names = [alias.name for alias in statement.names]
            elif isinstance(statement, ast.ImportFrom) and not statement.level:
                names = [statement.module or ""]
            for name in names:
                top = name.partition(".")[0]
                if top != APP and not self._is_own(top) and top not in sys.modules and find_spec(top) is None:
                    yield top, statement.lineno

    def _is_own(self, top: str) -> bool:
        return (self._root / f"{top}.py").is_file() or (self._root / top / "__init__.py").is_file()

    def _remarks(self, files: Iterable[RouteFile]) -> Iterator[str]:
        known = {*_MIDDLEWARE_FILES, *(str(file.path) for file in files), f"{APP}/{SHARED}.py"}
        for place in sorted([*self._root.glob("*.py"), *(self._root / APP).rglob("*.py")]):
            path = str(PurePosixPath(*place.relative_to(self._root).parts))
            if path not in known and place.stat().st_size:
                yield f"{path} stays a file: the notebook imports it where it stands beside it"
        if (self._root / "public").is_dir():
            yield f"public/ stays a folder: %routes start --public {self._root / 'public'}"


def _pieces(text: str, tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """The statements of a module, each with its lines and what stands above them; the last has the rest."""
    lines = text.split("\n")
    begin = 1
    for index, statement in enumerate(tree.body):
        end = statement.end_lineno or statement.lineno
        following = tree.body[index + 1] if index + 1 < len(tree.body) else None
        if following is None:
            end = len(lines)
        elif following.lineno == end:
            # Two statements on a line stay together, with the second.
            continue
        yield statement, "\n".join(lines[begin - 1 : end]) + "\n"
        begin = end + 1


def _has_future(tree: ast.Module) -> bool:
    """Whether its annotations are texts, perhaps; in a plain cell, those of all later cells would be."""
    return any(isinstance(each, ast.ImportFrom) and each.module == "__future__" for each in tree.body)


def _is_of_tests(statement: ast.stmt) -> bool:
    """Whether it is a test, or an import that only the client needs."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module in ("notebook_routes.project.replay", "__future__")
    return isinstance(statement, ast.FunctionDef) and statement.name.startswith("test_")


def _is_wanted(statement: ast.stmt, used: Iterable[str]) -> bool:
    """Whether something uses what it imports; anything else is there for a reason."""
    is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
    return not is_import or not own_names(ast.Module([statement], [])).isdisjoint(used)


def _constant_name(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name) and target.id in CONFIG_NAMES:
            return target.id
    return None


def _matchers(statement: ast.stmt) -> list[str]:
    """The paths of `config = {"matcher": ...}`; none where it says more."""
    try:
        config = ast.literal_eval(statement.value) if isinstance(statement, ast.Assign) else None
    except ValueError:
        return []
    if not isinstance(config, dict) or list(config) != ["matcher"]:
        return []
    matcher = config["matcher"]
    matchers = [matcher] if isinstance(matcher, str) else matcher
    is_plain = isinstance(matchers, list) and all(isinstance(each, str) for each in matchers)
    # One in a list is written as it is, and two are a list in any case.
    return matchers if is_plain and (isinstance(matcher, str) or len(matchers) > 1) else []


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _all_used(others: Iterable[tuple[ast.stmt, str]], text: str) -> bool:
    """Whether all that these statements import is used in a text."""
    imported = {
        name
        for statement, _ in others
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        for name in own_names(ast.Module([statement], []))
    }
    uses = find_global_names(ast.parse(text).body)
    return imported <= {use.name for use in uses.uses if use.does is not Does.STORE}


def _ends_with_comment(text: str, tree: ast.Module) -> bool:
    """Whether something stands below the last statement, which no cell would have."""
    end = max((statement.end_lineno or 0 for statement in tree.body), default=0)
    return any(line.strip() for line in text.split("\n")[end:])
