"""Where a cell's magic line stands: input transformers, and what the running cell looks like.

IPython wants a cell magic on the first line, and refuses one without a body. The transformers let comments stand above
`%%route` and its kin, and give an empty cell a body. What the user typed is kept, so that line numbers are the
cell's.
"""

from __future__ import annotations

import itertools
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.getipython import get_ipython
from IPython.core.inputtransformer2 import make_tokens_by_line

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo

MAGICS = ("%%route", "%%page", "%%api", "%%request", "%%middleware")


@dataclass(frozen=True, slots=True)
class RunningCell:
    """The cell that is being run.

    Attributes:
        id: the front end's id for it, None where it sends none.
        text: what the user typed, magic line included.
        unnumbered: where the front end asks for no number in front of the cell, how many such runs there were; else 0.
    """

    id: str | None = None
    text: str | None = None
    unnumbered: int = 0

    @property
    def first_line(self) -> int:
        """The 1-based number of the line below the magic line."""
        for number, line in enumerate((self.text or "").split("\n"), start=1):
            if line.lstrip().startswith(MAGICS):
                return number + 1
        return 2

    @property
    def header(self) -> str:
        """The text down to the magic line, that line included."""
        lines = (self.text or "").split("\n")[: self.first_line - 1]
        return "".join(f"{line}\n" for line in lines)


_running: ContextVar[RunningCell | None] = ContextVar("notebook_routes.running_cell", default=None)
_unnumbered_runs = itertools.count(1)


def remember_cell(info: ExecutionInfo, kernel: Any = None) -> None:
    """IPython's `pre_run_cell` hook; `kernel` as for `cell_id`."""
    unnumbered = 0 if getattr(info, "store_history", True) else next(_unnumbered_runs)
    _running.set(RunningCell(cell_id(info, kernel), info.raw_cell, unnumbered))


def cell_id(info: ExecutionInfo, kernel: Any = None) -> str | None:
    """The front end's id for a cell, None where it sends none.

    Args:
        info: what IPython says of the cell.
        kernel: is asked where IPython does not say it: JupyterLite's does not hand it on.
    """
    said = getattr(info, "cell_id", None)
    if said is None and kernel is not None:
        said = kernel.get_parent().get("metadata", {}).get("cellId")
    return said if isinstance(said, str) else None


def running_cell() -> RunningCell:
    """The cell whose code calls this."""
    return _running.get() or RunningCell()


def cell_label(shell: Any) -> str:
    """How messages call the running cell, "cell [3]". No two runs have the same label."""
    unnumbered = running_cell().unnumbered
    if unnumbered:
        # The shell's count stands still meanwhile: nbval runs notebooks so.
        return f"cell [unnumbered {unnumbered}]"
    # `execution_count` moves on before the cell runs or after, by version.
    return f"cell [{max(len(shell.history_manager.input_hist_parsed) - 1, 1)}]"


def lift_magic(lines: list[str]) -> list[str]:
    """IPython's input transformer: bring one of our cell magics to the top."""
    for index, line in enumerate(lines):
        if line.startswith(MAGICS):
            return lines[index:] if line.split()[0] in MAGICS else lines
        if line.strip() and not line.lstrip().startswith("#"):
            return lines
    return lines


def name_magic(lines: list[str]) -> list[str]:
    """IPython's input transformer: say which of our cell magics was meant by one that nobody has.

    Raises:
        UsageError: it is nearly the name of one.
    """
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    shell = get_ipython()
    if shell is None or not first.startswith("%%"):
        return lines
    name = first.split()[0][2:]
    magics = shell.magics_manager.magics
    meant = get_close_matches(name.lower(), [magic[2:] for magic in MAGICS], n=1, cutoff=0.8)
    # `%%route?` asks for help.
    if name in magics["cell"] or not meant or not name.isidentifier():
        return lines
    command = f", or %{name} for the command" if name in magics["line"] else ""
    raise UsageError(f"Cell magic `%%{name}` not found: write %%{meant[0]}{command}")


def place_magic(lines: list[str]) -> list[str]:
    """IPython's input transformer: say where one of our cell magics belongs that stands below code.

    Raises:
        UsageError: it is on no first line.
    """
    below = [line for line in lines[1:] if line.startswith(MAGICS)]
    if get_ipython() is None or not below or lines[0].startswith("%%"):
        return lines
    # A text that holds such a line is no magic.
    for tokens in make_tokens_by_line(lines):
        line = tokens[0].line
        if line in below and tokens[0].string == "%" and line.split()[0] in MAGICS:
            name = line.split()[0]
            raise UsageError(f"`{name}` begins a cell: move what stands above it to a cell of its own")
    return lines


def give_body(lines: list[str]) -> list[str]:
    """IPython's input transformer: give one of our cell magics a body if it has none."""
    if len(lines) == 1 and lines[0].startswith(MAGICS) and lines[0].split()[0] in MAGICS:
        return [lines[0].rstrip("\n") + "\n", "\n"]
    return lines


# A terminal asks whether the text is a whole cell yet: a line that still waits for its body is none, and what is
# typed so far is not to be refused.
vars(give_body)["has_side_effects"] = True
vars(name_magic)["has_side_effects"] = True
vars(place_magic)["has_side_effects"] = True
