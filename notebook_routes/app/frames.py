"""Permission for a page that the notebook shows inline to call the notebook's routes.

The frame is sandboxed, so that the page can touch neither the notebook nor its cookies; but then its origin is opaque,
browsers send `Origin: null` and let its script read no answer. Sending `Access-Control-Allow-Origin: null` to all
would open the server to every site, since anybody can make a sandboxed frame.

So the frame's URL has a key that only the notebook's own page knows. A browser gives a request the URL of the
document that sent it as its `Referer` where both URLs are of one server, sandboxed or not, and asks with it before
a POST too (the preflight); to other servers it tells scheme, host and port alone (the default policy of "Referrer
Policy", W3C). No script can set a Referer of another server. So who brings `Origin: null` and a Referer of this server
with the key is a document that this server has answered, in a frame that the notebook has made. It may then do what
the same page may when it is opened by its link. Cookies are the exception: a sandboxed page has none.

The key leaves the request before a route sees it. When such a page goes on to another, by a link or a form, the
other one is given the key by a redirect.
"""

from __future__ import annotations

from hmac import compare_digest
from secrets import token_urlsafe
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from notebook_routes.web import Response

if TYPE_CHECKING:
    from notebook_routes.web import Headers, Request

#: The parameter of the query that carries the key.
_PARAMETER = "notebook_routes_frame"
# "*" stands for all but Authorization.
_ALLOW = {"access-control-allow-methods": "*", "access-control-allow-headers": "*, Authorization"}
#: What the target of a request may hold unescaped (RFC 3986), and % of what is escaped.
_URL_SAFE = "%/:?#[]@!$&'()*+,;=-._~"


class FramePass:
    """Lets the notebook's own frames in; for a server in a kernel only.

    Attributes:
        query: what a frame's URL has as its query; it differs from process to process.
    """

    def __init__(self) -> None:
        self._key = token_urlsafe(24)
        self.query = f"{_PARAMETER}={self._key}"

    def concerns(self, request: Request) -> bool:
        """Whether the request has to do with a frame; a glance for those that have not."""
        return _PARAMETER in request.query_string or (request.headers.has("referer") and self.admits(request))

    def admits(self, request: Request) -> bool:
        """Whether the request is sent by a page in one of the notebook's frames."""
        headers = request.headers
        if headers.get("origin", "null") != "null":
            return False
        try:
            referer = urlsplit(headers.get("referer") or "")
        except ValueError:
            return False
        host = headers.get("host")
        return host is not None and referer.netloc.lower() == host.lower() and self._holds_key(referer.query)

    def early(self, request: Request) -> Response | None:
        """The answer to a preflight, or to a step to another page in the frame; None for what routes answer.

        They see no key in the query.
        """
        headers, has_key = request.headers, _PARAMETER in request.query_string
        if self.admits(request):
            if request.method == "OPTIONS" and headers.has("access-control-request-method"):
                return self.readable(Response(None, status=204, headers=_ALLOW), request)
            is_step = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "iframe"
            if is_step and request.method == "GET" and not has_key:
                query = f"{request.query_string}&{self.query}" if request.query_string else self.query
                location = quote(f"{request.path}?{query}", safe=_URL_SAFE)
                return Response(None, status=307, headers={"location": location, "cache-control": "no-store"})
        if has_key:
            kept = [part for part in request.query_string.split("&") if not part.startswith(f"{_PARAMETER}=")]
            request.query_string = "&".join(kept)
            request.target = f"{request.path}?{request.query_string}" if kept else request.path
        return None

    def readable(self, response: Response, request: Request) -> Response:
        """The response, so that a script in the frame that asked may read it."""
        return response.with_headers(_let_read) if self.admits(request) else response

    def _holds_key(self, query: str) -> bool:
        found = [part for part in query.split("&") if part.startswith(f"{_PARAMETER}=")]
        return any(compare_digest(part.encode(), self.query.encode()) for part in found)


def _let_read(headers: Headers) -> None:
    if headers.get("access-control-allow-origin") != "*":
        headers.set("access-control-allow-origin", "null")
        headers.append("vary", "Origin, Referer")
