"""What the server itself answers below `/_routes/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.web import Request

_METHODS = ("GET", "HEAD")


class OwnPages:
    """Answers by path, for `App.own_pages` and `App.open_pages`: `pages.add("/_routes/openapi.json", page)`."""

    def __init__(self) -> None:
        self._pages: dict[str, Callable[[Request], Response]] = {}

    def add(self, path: str, page: Callable[[Request], Response]) -> None:
        """Have `page` answer GET and HEAD at a path; the path begins with `/_routes/`."""
        self._pages[path] = page

    def __contains__(self, path: str) -> bool:
        return path in self._pages

    def __call__(self, request: Request) -> Response:
        """The answer to a request below `/_routes/`."""
        page = self._pages.get(request.path)
        if page is None:
            return Response("There is no such page\n", status=404)
        if request.method not in _METHODS:
            return Response("This page is read only\n", status=405, headers={"allow": ", ".join(_METHODS)})
        return page(request)


def health(_request: Request) -> Response:
    """The page that says that the server answers."""
    return Response.json({"status": "ok"})
