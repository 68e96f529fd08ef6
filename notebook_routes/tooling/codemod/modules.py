"""The modules of a program: which of them import which, and several as one.

A framework's program is often many modules with routes, which import each other for their routers. As cells they are
one namespace: imports between them fall away, and a name that two define differently is written differently in one.
Modules without routes stay files, and are copied beside the result.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.errors import DefinitionError
from notebook_routes.project.module_text import bound_by
from notebook_routes.project.rewrite import rename
from notebook_routes.tooling.codemod.nodes import Statement, as_statement, dotted, only_small, parse
from notebook_routes.tooling.codemod.own_names import without_public_names
from notebook_routes.tooling.codemod.plan import NotUnderstood
from notebook_routes.tooling.codemod.sources import find_sources, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_INIT = "__init__.py"
#: Names of `notebook_routes` that what a codemod writes may use.
TAKEN = frozenset(
    {"Response", "Headers", "HTTPError", "FormData", "after", "forbidden", "not_found", "unauthorized", "cookies"}
)
#: Files of a program that are none of what runs.
_ASIDE = ("setup.py", "conftest.py")


@dataclass
class Module:
    """One module.

    Attributes:
        name: as others import it, `shop.items`.
        path: its file.
        text: its text.
        tree: the same, read.
    """

    name: str
    path: Path
    text: str
    tree: cst.Module

    @property
    def package(self) -> list[str]:
        """The package that relative imports start from."""
        parts = self.name.split(".") if self.name else []
        return parts if self.path.name == _INIT else parts[:-1]

    @property
    def statements(self) -> list[Statement]:
        """Its statements."""
        return [
            each for each in self.tree.body if isinstance(each, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        ]

    def imported(self, node: cst.ImportFrom) -> str | None:
        """The name of the module that `from ... import` names."""
        named = dotted(node.module) if node.module is not None else ""
        if not node.relative:
            return named
        package = self.package
        above = package[: len(package) - len(node.relative) + 1]
        return ".".join([*above, *([named] if named else [])])


class Modules:
    """The modules of a program.

    Args:
        path: a file, or a folder.

    Raises:
        NotUnderstood: a file is no Python.
    """

    def __init__(self, path: Path) -> None:
        self.root = path.parent if path.is_file() else path
        while path.is_dir() and (self.root / _INIT).exists():
            self.root = self.root.parent
        files = [path] if path.is_file() else find_sources(path, ".py")
        self.found: dict[str, Module] = {}
        for file in files:
            parts = list(file.relative_to(self.root).parts)
            is_aside = file.name in _ASIDE or file.name.startswith("test_") or "tests" in parts or "migrations" in parts
            if is_aside and file != path:
                continue
            name = ".".join(parts).removesuffix(".py")
            name = name.removesuffix("__init__").rstrip(".") if parts[-1] == _INIT else name
            text = read_text(file)
            parse(text)
            text = without_public_names(text, TAKEN)
            self.found[name] = Module(name, file, text, parse(text))

    def modules_named(self, module: Module) -> dict[str, str]:
        """For the names of a module that stand for other modules of the program, which."""
        named: dict[str, str] = {}
        for node in _imports(module.statements):
            if isinstance(node, cst.Import):
                for alias in node.names:
                    name = dotted(alias.name)
                    if name in self.found:
                        named[_bound_as(alias) or str(name)] = str(name)
            elif not isinstance(node.names, cst.ImportStar):
                above = module.imported(node)
                for alias in node.names:
                    full = f"{above}.{dotted(alias.name)}" if above else str(dotted(alias.name))
                    if full in self.found:
                        named[_bound_as(alias) or str(dotted(alias.name))] = full
        return named

    def needed_by(self, module: Module) -> list[str]:
        """The modules of the program that one imports."""
        found = list(self.modules_named(module).values())
        for node in _imports(module.statements):
            if isinstance(node, cst.ImportFrom):
                name = module.imported(node)
                if name in self.found:
                    found.append(str(name))
        return list(dict.fromkeys(found))

    def ordered(self, names: Iterable[str]) -> list[Module]:
        """Modules so that each comes after those that it imports."""
        wanted, done = set(names), dict[str, None]()

        def visit(name: str, above: tuple[str, ...]) -> None:
            for needed in self.needed_by(self.found[name]):
                if needed in wanted and needed not in above and needed not in done:
                    visit(needed, (*above, name))
            done[name] = None

        for name in names:
            visit(name, ())
        return [self.found[name] for name in done]

    def copies(self, names: Iterable[str]) -> dict[str, bytes]:
        """The files of modules without routes that modules with routes need, directly or not."""
        own, waiting, found = set(names), [self.found[name] for name in names], dict[str, bytes]()
        while waiting:
            for name in self.needed_by(waiting.pop()):
                module = self.found[name]
                path = str(module.path.relative_to(self.root))
                if name in own or path in found:
                    continue
                found[path] = module.path.read_bytes()
                waiting.append(module)
                for folder in module.path.relative_to(self.root).parents:
                    init = self.root / folder / _INIT
                    if folder.parts and init.exists() and ".".join(folder.parts) not in own:
                        found.setdefault(str(folder / _INIT), init.read_bytes())
        return found


def as_one(modules: Modules, order: list[Module]) -> list[tuple[Module, Statement]]:
    """The statements of several modules as those of one: each with the module that it comes from.

    Raises:
        NotUnderstood: a name means two things, and cannot be written differently.
    """
    own = {module.name for module in order}
    said: dict[str, str] = {}
    #: For each module its names that are written differently.
    new: dict[str, dict[str, str]] = {}
    found: list[tuple[Module, Statement]] = []
    for module in order:
        new[module.name] = _clashes(module, said) if len(order) > 1 else {}
        renamed = _renamed(module, new[module.name])
        named = {name: full for name, full in modules.modules_named(module).items() if full in own}
        flat = _Flat(renamed, named, new)
        for each in renamed.statements:
            changed = each.visit(flat)
            if not isinstance(changed, cst.RemovalSentinel):
                found.append((module, as_statement(changed)))
    return found


def _clashes(module: Module, said: dict[str, str]) -> dict[str, str]:
    """The names of a module that mean something else in those before it, with new ones."""
    new: dict[str, str] = {}
    for statement in ast.parse(module.text).body:
        shape = ast.unparse(statement)
        for name in bound_by(statement):
            if said.setdefault(name, shape) != shape and not isinstance(statement, (ast.Import, ast.ImportFrom)):
                new[name] = f"{module.name.rpartition('.')[2]}_{name}"
    return new


def _renamed(module: Module, new: dict[str, str]) -> Module:
    if not new:
        return module
    try:
        text = rename(module.text, new, where=module.path.name)
    except DefinitionError as error:
        raise NotUnderstood(str(error)) from None
    return Module(module.name, module.path, text, parse(text))


class _Flat(cst.CSTTransformer):
    """Takes out imports between modules that are one now, and makes relative ones absolute."""

    def __init__(self, module: Module, named: dict[str, str], new: dict[str, dict[str, str]]) -> None:
        super().__init__()
        self._module = module
        self._named = named
        self._new = new
        self._own = set(new)
        self._local = self._imported_names()

    def _imported_names(self) -> dict[str, str]:
        """The names that are imported from modules that are one with this, as these are called now."""
        found: dict[str, str] = {}
        for node in _imports(self._module.statements):
            name = self._module.imported(node) if isinstance(node, cst.ImportFrom) else None
            if isinstance(node, cst.Import) or isinstance(node.names, cst.ImportStar) or name not in self._own:
                continue
            for alias in node.names:
                wanted = str(dotted(alias.name))
                found[_bound_as(alias) or wanted] = self._new[str(name)].get(wanted, wanted)
        return {local: final for local, final in found.items() if local != final}

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._parts = {*self._parts, id(node.attr)}

    _parts: set[int] = set()  # noqa: RUF012 - made anew, never changed

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._parts = {*self._parts, id(node.keyword)}

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        final = self._local.get(original_node.value)
        if final is None or id(original_node) in self._parts:
            return updated_node
        return updated_node.with_changes(value=final)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        module = self._named.get(dotted(original_node.value) or "")
        if module is None:
            return updated_node
        name = original_node.attr.value
        return cst.Name(self._new.get(module, {}).get(name, name))

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        node = only_small(original_node)
        if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            name = self._module.imported(node)
            if name in self._own:
                return cst.RemoveFromParent()
            kept = [alias for alias in node.names if f"{name}.{dotted(alias.name)}".lstrip(".") not in self._own]
            if not kept:
                return cst.RemoveFromParent()
            if node.relative or len(kept) < len(node.names):
                names = ", ".join(cst.Module([]).code_for_node(alias).strip().rstrip(",") for alias in kept)
                line = cst.parse_statement(f"from {name} import {names}")
                return line.with_changes(leading_lines=updated_node.leading_lines)
        if isinstance(node, cst.Import):
            kept = [alias for alias in node.names if dotted(alias.name) not in self._own]
            if not kept:
                return cst.RemoveFromParent()
        return updated_node


def _imports(statements: Iterable[Statement]) -> list[cst.Import | cst.ImportFrom]:
    found = _Imports()
    for each in statements:
        each.visit(found)
    return found.found


class _Imports(cst.CSTVisitor):
    """All imports, those in functions too."""

    def __init__(self) -> None:
        self.found: list[cst.Import | cst.ImportFrom] = []

    def visit_Import(self, node: cst.Import) -> None:
        self.found.append(node)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        self.found.append(node)


def _bound_as(alias: cst.ImportAlias) -> str | None:
    return alias.asname.name.value if alias.asname is not None and isinstance(alias.asname.name, cst.Name) else None
