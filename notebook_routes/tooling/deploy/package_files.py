"""The part of notebook_routes that answers requests in an isolate: what goes with a project to a platform.

Whole floors go, from `web` to `app`. Of the two above them only what loads a tree of files and what bridges to the
platform's requests goes, with all that these import; notebooks, the inspector and the command line stay behind.
"""

from __future__ import annotations

import ast
from pathlib import Path

from notebook_routes.tooling.deploy.imports import imports_of

PACKAGE = "notebook_routes"
_FLOORS = ("web", "routing", "cache", "runtime", "app")
#: What functions of the rest import that nobody calls there.
_LEFT_OUT = frozenset(
    f"{PACKAGE}.{name}" for name in ("notebook.extension", "servers.tornado", "servers.tornado_message")
)
#: From where the rest is found.
ENTRANCES = (
    f"{PACKAGE}.project.current_folder",
    f"{PACKAGE}.project.load",
    f"{PACKAGE}.runtime.jsfetch",
    f"{PACKAGE}.servers.edge",
)


def package_files() -> dict[str, bytes]:
    """The files, by path from the folder that holds `notebook_routes`."""
    root = Path(__file__).parents[3]
    files = {
        file.relative_to(root).as_posix(): file.read_bytes()
        for floor in _FLOORS
        for file in sorted((root / PACKAGE / floor).rglob("*.py"))
    }
    todo = [PACKAGE, *ENTRANCES]
    while todo:
        for name in _with_packages(todo.pop()):
            file = _file_of(root, name)
            path = "" if file is None else file.relative_to(root).as_posix()
            if file is not None and path not in files:
                files[path] = file.read_bytes()
                todo += _imported(files[path], name, is_package=file.name == "__init__.py")
    return dict(sorted(files.items()))


def _imported(source: bytes, name: str, *, is_package: bool) -> list[str]:
    """What a module of ours imports of ours."""
    package = name if is_package else name.rpartition(".")[0]
    found: list[str] = []
    for each in imports_of(ast.parse(source), package=package):
        if each.module.partition(".")[0] == PACKAGE and each.module not in _LEFT_OUT:
            found += [each.module, *(f"{each.module}.{word}" for word in each.names)]
    return found


def _with_packages(name: str) -> list[str]:
    words = name.split(".")
    return [".".join(words[:length]) for length in range(1, len(words) + 1)]


def _file_of(root: Path, name: str) -> Path | None:
    place = root.joinpath(*name.split("."))
    for file in (place / "__init__.py", place.with_suffix(".py")):
        if file.is_file():
            return file
    return None
