"""`build --target jupyterlite`: a class room in a folder of files, with nothing to install and no server behind it.

Any web server that serves files shows JupyterLab there, its kernel runs in the reader's browser (Pyodide), and
`%load_ext notebook_routes` works in the first cell. All that is loaded is in the folder; no other host is asked.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ExportError
from notebook_routes.tooling.deploy.jupyterlite_contents import read_contents
from notebook_routes.tooling.deploy.jupyterlite_json import rewrite_json
from notebook_routes.tooling.deploy.jupyterlite_lock import closure, write_lock
from notebook_routes.tooling.deploy.jupyterlite_own_wheel import write_own_wheel
from notebook_routes.tooling.deploy.jupyterlite_pyodide import copy_pyodide
from notebook_routes.tooling.deploy.jupyterlite_wheels import (
    PLAIN,
    Browser,
    Wheel,
    browser_wheels,
    download,
    normalized,
)
from notebook_routes.tooling.deploy.plain_wheels import write_plain_wheels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_routes.tooling.deploy.jupyterlite_contents import Contents

#: Lists what a build has written into a folder: so much of it may be made anew.
MARK = "notebook-routes-site.json"
_KERNEL = "@jupyterlite/pyodide-kernel-extension"
#: What the kernel's worker would otherwise install one after another, each time that it starts.
_OF_THE_KERNEL = ("piplite", "ipykernel", "pyodide-kernel")
_BESIDE = ("micropip", "comm", "ipython", "jedi")
_NEEDED = ("deno", "jupyter_server", "jupyterlite_core", "jupyterlite_pyodide_kernel", "packaging")


@dataclass(frozen=True)
class Site:
    """A site that was built.

    Attributes:
        folder: where it is.
        notebooks: their names, as they stand behind `lab/index.html?path=`.
        files: names of the other files in it.
        remarks: sentences about what will not run there, or otherwise.
        size: bytes of all.
    """

    folder: Path
    notebooks: tuple[str, ...]
    files: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    size: int = 0


def build_site(notebooks: Sequence[Path], site: Path, *, include: Sequence[Path] = ()) -> Site:
    """Write a site in which notebooks run.

    Args:
        notebooks: their files.
        site: the folder; one that was built before is built anew.
        include: files and folders beside the notebooks that go along though no cell names them.

    Raises:
        ExportError: a notebook is not there, the folder has files of others, or something is not installed or cannot be
            downloaded; the folder is as it was.
        ServerError: Pyodide cannot be fetched; the same.
    """
    check_installed()
    contents = read_contents(notebooks, include)
    _check_folder(site)
    with tempfile.TemporaryDirectory(prefix="notebook-routes-site-") as place:
        source, made = Path(place) / "source", Path(place) / "site"
        remarks = _write_source(source, contents)
        _build(source, made)
        named = {path.name for path in notebooks}
        done = Site(
            site,
            tuple(name for name in contents.files if name in named),
            tuple(name for name in contents.files if name not in named),
            (*remarks, *contents.remarks),
            sum((made / name).stat().st_size for name in _files(made)),
        )
        (made / MARK).write_text(json.dumps({"files": sorted(_files(made))}, indent=1), encoding="utf-8")
        _check_folder(site)
        _put(made, site)
    return done


def check_installed() -> None:
    """Look whether the extra `lite` is installed.

    Raises:
        ExportError: it is not.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ExportError(
            f"a JupyterLite site needs {', '.join(missing)}: pip install 'notebook-routes[lite]' "
            "(the kernel in the browser comes from there)"
        )
    if importlib.util.find_spec("pip") is None:
        raise ExportError("a JupyterLite site needs pip, which downloads what runs in the browser: python -m ensurepip")


def _check_folder(site: Path) -> None:
    """Look whether all that is in a folder is of a build.

    Raises:
        ExportError: it is not.
    """
    if site.exists() and not site.is_dir():
        raise ExportError(f"{site} is a file: name a folder for the site")
    there = _files(site)
    mark = site / MARK
    written = set(json.loads(mark.read_text(encoding="utf-8"))["files"]) | {MARK} if mark.is_file() else set()
    foreign = sorted(there - written)
    if foreign:
        raise ExportError(f"{site} has files that no build has written, such as {foreign[0]}: name another folder")


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def _write_source(source: Path, contents: Contents) -> tuple[str, ...]:
    """Write what `jupyter lite build` reads; sentences about what will not run."""
    pyodide = source / "static" / "pyodide"
    browser = copy_pyodide(pyodide)
    downloads = source.parent / "wheels"
    downloads.mkdir()
    write_plain_wheels(downloads / PLAIN)
    own = write_own_wheel(downloads)
    kernel = _kernel_wheels()
    wheels = browser_wheels([own, *kernel], _BESIDE, downloads, browser)
    # What our own package imports when it needs it, no cell does.
    basic = ["notebook-routes", "jinja2", *_OF_THE_KERNEL, *_BESIDE]
    remarks = []
    for package, users in contents.packages.items():
        if package not in wheels:
            said = _add(package, wheels, downloads, browser)
            if said is not None:
                remarks.append(f"{', '.join(users)} imports {package}, which has no wheel for the browser: {said}")
    write_lock(pyodide, wheels, browser)
    contents.copy(source / "files")
    rewrite_json((source / "files").rglob("*.json"))
    _write_settings(source, closure(basic, wheels, browser), _front_ends(downloads, browser))
    return tuple(remarks)


def _add(package: str, wheels: dict[str, Wheel], folder: Path, browser: Browser) -> str | None:
    """Add what a notebook imports, and what that requires; or say why it cannot be had."""
    try:
        wheels |= browser_wheels([wheel.path for wheel in wheels.values()], [package], folder, browser)
    except ExportError as error:
        return str(error).partition(": ")[2]
    return None


def _kernel_wheels() -> list[Path]:
    """The kernel's own packages, which its front end brings along."""
    folder = _kernel_folder() / "static" / "pypi"
    found = [path for path in sorted(folder.glob("*.whl")) if normalized(path.name.split("-")[0]) in _OF_THE_KERNEL]
    if len(found) != len(_OF_THE_KERNEL):
        raise ExportError(
            f"jupyterlite-pyodide-kernel has not the packages that it should have in {folder}: install it anew"
        )
    return found


def _kernel_folder() -> Path:
    files = importlib.metadata.files("jupyterlite-pyodide-kernel") or []
    for file in files:
        if file.name == "package.json" and file.parent.name == "pyodide-kernel-extension":
            return Path(str(file.locate())).resolve().parent
    raise ExportError("jupyterlite-pyodide-kernel is installed without its front end: install it anew, as a wheel")


def _front_ends(folder: Path, browser: Browser) -> list[str]:
    """What extends JupyterLab there: the kernel and the widgets, and nothing else that is installed here."""
    said = download(["jupyterlab-widgets>=3,<4"], folder, browser, alone=True)
    if said is not None:
        raise ExportError(f"the widgets' front end cannot be had: {said}")
    wheels = [*folder.glob("jupyterlab_widgets-*.whl"), *folder.glob("anywidget-*.whl")]
    return [str(_kernel_folder()), *map(str, wheels)]


def _write_settings(source: Path, packages: Iterable[str], front_ends: Iterable[str]) -> None:
    kernel = {"disablePyPIFallback": True, "loadPyodideOptions": {"packages": list(packages)}}
    lite: dict[str, Any] = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {"litePluginSettings": {f"{_KERNEL}:kernel": kernel}},
    }
    # A notebook that does not say its language, or another kernel's name, is not asked about: there is one kernel.
    settings = {"@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True}}
    build = {
        "apps": ["lab"],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "federated_extensions": list(front_ends),
        "ignore_sys_prefix": ["federated_extensions"],
    }
    (source / "jupyter-lite.json").write_text(json.dumps(lite, indent=1), encoding="utf-8")
    (source / "overrides.json").write_text(json.dumps(settings), encoding="utf-8")
    (source / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": build}), encoding="utf-8")


def _build(source: Path, made: Path) -> None:
    done = subprocess.run(  # noqa: S603 - JupyterLite, in a folder of ours
        [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(source), "--output-dir", str(made)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ExportError("JupyterLite could not build the site:\n" + "\n".join(done.stderr.splitlines()[-15:]))


def _put(made: Path, site: Path) -> None:
    """Put what was made in the place of what there was."""
    site.parent.mkdir(parents=True, exist_ok=True)
    if site.is_dir():
        shutil.rmtree(site)
    shutil.move(made, site)
