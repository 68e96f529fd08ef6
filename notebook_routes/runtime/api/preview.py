"""Preview mode, which draft mode has followed: `res.set_preview_data(data)` leaves data with an editor's browser.

It is kept in a cookie beside draft mode's, signed with what only this server knows: nobody can make it up, but whose
browser it is can read it.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from notebook_routes.runtime.request_time import DRAFT_COOKIE
from notebook_routes.web.json import json_bytes

if TYPE_CHECKING:
    from notebook_routes.runtime.exchange import DraftCookie, Exchange

PREVIEW_COOKIE = "__notebook_routes_preview"
#: Bytes of data; a browser keeps no cookie over 4 KB.
_MOST = 2048


def read_preview(exchange: Exchange) -> Any:
    """The data of a browser that is shown drafts, {} where there is none that this server has left."""
    signed = exchange.request.cookies.value(PREVIEW_COOKIE) or ""
    data, _, signature = signed.partition(".")
    if not hmac.compare_digest(_signature(data, exchange.draft).encode(), signature.encode()):
        return {}
    return json.loads(urlsafe_b64decode(data))


def preview_lines(draft: DraftCookie, data: Any, *, max_age: int | None, path: str | None) -> list[str]:
    """The Set-Cookie lines that leave data.

    Raises:
        ValueError: it is over 2 KB.
        TypeError: it cannot be written as JSON.
    """
    content = json_bytes(data)
    if len(content) > _MOST:
        raise ValueError(f"preview data has {len(content):,} bytes, and a cookie holds {_MOST:,}: keep an id there")
    text = urlsafe_b64encode(content).decode().rstrip("=")
    text += "=" * (-len(text) % 4)
    signed = f"{text}.{_signature(text, draft)}"
    return [
        set_cookie(DRAFT_COOKIE, draft.value, draft, max_age=max_age, path=path),
        set_cookie(PREVIEW_COOKIE, signed, draft, max_age=max_age, path=path),
    ]


def set_cookie(
    name: str, value: str, draft: DraftCookie, *, max_age: int | None = None, path: str | None = None
) -> str:
    """A Set-Cookie line as Next.js writes those of draft mode; without a value one that clears the cookie.

    Raises:
        ValueError: the path cannot be a cookie's, or the age is no number of seconds.
    """
    if path is not None and (not path.startswith("/") or ";" in path):
        raise ValueError(f'path={path!r}: the path of a cookie begins with "/" and holds no ";"')
    if max_age is not None and (isinstance(max_age, bool) or not isinstance(max_age, int)):
        raise ValueError(f"max_age={max_age!r}: write whole seconds")
    parts = [
        f"{name}={value}",
        *([] if max_age is None else [f"Max-Age={max_age}"]),
        f"Path={path or '/'}",
        *([] if value else ["Expires=Thu, 01 Jan 1970 00:00:00 GMT"]),
        "HttpOnly",
        # Over plain HTTP a browser would keep neither.
        *(["Secure", "SameSite=None"] if draft.secure else ["SameSite=Lax"]),
    ]
    return "; ".join(parts)


def _signature(data: str, draft: DraftCookie) -> str:
    return hmac.new(draft.value.encode(), f"preview.{data}".encode(), "sha256").hexdigest()
