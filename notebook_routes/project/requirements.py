"""`requirements.txt` of an exported tree: what its files import, in the versions of this environment."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import TYPE_CHECKING

from notebook_routes.routing.filesystem import APP, TEMPLATE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OURS = "notebook-routes"


def requirements_of(files: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text of `requirements.txt`, and sentences about imports that no distribution here provides.

    Args:
        files: the tree's files, text by path.
    """
    found = {_OURS: _pinned(_OURS)}
    remarks = []
    imported = imported_modules(files)
    # To know them all takes a while, and many notebooks need none.
    known = packages_distributions() if imported else {}
    for module, path in imported.items():
        names = known.get(module, [])
        if not names:
            remarks.append(
                f"{path} imports {module}, which nothing that is installed here provides: if it is a file of yours, "
                "copy it beside app/, else add it to requirements.txt"
            )
        for name in names:
            found[name.lower()] = _pinned(name)
    if any(path.endswith(TEMPLATE_FILE) for path in files):
        found["jinja2"] = _pinned("jinja2")
    return "".join(f"{line}\n" for _, line in sorted(found.items())), remarks


def imported_modules(files: Mapping[str, str]) -> dict[str, str]:
    """The top modules of other people's packages that Python files import, each with a file that does.

    Raises:
        SyntaxError: a file is no Python.
    """
    return {
        module: path
        for module, path in sorted(_imported(files).items())
        if module not in sys.stdlib_module_names and module not in (APP, "notebook_routes")
    }


def _pinned(name: str) -> str:
    try:
        return f"{name}=={version(name)}"
    except PackageNotFoundError:
        return name


def _imported(files: Mapping[str, str]) -> dict[str, str]:
    """The top packages that Python files import, each with a file that does."""
    found: dict[str, str] = {}
    for path, text in files.items():
        if path.endswith(".py") and not path.startswith("tests/"):
            for module in _modules(text):
                found.setdefault(module, path)
    return found


def _modules(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
