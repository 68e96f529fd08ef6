"""What a recorded expectation means for this project: the table of the specification's README, as code.

`expect_ours` of a case is written in our terms already and does not pass through here.
"""

import json
from typing import Any

#: Keys of the fixture's JSON that tell about JavaScript objects ("reflection is not behaviour").
_REFLECTION = ("paramsType", "ctor")
#: Headers of the original that are not sent here, and not compared.
_INTERNAL = ("refresh", "rsc", "x-nextjs-", "x-middleware-")
_CACHE_STATUS: dict[str | None, Any] = {
    "HIT": {"regex": "^notebook-routes; hit$"},
    "STALE": {"regex": "^notebook-routes; hit; fwd=stale$"},
    "MISS": {"regex": "^notebook-routes; fwd=uri-miss; stored$"},
    None: None,
}
#: A failure of the server says so in a line of plain text, and nothing of the error.
_SHORT_TEXT = r"^[ -~]{0,80}\n?$"


def translated(expect: dict[str, Any]) -> dict[str, Any]:
    """The expectation in our terms; the given one is not changed."""
    # The draft cookie's value has another alphabet.
    ours: dict[str, Any] = json.loads(json.dumps(renamed(expect)).replace("[0-9a-f]{32}", "[A-Za-z0-9_-]{22,}"))
    headers = _headers(ours.get("headers") or {})
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
    """A request or an expectation, with the draft cookie by our name."""
    ours: dict[str, Any] = json.loads(json.dumps(step).replace("__prerender_bypass", "__notebook_routes_draft"))
    return ours


def without_reflection(value: Any) -> Any:
    """JSON of a handler, without what tells about the language it is written in."""
    if isinstance(value, list):
        return [without_reflection(item) for item in value]
    if isinstance(value, dict):
        return {key: without_reflection(item) for key, item in value.items() if key not in _REFLECTION}
    return value


def _headers(given: dict[str, Any]) -> dict[str, Any]:
    ours: dict[str, Any] = {}
    for name, value in given.items():
        if name == "x-nextjs-cache":
            ours["cache-status"] = _CACHE_STATUS[value]
        elif name == "vary":
            ours |= _vary(value)
        elif not name.startswith(_INTERNAL) and (name != "x-powered-by" or value not in (None, "Next.js")):
            ours[name] = value
    if ours.get("content-length", "") is None:
        # A known length is sent here, and nothing is chunked then.
        del ours["content-length"]
        ours.pop("transfer-encoding", None)
    return ours


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
