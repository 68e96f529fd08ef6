"""The cookies that the page's requests, and those of `%%request` cells, are sent with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.cookiejar import Cookie, CookieJar


def shown(jar: CookieJar) -> list[dict[str, Any]]:
    """The cookies of a jar."""
    return [_shown(cookie) for cookie in list(jar)]


def clear(jar: CookieJar, name: str | None) -> None:
    """Remove all cookies of a name, or with None all."""
    for cookie in list(jar):
        if name in (None, cookie.name):
            jar.clear(cookie.domain, cookie.path, cookie.name)


def _shown(cookie: Cookie) -> dict[str, Any]:
    return {
        "name": cookie.name,
        "value": cookie.value or "",
        "path": cookie.path,
        "domain": cookie.domain,
        "expires": cookie.expires,
        "secure": cookie.secure,
        "http_only": cookie.has_nonstandard_attr("HttpOnly") or cookie.has_nonstandard_attr("httponly"),
    }
