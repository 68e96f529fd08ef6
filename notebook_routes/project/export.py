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
from notebook_routes.project.data_files import data_files
from notebook_routes.project.foreign_files import foreign_files
from notebook_routes.project.formatting import format_folder
from notebook_routes.project.manifest import Asked, Manifest
from notebook_routes.project.plain_values import PlainValue, differences
from notebook_routes.project.tree_writer import apply, compare, read_manifest, staging, write_files

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

    from notebook_routes.project.check import Checked
    from notebook_routes.project.compose import Composed
    from notebook_routes.project.data_files import DataFiles
    from notebook_routes.project.foreign_files import ForeignFile
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
    copy_files: bool | None = None,
    check_only: bool = False,
    replay: bool = True,
) -> Export:
    """Write the routes of a notebook as a tree of files.

    Args:
        source: the notebook.
        root: the folder; it is made if there is none.
        force: write although the check has failed or files were edited by hand.
        replay_all: send requests of other methods than GET and HEAD too before writing; `check_only` does so by itself
            where the last export did.
        copy_files: have the files that the code opens beside the notebook go with the tree; None does as the last
            export.
        check_only: write nothing; `agrees` says whether folder and notebook say the same.
        replay: import the tree and send its requests before writing it.

    Raises:
        DefinitionError: the notebook cannot be exported, its tree gives other answers, or files were edited by hand;
            nothing was written.
    """
    before = read_manifest(root, force=force)
    asked = Asked(
        replay_all or (check_only and before.asked.replay_all),
        before.asked.copy_files if copy_files is None else copy_files,
    )
    composed = compose(source)
    with staging(root, only_look=check_only) as staged:
        files = _staged(composed, staged / "tree")
        checked = _checked(composed, source, root, staged / "tree", asked) if replay else None
        data = data_files(() if checked is None else checked.opened, source, root, files, copy=asked.copy_files)
        if checked is not None and checked.outdated:
            # What the notebook itself has left behind is no test of the tree.
            composed = compose(source, without=checked.outdated)
            files = _staged(composed, staged / "again")
        if asked.copy_files:
            data.copied |= _still_copied(before, root, files.keys() | data.copied.keys(), checked)
        files |= data.copied
        manifest = Manifest.of(source.name, files, copied=data.copied, asked=asked)
        changes = compare(root, files, manifest, force=force)
        foreign = foreign_files(root, files.keys() | before.digests.keys())
        export = _export(changes, _remarks(composed, checked, data, foreign, source), checked, data, foreign)
        if check_only:
            return export
        problems = [*data.problems, *changes.edited]
        if checked is not None and checked.problems:
            # What is not installed here, or a file that is not there, may be why.
            problems = [*checked.problems, *data.hints, *composed.remarks, *problems]
        if problems and not force:
            raise ExportError("\n".join([*problems, f"{root} is as it was; --force writes it all the same"]))
        apply(changes, staged / "moved")
    return export


def _checked(composed: Composed, source: NotebookSource, root: Path, tree: Path, asked: Asked) -> Checked:
    return check_tree(
        tree, composed.replay, asked=asked, beside=root, folder=source.folder, variables=composed.variables
    )


def _still_copied(before: Manifest, root: Path, known: Container[str], checked: Checked | None) -> dict[str, bytes]:
    """Files that an earlier export has copied, as they are: of what was not tried nobody knows whether it opens them.

    A file that the code opens and that is gone from the notebook's folder stays as well.
    """
    opened = {each.path for each in checked.opened} if checked is not None and checked.is_whole else before.copied
    return {
        path: (root / path).read_bytes()
        for path in before.copied & opened
        if path not in known and (root / path).is_file()
    }


def _remarks(
    composed: Composed,
    checked: Checked | None,
    data: DataFiles,
    foreign: Iterable[ForeignFile],
    source: NotebookSource,
) -> list[str]:
    remarks = [*composed.remarks, *data.remarks, *data.hints, *data.problems]
    if checked is not None and source.values:
        here = {name: PlainValue.of(source.values[name]) for name in checked.values if name in source.values}
        said = differences({name: value for name, value in here.items() if value is not None}, checked.values)
        remarks += [said] if said else []
    return [*remarks, *(each.said(source.name) for each in foreign)]


def _staged(composed: Composed, tree: Path) -> dict[str, bytes]:
    """Write the files to a folder of their own, and return them as they are when formatted."""
    write_files(tree, {path: text.encode("utf-8", "surrogatepass") for path, text in composed.files.items()})
    return format_folder(tree, composed.files)


def _export(
    changes: Changes, remarks: list[str], checked: Checked | None, data: DataFiles, foreign: Iterable[ForeignFile]
) -> Export:
    answers_more = any(each.answers for each in foreign)
    is_wrong = bool(data.problems) or (checked is not None and bool(checked.problems))
    return Export(
        changes.root,
        tuple(changes.written),
        tuple(changes.removed),
        tuple(changes.kept),
        tuple(changes.edited),
        tuple(remarks),
        checked,
        changes.is_empty and not is_wrong and not answers_more,
    )


def described(export: Export, *, check_only: bool = False) -> str:
    """What an export has done, or would do, as lines for people."""
    would = "would be " if check_only else ""
    lines = [f"{path} {would}written" for path in export.written]
    lines += [f"{path} {would}removed: the notebook needs it no longer" for path in export.removed]
    lines += [f"{path} was edited by hand, and stays" for path in export.kept]
    if check_only:
        lines += export.edited
    if not lines and (export.agrees or not check_only):
        lines = [f"{export.root} is up to date"]
    lines += export.remarks
    if export.checked is not None:
        lines += [*(export.checked.problems if check_only else ()), *export.checked.remarks, export.checked.summary]
    return "\n".join(lines)
