"""Pyodide's own files: Deno, which is a wheel on PyPI, fetches them from npm. No Node is needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "pyodide-lock.json"
#: What a browser loads.
_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", LOCK)


def copy_pyodide(version: str, folder: Path, *, cache: Path) -> dict[str, Any]:
    """Put a version of Pyodide into a folder.

    Args:
        version: "314.0.6".
        folder: where to; made if it is not there.
        cache: a folder where Deno keeps what it has fetched.

    Returns:
        What its lock file says of it: "python", "abi_version" and others.

    Raises:
        ExportError: it cannot be fetched.
    """
    came = next(iter(sorted(cache.glob(f"npm/*/pyodide/{version}"))), None)
    if came is None or any(not (came / name).is_file() for name in _FILES):
        _fetch(version, cache)
        came = next(iter(sorted(cache.glob(f"npm/*/pyodide/{version}"))), None)
    if came is None:
        raise ExportError(f"Deno has fetched Pyodide {version}, and it is not where Deno keeps packages: {cache}")
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copy(came / name, folder / name)
    info: dict[str, Any] = json.loads((folder / LOCK).read_text(encoding="utf-8"))["info"]
    return info


def _fetch(version: str, cache: Path) -> None:
    from deno import find_deno_bin  # noqa: PLC0415 - of the extra `lite`

    done = subprocess.run(  # noqa: S603 - Deno, with the name of one package
        [find_deno_bin(), "cache", "--quiet", f"npm:pyodide@{version}"],
        env={**os.environ, "DENO_DIR": str(cache), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it says nothing"]
        raise ExportError(f"Deno cannot fetch Pyodide {version} from npm, is there a network? {said[-1]}")
