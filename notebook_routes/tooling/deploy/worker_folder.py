"""The folder of a build: it is ours only if a build has made it, and what was edited there by hand stays.

The manifest of an export says what was written (`project/manifest.py`); its writer brings the folder up to date, all of
it or nothing (`project/tree_writer.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError, ExportError
from notebook_routes.project.manifest import MANIFEST_FILE, Manifest, digest
from notebook_routes.project.tree_writer import Changes, Words, apply, compare, content_of, staging

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SHOWN = 5
_WORDS = Words("built", "build", "project")
#: What wrangler and its friends make in the folder themselves.
_MADE_THERE = (".venv-workers/", ".wrangler/", "__pycache__/", "node_modules/")


@dataclass
class BuiltFolder:
    """A folder that holds a build, or will.

    Attributes:
        root: the folder.
        owner: what it is a build of: "shop for cloudflare".
        before: what the last build has written.
    """

    root: Path
    owner: str
    before: Manifest = field(default_factory=Manifest)

    @classmethod
    def open(cls, root: Path, project: Path, *, target: str, force: bool) -> BuiltFolder:
        """Look at a folder, which need not exist.

        Args:
            root: the folder.
            project: what is built.
            target: for which platform.
            force: whether another project's build may be there.

        Raises:
            ConfigError: the project is in the folder, or the folder in the project.
            ExportError: it holds what no build for this platform has written, or another project's.
        """
        here, there = root.resolve(), project.resolve()
        if here == there or here in there.parents or there in here.parents:
            raise ConfigError(
                f"-o {root}: a build goes beside the project's folder {project}, not into it or around it; "
                f"{project.resolve().parent / f'{project.resolve().name}-{target}'} is where it goes by itself"
            )
        if root.exists() and not root.is_dir():
            raise ExportError(f"{root} is a file: name a folder with -o")
        owner = f"{there.name} for {target}"
        before = Manifest.read(root)
        if not before.notebook and root.is_dir() and (strange := sorted(entry.name for entry in root.iterdir())):
            raise ExportError(
                f"{root} holds files that no build has written, {_listed(strange)}: name another folder with -o"
            )
        if before.notebook and not before.notebook.endswith(f" for {target}"):
            raise ExportError(f"{root} holds the export of {before.notebook}: name another folder with -o")
        if before.notebook not in ("", owner) and not force:
            raise ExportError(
                f"{root} holds the build of {before.notebook}, not of {owner}: name another folder with -o, or replace "
                "it with --force"
            )
        return cls(root, owner, before)

    def unchanged(self, prefix: str) -> dict[str, bytes] | None:
        """The files below a prefix as the last build has written them; None if they are not all as they were."""
        known = {path: known for path, known in self.before.digests.items() if path.startswith(prefix)}
        found = {path: content_of(self.root, path, _WORDS) for path in known}
        kept = {path: content for path, content in found.items() if content is not None}
        return kept if known and all(digest(kept.get(path, b"")) == known[path] for path in known) else None

    def as_before(self, files: Mapping[str, bytes]) -> set[str]:
        """Those of some files that the last build has written, as they are."""
        known = self.before.digests
        return {path for path, content in files.items() if path in known and digest(content) == known[path]}

    def compare(self, files: Mapping[str, bytes], *, force: bool) -> Changes:
        """Find out what has to be written.

        Raises:
            ExportError: a link, or a file in the place of a folder, stands in the way.
        """
        return compare(self.root, files, Manifest.of(self.owner, files), force=force, words=_WORDS)

    def as_it_will_be(self, changes: Changes, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The files of the build, with those that were edited and stay as they were edited."""
        return {**files, **{path: content_of(self.root, path, _WORDS) or b"" for path in changes.kept}}

    def strangers(self, files: Mapping[str, bytes], *folders: str) -> list[str]:
        """Files in some of its folders that no build has written."""
        return [
            path
            for folder in folders
            for path in self._files(folder)
            if path not in files and path not in self.before.digests and not any(each in path for each in _MADE_THERE)
        ]

    def write(self, changes: Changes) -> None:
        """Bring the folder up to date.

        Raises:
            ExportError: a file could not be written; the folder is as it was.
        """
        with staging(self.root) as staged:
            apply(changes, staged / "moved")

    def _files(self, folder: str) -> Iterator[str]:
        for file in sorted((self.root / folder).rglob("*")):
            if file.is_file():
                yield file.relative_to(self.root).as_posix()


def _listed(names: list[str]) -> str:
    shown = ", ".join(name for name in names[:_SHOWN] if name != MANIFEST_FILE)
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
