"""What of the user's goes into a site: the notebooks, the files that they name, and the packages that they import."""

from __future__ import annotations

import ast
import importlib.metadata
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError
from notebook_routes.project.notebook_source import CellKind, read_cells
from notebook_routes.tooling.deploy.jupyterlite_wheels import normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@dataclass
class Contents:
    """What notebooks bring along.

    Attributes:
        files: where each comes from, by its path in the site.
        packages: names of packages that they import, with the notebooks that do so.
        failing: names of the notebooks with cells that are tagged `raises-exception`.
    """

    files: dict[str, Path] = field(default_factory=dict)
    packages: dict[str, list[str]] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about what runs otherwise there than in JupyterLab."""
        if not self.failing:
            return ()
        # Its client drops what waits when a cell has failed, whatever the tags of that cell say.
        stops = "in the browser, Run All stops at a cell tagged raises-exception"
        fix = "select the next one, and go on with Run Selected Cell and All Below"
        return (f"{', '.join(self.failing)}: {stops}; {fix}",)

    def copy(self, folder: Path) -> None:
        """Copy the files into a folder."""
        for name, path in self.files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)


def read_contents(notebooks: Sequence[Path], include: Iterable[Path] = ()) -> Contents:
    """Look through notebooks for what they need.

    A file goes along if a text in a cell is its path, from the notebook's folder on; nothing else of that folder does.

    Args:
        notebooks: their files.
        include: files and folders beside them that go along too.

    Raises:
        ExportError: one is not there or no notebook, two have the same name, or what is to be included is elsewhere.
        DefinitionError: one cannot be read.
    """
    if not notebooks:
        raise ExportError(
            "a site needs a notebook: write notebook-routes build --target jupyterlite lesson.ipynb -o site"
        )
    contents = Contents()
    distributions = importlib.metadata.packages_distributions()
    for path in notebooks:
        if path.suffix != ".ipynb" or not path.is_file():
            raise ExportError(
                f"{path} is {'no notebook' if path.exists() else 'not there'}: name files that end in .ipynb"
            )
        there = contents.files.setdefault(path.name, path)
        if there.resolve() != path.resolve():
            raise ExportError(f"{there} and {path} have one name, and the site has one folder: rename one of them")
        found = read_cells(path)
        # What is there for its failure may name what nobody has.
        cells = [cell for cell in found if not cell.fails]
        trees = [tree for cell in cells for tree in _trees(cell.body)]
        for name in sorted({name for tree in trees for name in _files(tree, path.parent)}):
            contents.files.setdefault(name, path.parent / name)
        for module in sorted({module for tree in trees for module in _modules(tree)}):
            for package in dict.fromkeys(distributions.get(module, [module])):
                if module not in sys.stdlib_module_names and not (path.parent / f"{module}.py").exists():
                    contents.packages.setdefault(normalized(package), []).append(path.name)
            beside = path.parent / f"{module}.py"
            if beside.is_file():
                contents.files.setdefault(beside.name, beside)
        if len(cells) < len(found) and path.name not in contents.failing:
            contents.failing.append(path.name)
        if any(cell.kind is CellKind.PAGE and "--jinja" in cell.line.split() for cell in cells):
            contents.packages.setdefault("jinja2", []).append(path.name)
    folders = [path.parent.resolve() for path in notebooks]
    for path in include:
        contents.files |= _included(path, folders)
    return contents


def _included(path: Path, folders: Sequence[Path]) -> dict[str, Path]:
    """A file, or those of a folder, by their paths from the notebook that they stand beside."""
    if not path.exists():
        raise ExportError(f"--include {path}: there is no such file or folder")
    folder = next((folder for folder in folders if path.resolve().is_relative_to(folder)), None)
    if folder is None or path.resolve() == folder:
        raise ExportError(f"--include {path}: name a file or folder that stands beside a notebook")
    found = [path] if path.is_file() else [each for each in sorted(path.rglob("*")) if each.is_file()]
    files = {each.resolve().relative_to(folder): each for each in found}
    return {below.as_posix(): each for below, each in files.items() if not any(map(_is_left_out, below.parts))}


def _is_left_out(part: str) -> bool:
    return part.startswith(".") or part == "__pycache__"


def _trees(text: str) -> Iterator[ast.AST]:
    """The code of a cell, without the lines that are no Python."""
    plain = "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in text.split("\n"))
    try:
        yield ast.parse(plain)
    except (SyntaxError, ValueError):
        # A page, a request, or a cell that is there for its mistake.
        return


def _modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _files(tree: ast.AST, folder: Path) -> Iterator[str]:
    """The paths below a folder that texts of the code are."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        name = node.value
        if not name or len(name) > 255 or "\0" in name or "\n" in name or "\\" in name:
            continue
        path = folder / name
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()) and path.suffix != ".ipynb":
            yield path.resolve().relative_to(folder.resolve()).as_posix()
