"""The folder of a path in a tree of files, and the file of an API Route, on any file system.

    /products/[id]      app/products/[id]
    /(shop)/%5Fadmin    app/(shop)/%5Fadmin
    /api/users/[id]     pages/api/users/[id].py
    /api                pages/api/index.py

Text is written as the route writes it; what a disk cannot hold is percent-encoded, which means the same to
`routing.filesystem`. What some disk would take for another file is refused.
"""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError
from notebook_routes.routing.filesystem import API, APP, INDEX, PAGE_FILE, ROUTE_FILE, TEMPLATE_FILE
from notebook_routes.routing.segment import is_invisible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.routing import RoutePattern

#: Names that Windows takes for devices, with any ending.
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"}
)
_NOT_IN_NAMES = '<>:"|?*\\'
_OURS = (ROUTE_FILE, PAGE_FILE, TEMPLATE_FILE)
#: Bytes of one name; what is common to file systems, less an ending.
_LONGEST = 200


def folder_of(pattern: RoutePattern) -> PurePosixPath:
    """The folder of a path, from the project's folder on.

    Raises:
        DefinitionError: no disk, or not every disk, can have such a folder.
    """
    words = pattern.text.split("/")[1:] if pattern.text != "/" else []
    return PurePosixPath(APP, *(_folder(word, pattern) for word in words))


def api_file_of(pattern: RoutePattern) -> PurePosixPath:
    """The file of an API Route, from the project's folder on.

    Raises:
        DefinitionError: as `folder_of` does.
    """
    words = [_folder(word, pattern) for word in pattern.text.split("/")[2:]]
    if not words or words[-1] == INDEX:
        words.append(INDEX)
    return API.joinpath(*words[:-1], f"{words[-1]}.py")


def _folder(word: str, pattern: RoutePattern) -> str:
    if len(word.encode("utf-8", "surrogatepass")) > _LONGEST:
        raise DefinitionError(f"{pattern}: {word[:30]}... is too long for the name of a folder: shorten it")
    if word.partition(".")[0].strip().casefold() in _RESERVED:
        raise DefinitionError(
            f"{pattern}: Windows has no folder called {word}, that is a device: choose another word for the path"
        )
    if is_invisible(word) or word.startswith("["):
        name = word
    else:
        name = "".join(f"%{ord(char):02X}" if char in _NOT_IN_NAMES else char for char in word)
        if name.casefold() in _OURS or name.endswith((".", " ")):
            place = name.rindex(".") if "." in name else len(name) - 1
            name = f"{name[:place]}%{ord(name[place]):02X}{name[place + 1 :]}"
    if name in ("", ".", "..") or any(char in name for char in "/\\\0"):
        raise DefinitionError(f"{pattern}: {word!r} would lead out of the folder: choose another word for the path")
    return name


def refuse_collisions(places: Iterable[tuple[PurePosixPath, str]]) -> None:
    """Refuse folders that are one on a disk that does not tell capitals, or spellings of an accent, apart.

    Args:
        places: folders, with the pattern of each.

    Raises:
        DefinitionError: the message names both patterns.
    """
    seen: dict[tuple[str, ...], tuple[PurePosixPath, str]] = {}
    for folder, pattern in places:
        for depth in range(1, len(folder.parts) + 1):
            place = PurePosixPath(*folder.parts[:depth])
            folded = tuple(unicodedata.normalize("NFC", part).casefold() for part in place.parts)
            other = seen.setdefault(folded, (place, pattern))
            if other[0] != place:
                raise DefinitionError(
                    f"{pattern} and {other[1]}: {place} and {other[0]} are one folder on disks that do not tell "
                    "capitals apart: choose another word for one of them"
                )
