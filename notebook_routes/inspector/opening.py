"""What a view shows first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ServerError
from notebook_routes.inspector.rows import Rows
from notebook_routes.routing import RoutePattern, RouteTable

if TYPE_CHECKING:
    from notebook_routes.inspector.service import Subject


def server_state(subject: Subject) -> dict[str, Any]:
    """Whether the server runs where a browser can reach it, and its addresses."""
    addresses = ("origin", "url", "reason", "page", "room", "qr", "note")
    stopped: dict[str, Any] = {"running": False, **dict.fromkeys(addresses)}
    try:
        origin = subject.base_url()
    except ServerError as error:
        return {**stopped, "note": str(error)}
    try:
        return {**stopped, "running": True, "origin": origin, **subject.location()}
    except ServerError as error:
        # What is copied as curl is to be a URL all the same.
        return {**stopped, "url": origin, "note": str(error)}


def opened(subject: Subject, path: str | None) -> dict[str, Any]:
    """What a view would be answered if it opened now, but for figures, which need the inspector's thread.

    It can be shown while the kernel is too busy to answer.

    Args:
        subject: what is looked at.
        path: of a card, its pattern as written; None for all routes.
    """
    table, rows = subject.app().routes, Rows(subject)
    if path is not None:
        found = table.at(RoutePattern.parse(path))
        table = RouteTable(found.methods.values() if found is not None else ())
    rows.look(table)
    shown = rows.rows(rows.keys()) if path is None else [rows.with_form(key) for key in rows.keys()]  # noqa: SIM118
    return {"server": server_state(subject), "routes": shown}
