"""Reading sources: the files below a path, their texts, and notebooks with the cells to be rewritten."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import DefinitionError
from notebook_routes.tooling.codemod.plan import NotUnderstood, Write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NOTEBOOK = ".ipynb"
#: Folders that hold other people's code, or copies.
_FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env"})


def find_sources(path: Path, suffix: str) -> list[Path]:
    """The files of a kind at a path or below it, sorted; folders of other people's code are passed over."""
    if path.is_file():
        return [path] if path.suffix == suffix else []
    found = (file for file in path.rglob(f"*{suffix}") if file.is_file())
    return sorted(file for file in found if not _is_foreign(file.relative_to(path).parts[:-1]))


def _is_foreign(folders: Sequence[str]) -> bool:
    return any(folder in _FOREIGN or folder.startswith(".") for folder in folders)


def placed(source: Path, path: Path, destination: Path | None) -> Path:
    """Where a rewritten source goes: to its own place, or to the same one below another folder.

    Args:
        source: the source.
        path: what was given, the source or a folder above it.
        destination: the other place, None for none.
    """
    if destination is None:
        return source
    return destination if source == path else destination / source.relative_to(path)


def read_text(path: Path) -> str:
    """The text of a file of Python.

    Raises:
        NotUnderstood: it is no UTF-8.
        DefinitionError: it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"it is no UTF-8: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error


@dataclass
class Notebook:
    """A notebook whose cells are rewritten; what is not rewritten stays as it is in the file.

    Attributes:
        path: the file.
        document: its JSON.
    """

    path: Path
    document: dict[str, Any]
    _text: str

    @classmethod
    def read(cls, path: Path) -> Notebook:
        """Read a notebook.

        Raises:
            NotUnderstood: it is no notebook of format 4.
            DefinitionError: it cannot be read.
        """
        text = read_text(path)
        try:
            document = json.loads(text)
        except ValueError as error:
            raise NotUnderstood(f"it is no notebook: {error}") from None
        if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
            raise NotUnderstood("it is no notebook of format 4: it has no list of cells")
        return cls(path, document, text)

    @property
    def code(self) -> list[dict[str, Any]]:
        """Its code cells."""
        return [cell for cell in self.document["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]

    def write(self, destination: Path, before: str) -> Write:
        """Write it as it is now, in the layout that it had.

        Args:
            destination: where to.
            before: `text` as it was.
        """
        indent = next((len(line) - len(line.lstrip()) for line in self._text.split("\n")[1:2] if line.strip()), None)
        written = json.dumps(self.document, indent=indent, ensure_ascii=self._text.isascii())
        written += "\n" if self._text.endswith("\n") else ""
        return Write(destination, written.encode("utf-8", "surrogatepass"), before, self.text, self.path)

    @property
    def text(self) -> str:
        """The text of all code cells, for people."""
        return "\n\n".join(source_of(cell) for cell in self.code) + "\n"


def source_of(cell: dict[str, Any]) -> str:
    """The text of a cell, which a file may have as lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def put_source(cell: dict[str, Any], text: str) -> None:
    """Give a cell another text, in the form that it had; what the old one has shown goes."""
    cell["source"] = text if isinstance(cell.get("source"), str) else text.splitlines(keepends=True)
    if "outputs" in cell:
        cell["outputs"] = []
    if "execution_count" in cell:
        cell["execution_count"] = None


def code_cell(text: str, number: int) -> dict[str, Any]:
    """A new code cell; its id is made of its number, so that the same program gives the same file."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"cell-{number}",
        "metadata": {},
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }


def new_notebook(cells: Sequence[str]) -> str:
    """A notebook of code cells, as JSON."""
    document = {
        "cells": [code_cell(text, number) for number, text in enumerate(cells, start=1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
