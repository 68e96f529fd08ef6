"""What the server itself answers below `/_routes/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_routes.web import Request

_READING = ("GET", "HEAD")
#: What a page gives: its answer, at once or when it has been awaited.
Answered: TypeAlias = "Response | Awaitable[Response]"


class OwnPages:
    """Answers by path, for `App.own_pages` and `App.open_pages`: `pages.add("/_routes/openapi.json", page)`."""

    def __init__(self) -> None:
        self._pages: dict[str, dict[str, Callable[[Request], Answered]]] = {}

    def add(self, path: str, page: Callable[[Request], Answered], *, method: str = "GET") -> None:
        """Have `page` answer a method at a path, on the server's loop; GET's answers HEAD too.

        Args:
            path: begins with `/_routes/`.
            page: a function or a coroutine function; it may answer with a stream.
            method: one that reads, or one that writes: a page of another origin cannot send that.
        """
        self._pages.setdefault(path, {})[method] = page

    def __contains__(self, path: str) -> bool:
        return path in self._pages

    def __call__(self, request: Request) -> Answered:
        """The answer to a request below `/_routes/`."""
        methods = self._pages.get(request.path)
        if methods is None:
            return Response("There is no such page\n", status=404)
        page = methods.get("GET" if request.method == "HEAD" else request.method)
        if page is None:
            return _not_allowed(methods)
        return page(request)


def health(_request: Request) -> Response:
    """The page that says that the server answers."""
    return Response.json({"status": "ok"})


def _not_allowed(methods: dict[str, Callable[[Request], Answered]]) -> Response:
    allowed = ", ".join([*(_READING if "GET" in methods else ()), *(name for name in methods if name != "GET")])
    said = "This page is read only\n" if allowed == ", ".join(_READING) else f"This page answers {allowed}\n"
    return Response(said, status=405, headers={"allow": allowed})
