"""The process of `check.py`: imports a tree, sends it requests, and writes down what came.

python -m notebook_routes.project.check_process TREE RESULT < job.json
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import NotebookRoutesError
from notebook_routes.project.answer import AnswerScope
from notebook_routes.project.check import answered, is_harmless, left_out
from notebook_routes.project.expectation import Expectation
from notebook_routes.project.http_file import parse_request_cell
from notebook_routes.project.replay import Replay, TreeClient

if TYPE_CHECKING:
    from notebook_routes.project.replay import ReplayCell, ReplayRequest

#: Seconds for one answer.
_PATIENCE = 60.0


class _OpenedFiles:
    """Files that the code reads, but for Python's own, those of installed packages, and what is not there to stay."""

    def __init__(self) -> None:
        system: tuple[str, ...] = (
            "/dev",
            "/proc",
            "/sys",
            "/etc",
            "/usr/share",
            sys.base_prefix,
            sys.prefix,
            tempfile.gettempdir(),
        )
        own = (*system, *sysconfig.get_paths().values(), str(Path(__file__).parents[1]))
        self._own = tuple(os.path.realpath(path) + os.sep for path in own)
        self.found: dict[str, None] = {}

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python's audit hook."""
        if event != "open" or not arguments or not isinstance(arguments[0], (str, bytes, os.PathLike)):
            return
        path, mode = os.fsdecode(arguments[0]), arguments[1] if len(arguments) > 1 else "r"
        if path.endswith((".py", ".pyc")) or (isinstance(mode, str) and not set(mode).isdisjoint("wxa")):
            return
        if not Path(path).is_absolute() or not os.path.realpath(path).startswith(self._own):
            self.found[path] = None


def main() -> None:
    """Do the job on the standard input."""
    tree, result = Path(sys.argv[1]), Path(sys.argv[2])
    job = json.load(sys.stdin)
    opened = _OpenedFiles()
    found: dict[str, Any] = {"failure": None, "cells": []}
    # Imported before the hook listens: what our own code opens is not the user's.
    import httpx2  # noqa: F401, PLC0415

    sys.addaudithook(opened.note)
    try:
        with TreeClient(tree) as client:
            replayed = _Replayer(client, Replay.from_json(job["replay"]), everything=job["replay_all"])
            found["cells"] = [replayed.cell(cell) for cell in replayed.replay.cells]
    except NotebookRoutesError as error:
        found["failure"] = str(error)
    found["opened"] = list(opened.found)
    result.write_text(json.dumps(found), encoding="utf-8")


class _Replayer:
    def __init__(self, client: TreeClient, replay: Replay, *, everything: bool) -> None:
        self.replay = replay
        self._client = client
        self._everything = everything
        self._names: dict[str, Any] = {"client": client}
        self._answers: dict[str, Any] = {}
        exec(replay.prologue, self._names)  # noqa: S102 - the notebook's own code, as its tests run it

    def cell(self, cell: ReplayCell) -> list[dict[str, Any]]:
        """Send the requests of one cell."""
        return [self._request(request, cell) for request in cell.requests]

    def _request(self, request: ReplayRequest, cell: ReplayCell) -> dict[str, Any]:
        spec = parse_request_cell("", request.text, first_line=1).requests[0]
        what = f"{spec.method} {spec.target}"
        if not spec.target.startswith(("/", "{{")) or not (self._everything or is_harmless(spec.method)):
            return left_out(what)
        try:
            names = {name: eval(place, self._names) for name, place in request.names.items()}  # noqa: S307 - as above
            names |= self._answers
            expanded = spec.expand(lambda expression: eval(expression, dict(names)))  # noqa: S307 - as above
            answer = self._client.send_spec(expanded, timeout=_PATIENCE)
        except TimeoutError:
            return {"what": what, "error": f"no end of the answer after {_PATIENCE:g} s"}
        except Exception as error:  # noqa: BLE001 - whatever the user's expression raises is told
            return {"what": what, "error": f"{type(error).__name__}: {error}"}
        if cell.name is not None:
            self._answers[cell.name] = answer
        expectations = [Expectation(text, line) for text, line in request.expectations]
        return answered(what, answer, expectations, AnswerScope(answer, names))


if __name__ == "__main__":
    main()
