"""The tree behind a route table: one node per segment, so that a match costs what the path is long.

    /ca/a   /ca/a/[x]   /ca/[...slug]

    root ── ca ── rest: [...slug]
                └─ a ── end: /ca/a
                     └─ [x] ── end: /ca/a/[x]

A path goes down from the left and prefers text to a parameter, and a parameter to a rest; where that leads
nowhere it comes back to the last node with a choice. A node never changes once a reader can see it: `grow`
and `prune` return a new root, which shares what has not changed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.errors import HTTPError
from notebook_routes.routing.segment import CatchAll, Dynamic, OptionalCatchAll, Static, decode_segment

if TYPE_CHECKING:
    from notebook_routes.routing.pattern import RoutePattern
    from notebook_routes.routing.route import RoutePath
    from notebook_routes.types import ParamValue

# Stands for a segment that cannot be decoded: half a surrogate pair, which no route's text can hold.
_UNDECODABLE = "\udcff"
# A plus that was escaped is meant to be told from one that was not; clients escape other reserved characters at will.
_ESCAPED_PLUS = ("%2B", "%2b")


class Leaf:
    """The routes of one path, and where in a split path its parameters are found."""

    __slots__ = ("rest", "route_path", "slots")

    def __init__(self, route_path: RoutePath) -> None:
        self.route_path = route_path
        places = tuple(enumerate(route_path.pattern.segments))
        self.slots = tuple((segment.name, place) for place, segment in places if isinstance(segment, Dynamic))
        self.rest = next(
            ((segment.name, place) for place, segment in places if isinstance(segment, CatchAll | OptionalCatchAll)),
            None,
        )


class Node:
    """What may follow one beginning of a path.

    Attributes:
        children: by decoded text.
        dynamic: after a parameter, whatever its value, or None.
        end: what answers where the path ends here: a route, or an optional catch-all.
        rest: what answers all longer paths: a catch-all of either kind.
    """

    __slots__ = ("children", "dynamic", "end", "rest")

    def __init__(self, other: Node | None = None) -> None:
        self.children: dict[str, Node] = dict(other.children) if other else {}
        self.dynamic: Node | None = other.dynamic if other else None
        self.end: Leaf | None = other.end if other else None
        self.rest: Leaf | None = other.rest if other else None

    def is_empty(self) -> bool:
        """Say whether nothing answers here or below."""
        return not (self.children or self.dynamic or self.end or self.rest)


class Match(NamedTuple):
    """What answers a path: all its methods, and the values of its parameters.

    An optional catch-all that is empty has no key in `params`.
    """

    route_path: RoutePath
    params: dict[str, ParamValue]


#: A Match of its two fields: its constructor is a function in Python, and there is one for each request.
new_match = partial(tuple.__new__, Match)


def find(root: Node, path: str) -> Match | None:
    """Find what answers a raw, percent-encoded path.

    Raises:
        HTTPError: 400, a parameter's value is no percent-encoded UTF-8.
    """
    words = path[1:].split("/") if path != "/" else []
    if "" in words or path[:1] != "/":
        return None
    if "%" in path:
        leaf, words = _walk_encoded(root, words)
    else:
        leaf = _walk(root, words)
    if leaf is None:
        return None
    params: dict[str, ParamValue] = {}
    for name, place in leaf.slots:
        params[name] = words[place]
    if leaf.rest is not None:
        name, place = leaf.rest
        if place < len(words):
            params[name] = words[place:]
    return new_match((leaf.route_path, params))


def _walk_encoded(root: Node, raw: list[str]) -> tuple[Leaf | None, list[str]]:
    """Where the segments of a path lead, and what they say, decoded."""
    words = [_UNDECODABLE if (text := decode_segment(word)) is None else text for word in raw]
    leaf = _walk(root, [_compared(*pair) for pair in zip(raw, words, strict=True)])
    if leaf is not None and _UNDECODABLE in words:
        # It equals no route's text, so it is a parameter's value.
        bad = raw[words.index(_UNDECODABLE)]
        raise HTTPError(400, f'"{bad[:60]}" in the path is not percent-encoded UTF-8')
    return leaf, words


def _compared(raw: str, text: str) -> str:
    """What a segment is compared with text as: decoded, but for `+` and its escape, which differ (RFC 3986 §2.2)."""
    return raw if any(plus in raw for plus in _ESCAPED_PLUS) else text


def _walk(root: Node, words: list[str]) -> Leaf | None:
    """Go down, and where that leads nowhere come back."""
    node = root
    for word in words:
        following = node.children.get(word) or node.dynamic
        if following is None:
            return _walk_back(root, words)
        node = following
    return node.end or _walk_back(root, words)


def _walk_back(root: Node, words: list[str]) -> Leaf | None:
    """Go down again, and come back to each node that had a choice."""
    node = root
    depth = 0
    count = len(words)
    # What to try after a dead end, the last first: a node at a depth, or a catch-all that takes the rest.
    untried: list[tuple[Node, int] | Leaf] = []
    while True:
        following: Node | None = None
        if depth < count:
            following = node.children.get(words[depth])
            if node.rest is not None:
                untried.append(node.rest)
            if following is None:
                following = node.dynamic
            elif node.dynamic is not None:
                untried.append((node.dynamic, depth + 1))
        elif node.end is not None:
            return node.end
        if following is not None:
            node = following
            depth += 1
            continue
        if not untried:
            return None
        option = untried.pop()
        if isinstance(option, Leaf):
            return option
        node, depth = option


def grow(root: Node, route_path: RoutePath) -> Node:
    """Put the routes of a path into the tree, in place of those it has there; `conflict` was asked before."""
    grown = node = Node(root)
    leaf = Leaf(route_path)
    last = None
    for segment in route_path.pattern.segments:
        last = segment
        if isinstance(segment, Static):
            child = node.children[segment.value] = Node(node.children.get(segment.value))
            node = child
        elif isinstance(segment, Dynamic):
            child = node.dynamic = Node(node.dynamic)
            node = child
        else:
            node.rest = leaf
    if not isinstance(last, CatchAll):
        node.end = leaf
    return grown


def prune(root: Node, pattern: RoutePattern) -> Node:
    """Take a path out of the tree, with the branches that only it had."""
    pruned = node = Node(root)
    trail: list[tuple[Node, str | None]] = []
    last = None
    for segment in pattern.segments:
        last = segment
        if isinstance(segment, Static):
            trail.append((node, segment.value))
            child = node.children[segment.value] = Node(node.children[segment.value])
            node = child
        elif isinstance(segment, Dynamic):
            trail.append((node, None))
            child = node.dynamic = Node(node.dynamic)
            node = child
        else:
            node.rest = None
    if not isinstance(last, CatchAll):
        node.end = None
    while trail and node.is_empty():
        node, text = trail.pop()
        if text is None:
            node.dynamic = None
        else:
            del node.children[text]
    return pruned
