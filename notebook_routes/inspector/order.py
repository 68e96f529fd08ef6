"""In which order the matcher tries the paths that could answer a URL, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_routes.routing import CatchAll, Dynamic, OptionalCatchAll, Static

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_routes.routing import RoutePattern
    from notebook_routes.routing.segment import Segment

#: So many paths are shown at most.
_SHOWN = 40
_KINDS = (Static, Dynamic, CatchAll, OptionalCatchAll)


def order(pattern: RoutePattern, patterns: Iterable[RoutePattern]) -> list[dict[str, Any]]:
    """The paths that some URL has in common with one, in the order in which they are tried.

    Args:
        pattern: the path that is looked at.
        patterns: all paths, this one among them.
    """
    rivals = [other for other in patterns if other.shape == pattern.shape or _meet(pattern.segments, other.segments)]
    tried = sorted(rivals, key=lambda other: [_rank(segment) for segment in other.segments])
    here = next((place for place, other in enumerate(tried) if other.shape == pattern.shape), 0)
    first = max(min(here - _SHOWN // 2, len(tried) - _SHOWN), 0)
    return [
        {"path": other.text, "here": other.shape == pattern.shape, "why": _why(pattern, other)}
        for other in tried[first : first + _SHOWN]
    ]


def _rank(segment: Segment) -> tuple[int, str]:
    """Text is tried before a parameter, a parameter before a rest."""
    return _KINDS.index(type(segment)), segment.value if isinstance(segment, Static) else ""


def _meet(one: Sequence[Segment], two: Sequence[Segment]) -> bool:
    """Whether there is a URL that both could answer."""
    for place in range(max(len(one), len(two)) + 1):
        left = one[place] if place < len(one) else None
        right = two[place] if place < len(two) else None
        if isinstance(left, (CatchAll, OptionalCatchAll)):
            return _takes(left, two[place:])
        if isinstance(right, (CatchAll, OptionalCatchAll)):
            return _takes(right, one[place:])
        if left is None or right is None:
            return left is right
        if isinstance(left, Static) and isinstance(right, Static) and left != right:
            return False
    return True


def _takes(rest: CatchAll | OptionalCatchAll, others: Sequence[Segment]) -> bool:
    """Whether a rest of the path can be what the others stand for."""
    return isinstance(rest, OptionalCatchAll) or bool(others)


def _why(pattern: RoutePattern, other: RoutePattern) -> str:
    if other.shape == pattern.shape:
        return "this path"
    for mine, its in zip(pattern.segments, other.segments, strict=False):
        if _rank(mine) == _rank(its):
            continue
        if _rank(its) < _rank(mine):
            return f"tried before: {_said(its)} comes before {_said(mine)}"
        return f"tried after: {_said(mine)} comes before {_said(its)}"
    if len(other.segments) < len(pattern.segments):
        return f"tried before where the path ends without {_said(pattern.segments[len(other.segments)])}"
    return f"tried after where the path ends without {_said(other.segments[len(pattern.segments)])}"


def _said(segment: Segment) -> str:
    if isinstance(segment, Static):
        return f'the text "{segment.value}"'
    return f"one segment {segment}" if isinstance(segment, Dynamic) else f"the rest {segment}"
