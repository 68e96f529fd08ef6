"""Lifetimes with names, for `cache_life("hours")` and `revalidate_tag(tag, "max")`, as Next.js has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.cache.entry import EXPIRE

if TYPE_CHECKING:
    from collections.abc import Mapping

#: By name, seconds until something is stale, and until it is gone.
PROFILES: Mapping[str, tuple[float, float]] = {
    "default": (900, EXPIRE),
    "seconds": (1, 60),
    "minutes": (60, 3_600),
    "hours": (3_600, 86_400),
    "days": (86_400, 604_800),
    "weeks": (604_800, 2_592_000),
    "max": (2_592_000, EXPIRE),
}
