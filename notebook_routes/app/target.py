"""The path as routes see it: the redirects that make one spelling of each (spec §1, step 2)."""

from __future__ import annotations

import re

#: The second is our own page, whose parts are found relative to it behind any proxy.
_ENDS_IN_SLASH = ("/", "/_routes/")
_SLASHES = re.compile(r"[/\\]{2,}|\\")


def normalized(path: str) -> str | None:
    """Where to redirect (308) for another spelling of this path; None if it is the right one.

    Double slashes and backslashes go first, a trailing slash in a hop of its own.
    """
    if "//" in path or "\\" in path:
        return _SLASHES.sub("/", path)
    if path.endswith("/") and path not in _ENDS_IN_SLASH:
        return path.rstrip("/")
    return None
