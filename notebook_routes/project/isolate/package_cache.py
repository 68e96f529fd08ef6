"""The archives of packages, kept between runs: to find and to read them all takes as long as starting an isolate."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.project.isolate.engine import cache_folder, made_folder
from notebook_routes.project.isolate.target import PLATFORM
from notebook_routes.project.requirements import imported_modules

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Projects, or installations, whose archives are kept.
_KEPT = 4
_PLAIN, _NATIVE = "plain.zip", "native.zip"


class PackageFiles(NamedTuple):
    """Two archives: packages in plain Python, and what has to be unpacked; None where nothing has."""

    plain: Path
    native: Path | None

    def copied_to(self, folder: Path) -> PackageFiles:
        """The same in a folder of the isolate's own: in the cache they make way for those of others."""
        plain, native = (None if each is None else Path(shutil.copy(each, folder)) for each in self)
        assert plain is not None
        return PackageFiles(plain, native)


def package_files(files: Mapping[str, str]) -> PackageFiles:
    """The archives of the packages that a project's files need, made anew where an installation may have changed them.

    Args:
        files: the project's Python files, text by path.

    Raises:
        ServerError: there is no wheel for the isolate of one that has compiled code, or it cannot be fetched.
    """
    cache = made_folder(cache_folder() / "packages")
    place = cache / _key(files)
    if not place.exists():
        from notebook_routes.project.isolate.packages import package_archives  # noqa: PLC0415 - once an installation

        _write(place, *package_archives(files))
    # Those that were used last are kept.
    os.utime(place)
    native = place / _NATIVE
    return PackageFiles(place / _PLAIN, native if native.exists() else None)


def _key(files: Mapping[str, str]) -> str:
    """What the archives depend on: what is imported, and what is installed, as far as folders show."""
    what = hashlib.sha256(f"{sys.executable}\n{PLATFORM}\n{','.join(imported_modules(files))}\n".encode())
    for entry in sys.path:
        try:
            what.update(f"{entry} {os.stat(entry).st_mtime_ns}\n".encode())  # noqa: PTH116 - "" is the current folder
        except OSError:
            # It is no folder that holds packages.
            continue
    return what.hexdigest()[:24]


def _write(place: Path, plain: bytes, native: bytes | None) -> None:
    """Put both archives into the cache in one step, and throw away what was not used for longest."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as drafts:
        draft = Path(drafts, place.name)
        draft.mkdir()
        (draft / _PLAIN).write_bytes(plain)
        if native is not None:
            (draft / _NATIVE).write_bytes(native)
        # Another process may have been quicker.
        with suppress(OSError):
            draft.rename(place)
    found = sorted(place.parent.glob("[!.]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in found[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
