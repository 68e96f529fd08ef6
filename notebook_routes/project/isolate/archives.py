"""What an isolate gets to see of this machine: archives of our package, of others, and of the project."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Parts of our package that need a notebook, a terminal or sockets.
_LEFT_OUT = frozenset({"inspector", "notebook", "tooling"})
#: Folders of a project that are none of what it serves.
_NOT_SERVED = frozenset({"__pycache__", "node_modules", "tests", "venv"})
#: Bytes: an isolate has its files in memory.
_LARGEST = 48 * 1024 * 1024
# One moment for all, so that the same files make the same archive.
_MOMENT = (2020, 1, 1, 0, 0, 0)


def core_archive() -> bytes:
    """Our package, as far as it runs in an isolate."""
    root = Path(__file__).parents[2]
    files = (path for path in root.rglob("*.py") if path.relative_to(root).parts[0] not in _LEFT_OUT)
    return archive((path.relative_to(root.parent).as_posix(), path) for path in files)


def site_archive(root: Path) -> bytes:
    """The files of a project: all but hidden ones, tests and environments.

    Raises:
        ServerError: they are too large for an isolate, or cannot be read.
    """
    files = list(_served(root))
    size = sum(path.stat().st_size for path in files)
    if size > _LARGEST:
        raise ServerError(
            f"{root} has {size / 2**20:.0f} MiB of files, and an isolate keeps its files in memory: "
            f"leave {_LARGEST >> 20} MiB, and take the rest to where it is fetched from"
        )
    return archive((path.relative_to(root).as_posix(), path) for path in files)


def python_files(root: Path) -> dict[str, str]:
    """The text of a project's Python files, by path."""
    files = {path.relative_to(root).as_posix(): path for path in _served(root) if path.suffix == ".py"}
    return {name: path.read_text(encoding="utf-8", errors="replace") for name, path in files.items()}


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


def _served(root: Path) -> Iterable[Path]:
    for path in sorted(root.iterdir()):
        if path.name.startswith(".") or path.name in _NOT_SERVED or (path / "pyvenv.cfg").exists():
            continue
        if path.is_dir():
            yield from _served(path)
        elif path.is_file():
            yield path
