"""`ResponseCookies`: the cookies a response sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, overload

from notebook_routes.web.cookie import Cookie, as_expiry, as_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from notebook_routes.web.headers import Headers

T = TypeVar("T")


class ResponseCookies:
    """The Set-Cookie headers of a response, read and written as cookies.

    Two cookies are the same where name, domain and path are, as in a browser; setting one again replaces it
    in its place. Set-Cookie headers written by hand are seen too, and kept as they are.

    Args:
        headers: what is read and written.

    Example:
        >>> response.cookies.set("session", token, max_age=3600, http_only=True, same_site="lax")
    """

    __slots__ = ("_headers",)

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    @property
    def headers(self) -> Headers:
        """The headers that are read and written."""
        return self._headers

    @property
    def size(self) -> int:
        """The number of cookies."""
        return len(self)

    def get(self, name: str) -> Cookie | None:
        """The cookie of this name that was set last; None where there is none."""
        found = self.get_all(name)
        return found[-1] if found else None

    @overload
    def value(self, name: str, default: None = None) -> str | None: ...
    @overload
    def value(self, name: str, default: T) -> str | T: ...
    def value(self, name: str, default: object = None) -> object:
        """The value of a cookie; `default` where there is none."""
        cookie = self.get(name)
        return default if cookie is None else cookie.value

    def get_all(self, name: str | None = None) -> list[Cookie]:
        """Every cookie, or those of one name, which differ by domain or path."""
        cookies = [Cookie.from_set_cookie(line) for line in self._headers.get_set_cookie()]
        return [cookie for cookie in cookies if name in (None, cookie.name)]

    def has(self, name: str) -> bool:
        """Whether a cookie of this name is set or deleted."""
        return self.get(name) is not None

    def set(
        self,
        name: str | Cookie | Mapping[str, Any],
        value: object = None,
        *,
        path: str | None = "/",
        expires: datetime | float | None = None,
        max_age: float | timedelta | None = None,
        domain: str | None = None,
        secure: bool = False,
        http_only: bool = False,
        same_site: str | None = None,
        partitioned: bool = False,
        priority: str | None = None,
    ) -> None:
        """Sets a cookie.

        Args:
            name: a name, or a whole cookie: a `Cookie`, or a mapping of these arguments.
            value: a str, which is percent-encoded, or a number or bool; None is empty.
            path: where the browser sends it; "" leaves it out.
            expires: a datetime with a timezone, or seconds since 1970; 0 deletes.
            max_age: seconds, or a timedelta; also sends the Expires that follows from it, in place of `expires`; 0
                deletes.
            domain: which hosts get it; the one that sets it if None.
            secure: over HTTPS only.
            http_only: out of reach of scripts.
            same_site: "strict", "lax" or "none".
            partitioned: one jar for each top-level site.
            priority: "low", "medium" or "high".

        Raises:
            ValueError: the name is no token, or an attribute has a value that it cannot have.
            TypeError: an argument has the wrong type.
        """
        if isinstance(name, Mapping):
            self.set(**name)
            return
        if isinstance(name, Cookie):
            cookie = name if name.path is not None else replace(name, path="/")
        elif isinstance(name, str):
            until, seconds = as_expiry(expires), as_seconds(max_age)
            cookie = Cookie(
                name=name,
                value=_text(name, value),
                path=path,
                # Of the two, browsers heed Max-Age (RFC 6265 §5.3).
                expires=None if seconds else until,
                max_age=seconds,
                domain=domain,
                secure=secure,
                http_only=http_only,
                same_site=same_site,
                partitioned=partitioned,
                priority=priority,
            )
        else:
            raise TypeError(f"a cookie's name is a str, not {type(name).__name__}")
        self._put(cookie)

    def delete(
        self, name: str | Cookie | Mapping[str, Any], *, path: str | None = "/", domain: str | None = None
    ) -> None:
        """Tells the browser to drop a cookie; path and domain must be those it was set with.

        Args:
            name: a name, or a whole cookie: a `Cookie`, or a mapping of these arguments.
            path: where the browser sends it.
            domain: which hosts get it.

        Raises:
            ValueError: the name is no token.
            TypeError: it is no name and no cookie.
        """
        if isinstance(name, Mapping):
            self.delete(**name)
            return
        if isinstance(name, Cookie):
            path, domain = name.path or path, name.domain or domain
            name = name.name
        if not isinstance(name, str):
            raise TypeError(f"a cookie's name is a str, not {type(name).__name__}")
        # Browsers refuse to touch __Secure- and __Host- cookies without Secure (RFC 6265bis §4.1.3).
        secure = name.startswith(("__Secure-", "__Host-"))
        self.set(name, "", path=path, domain=domain, expires=0, secure=secure)

    def __getitem__(self, name: str) -> Cookie:
        cookie = self.get(name)
        if cookie is None:
            raise KeyError(name)
        return cookie

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has(name)

    def __iter__(self) -> Iterator[Cookie]:
        return iter(self.get_all())

    def __len__(self) -> int:
        return len(self._headers.get_set_cookie())

    def __repr__(self) -> str:
        return f"ResponseCookies({', '.join(cookie.name for cookie in self)})"

    def _put(self, cookie: Cookie) -> None:
        lines = self._headers.get_set_cookie()
        written = cookie.to_set_cookie()
        same = [at for at, line in enumerate(lines) if Cookie.from_set_cookie(line).key == cookie.key]
        if not same:
            self._headers.append("set-cookie", written)
            return
        lines[same[0]] = written
        kept = [line for at, line in enumerate(lines) if at not in same[1:]]
        self._headers.delete("set-cookie")
        for line in kept:
            self._headers.append("set-cookie", line)


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    raise TypeError(f"cookie {name!r} takes a str or a number, not {type(value).__name__}: write json.dumps(...)")
