"""Whether a Worker's folder has all that its code imports, followed from its first module on.

Of the project's own files every import counts. Of packages only those count that run when the module is loaded, and
only in modules that are reached: what they import in functions, or know how to do without, is their own affair.
"""

from __future__ import annotations

import ast
import warnings
from collections import deque
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from notebook_routes.runtime.edge import Finding
from notebook_routes.runtime.edge.tables import MISSING_MODULES
from notebook_routes.tooling.deploy.imports import imports_of
from notebook_routes.tooling.deploy.isolate_python import AVAILABLE_MODULES, REMOVED_MODULES
from notebook_routes.tooling.deploy.package_files import PACKAGE
from notebook_routes.tooling.deploy.python_modules import FOLDER as PYTHON_MODULES
from notebook_routes.tooling.deploy.site_files import is_code
from notebook_routes.tooling.deploy.worker_rules import WORKER_RULES
from notebook_routes.tooling.deploy.wrangler_config import MAIN, SITE, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from notebook_routes.tooling.deploy.imports import Import

#: Where modules are looked for that are not the library's, in this order.
_PATH = (SOURCE, PYTHON_MODULES)


def check_imports(files: Mapping[str, bytes]) -> list[Finding]:
    """Follow the imports of a Worker's files.

    Args:
        files: all of them, by path.
    """
    return _Walk(files).run()


@dataclass
class _Walk:
    files: Mapping[str, bytes]
    findings: list[Finding] = field(default_factory=list)
    _folders: set[str] = field(default_factory=set)
    _todo: deque[str] = field(default_factory=deque)
    #: The files that are reached, each with the file that imports it.
    _reached: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[Finding]:
        self._folders = {str(folder) for path in self.files for folder in PurePosixPath(path).parents}
        for path in self.files:
            if path == MAIN or (path.startswith(f"{SITE}/") and is_code(path.removeprefix(f"{SITE}/"))):
                self._reach(path, "")
        while self._todo:
            path = self._todo.popleft()
            for each in self._imports(path):
                self._follow(each, path)
        return self.findings

    def _reach(self, path: str, importer: str) -> None:
        if path not in self._reached:
            self._reached[path] = importer
            if path.endswith(".py"):
                self._todo.append(path)

    def _imports(self, path: str) -> Iterator[Import]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                tree = ast.parse(self.files[path])
        except (SyntaxError, ValueError):
            # Said by who compiles it.
            return
        counts_calls = not path.startswith(PYTHON_MODULES) and not path.startswith(f"{SOURCE}/{PACKAGE}/")
        for each in imports_of(tree, package=_package_of(path)):
            if counts_calls or not each.at_call:
                yield each

    def _follow(self, each: Import, path: str) -> None:
        root, name = self._place(each.module, path)
        if root is None:
            if not each.may_fail:
                self._note_missing(each, path)
            return
        found = [file for part in _with_packages(name) if (file := self._file(root, part))]
        found += [file for word in each.names if (file := self._file(root, f"{name}.{word}"))]
        if root.startswith(SOURCE) and not each.may_fail and not self._is_module(root, name):
            self._note_missing(each, path)
        for file in found:
            self._reach(file, path)

    def _place(self, module: str, path: str) -> tuple[str | None, str]:
        """Where a module is looked for, "" for the library; None where it is not."""
        top = module.partition(".")[0]
        is_librarys = top in AVAILABLE_MODULES | REMOVED_MODULES | MISSING_MODULES
        if path.startswith(f"{SITE}/") and not is_librarys and self._is_module(SITE, top):
            return SITE, module
        if top in AVAILABLE_MODULES:
            return "", module
        for root in _PATH:
            if self._is_module(root, top):
                return root, module
        return None, module

    def _is_module(self, root: str, name: str) -> bool:
        return self._file(root, name) is not None or f"{root}/{name.replace('.', '/')}" in self._folders

    def _file(self, root: str, name: str) -> str | None:
        if not root:
            return None
        place = f"{root}/{name.replace('.', '/')}"
        for path in (f"{place}/__init__.py", f"{place}.py"):
            if path in self.files:
                return path
        folder = str(PurePosixPath(place).parent)
        start = f"{place}."
        return (
            next((path for path in self.files if path.startswith(start) and path.endswith(".so")), None)
            if (folder in self._folders)
            else None
        )

    def _note_missing(self, each: Import, path: str) -> None:
        top = each.module.partition(".")[0]
        if top in MISSING_MODULES and path.startswith(SITE):
            # The check of the edge names these, and its comments overrule it.
            return
        chain = f" (for {importer})" if (importer := self._importer_in_site(path)) else ""
        if path.startswith(PYTHON_MODULES):
            code = "WORKER006"
        elif top in REMOVED_MODULES:
            code = "WORKER004"
        else:
            code = "WORKER003"
        text = self.files[path].decode(errors="replace").split("\n")[each.line - 1]
        self.findings.append(Finding(WORKER_RULES[code], f"import {each.module}{chain}", each.line, text, _shown(path)))

    def _importer_in_site(self, path: str) -> str:
        """The project's file that a package's module is there for."""
        if not path.startswith(PYTHON_MODULES):
            return ""
        while path and not path.startswith(SITE):
            path = self._reached.get(path, "")
        return _shown(path)


def _shown(path: str) -> str:
    return path.removeprefix(f"{SITE}/")


def _package_of(path: str) -> str:
    """The package of a file, from the folder on in which it is looked for."""
    root = next(root for root in (SITE, *_PATH) if path.startswith(f"{root}/"))
    return str(PurePosixPath(path.removeprefix(f"{root}/")).parent).replace("/", ".").removeprefix(".")


def _with_packages(name: str) -> list[str]:
    words = name.split(".")
    return [".".join(words[:length]) for length in range(1, len(words) + 1)]
