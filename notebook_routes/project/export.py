"""From a notebook to a tree of files that runs without it: "what runs in the cell is what exports".

    $ notebook-routes export shop.ipynb shop
    %routes export shop

Files are made (`compose.py`), formatted, imported and asked in a process of their own (`check.py`), and only then
written over what was there (`tree_writer.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError
from notebook_routes.project.check import check_tree
from notebook_routes.project.compose import compose
from notebook_routes.project.formatting import format_folder
from notebook_routes.project.tree_writer import apply, compare, staging, write_files

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_routes.project.check import Checked
    from notebook_routes.project.compose import Composed
    from notebook_routes.project.notebook_source import NotebookSource
    from notebook_routes.project.tree_writer import Changes


@dataclass(frozen=True)
class Export:
    """What an export has done, or would do.

    Attributes:
        root: the folder.
        written: files that were written, or would be.
        removed: files that were removed, or would be.
        kept: files that were edited by hand, and stay.
        edited: sentences about edited files that stand in the way.
        remarks: what else is worth knowing.
        checked: what the requests of the notebook gave; None where none was sent.
        agrees: whether folder and notebook say the same, now.
    """

    root: Path
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    checked: Checked | None = field(default=None, repr=False)
    agrees: bool = True


def export_tree(
    source: NotebookSource,
    root: Path,
    *,
    force: bool = False,
    replay_all: bool = False,
    check_only: bool = False,
    replay: bool = True,
) -> Export:
    """Write the routes of a notebook as a tree of files.

    Args:
        source: the notebook.
        root: the folder; it is made if there is none.
        force: write although the check has failed or files were edited by hand.
        replay_all: send requests of other methods than GET and HEAD too before writing.
        check_only: write nothing; `agrees` says whether folder and notebook say the same.
        replay: import the tree and send its requests before writing it.

    Raises:
        DefinitionError: the notebook cannot be exported, its tree gives other answers, or files were edited by hand;
            nothing was written.
    """
    composed = compose(source)
    with staging(root) as staged:
        files = _staged(composed, staged / "tree")
        checked = check_tree(staged / "tree", composed.replay, replay_all=replay_all, beside=root) if replay else None
        if checked is not None and checked.outdated:
            # What the notebook itself has left behind is no test of the tree.
            composed = compose(source, without=checked.outdated)
            files = _staged(composed, staged / "again")
        changes = compare(root, files, notebook=source.name, force=force)
        export = _export(root, changes, composed.remarks, checked)
        if check_only:
            return export
        problems = [*changes.edited]
        if checked is not None:
            # What is not installed here, for instance, may be why.
            problems = [*checked.problems, *(composed.remarks if checked.problems else ()), *problems]
        if problems and not force:
            raise ExportError("\n".join([*problems, f"{root} is as it was; --force writes it all the same"]))
        apply(changes, staged / "moved")
    return export


def _staged(composed: Composed, tree: Path) -> dict[str, bytes]:
    """Write the files to a folder of their own, and return them as they are when formatted."""
    write_files(tree, {path: text.encode("utf-8", "surrogatepass") for path, text in composed.files.items()})
    return format_folder(tree, composed.files)


def _export(root: Path, changes: Changes, remarks: list[str], checked: Checked | None) -> Export:
    return Export(
        root,
        tuple(changes.written),
        tuple(changes.removed),
        tuple(changes.kept),
        tuple(changes.edited),
        tuple(remarks),
        checked,
        changes.is_empty and (checked is None or not checked.problems),
    )


def described(export: Export, *, check_only: bool = False) -> str:
    """What an export has done, or would do, as lines for people."""
    would = "would be " if check_only else ""
    lines = [f"{path} {would}written" for path in export.written]
    lines += [f"{path} {would}removed: the notebook has it no longer" for path in export.removed]
    lines += [f"{path} was edited by hand, and stays" for path in export.kept]
    if check_only:
        lines += export.edited
    if not lines:
        lines = [f"{export.root} is up to date"]
    lines += export.remarks
    if export.checked is not None:
        lines += [*(export.checked.problems if check_only else ()), *export.checked.remarks, export.checked.summary]
    return "\n".join(lines)
