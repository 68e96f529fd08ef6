"""Wheels in plain Python of packages that do the same without their compiled part, of which PyPI has none such.

Jinja2 needs MarkupSafe, which is compiled for speed alone. A wheel is made of what is installed here, for pip to find.
"""

from __future__ import annotations

import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from notebook_routes.project.isolate.packages import plain_files
from notebook_routes.project.isolate.target import PLAIN_TOO

if TYPE_CHECKING:
    from pathlib import Path

_TAG = "py3-none-any"
_WHEEL = f"Wheel-Version: 1.0\nGenerator: notebook-routes\nRoot-Is-Purelib: true\nTag: {_TAG}\n"


def write_plain_wheels(folder: Path) -> None:
    """Write the wheels of those packages that are installed into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PLAIN_TOO:
        try:
            _write(distribution(name), folder)
        except PackageNotFoundError:
            # pip then says that there is no wheel of it.
            continue


def _write(found: Distribution, folder: Path) -> None:
    name = found.metadata["Name"].replace("-", "_")
    about = f"{name}-{found.version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{found.version}-{_TAG}.whl", "w") as wheel:
        written = []
        for path, file in plain_files(found):
            if ".dist-info/" not in path:
                wheel.writestr(path, file.read_bytes())
                written.append(path)
        wheel.writestr(f"{about}/METADATA", found.read_text("METADATA") or "")
        wheel.writestr(f"{about}/WHEEL", _WHEEL)
        listed = [*written, f"{about}/METADATA", f"{about}/WHEEL", f"{about}/RECORD"]
        wheel.writestr(f"{about}/RECORD", "".join(f"{path},,\n" for path in listed))
