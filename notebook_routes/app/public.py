"""The files of a folder `public/`, each at `/` and its own path below it.

As in Next.js they come after middleware and before dynamic routes, and a file at the path of a route that has no
parameter is a conflict, which is said when the two meet. Nothing is listed or kept: a file that is put there later is
served too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from notebook_routes.errors import ConfigError, RouteConflict
from notebook_routes.routing import OptionalCatchAll, RoutePattern
from notebook_routes.runtime import Invoker
from notebook_routes.web import FileResponse, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.routing import Route
    from notebook_routes.runtime import Exchange, LoopWatch, Workers

#: What a segment of a file's path never is: hidden, a step in the tree, or two segments in one (%2F, %5C).
_REFUSED = re.compile(r"\.|.*[/\\\x00]", re.DOTALL)
_METHODS = ("GET", "HEAD")
_ALLOW = {"allow": "GET, HEAD, OPTIONS"}
_HEADERS = {"cache-control": "public, max-age=0"}


class PublicFiles:
    """Serves the files of one folder; hidden ones, and links that lead out of it, are not there.

    Args:
        root: the folder.

    Raises:
        ConfigError: it is no folder.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root).absolute()
        if not self.root.is_dir():
            raise ConfigError(f"{root} is no folder: name the one that holds the public files")
        self._prefix = os.path.join(self.root, "")  # noqa: PTH118 - a Path drops the last separator
        # A thread of the handlers' opens and reads the file, as it does for a route that answers one.
        self._invoker = Invoker(self._file, method="GET", pattern=RoutePattern.parse("/"))

    def find(self, path: str) -> str | None:
        """The file at a path, from the folder on; None where there is none.

        Args:
            path: of a request, percent-encoded.
        """
        name = _decoded(path)
        # A dynamic route waits for this: no Path, which would also raise for a name that is too long.
        return name if name is not None and os.path.isfile(f"{self._prefix}{name}") else None  # noqa: PTH113

    async def respond(self, exchange: Exchange, workers: Workers | None, watch: LoopWatch | None) -> Response:
        """The answer to a request for a file that `find` has found.

        Raises:
            HTTPError: 404 where a link leads out of the folder, or the file is gone.
        """
        method = exchange.request.method
        if method == "OPTIONS":
            return Response(None, status=204, headers=_ALLOW)
        if method not in _METHODS:
            return Response("This is a file: it can be read only\n", status=405, headers=_ALLOW)
        return await self._invoker(exchange, workers, watch)

    def check(self, routes: Iterable[Route]) -> None:
        """Refuse a route at the path of a file.

        Raises:
            RouteConflict: the message names the route, its cell and the file.
        """
        for route in routes:
            path = _literal(route.pattern)
            name = None if path is None else self.find(path)
            if name is not None:
                raise RouteConflict(
                    f"{route} and the file {self.root.name}/{name} are at one path: rename the file, or move the route"
                )

    def __repr__(self) -> str:
        return f"<PublicFiles {self.root}>"

    def _file(self, request: Request) -> FileResponse:
        return FileResponse(_decoded(request.path) or "", root=self.root, headers=_HEADERS)


def _decoded(path: str) -> str | None:
    """The name of a file in the tree, from the path of a request; None for one that no file has."""
    try:
        words = [unquote_to_bytes(word).decode() if "%" in word else word for word in path[1:].split("/")]
    except UnicodeDecodeError:
        return None
    if not all(words) or any(map(_REFUSED.match, words)):
        return None
    return "/".join(words)


def _literal(pattern: RoutePattern) -> str | None:
    """The one path that a pattern always answers, an optional rest left out; None where it has a parameter."""
    if all(isinstance(segment, OptionalCatchAll) for segment in pattern.params.values()):
        return pattern.build()
    return None
