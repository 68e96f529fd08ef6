"""What ran in this kernel: the text of each cell that succeeded, in order, for the export.

A value lives on when its cell is edited or deleted, so texts that were replaced are kept too, marked as former ones.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.notebook.cell_text import MAGICS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.notebook.client import FinishedResponse
    from notebook_routes.notebook.session import Session
    from notebook_routes.project.notebook_source import NotebookSource

#: Bytes of an answer that are kept, to be compared with the exported tree's.
_KEPT_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class RanCell:
    """One run of a cell.

    Attributes:
        id: the front end's id, None where it sends none.
        label: how messages call it, "cell [3]".
        text: what was run.
        answers: status and body of what its requests were answered.
        former: whether the cell ran again later.
    """

    id: str | None
    label: str
    text: str
    answers: tuple[tuple[int, bytes], ...] = ()
    former: bool = False


class RanCells:
    """The cells that ran, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cells: list[RanCell] = []

    def add(self, cell_id: str | None, label: str, text: str, answers: Iterable[FinishedResponse] = ()) -> None:
        """A cell has run without an error."""
        seen = tuple((answer.status, answer.bytes[:_KEPT_BYTES]) for answer in answers)
        with self._lock:
            if cell_id is not None:
                self._cells = [replace(cell, former=True) if cell.id == cell_id else cell for cell in self._cells]
            self._cells.append(RanCell(cell_id, label, text, seen))

    def clear(self) -> None:
        """The namespace is empty again: of what ran before only what our magics have made is left."""
        with self._lock:
            self._cells = [
                cell for cell in self._cells if any(line.startswith(MAGICS) for line in cell.text.split("\n"))
            ]

    def source(self, session: Session) -> NotebookSource:
        """The notebook as it ran, with what of it is live in a session."""
        from notebook_routes.project.notebook_source import (  # noqa: PLC0415 - only an export needs it
            CellKind,
            NotebookSource,
            SourceCell,
        )

        with self._lock:
            cells = [
                SourceCell(cell.text, cell.label, answers=cell.answers, id=cell.id, former=cell.former)
                for cell in self._cells
            ]
        live: dict[str, set[tuple[str, tuple[str | int, ...]]]] = {}
        for made in session.middlewares.cells():
            live.setdefault(made.label, set())
        for route in session.routes.routes():
            live.setdefault(route.cell, set()).add((route.method, route.pattern.shape))
        # Of cells that declare something only the newest run counts, and only if that is still there.
        kept = tuple(
            cell
            for cell in cells
            if cell.kind is CellKind.CODE or (not cell.former and (cell.kind is CellKind.REQUEST or cell.label in live))
        )
        return NotebookSource(
            notebook_name(session),
            kept,
            live={label: frozenset(places) for label, places in live.items()},
            defined=frozenset(session.namespace) - session.own_names(),
            values=session.namespace,
            folder=Path.cwd(),
        )


def notebook_name(session: Session) -> str:
    """The name of the notebook's file, where a front end tells it; else "the notebook"."""
    told = session.namespace.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    return Path(told).name if isinstance(told, str) and told.endswith(".ipynb") else "the notebook"
