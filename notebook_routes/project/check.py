"""Whether an exported tree answers as its notebook: it is imported and asked in a process of its own, before it counts.

A failed `??` line, or another status than the notebook saw, is a problem. A request of another method than GET and HEAD
may do something in the world, and is sent only if that is asked for; what fails after one that was left out says
little, and is only told.
"""

from __future__ import annotations

import base64
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_routes.project.expectation import check_expectation
from notebook_routes.project.opened_files import OpenedFile
from notebook_routes.project.plain_values import PlainValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from notebook_routes.project.answer import Answer
    from notebook_routes.project.expectation import Expectation
    from notebook_routes.project.manifest import Asked
    from notebook_routes.project.replay import Replay, ReplayRequest

#: Seconds for importing the tree and for all requests.
_PATIENCE = 300.0
_SHOWN_LINES = 12
_PREFIX = "notebook-routes-check-"
#: Where the tree was tried, in a traceback: that place is gone when it is read.
_TRIED = re.compile(rf"[^\s\"']*{_PREFIX}[^\s/\\]*[/\\]tree[/\\]")


@dataclass(frozen=True)
class Checked:
    """What a check has found.

    Attributes:
        problems: sentences about what is wrong.
        remarks: sentences about what is worth knowing.
        sent: how many requests were sent.
        wrong: how many of them were answered otherwise, for whatever reason.
        left_out: those that were not, "POST /products".
        outdated: cells whose requests were answered by what the notebook had then, and has changed since.
        opened: the files that the code opens.
        values: the plain values that the tree begins with, by name.
        is_whole: whether all of the tree was tried: it could be imported, and no request was left out.
    """

    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    sent: int = 0
    wrong: int = 0
    left_out: tuple[str, ...] = ()
    outdated: frozenset[str] = frozenset()
    opened: tuple[OpenedFile, ...] = ()
    values: Mapping[str, PlainValue] = field(default_factory=dict)
    is_whole: bool = True

    @property
    def summary(self) -> str:
        """One sentence."""
        skipped = [*dict.fromkeys(self.left_out)]
        option = f"--replay-all sends {'it' if len(skipped) == 1 else 'them'}"
        if not self.sent:
            if not skipped:
                return "No request was sent: there is no %%request cell"
            return f"No request was sent: {', '.join(skipped)} may change something ({option})"
        right = self.sent - self.wrong
        of_all = f" of {self.sent}" if self.wrong else ""
        text = f"{right}{of_all} {'request was' if self.sent == 1 else 'requests were'} answered as in the notebook"
        return f"{text}; not sent: {', '.join(skipped)} ({option})" if skipped else text


def check_tree(
    tree: Path,
    replay: Replay,
    *,
    asked: Asked,
    beside: Path,
    folder: Path | None = None,
    variables: Mapping[str, Sequence[str]],
) -> Checked:
    """Import a tree in a fresh process, and send it the requests of its notebook.

    Args:
        tree: the folder that holds `app`.
        replay: the requests.
        asked: whether to send those of other methods than GET and HEAD too, and whether the tree gets the files that
            it opens beside the notebook.
        beside: the folder that the tree is meant for; what it has beside the tree's files, the tree has too.
        folder: the notebook's.
        variables: names whose values are told, by the module of the tree that has them.
    """
    job = {
        "replay": replay.as_json(),
        "replay_all": asked.replay_all,
        "copy_files": asked.copy_files,
        "folder": None if folder is None or _are_one(folder, beside) else str(folder),
        "own": [path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()],
        "variables": variables,
    }
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as place:
        overlay = Path(place).resolve() / "tree"
        _link_all(tree, overlay)
        if beside.is_dir():
            _link_missing(beside, overlay)
        found = _run(overlay, Path(place) / "result.json", job)
    return read_answers(replay, found)


def _are_one(folder: Path, other: Path) -> bool:
    return folder.is_dir() and other.is_dir() and folder.samefile(other)


def is_harmless(method: str) -> bool:
    """Whether a request may be sent without being asked for."""
    return method in ("GET", "HEAD")


def left_out(what: str) -> dict[str, Any]:
    """Stands for a request that was not sent."""
    return {"what": what, "left_out": True}


def answered(
    what: str, answer: Answer, expectations: Iterable[Expectation], scope: Mapping[str, object]
) -> dict[str, Any]:
    """What came of a request.

    Args:
        what: "GET /products".
        answer: the answer.
        expectations: what it has to be like.
        scope: the names that these see.
    """
    outcomes = [check_expectation(expectation, scope) for expectation in expectations]
    return {
        "what": what,
        "status": answer.status,
        "failed": [(each.text, each.line, each.detail) for each in outcomes if not each.ok],
        "body": base64.b64encode(answer.bytes).decode(),
    }


def _link_all(tree: Path, overlay: Path) -> None:
    overlay.mkdir()
    for entry in tree.iterdir():
        _link(entry, overlay)


def _link_missing(beside: Path, overlay: Path) -> None:
    for entry in beside.iterdir():
        # No code opens what is in `.git`; a file such as `.env` may well be opened.
        is_hidden = entry.name.startswith(".") and entry.is_dir()
        if not is_hidden and not (overlay / entry.name).exists():
            _link(entry, overlay)


def _link(entry: Path, overlay: Path) -> None:
    place = overlay / entry.name
    try:
        place.symlink_to(entry.absolute(), target_is_directory=entry.is_dir())
    except OSError:
        # Windows lets few people make links.
        if entry.is_dir():
            shutil.copytree(entry, place)
        else:
            shutil.copy2(entry, place)


def _run(tree: Path, result: Path, job: Mapping[str, object]) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "notebook_routes.project.check_process", str(tree), str(result)]
    # What is importable here is importable there, but nothing is taken from the current folder.
    paths = [path for path in sys.path if path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ended = subprocess.run(  # noqa: S603 - this Python, and a module of ours
            command,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            cwd=tree,
            env=environment,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"the tree was not done with its requests after {_PATIENCE:g} s", "opened": [], "cells": []}
    try:
        found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        last = "\n".join(ended.stderr.strip().splitlines()[-20:])
        return {"failure": f"the process that asked the tree ended with {ended.returncode}:\n{last}", "cells": []}
    return found


def read_answers(replay: Replay, found: Mapping[str, Any]) -> Checked:
    """Compare answers with what the notebook says.

    Args:
        replay: the requests.
        found: `cells`, for each of them a list of what `answered` and `left_out` give; `failure`, if there was none;
            `opened`, the files that were read; `values`, what the tree begins with.
    """
    opened = tuple(OpenedFile.from_json(each) for each in found.get("opened", ()))
    values = {name: PlainValue(**each) for name, each in found.get("values", {}).items()}
    if found.get("failure"):
        text = f"The exported files do not work:\n{found['failure']}"
        return Checked((text,), opened=opened, values=values, is_whole=False)
    problems: list[str] = []
    remarks: list[str] = []
    skipped: list[str] = []
    outdated: set[str] = set()
    sent = failed = 0
    for cell, answers in zip(replay.cells, found["cells"], strict=True):
        for request, answer in zip(cell.requests, answers, strict=True):
            if answer.get("left_out"):
                skipped.append(answer["what"])
                continue
            sent += 1
            wrong = [*_wrong(request, answer)]
            failed += bool(wrong)
            said = [f"{cell.label}, {sentence}" for sentence in wrong]
            if wrong and request.outdated:
                outdated.add(cell.label)
                remarks += [f"{sentence} ({request.outdated})" for sentence in said]
            elif wrong and skipped:
                remarks += [f"{sentence} (after {skipped[-1]}, which was not sent)" for sentence in said]
            else:
                problems += said
            if not wrong:
                remarks += [f"{cell.label}, {sentence}" for sentence in _other_body(request, answer)]
    return Checked(
        tuple(problems),
        tuple(remarks),
        sent,
        failed,
        tuple(skipped),
        frozenset(outdated),
        opened,
        values,
        is_whole=not skipped,
    )


def _wrong(request: ReplayRequest, answer: Mapping[str, Any]) -> Iterator[str]:
    what = answer["what"]
    if answer.get("error"):
        yield f"line {request.line}: {what}: {answer['error']}"
        return
    is_other = request.status not in (None, answer["status"])
    if is_other:
        yield f"line {request.line}: {what} is {answer['status']}, and was {request.status} in the notebook"
    for text, line, detail in answer["failed"]:
        yield f"line {line}: ?? {text}: {detail} ({what} is {answer['status']})"
    if answer["status"] == HTTPStatus.INTERNAL_SERVER_ERROR and (is_other or answer["failed"]):
        # Why it fails there is in the answer, as in a notebook.
        lines = _TRIED.sub("", base64.b64decode(answer["body"]).decode(errors="replace")).strip().splitlines()
        yield "\n".join([f"line {request.line}: {what} answered", *lines[-_SHOWN_LINES:]])


def _other_body(request: ReplayRequest, answer: Mapping[str, Any]) -> Iterator[str]:
    before = None if request.body is None else base64.b64decode(request.body)
    now = base64.b64decode(answer["body"])
    if before is None or before == now:
        return
    lines = list(
        difflib.unified_diff(
            before.decode(errors="replace").splitlines(),
            _TRIED.sub("", now.decode(errors="replace")).splitlines(),
            "notebook",
            "files",
            lineterm="",
        )
    )
    shown = "\n".join(line[:200] for line in lines[:_SHOWN_LINES])
    yield f"line {request.line}: {answer['what']} has another body:\n{shown}"
