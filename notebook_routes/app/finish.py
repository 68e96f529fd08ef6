"""The last touches every response gets: cookies, conditional requests, a Location that can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from notebook_routes.web import Continuation, Headers, Response
from notebook_routes.web.conditions import is_known
from notebook_routes.web.response import Redirect, refuse_status_line

if TYPE_CHECKING:
    from notebook_routes.runtime import Exchange
    from notebook_routes.web import Request
    from notebook_routes.web.header_section import HeaderSection


def finish(response: Response, exchange: Exchange) -> Response:
    """The response as it is sent. The handler's object is never changed: it may be answered twice.

    Raises:
        TypeError: it is what a middleware goes on by, and no answer; or its status or its headers were assigned
            something else.
        ValueError: it cannot be sent, or a Content-Length was set that is not the body's.
        BodyUsed: its body was read already.
    """
    status = response.status
    if status.__class__ is not int or not 200 <= status <= 599 or response.status_text:
        _check_status(response)
    headers: object = response.headers
    if not isinstance(headers, Headers):
        kind = type(headers).__name__
        raise TypeError(f"response.headers was set to a {kind}: write response.headers.update(...), or Headers(...)")
    # Raises where the body was read already.
    _ = response.content
    if exchange.cookies is not None:
        response = response.with_headers(lambda copy: _add_cookies(copy, exchange))
    section = response.headers.section()
    return response if section.is_plain else _with_fields(response, section, exchange.request)


def _with_fields(response: Response, section: HeaderSection, request: Request) -> Response:
    """The response whose header fields are looked at."""
    if section.unsendable is not None:
        raise ValueError(f"header {section.unsendable} cannot be sent: its value has a control character")
    if "content-length" in section.names:
        response = _with_length(response, request.method)
    if "etag" in section.names and response.status == 200:
        return _conditional(response, request)
    return response


def _check_status(response: Response) -> None:
    """Refuse what is no answer, and a status line that cannot be sent: both parts may have been assigned."""
    if response.status == 0 and isinstance(response, Continuation):
        raise TypeError(f"{response!r} is for a middleware to return: a handler answers by itself")
    if response.status == 0:
        raise ValueError("Response.error() is the answer of a network that failed: it cannot be sent")
    refuse_status_line(response.status, response.status_text)


def _conditional(response: Response, request: Request) -> Response:
    """The response, or the 304 in its place where the client has it already (RFC 9110 §13.1.2)."""
    condition = request.headers.get("if-none-match") if request.method in ("GET", "HEAD") else None
    has_it = condition is not None and is_known(response.headers.get("etag") or "", condition)
    return _not_modified(response) if has_it else response


def _add_cookies(headers: Headers, exchange: Exchange) -> None:
    """What `cookies().set` collected; a Set-Cookie of that name on the response itself wins."""
    assert exchange.cookies is not None
    own = {line.partition("=")[0] for line in headers.get_set_cookie()}
    for line in exchange.cookies.headers.get_set_cookie():
        if line.partition("=")[0] not in own:
            headers.append("set-cookie", line)


def _with_length(response: Response, method: str) -> Response:
    """The response, whose Content-Length was set by the handler; of a stream it is believed until its end."""
    if response.status == 204:
        # RFC 9110 §8.6 forbids it.
        return response.with_headers(lambda headers: headers.delete("content-length"))
    declared, content = response.headers.get("content-length") or "", response.content
    # An answer to HEAD and a 304 may say how long the body would be.
    elsewhere = not content and (method == "HEAD" or response.status == 304)
    if content is None or elsewhere:
        if not (declared.isascii() and declared.isdecimal()):
            raise ValueError(f"Content-Length is set to {declared}, which is no number: leave the header out")
    elif declared != str(len(content)):
        raise ValueError(
            f"Content-Length is set to {declared}, but the body has {len(content)} bytes: leave the header out"
        )
    return response


def _not_modified(response: Response) -> Response:
    kept = [(name, value) for name, value in response.headers.raw if not name.startswith("content-")]
    return Response(None, status=304, headers=Headers.from_pairs(kept))


def resolve_location(response: Response, exchange: Exchange) -> Response:
    """What `Response.redirect` made, with its Location made absolute; any other response as it is."""
    if not isinstance(response, Redirect):
        return response
    return with_location(response, exchange.request.url)


def with_location(response: Response, base: str) -> Response:
    """What `Response.redirect` made, with its Location made absolute, seen from a URL."""
    location = response.headers.get("location")
    if location is None or not isinstance(response, Redirect) or "://" in location:
        return response
    absolute = urljoin(base, location)
    return response.with_headers(lambda headers: headers.set("location", absolute))
