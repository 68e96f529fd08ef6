"""What goes wrong while a cell's own code runs, as one short message."""

from __future__ import annotations

import linecache
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notebook_routes.errors import CellError, DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_routes.app import Failures


@contextmanager
def refusing(where: str, failures: Failures) -> Iterator[None]:
    """Turn what the block raises into a CellError that shows the user's lines.

    Args:
        where: the cell's label; its listing is forgotten, since nothing of it is live.
        failures: how tracebacks are written.

    Raises:
        CellError: the cell's code raised; refusals of ours pass as they are, and so does Stop.
    """
    try:
        yield
    except DefinitionError:
        linecache.cache.pop(f"<{where}>", None)
        raise
    except (Exception, SystemExit) as error:
        shown = failures.text(error)
        linecache.cache.pop(f"<{where}>", None)
        raise CellError(f"the cell failed while it ran:\n{shown}") from error
