"""`URL`: the WHATWG URL, parsed by ada (or, under Pyodide, by the platform's own `URL`)."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import HTTPError
from notebook_routes.web.search_params import URLSearchParams

if TYPE_CHECKING:
    from collections.abc import Callable


_STRIPPED = "".join(map(chr, range(0x21)))
_PASSED_OVER = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_QUERY = re.compile(r"[?#]")
_UPWARDS = re.compile(r"(?:^|[/\\])(?:\.|%2e){2}(?:[/\\]|$)", re.IGNORECASE)


class URL:
    """A URL taken apart, whose parts can be changed.

    Args:
        url: absolute, or relative to `base`.
        base: an absolute URL.

    Raises:
        ValueError: it is no URL, or is relative and there is no base.

    Example:
        >>> url = URL("/products?page=1", base="http://shop.example")
        >>> url.search_params.set("page", 2)
        >>> str(url)
        'http://shop.example/products?page=2'
    """

    __slots__ = ("_parts", "_search_params")

    def __init__(self, url: str | URL, base: str | URL | None = None) -> None:
        self._parts = _parse(str(url), None if base is None else str(base))
        self._search_params: URLSearchParams | None = None

    @classmethod
    def parse(cls, url: str | URL, base: str | URL | None = None) -> URL | None:
        """The URL, or None where the constructor would raise."""
        try:
            return cls(url, base)
        except ValueError:
            return None

    @classmethod
    def can_parse(cls, url: str | URL, base: str | URL | None = None) -> bool:
        """Whether the constructor would accept it."""
        return cls.parse(url, base) is not None

    @property
    def href(self) -> str:
        """The whole URL, normalised."""
        return str(self._parts.href)

    @href.setter
    def href(self, value: str) -> None:
        self._parts = _parse(value, None)
        self._refresh()

    @property
    def origin(self) -> str:
        """Scheme, host and port: "http://127.0.0.1:8000"."""
        return str(self._parts.origin)

    @property
    def protocol(self) -> str:
        """The scheme with its colon: "http:"."""
        return str(self._parts.protocol)

    @protocol.setter
    def protocol(self, value: str) -> None:
        self._assign("protocol", value)

    @property
    def username(self) -> str:
        """The user, percent-encoded."""
        return str(self._parts.username)

    @username.setter
    def username(self, value: str) -> None:
        self._assign("username", value)

    @property
    def password(self) -> str:
        """The password, percent-encoded."""
        return str(self._parts.password)

    @password.setter
    def password(self, value: str) -> None:
        self._assign("password", value)

    @property
    def host(self) -> str:
        """Host name and port: "127.0.0.1:8000"."""
        return str(self._parts.host)

    @host.setter
    def host(self, value: str) -> None:
        self._assign("host", value)

    @property
    def hostname(self) -> str:
        """The host without the port."""
        return str(self._parts.hostname)

    @hostname.setter
    def hostname(self, value: str) -> None:
        self._assign("hostname", value)

    @property
    def port(self) -> str:
        """The port as digits, "" for the scheme's own."""
        return str(self._parts.port)

    @port.setter
    def port(self, value: str | int) -> None:
        self._assign("port", str(value))

    @property
    def pathname(self) -> str:
        """The path, percent-encoded."""
        return str(self._parts.pathname)

    @pathname.setter
    def pathname(self, value: str) -> None:
        self._assign("pathname", value)

    @property
    def search(self) -> str:
        """The query with its "?", "" if empty."""
        return str(self._parts.search)

    @search.setter
    def search(self, value: str) -> None:
        self._assign("search", value)
        self._refresh()

    @property
    def hash(self) -> str:
        """The fragment with its "#", "" if empty."""
        return str(self._parts.hash)

    @hash.setter  # noqa: A003 - the standard's name
    def hash(self, value: str) -> None:
        self._assign("hash", value)

    @property
    def search_params(self) -> URLSearchParams:
        """The query as names and values; changing them changes the URL."""
        if self._search_params is None:
            self._search_params = URLSearchParams.of_url(self.search.removeprefix("?"), self._write_search)
        return self._search_params

    def clone(self) -> URL:
        """A copy with a life of its own."""
        return URL(self.href)

    def __str__(self) -> str:
        return self.href

    def __repr__(self) -> str:
        if not self.password:
            return f"URL({self.href!r})"
        shown = self.clone()
        shown.password = "[secret]"  # noqa: S105 - what a repr shows instead of one
        return f"URL({shown.href!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and self.href == other.href

    __hash__ = None  # type: ignore[assignment]  # mutable: equal today, different tomorrow

    def _assign(self, part: str, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(f"the {part} of a URL is a str, not {type(value).__name__}")
        before = self.href
        try:
            setattr(self._parts, part, value)
        except ValueError:
            raise ValueError(f"{value!r} cannot be the {part} of {before}") from None

    def _write_search(self) -> None:
        self._parts.search = str(self._search_params)

    def _refresh(self) -> None:
        if self._search_params is not None:
            self._search_params._replace(self.search.removeprefix("?"))


def refuse_upwards(url: str) -> None:
    """Refuses a URL whose path, as it is written, has "..", in any of its spellings.

    Where a path is put together from what a client sent, that leaves the place it was put behind, and the guards in
    front of where it leads have not been asked.

    Raises:
        HTTPError: 400.
    """
    # What the parser passes over (WHATWG URL §4.4).
    written = _PASSED_OVER.sub("", url.strip(_STRIPPED))
    if _UPWARDS.search(_QUERY.split(written, maxsplit=1)[0]):
        raise HTTPError(400, 'The path that this is rewritten to has ".." in it, and would lead to another place\n')


def _parse(url: str, base: str | None) -> Any:
    make = _maker()
    try:
        return make(url) if base is None else make(url, base)
    except Exception as problem:
        # ada raises ValueError; the platform's URL raises Pyodide's JsException, which has no type here.
        if not isinstance(problem, ValueError) and type(problem).__name__ != "JsException":
            raise
        if base is None and _SCHEME.match(url):
            raise ValueError(f"{url!r} is no URL: its host or its port cannot be one") from None
        if base is None:
            raise ValueError(
                f"{url!r} is no absolute URL; for a relative one write URL({url!r}, base=request.url)"
            ) from None
        if URL.parse(base) is None:
            raise ValueError(f"the base {base!r} is no absolute URL") from None
        raise ValueError(f"{url!r} is no URL, seen from {base!r}") from None


@cache
def _maker() -> Callable[..., Any]:
    """What parses: both give an object with the attributes of the standard."""
    if sys.platform == "emscripten":
        make: Callable[..., Any] = import_module("js").URL.new
        return make
    from ada_url import URL as AdaURL  # noqa: PLC0415, N811 - parsed on first use, and not at all under Pyodide

    return AdaURL
