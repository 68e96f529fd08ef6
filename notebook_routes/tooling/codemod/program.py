"""A program as `%%route` cells, and these as a notebook or as a tree of files.

The tree is what an export makes of the cells, so that what is shared goes where an export has it.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import libcst as cst

from notebook_routes.errors import DefinitionError
from notebook_routes.project.compose import compose
from notebook_routes.project.notebook_source import NotebookSource, SourceCell
from notebook_routes.tooling.codemod.imports import apart
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    code,
    definitions,
    dotted,
    only_small,
    statement,
    two_below,
)
from notebook_routes.tooling.codemod.plan import NotUnderstood, Plan, Write
from notebook_routes.tooling.codemod.sources import NOTEBOOK, new_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from notebook_routes.tooling.codemod.catalogue import Options

_LOAD = "%load_ext notebook_routes"
_KEEP = "# routes: keep"


@dataclass
class Program:
    """What a program is made of.

    Attributes:
        plain: its statements without what belongs to the framework.
        routes: the functions of each path, by pattern.
        middleware: the functions in front of all routes, in order.
        matchers: the paths of those functions that are in front of some routes only, by the function's name.
        beside: what these need: imports, constants and functions.
        constants: what all routes state, such as `cors = "*"`.
        files: further files that it needs, by their path from the project's folder on.
    """

    plain: list[Statement] = field(default_factory=list)
    routes: dict[str, list[Statement]] = field(default_factory=dict)
    middleware: list[cst.FunctionDef] = field(default_factory=list)
    matchers: dict[str, list[str]] = field(default_factory=dict)
    beside: list[Statement] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def cells(self, *, keeps: bool) -> Iterator[str]:
        """The texts of its cells.

        Args:
            keeps: mark statements that are there for what they do, so that an export has them.
        """
        yield from self._plain(keeps=keeps)
        for pattern, functions in self.routes.items():
            yield f"%%route {pattern}\n" + _text(functions, above=self.constants)
        if self.middleware:
            names = ", ".join(self._listed(each.name.value) for each in self.middleware)
            listed = two_below(statement(f"middleware = [{names}]"))
            beside = sorted(self.beside, key=lambda each: not _imports(each))
            yield "%%middleware\n" + _text([*beside, *map(apart, self.middleware), listed])

    def _listed(self, name: str) -> str:
        matchers = self.matchers.get(name)
        return name if matchers is None else f"({name}, [{', '.join(map(json.dumps, matchers))}])"

    def take_middleware(self, name: str, statements: Sequence[Statement], place: int) -> None:
        """Take in a middleware that is written with what it needs.

        Args:
            name: what its function is called.
            statements: the function, and what it needs.
            place: where it stands among the others.
        """
        function = definitions(statements, cst.FunctionDef)[name]
        self.middleware.insert(place, function)
        self.beside += [each for each in statements if each is not function]

    def plan(self, source: Path, options: Options) -> Plan:
        """Plan the files of it.

        Raises:
            NotUnderstood: it cannot be a tree; the message says why.
        """
        if options.to_notebook:
            return self._notebook(source, options.destination or source.with_name(f"{source.stem}_routes{NOTEBOOK}"))
        return self._tree(source, options.destination or source.with_name(f"{source.stem}_routes"))

    def _notebook(self, source: Path, target: Path) -> Plan:
        cells = [_LOAD, *self.cells(keeps=False)]
        writes = [
            Write(target, new_notebook(cells).encode(), "", "\n\n".join(cells) + "\n", source),
            *(Write(target.parent / path, content, "", "", source) for path, content in self.files.items()),
        ]
        return Plan(writes, routes=self.names)

    def _tree(self, source: Path, target: Path) -> Plan:
        cells = tuple(SourceCell(text, f"part {number}") for number, text in enumerate(self.cells(keeps=True), start=1))
        try:
            files: Mapping[str, str] = compose(NotebookSource(source.name, cells)).files
        except DefinitionError as error:
            raise NotUnderstood(str(error)) from None
        writes = [Write(target / path, text.encode(), "", text, source) for path, text in files.items()]
        writes += [Write(target / path, content, "", "", source) for path, content in self.files.items()]
        return Plan(writes, routes=self.names)

    @property
    def names(self) -> list[str]:
        """What it answers, "GET /products/[id]"."""
        return [f"{method} {pattern}" for pattern, functions in self.routes.items() for method in _methods(functions)]

    def _imported_for_effect(self) -> Iterator[str]:
        """Cells that import the copied modules whole.

        What the program does at once may need what they do when they are imported: models make themselves known. An
        export has only the imports whose names are used.
        """
        own = {path.removesuffix(".py").replace("/", ".") for path in self.files}
        for module in dict.fromkeys(map(_imported_by, self.plain)):
            if module in own:
                name = f"_{str(module).replace('.', '_')}"
                yield f"import {module} as {name}\n\n{_KEEP}\n{name}  # imported for what it does"

    def _plain(self, *, keeps: bool) -> Iterator[str]:
        """Statements as cells: definitions alone, others as they follow."""
        if keeps and any(map(_does, self.plain)):
            yield from self._imported_for_effect()
        group: list[Statement] = []
        for each in self.plain:
            if isinstance(each, (cst.FunctionDef, cst.ClassDef)):
                if group:
                    yield _text(group, keeps=keeps)
                yield _text([each])
                group = []
            else:
                group.append(each)
        if group:
            yield _text(group, keeps=keeps)


class Conversion(Protocol):
    """The program of a framework, as far as it has been read.

    Attributes:
        problems: sentences about what is left out.
    """

    problems: list[str]

    def program(self, *, old_errors: bool) -> Program:
        """What it is made of as Route Handlers.

        Args:
            old_errors: with the framework's own answers to errors.

        Raises:
            NotUnderstood: none of it can be one.
        """


def plan_program(path: Path, options: Options, read: Callable[[Path], Conversion | None]) -> Plan:
    """Plan what becomes of the program of a framework.

    Args:
        path: its file, or the folder of its modules.
        options: the destination is a folder, or a notebook; by default `NAME_routes` beside it.
        read: reads a program; None for one without routes.
    """
    try:
        conversion = read(path)
        if conversion is None:
            return Plan()
        made = conversion.program(old_errors=options.old_errors).plan(path, options)
    except NotUnderstood as reason:
        return Plan(left={path: str(reason)})
    if conversion.problems:
        made.left[path] = "; ".join(dict.fromkeys(conversion.problems))
    return made


def _imports(node: Statement) -> bool:
    return isinstance(only_small(node), (cst.Import, cst.ImportFrom))


def _imported_by(node: Statement) -> str | None:
    """The module that a line imports from."""
    small = only_small(node)
    is_import = isinstance(small, cst.ImportFrom) and small.module is not None and not small.relative
    return dotted(small.module) if is_import and isinstance(small, cst.ImportFrom) and small.module else None


def _text(statements: Sequence[Statement], *, above: Sequence[str] = (), keeps: bool = False) -> str:
    found = list(above)
    for each in statements:
        text = code(each)
        # A comment that stands apart would belong to nothing in a file that has only some of the statements.
        text = re.sub(r"(#[^\n]*)\n(?:[ \t]*\n)+(?=\S)", r"\1\n", text) if keeps else text
        found.append(f"{_KEEP}\n{text.lstrip(chr(10))}" if keeps and _does(each) else text)
    return "\n".join(piece.rstrip("\n") if place else piece.strip("\n") for place, piece in enumerate(found))


def _does(node: Statement) -> bool:
    """Whether a statement is there for what it does, and not for a name that it binds."""
    small = only_small(node)
    if isinstance(small, cst.Expr):
        return not isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))
    return isinstance(node, (cst.If, cst.For, cst.While, cst.With, cst.Try))


def _methods(functions: Sequence[Statement]) -> list[str]:
    tree = ast.parse("\n".join(code(each) for each in functions))
    found = [each.name for each in tree.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]
    found += [
        t.id for each in tree.body if isinstance(each, ast.Assign) for t in each.targets if isinstance(t, ast.Name)
    ]
    return [each for each in found if each.isupper()]
