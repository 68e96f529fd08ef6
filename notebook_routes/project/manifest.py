"""What an export has written, so that the next one knows what is its own: `.notebook_routes.json`.

It holds the name of the notebook, a digest of each file as it was written, and how that was asked for; nothing of the
machine and no time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MANIFEST_FILE = ".notebook_routes.json"


@dataclass(frozen=True)
class Asked:
    """What an export was asked for, so that a later `--check` asks for the same.

    Attributes:
        replay_all: to try the tree with all requests, not only with GET and HEAD.
        copy_files: to copy the files that the code opens.
    """

    replay_all: bool = False
    copy_files: bool = False


@dataclass(frozen=True)
class Manifest:
    """What was written.

    Attributes:
        notebook: the name of the notebook's file.
        digests: SHA-256 of each file, by path from the folder on.
        copied: those files that were copied from the notebook's folder.
        asked: what the export was asked for.
    """

    notebook: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    copied: frozenset[str] = frozenset()
    asked: Asked = field(default=Asked(), compare=False)

    @classmethod
    def of(
        cls, notebook: str, files: Mapping[str, bytes], *, copied: Iterable[str] = (), asked: Asked | None = None
    ) -> Manifest:
        """The manifest of these files."""
        digests = {path: digest(content) for path, content in sorted(files.items())}
        return cls(notebook, digests, frozenset(copied), asked or Asked())

    @classmethod
    def read(cls, root: Path) -> Manifest:
        """The manifest of a folder; an empty one where there is none.

        Raises:
            ExportError: it cannot be read.
        """
        try:
            found = json.loads((root / MANIFEST_FILE).read_text(encoding="utf-8"))
            return cls(
                str(found["notebook"]),
                {str(path): str(known) for path, known in found["files"].items()},
                frozenset(map(str, found.get("copied", ()))),
                Asked(**{name: name in found.get("asked", ()) for name in asdict(Asked())}),
            )
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ExportError(
                f"{root / MANIFEST_FILE} cannot be read ({error}): it tells what was written and what was edited "
                "since. Bring it back, or remove it and export with --force"
            ) from None

    def __str__(self) -> str:
        data: dict[str, object] = {"notebook": self.notebook, "files": dict(sorted(self.digests.items()))}
        if self.copied:
            data["copied"] = sorted(self.copied)
        asked = [name for name, value in asdict(self.asked).items() if value]
        if asked:
            data["asked"] = asked
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def digest(content: bytes) -> str:
    """What tells whether a file is as it was written."""
    return hashlib.sha256(content).hexdigest()
