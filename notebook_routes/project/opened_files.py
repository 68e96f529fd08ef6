"""The files that the code of a tree opens while the tree is tried, and those of the notebook's folder given to it.

Python tells an audit hook of a file before it is opened. A file that lies beside the notebook and is to go with the
tree is put there in that moment, so that the code finds what it would find once the tree is written; what it does to
the file, it does to a copy.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import FrameType


class Whence(StrEnum):
    """Where a file is that code opens."""

    TREE = "in the tree"
    BESIDE = "beside the notebook"
    LINKED = "beside the notebook, by a link that leads elsewhere"
    NOWHERE = "nowhere"
    OUTSIDE = "outside the tree"
    ABSOLUTE = "at a place of this machine"


@dataclass(frozen=True)
class OpenedFile:
    """A file that the code opens for reading.

    Attributes:
        path: from the tree's folder on, with slashes; as the code calls it, if it leads out of it.
        whence: where it is.
        file: the module of the tree that opens it, from the tree's folder on; empty if none is seen to.
        line: the line of that module.
    """

    path: str
    whence: Whence
    file: str = ""
    line: int = 0

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OpenedFile:
        """What another process has seen."""
        return cls(data["path"], Whence(data["whence"]), data["file"], data["line"])


class OpenedFiles:
    """Listens to what is opened, but for Python's own files, those of installed packages, and what is soon gone again.

    Args:
        tree: the folder that is tried; a copy, and the current folder.
        own: the files that the export writes, from there on.
        folder: the notebook's; None where it is not known.
        give: whether the tree gets what it opens from there.
    """

    def __init__(self, tree: Path, *, own: Iterable[str], folder: Path | None, give: bool) -> None:
        self._tree = tree
        self._tree_name = str(tree) + os.sep
        self._own = frozenset(own)
        self._folder = folder
        self._give = give
        self._elsewhere = tuple(os.path.realpath(path) + os.sep for path in _not_the_users())
        self._written: set[str] = set()
        self._busy = threading.local()
        self.found: dict[str, OpenedFile] = {}

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python's audit hook."""
        if event not in ("open", "sqlite3.connect", "notebook_routes.file") or getattr(self._busy, "now", False):
            return
        if not arguments or not isinstance(arguments[0], (str, bytes, os.PathLike)):
            return
        path = os.fsdecode(arguments[0])
        if not path or "\0" in path or path.endswith((".py", ".pyc")):
            return
        self._busy.now = True
        try:
            # What the system refuses here it refuses the code too, which is about to hear of it.
            with suppress(OSError):
                self._heard(event, path, arguments)
        finally:
            self._busy.now = False

    def _heard(self, event: str, path: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and _only_writes(*arguments[1:3]):
            self._written.add(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps ".."
        elif event != "sqlite3.connect" or not path.startswith((":memory:", "file:")):
            self._opened(path, is_made=event == "sqlite3.connect")
            if event == "notebook_routes.file":
                self._make_real(Path(path))

    def _opened(self, path: str, *, is_made: bool) -> None:
        """A file is opened, which is made if it is nowhere, or has to be there."""
        place = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps ".."
        if place in self._written:
            return
        if place.startswith(self._tree_name):
            name = place.removeprefix(self._tree_name).replace(os.sep, "/")
            if name not in self.found and name not in self._own and not Path(place).is_dir():
                whence = self._whence(name, Path(place))
                if not (is_made and whence is Whence.NOWHERE):
                    self._put(name, whence)
        elif path not in self.found and not Path(path).is_absolute():
            self._put(path, Whence.OUTSIDE)
        elif path not in self.found and not os.path.realpath(path).startswith(self._elsewhere):
            self._put(path, Whence.ABSOLUTE)

    def _put(self, path: str, whence: Whence) -> None:
        file, line = self._caller()
        self.found[path] = OpenedFile(path, whence, file, line)

    def _whence(self, name: str, place: Path) -> Whence:
        source = None if self._folder is None else self._folder / name
        if source is None or not source.is_file():
            return Whence.TREE if place.exists() else Whence.NOWHERE
        if self._folder is None or not source.resolve().is_relative_to(self._folder.resolve()):
            return Whence.TREE if place.exists() else Whence.LINKED
        if self._give:
            # If that cannot be, the code is about to hear of it by itself.
            with suppress(OSError):
                self._put_there(name, source)
            return Whence.BESIDE
        return Whence.TREE if place.exists() else Whence.BESIDE

    def _make_real(self, place: Path) -> None:
        """Have a file that is to be sent be no link, which would lead out of its folder."""
        if place.is_relative_to(self._tree) and place.is_file():
            source = place.resolve()
            if not source.is_relative_to(self._tree):
                with suppress(OSError):
                    self._put_there(place.relative_to(self._tree).as_posix(), source)

    def _put_there(self, name: str, source: Path) -> None:
        folder = self._tree
        *above, last = name.split("/")
        for part in above:
            folder = folder / part
            _unfold(folder)
        (folder / last).unlink(missing_ok=True)
        shutil.copy2(source, folder / last)

    def _caller(self) -> tuple[str, int]:
        """The module of the tree whose code runs, and its line."""
        frame: FrameType | None = sys._getframe()  # noqa: SLF001 - Python's own way to ask
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(self._tree_name):
                return name.removeprefix(self._tree_name).replace(os.sep, "/"), frame.f_lineno
            frame = frame.f_back
        return "", 0


def _not_the_users() -> Iterable[str]:
    yield from ("/dev", "/proc", "/sys", "/etc", "/usr/share", sys.base_prefix, sys.prefix, tempfile.gettempdir())
    # What libraries keep there they make again: matplotlib its list of fonts.
    yield os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - there may be no home
    yield os.path.expanduser("~/Library/Caches")  # noqa: PTH111 - there may be no home
    yield from sysconfig.get_paths().values()
    yield str(Path(__file__).parents[1])


def _only_writes(mode: object = None, flags: object = None) -> bool:
    if isinstance(mode, str):
        return not set(mode).isdisjoint("wxa")
    return isinstance(flags, int) and bool(flags & os.O_WRONLY)


def _unfold(folder: Path) -> None:
    """Make a folder of a copy one of its own, where it was a link to another: nothing is written through a link."""
    if folder.is_symlink():
        target = folder.resolve()
        folder.unlink()
        folder.mkdir()
        for entry in target.iterdir():
            (folder / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
    else:
        folder.mkdir(exist_ok=True)
