"""Pyodide's own files, in a site: the same that the local isolate runs on."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError
from notebook_routes.project.isolate.engine import Engine
from notebook_routes.project.isolate.target import PYODIDE
from notebook_routes.tooling.deploy.jupyterlite_wheels import Browser

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "pyodide-lock.json"
#: What a browser loads.
_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", LOCK)


def copy_pyodide(folder: Path) -> Browser:
    """Put Pyodide into a folder; what it is.

    Raises:
        ExportError: JupyterLite's kernel is made for another one.
        ServerError: it cannot be fetched.
    """
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION  # noqa: PLC0415 - of the extra `lite`

    if PYODIDE_VERSION != PYODIDE:
        raise ExportError(
            f"jupyterlite-pyodide-kernel is made for Pyodide {PYODIDE_VERSION}, and a site has {PYODIDE}: "
            "pip install 'notebook-routes[lite]' brings the one that fits"
        )
    there = Engine.find().pyodide
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copy(there / name, folder / name)
    info = json.loads((folder / LOCK).read_text(encoding="utf-8"))["info"]
    return Browser(info["python"], info["abi_version"])
