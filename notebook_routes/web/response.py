"""`Response`: an answer, as the Fetch standard and `NextResponse` have it."""

# ruff: noqa: SLF001 - the functions here belong to Response

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from notebook_routes.errors import BodyUsed
from notebook_routes.web.body import Body
from notebook_routes.web.content import content_of
from notebook_routes.web.header_section import JSON_SECTION
from notebook_routes.web.headers import Headers
from notebook_routes.web.json import json_bytes
from notebook_routes.web.response_cookies import ResponseCookies
from notebook_routes.web.response_json import JsonMethod
from notebook_routes.web.url import URL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_routes.types import HeadersInit
    from notebook_routes.web.content import BodyInit

_NULL_BODY = frozenset({204, 205, 304})
_REDIRECT = (301, 302, 303, 307, 308)
# RFC 9112 §4: reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )
_REASON = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# What Location keeps as it is: all that RFC 3986 allows in a URL, and "%" of what is encoded already.
_URL_CHARACTERS = "%:/?#[]@!$&'()*+,;=~"


def _make_json(
    data: object,
    *,
    status: int = 200,
    status_text: str | None = None,
    headers: Headers | HeadersInit | None = None,
) -> Response:
    """Makes a response of a value written as JSON; on an instance, `await response.json()` reads one.

    Raises:
        TypeError: the value cannot be written; the message says where.
        ValueError: the status is out of range, or has no body.
    """
    response = Response.__new__(Response)
    response._content = json_bytes(data)
    response._source = response._stream = response._cookies = None
    response._used = response.redirected = False
    response.url = ""
    response.status = 200
    response.status_text = ""
    if status != 200 or status_text is not None:
        _set_status(response, status, status_text)
    if headers is None:
        response.headers = Headers.of_section(JSON_SECTION)
    else:
        response.headers = Headers(headers)
        if not response.headers.has("content-type"):
            response.headers.append("content-type", "application/json")
    return response


def _read_json(self: Response) -> Awaitable[Any]:
    return self._read_json()


class Response(Body):
    """An answer.

    Args:
        body: str (text/plain), bytes (no content type), a Blob or File (its type), URLSearchParams, FormData,
            a ReadableStream, or an async or sync iterator of str and bytes, which is sent piece by piece;
            None for none.
        status: 200 to 599; 204, 205 and 304 have no body.
        status_text: the reason phrase; servers send the usual one if not given.
        headers: header fields; a Content-Type given here wins over the body's.

    Raises:
        TypeError: the body cannot be one, such as a dict, which is for `Response.json`.
        ValueError: the status is out of range or has no body, or a header is malformed.
        BodyUsed: the body is a stream that was read already.

    Example:
        >>> Response("not here", status=404)
        <Response 404 text/plain;charset=UTF-8, 8 bytes>
    """

    __slots__ = ("_cookies", "redirected", "status", "status_text", "url")

    #: The status code; 0 for `Response.error()`.
    status: int
    #: The reason phrase, "" for the usual one.
    status_text: str
    #: Where a fetched response came from; "" for one that was made here.
    url: str
    #: Whether a fetched response was reached through redirects.
    redirected: bool
    _cookies: ResponseCookies | None

    json = JsonMethod(_make_json, _read_json)

    def __init__(
        self,
        body: BodyInit | None = None,
        *,
        status: int = 200,
        status_text: str | None = None,
        headers: Headers | HeadersInit | None = None,
    ) -> None:
        self._content: bytes | None = None
        self._source = self._stream = self._cookies = None
        self._used = self.redirected = False
        self.url = ""
        self.headers = Headers(headers)
        if body is not None:
            content = content_of(body, owner="Response", json_form="Response.json(...)")
            self._content = content.data
            self._source = content.stream
            if content.content_type is not None and not self.headers.has("content-type"):
                self.headers.append("content-type", content.content_type)
        self.status = 200
        self.status_text = ""
        if status.__class__ is not int or status != 200 or status_text is not None:
            _set_status(self, status, status_text)

    @classmethod
    def of_parts(cls, content: bytes, headers: Headers, *, status: int = 200) -> Response:
        """A response whose parts are known to be right; for what was one before, nothing is checked or copied."""
        response = cls.__new__(cls)
        response._content = content or None
        response._source = response._stream = response._cookies = None
        response._used = response.redirected = False
        response.url = response.status_text = ""
        response.headers = headers
        response.status = status
        return response

    @classmethod
    def redirect(cls, url: str | URL, status: int = 302, *, headers: Headers | HeadersInit | None = None) -> Response:
        """Sends the client elsewhere.

        Args:
            url: where to, absolute or relative to the request's; what a URL cannot contain is percent-encoded.
            status: 301, 302, 303, 307 or 308; 307 and 308 keep the method and the body.
            headers: further header fields.

        Raises:
            ValueError: another status.
            TypeError: the URL is neither a str nor a `URL`, such as None for a header that is absent.
        """
        if status not in _REDIRECT:
            raise ValueError(f"a redirect has status 301, 302, 303, 307 or 308, not {status!r}")
        if not isinstance(url, (str, URL)):
            raise TypeError(f"a redirect goes to a str or a URL, not {type(url).__name__}")
        response = Redirect(status=status, headers=headers)
        response.headers.set("location", quote(str(url), safe=_URL_CHARACTERS))
        return response

    @classmethod
    def next(
        cls,
        *,
        headers: Headers | HeadersInit | None = None,
        request_headers: Headers | HeadersInit | None = None,
    ) -> Response:
        """For a middleware to return: go on to what comes next, with these changes.

        Cookies that are set on it, `response.cookies.set(...)`, go to the client, and the handler sees them already.

        Args:
            headers: header fields of the answer; they replace those of the handler's.
            request_headers: what the handler sees in place of the client's headers; take a
                `request.headers.copy()` and change that.
        """
        from notebook_routes.web.continuation import Continuation  # noqa: PLC0415 - it is a Response itself

        return Continuation(headers=headers, request_headers=request_headers)

    @classmethod
    def rewrite(
        cls,
        url: str | URL,
        *,
        headers: Headers | HeadersInit | None = None,
        request_headers: Headers | HeadersInit | None = None,
    ) -> Response:
        """For a middleware to return: answer with what is at another URL, without the client being told.

        A URL of this server is answered by its route, which sees the new URL; `request.original_url` is the one
        asked for. Any other `http` or `https` URL is asked over the network: the method, the body and the headers go
        there, the cookies and Authorization among them, unless `request_headers` leaves them out.

        Never make the URL's host of what a client sent: the server would fetch for strangers what only it can reach
        (server-side request forgery). A path of the client's behind a fixed host needs care too: in `URL(path, base)`
        a path that begins with "//" names another host, so set `url.pathname` instead. The same holds for
        `Response.redirect`, which would send people to a stranger's page (open redirect). A text whose path has ".."
        in it is refused with a 400; a `URL` has resolved it already.

        Args:
            url: absolute, or relative to the request's.
            headers: header fields of the answer, as for `Response.next`.
            request_headers: what is sent on in place of the client's headers.
        """
        from notebook_routes.web.continuation import Continuation  # noqa: PLC0415 - the same

        return Continuation(url=str(url), headers=headers, request_headers=request_headers)

    @classmethod
    def error(cls) -> Response:
        """The answer of a network that failed: status 0, no body; a handler that returns it answers 500."""
        response = cls()
        response.status = 0
        return response

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status <= 299

    @property
    def type(self) -> str:
        """What kind it is: "error" for `Response.error()`, else "default"."""
        return "default" if self.status else "error"

    @property
    def cookies(self) -> ResponseCookies:
        """The cookies that this response sets; writing to it changes the Set-Cookie headers."""
        if self._cookies is None or self._cookies.headers is not self.headers:
            self._cookies = ResponseCookies(self.headers)
        return self._cookies

    @property
    def content(self) -> bytes | None:
        """The body where all of it is in memory, b"" for none; None for a stream.

        For adapters: looking at it is not reading.

        Raises:
            BodyUsed: the body was read already, so there is nothing left to send.
        """
        # Most have no stream: asking it costs as much as all else here.
        if self._used or (self._stream is not None and self._stream.disturbed):
            raise used_response()
        if self._content is not None:
            return self._content
        return None if self._source is not None else b""

    def with_headers(self, change: Callable[[Headers], object]) -> Response:
        """The same answer with other headers; the body moves over, and this object keeps its own headers.

        Args:
            change: given a copy of the headers to write to.
        """
        changed = Response.__new__(Response)
        changed._content, changed._source = self._content, self._source
        changed._stream, changed._used = self._stream, self._used
        changed.headers = self.headers.copy()
        change(changed.headers)
        changed.status = self.status
        changed.status_text = self.status_text
        changed.url = self.url
        changed.redirected = self.redirected
        changed._cookies = None
        return changed

    def clone(self) -> Response:
        """A second response with the same body; a stream is read once for both.

        Raises:
            BodyUsed: the body was read already.
        """
        twin = Response.__new__(Response)
        self._share(twin)
        twin.headers = self.headers.copy()
        twin.status = self.status
        twin.status_text = self.status_text
        twin.url = self.url
        twin.redirected = self.redirected
        twin._cookies = None
        return twin

    def __repr__(self) -> str:
        kind = self.headers.get("content-type")
        if self._content is not None:
            size = f"{len(self._content):,} bytes"
        else:
            size = "no body" if self._source is None else "a stream"
        return f"<Response {self.status} {f'{kind}, ' if kind else ''}{size}>"


class Redirect(Response):
    """What `Response.redirect` makes: its Location is sent absolute, while one that was written by hand stays."""

    __slots__ = ()


def used_response() -> BodyUsed:
    """What is raised for a response that has nothing left to send."""
    return BodyUsed("this response's body was read already and cannot be sent; send a clone() or a new Response")


def refuse_status_line(status: int, status_text: str) -> None:
    """Refuses a status and a reason phrase that cannot be sent.

    Raises:
        TypeError: the status is no int, or the reason phrase no str.
        ValueError: the status is out of range, or the phrase is not one line of Latin-1 (RFC 9112 §4).
    """
    if isinstance(status, bool) or not isinstance(status, int):
        raise TypeError(f"a response's status is an int from 200 to 599, not {status!r}")
    if not 200 <= status <= 599:
        raise ValueError(f"a response's status is 200 to 599, not {status}")
    if not isinstance(status_text, str):
        raise TypeError(f"status_text is a str, not {type(status_text).__name__}")
    if not _REASON.fullmatch(status_text):
        raise ValueError(f"status_text is one line of Latin-1 without control characters, not {status_text!r}")


def _set_status(response: Response, status: int, status_text: str | None) -> None:
    refuse_status_line(status, status_text or "")
    if status in _NULL_BODY and (response._content is not None or response._source is not None):
        raise ValueError(f"a response of status {status} has no body (RFC 9110): leave the body out")
    response.status = int(status)
    response.status_text = status_text or ""
