"""Requests that are refused by their head alone, before the app sees them."""

from __future__ import annotations

from notebook_routes.web import Response

#: Bytes of a request body, by default.
MAX_BODY_SIZE = 100 * 1024 * 1024
#: Fields of a request's head: `dict(request.headers)` looks through all of them for each. More is a 431.
MAX_HEADERS = 1000
#: Seconds to take in the rest of a body that nobody reads, so that the client sees the answer.
DRAIN_TIME = 2.0
#: Digits of the largest Content-Length that is read as a number.
_LONGEST_LENGTH = 18


def plain(status: int, text: str) -> Response:
    """A short answer in plain text."""
    return Response(text + "\n", status=status, headers={"content-type": "text/plain; charset=utf-8"})


def too_many_headers() -> Response:
    """The answer to a head of more than `MAX_HEADERS` fields (RFC 6585 §5)."""
    return plain(431, f"The request has more than {MAX_HEADERS:,} header fields")


def one_host() -> Response:
    """The answer to no Host, or several: of two, two readers could believe different ones (RFC 9112 §3.2)."""
    return plain(400, "A request needs exactly one Host header")


def no_host_name() -> Response:
    """The answer to a Host that is malformed (RFC 9112 §3.2): no URL could be made of it."""
    return plain(400, "The Host header is no host name")


def too_large(declared: str | None, limit: int) -> Response | None:
    """413 where the Content-Length that a client declares is over the limit; None otherwise."""
    # Python refuses to read numbers of thousands of digits.
    if declared is not None and declared.isdecimal() and (len(declared) > _LONGEST_LENGTH or int(declared) > limit):
        return plain(413, f"The body is larger than {limit:,} bytes, the limit of this server")
    return None
