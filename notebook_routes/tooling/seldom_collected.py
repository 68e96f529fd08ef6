"""Loading a project with few collections of garbage."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: New objects after which there is a collection all the same: a project's own modules may make garbage too.
_OBJECTS = 200_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Have the garbage collector look seldom while the block runs, for what makes objects that stay.

    Modules, functions and routes stay as long as the process. Python looks through all of them after every 700 new
    ones, and finds nothing; that was a twentieth of the start.
    """
    before = gc.get_threshold()
    # 0 is a collector that somebody has switched off.
    if before[0]:
        gc.set_threshold(max(_OBJECTS, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
