"""What a browser sees of a request from a page of another origin, and which option would let it through.

A preflight is sent as browsers do (Fetch standard §3.2), and its answer read as they read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.inspector.asked import raw_target
from notebook_routes.project.answer import written_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_routes.inspector.sender import Sender
    from notebook_routes.web import Headers

#: What a page may send without being asked about first.
_SIMPLE_METHODS = ("GET", "HEAD", "POST")
_SIMPLE_HEADERS = ("accept", "accept-language", "content-language")
_SIMPLE_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


async def explained(
    sender: Sender, *, method: str, target: str, headers: Sequence[tuple[str, str]], origin: str, token: bool
) -> str:
    """One sentence about a request that a page of `origin` would send.

    Args:
        sender: asks the server.
        method: the request's.
        target: its path and query.
        headers: its headers.
        origin: "https://shop.example".
        token: whether the server asks for its bearer token.

    Raises:
        ServerError: the server does not answer, or the origin cannot be sent.
    """
    from notebook_routes.web import Headers  # noqa: PLC0415 - beside the type

    asked = f"OPTIONS {target}"
    names = sorted({name.lower() for name, value in headers if not _is_simple(name.lower(), value)})
    lines = [("origin", origin), ("access-control-request-method", method)]
    if names:
        lines.append(("access-control-request-headers", ",".join(names)))
    response = await sender.ask("OPTIONS", raw_target(target), written_headers(lines, asked))
    answered = Headers(response.headers.multi_items())
    said = _refusal(answered, response.status_code, method, names, origin)
    if said is None and token and "authorization" not in names:
        return f"A page of {origin} may call this, but the server asks for its token: the answer is 401 without it"
    return said or f"A page of {origin} may send {method} {target.partition('?')[0]} and read the answer"


def _refusal(headers: Headers, status: int, method: str, names: list[str], origin: str) -> str | None:
    """Why a browser refuses; None where it does not."""
    allowed = headers.get("access-control-allow-origin")
    option = f'write --cors {origin} on the route\'s magic line (cors = "{origin}" in a file)'
    if allowed not in ("*", origin):
        if allowed is not None:
            return f"The browser refuses: the path allows {allowed}, and not {origin}: {option}"
        if status >= 400 and status not in (401, 403, 405):
            return f"The browser refuses: its preflight was answered {status}, without Access-Control-Allow-Origin"
        unsafe = "" if method in ("GET", "HEAD", "OPTIONS") else f", and the server answers a foreign {method} with 403"
        return f"The browser refuses: the path declares no other origins{unsafe}: {option}"
    methods = _listed(headers.get("access-control-allow-methods"))
    if method not in _SIMPLE_METHODS and method.lower() not in methods and "*" not in methods:
        return f"The browser refuses {method}: the path allows {', '.join(sorted(methods)).upper() or 'no methods'}"
    allowed_names = _listed(headers.get("access-control-allow-headers"))
    # The star stands for all headers but this one.
    covered = set() if "*" not in allowed_names else set(names) - {"authorization"}
    missing = [name for name in names if name not in allowed_names | covered]
    if missing:
        return f"The browser refuses the header {missing[0]}: name it in the path's cors, under headers"
    return None


def _listed(value: str | None) -> set[str]:
    return {item.strip().lower() for item in (value or "").split(",") if item.strip()}


def _is_simple(name: str, value: str) -> bool:
    if name == "content-type":
        return value.partition(";")[0].strip().lower() in _SIMPLE_TYPES
    # A browser sends these itself, whatever a page says.
    return name in _SIMPLE_HEADERS or name in ("cookie", "host", "origin", "content-length", "accept-encoding")
