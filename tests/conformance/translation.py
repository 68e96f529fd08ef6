"""What a recorded expectation means for this project: the table of the specification's README, as code.

`expect_ours` of a case is written in our terms already and does not pass through here.
"""

import json
import re
from typing import Any

#: Keys of the fixture's JSON that tell about JavaScript objects ("reflection is not behaviour").
_REFLECTION = ("paramsType", "ctor")
_COOKIES = {
    "__prerender_bypass": "__notebook_routes_draft",
    "__next_preview_data": "__notebook_routes_preview",
}
#: Headers of the original that are not sent here, and not compared.
_INTERNAL = ("refresh", "rsc", "x-nextjs-", "x-middleware-")
#: What the route cache did, as there and as here (RFC 9211).
_CACHE_STATUS = {"HIT": "hit", "STALE": "hit; fwd=stale", "MISS": "fwd=uri-miss; stored"}
#: A failure of the server says so in a line of plain text, and nothing of the error.
_SHORT_TEXT = r"^[ -~]{0,80}\n?$"


def translated(expect: dict[str, Any], *, first: bool = False) -> dict[str, Any]:
    """The expectation in our terms; the given one is not changed.

    Args:
        expect: as it was recorded.
        first: whether it is of the first request of a case, before which nothing need have been run here.
    """
    # The draft cookie's value has another alphabet.
    ours: dict[str, Any] = json.loads(json.dumps(renamed(expect)).replace("[0-9a-f]{32}", "[A-Za-z0-9_-]{22,}"))
    headers = _headers(ours.get("headers") or {}, first=first)
    body = ours.get("body")
    if headers.get("content-type") == {"regex": "^text/html"}:
        # The framework's own page: 404, 400 and 500 have other bodies here.
        body = None
        headers.pop("content-type")
        headers.pop("cache-control", None)
    elif ours.get("status") == 500 and body == {"empty": True}:
        headers.pop("content-type", None)
        body = {"regex": _SHORT_TEXT}
    ours["headers"] = headers
    if body is None:
        ours.pop("body", None)
    else:
        ours["body"] = _body(body)
    return ours


def renamed(step: dict[str, Any]) -> dict[str, Any]:
    """A request or an expectation, with the cookies of draft mode and of preview data by our names."""
    text = json.dumps(step)
    for theirs, name in _COOKIES.items():
        text = text.replace(theirs, name)
    ours: dict[str, Any] = json.loads(text)
    return ours


def without_reflection(value: Any) -> Any:
    """JSON of a handler, without what tells about the language it is written in."""
    if isinstance(value, list):
        return [without_reflection(item) for item in value]
    if isinstance(value, dict):
        return {key: without_reflection(item) for key, item in value.items() if key not in _REFLECTION}
    return value


def _headers(given: dict[str, Any], *, first: bool) -> dict[str, Any]:
    ours: dict[str, Any] = {}
    from_cache = given.get("x-nextjs-cache") is not None
    for name, value in given.items():
        if name == "x-nextjs-cache":
            ours |= _cache_status(value, first=first)
        elif name in ("age", "etag") and value is None and from_cache:
            # What comes out of the cache has both here.
            continue
        elif name == "vary":
            ours |= _vary(value)
        elif not name.startswith(_INTERNAL) and (name != "x-powered-by" or value not in (None, "Next.js")):
            ours[name] = value
    if ours.get("content-length", "") is None:
        # A known length is sent here, and nothing is chunked then.
        del ours["content-length"]
        ours.pop("transfer-encoding", None)
    return ours


def _cache_status(value: Any, *, first: bool) -> dict[str, Any]:
    """What Cache-Status says where `x-nextjs-cache` is this, one of several, or absent."""
    if value is None:
        return {"cache-status": None}
    states = re.findall("[A-Z]+", value["regex"] if isinstance(value, dict) else value)
    if first and "HIT" in states:
        # All that is static was run beforehand there.
        states = list(_CACHE_STATUS)
    did = "|".join(_CACHE_STATUS[state] for state in states)
    age = {"age": {"regex": r"^\d+$"}} if states == ["HIT"] else {}
    return {"cache-status": {"regex": f"^notebook-routes; ({did})$"}, **age}


def _vary(value: Any) -> dict[str, Any]:
    """Vary without what React and compression add to it."""
    text = ", ".join(value) if isinstance(value, list) else value
    names = [name for name in text.split(", ") if not name.startswith(("rsc", "next-")) and name != "Accept-Encoding"]
    return {"vary": ", ".join(names)} if names else {}


def _body(body: dict[str, Any]) -> dict[str, Any]:
    return {kind: _params(without_reflection(value)) if kind == "json" else value for kind, value in body.items()}


def _params(value: Any) -> Any:
    """`params` is undefined or null there without dynamic segments, and an empty mapping here."""
    if isinstance(value, dict) and "route" in value:
        return {**value, "params": value.get("params") or {}}
    return value
