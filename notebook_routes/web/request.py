"""`Request`: what a client asks, as the Fetch standard and `NextRequest` have it.

Making one costs an adapter next to nothing: URL, query, cookies, body stream and signal are made when first
read.
"""

# ruff: noqa: SLF001 - the class methods here make instances of their own class without its constructor

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import Aborted
from notebook_routes.web.abort import AbortSignal
from notebook_routes.web.body import Body
from notebook_routes.web.content import content_of
from notebook_routes.web.cookie import Cookie
from notebook_routes.web.geo import NOWHERE
from notebook_routes.web.headers import Headers
from notebook_routes.web.json import json_bytes
from notebook_routes.web.request_cookies import RequestCookies
from notebook_routes.web.search_params import URLSearchParams
from notebook_routes.web.url import URL, refuse_upwards

if TYPE_CHECKING:
    import builtins
    from collections.abc import Coroutine, Iterable

    from notebook_routes.types import ByteStream, HeadersInit
    from notebook_routes.web.content import BodyInit
    from notebook_routes.web.formdata import FormData
    from notebook_routes.web.geo import Geo, GeoHeaders

#: Stands for a JSON value that is not given, since None is one.
UNSET: Any = object()
_NO_BODY = frozenset({"GET", "HEAD"})
# RFC 9110 §9.1: method = token
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Request(Body):
    """What a client asks.

    Args:
        url: absolute.
        method: any; written in upper case.
        headers: header fields.
        body: as for `Response`; GET and HEAD have none.
        json: a value sent as JSON, instead of a body.
        signal: what tells the handler that nobody waits any longer.

    Raises:
        ValueError: the URL is not absolute, or the method is no token.
        TypeError: the body cannot be one, stands beside `json`, or the method has none.

    Example:
        >>> request = Request("http://127.0.0.1:8000/products", method="POST", json={"name": "Lamp"})
        >>> asyncio.run(request.json())
        {'name': 'Lamp'}
    """

    __slots__ = (
        "_abort_reason",
        "_cookies",
        "_keeps_body",
        "_next_url",
        "_origin",
        "_original_url",
        "_query",
        "_signal",
        "_state",
        "_url",
        "_withheld",
        "exchange",
        "geo_headers",
        "method",
        "path",
        "peer",
        "query_string",
        "target",
    )

    #: What the app keeps beside the request while it is answered; None outside of one.
    exchange: object
    #: The headers of a trusted proxy that `geo` is read from; None where none is declared.
    geo_headers: GeoHeaders | None
    #: The method, in upper case.
    method: str
    #: Who has connected, the version of HTTP that they speak, and their port, 0 where none is known; None where there
    #: is no connection.
    peer: tuple[str, str, int] | None
    #: The request target as it came: path and query, percent-encoded.
    target: str
    #: The path of the target, percent-encoded, not normalised.
    path: str
    #: The query of the target without its "?".
    query_string: str
    _abort_reason: object
    _cookies: RequestCookies | None
    _keeps_body: bool
    _next_url: URL | None
    _origin: str
    _original_url: str | None
    _query: URLSearchParams | None
    _signal: AbortSignal | None
    _state: SimpleNamespace | None
    _url: str | None
    _withheld: bytes | ByteStream | None

    def __init__(
        self,
        url: str | URL,
        *,
        method: str = "GET",
        headers: Headers | HeadersInit | None = None,
        body: BodyInit | None = None,
        json: Any = UNSET,
        signal: AbortSignal | None = None,
    ) -> None:
        parts = URL(url)
        if not _TOKEN.fullmatch(method):
            raise ValueError(f"{method!r} cannot be a request's method: one word such as GET or POST")
        self._begin(method.upper(), parts.pathname + parts.search, parts.origin)
        self.headers = Headers(headers)
        self._signal = signal
        self._url = parts.href
        if json is not UNSET:
            if body is not None:
                raise TypeError("Request takes body= or json=, not both")
            self._content = json_bytes(json)
            kind: str | None = "application/json"
        elif body is not None:
            content = content_of(body, owner="Request", json_form="json=...")
            self._content, self._source, kind = content.data, content.stream, content.content_type
        else:
            return
        if self.method in _NO_BODY:
            raise TypeError(f"a {self.method} request has no body: use method='POST', or put the values into the URL")
        if kind is not None and not self.headers.has("content-type"):
            self.headers.append("content-type", kind)

    @classmethod
    def from_target(
        cls,
        method: str,
        target: str,
        *,
        origin: str,
        headers: Headers,
        body: bytes | ByteStream | None = None,
    ) -> Request:
        """Makes a request from what stands on the wire; for adapters, nothing is checked.

        Args:
            method: in upper case.
            target: the raw request target in origin-form (RFC 9112 §3.2.1), "/a%20b?x=1".
            origin: scheme, host and port, "http://127.0.0.1:8000".
            headers: kept, not copied.
            body: the bytes, or pieces of them as they arrive; of GET and HEAD it is kept for `accept_body`.
        """
        request = cls.__new__(cls)
        request._begin(method, target, origin)
        request.headers = headers
        request._withheld = body
        if method not in _NO_BODY:
            request.accept_body()
        return request

    @property
    def url(self) -> str:
        """The absolute URL, normalised by the URL standard."""
        url = self._url
        if url is None:
            self._url = url = URL(self._raw_url()).href
        return url

    @property
    def original_url(self) -> str:
        """The URL that the client asked for, where middleware has rewritten it; else `url`."""
        return self.url if self._original_url is None else self._original_url

    @property
    def next_url(self) -> URL:
        """The URL taken apart; changes stay on this object and do not reach `url`."""
        if self._next_url is None:
            self._next_url = url = URL(self.url)
            if url.search:
                # As in Next.js, the query is written anew: "%20" becomes "+".
                url.search = str(url.search_params)
        return self._next_url

    @property
    def query(self) -> URLSearchParams:
        """The query as names and values."""
        if self._query is None:
            self._query = URLSearchParams(self.query_string)
        return self._query

    @property
    def cookies(self) -> RequestCookies:
        """The cookies of the client; changes are written into the Cookie header, and `cookies()` does not see them."""
        if self._cookies is None:
            self._cookies = RequestCookies(self.headers.get("cookie", ""), self._write_cookies)
        return self._cookies

    def accepted(self) -> str:
        """The media ranges that the client takes, its Accept header; "*/*" where it has none (RFC 9110 §12.5.1)."""
        return self.headers.get("accept") or "*/*"

    @property
    def signal(self) -> AbortSignal:
        """Fires when the client has left, or the handler has run out of time."""
        signal = self._signal
        if signal is None:
            self._signal = signal = AbortSignal()
            # Looked at after the signal is in place: abort() in another thread looks in the other order.
            if self._abort_reason is not None:
                signal.fire(self._abort_reason)
        return signal

    @property
    def content(self) -> builtins.bytes | None:
        """The body where all of it is in memory, b"" for none; None for a stream, or where it was read already.

        For those who send it on: looking at it is not reading.
        """
        if self.body_used or (self._content is None and self._source is not None):
            return None
        return self._content or b""

    @property
    def geo(self) -> Geo:
        """Where the client is (`country`, `city`, `region`, `latitude`, `longitude`), as a declared proxy says.

        All of it is None unless the operator declares whose headers to trust: `App(geo="vercel")`, `--geo vercel`.
        """
        return NOWHERE if self.geo_headers is None else self.geo_headers.read(self.headers)

    @property
    def aborted(self) -> bool:
        """Whether `signal` has fired; asking makes no signal."""
        return self._abort_reason is not None or (self._signal is not None and self._signal.aborted)

    @property
    def state(self) -> SimpleNamespace:
        """A place where middleware leaves things for the handler: `request.state.user = ...`."""
        if self._state is None:
            self._state = SimpleNamespace()
        return self._state

    def abort(self, reason: object = None) -> None:
        """Says that nobody waits for the answer any longer; for adapters, from any thread."""
        if self._abort_reason is not None:
            return
        self._abort_reason = Aborted() if reason is None else reason
        if self._signal is not None:
            self._signal.fire(self._abort_reason)

    async def json(self) -> Any:
        """Reads the body as JSON, whatever its content type.

        Raises:
            InvalidBody: it is no JSON; the message says where.
            BodyUsed: the body was read already.
        """
        return await self._read_json()

    async def form_data(self) -> FormData:
        """Reads the body as a form, urlencoded or multipart by its content type.

        Raises:
            InvalidBody: the content type is no form's, or the body is malformed.
            BodyTooLarge: it has over 1,000 files or 1,000 other fields, or is over the server's limit.
            BodyUsed: the body was read already.
        """
        if not self._keeps_body:
            return await super().form_data()
        await self.buffer()
        twin = self.clone()
        return await twin.form_data()

    async def buffer(self) -> bytes:
        """Reads the whole body into memory without using it up.

        `json()`, `text()` and the others still work once.

        Raises:
            BodyUsed: the body was read already.
        """
        if self._used or (self._stream is not None and (self._stream.disturbed or self._stream.locked)):
            self._refuse()
        if self._content is None and self._source is not None:
            stream = self.body
            if stream is not None:
                self._content = await stream.collect()
            self._source = self._stream = None
        return self._content or b""

    def clone(self) -> Request:
        """A second request with the same body and signal; a stream is read once for both.

        Raises:
            BodyUsed: the body was read already.
        """
        twin = Request.__new__(Request)
        twin._begin(self.method, self.target, self._origin)
        self._share(twin)
        twin.headers = self.headers.copy()
        twin._url = self._url
        twin._original_url = self._original_url
        twin._signal = self.signal
        twin._state = self._state
        twin.geo_headers = self.geo_headers
        return twin

    def rewritten(self, url: str | URL, *, headers: Headers | None = None) -> Request:
        """The same request at another URL, for middleware that rewrites; the body moves over to it.

        Args:
            url: absolute, or relative to this request's.
            headers: the header fields instead of this request's.

        Raises:
            ValueError: it is no URL.
            HTTPError: 400, its path has ".." in it; a `URL` has resolved it already.
        """
        if isinstance(url, str):
            refuse_upwards(url)
        parts = URL(url, base=self.url)
        moved = Request.__new__(Request)
        moved._begin(self.method, parts.pathname + parts.search, parts.origin)
        moved.headers = self.headers if headers is None else headers
        moved._content, moved._source, moved._stream, moved._used = (
            self._content,
            self._source,
            self._stream,
            self._used,
        )
        moved._withheld = self._withheld
        moved._original_url = self.original_url
        moved._signal = self.signal
        moved._state = self.state
        moved._keeps_body = self._keeps_body
        moved.geo_headers = self.geo_headers
        return moved

    def accept_body(self) -> None:
        """Have the body that a GET or a HEAD came with, which is as none else (RFC 9110 §9.3.1); for API Routes."""
        body, self._withheld = self._withheld, None
        if isinstance(body, bytes):
            self._content = body
        elif body is not None:
            self._source = body

    def keep_body(self, *, keep: bool = True) -> None:
        """From now on reading the body as a whole does not use it up, so that a handler can after a middleware.

        What is read from `body` piece by piece is used up all the same.
        """
        self._keeps_body = keep

    def replace_headers(self, headers: Headers) -> None:
        """What middleware has the handler see in place of what the client sent; cookies follow the Cookie header."""
        self.headers, self._cookies = headers, None

    def replace_host(self, host: str) -> None:
        """Have the handler see another Host, with its port; before anything has asked for the URL."""
        self.headers.set("host", host)
        self._origin = f"{self._origin.partition('://')[0]}://{host}"
        self._url = None

    def receive_cookies(self, lines: Iterable[str]) -> None:
        """Read Set-Cookie headers as the browser will: what they set and delete holds for this request already."""
        cookies = RequestCookies(self.headers.get("cookie", ""))
        for line in lines:
            cookie = Cookie.from_set_cookie(line)
            if cookie.has_ended():
                cookies.delete(cookie.name)
            else:
                cookies.set(cookie.name, cookie.value)
        # What came stays as it came, for the log.
        self.replace_headers(self.headers.copy())
        self._write_cookies(str(cookies))

    def _write_cookies(self, header: str) -> None:
        if header:
            self.headers.set("cookie", header)
        else:
            self.headers.delete("cookie")

    def __repr__(self) -> str:
        return f"<Request {self.method} {self._raw_url()}>"

    def _begin(self, method: str, target: str, origin: str) -> None:
        self.method = method
        self.target = target
        self.exchange = self.geo_headers = self.peer = None
        self._origin = origin
        self.path, _, self.query_string = target.partition("?")
        self._content = self._source = self._stream = self._url = self._original_url = None
        self._next_url = self._query = self._cookies = self._state = None
        self._signal = self._abort_reason = None
        self._used = self._keeps_body = False
        self._withheld = None

    def _read(self) -> Coroutine[Any, Any, builtins.bytes]:
        return self.buffer() if self._keeps_body else super()._read()

    def _raw_url(self) -> str:
        return f"{self._origin}{self.path}?{self.query_string}" if self.query_string else self._origin + self.path
