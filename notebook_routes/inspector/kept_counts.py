"""How many answers are kept of each route, for its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.errors import HTTPError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.inspector.kept import KeptEntry
    from notebook_routes.routing import RouteTable


class KeptCount(NamedTuple):
    """What is kept of one route.

    Attributes:
        answers: how many.
        stale: how many of them are to be made anew.
    """

    answers: int
    stale: int


def kept_counts(entries: Iterable[KeptEntry], routes: RouteTable) -> dict[str, KeptCount]:
    """By pattern, for those of which something is kept."""
    counts: dict[str, KeptCount] = {}
    for entry in entries:
        if entry.kind != "route":
            continue
        # Behind the path there may be the query, and the form that was asked for.
        path = entry.what.partition(" ")[0].partition("?")[0]
        try:
            match = routes.match(path)
        except HTTPError:
            continue
        if match is not None:
            name = match.route_path.pattern.text
            before = counts.get(name, KeptCount(0, 0))
            counts[name] = KeptCount(before.answers + 1, before.stale + (not entry.fresh))
    return counts
