"""The modules of one project's files, under a package name of their own.

Two projects both have a package `app`, and both may live in one process. So each is imported under a name that no
other has, `routes_tree_1.app.products.[id].route`, and within it `app` means its own: `from app import _shared` and
`import app._shared` find this tree's file. That is done where Python looks up `import`, in the builtins of the tree's
modules, so that an import inside a handler finds the same; `importlib.import_module` with a text does not go this way.

Beside `app`, the files and packages at the top of the project resolve within it too (`db.py`, `lib/__init__.py`), but
never in place of a module of the standard library.

The tree keeps which of its modules imports which, from the statements as they run. When a file has changed, it and all
that import it run anew; any other module stays, and what it holds.
"""

from __future__ import annotations

import builtins
import importlib
import itertools
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import decode_source, spec_from_file_location
from typing import TYPE_CHECKING, Any

from notebook_routes.routing.filesystem import API, APP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path, PurePath
    from types import CodeType, ModuleType

_numbers = itertools.count(1)
#: A folder may have a dot in its name, `[...slug]`; a part of a module's name may not.
_DOT = "%2E"


class ModuleTree:
    """Imports the files of one project; `close` when none of them is needed any longer.

    Args:
        root: the project's folder.

    Attributes:
        name: the package that all its modules are in.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.name = f"routes_tree_{next(_numbers)}"
        self._owned: dict[str, bool] = {APP: True}
        self._importers: dict[str, set[str]] = {}
        self._finder = _Finder(self)
        # Before Python's own finder, which would find the files as well, without our builtins.
        sys.meta_path.insert(0, self._finder)

    def load(self, path: PurePath) -> ModuleType:
        """Import one file.

        Args:
            path: the file, from the root on: `app/products/route.py`.

        Raises:
            Exception: whatever the file raises while it runs.
        """
        return _import_whole(self.name_of(path.with_suffix("")))

    def source(self, path: PurePath) -> str:
        """The text of a file, decoded as Python does."""
        return decode_source((self.root / path).read_bytes())

    def name_of(self, path: PurePath) -> str:
        """The name of the module or package at a path from the root on."""
        return ".".join([self.name, *(part.replace(".", _DOT) for part in path.parts)])

    def close(self) -> None:
        """Forget all modules of the tree; code that runs keeps what it has."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        for name in self._loaded_below(self.name):
            del sys.modules[name]

    def forget(self, paths: Iterable[PurePath]) -> None:
        """Have changed files run anew when they are imported next, and with them the modules that import them.

        Any other module stays, and what it holds. Code that runs keeps what it has.

        Args:
            paths: files and folders, from the root on; also those that are new or gone.
        """
        self._owned = {APP: True}
        stale: set[str] = set()
        found = [name for path in paths for name in self._names_at(path)]
        while found:
            name = found.pop()
            if name not in stale:
                stale.add(name)
                found.extend(tuple(self._importers.get(name, ())))
        for name in stale:
            self._drop(name)
        for importers in tuple(self._importers.values()):
            # They will say again what they import.
            importers.difference_update(stale)

    def holds(self, path: PurePath) -> bool:
        """Whether a file or folder, which may be gone, is or was one of the modules that are imported."""
        return any(name in sys.modules for name in self._names_at(path))

    def note_import(self, importer: str, imported: Iterable[str]) -> None:
        """Remember that a module of the tree has imported others, or has tried to."""
        for name in imported:
            self._importers.setdefault(name, set()).add(importer)

    def owns(self, name: str) -> bool:
        """Whether `import name` within the tree means the tree's own module of that name."""
        top = name.partition(".")[0]
        owned = self._owned.get(top)
        if owned is None:
            # Kept, because an import inside a handler asks each time.
            owned = self._owned[top] = top not in sys.stdlib_module_names and (
                (self.root / f"{top}.py").is_file() or (self.root / top / "__init__.py").is_file()
            )
        return owned

    def _names_at(self, path: PurePath) -> list[str]:
        """The names of the modules that a path is: one for a file, all below for a folder."""
        if path.suffix == ".py":
            return [self.name_of(path.parent if path.name == "__init__.py" else path.with_suffix(""))]
        return self._loaded_below(self.name_of(path))

    def _loaded_below(self, name: str) -> list[str]:
        return [other for other in sys.modules.copy() if other == name or other.startswith(f"{name}.")]

    def _drop(self, name: str) -> None:
        module = sys.modules.pop(name, None)
        package, _, last = name.rpartition(".")
        inside = vars(sys.modules[package]) if package in sys.modules else {}
        # `from app import _shared` would find it there.
        if module is not None and inside.get(last) is module:
            del inside[last]


def _import_whole(name: str) -> ModuleType:
    """Import a module of a tree, and before it the packages that it is in: they may run anew while the module stays."""
    return [importlib.import_module(each) for each in _with_packages(name)][-1]


class _Finder:
    """Finds the modules of one tree by their names.

    A MetaPathFinder by what it does: to import that class takes as long as to load dozens of routes.
    """

    def __init__(self, tree: ModuleTree) -> None:
        self._tree = tree
        # Paths are texts here: a large project has thousands of them, and pathlib reads each anew.
        self._root = str(tree.root)
        self._builtins: dict[str, Any] = {**vars(builtins), "__import__": self._import}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - Python's signature
        target: ModuleType | None = None,  # noqa: ARG002 - the same
    ) -> ModuleSpec | None:
        name, *parts = fullname.split(".")
        if name != self._tree.name:
            return None
        place = os.path.join(self._root, *(part.replace(_DOT, ".") for part in parts))  # noqa: PTH118
        first, file, is_folder = os.path.join(place, "__init__.py"), f"{place}.py", os.path.isdir(place)  # noqa: PTH112, PTH118
        if parts and is_folder and os.path.isfile(first):  # noqa: PTH113
            return self._spec(fullname, first, search=[place])
        if parts and os.path.isfile(file):  # noqa: PTH113
            # Beside users.py there may be users/[id].py, now or later, and either is a route in pages/api.
            return self._spec(fullname, file, search=[place] if is_folder or parts[0] == API.parts[0] else None)
        if not is_folder:
            return None
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [place]
        return spec

    def _spec(self, name: str, file: str, search: list[str] | None = None) -> ModuleSpec | None:
        loader = _Loader(name, file, self._builtins)
        return spec_from_file_location(name, file, loader=loader, submodule_search_locations=search)

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the names that Python calls it with
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """`import` in a module of the tree."""
        own = _absolute(name, globals, level) if level else f"{self._tree.name}.{name}"
        # Noted even where it means another's module: the tree may have one of this name later.
        self._note(own, globals, fromlist)
        if level or not self._tree.owns(name):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        try:
            _import_whole(own)
            if fromlist:
                return builtins.__import__(own, globals, locals, fromlist, 0)
            # `import app._shared` binds `app`.
            return importlib.import_module(f"{self._tree.name}.{name.partition('.')[0]}")
        except ModuleNotFoundError as error:
            if error.name is None or not error.name.startswith(f"{self._tree.name}."):
                raise
            # The user wrote no such package.
            said = error.name.removeprefix(f"{self._tree.name}.")
            raise ModuleNotFoundError(f"No module named {said!r} in {self._tree.root}", name=said) from None

    def _note(self, own: str, names: Mapping[str, object] | None, fromlist: Sequence[str] | None) -> None:
        """Tell the tree who imports what; a name that is asked for may be a module too, whether there is one or not."""
        importer = (names or {}).get("__name__")
        if isinstance(importer, str):
            self._tree.note_import(importer, [*_with_packages(own), *(f"{own}.{name}" for name in fromlist or ())])


class _Loader(SourceFileLoader):
    """Runs a file as Python does, with the tree's builtins."""

    def __init__(self, name: str, path: str, names: dict[str, Any]) -> None:
        super().__init__(name, path)
        self._builtins = names

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = self._builtins
        if hasattr(module, "__path__"):
            _bind_children(module)
        super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:
        # No bytecode is kept: it is dated by the second, and a file may be saved and loaded twice in one.
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _with_packages(name: str) -> list[str]:
    """A module's name, after those of the packages that it is in; not the tree's own package."""
    words = name.split(".")
    return [".".join(words[:length]) for length in range(2, len(words) + 1)]


def _absolute(name: str, names: Mapping[str, object] | None, level: int) -> str:
    """The full name of a relative import, `from ..lib import x`; one that leaves the tree fails by itself."""
    package = str((names or {}).get("__package__") or "").rsplit(".", level - 1)[0]
    return f"{package}.{name}" if name else package


def _bind_children(package: ModuleType) -> None:
    """A package that runs anew has the modules in it that have stayed."""
    prefix = f"{package.__name__}."
    # A copy in one step: where items are made one by one, the collector may close another tree in between.
    for name, module in sys.modules.copy().items():
        if name.startswith(prefix) and "." not in name[len(prefix) :]:
            setattr(package, name[len(prefix) :], module)
