"""What a project answers where a file of it is broken: a 500, whose text is for those who may see it.

A path whose file cannot be used fails for every method. Of two files that cannot stand side by side neither is used:
which of them were meant, only their author knows. A project whose middleware is broken answers nothing but failures,
since a request must never pass unguarded.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from itertools import combinations
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError, RouteConflict
from notebook_routes.routing import ANY, METHODS, Route, RouteTable
from notebook_routes.runtime import Invoker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from notebook_routes.app import Middleware
    from notebook_routes.routing import RouteFile

_BROKEN = "broken"


def failing(message: str) -> Callable[[], Awaitable[None]]:
    """A handler that fails with a message."""

    async def fail() -> None:
        raise DefinitionError(message)

    return fail


def broken_routes(file: RouteFile, message: str) -> list[Route]:
    """Routes that fail with a message, for every method of a file's path."""
    fail = failing(message)
    return [
        Route(
            method,
            file.pattern,
            Invoker(fail, method=method, pattern=file.pattern),
            cell=str(file),
            extras=broken_extras(message),
        )
        for method in ((ANY,) if file.is_api else METHODS)
    ]


def broken_extras(message: str) -> dict[str, object]:
    """The extras of a route that only says why it cannot be used."""
    return {_BROKEN: message}


def is_broken(route: Route) -> bool:
    """Whether a route only stands for a file that cannot be used."""
    return _BROKEN in route.extras


def broken_reason(route: Route) -> str | None:
    """Why the file of a route cannot be used; None for a route that works."""
    reason = route.extras.get(_BROKEN)
    return None if reason is None else str(reason)


def closed(message: str) -> Middleware:
    """A middleware that lets nothing pass."""
    from notebook_routes.app import Middleware  # noqa: PLC0415 - `load` needs the others of this file always

    async def fail(_request: object) -> None:
        raise DefinitionError(message)

    return Middleware(fail)


def conflicts(found: Mapping[RouteFile, Iterable[Route]]) -> dict[RouteFile, list[str]]:
    """Why files cannot stand beside others: for each of them all the sentences, which name both files."""
    refused: dict[RouteFile, list[str]] = defaultdict(list)
    # A table names one pair only, and of three files each may be in conflict with one other.
    for one, two in combinations(found, 2):
        try:
            RouteTable([*found[one], *found[two]])
        except RouteConflict as error:
            refused[one].append(str(error))
            refused[two].append(str(error))
    return refused


def without_conflicts(found: Mapping[RouteFile, Iterable[Route]], refused: Mapping[RouteFile, list[str]]) -> RouteTable:
    """The routes of files that are not refused, and failing ones in the place of the others.

    A refused path that the table cannot hold beside another refused one, such as `/[slug]/b` beside `/[id]/a`, is left
    out.
    """
    table = RouteTable(route for file, routes in found.items() if file not in refused for route in routes)
    for file, messages in refused.items():
        with suppress(RouteConflict):
            table.replace(put=broken_routes(file, "\n".join(messages)))
    return table
