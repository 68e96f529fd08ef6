"""What each message of a page does, and what it is answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from notebook_routes.errors import DirectiveError, NotebookRoutesError, ServerError
from notebook_routes.inspector import cookies, log_lines, preflight
from notebook_routes.inspector.describe import detail
from notebook_routes.routing import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_routes.inspector.board import Board
    from notebook_routes.inspector.messages import Message
    from notebook_routes.inspector.view import View

_log = logging.getLogger("notebook_routes.inspector")
_Answer: TypeAlias = "dict[str, Any] | Awaitable[dict[str, Any]]"


def answer(board: Board, view: View, message: Message) -> None:
    """Do what a message says, and tell the view what came of it: at once, or when it has been waited for."""
    try:
        found = _ANSWERS[message.do](board, view, message)
    except Exception as error:  # noqa: BLE001 - the page hears of it, whatever it is
        view.tell(_failed(message, error))
        return
    if isinstance(found, Awaitable):
        waiting = asyncio.ensure_future(_later(found, view, message))
        _waiting.add(waiting)
        waiting.add_done_callback(_waiting.discard)
    else:
        view.tell({"re": message.id, **found})


#: The loop itself holds tasks weakly.
_waiting: set[asyncio.Future[None]] = set()


async def _later(found: Awaitable[dict[str, Any]], view: View, message: Message) -> None:
    try:
        result = await found
    except Exception as error:  # noqa: BLE001 - the page hears of it, whatever it is
        view.tell(_failed(message, error))
    else:
        view.tell({"re": message.id, **result})


def _failed(message: Message, error: Exception) -> dict[str, Any]:
    if isinstance(error, NotebookRoutesError):
        return {"re": message.id, "error": str(error)}
    _log.error("The inspector could not answer %s", message.do, exc_info=error)
    return {"re": message.id, "error": f"{message.do} failed: {type(error).__name__}: {error}"}


def _open(board: Board, view: View, message: Message) -> _Answer:
    rows = board.rows
    view.scope, view.is_open = message.fields["route"], True
    if view.scope is None:
        shown = {"routes": rows.rows(rows.keys()), "log": log_lines.page(board.app.log)}
    else:
        shown = {"routes": [rows.with_form(key) for key in rows.keys() if view.covers(key)]}  # noqa: SIM118 - a method
    return {"server": board.server(), **shown, "version": 1}


def _detail(board: Board, _view: View, message: Message) -> _Answer:
    key = _key(message)
    rows = board.rows
    found = rows.route(key)
    if found is None:
        raise DirectiveError(f"There is no route {key[0]} {key[1]} any more")
    about = detail(*found, board.subject, board.app.routes)
    (row,) = rows.rows([key])
    return {"detail": {"row": {**row, "form": about.pop("form")}, **about}}


def _send(board: Board, view: View, message: Message) -> _Answer:
    asked = message.asked()
    found = board.rows.route((asked.method, asked.path))
    if found is None and asked.method == "HEAD":
        found = board.rows.route(("GET", asked.path))
    if found is None:
        found = board.rows.route((ANY, asked.path))
    board.sender.send(asked, None if found is None else found[0])
    view.hold(asked.run)
    return {}


def _stop(board: Board, _view: View, message: Message) -> _Answer:
    return {"said": board.sender.stop(message.fields["run"])}


def _history(board: Board, view: View, message: Message) -> _Answer:
    key, history = _key(message), board.sender.history
    view.follow(key)
    for run in history.going(key):
        view.hold(run)
    return {"runs": history.of(key)}


def _page(board: Board, _view: View, message: Message) -> _Answer:
    fields = message.fields
    return log_lines.page(board.app.log, before=fields["before"], limit=fields["limit"], wanted=fields["filter"] or "")


def _entry(board: Board, _view: View, message: Message) -> _Answer:
    number = message.fields["number"]
    entry = log_lines.find(board.app.log, number)
    if entry is None:
        raise ServerError(f"Request {number:,} is not in the log any more")
    return {"entry": log_lines.full(entry, board.app.log.headers(number))}


async def _cache(board: Board, _view: View, _message: Message) -> dict[str, Any]:
    kept = board.subject.kept
    return {"entries": [asdict(entry) for entry in await board.aside(kept.entries)]}


async def _revalidate(board: Board, _view: View, message: Message) -> dict[str, Any]:
    kept, what = board.subject.kept, message.fields["what"]
    count = await board.aside(lambda: kept.revalidate(what))
    board.look_at_kept()
    return {"count": count}


def _cookies(board: Board, _view: View, _message: Message) -> _Answer:
    return {"cookies": cookies.shown(board.subject.cookies)}


def _clear_cookies(board: Board, _view: View, message: Message) -> _Answer:
    cookies.clear(board.subject.cookies, message.fields["name"])
    return {"cookies": cookies.shown(board.subject.cookies)}


def _token(board: Board, _view: View, _message: Message) -> _Answer:
    return {"token": board.subject.token()}


async def _cors(board: Board, _view: View, message: Message) -> dict[str, Any]:
    fields = message.fields
    said = await preflight.explained(
        board.sender,
        method=fields["method"],
        target=fields["target"],
        headers=fields["headers"],
        origin=fields["origin"],
        token=board.subject.token() is not None,
    )
    return {"said": said}


def _key(message: Message) -> tuple[str, str]:
    return message.fields["method"], message.fields["path"]


_ANSWERS: Mapping[str, Callable[[Board, View, Message], _Answer]] = {
    "open": _open,
    "detail": _detail,
    "send": _send,
    "stop": _stop,
    "history": _history,
    "log": _page,
    "entry": _entry,
    "cache": _cache,
    "revalidate": _revalidate,
    "cookies": _cookies,
    "clear_cookies": _clear_cookies,
    "token": _token,
    "cors": _cors,
}
