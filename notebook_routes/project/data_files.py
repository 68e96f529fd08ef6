"""The files beside a notebook that its code opens: what of them goes with the exported tree, and what is said of each.

A path in the code is taken from the folder of the tree on, as `serve`, `dev` and the tree's tests take it. So a file
`data/items.csv` beside the notebook has its place at `data/items.csv` in the tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError
from notebook_routes.project.opened_files import Whence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from notebook_routes.project.notebook_source import NotebookSource
    from notebook_routes.project.opened_files import OpenedFile

COPY_OPTION = "--copy-files"
_UNITS = ((1000, "kB"), (1000**2, "MB"), (1000**3, "GB"))
_MARKS = re.compile(r"[\s\"'(),]|_shared\.")


@dataclass
class DataFiles:
    """What comes of the files that the code opens.

    Attributes:
        copied: those that go with the tree, by path.
        remarks: what is worth knowing of them.
        hints: what may be why the tree does not work.
        problems: why they cannot be copied, as was asked for.
    """

    copied: dict[str, bytes] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def data_files(
    opened: Iterable[OpenedFile], source: NotebookSource, root: Path, files: Mapping[str, bytes], *, copy: bool
) -> DataFiles:
    """Decide about each file that was opened while the tree was tried.

    Args:
        opened: the files.
        source: the notebook.
        root: the folder that the tree is for.
        files: the tree's own files, which say where a file is opened.
        copy: whether those beside the notebook are to go with the tree.

    Raises:
        ExportError: a file that is to be copied cannot be read.
    """
    found = DataFiles()
    for each in opened:
        said = f"{_place(each, source, files)} opens {each.path}"
        match each.whence:
            case Whence.TREE:
                found.remarks.append(f"{said}, which is in {root} already")
            case Whence.BESIDE if copy:
                assert source.folder is not None
                found.copied[each.path] = _read(source.folder / each.path)
                found.remarks.append(f"{said}: it goes with the files ({_size(len(found.copied[each.path]))})")
            case Whence.BESIDE:
                assert source.folder is not None
                size = _size((source.folder / each.path).stat().st_size)
                found.hints.append(
                    f"{said} ({size}), which is beside the notebook and not in {root}: copy it there, or export with "
                    f"{COPY_OPTION}"
                )
            case Whence.LINKED:
                found.hints.append(
                    f"{said}, a link that leads out of the notebook's folder, which is not copied: copy the file to "
                    f"{root} yourself"
                )
            case Whence.NOWHERE:
                beside = " nor beside the notebook" if source.folder is not None else ""
                found.hints.append(
                    f"{said}, which is not in {root}{beside}: paths are taken from the folder that holds app"
                )
            case Whence.OUTSIDE:
                found.hints.append(
                    f"{said}, which leads out of {root}: move the file to the notebook's folder, or write the whole "
                    "path of its place"
                )
                if copy:
                    found.problems.append(found.hints.pop())
            case Whence.ABSOLUTE:
                found.remarks.append(f"{said}: it has to be at that place wherever the files run")
    return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ExportError(f"{file} cannot be copied: {error.strerror}") from None


def _size(count: int) -> str:
    if count < _UNITS[0][0]:
        return f"{count} {'byte' if count == 1 else 'bytes'}"
    size, unit = next((each for each in reversed(_UNITS) if count >= each[0]), _UNITS[0])
    return f"{count / size:.1f} {unit}"


def _place(opened: OpenedFile, source: NotebookSource, files: Mapping[str, bytes]) -> str:
    """The cell and line that open a file, else the line of the tree's module."""
    if not opened.file:
        return "The code"
    lines = files.get(opened.file, b"").decode("utf-8", "replace").split("\n")
    text = lines[opened.line - 1] if opened.line <= len(lines) else ""
    # Formatting may have changed the line, what is shared has another name in it, and an answer has its `return`.
    bare = _MARKS.sub("", text).removeprefix("return")
    found = _cells_with(source, lambda line: _MARKS.sub("", line).removeprefix("return") == bare)
    if len(found) != 1:
        found = _cells_with(source, lambda line: opened.path in line)
    return found[0] if len(found) == 1 else f"{opened.file}, line {opened.line}"


def _cells_with(source: NotebookSource, is_meant: Callable[[str], bool]) -> list[str]:
    return [
        f"{cell.label}, line {number}"
        for cell in source.cells
        if not cell.former
        for number, line in enumerate(cell.lines, 1)
        if line.strip() and is_meant(line)
    ]
