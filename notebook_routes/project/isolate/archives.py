"""What an isolate gets to see of this machine: archives of our package, of others, and of the project."""

from __future__ import annotations

import ast
import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import ServerError
from notebook_routes.project.load import PUBLIC
from notebook_routes.routing.filesystem import APP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Parts of our package that need a notebook, a terminal or sockets.
_LEFT_OUT = frozenset({"inspector", "notebook", "tooling"})
#: What is beside the folders of a project, and none of what it serves.
_NOT_SERVED = frozenset({"node_modules", "tests", "venv"})
#: Bytes: an isolate has its files in memory.
_LARGEST = 48 * 1024 * 1024
# One moment for all, so that the same files make the same archive.
_MOMENT = (2020, 1, 1, 0, 0, 0)


def core_archive() -> bytes:
    """Our package, as far as it runs in an isolate."""
    root = Path(__file__).parents[2]
    files = (path for path in root.rglob("*.py") if path.relative_to(root).parts[0] not in _LEFT_OUT)
    return archive((path.relative_to(root.parent).as_posix(), path) for path in files)


def site_files(root: Path) -> dict[str, Path]:
    """The files of a project, by their names in it; links as for other servers.

    Hidden files, tests and environments are left out.

    Raises:
        ServerError: they are too large for an isolate, or cannot be read.
    """
    files = {path.relative_to(root).as_posix(): path for path in served_files(root)}
    size = sum(path.stat().st_size for path in files.values())
    if size > _LARGEST:
        raise ServerError(
            f"{root} has {size / 2**20:.0f} MiB of files, and an isolate keeps its files in memory: "
            f"leave {_LARGEST >> 20} MiB, and take the rest to where it is fetched from"
        )
    return files


def python_texts(files: Mapping[str, Path]) -> dict[str, str]:
    """The text of the Python files among a project's. One that is no Python says so where it is loaded."""
    python = {name: path for name, path in files.items() if name.endswith(".py")}
    texts = {name: path.read_text(encoding="utf-8", errors="replace") for name, path in python.items()}
    return {name: text for name, text in texts.items() if _is_python(text)}


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def archive(files: Iterable[tuple[str, Path]]) -> bytes:
    """A zip archive, not compressed, of files by their names in it; the same for the same files.

    Raises:
        ServerError: one cannot be read.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zipped:
        for name, path in sorted(files):
            try:
                put(zipped, name, path.read_bytes())
            except OSError as error:
                raise ServerError(f"{path} cannot be read: {error.strerror}") from error
    return written.getvalue()


def put(zipped: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Write one file of an archive, without the moment at which that is done."""
    zipped.writestr(zipfile.ZipInfo(name, _MOMENT), content)


def served_files(root: Path, folder: Path | None = None, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """The files in a folder of a project that a server would read, by default in the project's own.

    Args:
        root: the project.
        folder: one in it.
        above: folders that this one is in.

    Raises:
        ServerError: a folder cannot be read.
    """
    folder = folder or root
    inside = above | {_real(folder)}
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ServerError(f"{folder} cannot be read: {error.strerror}") from error
    for path in entries:
        if _is_left_out(path, root) or _real(path) in inside:
            continue
        if path.is_dir():
            yield from served_files(root, path, inside)
        elif path.is_file():
            yield path


def _is_left_out(path: Path, root: Path) -> bool:
    top = path.relative_to(root).parts[0]
    if path.name == "__pycache__" or (path.parent == root and top in _NOT_SERVED) or (path / "pyvenv.cfg").exists():
        return True
    if path.name.startswith("."):
        # app/.well-known is a path as any other.
        return top != APP or not path.is_dir()
    if path.is_symlink() and top == APP:
        # As in `find_routes`.
        return path.is_dir()
    # As in `PublicFiles`: what a link outside leads to is not public.
    return path.is_symlink() and top == PUBLIC and not _real(path).is_relative_to(_real(root / PUBLIC))


def _real(path: Path) -> Path:
    # Path.resolve raises where links go in a circle.
    return Path(os.path.realpath(path))
