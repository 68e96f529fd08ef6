"""What a project imports, as an isolate takes it: packages in plain Python from here, others as wheels for Pyodide.

A package in plain Python is taken in the version that is installed, so that the isolate runs what the kernel runs. Of
one with compiled code PyPI has a wheel for the isolate, or it has not; a wheel is fetched once.
"""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from notebook_routes.errors import ServerError
from notebook_routes.project.isolate.archives import archive, put
from notebook_routes.project.isolate.engine import cache_folder
from notebook_routes.project.isolate.target import MARKERS, PIP_OPTIONS, PLAIN_TOO, PLATFORM
from notebook_routes.project.requirements import imported_modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: What our own package imports on first use, in an isolate too.
_OURS = ("httpx2", "jinja2", "pydantic", "python-multipart")
_NOT_TAKEN = frozenset({"notebook-routes"})
#: What an install that can be edited puts beside other packages, instead of itself.
_EDITABLE = ("__editable__", "_editable_impl_")
_BINARY = (*EXTENSION_SUFFIXES, ".so", ".pyd", ".dylib")


def package_archives(files: Mapping[str, str]) -> tuple[bytes, bytes | None]:
    """Archives of the packages that a project's files need: those in plain Python, and those that are unpacked.

    Args:
        files: the project's Python files, text by path.

    Raises:
        ServerError: there is no wheel for the isolate of one that has compiled code, or it cannot be fetched.
    """
    needed = _closure([*_OURS, *_imported(files)])
    plain: dict[str, Path] = {}
    native: list[Path] = []
    for name, found in needed.items():
        if name in PLAIN_TOO or not _is_compiled(found):
            plain |= dict(plain_files(found))
        else:
            native.append(_wheel(found))
    return archive(plain.items()), _unpacked(native) if native else None


def _imported(files: Mapping[str, str]) -> Iterator[str]:
    modules = imported_modules(files)
    known = packages_distributions() if modules else {}
    for module in modules:
        # Some installs that can be edited do not tell their modules: most have their own name.
        yield from known.get(module, (module,))


def _closure(names: Iterable[str]) -> dict[str, Distribution]:
    """The distributions of these names that are installed, and those that they depend on in an isolate."""
    found: dict[str, Distribution] = {}
    todo = list(names)
    while todo:
        name = canonicalize_name(todo.pop())
        if name in found or name in _NOT_TAKEN:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            # Whoever imports it there is told, as here.
            continue
        for text in found[name].requires or ():
            required = Requirement(text)
            if required.marker is None or required.marker.evaluate({**MARKERS, "extra": ""}):
                todo.append(required.name)
    return dict(sorted(found.items()))


def _is_compiled(found: Distribution) -> bool:
    return any(str(file).endswith(_BINARY) for file in found.files or ())


def plain_files(found: Distribution) -> Iterator[tuple[str, Path]]:
    """The files of a distribution but for compiled ones, by their names in the isolate."""
    listed = [file for file in found.files or () if not str(file).endswith((*_BINARY, ".c", ".pyc"))]
    if any(file.suffix == ".py" and ".." not in file.parts and not file.name.startswith(_EDITABLE) for file in listed):
        for file in listed:
            path = Path(str(file.locate()))
            if ".." not in file.parts and path.is_file():
                yield file.as_posix(), path
        return
    # Installed to be edited: its files are elsewhere.
    known = packages_distributions().items()
    told = [module for module, names in known if found.name in names and not module.startswith(_EDITABLE)]
    for module in told or [canonicalize_name(found.name).replace("-", "_")]:
        yield from _of_module(module)


def _of_module(module: str) -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec(module)
    if spec is not None and spec.submodule_search_locations is None and spec.has_location and spec.origin is not None:
        yield f"{module}.py", Path(spec.origin)
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place)
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                yield f"{module}/{path.relative_to(folder).as_posix()}", path


def _wheel(found: Distribution) -> Path:
    """A wheel for the isolate, in the same version."""
    folder = cache_folder() / "wheels"
    place = _kept(folder, found)
    if place is not None:
        return place
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", *PIP_OPTIONS,
        "--dest", str(folder), f"{found.name}=={found.version}",
    ]  # fmt: skip
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pip, with a name and version that are installed
    place = _kept(folder, found)
    if place is None:
        errors = [line for line in asked.stderr.splitlines() if line.startswith("ERROR")] or asked.stderr.splitlines()
        raise ServerError(
            f"{found.name} {found.version} has compiled code, and pip finds no wheel of it for the isolate "
            f"({PLATFORM}): {errors[-1] if errors else 'it says nothing'}; use a version that has one"
        )
    return place


def _kept(folder: Path, found: Distribution) -> Path | None:
    # Old wheels spell a name as its authors do.
    wanted = canonicalize_name(found.name), Version(found.version)
    places = sorted(folder.glob("*.whl"))
    return next((place for place in places if parse_wheel_filename(place.name)[:2] == wanted), None)


def _unpacked(wheels: Iterable[Path]) -> bytes:
    """The content of wheels, in one archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zipped:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as whole:
                for name in sorted(whole.namelist()):
                    put(zipped, name, whole.read(name))
    return written.getvalue()
