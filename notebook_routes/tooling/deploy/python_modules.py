"""The packages of a Worker, `python_modules/`: wheels for the isolate, which pip of this Python fetches and unpacks.

    pip install --target python_modules --only-binary=:all: --python-version 3.14 --platform pyemscripten_2026_0_wasm32

That is what `pywrangler sync` does, without uv and wrangler. Compiled packages have such wheels on PyPI since PEP 783.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from notebook_routes.errors import ExportError
from notebook_routes.project.isolate.target import PIP_OPTIONS
from notebook_routes.tooling.deploy.needs import requirement_name
from notebook_routes.tooling.deploy.plain_wheels import write_plain_wheels
from notebook_routes.tooling.deploy.vendored import for_isolate, needed_of, vendored_in
from notebook_routes.tooling.deploy.worker_rules import WORKER_RULES
from notebook_routes.tooling.progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.tooling.deploy.needs import Needs
    from notebook_routes.tooling.deploy.vendored import Vendored

FOLDER = "python_modules"
#: Marks the folder as an environment; `pywrangler` looks for it.
MARKER = "pyvenv.cfg"
#: Seconds that pip may take.
_PATIENCE = 600.0
#: How many times what only an isolate needs may need more of that kind.
_ROUNDS = 4
_SHOWN_LINES = 8
_NOT_FOUND = re.compile(r"No matching distribution found for (\S+)")
#: Every index of PyPI's packages has these.
_THERE = ("python-multipart", "workers-runtime-sdk")
_UNREACHED = re.compile(
    r"connection (?:broken|error|refused)|NewConnectionError|Failed to establish|Could not fetch URL|"
    r"name resolution|ConnectTimeoutError|ProxyError",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PythonModules:
    """The packages.

    Attributes:
        files: all files, by path from the Worker's folder on.
        needs: what was asked for, perhaps in other versions than the project did.
        remarks: sentences about that.
    """

    files: dict[str, bytes]
    needs: Needs
    remarks: tuple[str, ...] = ()


class _PipFailed(Exception):
    """pip has not found or not reached what was asked for; the message is all that it said."""


def fetch_python_modules(needs: Needs) -> PythonModules:
    """Have pip fetch what a project needs.

    Where the versions that the project names have no wheel for the isolate, newer ones are taken, and named.

    Raises:
        ExportError: pip is not there, has found no wheel or has not reached its index.
    """
    with progress("Fetching packages for the isolate"), tempfile.TemporaryDirectory(prefix="notebook-routes-") as place:
        own = Path(place) / "own"
        write_plain_wheels(own)
        try:
            return PythonModules(_files(*_fetched(needs, Path(place) / "asked", own)), needs)
        except _PipFailed as failed:
            newer, said = needs.loosened(), str(failed)
        if newer == needs or _is_unreached(said):
            raise ExportError(_failure(said))
        try:
            folder, packages = _fetched(newer, Path(place) / "newer", own)
        except _PipFailed:
            raise ExportError(_failure(said)) from None
        return PythonModules(_files(folder, packages), newer, tuple(_newer(needs, packages)))


def _fetched(needs: Needs, place: Path, own: Path) -> tuple[Path, dict[str, Vendored]]:
    """A folder with the packages and more, and those of them that an isolate needs."""
    asked = for_isolate(needs.requirements)
    for number in range(_ROUNDS):
        folder = place / str(number)
        _install(asked, folder, own)
        packages = vendored_in(folder)
        needed, missing = needed_of(asked, packages)
        if not missing:
            break
        asked += missing
    return folder, {name: packages[name] for name in sorted(needed)}


def _install(requirements: list[str], folder: Path, own: Path) -> None:
    """Have pip fill a folder, from its index and from a folder of our own wheels."""
    command = [
        *(sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"),
        *("--target", str(folder), "--find-links", str(own), *PIP_OPTIONS),
        *requirements,
    ]
    try:
        ended = subprocess.run(  # noqa: S603 - this Python's own pip
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise ExportError(f"pip was not done after {_PATIENCE:g} s: try again, or look at its index") from None
    if "No module named pip" in ended.stderr:
        raise ExportError(f"{sys.executable} has no pip, which fetches the packages: run python -m ensurepip")
    if ended.returncode:
        raise _PipFailed(ended.stdout + ended.stderr)


def _failure(said: str) -> str:
    errors = [line for line in said.splitlines() if line.startswith("ERROR")] or said.strip().splitlines()
    shown = "\n".join(errors[-_SHOWN_LINES:])
    if _is_unreached(said):
        return f"pip could not reach its index, from which the packages come: try again with a network\n{shown}"
    missing = _NOT_FOUND.search(said)
    if missing:
        rule = WORKER_RULES["WORKER005"]
        return f"{rule.code} {missing[1]}: {rule}\n{shown}"
    return f"pip has found no packages for the isolate that go together: look at requirements.txt\n{shown}"


def _is_unreached(said: str) -> bool:
    """Whether pip has not reached its index: it says so only when it tries again."""
    missing = _NOT_FOUND.search(said)
    return bool(_UNREACHED.search(said)) or (missing is not None and missing[1].startswith(_THERE))


def _newer(asked: Needs, packages: Mapping[str, Vendored]) -> list[str]:
    """Sentences about versions that are not those that were asked for."""
    said = []
    for line in asked.requirements:
        taken = packages.get(canonicalize_name(requirement_name(line)))
        pinned = line.partition(";")[0].rpartition("==")[2].strip()
        if taken is not None and "==" in line and taken.version != pinned:
            said.append(f"{line}: there is no wheel of it for the isolate, {taken.version} is taken")
    return said


def _files(folder: Path, packages: Mapping[str, Vendored]) -> dict[str, bytes]:
    """The files of packages; programs for a terminal do not go."""
    files = {f"{FOLDER}/{MARKER}": b""}
    for package in packages.values():
        for path in package.files:
            file = folder / path
            if not path.startswith(("..", "bin/")) and "__pycache__" not in path and file.is_file():
                files[f"{FOLDER}/{path}"] = file.read_bytes()
    return dict(sorted(files.items()))
