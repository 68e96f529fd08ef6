"""Conditional and range requests (RFC 9110 §13 and §14), decided from header fields alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_routes.web.headers import Headers

_TAG = re.compile(r'(?:W/)?"[^"]*"')
# No file has more bytes than 18 digits count.
_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


def failed_condition(asked: Headers, *, etag: str, modified: datetime) -> int | None:
    """What to answer instead of the resource: 412, 304, or None where the conditions hold (RFC 9110 §13.2.2).

    Args:
        asked: the headers of a GET or HEAD.
        etag: the resource's, in quotes.
        modified: when it was last modified, in whole seconds.
    """
    if_match = asked.get("if-match")
    since = _moment(asked.get("if-unmodified-since"))
    if if_match is not None:
        if if_match.strip() != "*" and (etag.startswith("W/") or etag not in _TAG.findall(if_match)):
            return 412
    elif since is not None and modified > since:
        return 412
    if_none_match = asked.get("if-none-match")
    since = _moment(asked.get("if-modified-since"))
    if if_none_match is not None:
        return 304 if is_known(etag, if_none_match) else None
    return 304 if since is not None and modified <= since else None


def is_known(etag: str, if_none_match: str) -> bool:
    """Whether a client has what bears an ETag, by its If-None-Match, which compares weakly (RFC 9110 §13.1.2).

    Args:
        etag: as it is sent.
        if_none_match: "*", or a list of ETags; any character but a quote may stand in one, a comma too. One that was
            sent without its quotes comes back so.
    """
    known = {tag.removeprefix("W/") for tag in _TAG.findall(if_none_match)}
    return if_none_match.strip() in ("*", etag) or etag.removeprefix("W/") in known


def asked_range(asked: Headers, *, etag: str, modified: datetime, size: int) -> range | None:
    """Which bytes a GET asks for; None for all of them, an empty range for such as there are none (416).

    One range is answered. Several, like any `Range` that is malformed, are answered with the whole, as RFC 9110 §14.2
    allows; an `If-Range` that does not hold has the same effect (§13.1.5).
    """
    found = _RANGE.fullmatch(asked.get("range") or "")
    if found is None:
        return None
    condition = asked.get("if-range")
    if condition is not None and not _still_holds(condition.strip(), etag=etag, modified=modified):
        return None
    first, last = found.groups()
    if not first:
        return range(max(size - int(last), 0), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)


def _still_holds(condition: str, *, etag: str, modified: datetime) -> bool:
    # Both compare strongly: a weak tag, or a date that is only later, proves nothing about single bytes.
    if condition.startswith(('"', "W/")):
        return condition == etag and not etag.startswith("W/")
    return _moment(condition) == modified


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
