"""The routes that are live, and which of them answers a path.

Cells put routes and take them away while requests are matched on other threads. Readers never wait: every
change makes a new index beside the old one, all checks first, and one assignment shows it to them. Writers
take a lock.

Precedence is decided segment by segment from the left: text before a parameter before a rest. Text is
compared with the decoded path, so that `/café` answers `/caf%C3%A9`; values of parameters are decoded once.
"""

from __future__ import annotations

import difflib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from notebook_routes.errors import RouteConflict
from notebook_routes.routing.conflict import check_api, check_config, check_page, check_place
from notebook_routes.routing.pattern import RoutePattern
from notebook_routes.routing.route import Route, RoutePath
from notebook_routes.routing.segment import CatchAll, Dynamic, OptionalCatchAll, Static
from notebook_routes.routing.trie import Match, Node, find, grow, new_match, prune

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from notebook_routes.routing.segment import Segment

#: A route that is to go: the route itself, or whatever is at a method and pattern.
Removal: TypeAlias = Route | tuple[str, RoutePattern]


class RouteTable:
    """All routes of one app; safe to use from any thread."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._lock = threading.Lock()
        self._index = _Index({}, {}, {}, Node())
        #: How often it has changed, for those who want to know whether it has.
        self.changes = 0
        self.replace(put=routes)

    def match(self, path: str) -> Match | None:
        """Find what answers a path; what it costs does not depend on the number of routes.

        Args:
            path: the raw path of the request, percent-encoded, without "?", dot segments resolved. A trailing
                or double slash or a backslash matches nothing: redirecting them is the app's business.

        Raises:
            HTTPError: 400, the value of a parameter is no percent-encoded UTF-8.
        """
        index = self._index
        route_path = index.literal.get(path)
        if route_path is not None:
            return new_match((route_path, {}))
        if "\\" in path:
            return None
        start, slash, word = path.rpartition("/")
        ending = index.endings.get(start)
        if ending is not None and slash and word and "%" not in path:
            # Text goes before a parameter, from the left: here all but the last is text, and none is text to its end.
            route_path, name = ending
            return new_match((route_path, {name: word}))
        return find(index.root, path)

    def put(self, route: Route) -> Route | None:
        """Add a route and give back the one with the same method and path whose place it took, or None.

        Raises:
            RouteConflict: it cannot stand beside another route; nothing was changed.
        """
        replaced = self.replace(put=[route])
        return replaced[0] if replaced else None

    def remove(self, method: str, pattern: RoutePattern) -> Route | None:
        """Take away the route of a method and pattern, and give it back; None where there is none."""
        with self._lock:
            draft = _Draft(self._index)
            removed = draft.remove((method, pattern))
            self._index = draft.finished()
            self.changes += 1
        return removed

    def replace(self, *, remove: Iterable[Removal] = (), put: Iterable[Route] = ()) -> list[Route]:
        """Take away some routes and add others in one step, so that no request sees the time between.

        Args:
            remove: these go first. A `Route` goes only while it is in the table itself; one gone is no error.
            put: these come in their place.

        Returns:
            The routes, not among those removed, whose place was taken by a new one.

        Raises:
            RouteConflict: two routes cannot stand side by side; nothing was changed.
        """
        with self._lock:
            draft = _Draft(self._index)
            for item in remove:
                draft.remove(item)
            replaced: list[Route] = []
            added: set[int] = set()
            for route in put:
                old = draft.put(route)
                if old is not None and id(old) in added:
                    raise RouteConflict(
                        f"{old} and {route} are one route, put twice in one change: keep one of the two"
                    )
                if old is not None and old is not route:
                    replaced.append(old)
                added.add(id(route))
            self._index = draft.finished()
            self.changes += 1
        return replaced

    def find(self, method: str, pattern: RoutePattern) -> Route | None:
        """Look up the route of a method at a pattern, as written."""
        route_path = self.at(pattern)
        return None if route_path is None else route_path.methods.get(method)

    def at(self, pattern: RoutePattern) -> RoutePath | None:
        """Look up all routes at a pattern; parameters must have the same names, groups do not matter."""
        return self._index.at(pattern)

    @property
    def keeps_answers(self) -> bool:
        """Whether there is a path whose answers are kept."""
        return any(route_path.keeps_answers for route_path in self._index.paths.values())

    def paths(self) -> list[RoutePath]:
        """List the paths, sorted for display: by segment, text first."""
        return sorted(self._index.paths.values(), key=lambda route_path: _display_key(route_path.pattern))

    def routes(self) -> list[Route]:
        """List the routes, sorted for display: by path, then in the order of `METHODS`."""
        return [route for route_path in self.paths() for route in route_path.methods.values()]

    def nearest(self, path: str, n: int = 3) -> list[RoutePattern]:
        """List up to `n` patterns that look like a path that nothing answers, the best first."""
        wanted = path[:_LONGEST_COMPARED]
        matcher = difflib.SequenceMatcher(autojunk=False)
        matcher.set_seq2(wanted)
        scored: list[tuple[float, str, RoutePattern]] = []
        for route_path in self._index.paths.values():
            pattern = route_path.pattern
            matcher.set_seq1(_filled(pattern, wanted))
            # The two quick ratios are upper bounds of the real one.
            bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
            if all(ratio() >= _ALIKE for ratio in bounds):
                scored.append((-matcher.ratio(), pattern.text, pattern))
        return [pattern for _, _, pattern in sorted(scored, key=lambda item: item[:2])[:n]]

    def __len__(self) -> int:
        return sum(len(route_path.methods) for route_path in self._index.paths.values())

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes())

    def __repr__(self) -> str:
        return f"<RouteTable: {len(self)} routes at {len(self._index.paths)} paths>"


_ALIKE = 0.6
_LONGEST_COMPARED = 200


# Slots: there is one more look at it for each request, and a field of a NamedTuple takes three times as long to read.
@dataclass(frozen=True, slots=True)
class _Index:
    """One state of the table.

    Attributes:
        paths: by shape.
        literal: paths where no parameter has a value, by their URL as browsers send it and as people write it.
        endings: paths whose last segment alone is a parameter, with its name, by the URL before it.
        root: the tree of all paths.
    """

    paths: Mapping[tuple[str | int, ...], RoutePath]
    literal: Mapping[str, RoutePath]
    endings: Mapping[str, tuple[RoutePath, str]]
    root: Node

    def at(self, pattern: RoutePattern) -> RoutePath | None:
        found = self.paths.get(pattern.shape)
        return found if found is not None and found.pattern.segments == pattern.segments else None


class _Draft:
    """The next state of the table, while it is made."""

    def __init__(self, index: _Index) -> None:
        self._paths = dict(index.paths)
        self._literal = dict(index.literal)
        self._endings = dict(index.endings)
        self._root = index.root

    def put(self, route: Route) -> Route | None:
        check_place(self._root, route)
        beside = self._paths.get(route.pattern.shape)
        if beside is not None:
            check_api(route, beside)
            check_config(route, beside)
            check_page(route, beside)
        methods = dict(beside.methods) if beside is not None else {}
        old = methods.get(route.method)
        self._show(RoutePath(route.pattern, {**methods, route.method: route}))
        return old

    def remove(self, item: Removal) -> Route | None:
        method, pattern = (item.method, item.pattern) if isinstance(item, Route) else item
        route_path = self.finished().at(pattern)
        old = route_path.methods.get(method) if route_path is not None else None
        if route_path is None or old is None or (isinstance(item, Route) and old is not item):
            return None
        methods = {name: route for name, route in route_path.methods.items() if name != method}
        if methods:
            self._show(RoutePath(route_path.pattern, methods))
        else:
            self._hide(route_path.pattern)
        return old

    def finished(self) -> _Index:
        return _Index(self._paths, self._literal, self._endings, self._root)

    def _show(self, route_path: RoutePath) -> None:
        pattern = route_path.pattern
        self._paths[pattern.shape] = route_path
        self._root = grow(self._root, route_path)
        for path in _literals(pattern):
            self._literal[path] = route_path
        start, name = _ending(pattern)
        if start is not None:
            self._endings[start] = route_path, name

    def _hide(self, pattern: RoutePattern) -> None:
        del self._paths[pattern.shape]
        self._root = prune(self._root, pattern)
        for path in _literals(pattern):
            del self._literal[path]
        start, _ = _ending(pattern)
        if start is not None:
            del self._endings[start]


def _literals(pattern: RoutePattern) -> set[str]:
    """The URLs without a parameter that a pattern answers: that of text alone, or where an optional rest is absent."""
    text = pattern.segments
    if text and isinstance(text[-1], OptionalCatchAll):
        text = text[:-1]
    if not all(isinstance(segment, Static) for segment in text):
        return set()
    plain = _plain(text)
    return {pattern.build()} if plain is None else {pattern.build(), plain or "/"}


def _ending(pattern: RoutePattern) -> tuple[str | None, str]:
    """The raw path before the last segment and its name, where it alone is a parameter; else None and ""."""
    *before, last = pattern.segments or (None,)
    return (_plain(before), last.name) if isinstance(last, Dynamic) else (None, "")


def _plain(segments: Sequence[Segment]) -> str | None:
    """Segments of text as a raw path; None where one is no text, or would say something else there."""
    values = [segment.value for segment in segments if isinstance(segment, Static)]
    if len(values) < len(segments) or any("/" in value or "%" in value for value in values):
        return None
    return "".join([f"/{value}" for value in values])


def _display_key(pattern: RoutePattern) -> list[tuple[int, str]]:
    return [_segment_key(segment) for segment in pattern.segments]


def _segment_key(segment: Segment) -> tuple[int, str]:
    kinds = (Static, Dynamic, CatchAll, OptionalCatchAll)
    return kinds.index(type(segment)), segment.value if isinstance(segment, Static) else segment.name


def _filled(pattern: RoutePattern, path: str) -> str:
    """Write a pattern with the path's own words in the place of parameters, so that only text is compared."""
    words = path[1:].split("/")
    filled: list[str] = []
    for place, segment in enumerate(pattern.segments):
        if isinstance(segment, Static):
            filled.append(segment.value)
        elif isinstance(segment, Dynamic):
            filled.append(words[place] if place < len(words) else str(segment))
        else:
            filled.extend(words[place:] or [str(segment)])
    return "/" + "/".join(filled)
