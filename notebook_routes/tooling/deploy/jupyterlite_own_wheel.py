"""A wheel of this package, written from its installed files: who builds a site may have no source of it.

A wheel is a zip of files with their list in `RECORD` (the specification "Binary distribution format"). What was
installed from one has the same files; an editable installation has them where the source is.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = "notebook_routes"
_WHEEL = "Wheel-Version: 1.0\nGenerator: notebook-routes\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
#: The earliest time that a zip can hold: two builds of the same files give the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)


def write_own_wheel(folder: Path) -> Path:
    """Write the wheel into a folder; where it is."""
    installed = importlib.metadata.distribution("notebook-routes")
    version = installed.version
    info = f"{_NAME}-{version}.dist-info"
    path = folder / f"{_NAME}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        rows = []
        for name, content in (
            *_files(),
            (f"{info}/METADATA", (installed.read_text("METADATA") or "").encode()),
            (f"{info}/WHEEL", _WHEEL.encode()),
        ):
            wheel.writestr(_entry(name), content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(content)}\n")
        record = f"{info}/RECORD"
        wheel.writestr(_entry(record), "".join([*rows, f"{record},,\n"]))
    return path


def _files() -> Iterator[tuple[str, bytes]]:
    root = Path(__file__).parents[2]
    for path in sorted(root.rglob("*")):
        below = path.relative_to(root)
        if path.is_file() and "__pycache__" not in below.parts:
            yield f"{_NAME}/{below.as_posix()}", path.read_bytes()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
