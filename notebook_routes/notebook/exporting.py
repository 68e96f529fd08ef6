"""`%routes export` and `%routes check`: the kernel's side of what `project.export` and `project.check` do."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ExportError
from notebook_routes.project.answer import AnswerScope
from notebook_routes.project.check import Checked, answered, is_harmless, left_out, read_answers
from notebook_routes.project.export import Export, export_tree
from notebook_routes.project.http_file import parse_request_cell
from notebook_routes.project.notebook_source import CellKind
from notebook_routes.project.replay import Replay, ReplayCell, ReplayRequest

if TYPE_CHECKING:
    import os

    from notebook_routes.notebook.session import Session
    from notebook_routes.project.http_file import RequestCell, RequestSpec
    from notebook_routes.project.notebook_source import SourceCell


def export_kernel(
    session: Session,
    directory: str | os.PathLike[str],
    *,
    force: bool = False,
    replay_all: bool = False,
    copy_files: bool | None = None,
    check_only: bool = False,
) -> Export:
    """Export what is live in a session, as `export_tree` does what a file says."""
    session.need_machine(
        "%routes export",
        "a process that tries what it has written",
        "download the notebook, and run it where Python is installed",
    )
    source = session.ran.source(session)
    mounted = session.mounts.all()
    if mounted and not any(cell.kind in (CellKind.ROUTE, CellKind.PAGE) for cell in source.cells):
        raise ExportError(
            f"{source.name} has no route of its own: those of {', '.join(mount.name for mount in mounted)} are files "
            "already"
        )
    return export_tree(
        source,
        Path(directory),
        force=force,
        replay_all=replay_all,
        copy_files=copy_files,
        check_only=check_only,
    )


def check_kernel(session: Session, *, replay_all: bool = False) -> Checked:
    """Send the requests of all `%%request` cells that ran to the live routes again, in their order.

    Args:
        session: whose routes.
        replay_all: send those of other methods than GET and HEAD too.
    """
    replayed: list[ReplayCell] = []
    answers: list[list[dict[str, Any]]] = []
    for cell in session.ran.source(session).cells:
        if cell.kind is CellKind.REQUEST:
            parsed = parse_request_cell(cell.line, cell.body, first_line=cell.first_line)
            replayed.append(_replay_cell(cell, parsed))
            answers.append([_answer(session, spec, parsed.name, replay_all=replay_all) for spec in parsed.requests])
    return read_answers(Replay("", tuple(replayed)), {"cells": answers})


def _replay_cell(cell: SourceCell, parsed: RequestCell) -> ReplayCell:
    seen = cell.answers if len(cell.answers) == len(parsed.requests) else ()
    requests = tuple(
        ReplayRequest(
            "",
            spec.line,
            status=seen[number][0] if seen else None,
            body=base64.b64encode(seen[number][1]).decode() if seen else None,
        )
        for number, spec in enumerate(parsed.requests)
    )
    return ReplayCell(cell.label, requests, parsed.name)


def _answer(session: Session, spec: RequestSpec, name: str | None, *, replay_all: bool) -> dict[str, Any]:
    what = f"{spec.method} {spec.target}"
    if not (replay_all or is_harmless(spec.method)):
        return left_out(what)
    try:
        expanded = spec.expand(lambda expression: eval(expression, session.namespace))  # noqa: S307 - the user's own
        answer = session.client.send(expanded)
    except Exception as error:  # noqa: BLE001 - whatever the user's expression raises is told
        return {"what": what, "error": f"{type(error).__name__}: {error}"}
    if name is not None:
        session.namespace[name] = answer
    return answered(what, answer, spec.expectations, AnswerScope(answer, session.namespace))
