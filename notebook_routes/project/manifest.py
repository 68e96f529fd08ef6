"""What an export has written, so that the next one knows what is its own: `.notebook_routes.json`.

It holds the name of the notebook and a digest of each file as it was written; nothing of the machine and no time.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST_FILE = ".notebook_routes.json"


@dataclass(frozen=True)
class Manifest:
    """What was written.

    Attributes:
        notebook: the name of the notebook's file.
        digests: SHA-256 of each file, by path from the folder on.
    """

    notebook: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, notebook: str, files: Mapping[str, bytes]) -> Manifest:
        """The manifest of these files."""
        return cls(notebook, {path: digest(content) for path, content in sorted(files.items())})

    @classmethod
    def read(cls, root: Path) -> Manifest:
        """The manifest of a folder; an empty one where there is none.

        Raises:
            ExportError: it cannot be read.
        """
        try:
            found = json.loads((root / MANIFEST_FILE).read_text(encoding="utf-8"))
            return cls(str(found["notebook"]), {str(path): str(known) for path, known in found["files"].items()})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ExportError(
                f"{root / MANIFEST_FILE} cannot be read ({error}): it tells what was written and what was edited "
                "since. Bring it back, or remove it and export with --force"
            ) from None

    def __str__(self) -> str:
        data = {"notebook": self.notebook, "files": dict(sorted(self.digests.items()))}
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def digest(content: bytes) -> str:
    """What tells whether a file is as it was written."""
    return hashlib.sha256(content).hexdigest()
