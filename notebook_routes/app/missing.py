"""Answers where no handler is: 404 and 405."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from notebook_routes.runtime import best_match
from notebook_routes.web import Response

if TYPE_CHECKING:
    from notebook_routes.routing import RouteTable
    from notebook_routes.web import Request

_TEXT = {"content-type": "text/plain; charset=utf-8"}


def not_found(request: Request, routes: RouteTable | None) -> Response:
    """404 as JSON, HTML or text by Accept; given the routes, it lists the nearest."""
    near = [] if routes is None else [str(pattern) for pattern in routes.nearest(request.path)]
    media = best_match(request.headers.get("accept") or "*/*", ["text/plain", "text/html", "application/json"])
    said = f"404 Not Found: no route answers {request.path}"
    if media == "application/json":
        body = {"error": said, "routes": near} if near else {"error": said}
        return Response.json(body, status=404)
    if media == "text/html":
        items = "".join(f"<li><code>{html.escape(pattern)}</code></li>" for pattern in near)
        listed = f"<p>Routes that look like it:</p><ul>{items}</ul>" if items else ""
        said = f"<p>No route answers <code>{html.escape(request.path)}</code></p>"
        page = f"<!doctype html><meta charset=utf-8><title>404</title><h1>404 Not Found</h1>{said}{listed}"
        return Response(page, status=404, headers={"content-type": "text/html; charset=utf-8"})
    listed = "\nRoutes that look like it: " + ", ".join(near) if near else ""
    return Response(f"{said}{listed}\n", status=404, headers=_TEXT)


def method_not_allowed(request: Request, allow: str, *, explain: bool) -> Response:
    """405 with Allow (RFC 9110 §15.5.6); explained, it tells who has typed the address of what takes no GET."""
    said = f"{request.method} is not allowed here: {allow}\n"
    if explain and request.method == "GET":
        said += "The address bar of a browser sends GET: send other methods from the inspector, or by %%request\n"
    return Response(said, status=405, headers={**_TEXT, "allow": allow})
