"""Which files of a project are routes, and what path each answers.

    app/products/[id]/route.py          /products/[id]
    app/(shop)/cart/route.py            /cart              a (group) is no part of the URL, nor is a @slot
    app/_lib/route.py                   none               "_" makes a folder private, and all below it
    app/%5Fadmin/route.py               /_admin            the way to serve one all the same

Folder names are segments as `segment` reads them; nothing is imported here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError, InvalidPattern
from notebook_routes.routing.pattern import RoutePattern

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The folder of a project that holds its routes.
APP = "app"
#: The file of a folder that answers its path.
ROUTE_FILE = "route.py"


@dataclass(frozen=True, slots=True)
class RouteFile:
    """A file that answers a path.

    Attributes:
        path: the file, from the project's folder on: `app/products/[id]/route.py`.
        pattern: where it answers.
    """

    path: PurePosixPath
    pattern: RoutePattern

    def __str__(self) -> str:
        return str(self.path)


def find_routes(root: Path) -> list[RouteFile]:
    """List the routes of a project, sorted by file. Links to folders are not followed.

    Args:
        root: the project's folder, the one that holds `app`.

    Raises:
        DefinitionError: there is no folder `app`.
        InvalidPattern: a folder on the way to a route has a name that cannot be read; the message names it.
    """
    top = root / APP
    if not top.is_dir():
        raise DefinitionError(f"{root} holds no folder {APP!r}: a project has its routes in {APP}/**/{ROUTE_FILE}")
    found: list[RouteFile] = []
    for folder, names, files in os.walk(top, onerror=_refuse_unreadable):
        names[:] = [name for name in names if not name.startswith("_")]
        if ROUTE_FILE in files:
            folders = Path(folder).relative_to(top).parts
            found.append(RouteFile(PurePosixPath(APP, *folders, ROUTE_FILE), pattern_of(folders)))
    return sorted(found, key=lambda route: route.path.parent.parts)


def pattern_of(folders: Sequence[str]) -> RoutePattern:
    """Read the folders below `app` as the path that a route in the last of them answers.

    Raises:
        InvalidPattern: they cannot be one; the message names the first folder that makes it so.
    """
    pattern = RoutePattern.parse("/")
    for depth in range(1, len(folders) + 1):
        try:
            pattern = RoutePattern.parse("/" + "/".join(folders[:depth]))
        except InvalidPattern as error:
            folder = str(PurePosixPath(APP, *folders[:depth]))
            raise InvalidPattern(f"The folder {folder!r} cannot be part of a route. {error}") from None
    return pattern


def _refuse_unreadable(error: OSError) -> None:
    raise DefinitionError(f"{error.filename} cannot be read: {error.strerror}") from error
