"""The cells of a tree from which an export makes that tree again.

A file in body form leaves what else it has to plain cells, of which an export takes what is needed, to where it belongs
among all routes. Whether that gives the same file is not guessed: the cells are composed, and a file that came out
otherwise is taken in module form, as it is.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.errors import NotebookRoutesError
from notebook_routes.project.compose import compose
from notebook_routes.project.notebook_source import NotebookSource, SourceCell
from notebook_routes.project.tree_cells import tree_cells
from notebook_routes.project.unshare import SHARED, own_names
from notebook_routes.routing.filesystem import APP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from notebook_routes.project.tree_cells import TreeCells


def settled_cells(root: Path, *, public: frozenset[str]) -> TreeCells:
    """Read the files of a project as cells, and see that they give those files. Nothing is run.

    Args:
        root: the project's folder.
        public: the names that a notebook has of `notebook_routes` without an import.

    Raises:
        DefinitionError: as `tree_cells` does.
    """
    whole: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    while True:
        found = tree_cells(root, public=public, whole=whole, kept=kept)
        files = _composed(root, found)
        if files is None:
            # No notebook exports it, so that there is nothing to be the same as.
            return found
        changed = frozenset(_changed(root, found, files))
        lost = frozenset(_lost(root, files)) - kept
        if not changed and not lost:
            return found
        whole |= changed
        kept |= lost


def _composed(root: Path, found: TreeCells) -> Mapping[str, str] | None:
    """The files that an export of the cells would give."""
    source = NotebookSource(root.name, tuple(SourceCell(text, f"cell {n}") for n, text in enumerate(found.cells, 1)))
    try:
        return compose(source).files
    except NotebookRoutesError:
        return None


def _changed(root: Path, found: TreeCells, files: Mapping[str, str]) -> Iterator[str]:
    """The files of cells in body form that an export would write otherwise."""
    for path in found.in_parts:
        if path not in files or not _has_all(files[path], (root / path).read_text(encoding="utf-8-sig")):
            yield path


def _lost(root: Path, files: Mapping[str, str]) -> Iterator[str]:
    """The statements of what is shared that an export would leave out: no route seems to need them."""
    path = root / APP / f"{SHARED}.py"
    if not path.is_file():
        return
    modules = [ast.parse(text) for name, text in files.items() if name.endswith(".py")]
    there = {ast.unparse(_Plain().visit(statement)) for module in modules for statement in module.body}
    for statement in ast.parse(path.read_text(encoding="utf-8-sig")).body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) and ast.unparse(statement) not in there:
            yield ast.unparse(statement)


def _has_all(text: str, before: str) -> bool:
    """Whether a module says all that it has said before, in this order; from what was shared there may be more."""
    said = iter(_said(text))
    return all(statement in said for statement in _said(before)) and _imported(before) <= _imported(text)


def _said(text: str) -> list[str]:
    """The statements, but for imports; whether a name is shared or the module's own does not count."""
    return [
        ast.unparse(_Plain().visit(statement))
        for statement in ast.parse(text).body
        if not isinstance(statement, (ast.Import, ast.ImportFrom))
    ]


def _imported(text: str) -> frozenset[str]:
    imports = [each for each in ast.parse(text).body if isinstance(each, (ast.Import, ast.ImportFrom))]
    return own_names(ast.Module([*imports], [])) - {SHARED}


class _Plain(ast.NodeTransformer):
    """Takes the prefix of what is shared away."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        is_shared = isinstance(node.value, ast.Name) and node.value.id == SHARED
        return ast.Name(node.attr, node.ctx) if is_shared else node
