"""`notebook-routes typegen`: write the types of a project's paths, or say whether they are up to date."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from notebook_routes.errors import DefinitionError
from notebook_routes.project.typegen import STUB_FILE, STUB_HEAD, ProjectTypes

#: Where pyright looks for stubs by itself.
STUBS = "typings"


def generate_types(directory: Path, stubs: Path | None = None, *, check_only: bool = False) -> tuple[bool, str]:
    """Write the stub of a project, where it is not up to date.

    Args:
        directory: the project's folder, the one that holds `app`.
        stubs: the folder of stubs; `typings` in the project's if not given.
        check_only: write nothing.

    Returns:
        Whether the file is up to date at the end, and a sentence that says so.

    Raises:
        DefinitionError: the project cannot be read, the file there is somebody else's, or it cannot be written.
    """
    types = ProjectTypes.of_tree(directory)
    file = (directory / STUBS if stubs is None else stubs) / STUB_FILE
    wanted, found = types.stub(), _read(file)
    if found == wanted:
        return True, f"{file} is up to date: {_counted(types)}"
    if check_only:
        state = "is not there" if found is None else "is not up to date"
        where = "" if stubs is None else f" --output {stubs}"
        return False, f"{file} {state}: run notebook-routes typegen {directory}{where}"
    if found is not None and not found.startswith(STUB_HEAD):
        raise DefinitionError(
            f"{file} was not written by typegen: move it away, or choose another folder with --output"
        )
    _write(file, wanted)
    return True, f"{file} is written: {_counted(types)}"


def _counted(types: ProjectTypes) -> str:
    paths = len(types.routes) + len(types.pages)
    said = f"{paths} path{'s' if paths > 1 else ''}"
    if types.cookies is None:
        return f"{said}, any cookie (the name of one that is set is computed)"
    return f"{said}, {len(types.cookies) or 'no'} cookie{'' if len(types.cookies) == 1 else 's'}"


def _read(file: Path) -> str | None:
    try:
        return file.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DefinitionError(f"{file} cannot be read: {error.strerror}") from error


def _write(file: Path, text: str) -> None:
    """Write a file as a whole, or leave it as it was."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "wb", dir=file.parent, prefix=f".{file.name}.", delete=False, suffix=".new"
        ) as draft:
            draft.write(text.encode())
        umask = os.umask(0)
        os.umask(umask)
        Path(draft.name).chmod(0o666 & ~umask)
        Path(draft.name).replace(file)
    except OSError as error:
        raise DefinitionError(f"{file} cannot be written: {error.strerror}") from error
