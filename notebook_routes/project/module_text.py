"""The text of one module of an exported tree: imports, constants, statements, handlers, in this order."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.project.global_names import Does, find_global_names
from notebook_routes.project.import_lines import ImportLines, take_imports
from notebook_routes.runtime.constants import write_constants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from notebook_routes.project.statements import Statement

SHARED = "_shared"
_SHARED_IMPORT = f"from app import {SHARED}"


@dataclass
class ModuleText:
    """What a module is made of.

    Attributes:
        header: comment lines or a docstring at the top.
        statements: of plain cells, each with its text as it is written here; imports among them come first.
        constants: config.
        blocks: the texts of cells.
        public: names that `notebook_routes` has, of which those are imported that are used.
        shared: the line that gives `_shared`, where it is used.
        imports: further import lines.
        above: lines between the imports and everything else.
        keeps_shared: whether `_shared` is imported even if nothing here names it.
        futures: what the notebook has imported from `__future__`, for the annotations of its plain cells.
    """

    header: str
    statements: Sequence[tuple[Statement, str]] = ()
    constants: Mapping[str, object] = field(default_factory=dict)
    blocks: Sequence[str] = ()
    public: frozenset[str] = frozenset()
    shared: str = _SHARED_IMPORT
    imports: Sequence[str] = ()
    above: str = ""
    keeps_shared: bool = False
    futures: frozenset[str] = frozenset()

    def __str__(self) -> str:
        futures, blocks = hoist_futures(self.blocks)
        if any(statement.is_annotated for statement, _ in self.statements):
            futures += [f"from __future__ import {name}" for name in self.futures]
        imports = ImportLines()
        for number, block in enumerate(blocks):
            taken, blocks[number] = take_imports(block)
            for text, node in taken:
                imports.add(text, [node])
        body = [
            *(text for statement, text in self.statements if not statement.is_import),
            *blocks,
        ]
        used = _used("\n".join([*body, self.above]))
        sections = [
            [self.header],
            sorted(set(futures)),
            *self._imports(imports, used),
            [self.above.rstrip("\n")] if self.above else [],
            write_constants(self.constants),
        ]
        top = "\n\n".join("\n".join(section) for section in sections if section)
        text = _spaced(top, [*self._plain(), *map(_block, blocks)])
        return text.rstrip("\n") + "\n"

    def _plain(self) -> list[_Piece]:
        found: list[_Piece] = []
        cell = None
        for statement, text in self.statements:
            if not statement.is_import:
                gap = statement.gap or cell not in (None, statement.cell)
                is_definition = statement.is_definition
                found.append(_Piece(f"\n{text}" if gap else text, begins=is_definition, ends=is_definition))
                cell = statement.cell
        return found

    def _imports(self, imports: ImportLines, used: frozenset[str]) -> list[list[str]]:
        """Groups of import lines: the standard library, others, our own."""
        for statement, _ in self.statements:
            if statement.is_import:
                imports.add(statement.text, statement.nodes, used)
        for line in self.imports:
            imports.add(line, ast.parse(line).body)
        public = sorted(self.public & used)
        if public:
            line = f"from notebook_routes import {', '.join(public)}"
            imports.add(line, ast.parse(line).body)
        groups = imports.groups()
        if self.shared and (SHARED in used or self.keeps_shared):
            unused = "" if SHARED in used else "  # noqa: F401 - for what it does"
            groups.append([f"{self.shared}{unused}"])
        return groups


def hoist_futures(blocks: Iterable[str]) -> tuple[list[str], list[str]]:
    """Take the `from __future__` imports out of texts, as they have to stand at a module's top."""
    futures: list[str] = []
    rest: list[str] = []
    for block in blocks:
        lines = block.split("\n")
        gone: set[int] = set()
        for statement in ast.parse(block).body:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                futures += [f"from __future__ import {alias.name}" for alias in statement.names]
                gone.update(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
        rest.append("\n".join(line for number, line in enumerate(lines, 1) if number not in gone).strip("\n"))
    return futures, rest


def without_names(text: str, names: Iterable[str]) -> str:
    """A module's text without the statements that bind only such names, and the comments directly above them."""
    wanted = set(names)
    lines = text.split("\n")
    gone: set[int] = set()
    for statement in ast.parse(text).body if wanted else ():
        bound = bound_by(statement)
        if bound and bound <= wanted:
            decorators = getattr(statement, "decorator_list", [])
            first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
            while first > 1 and lines[first - 2].startswith("#"):
                first -= 1
            gone.update(range(first, (statement.end_lineno or statement.lineno) + 1))
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)


def bound_by(statement: ast.stmt) -> frozenset[str]:
    """The names of the module that a statement binds."""
    return frozenset(use.name for use in find_global_names([statement]).of(Does.STORE) if not use.later)


def _used(text: str) -> frozenset[str]:
    return frozenset(use.name for use in find_global_names(ast.parse(text).body).uses)


class _Piece(NamedTuple):
    """A text, and whether it begins and ends with a function or a class."""

    text: str
    begins: bool
    ends: bool


def _block(text: str) -> _Piece:
    statements = ast.parse(text).body
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return _Piece(text, bool(statements) and isinstance(statements[0], definitions), ends=True)


def _spaced(top: str, pieces: Sequence[_Piece]) -> str:
    """Join texts with the blank lines that a formatter leaves: two around functions and classes."""
    text, after_definition, first = top, False, True
    for piece in pieces:
        if not piece.text.strip():
            continue
        blank = 2 if piece.begins or after_definition else 1 if piece.text.startswith("\n") or first else 0
        text = f"{text.rstrip(chr(10))}\n{chr(10) * blank}{piece.text.strip(chr(10))}\n"
        after_definition, first = piece.ends, False
    return text
