"""What the isolate runs on: Deno from PyPI, and Pyodide, which Deno fetches once."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from notebook_routes.errors import ServerError
from notebook_routes.project.isolate.target import PYODIDE

#: Names another folder for what is kept.
CACHE_VARIABLE = "NOTEBOOK_ROUTES_EDGE_CACHE"
_INSTALL = "the local isolate needs Deno: pip install 'notebook-routes[edge]'"


@dataclass(frozen=True, slots=True)
class Engine:
    """Deno and Pyodide on this machine.

    Attributes:
        deno: the program.
        version: Deno's.
        pyodide: the folder that holds Pyodide.
    """

    deno: Path
    version: str
    pyodide: Path

    @classmethod
    def find(cls) -> Engine:
        """Find both; Pyodide is fetched from npm where it is not here yet.

        Raises:
            ServerError: Deno is not installed, or Pyodide cannot be fetched; the message says what to do.
        """
        try:
            from deno import find_deno_bin  # noqa: PLC0415 - an extra

            deno = Path(find_deno_bin())
            deno_version = version("deno")
        except (ImportError, PackageNotFoundError, FileNotFoundError):
            raise ServerError(_INSTALL) from None
        return cls(deno, deno_version, _pyodide(deno))


def cache_folder() -> Path:
    """Where what takes long to make or to fetch is kept between runs, unless the variable names another place."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).resolve()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "notebook_routes" / "edge"


def made_folder(folder: Path) -> Path:
    """The same, and it is there.

    Raises:
        ServerError: it cannot be made; the message names the variable for another place.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(f"{folder} cannot be made: {error.strerror}; name another in {CACHE_VARIABLE}") from error
    return folder


def deno_environment() -> dict[str, str]:
    """The environment of Deno: this process's, with a cache of ours."""
    return {**os.environ, "DENO_DIR": str(cache_folder() / "deno"), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}


def _pyodide(deno: Path) -> Path:
    found = _fetched()
    if found is not None:
        return found
    command = [str(deno), "cache", "--no-config", "--no-lock", f"npm:pyodide@{PYODIDE}"]
    asked = subprocess.run(command, env=deno_environment(), capture_output=True, text=True, check=False)  # noqa: S603 - Deno's own
    found = _fetched()
    if found is None:
        said = asked.stderr.strip().splitlines()
        raise ServerError(
            f"the local isolate needs Pyodide {PYODIDE}, which Deno fetches from npm the first time, and that failed: "
            f"{said[-1] if said else f'exit status {asked.returncode}'}; try again with a network"
        )
    return found


def _fetched() -> Path | None:
    # Deno keeps it below the name of the registry that it was told to use.
    for place in sorted((cache_folder() / "deno" / "npm").glob(f"*/pyodide/{PYODIDE}")):
        if (place / "pyodide.mjs").is_file() and (place / "python_stdlib.zip").is_file():
            return place
    return None
