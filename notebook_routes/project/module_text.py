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
        imports, blocks = self._hoisted(blocks)
        body = [
            *(text for statement, text in self.statements if not statement.is_import),
            *blocks,
        ]
        used = _used("\n".join([*body, self.above]))
        sections = [
            [self.header],
            sorted(set(futures)),
            *self._imports(used, imports),
            [self.above.rstrip("\n")] if self.above else [],
            write_constants(self.constants),
        ]
        top = "\n\n".join("\n".join(section) for section in sections if section)
        text = _spaced(top, [*self._plain(), *((block, True) for block in blocks)])
        return text.rstrip("\n") + "\n"

    def _hoisted(self, blocks: Sequence[str]) -> tuple[list[str], list[str]]:
        """The imports that cells begin with, and the rest of them; a file that is one cell stays as it is."""
        plain = [statement for statement, _ in self.statements if not statement.is_import]
        if len(blocks) < 2 and not plain and not self.public:
            return [], list(blocks)
        found = [hoist_imports(block) for block in blocks]
        return [line for lines, _ in found for line in lines], [rest for _, rest in found]

    def _plain(self) -> list[tuple[str, bool]]:
        found: list[tuple[str, bool]] = []
        cell = None
        for statement, text in self.statements:
            if not statement.is_import:
                gap = statement.gap or cell not in (None, statement.cell)
                found.append((f"\n{text}" if gap else text, statement.is_definition))
                cell = statement.cell
        return found

    def _imports(self, used: frozenset[str], hoisted: Sequence[str]) -> list[list[str]]:
        """Groups of import lines: the standard library, others, our own."""
        lines = [line for statement, _ in self.statements if statement.is_import for line in _needed(statement, used)]
        standard = [line for line in lines if _package(line) in sys.stdlib_module_names]
        others = [line for line in lines if line not in standard]
        for line in (*self.imports, *hoisted):
            (standard if _package(line) in sys.stdlib_module_names else others).append(line)
        ours = {line: names for line in others if (names := _from_ours(line))}
        others = [line for line in others if line not in ours]
        wanted = (self.public & used).union(*ours.values())
        public = sorted(wanted, key=lambda name: (name[:1].islower(), name))
        if public:
            others.append(f"from notebook_routes import {', '.join(public)}")
        groups = [sorted(dict.fromkeys(group), key=_place) for group in (standard, others)]
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


def hoist_imports(block: str) -> tuple[list[str], str]:
    """Take the imports that a text begins with; those that share a line with something else, or a comment, stay."""
    lines = block.split("\n")
    taken: list[str] = []
    for statement in ast.parse(block).body:
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        above = lines[: first - 1]
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) or any(line.strip() for line in above):
            break
        text = "\n".join(lines[first - 1 : last])
        if ast.dump(ast.parse(text)) != ast.dump(ast.Module([statement], [])):
            break
        taken.append(text)
        lines[:last] = [""] * last
    return taken, "\n".join(lines).strip("\n")


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


def _from_ours(line: str) -> frozenset[str]:
    """The names of a `from notebook_routes import ...` that can be one with another."""
    (statement,) = ast.parse(line).body
    if not isinstance(statement, ast.ImportFrom) or statement.module != "notebook_routes" or "#" in line:
        return frozenset()
    renamed = any(alias.asname or alias.name == "*" for alias in statement.names)
    return frozenset() if renamed else frozenset(alias.name for alias in statement.names)


def _place(line: str) -> tuple[bool, str]:
    """How people sort imports: `import x` before `from x import y`, each by its module."""
    found = re.search(r"^(from|import)\s+([\w.]+)", line, re.MULTILINE)
    return (found is not None and found[1] == "from", found[2].lower() if found else line)


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
