"""What a project changes in memory while it answers: processes that answer beside each other would not share it.

Found by reading the files; nothing is run. Named are

- names of a module that a function rebinds: `global counter`, or `_shared.counter += 1` from another file;
- lists, dicts, sets and the like that a module makes and a function changes: `products[id] = ...`, `seen.add(id)`,
  also where another file has imported them;
- databases in memory: `sqlite3.connect(":memory:")`.

A cache that only saves work is among them too: whoever knows that it may differ from process to process says so.
"""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from notebook_routes.routing.filesystem import API, APP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
#: Calls that make something that changes.
_MAKERS = frozenset(
    {
        "Counter", "OrderedDict", "SimpleNamespace", "array", "bytearray", "count", "cycle", "defaultdict", "deque",
        "dict", "list", "set",
    }
)  # fmt: skip
#: Methods that change what they are called on.
_CHANGES = frozenset(
    {
        "add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "extendleft", "insert",
        "intersection_update", "move_to_end", "pop", "popitem", "popleft", "remove", "reverse", "rotate", "setdefault",
        "sort", "subtract", "symmetric_difference_update", "update",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SharedState:
    """One place where a function changes what belongs to a module.

    Attributes:
        file: from the project's folder on.
        line: counted from 1.
        name: the name as it stands there, `counter` or `_shared.counter`.
        what: what happens to it, "is rebound" or "is changed".
    """

    file: PurePosixPath
    line: int
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: `{self.name}` {self.what}"


def find_shared_state(root: Path) -> list[SharedState]:
    """Find what the files of a project change in memory, by file and line; one place for each name of a file.

    Files that are no Python are passed over: loading them names them.

    Args:
        root: the project's folder.
    """
    modules = {path: tree for path in _files(root) if (tree := _parsed(root / path)) is not None}
    mutable = {path: set(_mutable_names(tree)) for path, tree in modules.items()}
    found: list[SharedState] = []
    for path, tree in modules.items():
        seen: dict[str, SharedState] = {}
        for state in sorted(_Reader(path, tree, mutable).read(), key=lambda state: state.line):
            seen.setdefault(state.name, state)
        found += seen.values()
    return found


def _files(root: Path) -> list[PurePosixPath]:
    found = itertools.chain(root.glob("*.py"), (root / APP).rglob("*.py"), (root / API).rglob("*.py"))
    return sorted(PurePosixPath(*file.relative_to(root).parts) for file in found if file.is_file())


def _parsed(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _mutable_names(tree: ast.Module) -> Iterator[str]:
    """The names of a module that are bound to what can be changed."""
    for statement in tree.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and _is_mutable(statement.value):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_mutable(value: ast.expr | None) -> bool:
    return isinstance(value, _DISPLAYS) or (isinstance(value, ast.Call) and _last_name(value.func) in _MAKERS)


def _last_name(expression: ast.expr) -> str | None:
    if isinstance(expression, ast.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ast.Name) else None


class _Reader:
    """Reads one module."""

    def __init__(self, path: PurePosixPath, tree: ast.Module, mutable: dict[PurePosixPath, set[str]]) -> None:
        self._path = path
        self._tree = tree
        #: Names that are changeable objects, and names that are modules of the project.
        self._objects = set(mutable[path])
        self._modules: dict[str, set[str]] = {}
        for statement in ast.walk(tree):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self._note_import(statement, mutable)

    def read(self) -> Iterator[SharedState]:
        """All places of the module."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and _is_memory_database(node):
                yield self._state(node, ast.unparse(node), "is a database in each process's own memory")
        yield from self._functions(ast.iter_child_nodes(self._tree), frozenset())

    def _functions(self, nodes: Iterable[ast.AST], hidden: frozenset[str]) -> Iterator[SharedState]:
        """Go through the functions, also those of classes; `hidden` names are locals of those around."""
        for node in nodes:
            if not isinstance(node, _Function):
                yield from self._functions(ast.iter_child_nodes(node), hidden)
                continue
            rebound, local = _names_of(node)
            inner = hidden | local
            for inside in _own_nodes(node):
                yield from self._changes(inside, inner - rebound, rebound)
            yield from self._functions(_inner_functions(node), inner)

    def _changes(self, node: ast.AST, hidden: frozenset[str], rebound: frozenset[str]) -> Iterator[SharedState]:
        for target in _targets(node):
            if isinstance(target, ast.Name) and target.id in rebound:
                yield self._state(target, target.id, "is rebound")
            elif isinstance(target, ast.Subscript) and self._is_shared(target.value, hidden):
                yield self._state(target, ast.unparse(target.value), "is changed")
            elif isinstance(target, ast.Attribute):
                module = self._module(target.value, hidden)
                if module is not None:
                    yield self._state(target, ast.unparse(target), "is rebound")
                elif self._is_shared(target.value, hidden):
                    yield self._state(target, ast.unparse(target.value), "is changed")
        if isinstance(node, ast.Call):
            changes = isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES
            changed = node.func.value if isinstance(node.func, ast.Attribute) and changes else None
            if isinstance(node.func, ast.Name) and node.func.id == "next" and node.args:
                changed = node.args[0]
            if changed is not None and self._is_shared(changed, hidden):
                yield self._state(node, ast.unparse(changed), "is changed")

    def _is_shared(self, expression: ast.expr, hidden: frozenset[str]) -> bool:
        while isinstance(expression, ast.Subscript):
            expression = expression.value
        if isinstance(expression, ast.Name):
            return expression.id in self._objects and expression.id not in hidden
        if isinstance(expression, ast.Attribute):
            module = self._module(expression.value, hidden)
            return module is not None and expression.attr in module
        return False

    def _module(self, expression: ast.expr, hidden: frozenset[str]) -> set[str] | None:
        """The changeable names of a module of the project that an expression is; None where it is none."""
        text = ast.unparse(expression) if isinstance(expression, (ast.Name, ast.Attribute)) else ""
        return None if text.partition(".")[0] in hidden else self._modules.get(text)

    def _note_import(self, statement: ast.Import | ast.ImportFrom, mutable: dict[PurePosixPath, set[str]]) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                file = _file_of(alias.name, mutable)
                if file is not None:
                    self._modules[alias.asname or alias.name] = mutable[file]
            return
        package = statement.module or ""
        if statement.level:
            above = self._path.parents[statement.level - 1].parts
            package = ".".join([*above, *([package] if package else [])])
        for alias in statement.names:
            module = _file_of(f"{package}.{alias.name}" if package else alias.name, mutable)
            holder = _file_of(package, mutable)
            if module is not None:
                self._modules[alias.asname or alias.name] = mutable[module]
            elif holder is not None and alias.name in mutable[holder]:
                self._objects.add(alias.asname or alias.name)

    def _state(self, node: ast.expr, name: str, what: str) -> SharedState:
        return SharedState(self._path, node.lineno, name, what)


def _file_of(name: str, files: Iterable[PurePosixPath]) -> PurePosixPath | None:
    """The file of the project that a module's name means."""
    base = PurePosixPath(*name.split("."))
    found = (base.with_name(f"{base.name}.py") if base.name else base, base / "__init__.py")
    return next((file for file in found if file in set(files)), None)


def _names_of(function: _Function) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a function declares `global`, and those that are its own."""
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    local = {argument.arg for argument in given if argument is not None}
    declared: set[str] = set()
    for node in _own_nodes(function):
        if isinstance(node, ast.Global):
            declared.update(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            local.add(node.id)
    return frozenset(declared), frozenset(local - declared)


def _own_nodes(function: _Function) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of functions in it."""
    waiting: list[ast.AST] = list(function.body) if isinstance(function.body, list) else [function.body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Function):
            waiting.extend(ast.iter_child_nodes(node))


def _inner_functions(function: _Function) -> Iterator[ast.AST]:
    return (node for node in _own_nodes(function) if isinstance(node, _Function))


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    """What a statement binds, changes or deletes."""
    if isinstance(node, (ast.Assign, ast.Delete)):
        waiting = list(node.targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor, ast.NamedExpr)):
        waiting = [node.target]
    else:
        waiting = []
    while waiting:
        target = waiting.pop()
        if isinstance(target, (ast.Tuple, ast.List)):
            waiting += target.elts
        else:
            yield target


def _is_memory_database(call: ast.Call) -> bool:
    if _last_name(call.func) != "connect" or not call.args:
        return False
    place = call.args[0]
    return isinstance(place, ast.Constant) and isinstance(place.value, str) and ":memory:" in place.value
