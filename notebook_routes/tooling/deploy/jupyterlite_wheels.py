"""The wheels that a notebook needs in a browser: ours, the kernel's, and what they require there.

pip chooses versions and takes wheels for Pyodide (PEP 783), but it reads what packages require as for the machine that
it runs on. So each package is taken alone, and what it requires *in the browser* is read from it here.
"""

from __future__ import annotations

import email
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ExportError
from notebook_routes.project.isolate.target import MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from packaging.requirements import Requirement

#: Below the folder of wheels: those of packages that do the same without their compiled part.
PLAIN = "plain"
#: What a browser needs no Python of: their front ends are part of the site, and the kernel has stand-ins.
FRONT_END_ONLY = ("widgetsnbextension", "jupyterlab-widgets")
_UNNAMED = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class Browser:
    """The Python of the browser's kernel.

    Attributes:
        python: "3.14.2".
        abi: of Pyodide, "2026_0".
    """

    python: str
    abi: str

    @property
    def short(self) -> str:
        """The version without its last part, "3.14"."""
        return self.python.rpartition(".")[0]

    @property
    def environment(self) -> dict[str, str]:
        """What the markers of requirements are compared with (PEP 508)."""
        return {
            **MARKERS,
            "implementation_version": self.python,
            "platform_release": "",
            "platform_version": "",
            "python_full_version": self.python,
            "python_version": self.short,
            "extra": "",
        }


@dataclass(frozen=True)
class Wheel:
    """A wheel file.

    Attributes:
        path: where it is.
    """

    path: Path

    @cached_property
    def about(self) -> Any:
        """Its METADATA."""
        return email.message_from_string(self._read("METADATA"))

    @property
    def name(self) -> str:
        """The package's name as an index has it: "typing-extensions"."""
        return normalized(self.about["Name"])

    @property
    def version(self) -> str:
        """The package's version."""
        return str(self.about["Version"])

    @cached_property
    def modules(self) -> list[str]:
        """The top-level modules that it has."""
        with zipfile.ZipFile(self.path) as archive:
            names = archive.namelist()
        tops = {name.split("/")[0] for name in names if "/" in name} | {name for name in names if "/" not in name}
        found = {top.partition(".")[0] for top in tops if not top.endswith((".dist-info", ".data"))}
        return sorted(name for name in found if name.isidentifier())

    def requirements(self, browser: Browser) -> list[Requirement]:
        """What it requires in a browser, without its extras."""
        from packaging.requirements import Requirement  # noqa: PLC0415 - of the extra `lite`

        all_of_them = [Requirement(line) for line in self.about.get_all("Requires-Dist", ())]
        return [each for each in all_of_them if each.marker is None or each.marker.evaluate(browser.environment)]

    def _read(self, name: str) -> str:
        with zipfile.ZipFile(self.path) as archive:
            found = next(each for each in archive.namelist() if each.endswith(f".dist-info/{name}"))
            return archive.read(found).decode()


def normalized(name: str) -> str:
    """A package's name as an index has it (PEP 503)."""
    return _UNNAMED.sub("-", name).lower()


def browser_wheels(have: Iterable[Path], names: Iterable[str], folder: Path, browser: Browser) -> dict[str, Wheel]:
    """Download what wheels and names require in a browser, and what that requires.

    Args:
        have: wheels that are there.
        names: requirements beside theirs, "ipython>=8".
        folder: where to.
        browser: what for.

    Returns:
        All of them by name, those that were there included.

    Raises:
        ExportError: one has no wheel for the browser, or two require other versions of one package.
    """
    from packaging.requirements import Requirement  # noqa: PLC0415 - of the extra `lite`

    found = {wheel.name: wheel for wheel in map(Wheel, have)}
    asked: dict[str, list[tuple[Requirement, str]]] = {}
    new = [(Requirement(name), "the kernel") for name in names]
    new += [(each, wheel.name) for wheel in found.values() for each in wheel.requirements(browser)]
    while new:
        for requirement, whose in new:
            asked.setdefault(normalized(requirement.name), []).append((requirement, whose))
        missing = [name for name in asked if name not in found and name not in FRONT_END_ONLY]
        came = {wheel.name: wheel for wheel in _downloaded({name: asked[name] for name in missing}, folder, browser)}
        found |= came
        new = [(each, wheel.name) for wheel in came.values() for each in wheel.requirements(browser)]
    _check(found, asked)
    return found


def _downloaded(asked: dict[str, list[tuple[Requirement, str]]], folder: Path, browser: Browser) -> list[Wheel]:
    if not asked:
        return []
    specs = []
    for name, requirements in asked.items():
        specifier = requirements[0][0].specifier
        for requirement, _ in requirements[1:]:
            specifier &= requirement.specifier
        specs.append(f"{name}{specifier}")
    before = set(folder.glob("*.whl"))
    done = download(specs, folder, browser, alone=True)
    if done is not None:
        whose = sorted({who for requirements in asked.values() for _, who in requirements})
        raise ExportError(f"{', '.join(whose)} cannot be had for the browser: {done}")
    return [Wheel(path) for path in sorted(set(folder.glob("*.whl")) - before)]


def download(specs: Iterable[str], folder: Path, browser: Browser, *, alone: bool) -> str | None:
    """Have pip download wheels for the browser; None, or what it says where there are none.

    Args:
        specs: requirements.
        folder: where to.
        browser: what for.
        alone: without what they require.
    """
    platforms = [f"pyemscripten_{browser.abi}_wasm32", "any"]
    abis = [f"cp{browser.short.replace('.', '')}", "abi3", "none"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={browser.short}", f"--dest={folder}"]
    command += [f"--platform={each}" for each in platforms] + [f"--abi={each}" for each in abis]
    command += [f"--find-links={folder / PLAIN}", *(["--no-deps"] if alone else [])]
    done = subprocess.run([*command, *specs], capture_output=True, text=True, check=False)  # noqa: S603 - pip
    if not done.returncode:
        return None
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")] or done.stderr.splitlines()
    return said[-1].removeprefix("ERROR: ") if said else "pip says nothing"


def _check(found: dict[str, Wheel], asked: dict[str, list[tuple[Requirement, str]]]) -> None:
    """Look whether what came later is what all have asked for."""
    for name, requirements in asked.items():
        for requirement, whose in requirements:
            wheel = found.get(name)
            if wheel is not None and not requirement.specifier.contains(wheel.version, prereleases=True):
                raise ExportError(f"{whose} requires {requirement}, and {name} {wheel.version} is what others need")
