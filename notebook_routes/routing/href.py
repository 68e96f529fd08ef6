"""`href`: the address of a route, made from its path and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from notebook_routes.routing.pattern import RoutePattern
from notebook_routes.web import URLSearchParams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.web.search_params import Scalar


def href(
    path: str,
    /,
    *,
    query: Mapping[str, Scalar | Enum | Iterable[Scalar | Enum] | None] | URLSearchParams | None = None,
    **params: object,
) -> str:
    """The address of a route: `href("/products/[id]", id=1, query={"page": 2})` is "/products/1?page=2".

    After `notebook-routes typegen`, a path that the project does not have, or a missing parameter, is a type error.

    Args:
        path: the route's path, as its folder or its cell has it.
        query: what follows the "?"; a list gives its name several times, and None leaves it out.
        params: one value per dynamic segment, as `str()` writes it, of an Enum its value; a list or tuple for a
            catch-all. An optional catch-all may be left out. A name that is no identifier is given as
            `**{"product-id": 1}`.

    Returns:
        The path, percent-encoded, from "/" on.

    Raises:
        InvalidPattern: `path` cannot be the path of a route.
        TypeError: a parameter is missing or unknown, a catch-all is given no list, or a value of the query has a type
            that no query has.
        ValueError: no URL can hold the value: it is empty, "." or "..".
    """
    built = RoutePattern.parse(path).build(**{name: _plain(value) for name, value in params.items()})
    # `query` and no other name: a segment may be called anything else, [hash] too.
    searched = "" if query is None else str(_search_params(path, query))
    return f"{built}?{searched}" if searched else built


def _search_params(path: str, query: object) -> URLSearchParams:
    if isinstance(query, URLSearchParams):
        return query
    if not isinstance(query, Mapping):
        raise TypeError(f'{path} needs a dict for its query, {{"page": 2}}, not {query!r}')
    return URLSearchParams({name: _plain(value) for name, value in query.items() if value is not None})


def _plain(value: Any) -> Any:
    """What is written of a value."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
