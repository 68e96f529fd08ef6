"""Cross-Origin Resource Sharing (Fetch standard §3.2) for the paths that declare it.

The plain form: origins are declared; methods are what the path has, request headers what the page asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.web import Response

if TYPE_CHECKING:
    from notebook_routes.routing import CorsPolicy, RoutePath
    from notebook_routes.web import Headers, Request


class Cors:
    """What one path allows to pages of other origins."""

    def __init__(self, policy: CorsPolicy) -> None:
        self._policy = policy
        self._origins = frozenset(origin.rstrip("/").lower() for origin in policy.origins)

    def allows(self, request: Request) -> bool:
        """Whether the request's Origin is declared."""
        origin = request.headers.get("origin")
        return origin is not None and ("*" in self._origins or origin.lower() in self._origins)

    def preflight(self, request: Request, path: RoutePath) -> Response | None:
        """The answer to a preflight request; None for any other request."""
        headers = request.headers
        if request.method != "OPTIONS" or not headers.has("access-control-request-method"):
            return None
        response = Response(None, status=204, headers={"allow": path.allow()})
        if self.allows(request):
            response.headers.set("access-control-allow-methods", path.allow())
            wanted = headers.get("access-control-request-headers")
            if wanted:
                response.headers.set("access-control-allow-headers", wanted)
        self.add_to(response.headers, request)
        return response

    def add_to(self, headers: Headers, request: Request) -> None:
        """Add what a browser wants to see on the answer."""
        if "*" in self._origins:
            headers.set("access-control-allow-origin", "*")
            return
        headers.append("vary", "Origin")
        if self.allows(request):
            headers.set("access-control-allow-origin", request.headers.get("origin") or "")
