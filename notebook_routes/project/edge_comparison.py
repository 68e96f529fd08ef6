"""Whether the routes of the edge answer in an isolate what they answer in Python: the same requests, both from anew.

The tree of a notebook is imported twice, in a process of its own under Python and in an isolate, and both are sent the
requests of the notebook, in order. Compared are status, headers and bytes of what a route of the edge has answered.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError, ServerError
from notebook_routes.project.compose import compose
from notebook_routes.project.isolate import Engine
from notebook_routes.project.tree_writer import write_files

if TYPE_CHECKING:
    from notebook_routes.project.notebook_source import NotebookSource

#: What the process finds, as in `EdgeComparison`.
FOUND = ("same", "differences", "left_out", "unasked")
#: Seconds for both trees and all requests.
_PATIENCE = 300.0


@dataclass(frozen=True)
class EdgeComparison:
    """What a comparison has found.

    Attributes:
        same: requests that were answered alike, "GET /products/1".
        differences: sentences about those that were not.
        left_out: requests that were not sent: they may change something, or need what such a one would answer.
        unasked: routes of the edge that no request asks, "GET /products/[id]".
        routes: how many routes of the edge there are.
    """

    same: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    routes: int = 0

    @property
    def lines(self) -> list[str]:
        """All of it, for people."""
        lines = [f"{what}: edge = kernel" for what in self.same]
        lines += self.differences
        if self.left_out:
            lines.append(f"not sent, since something may change: {', '.join(self.left_out)} (--replay-all sends them)")
        if self.unasked:
            lines.append(f"no %%request asks {', '.join(self.unasked)}: send one, and compare again")
        if not self.routes:
            lines.append("no route is of the edge: write %%route GET /path --runtime edge")
        return lines


def compare_edge(source: NotebookSource, *, replay_all: bool = False, path: str | None = None) -> EdgeComparison:
    """Compare what the routes of the edge answer under Python and in an isolate.

    A path without dynamic segments that no request asks is asked once, if it answers GET.

    Args:
        source: the notebook.
        replay_all: send requests of other methods than GET and HEAD too.
        path: the path of the routes that are compared, as it is written on their cells; all if not given.

    Raises:
        DefinitionError: the notebook cannot be a tree, or the tree cannot be imported under Python.
        ServerError: there is no Deno, or the tree cannot be loaded in an isolate.
    """
    # Said at once, before anything is written or started.
    Engine.find()
    composed = compose(source)
    with tempfile.TemporaryDirectory(prefix="notebook-routes-edge-") as place:
        tree, result = Path(place).resolve() / "tree", Path(place) / "result.json"
        write_files(tree, {name: text.encode("utf-8", "surrogatepass") for name, text in composed.files.items()})
        job = {"replay": composed.replay.as_json(), "replay_all": replay_all, "path": path}
        process = subprocess.run(  # noqa: S603 - this Python, with a module of ours
            [sys.executable, "-m", "notebook_routes.project.edge_process", str(tree), str(result)],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
        if not result.exists():
            said = process.stderr.strip().splitlines()
            raise ServerError(f"the comparison with the isolate broke off: {said[-1] if said else 'it says nothing'}")
        found = json.loads(result.read_text(encoding="utf-8"))
    if found["failure"] is not None:
        kind = ServerError if found["of_isolate"] else ExportError
        raise kind(found["failure"])
    same, differences, left_out, unasked = (tuple(found[name]) for name in FOUND)
    return EdgeComparison(same, differences, left_out, unasked, found["routes"])
