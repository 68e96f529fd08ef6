"""Which statements several files share, and which stay in the file of the one route that needs them.

What two files use, what a function rebinds and what is filled or changed is once, in `app/_shared.py`, or each file
would have its own. With it goes all that it needs itself, and what is made of it while it is filled. Imports are
repeated in each file; functions, classes and constants of one route stay with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.project.global_names import Does

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_routes.project.declared import CodeCell
    from notebook_routes.project.slice import Slice, Slicer


@dataclass(eq=False)
class Part:
    """A file that code of the notebook goes into.

    Attributes:
        path: from the project's folder on.
        cells: what is written there as it is.
        slice: what these need.
        taken: names that mean something else in the file.
        mentioned: statements that are kept because a string in it names what they bind.
    """

    path: str
    cells: Sequence[CodeCell]
    slice: Slice
    taken: frozenset[str] = frozenset()
    mentioned: set[int] = field(default_factory=set)


@dataclass
class Sharing:
    """What goes where.

    Attributes:
        shared: the statements of `app/_shared.py`.
        names: the names that it has.
        local: those of each part's own file.
    """

    shared: set[int]
    names: frozenset[str]
    local: dict[Part, set[int]] = field(default_factory=dict)


def share(parts: Sequence[Part], slicer: Slicer, *, kept: Iterable[int] = ()) -> Sharing:
    """Divide the statements that the parts need.

    Args:
        parts: the files.
        slicer: the history that their slices are of.
        kept: statements that are shared in any case.
    """
    history = slicer.history
    included = set(kept).union(*(part.slice.statements for part in parts))
    own = {time for time in included if not history[time].is_import}
    changed = _changed(parts, slicer, included)
    # What code evaluates from a string has to be in the module of that code, so that each gets its own.
    copied = {time for part in parts for time in part.mentioned if not changed & history[time].names}
    shared = (own & set(kept)) - copied
    for time in own - copied:
        users = [part for part in parts if time in part.slice.statements]
        is_taken = any(part.taken & history[time].names for part in users)
        if len(users) > 1 or is_taken or changed & (history[time].names | _filled(slicer, time)):
            shared.add(time)
    names = _close(shared, own, slicer)
    sharing = Sharing(shared, names)
    for part in parts:
        sharing.local[part] = part.slice.statements - shared
    return sharing


def _changed(parts: Sequence[Part], slicer: Slicer, included: set[int]) -> frozenset[str]:
    """The names whose values change, or that are bound anew, by anything that is exported."""
    changed: set[str] = set()
    for part in parts:
        for cell in part.cells:
            uses = cell.names
            wanted = {use.name for use in uses.of(Does.CHANGE)} | {use.name for use in uses.uses if use.by_global}
            called = {use.name for use in uses.of(Does.CALL)}
            changed |= (wanted | slicer.effects_of_calls(called)) - cell.own
    imported: set[str] = set()
    for time in included:
        statement = slicer.history[time]
        if statement.is_import:
            imported |= statement.names
        changed |= statement.changes_later | statement.rebinds_later | (_filled(slicer, time) - statement.names)
    return frozenset(changed - imported)


def _filled(slicer: Slicer, time: int) -> frozenset[str]:
    return slicer.effects[time]


def _close(shared: set[int], own: set[int], slicer: Slicer) -> frozenset[str]:
    """Add what shared statements need, and what cannot be apart from them; the names that are shared then."""
    history = slicer.history
    while True:
        names = frozenset[str]().union(*(history[time].names for time in shared))
        needed = frozenset[str]().union(
            *(
                history[time].loads | history[time].inner | history[time].later | history[time].deletes
                for time in shared
            )
        )
        more = {
            time
            for time in own - shared
            if history[time].names & (names | needed)
            or slicer.effects[time] & names
            # Made of what is shared, it has to be made in between.
            or (not history[time].is_definition and (history[time].loads | history[time].inner) & names)
            or _is_read_before(time, shared, slicer)
        }
        if not more:
            return names
        shared |= more


def _is_read_before(time: int, shared: Iterable[int], slicer: Slicer) -> bool:
    """Whether a function that a statement calls reads what shared ones make otherwise later."""
    read = slicer.read_by_calls(time)
    return bool(read) and any(later > time and slicer.touched(later) & read for later in shared)
