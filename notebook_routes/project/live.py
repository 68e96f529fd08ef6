"""A project that is loaded again while it is served.

Each loading gives an `App` of its own, to be put in the place of the one before in one step: no request sees the new
routes behind the old middleware, and one that has begun ends with the code that it began with. What belongs to the
server rather than to the files is common to all: who may ask, the request log, the draft cookie.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from notebook_routes.app import App, RequestLog
from notebook_routes.errors import DefinitionError
from notebook_routes.project.broken import closed, is_broken
from notebook_routes.project.load import PUBLIC, Remarks, fill
from notebook_routes.project.openapi import openapi_document
from notebook_routes.project.tree import ModuleTree
from notebook_routes.project.tree_writer import STAGED
from notebook_routes.routing import RouteTable
from notebook_routes.routing.filesystem import PAGE_FILE, TEMPLATE_FILE
from notebook_routes.runtime import DraftCookie
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path, PurePath

    from notebook_routes.app import Guard
    from notebook_routes.cache import CacheHandler
    from notebook_routes.project.load import KnownRoutes

_log = logging.getLogger("notebook_routes.project")


class LiveProject:
    """Loads a project, and loads it again after changes, for the developer of it.

    Args:
        root: the project's folder, the one that holds `app`.
        guard: who may ask.
        explain: show tracebacks and nearest routes to the client, and describe the routes at `/_routes/openapi.json`.
        geo: whose headers `request.geo` is read from, as for `App`.
        cache: where answers and data are kept; by default in memory, anew with each loading.
        cors: which other origins may call the paths that declare nothing themselves, as for `App`.
        loaded: called with each new app before it answers.

    Attributes:
        root: the same.
        log: the requests that any of its apps has answered.
        refused: why every request answers 500 since the last loading; None where it does not.
    """

    def __init__(
        self,
        root: Path,
        *,
        guard: Guard,
        explain: bool = True,
        geo: str | None = None,
        cache: CacheHandler | None = None,
        cors: object = None,
        loaded: Callable[[App], object] = lambda _app: None,
    ) -> None:
        self.root = root
        self.log = RequestLog()
        self.log.listen(Remarks().log, notes_only=True)
        self._guard = guard
        self._explain = explain
        self._geo = geo
        self._cache = cache
        self._cors = cors
        self._loaded = loaded
        # A developer's browser gets the cookie over plain HTTP.
        self._draft = DraftCookie(secure=not explain)
        self._tree = ModuleTree(root)
        self._known: KnownRoutes = {}
        self.refused: str | None = None

    def load(self, changed: Iterable[PurePath] = ()) -> App:
        """The project as it is now. What is broken is named in the log, and answers 500 with the reason.

        Args:
            changed: the files that are not as they were at the last loading, from the root on. They run anew, and the
                modules that import them; any other module stays, and what it holds.
        """
        self._tree.forget(changed)
        app = App(guard=self._guard, explain=self._explain, geo=self._geo, cache=self._cache, cors=self._cors)
        app.log, app.draft = self.log, self._draft
        self.refused = None
        try:
            fill(app, self._tree, known=self._known)
        except DefinitionError as error:
            _log.error("%s\nEvery request answers 500 until this is mended", error)
            self.refused = str(error)
            app.middleware = (closed(self.refused),)
        if self._explain:
            app.open_pages.add("/_routes/openapi.json", lambda _request: self._description(app))
        self._loaded(app)
        return app

    def concerns(self, path: PurePath) -> bool:
        """Whether what the project answers may depend on a file or a folder, given from the root on; it may be gone."""
        if any(part.startswith(STAGED) for part in path.parts):
            # An export is at work: what it writes is yet to come.
            return False
        if path.parts == (PUBLIC,):
            # Whether it is there is looked at once; what is in it, with each request.
            return True
        place = self.root / path
        if place.is_dir():
            return any(_is_source(file) for file in place.rglob("*"))
        return _is_source(path) or self._tree.holds(path)

    def close(self) -> None:
        """Forget its modules; code that runs keeps what it has."""
        self._tree.close()

    def _description(self, app: App) -> Response:
        working = RouteTable(route for route in app.routes if not is_broken(route))
        return Response.json(openapi_document(working, title=self.root.name))


def _is_source(path: PurePath) -> bool:
    return path.suffix == ".py" or path.name in (PAGE_FILE, TEMPLATE_FILE)
