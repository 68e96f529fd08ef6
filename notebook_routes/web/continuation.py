"""What `Response.next()` and `Response.rewrite()` give: no answer yet, but how to get to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.web.headers import Headers
from notebook_routes.web.response import Response

if TYPE_CHECKING:
    from notebook_routes.types import HeadersInit


class Continuation(Response):
    """Go on, with these changes; for a middleware to return.

    Args:
        url: where to go on instead, None for where the request points.
        headers: header fields for the answer to come.
        request_headers: headers in place of the client's.
    """

    __slots__ = ("request_headers", "rewrite_url")

    #: Headers in place of the client's, None for those.
    request_headers: Headers | None
    #: Where to go on instead, absolute or relative to the request's URL.
    rewrite_url: str | None

    def __init__(
        self,
        *,
        url: str | None = None,
        headers: Headers | HeadersInit | None = None,
        request_headers: Headers | HeadersInit | None = None,
    ) -> None:
        super().__init__(headers=headers)
        # There is no answer yet, so there is no status.
        self.status = 0
        self.rewrite_url = url
        self.request_headers = None if request_headers is None else Headers(request_headers)

    def __repr__(self) -> str:
        return "<Response.next()>" if self.rewrite_url is None else f"<Response.rewrite({self.rewrite_url!r})>"
