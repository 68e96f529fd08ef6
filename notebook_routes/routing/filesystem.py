"""Which files of a project are routes or pages, and what path each answers.

    app/products/[id]/route.py          /products/[id]
    app/products/page.html              /products          beside a route.py or without one
    app/cart/page.html.jinja            /cart              rendered for each request
    app/(shop)/cart/route.py            /cart              a (group) is no part of the URL, nor is a @slot
    app/_lib/route.py                   none               "_" makes a folder private, and all below it
    app/%5Fadmin/route.py               /_admin            the way to serve one all the same

    pages/api/products/[id].py          /api/products/[id] an API Route of the older kind: every file is one,
    pages/api/index.py                  /api               and there are neither groups nor private folders

Folder names are segments as `segment` reads them; nothing is imported here.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError, InvalidPattern
from notebook_routes.routing.pattern import RoutePattern
from notebook_routes.routing.segment import is_invisible

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The folder of a project that holds its routes.
APP = "app"
#: The folder of its API Routes, where `index.py` is the folder itself.
API = PurePosixPath("pages/api")
INDEX = "index"
#: The file of a folder that answers its path.
ROUTE_FILE = "route.py"
#: The file of a folder that is the page at its path: sent as it is, or rendered by Jinja2.
PAGE_FILE = "page.html"
TEMPLATE_FILE = "page.html.jinja"


@dataclass(frozen=True, slots=True)
class RouteFile:
    """A file that answers a path, a route, a page or an API Route.

    Attributes:
        path: the file, from the project's folder on: `app/products/[id]/route.py`.
        pattern: where it answers.
    """

    path: PurePosixPath
    pattern: RoutePattern

    @property
    def is_api(self) -> bool:
        """Whether it is an API Route's."""
        return self.path.parts[:2] == API.parts

    def __str__(self) -> str:
        return str(self.path)


def find_routes(root: Path) -> list[RouteFile]:
    """List the routes of a project, sorted by file. Links to folders are not followed.

    Args:
        root: the project's folder, the one that holds `app`, `pages/api` or both.

    Raises:
        DefinitionError: there is neither.
        InvalidPattern: a folder on the way to a route has a name that cannot be read; the message names it.
    """
    return _find(root, ROUTE_FILE)


def find_pages(root: Path) -> list[RouteFile]:
    """List the pages of a project, as `find_routes` does its routes.

    Raises:
        DefinitionError: there is neither `app` nor `pages/api`, or one folder has a page in both forms.
        InvalidPattern: a folder on the way to a page has a name that cannot be read; the message names it.
    """
    pages = _find(root, PAGE_FILE, TEMPLATE_FILE)
    for page, other in itertools.pairwise(pages):
        if page.path.parent == other.path.parent:
            raise DefinitionError(f"{page} and {other} are one page in two forms: keep one of them")
    return pages


def find_api_routes(root: Path) -> list[RouteFile]:
    """List the API Routes of a project, sorted by file; none where there is no folder `pages/api`.

    Raises:
        DefinitionError: a folder cannot be read.
        InvalidPattern: a file or a folder has a name that cannot be part of a path; the message names the file.
    """
    top = root / API
    found: list[RouteFile] = []
    for folder, below, files in os.walk(top, onerror=_refuse_unreadable) if top.is_dir() else ():
        below[:] = [name for name in below if not name.startswith(".")]
        inside = PurePosixPath(*Path(folder).relative_to(top).parts)
        found += [
            RouteFile(API / inside / name, api_pattern_of(inside / name))
            for name in files
            # Python's own file makes a package of the folder.
            if name.endswith(".py") and not name.startswith(".") and name != "__init__.py"
        ]
    return sorted(found, key=lambda file: file.path.parts)


def api_pattern_of(path: PurePosixPath) -> RoutePattern:
    """Read a file below `pages/api` as the path that it answers.

    Args:
        path: from that folder on: `products/[id].py`.

    Raises:
        InvalidPattern: it cannot be one; the message names the file.
    """
    *words, last = path.with_suffix("").parts
    try:
        return RoutePattern.parse(
            "/".join(["/api", *map(_literal, words), *([] if last == INDEX else [_literal(last)])])
        )
    except InvalidPattern as error:
        raise InvalidPattern(f"The file {str(API / path)!r} cannot be a route. {error}") from None


def _literal(word: str) -> str:
    """A name below `pages/api`: what hides a segment in `app` means nothing there."""
    return f"%{ord(word[0]):X}{word[1:]}" if word[0] in "_@" or is_invisible(word) else word


def _meant(root: Path) -> str:
    """What somebody may have meant who has named something else than a project's folder."""
    place = root.absolute()
    if not place.exists():
        return f"; there is no folder {root}"
    if place.is_file() and place.suffix == ".ipynb":
        return f"; {root} is a notebook: notebook-routes export {root} FOLDER makes a project of it"
    for folder in (place, *place.parents):
        if folder.name == APP:
            return f"; name the folder that holds {APP}, {folder.parent}"
    return ""


def _find(root: Path, *names: str) -> list[RouteFile]:
    top = root / APP
    if not top.is_dir():
        if (root / API).is_dir():
            return []
        said = f"{root} holds no folder {APP!r}: a project has its routes in {APP}/**/{ROUTE_FILE}"
        raise DefinitionError(f"{said}{_meant(root)}")
    found: list[RouteFile] = []
    for folder, below, files in os.walk(top, onerror=_refuse_unreadable):
        below[:] = [name for name in below if not name.startswith("_")]
        mine = [name for name in names if name in files]
        if mine:
            folders = Path(folder).relative_to(top).parts
            found += [RouteFile(PurePosixPath(APP, *folders, name), pattern_of(folders)) for name in mine]
    return sorted(found, key=lambda file: (file.path.parent.parts, file.path.name))


def pattern_of(folders: Sequence[str]) -> RoutePattern:
    """Read the folders below `app` as the path that a route in the last of them answers.

    Raises:
        InvalidPattern: they cannot be one; the message names the first folder that makes it so.
    """
    try:
        return RoutePattern.parse("/" + "/".join(folders))
    except InvalidPattern:
        _refuse_first_wrong(folders)
        raise


def _refuse_first_wrong(folders: Sequence[str]) -> None:
    for depth in range(1, len(folders) + 1):
        try:
            RoutePattern.parse("/" + "/".join(folders[:depth]))
        except InvalidPattern as error:
            folder = str(PurePosixPath(APP, *folders[:depth]))
            raise InvalidPattern(f"The folder {folder!r} cannot be part of a route. {error}") from None


def _refuse_unreadable(error: OSError) -> None:
    raise DefinitionError(f"{error.filename} cannot be read: {error.strerror}") from error
