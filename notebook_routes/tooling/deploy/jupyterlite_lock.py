"""Pyodide's lock file, which says what can be loaded in the browser: here only what the site has itself.

What the kernel's worker loads when it starts is all of it that a notebook of ours needs, so that `%load_ext` finds the
package installed, and `import` finds what notebooks need beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

from notebook_routes.tooling.deploy.jupyterlite_pyodide import LOCK
from notebook_routes.tooling.deploy.jupyterlite_wheels import normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from notebook_routes.tooling.deploy.jupyterlite_wheels import Browser, Wheel


def write_lock(folder: Path, wheels: Mapping[str, Wheel], browser: Browser) -> None:
    """Copy wheels beside Pyodide, and have its lock file name them and nothing else.

    Args:
        folder: Pyodide's.
        wheels: by name.
        browser: what they are for.
    """
    path = folder / LOCK
    lock: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    lock["packages"] = {name: _entry(wheel, wheels, browser) for name, wheel in sorted(wheels.items())}
    for wheel in wheels.values():
        shutil.copy(wheel.path, folder / wheel.path.name)
    path.write_text(json.dumps(lock, indent=1), encoding="utf-8")


def closure(names: Iterable[str], wheels: Mapping[str, Wheel], browser: Browser) -> list[str]:
    """Names of wheels, and of what they require, as far as it is there; sorted."""
    waiting, found = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in wheels and name not in found:
            found.add(name)
            waiting += [normalized(each.name) for each in wheels[name].requirements(browser)]
    return sorted(found)


def _entry(wheel: Wheel, wheels: Mapping[str, Wheel], browser: Browser) -> dict[str, Any]:
    needed = sorted({normalized(each.name) for each in wheel.requirements(browser)} & wheels.keys())
    return {
        "depends": needed,
        "file_name": wheel.path.name,
        "imports": wheel.modules,
        "install_dir": "site",
        "name": wheel.name,
        "package_type": "package",
        "sha256": hashlib.sha256(wheel.path.read_bytes()).hexdigest(),
        "unvendored_tests": False,
        "version": wheel.version,
    }
