"""A sign of life for what takes over a second: a line on stderr, in a terminal only."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE = 1.0


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Show `text` and a spinner while the block runs, from its first second on."""
    over = threading.Event()
    thread = threading.Thread(target=_spin, args=(text, over), name="notebook_routes progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _spin(text: str, over: threading.Event) -> None:
    if over.wait(_PATIENCE):
        return
    # What is shown seldom need not be imported always.
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True)
    # Not what Console says: kernels set FORCE_COLOR for whatever is started from a cell.
    if console.file.isatty():
        with console.status(text):
            over.wait()
