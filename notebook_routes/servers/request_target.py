"""The request target of the request line (RFC 9112 §3.2) as the origin-form that routes are matched against."""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, urlsplit

#: Whether a target is what nearly all are: there is nothing to resolve, to escape or to leave out.
is_plain_target = re.compile(r"/[A-Za-z0-9/_~!$&'()*+,;=:@?-]*").fullmatch


class InvalidTarget(ValueError):
    """The target is of no form that this server answers."""


def origin_form(method: str, target: str) -> tuple[str, str | None]:
    """The path and query of a target, dot segments resolved, and the host it names if it is absolute.

    Raises:
        InvalidTarget: authority-form, asterisk-form or nonsense.
    """
    if is_plain_target(target):
        return target, None
    host = None
    if not target.startswith("/"):
        target, host = _from_absolute(method, target)
    target = target.partition("#")[0]
    if not target.isascii():
        # Tornado decodes the head as Latin-1: these are the bytes that were sent.
        target = quote_from_bytes(target.encode("latin-1"), safe="%/:?#[]@!$&'()*+,;=-._~\\ \"<>^`{|}")
    path = target.partition("?")[0]
    if "/." in path or "%2e" in path or "%2E" in path:
        target = _without_dots(path) + target[len(path) :]
    return target, host


def _from_absolute(method: str, target: str) -> tuple[str, str]:
    try:
        parts = urlsplit(target)
    except ValueError as error:
        raise InvalidTarget(f"{method} needs a URL as its target: {error}") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        raise InvalidTarget(f"{method} needs a path that begins with / as its target")
    path = parts.path or "/"
    return (f"{path}?{parts.query}" if parts.query else path), parts.netloc.rpartition("@")[2]


def _without_dots(path: str) -> str:
    """Dot segments, spelled plainly or with %2e, resolved as the WHATWG URL parser does."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        plain = segment.replace("%2e", ".").replace("%2E", ".")
        if plain == "..":
            if kept:
                kept.pop()
        elif plain != ".":
            kept.append(segment)
            continue
        if index == last:
            kept.append("")
    return "/" + "/".join(kept)
