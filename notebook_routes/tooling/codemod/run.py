"""Running a codemod: plan, show, write, and say what was done.

The exit status is for CI:

    0   everything is done, or there was nothing to do
    1   it could not be run: no such path, no LibCST
    3   something is left for a person: TODO comments in what was written, or sources that were left alone
    4   with --dry-run: files would change
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError
from notebook_routes.tooling.codemod.catalogue import Options, find_codemod
from notebook_routes.tooling.codemod.writing import carry_out, outstanding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from notebook_routes.tooling.codemod.plan import Plan, Write

DONE, LEFT, WOULD_CHANGE = 0, 3, 4


@dataclass(frozen=True)
class Outcome:
    """What a codemod has done, or would do.

    Attributes:
        plan: routes, TODOs and sources left alone.
        writes: files that have changed, or would.
        removes: files that are gone, or would be.
        dry: whether nothing was written.
    """

    plan: Plan
    writes: Sequence[Write]
    removes: Sequence[Path]
    dry: bool = False

    @property
    def status(self) -> int:
        """The exit status."""
        if self.dry and (self.writes or self.removes):
            return WOULD_CHANGE
        return LEFT if self.plan.todos or self.plan.left else DONE

    @property
    def summary(self) -> str:
        """What was done, as lines for people."""
        return "\n".join(self._lines())

    @property
    def difference(self) -> str:
        """The differences of all files, as `diff -u` writes them."""
        return "".join(_difference(write) for write in self.writes)

    def _lines(self) -> Iterator[str]:
        would = "would be " if self.dry else ""
        yield from (f"{write.path} {would}written" for write in self.writes)
        yield from (f"{path} {would}removed" for path in self.removes)
        yield from (f"{todo.path}:{todo.line}: TODO: {todo.reason}" for todo in self.plan.todos)
        parts = {write.origin for write in self.plan.writes} & self.plan.left.keys()
        for path, reason in self.plan.left.items():
            yield f"Left out of {path}: {reason}" if path in parts else f"{path} is left alone: {reason}"
        if not (self.writes or self.removes or self.plan.left or self.plan.todos):
            yield "nothing to do"
            return
        yield ", ".join(
            (
                _counted(len(self.writes) + len(self.removes), "file") + (" would change" if self.dry else " changed"),
                _counted(len(self.plan.routes), "route"),
                _counted(len(self.plan.todos), "TODO"),
                f"{_counted(len(self.plan.left) - len(parts), 'source')} left alone",
                *([f"{_counted(len(parts), 'source')} left in part"] if parts else []),
            )
        )


def run_codemod(name: str, path: Path, options: Options | None = None, *, dry: bool = False) -> Outcome:
    """Run a codemod.

    Args:
        name: as `CODEMODS` has it.
        path: a file, a folder or a notebook.
        options: what else it is told.
        dry: write nothing.

    Raises:
        ConfigError: there is no such codemod, LibCST is not installed, or there is nothing at the path.
        DefinitionError: a file cannot be read or written; everything is as it was.
    """
    codemod = find_codemod(name)
    if options is not None and options.to_notebook and not codemod.has_target:
        raise ConfigError(f"--to notebook is for flask and fastapi: {name} writes what it reads, {codemod.reads}")
    if options is not None and not options.old_errors and not codemod.has_errors:
        raise ConfigError(f"--no-old-errors is for other codemods: {name} writes no middleware for errors")
    planner = codemod.planner()
    if not path.exists():
        raise ConfigError(f"there is nothing at {path}: give a file, a folder or a notebook")
    plan = planner(path, options or Options())
    writes = outstanding(plan)
    if not dry:
        carry_out(writes, plan.removes)
    return Outcome(plan, writes, tuple(plan.removes), dry)


def _difference(write: Write) -> str:
    old, new = (text.splitlines(keepends=True) for text in (write.before, write.after))
    lines = list(difflib.unified_diff(old, new, str(write.origin), str(write.path)))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
