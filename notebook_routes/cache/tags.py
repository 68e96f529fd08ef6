"""The tags that paths have of themselves, so that `revalidate_path` is no more than marking one.

An answer of `/products/[id]` to `/products/1` has the tags

    path:/products/1            this path alone
    route:/products/[id]        all paths of the route
    under:/  under:/products  under:/products/1  under:/products/[id]      all that is below

which begin with words and a colon; a tag of a user's that looks like one of them is that one.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, unquote

from notebook_routes.routing.segment import is_invisible

#: Next.js ignores longer ones.
_LONGEST = 1024
_TYPES = (None, "page", "layout")


def path_tags(path: str, pattern: str) -> tuple[str, ...]:
    """All tags of a path of its own.

    Args:
        path: percent-encoded as `RoutePattern.build` does.
        pattern: the route's path, without groups.
    """
    return (f"path:{path}", *_pattern_tags(pattern), *(f"under:{above}" for above in _above(path)))


@lru_cache(maxsize=4096)
def _pattern_tags(pattern: str) -> tuple[str, ...]:
    return (route_tag(pattern), *(f"under:{above}" for above in _above(pattern) if "[" in above))


def route_tag(pattern: str) -> str:
    """The tag of all paths of a route; the pattern is without groups."""
    return f"route:{pattern}"


def is_path_tag(tag: str) -> bool:
    """Whether it is a tag that a path has of itself."""
    return tag.startswith(("path:/", "route:/", "under:/"))


def tag_of_path(path: str, kind: str | None = None) -> str | None:
    """The tag that `revalidate_path(path, kind)` marks; None where it is no path, and nothing happens.

    Args:
        path: as in a URL, encoded or not, or a route's pattern, "/products/[id]".
        kind: "page" for the path or pattern itself, "layout" for all below it as well.

    Raises:
        ValueError: the path is over 1,024 characters, or the kind is another.
        TypeError: it is no text.
    """
    if not isinstance(path, str):
        raise TypeError(f"revalidate_path() takes a path, not {type(path).__name__}: write one such as /products")
    if kind not in _TYPES:
        raise ValueError(f'revalidate_path(..., {kind!r}): the second argument is "page" or "layout", or left out')
    if len(path) > _LONGEST:
        raise ValueError(f"revalidate_path() was given a path of {len(path):,} characters: {_LONGEST:,} are the most")
    if not path.startswith("/"):
        return None
    segments = path.partition("?")[0].rstrip("/").split("/")
    if "[" in path:
        # A pattern, as in the tree of files.
        segments = [segment for segment in segments if not is_invisible(segment)]
    elif kind == "layout":
        # So is the folder of a layout. A URL may hold such a segment too: then a little more is made anew.
        segments = [segment for segment in segments if not (is_invisible(segment) and segment.startswith("("))]
    path = "/".join(_normal(segment) for segment in segments) or "/"
    if kind == "layout":
        return f"under:{path}"
    return route_tag(path) if "[" in path else f"path:{path}"


def _normal(segment: str) -> str:
    if segment.startswith("[") and segment.endswith("]"):
        return segment
    return quote(unquote(segment), safe="!$&'()*+,;=:@")


def _above(path: str) -> list[str]:
    """The path, and all above it, the root first."""
    parts = path.strip("/").split("/") if path != "/" else []
    return ["/", *("/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1))]
