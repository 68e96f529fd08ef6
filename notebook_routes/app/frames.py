"""Permission for a page that the notebook shows inline to call the notebook's routes.

The frame is sandboxed, so that the page can touch neither the notebook nor its cookies. But then its origin is opaque:
browsers send `Origin: null` with what its script fetches, send no `Referer`, and let the script read no answer. Sending
`Access-Control-Allow-Origin: null` to all would open the server to every site, since anybody can make a sandboxed
frame.

So the frame is loaded from a host name of its own, `frame-KEY.localhost`, which browsers take to this machine without
asking anybody (RFC 6761 §6.3). Nobody can guess the key; it differs from process to process, stands in no output of
a cell, and a page that has an opaque origin tells no other server where it was loaded from. Whoever asks by this
name is therefore a page in a frame that the notebook has made, or what it loads. It may do what the same page may
when it is opened by its link, and to routes its requests look the same: the name goes before they see them. Cookies
are the exception, since a sandboxed page has none.

Behind a hub or another proxy there is no such name. There the frame shows the page, and its script can call nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from notebook_routes.web import Response

if TYPE_CHECKING:
    from notebook_routes.web import Headers, Request

_HERE = ("localhost", "127.0.0.1")
# "*" stands for all but Authorization (Fetch standard, "CORS protocol").
_ALLOWED = {"access-control-allow-methods": "*", "access-control-allow-headers": "*, Authorization"}


class FramePass:
    """Lets the notebook's own frames in; for a server in a kernel only."""

    def __init__(self) -> None:
        self._name = f"frame-{token_hex(16)}.localhost"

    def url(self, url: str) -> str | None:
        """The address for a frame of the server that a browser finds at `url`; None where it has none."""
        parts = urlsplit(url)
        if parts.hostname not in _HERE or parts.path:
            return None
        return f"{parts.scheme}://{self._name}" + (f":{parts.port}" if parts.port else "")

    def concerns(self, request: Request) -> bool:
        """Whether the request is for a frame's page, or from one."""
        return request.headers.get("host", "").partition(":")[0] == self._name

    def enter(self, request: Request) -> Visit:
        """Let a request in that concerns a frame: from now on it looks as if the page stood in a window of its own."""
        headers = request.headers
        host = headers.get("host") or ""
        origin, own = headers.get("origin"), f"http://{host}"
        plain = f"localhost{host.removeprefix(self._name)}"
        request.replace_host(plain)
        if origin in ("null", own):
            headers.set("origin", f"http://{plain}")
            headers.set("sec-fetch-site", "same-origin")
        return Visit(own, f"http://{plain}", is_sandboxed=origin == "null")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a frame, while it is answered.

    Attributes:
        origin: of the frame's address.
        plain: the same server's origin as routes see it.
        is_sandboxed: whether a script asks whose origin is opaque.
    """

    origin: str
    plain: str
    is_sandboxed: bool

    def preflight(self, request: Request) -> Response | None:
        """The answer to a preflight request of the frame; None for any other request."""
        asks = request.method == "OPTIONS" and request.headers.has("access-control-request-method")
        if not asks or not self.is_sandboxed:
            return None
        return self.readable(Response(None, status=204, headers=_ALLOWED))

    def readable(self, response: Response) -> Response:
        """The response as the frame may have it: readable, and leading to no other name of this server."""
        return response.with_headers(self._let_read)

    def _let_read(self, headers: Headers) -> None:
        location = headers.get("location") or ""
        if location == self.plain or location.startswith(f"{self.plain}/"):
            headers.set("location", self.origin + location.removeprefix(self.plain))
        if not headers.has("referrer-policy"):
            # In a window of its own it would tell other servers the name.
            headers.set("referrer-policy", "same-origin")
        if self.is_sandboxed:
            headers.set("access-control-allow-origin", "null")
            headers.append("vary", "Origin")
