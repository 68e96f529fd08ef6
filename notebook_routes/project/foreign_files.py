"""Files of an exported tree that its notebook does not have: written beside the exported ones by somebody's hand.

One that makes a route, or that stands in front of all, answers what the notebook does not: tree and notebook disagree.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError
from notebook_routes.routing import find_pages, find_routes
from notebook_routes.routing.filesystem import APP

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_MIDDLEWARE = ("middleware.py", "proxy.py")


@dataclass(frozen=True)
class ForeignFile:
    """A file of a tree that is not its notebook's.

    Attributes:
        path: from the tree's folder on.
        answers: what it answers; empty for one that answers nothing.
    """

    path: str
    answers: str = ""

    def said(self, notebook: str) -> str:
        """A sentence."""
        more = f", and {self.answers}" if self.answers else ""
        return f"{self.path} is not from {notebook}{more}"


def foreign_files(root: Path, known: Container[str]) -> list[ForeignFile]:
    """List the files in a tree's `app`, and its middleware, that no export has written; those that answer come first.

    Args:
        root: the tree's folder, which need not exist.
        known: the paths of files that exports wrote, or write.
    """
    if not (root / APP).is_dir():
        return [each for each in _middleware(root) if each.path not in known]
    answering = {each.path: each for each in (*_answering(root), *_middleware(root))}
    others = {path: ForeignFile(path) for path in _files(root) if path not in answering}
    return [each for path, each in (answering | others).items() if path not in known]


def _answering(root: Path) -> Iterator[ForeignFile]:
    try:
        found = [*find_routes(root), *find_pages(root)]
    except DefinitionError:
        # A folder of a wrong name is named by who loads the tree; its files are listed among the others.
        return
    for file in found:
        yield ForeignFile(str(file), f"answers {file.pattern}")


def _middleware(root: Path) -> Iterator[ForeignFile]:
    for name in _MIDDLEWARE:
        if (root / name).is_file():
            yield ForeignFile(name, "stands in front of all routes")


def _files(root: Path) -> Iterator[str]:
    for folder, below, names in os.walk(root / APP):
        below[:] = sorted(name for name in below if name != "__pycache__" and not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield (Path(folder) / name).relative_to(root).as_posix()
