"""Writing an exported tree over an older one: only what changed, nothing of the user's, all of it or nothing.

A file is the export's as long as it is as the manifest says. One that was edited since, or that the export has not
written, is the user's: where the export would change it, it is refused, with the difference. A file that the export
wrote and has no longer is removed.
"""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.errors import ExportError
from notebook_routes.project.manifest import MANIFEST_FILE, Manifest, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: How the names of folders begin that are there while an export runs.
STAGED = ".notebook-routes-"
_SHOWN_LINES = 60
#: Bytes of a file of which the difference is shown.
_LARGEST_SHOWN = 200_000


class Words(NamedTuple):
    """How messages call the files that are compared, and what they are made of."""

    done: str = "exported"
    doing: str = "export"
    source: str = "notebook"


@dataclass
class Changes:
    """What an export would do to a folder.

    Attributes:
        root: the folder.
        written: the files that are new or different, by path.
        removed: files that the notebook has no longer.
        kept: files that were edited, and that this export does not change.
        edited: sentences, each with the difference, about files that are not overwritten.
        manifest: what the folder's manifest will say.
        outdated_manifest: whether it says something else now.
    """

    root: Path
    written: dict[str, bytes] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    manifest: Manifest = field(default_factory=Manifest)
    outdated_manifest: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether folder and notebook agree."""
        return not (self.written or self.removed or self.kept or self.edited or self.outdated_manifest)


def read_manifest(root: Path, *, force: bool = False) -> Manifest:
    """What an export has written to a folder; nothing, where that cannot be read and all is to be overwritten.

    Raises:
        ExportError: it cannot be read, or the folder is a file.
    """
    if root.exists() and not root.is_dir():
        raise ExportError(f"{root} is a file: export to a folder")
    try:
        return Manifest.read(root)
    except ExportError:
        if force:
            return Manifest()
        raise


def compare(
    root: Path, files: Mapping[str, bytes], manifest: Manifest, *, force: bool = False, words: Words = Words()
) -> Changes:
    """Find out what has to be written.

    Args:
        root: the folder, which need not exist.
        files: all files of the export, by path.
        manifest: what is to be said of them.
        force: overwrite and remove files that were edited too.
        words: for the messages.

    Raises:
        ExportError: the folder cannot be used: it is a file, a link leads out of it, or it is another notebook's.
    """
    before = read_manifest(root, force=force)
    if before.notebook and before.notebook != manifest.notebook and not force:
        raise ExportError(
            f"{root} holds the export of {before.notebook}, not of {manifest.notebook}: export to another folder, "
            "or replace it with --force"
        )
    changes = Changes(root, manifest=manifest)
    for path, content in files.items():
        _compare_file(changes, path, content, before.digests.get(path), force=force, words=words)
    # What was copied and is copied no more stays, and is the user's from now on.
    kept = frozenset() if manifest.asked.copy_files else before.copied
    for path in before.digests.keys() - files.keys() - kept:
        found = content_of(root, path, words)
        if found is None:
            continue
        if digest(found) == before.digests[path] or force:
            changes.removed.append(path)
        else:
            changes.edited.append(
                f"{path} was edited since it was {words.done}, and the {words.source} needs it no longer"
            )
    changes.removed.sort()
    changes.outdated_manifest = before != manifest
    return changes


def _compare_file(changes: Changes, path: str, content: bytes, known: str | None, *, force: bool, words: Words) -> None:
    found = content_of(changes.root, path, words)
    if found == content:
        return
    if found is None or force or digest(found) == known:
        changes.written[path] = content
    elif known == digest(content):
        # The export says what it has said before: the edit does not stand in its way.
        changes.kept.append(path)
    else:
        why = f"edited since it was {words.done}" if known is not None else f"not written by any {words.doing}"
        changes.edited.append(f"{path} was {why}:\n{_difference(path, found, content, words)}")


def content_of(root: Path, path: str, words: Words) -> bytes | None:
    """The content of a file of a folder; None where there is none.

    Raises:
        ExportError: a link, or a file in the place of a folder, stands in the way.
    """
    _refuse_link(root, path, words)
    file = root / path
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise ExportError(
            f"{file.parent} is a file, and the {words.doing} needs a folder there: move it away"
        ) from None
    except IsADirectoryError:
        raise ExportError(f"{file} is a folder, and the {words.doing} needs a file there: move it away") from None
    except OSError as error:
        raise ExportError(f"{file} cannot be read: {error.strerror}") from None


def _refuse_link(root: Path, path: str, words: Words) -> None:
    """Refuse to write through a link: it may lead out of the folder."""
    place = root
    for part in Path(path).parts:
        place = place / part
        if place.is_symlink():
            raise ExportError(
                f"{place} is a link, and what is {words.done} goes into its own folder only: remove the link"
            )
    inside = os.path.realpath(root / path)
    if not inside.startswith(os.path.realpath(root) + os.sep):
        raise ExportError(f"{path} would lead out of {root}")


def _difference(path: str, found: bytes, content: bytes, words: Words) -> str:
    if max(len(found), len(content)) > _LARGEST_SHOWN or b"\0" in found + content:
        return f"it has {len(found)} bytes there, and {len(content)} in the {words.source}'s folder"
    old, new = (text.decode(errors="replace").splitlines() for text in (found, content))
    lines = list(difflib.unified_diff(old, new, f"{path} (there)", f"{path} ({words.source})", lineterm=""))
    if len(lines) > _SHOWN_LINES:
        lines = [*lines[:_SHOWN_LINES], f"... and {len(lines) - _SHOWN_LINES} more lines"]
    return "\n".join(lines)


@contextmanager
def staging(root: Path, *, only_look: bool = False) -> Iterator[Path]:
    """A hidden folder on the same disk as another one: in it, or beside it if there is none; it is gone afterwards.

    Args:
        root: the other folder.
        only_look: nothing is to be written to it: any disk will do.

    Raises:
        ExportError: no folder can be made there.
    """
    if only_look:
        with tempfile.TemporaryDirectory(prefix=STAGED[1:]) as aside:
            yield Path(aside)
        return
    place = root.absolute()
    parent = place if place.is_dir() else place.parent
    made = _missing(parent)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=STAGED, dir=parent))
    except OSError as error:
        _remove_if_empty(made)
        raise ExportError(f"{parent} cannot be written to: {error.strerror}") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _remove_if_empty(made)


def _missing(folder: Path) -> list[Path]:
    """A folder and those above it that are still to be made."""
    return [each for each in (folder, *folder.parents) if not each.exists()]


def _remove_if_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def apply(changes: Changes, staged: Path) -> None:
    """Bring a folder up to date: all of it, or, if anything fails, nothing.

    Args:
        changes: what is to be done.
        staged: an empty folder on the same disk, for files on their way.

    Raises:
        ExportError: a file could not be written; the folder is as it was.
    """
    new, old = staged / "new", staged / "old"
    files = {**changes.written, MANIFEST_FILE: str(changes.manifest).encode()}
    try:
        write_files(new, files)
        if not changes.root.exists():
            new.chmod(0o777 & ~_umask())
            new.rename(changes.root)
            return
    except OSError as error:
        raise ExportError(f"{changes.root} cannot be written: {error.strerror}; nothing was changed") from error
    begun: list[tuple[str, bool]] = []
    try:
        for path in (*files, *changes.removed):
            begun.append((path, (changes.root / path).exists()))
            _exchange(changes.root / path, new / path, old / path)
    except OSError as error:
        for path, was_there in reversed(begun):
            _put_back(changes.root / path, old / path, was_there=was_there)
        raise ExportError(
            f"{error.filename or changes.root} cannot be written: {error.strerror}; the folder is as it was"
        ) from error
    for path in changes.removed:
        _remove_empty(changes.root, (changes.root / path).parent)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _exchange(file: Path, new: Path, old: Path) -> None:
    """Put a new file, if there is one, in the place of another, which is kept."""
    if file.exists():
        old.parent.mkdir(parents=True, exist_ok=True)
        # Until the new one is there the old one stays, so that a reader always finds one.
        shutil.copy2(file, old)
    if new.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        if old.exists():
            shutil.copymode(old, new)
        new.replace(file)
    else:
        file.unlink(missing_ok=True)


def _put_back(file: Path, old: Path, *, was_there: bool) -> None:
    if old.exists():
        old.replace(file)
    elif not was_there:
        file.unlink(missing_ok=True)


def _remove_empty(root: Path, folder: Path) -> None:
    while folder != root and folder.is_dir():
        cache = folder / "__pycache__"
        if cache.is_dir():
            shutil.rmtree(cache, ignore_errors=True)
        if any(folder.iterdir()):
            return
        folder.rmdir()
        folder = folder.parent
