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

from notebook_routes.errors import ExportError
from notebook_routes.tooling.deploy.isolate_python import ABIS, PLATFORM, VERSION
from notebook_routes.tooling.deploy.worker_rules import WORKER_RULES
from notebook_routes.tooling.progress import progress

if TYPE_CHECKING:
    from notebook_routes.tooling.deploy.needs import Needs

FOLDER = "python_modules"
#: Marks the folder as an environment; `pywrangler` looks for it.
MARKER = "pyvenv.cfg"
#: Seconds that pip may take.
_PATIENCE = 600.0
_SHOWN_LINES = 8
_NOT_FOUND = re.compile(r"No matching distribution found for (\S+)")
_UNREACHED = re.compile(
    r"connection (?:broken|error|refused)|NewConnectionError|Failed to establish|Could not fetch URL|"
    r"name resolution|ConnectTimeoutError|ProxyError",
    re.IGNORECASE,
)
_VERSION = re.compile(r"^Version:\s*(\S+)", re.MULTILINE)


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


def fetch_python_modules(needs: Needs) -> PythonModules:
    """Have pip fetch what a project needs.

    Where the versions that the project names have no wheel for the isolate, newer ones are taken, and named.

    Raises:
        ExportError: pip is not there, has found no wheel or has not reached its index.
    """
    with progress("Fetching packages for the isolate"), tempfile.TemporaryDirectory(prefix="notebook-routes-") as place:
        said = _install(needs, Path(place) / "asked")
        if not said:
            return PythonModules(_read(Path(place) / "asked"), needs)
        newer = needs.loosened()
        if newer == needs or _UNREACHED.search(said) or _install(newer, Path(place) / "newer"):
            raise ExportError(_failure(said))
        files = _read(Path(place) / "newer")
    versions = versions_in(files)
    remarks = tuple(
        f"{asked}: there is no wheel of it for the isolate, {taken.partition('>')[0]} "
        f"{versions.get(_normal(taken.partition('>')[0]), '')} is taken"
        for asked, taken in zip(needs.requirements, newer.requirements, strict=True)
        if asked != taken and versions.get(_normal(asked.partition("=")[0])) != asked.rpartition("==")[2].strip()
    )
    return PythonModules(files, newer, remarks)


def versions_in(files: dict[str, bytes]) -> dict[str, str]:
    """The packages among the files, with their versions."""
    found = {}
    for path, content in files.items():
        if path.endswith(".dist-info/METADATA"):
            name = Path(path).parent.name.removesuffix(".dist-info").partition("-")[0]
            said = _VERSION.search(content.decode(errors="replace"))
            found[_normal(name)] = said[1] if said else ""
    return found


def _install(needs: Needs, folder: Path) -> str:
    """Have pip fill a folder; what it says where it fails."""
    command = [
        *(sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"),
        *("--target", str(folder), "--only-binary=:all:", "--implementation", "cp"),
        *("--python-version", ".".join(map(str, VERSION)), "--platform", PLATFORM, "--platform", "any"),
        *(word for abi in ABIS for word in ("--abi", abi)),
        *needs.requirements,
    ]
    try:
        ended = subprocess.run(  # noqa: S603 - this Python's own pip
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise ExportError(f"pip was not done after {_PATIENCE:g} s: try again, or look at its index") from None
    if "No module named pip" in ended.stderr:
        raise ExportError(f"{sys.executable} has no pip, which fetches the packages: run python -m ensurepip")
    return (ended.stdout + ended.stderr) if ended.returncode else ""


def _failure(said: str) -> str:
    errors = [line for line in said.splitlines() if line.startswith("ERROR")] or said.strip().splitlines()
    shown = "\n".join(errors[-_SHOWN_LINES:])
    if _UNREACHED.search(said):
        return f"pip could not reach its index, and nothing is vendored yet: try again with a network\n{shown}"
    missing = _NOT_FOUND.search(said)
    if missing:
        rule = WORKER_RULES["WORKER005"]
        return f"{rule.code} {missing[1]}: {rule}\n{shown}"
    return f"pip has found no packages for the isolate that go together: look at requirements.txt\n{shown}"


def _read(folder: Path) -> dict[str, bytes]:
    """What belongs to the packages; programs for a terminal do not."""
    files = {f"{FOLDER}/{MARKER}": b""}
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if file.is_file() and parts[0] != "bin" and "__pycache__" not in parts:
            files["/".join((FOLDER, *parts))] = file.read_bytes()
    return files


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).strip().lower()
