"""Which files of a project go to a platform: what `serve` would read of it, and nothing else.

`app`, `pages/api`, `public` and the middleware go as an isolate here gets them, and of what stands beside them the
modules and packages that they import. Hidden files, notebooks and bytecode stay behind; so does all else, unless it is
asked for.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError, ExportError
from notebook_routes.project.isolate.archives import served_files
from notebook_routes.project.load import PUBLIC
from notebook_routes.routing import find_api_routes, find_pages, find_routes
from notebook_routes.routing.filesystem import API, APP
from notebook_routes.tooling.deploy.imports import imports_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: Folders whose files go, and the files beside them.
_FOLDERS = (APP, str(API), PUBLIC)
_MIDDLEWARE = ("middleware.py", "proxy.py")
#: What nobody expects to go.
_EXPECTED_TO_STAY = frozenset({"requirements.txt", "pyproject.toml", "tests", "typings", "README.md", "pages"})
_STAYING = (".ipynb", ".pyc", ".pyo")


@dataclass
class SiteFiles:
    """What goes of a project.

    Attributes:
        root: the project's folder.
        sizes: the files, from the folder on, with their sizes in bytes.
        behind: what stands at the top of the folder and does not go.
    """

    root: Path
    sizes: dict[str, int] = field(default_factory=dict)
    behind: list[str] = field(default_factory=list)

    def read(self) -> dict[str, bytes]:
        """The files, by path.

        Raises:
            ExportError: one cannot be read.
        """
        return {path: _read(self.root / path) for path in self.sizes}


def is_code(path: str) -> bool:
    """Whether a file of a project is Python that runs there, and is not only served.

    Args:
        path: from the project's folder on.
    """
    return path.endswith(".py") and not path.startswith(f"{PUBLIC}/")


def find_site_files(root: Path, *, include: Iterable[Path] = ()) -> SiteFiles:
    """Find what goes of a project. Nothing is imported.

    Args:
        root: the project's folder, the one that holds `app`, `pages/api` or both.
        include: what goes too.

    Raises:
        DefinitionError: it is no project, or has no route.
        ConfigError: `include` names what is not there, or is not in the project.
    """
    if root.suffix == ".ipynb" and root.is_file():
        raise ConfigError(
            f"{root} is a notebook, and a folder is built: write its routes as files first, "
            f"notebook-routes export {root} {root.stem}"
        )
    if not (find_routes(root) or find_pages(root) or find_api_routes(root)):
        raise ConfigError(f"{root} has no route: write {APP}/route.py")
    found = SiteFiles(root)
    for folder in _FOLDERS:
        _take_folder(found, root / folder)
    for name in _MIDDLEWARE:
        if (root / name).is_file():
            _take(found, root / name)
    for path in include:
        _take_asked(found, path)
    _take_imported(found)
    taken = {path.partition("/")[0] for path in found.sizes}
    found.behind = sorted(
        entry.name + ("/" if entry.is_dir() else "")
        for entry in root.iterdir()
        if entry.name not in taken | _EXPECTED_TO_STAY and not _stays(entry)
    )
    return found


def _take_folder(found: SiteFiles, folder: Path) -> None:
    if folder.is_dir():
        for file in served_files(found.root, folder):
            if file.suffix not in _STAYING:
                _take(found, file)


def _take(found: SiteFiles, file: Path) -> None:
    path = file.relative_to(found.root).as_posix()
    try:
        found.sizes[path] = file.stat().st_size
    except OSError as error:
        raise ExportError(f"{file} cannot be read: {error.strerror}") from None


def _take_asked(found: SiteFiles, path: Path) -> None:
    place = found.root / path
    if not place.resolve().is_relative_to(found.root.resolve()):
        raise ConfigError(f"--include {path}: it is not in {found.root}")
    if place.is_dir():
        _take_folder(found, place)
    elif place.is_file():
        _take(found, place)
    else:
        raise ConfigError(f"--include {path}: there is no such file or folder in {found.root}")


def _take_imported(found: SiteFiles) -> None:
    """Take the modules and packages beside `app` that the files import, and those that these import."""
    todo = [path for path in found.sizes if is_code(path)]
    seen = set(todo)
    while todo:
        for top in sorted(_imported_tops(found.root / todo.pop())):
            before = set(found.sizes)
            if (found.root / top / "__init__.py").is_file():
                _take_folder(found, found.root / top)
            elif (found.root / f"{top}.py").is_file():
                _take(found, found.root / f"{top}.py")
            new = {path for path in found.sizes.keys() - before if path.endswith(".py")} - seen
            seen |= new
            todo += sorted(new)


def _imported_tops(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        # The validator says so, with the line.
        return
    for each in imports_of(tree):
        top = each.module.partition(".")[0]
        if top and top not in sys.stdlib_module_names:
            yield top


def _stays(entry: Path) -> bool:
    return entry.name.startswith(".") or entry.name == "__pycache__" or entry.suffix in _STAYING


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ExportError(f"{file} cannot be read: {error.strerror}") from None
