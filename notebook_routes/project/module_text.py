"""The text of one module of an exported tree: imports, constants, statements, handlers, in this order."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.project.global_names import Does, find_global_names
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

    def __str__(self) -> str:
        futures, blocks = hoist_futures(self.blocks)
        body = [
            *(text for statement, text in self.statements if not statement.is_import),
            *blocks,
        ]
        used = _used("\n".join([*body, self.above]))
        sections = [
            [self.header],
            sorted(set(futures)),
            *self._imports(used),
            [self.above.rstrip("\n")] if self.above else [],
            write_constants(self.constants),
        ]
        top = "\n\n".join("\n".join(section) for section in sections if section)
        text = _spaced(top, [*self._plain(), *((block, True) for block in blocks)])
        return text.rstrip("\n") + "\n"

    def _plain(self) -> list[tuple[str, bool]]:
        return [
            (f"\n{text}" if statement.gap else text, statement.is_definition)
            for statement, text in self.statements
            if not statement.is_import
        ]

    def _imports(self, used: frozenset[str]) -> list[list[str]]:
        """Groups of import lines: the standard library, others, our own."""
        lines = [line for statement, _ in self.statements if statement.is_import for line in _needed(statement, used)]
        standard = [line for line in lines if _package(line) in sys.stdlib_module_names]
        others = [line for line in lines if line not in standard]
        for line in self.imports:
            (standard if _package(line) in sys.stdlib_module_names else others).append(line)
        public = sorted(self.public & used, key=lambda name: (name[:1].islower(), name))
        if public:
            others.append(f"from notebook_routes import {', '.join(public)}")
        groups = [list(dict.fromkeys(standard)), list(dict.fromkeys(others))]
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


def _needed(statement: Statement, used: frozenset[str]) -> list[str]:
    """The imports of a statement that are used; as they were written where that is all of them."""
    lines: list[str] = []
    complete = True
    for node in statement.nodes:
        assert isinstance(node, (ast.Import, ast.ImportFrom))
        kept = [alias for alias in node.names if _bound(alias) in used or alias.name == "*"]
        complete &= len(kept) == len(node.names)
        if not kept:
            continue
        names = ", ".join(f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in kept)
        origin = f"from {'.' * node.level}{node.module or ''} " if isinstance(node, ast.ImportFrom) else ""
        lines.append(f"{origin}import {names}")
    return [statement.text] if complete else lines


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _package(line: str) -> str:
    found = re.search(r"^(?:from|import)\s+([\w.]+)", line, re.MULTILINE)
    return found[1].partition(".")[0] if found else ""


def _spaced(top: str, pieces: Sequence[tuple[str, bool]]) -> str:
    """Join texts with the blank lines that a formatter leaves: two around functions and classes."""
    text, after_definition, first = top, False, True
    for piece, is_definition in pieces:
        blank = 2 if is_definition or after_definition else 1 if piece.startswith("\n") or first else 0
        text = f"{text.rstrip(chr(10))}\n{chr(10) * blank}{piece.strip(chr(10))}\n"
        after_definition, first = is_definition, False
    return text
