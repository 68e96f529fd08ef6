"""What cannot stand side by side in one table, and the sentences that say so.

Two routes conflict where a path could not tell them apart, so that the order of cells would decide which of
them answers: the cases that Next.js refuses (its `sorted-routes.ts`), checked for any method. Two values for
one piece of config conflict as well, because config belongs to the path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from notebook_routes.errors import RouteConflict
from notebook_routes.routing.segment import CatchAll, Dynamic, OptionalCatchAll, Static

if TYPE_CHECKING:
    from notebook_routes.routing.route import Route, RoutePath
    from notebook_routes.routing.trie import Leaf, Node


def check_place(root: Node, route: Route) -> None:
    """Refuse a route whose path cannot be told apart from one in the tree.

    Raises:
        RouteConflict: the message names both routes and their cells.
    """
    node: Node | None = root
    for place, segment in enumerate(route.pattern.segments):
        if node is None:
            return
        if isinstance(segment, Static):
            node = node.children.get(segment.value)
        elif isinstance(segment, Dynamic):
            node = node.dynamic
            if node is not None:
                _check_name(route, segment, place, _some_leaf(node))
        else:
            _check_rest(node, route, segment, place)
            return
    if node is not None and node.end is not None:
        _check_end(route, node.end)


def check_config(route: Route, beside: RoutePath) -> None:
    """Refuse a route that gives its path another config than the routes beside it, those it stays beside.

    Raises:
        RouteConflict: the message names the value, both routes and their cells.
    """
    for other in beside.methods.values():
        names = route.config.differences(other.config) if other.method != route.method else ()
        if names:
            name = names[0]
            raise RouteConflict(
                f"{route} has {name} = {route.config.explicit[name]!r}, and {other} has "
                f"{name} = {other.config.explicit[name]!r}: config belongs to the path, write one value"
            )


def check_page(route: Route, beside: RoutePath) -> None:
    """Refuse a page at a path where a route answers GET or HEAD, and such a route where there is a page.

    Raises:
        RouteConflict: the message names both and their cells.
    """
    for other in beside.methods.values():
        if route.is_page is not other.is_page and {route.method, other.method} <= {"GET", "HEAD"}:
            page = route if route.is_page else other
            raise RouteConflict(
                f"{route} and {other}: a page answers GET and HEAD of its path, {page.pattern}, "
                "so keep one of the two, or give one another path"
            )


def check_api(route: Route, beside: RoutePath) -> None:
    """Refuse an API Route at a path where another route answers, and a route where there is an API Route.

    Raises:
        RouteConflict: the message names both and their cells.
    """
    for other in beside.methods.values():
        if route.is_api is not other.is_api:
            raise RouteConflict(
                f"{route} and {other}: an API Route answers every method of its path, "
                "so keep one of the two, or give one another path"
            )


def _check_rest(node: Node, route: Route, segment: CatchAll | OptionalCatchAll, place: int) -> None:
    if node.rest is not None:
        other = _route(node.rest)
        theirs = other.pattern.segments[place]
        if type(theirs) is not type(segment):
            raise RouteConflict(
                f"{route} and {other}: {segment} and {theirs} at one place answer the same paths, keep one"
            )
        _check_name(route, segment, place, node.rest)
        _check_text(route, node.rest)
    elif isinstance(segment, OptionalCatchAll) and node.end is not None:
        raise _root_conflict(route, segment, _route(node.end), answers=route)


def _check_end(route: Route, leaf: Leaf) -> None:
    other = _route(leaf)
    last = other.pattern.segments[-1] if other.pattern.segments else None
    if isinstance(last, OptionalCatchAll):
        raise _root_conflict(route, last, other, answers=other)
    _check_text(route, leaf)


def _check_name(route: Route, segment: Dynamic | CatchAll | OptionalCatchAll, place: int, leaf: Leaf) -> None:
    other = _route(leaf)
    theirs = other.pattern.segments[place]
    if theirs != segment:
        raise RouteConflict(
            f"{route} and {other}: one place has the two names {segment} and {theirs}, use {theirs} in both"
        )


def _check_text(route: Route, leaf: Leaf) -> None:
    other = _route(leaf)
    if other.pattern.text != route.pattern.text:
        raise RouteConflict(
            f"{route} and {other} are the same path, {route.pattern.path}: write it in one way, or change one"
        )


def _root_conflict(route: Route, rest: OptionalCatchAll, other: Route, *, answers: Route) -> RouteConflict:
    return RouteConflict(
        f"{route} and {other} both answer one path, because {rest} may be empty: "
        f"write [...{rest.name}] in {answers.pattern}, or leave the other out"
    )


def _route(leaf: Leaf) -> Route:
    return next(iter(leaf.route_path.methods.values()))


def _some_leaf(node: Node) -> Leaf:
    while True:
        leaf = node.end or node.rest
        if leaf is not None:
            return leaf
        # No node in a tree is empty, so that without children it has this one.
        node = next(iter(node.children.values()), None) or cast("Node", node.dynamic)
