"""What can be kept and found again: values that JSON can write and read without changing them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import CacheError

if TYPE_CHECKING:
    from collections.abc import Iterable


def check_keepable(value: Any, what: str) -> None:
    """Refuse what JSON would change or cannot write.

    Args:
        value: any value.
        what: how the message calls it: "the argument `user` of load()".

    Raises:
        CacheError: it is, or holds, something else; the message says where, and what to do.
    """
    found = _unkeepable(value, "", 0)
    if found is not None:
        place, problem = found
        said = f"it holds {problem} at {place}" if place else f"it is {problem}"
        raise CacheError(
            f"{what} cannot be kept: {said}. None, bool, int, float, str, and lists and dicts of these can: convert it"
        )


def checked_tags(tags: Iterable[str], name: str) -> tuple[str, ...]:
    """The tags that were given to `cached()` or `fetch()`.

    Raises:
        TypeError: they are no list of texts.
    """
    if isinstance(tags, str):
        raise TypeError(f'{name}(tags={tags!r}): write a list, tags=["{tags}"]')
    tags = tuple(tags)
    for tag in tags:
        if not isinstance(tag, str) or not tag:
            raise TypeError(f'{name}(tags=...) holds {tag!r}, which is no tag: write texts, tags=["products"]')
    return tags


def _unkeepable(value: Any, place: str, depth: int) -> tuple[str, str] | None:
    """Where the first value is that cannot be kept, and what it is."""
    if depth > 100:
        return place, "nested too deeply"
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return None
    if kind is float:
        return None if math.isfinite(value) else (place, f"the number {value}, which JSON does not know")
    if kind in (list, tuple):
        parts = ((f"{place}[{number}]", part) for number, part in enumerate(value))
    elif kind is dict:
        for key in value:
            if type(key) is not str:
                return place, f"a dict with the key {key!r}, which is no text"
        parts = ((f"{place}[{key!r}]", part) for key, part in value.items())
    else:
        article = "an" if kind.__name__[:1].lower() in "aeiou" else "a"
        return place, f"{article} {kind.__name__}"
    for inner, part in parts:
        found = _unkeepable(part, inner, depth + 1)
        if found is not None:
            return found
    return None
