"""The archives of packages, kept between runs: to find and to read them all takes as long as starting an isolate."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path  # noqa: TC003 - the fields of a NamedTuple are looked at
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.project.isolate.engine import cache_folder, made_folder
from notebook_routes.project.isolate.snapshot import keep
from notebook_routes.project.isolate.target import PLATFORM
from notebook_routes.project.requirements import imported_modules

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Archives that are kept: two of each project.
_KEPT = 8


class PackageFiles(NamedTuple):
    """Two archives: packages in plain Python, and what has to be unpacked; None where nothing has."""

    plain: Path
    native: Path | None


def package_files(files: Mapping[str, str]) -> PackageFiles:
    """The archives of the packages that a project's files need, made anew where an installation may have changed them.

    Args:
        files: the project's Python files, text by path.

    Raises:
        ServerError: there is no wheel for the isolate of one that has compiled code, or it cannot be fetched.
    """
    folder = made_folder(cache_folder() / "packages")
    key = _key(files)
    plain, native = folder / f"{key}.plain.zip", folder / f"{key}.native.zip"
    if not plain.exists():
        from notebook_routes.project.isolate.packages import package_archives  # noqa: PLC0415 - once an installation

        plain_bytes, native_bytes = package_archives(files)
        # The second says that both are there.
        if native_bytes is not None:
            _write(native, native_bytes)
        _write(plain, plain_bytes)
    return PackageFiles(plain, native if native.exists() else None)


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


def _write(place: Path, content: bytes) -> None:
    draft = place.with_name(f"{place.name}.{os.getpid()}.draft")
    draft.write_bytes(content)
    keep(draft, place, newest=_KEPT)
