"""Python files as ruff formats them, where it is installed; where it is not, they stay as they are, tidy enough."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def format_folder(root: Path, files: Mapping[str, str]) -> dict[str, bytes]:
    """Format the Python files of a folder, and return all its files as they are then.

    Args:
        root: the folder, which holds the files.
        files: their texts, by path from the folder on.
    """
    program = _ruff()
    python = [str(root / path) for path in files if path.endswith(".py")]
    if program is not None and python:
        # Without the settings of the folders above: an export does not depend on where it goes to.
        command = [*program, "format", "--isolated", "--quiet", "--no-cache", str(root)]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - a formatter on files of ours
    return {path: (root / path).read_bytes() for path in files}


def _ruff() -> list[str] | None:
    if importlib.util.find_spec("ruff") is not None:
        return [sys.executable, "-m", "ruff"]
    program = shutil.which("ruff")
    return None if program is None else [program]
