"""The folder that relative paths in a project's code are taken from, and modules beside `app`: the project's own.

So `open("data/items.csv")` finds the file beside `app`, and `import stock` finds `stock.py`, from wherever the server
was started. There is one current folder in a process: only a program that serves one project and nothing else may set
it.
"""

from __future__ import annotations

import os
import sys
from contextlib import chdir, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError
from notebook_routes.routing import find_routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_routes.project.settings import ServerSettings


def in_its_folder(settings: ServerSettings) -> ServerSettings:
    """Make the project's folder the current one, and give the settings with paths that mean what they meant before.

    Raises:
        DefinitionError: there is no such folder.
    """
    directory, cache = settings.directory.absolute(), settings.cache
    kind, _, place = (cache or "").partition(":")
    if kind.lower() == "file" and place and not place.startswith("//"):
        cache = f"file:{Path(place).expanduser().absolute()}"
    try:
        os.chdir(directory)
    except OSError as error:
        # Who has named a file, a notebook say, is told what was meant.
        if directory.is_file():
            find_routes(settings.directory)
        raise DefinitionError(f"{settings.directory} cannot be entered: {error.strerror}") from None
    find_modules_in(directory)
    return replace(settings, directory=directory, cache=cache)


@contextmanager
def within(directory: Path) -> Iterator[Path]:
    """Make a project's folder the current one while the block runs, and give its whole path.

    Raises:
        DefinitionError: it holds no folder `app`.
    """
    find_routes(directory)
    root = directory.absolute()
    before = list(sys.path)
    with chdir(root):
        find_modules_in(root)
        try:
            yield root
        finally:
            sys.path[:] = before


def find_modules_in(root: Path) -> None:
    """Have imports find the modules of a folder too, behind all that is installed: none of theirs is hidden."""
    if str(root) not in sys.path:
        sys.path.append(str(root))
