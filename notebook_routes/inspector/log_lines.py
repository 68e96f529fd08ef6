"""The request log as the page shows it: lines, pages of them, and one in full."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notebook_routes.app import LogEntry, RequestLog


def line(entry: LogEntry) -> dict[str, Any]:
    """One request in short."""
    return {
        "number": entry.number,
        "method": entry.method,
        "target": entry.target,
        "route": entry.route,
        "status": entry.status,
        "seconds": entry.seconds,
        "size": entry.size,
        "started": entry.started,
        "cache": entry.cache,
        "has_more": bool(entry.output or entry.error or entry.notes),
        "behind": entry.is_behind,
        "failed": entry.error is not None,
    }


def full(entry: LogEntry, headers: list[tuple[str, str]] | None) -> dict[str, Any]:
    """One request with what its handler printed and the headers that it came with."""
    return {
        **line(entry),
        "output": entry.output,
        "error": entry.error,
        "notes": list(entry.notes),
        "headers": [list(pair) for pair in headers or ()],
    }


def page(log: RequestLog, *, before: int | None = None, limit: int = 100, wanted: str = "") -> dict[str, Any]:
    """Some lines, newest last.

    Args:
        log: where they are.
        before: only requests with a smaller number.
        limit: how many at most; the newest.
        wanted: words that each line has to have: of its method, target, status, route or cache.
    """
    entries = log.entries()
    end = len(entries) if before is None else bisect_left(entries, before, key=lambda entry: entry.number)
    words = wanted.lower().split()
    found: list[dict[str, Any]] = []
    more = False
    for place in range(end - 1, -1, -1):
        entry = entries[place]
        if words and not _has(entry, words):
            continue
        if len(found) == limit:
            more = True
            break
        found.append(line(entry))
    return {"entries": found[::-1], "total": len(entries), "more": more}


def find(log: RequestLog, number: int) -> LogEntry | None:
    """The request of a number; None where it is not remembered."""
    entries = log.entries()
    place = bisect_left(entries, number, key=lambda entry: entry.number)
    return entries[place] if place < len(entries) and entries[place].number == number else None


def _has(entry: LogEntry, words: list[str]) -> bool:
    status = entry.status or "left"
    text = f"{entry.method} {entry.target} {status} {entry.route or ''} {entry.cache or ''}".lower()
    return all(word in text for word in words)
