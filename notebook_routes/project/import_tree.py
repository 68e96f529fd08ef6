"""From a tree of files to a notebook: `notebook-routes import shop -o shop.ipynb`."""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import DefinitionError
from notebook_routes.project.settled_cells import settled_cells

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOAD = "%load_ext notebook_routes"


def import_tree(root: Path, notebook: Path, *, force: bool = False) -> tuple[str, ...]:
    """Write a project as a notebook. Its code is not run.

    Args:
        root: the project's folder, the one that holds `app`, `pages/api` or both.
        notebook: the file to write.
        force: write over a file that is there.

    Returns:
        Sentences about what the notebook does not have of the project.

    Raises:
        DefinitionError: the project cannot be a notebook, or the file is there already or is not named as one; nothing
            was written.
    """
    if notebook.suffix != ".ipynb":
        raise DefinitionError(f"{notebook} would be no notebook: write {notebook.with_suffix('.ipynb')}")
    if notebook.exists() and not force:
        raise DefinitionError(f"{notebook} is there already: name another file, or write over it with --force")
    found = settled_cells(root, public=_public_names())
    text = json.dumps(_notebook(root.resolve().name, found.cells), indent=1, ensure_ascii=False) + "\n"
    _write(notebook, text)
    return found.remarks


def _public_names() -> frozenset[str]:
    """The names that `%load_ext` gives a notebook: those of the face, which is above this floor and imported by now."""
    return frozenset(importlib.import_module("notebook_routes").__all__)


def _notebook(title: str, cells: Iterable[str]) -> dict[str, Any]:
    """A notebook of nbformat 4.5, whose ids are the same each time."""
    written: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": [f"# {title}"]},
        *(_code(f"cell-{number}", text) for number, text in enumerate([_LOAD, *cells], start=1)),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _code(name: str, text: str) -> dict[str, Any]:
    lines = text.split("\n")
    source = [*(f"{line}\n" for line in lines[:-1]), lines[-1]]
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def _write(file: Path, text: str) -> None:
    """Write a file as a whole, or leave it as it was."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=file.parent, prefix=f".{file.name}.", delete=False, encoding="utf-8", newline="\n"
        ) as draft:
            draft.write(text)
        umask = os.umask(0)
        os.umask(umask)
        Path(draft.name).chmod(0o666 & ~umask)
        Path(draft.name).replace(file)
    except (OSError, UnicodeEncodeError) as error:
        raise DefinitionError(f"{file} cannot be written: {error}") from None
