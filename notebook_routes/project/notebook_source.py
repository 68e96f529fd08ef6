"""The code of a notebook as cells in order: read from a file, or recorded by a kernel as it ran.

Nothing is run here, and no IPython is needed: what a cell is, its text says. Of its own comments

    # routes: skip      leaves out the cell, above its code, or the statement below or in front of it
    # routes: keep      has it exported whether it is needed or not

are meant for the export, as are cell tags of these names. A cell tagged `raises-exception` is there for its failure and
defines nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_DIRECTIVE = re.compile(r"#\s*routes:\s*(?P<word>\w+)\s*$")
_FAILS = "raises-exception"
#: Cell magics that run the code below them as it is.
_TRANSPARENT = ("%%time", "%%capture", "%%prun")


class CellKind(Enum):
    """What a cell is."""

    CODE = "code"
    ROUTE = "%%route"
    MIDDLEWARE = "%%middleware"
    PAGE = "%%page"
    API = "%%api"
    REQUEST = "%%request"
    OTHER = "another magic"


_OURS = {kind.value: kind for kind in CellKind if kind.value.startswith("%%")}


class Verdict(Enum):
    """What a comment or a tag says about the export."""

    SKIP = "skip"
    KEEP = "keep"


@dataclass(frozen=True)
class SourceCell:
    """One code cell.

    Attributes:
        text: as it was typed.
        label: how messages call it, "cell 3" or "cell [3]".
        tags: of the cell.
        answers: of a `%%request` cell that was run: status and body of each response.
        id: the front end's id of the cell, None where there is none.
        former: whether the cell was run again later, with this text or another.
    """

    text: str
    label: str
    tags: frozenset[str] = frozenset()
    answers: tuple[tuple[int, bytes], ...] = ()
    id: str | None = None
    former: bool = False

    @cached_property
    def kind(self) -> CellKind:
        """What it is, by its magic."""
        word = self._magic
        if word in _OURS:
            return _OURS[word]
        if word == "%request":
            return CellKind.REQUEST
        return CellKind.OTHER if word.startswith("%%") and word not in _TRANSPARENT else CellKind.CODE

    @property
    def line(self) -> str:
        """What stands behind the magic; empty for a cell of code."""
        if self._magic_at is None or self.kind is CellKind.CODE:
            return ""
        return self.lines[self._magic_at].strip()[len(self._magic) :].strip()

    @property
    def first_line(self) -> int:
        """The 1-based number of the line where the body begins."""
        return 1 if self._magic_at is None else self._magic_at + 2

    @property
    def body(self) -> str:
        """The text below the magic, as IPython hands it on; for a cell of code all of it."""
        text = "\n".join(self.lines[self.first_line - 1 :])
        return text if text.endswith("\n") or not text else f"{text}\n"

    @property
    def text_below(self) -> str:
        """The text below its first line, without space around it."""
        return self.text.partition("\n")[2].strip()

    @cached_property
    def lines(self) -> list[str]:
        """The text line by line."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @cached_property
    def verdict(self) -> Verdict | None:
        """What its tags, or comments above its code, say.

        Raises:
            DefinitionError: a comment says neither skip nor keep.
        """
        if self.fails:
            return Verdict.SKIP
        for verdict in Verdict:
            if verdict.value in self.tags:
                return verdict
        found = None
        for line in self.lines:
            if line.strip() and not line.lstrip().startswith("#"):
                break
            found = found or read_directive(line, where=self.label)
        return found

    @property
    def fails(self) -> bool:
        """Whether it is there for its error message."""
        return _FAILS in self.tags

    @cached_property
    def _magic_at(self) -> int | None:
        around = None
        for number, line in enumerate(self.lines):
            if line.startswith("%%"):
                # `%%time` may stand above one of ours.
                if around is not None and line.split()[0] not in _OURS:
                    break
                if line.split()[0] not in _TRANSPARENT:
                    return number
                around = number
            elif line.strip() and not line.lstrip().startswith("#"):
                break
        if around is not None:
            return around
        # A cell of one `%request` line is a request too.
        filled = [(number, line) for number, line in enumerate(self.lines) if line.strip()]
        if len(filled) == 1 and filled[0][1].split()[0] == "%request":
            return filled[0][0]
        return None

    @property
    def _magic(self) -> str:
        return "" if self._magic_at is None else self.lines[self._magic_at].split()[0]


def read_directive(line: str, *, where: str) -> Verdict | None:
    """What the comment at the end of a line, or the line if it is one, says about the export.

    Raises:
        DefinitionError: it says neither skip nor keep.
    """
    found = _DIRECTIVE.search(line)
    if found is None:
        return None
    try:
        return Verdict(found["word"])
    except ValueError:
        raise DefinitionError(
            f'{where}: "# routes: {found["word"]}" means nothing: write # routes: skip, or # routes: keep'
        ) from None


@dataclass(frozen=True)
class NotebookSource:
    """A notebook's code.

    Attributes:
        name: of its file, "shop.ipynb".
        cells: in the order in which they run, without those that are skipped.
        live: for a kernel, the method and shape of each route that is live, by the label of its cell; None for a file.
        defined: names that the kernel has.
        values: what they have there, to be compared with what the export begins with.
        folder: where paths in the code are taken from: the file's folder, the kernel's current one; None if not known.

    Raises:
        DefinitionError: a comment for the export says neither skip nor keep.
    """

    name: str
    cells: tuple[SourceCell, ...]
    live: Mapping[str, frozenset[tuple[str, tuple[str | int, ...]]]] | None = None
    defined: frozenset[str] = frozenset()
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    folder: Path | None = None

    def __post_init__(self) -> None:
        cells = tuple(cell for cell in self.cells if cell.verdict is not Verdict.SKIP and cell.text.strip())
        object.__setattr__(self, "cells", tuple(_without_inner_runs(cells)))


def _without_inner_runs(cells: Sequence[SourceCell]) -> Iterator[SourceCell]:
    """Leave out what a kernel has recorded twice: `%%capture` runs what is below it as a cell, within its own."""
    for cell, following in zip_longest(cells, cells[1:]):
        is_inner = following is not None and (cell.label, cell.text.strip()) == (following.label, following.text_below)
        if not is_inner:
            yield cell


def read_notebook(path: Path) -> NotebookSource:
    """Read from a notebook's file what an export is made of.

    Raises:
        DefinitionError: the file cannot be read, or is no notebook, or not one of Python.
    """
    return NotebookSource(path.name, read_cells(path), folder=path.absolute().parent)


def read_cells(path: Path) -> tuple[SourceCell, ...]:
    """Read a notebook's cells of code from its file, in document order, those that an export leaves out as well.

    Raises:
        DefinitionError: the file cannot be read, or is no notebook, or not one of Python.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DefinitionError(f"{path} is no notebook: {error}") from None
    found = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise DefinitionError(f"{path} is no notebook of format 4: it has no list of cells")
    language = str(document.get("metadata", {}).get("language_info", {}).get("name", "python"))
    if language not in ("python", "ipython"):
        raise DefinitionError(f"{path} is a notebook in {language}: routes are Python")
    cells: list[SourceCell] = []
    for cell in found:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        text = source if isinstance(source, str) else "".join(map(str, source))
        tags = cell.get("metadata", {}).get("tags", ())
        cells.append(SourceCell(text, f"cell {len(cells) + 1}", frozenset(map(str, tags))))
    return tuple(cells)
