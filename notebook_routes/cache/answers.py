"""From a handler's answer to an entry, and from an entry to what a client is sent."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from notebook_routes.cache.clock import now
from notebook_routes.cache.entry import CacheEntry
from notebook_routes.cache.policy import cache_control, retry_after
from notebook_routes.web import Headers, Response

if TYPE_CHECKING:
    from notebook_routes.cache.rendering import Rendering

#: `Cache-Status` (RFC 9211).
HIT = "notebook-routes; hit"
STALE = "notebook-routes; hit; fwd=stale"
MISS = "notebook-routes; fwd=uri-miss; stored"
_WORDS = {HIT: "hit", STALE: "stale", MISS: "miss"}
#: Answers to a part, or to a condition, of one request.
_PASSING = frozenset({206, 304, 412, 416})
_PRIVATE = ("no-store", "private")
#: Of one connection, not of the answer (RFC 9111 §3.1), and what is said anew each time it is sent.
_NOT_KEPT = frozenset(
    ["connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]
)


def may_be_kept(response: Response, rendering: Rendering) -> bool:
    """Whether an answer is for anyone who asks, as far as its head tells."""
    unfit = rendering.dynamic is not None or rendering.refused
    if unfit or response.status >= 500 or response.status in _PASSING:
        return False
    headers = response.headers
    if is_event_stream(response) or headers.get("vary") == "*":
        # What is sent as it happens is no answer for later; and what varies by anything fits no other request.
        return False
    said = (headers.get("cache-control") or "").lower()
    return not headers.has("set-cookie") and not any(word in said for word in _PRIVATE)


def is_event_stream(response: Response) -> bool:
    """Whether an answer is server-sent events, by its type."""
    return (response.headers.get("content-type") or "").startswith("text/event-stream")


def may_be_shared(response: Response, rendering: Rendering) -> bool:
    """Whether those who wait for the same may have an answer, though nobody who asks later: that of a failure."""
    return rendering.dynamic is None and not response.headers.has("set-cookie")


def entry_of(response: Response, content: bytes, rendering: Rendering, *, began: float, source: str) -> CacheEntry:
    """The entry of an answer, with what others are told about keeping it; `began` is when its run did."""
    headers = [(name, value) for name, value in response.headers.raw if name not in _NOT_KEPT]
    if response.status == 200 and not response.headers.has("etag"):
        headers.append(("etag", f'"{blake2b(content, digest_size=12).hexdigest()}"'))
    if not response.headers.has("cache-control"):
        headers.append(("cache-control", cache_control(rendering.revalidate, rendering.expire)))
    return CacheEntry(
        response.status,
        tuple(headers),
        content,
        stored=began,
        checked=now(),
        revalidate=rendering.revalidate,
        expire=rendering.expire,
        tags=rendering.tags,
        source=source,
        status_text=response.status_text,
    )


def passing_entry(response: Response, content: bytes) -> CacheEntry:
    """An answer that is not kept, for those who have waited for it."""
    return CacheEntry(
        response.status,
        tuple(response.headers.raw),
        content,
        stored=0.0,
        checked=0.0,
        status_text=response.status_text,
    )


def answer(entry: CacheEntry, status: str | None, *, age: float | None = None) -> Response:
    """What a client is sent of an entry.

    Args:
        entry: the entry.
        status: the `Cache-Status`; None for an answer that is not kept.
        age: seconds since it was made, for one that was kept.
    """
    pairs = list(entry.headers)
    if status is not None:
        pairs.append(("cache-status", status))
    if age is not None:
        # An answer that came from elsewhere may have been old when it came.
        for name, before in entry.headers:
            if name == "age":
                pairs = _older(pairs, before, age)
                break
        else:
            pairs.append(("age", str(int(age)) if age > 0 else "0"))
    response = Response.of_parts(entry.body, Headers.from_pairs(pairs), status=entry.status)
    response.status_text, response.url = entry.status_text, entry.url
    return response


def _older(pairs: list[tuple[str, str]], before: str, age: float) -> list[tuple[str, str]]:
    """The headers of an answer that had an age when it came: that, and how long it has been here."""
    if not (before.isascii() and before.isdigit()):
        return pairs
    return [*(pair for pair in pairs if pair[0] != "age"), ("age", str(max(int(age), 0) + int(before)))]


def cache_word(headers: Headers) -> str | None:
    """What our own `Cache-Status` says, in one word: "hit", "stale" or "miss"; None where there is none."""
    said = headers.get("cache-status")
    return None if said is None else _WORDS.get(said)


def describe(headers: Headers, rendering: Rendering) -> None:
    """Say of a stream that has begun that it is kept, and for how long; a handler's own `Cache-Control` stays."""
    if not headers.has("cache-control"):
        headers.append("cache-control", cache_control(rendering.revalidate, rendering.expire))
    headers.append("cache-status", MISS)


def backed_off(entry: CacheEntry, moment: float) -> CacheEntry:
    """The entry, after it could not be made anew: it counts as fresh for a short while, and is then tried again."""
    retry = retry_after(entry.revalidate)
    said, says = cache_control(entry.revalidate, entry.expire), cache_control(retry, entry.expire)
    headers = tuple(
        (name, says if (name, value) == ("cache-control", said) else value) for name, value in entry.headers
    )
    return replace(entry, headers=headers, checked=moment, excused=moment, revalidate=retry)
