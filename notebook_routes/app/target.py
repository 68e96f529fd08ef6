"""The path as routes see it: the redirects that make one spelling of each (spec §1, step 2)."""

from __future__ import annotations

import re

_SLASHES = re.compile(r"[/\\]{2,}|\\")


def normalized(path: str) -> str | None:
    """Where to redirect (308) for another spelling of this path; None if it is the right one.

    Double slashes and backslashes go first, a trailing slash in a hop of its own.
    """
    if "//" in path or "\\" in path:
        return _SLASHES.sub("/", path)
    if path.endswith("/") and path != "/":
        return path.rstrip("/")
    return None
