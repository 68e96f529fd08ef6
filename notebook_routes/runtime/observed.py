"""The request as a handler sees it whose answer may be kept: what it reads of the client's is noticed.

What all clients share is there without being noticed: the method, the path, the declared query parameters, the
server's own origin. Everything else is the client's, and reading it makes the answer this client's alone; in a run for
no client, or of a route that is declared static, there is nothing of it.
"""

# ruff: noqa: SLF001 - a request of our own is filled in without its constructor, as in web.request

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from notebook_routes.web import URL, Headers, Request, URLSearchParams

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from notebook_routes.cache import Rendering


def observe(
    client: Request | None,
    rendering: Rendering,
    *,
    path: str,
    query: Sequence[tuple[str, str]],
    origin: str,
    accept: str,
) -> ObservedRequest:
    """The request for a run.

    Args:
        client: what the client has sent; None where there is no client.
        rendering: is told what is read.
        path: in the spelling of the key.
        query: the declared parameters that were given.
        origin: the server's.
        accept: what the answer is negotiated by, as `canonical_accept` gives it.
    """
    target = f"{path}?{urlencode(query)}" if query else path
    request = ObservedRequest.__new__(ObservedRequest)
    request._rendering = rendering
    request._client = client
    request._accept = accept
    request._begin("GET", target, origin)
    request.headers = Headers()
    return request


class _Noticed:
    """A field of the request that is the client's."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._own = _field(name)

    def __get__(self, request: ObservedRequest, owner: type | None = None) -> Any:
        client = request._reads(f"request.{self._name}")
        return self._own.__get__(request, owner) if client is None else getattr(client, self._name)

    def __set__(self, request: ObservedRequest, value: Any) -> None:
        self._own.__set__(request, value)


def _field(name: str) -> Any:
    """The descriptor that a plain request has for a field."""
    return next(vars(kind)[name] for kind in Request.__mro__ if name in vars(kind))


def _own(request: Request, name: str) -> Any:
    """A field of an observed request itself, unnoticed."""
    return _field(name).__get__(request)


class ObservedRequest(Request):
    """A request that says what is read of it; see `observe`."""

    __slots__ = ("_accept", "_client", "_rendering")

    _accept: str
    _client: Request | None
    _rendering: Rendering

    body = _Noticed("body")
    cookies = _Noticed("cookies")
    geo = _Noticed("geo")
    headers = _Noticed("headers")
    original_url = _Noticed("original_url")
    query = _Noticed("query")
    query_string = _Noticed("query_string")
    state = _Noticed("state")
    target = _Noticed("target")
    url = _Noticed("url")

    @property
    def next_url(self) -> URL:
        """The URL taken apart: host and path are the server's, the rest is the client's."""
        if self._next_url is None:
            self._next_url = _ObservedURL(self)
        return self._next_url

    def clone(self) -> Request:
        """A second request that is observed like this one."""
        twin = ObservedRequest.__new__(ObservedRequest)
        twin._rendering, twin._client, twin._accept = self._rendering, self._client, self._accept
        twin._begin(self.method, _own(self, "target"), self._origin)
        twin.headers = Headers()
        return twin

    async def buffer(self) -> bytes:
        """Reads the body; what is kept is answered to GET, which has none."""
        self._reads("request.buffer()")
        return b""

    def reads(self, what: str) -> None:
        """Something of the client's is about to be read; `what` says it to people better than the field's name.

        Raises:
            DynamicError: it may not be.
        """
        self._rendering.reads(what)

    def accepted(self) -> str:
        """What the client takes, for the value of a handler that comes in several forms: each is kept for itself."""
        self._rendering.variant = self._accept
        return self._accept

    @property
    def declared_query(self) -> URLSearchParams:
        """The declared query parameters, which are part of the key."""
        return URLSearchParams(_own(self, "query_string"))

    @property
    def declared_url(self) -> str:
        """The URL with no other query than that."""
        return f"{self._origin}{_own(self, 'target')}"

    def _read(self) -> Coroutine[Any, Any, bytes]:
        self._reads("the body")
        return super()._read()

    def _reads(self, what: str) -> Request | None:
        return self._client if self._rendering.reads(what) else None

    def __repr__(self) -> str:
        return f"<Request GET {self._origin}{self.path}>"


class _ObservedURL(URL):
    """The URL of an observed request: host and path are nobody's secret, the query is the client's."""

    __slots__ = ("_request",)

    def __init__(self, request: ObservedRequest) -> None:
        super().__init__(request.declared_url)
        self._request: ObservedRequest | None = request

    @property
    def href(self) -> str:
        self._show()
        return super().href

    @href.setter
    def href(self, value: str) -> None:
        self._request = None
        URL.href.__set__(self, value)  # type: ignore[attr-defined]  # a property has one

    @property
    def origin(self) -> str:
        """As in the original, whose server has no address of its own while it prepares answers."""
        self._show()
        return super().origin

    @property
    def search(self) -> str:
        self._show()
        return super().search

    @search.setter
    def search(self, value: str) -> None:
        URL.search.__set__(self, value)  # type: ignore[attr-defined]  # the same

    def _show(self) -> None:
        request, self._request = self._request, None
        client = None if request is None else request._reads("request.next_url")
        if client is not None:
            self._parts = client.next_url.clone()._parts
