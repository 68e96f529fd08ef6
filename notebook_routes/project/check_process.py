"""The process of `check.py`: imports a tree, sends it requests, and writes down what came.

python -m notebook_routes.project.check_process TREE RESULT < job.json
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import NotebookRoutesError
from notebook_routes.project.answer import AnswerScope
from notebook_routes.project.check import answered, is_harmless, left_out
from notebook_routes.project.expectation import Expectation
from notebook_routes.project.opened_files import OpenedFiles
from notebook_routes.project.plain_values import PlainValue
from notebook_routes.project.replay import Replay, TreeClient
from notebook_routes.project.replayer import PATIENCE, Replayer, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_routes.project.replay import ReplayCell, ReplayRequest


def main() -> None:
    """Do the job on the standard input."""
    tree, result = Path(sys.argv[1]), Path(sys.argv[2])
    job = json.load(sys.stdin)
    folder = None if job["folder"] is None else Path(job["folder"])
    opened = OpenedFiles(tree, own=job["own"], folder=folder, give=job["copy_files"])
    found: dict[str, Any] = {"failure": None, "cells": [], "values": {}}
    # Imported before the hook listens: what our own code opens is not the user's.
    import httpx2  # noqa: F401, PLC0415

    sys.addaudithook(opened.note)
    try:
        with TreeClient(tree) as client:
            found["values"] = dict(_values(client, job["variables"]))
            replay = Replay.from_json(job["replay"])
            replayer = Replayer(client, replay)
            found["cells"] = [
                [_answered(request, cell, replayer, everything=job["replay_all"]) for request in cell.requests]
                for cell in replay.cells
            ]
    except NotebookRoutesError as error:
        # The place where it is tried is gone when this is read.
        found["failure"] = str(error).replace(f"{tree}{os.sep}", "")
    found["opened"] = [each.as_json() for each in opened.found.values()]
    result.write_text(json.dumps(found), encoding="utf-8")


def _values(client: TreeClient, variables: dict[str, list[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The plain values that the modules of the tree begin with, by name."""
    for path, names in variables.items():
        module = vars(client.module(path))
        for name in names:
            value = PlainValue.of(module[name]) if name in module else None
            if value is not None:
                yield name, value.as_json()


def _answered(request: ReplayRequest, cell: ReplayCell, replayer: Replayer, *, everything: bool) -> dict[str, Any]:
    spec = spec_of(request)
    what = f"{spec.method} {spec.target}"
    if not spec.target.startswith(("/", "{{")) or not (everything or is_harmless(spec.method)):
        return left_out(what)
    try:
        answer, names = replayer.send(request, cell)
    except TimeoutError:
        return {"what": what, "error": f"no end of the answer after {PATIENCE:g} s"}
    except Exception as error:  # noqa: BLE001 - whatever the user's expression raises is told
        return {"what": what, "error": f"{type(error).__name__}: {error}"}
    expectations = [Expectation(text, line) for text, line in request.expectations]
    return answered(what, answer, expectations, AnswerScope(answer, names))


if __name__ == "__main__":
    main()
