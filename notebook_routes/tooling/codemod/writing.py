"""Carrying out a plan: all of it, or nothing.

Every new file is written whole beside its place first, so that a full disk changes nothing; then each takes its place
in one step. What a source was is removed last, so that a crash in the middle leaves it there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_routes.tooling.codemod.plan import Plan, Write


def outstanding(plan: Plan) -> list[Write]:
    """The files that are not as planned yet.

    A file that is there already and is no source is left alone, and named in the plan.
    """
    found: list[Write] = []
    refused: set[Path] = set()
    for write in plan.writes:
        there = _content(write.path)
        if there == write.content:
            continue
        if there is not None and write.path.resolve() != write.origin.resolve():
            plan.left[write.origin] = f"{write.path} is there already, and says something else: move it away first"
            refused.add(write.origin)
        else:
            found.append(write)
    plan.removes = [path for path in plan.removes if path not in refused]
    return [write for write in found if write.origin not in refused]


def carry_out(writes: Sequence[Write], removes: Sequence[Path]) -> None:
    """Write files and remove others.

    Raises:
        DefinitionError: a file cannot be written or removed; all is as it was.
    """
    staged: list[tuple[Path, Path]] = []
    made: list[Path] = []
    kept: list[tuple[Path, Path | None]] = []
    try:
        for write in writes:
            made += _make_folders(write.path.parent)
            staged.append((_beside(write.path, write.content), write.path))
        for temporary, path in staged:
            kept.append((path, _copy(path)))
            temporary.replace(path)
        for path in removes:
            kept.append((path, _copy(path)))
            path.unlink()
    except BaseException as error:
        for path, copy in reversed(kept):
            _put_back(path, copy)
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
        for folder in reversed(made):
            folder.rmdir()
        if isinstance(error, OSError):
            name = error.filename or "a file"
            raise DefinitionError(f"{name} cannot be written: {error.strerror}; everything is as it was") from error
        raise
    for _, copy in kept:
        if copy is not None:
            copy.unlink(missing_ok=True)
    for path in removes:
        _remove_empty(path.parent)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; the ones that are new, from the top."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _beside(path: Path, content: bytes) -> Path:
    """A file with some content on the same disk as another, with its mode."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary = Path(name)
    if path.exists():
        shutil.copymode(path, temporary)
    else:
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
    return temporary


def _copy(path: Path) -> Path | None:
    return _beside(path, path.read_bytes()) if path.exists() else None


def _put_back(path: Path, copy: Path | None) -> None:
    if copy is None:
        path.unlink(missing_ok=True)
    else:
        copy.replace(path)


def _remove_empty(folder: Path) -> None:
    """Remove a folder that holds nothing any more, and those above it."""
    for each in (folder, *folder.parents):
        if not each.exists():
            continue
        cache = each / "__pycache__"
        if cache.is_dir() and all(inside == cache for inside in each.iterdir()):
            shutil.rmtree(cache)
        if any(each.iterdir()):
            return
        each.rmdir()
