"""Cross-Origin Resource Sharing (Fetch standard §3.2) for the paths that declare it.

What the policy leaves open is generous: methods are what the path has, request headers what the page asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from notebook_routes.web import Response

if TYPE_CHECKING:
    from notebook_routes.routing import CorsPolicy, RoutePath, SegmentConfig
    from notebook_routes.web import Headers, Request


class Cors:
    """What one path allows to pages of other origins."""

    def __init__(self, policy: CorsPolicy) -> None:
        self._policy = policy
        self._origins = frozenset(origin.rstrip("/").lower() for origin in policy.origins)

    @classmethod
    def of(cls, config: SegmentConfig | None, default: CorsPolicy | None) -> Self | None:
        """What a path declares, or else the app; None where neither does."""
        policy = default if config is None or config.cors is None else config.cors
        return None if policy is None else cls(policy)

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
            policy = self._policy
            response.headers.set("access-control-allow-methods", ", ".join(policy.methods) or path.allow())
            allowed = ", ".join(policy.headers) or headers.get("access-control-request-headers")
            if allowed:
                response.headers.set("access-control-allow-headers", allowed)
            if policy.max_age is not None:
                response.headers.set("access-control-max-age", str(policy.max_age))
        self.add_to(response.headers, request)
        return response

    def add_to(self, headers: Headers, request: Request) -> None:
        """Add what a browser wants to see on the answer."""
        policy = self._policy
        if "*" in self._origins:
            headers.set("access-control-allow-origin", "*")
        else:
            headers.append("vary", "Origin")
            if not self.allows(request):
                return
            headers.set("access-control-allow-origin", request.headers.get("origin") or "")
        if policy.credentials:
            headers.set("access-control-allow-credentials", "true")
        if policy.expose_headers:
            headers.set("access-control-expose-headers", ", ".join(policy.expose_headers))
