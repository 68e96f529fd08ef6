"""From a project on disk to an `App`: every `route.py` and API Route imported, every page read, all put into a table.

    app = load_tree(Path("shop"))

A file that cannot be used is named in the log, and its path answers 500; the others are served. A file without a
handler, or with one that is no function, is still a route, as in the field: it answers OPTIONS, 405 and 500. What stops
loading altogether is a middleware that cannot be used: without it a request would pass unguarded.
"""

from __future__ import annotations

import inspect
import logging
import os
import sys
import weakref
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from notebook_routes.app import App, Guard, health
from notebook_routes.errors import DefinitionError, RouteConflict
from notebook_routes.project.broken import broken_extras, broken_routes, conflicts, failing, without_conflicts
from notebook_routes.project.tree import ModuleTree
from notebook_routes.routing import (
    ANY,
    METHODS,
    PAGE,
    Route,
    RouteFile,
    SegmentConfig,
    find_api_routes,
    find_pages,
    find_routes,
)
from notebook_routes.routing.filesystem import TEMPLATE_FILE
from notebook_routes.runtime import Invoker
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.constants import find_constants
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from notebook_routes.app import LogEntry
    from notebook_routes.cache import CacheHandler
    from notebook_routes.runtime import Exchange

#: What was found in files, and in which module.
KnownRoutes: TypeAlias = "dict[RouteFile, tuple[ModuleType, list[Route]]]"
#: The folder of a project whose files are served as they are.
PUBLIC = "public"
_MIDDLEWARE_FILES = ("middleware.py", "proxy.py")
_log = logging.getLogger("notebook_routes.project")


def load_tree(
    root: Path,
    *,
    explain: bool = False,
    strict: bool = False,
    geo: str | Mapping[str, str] | None = None,
    cache: CacheHandler | str | None = None,
    cors: object = None,
) -> App:
    """Import a project's routes and give the app that answers them, its pages and its public files.

    Its modules leave `sys.modules` when the app is no longer used.

    Args:
        root: the project's folder, the one that holds `app`, `pages/api` or both.
        explain: show tracebacks and nearest routes to the client.
        strict: refuse a project of which any file cannot be used.
        geo: whose headers `request.geo` is read from, as for `App`.
        cache: where answers and data are kept, as for `App`.
        cors: which other origins may call the paths that declare nothing themselves, as for `App`.

    Raises:
        DefinitionError: there is neither folder, or one below has no name that can be a path; the middleware, or if
            `strict` any file, cannot be imported or declares what cannot be. The message names the file.
    """
    app = App(guard=Guard(), explain=explain, geo=geo, cache=cache, cors=cors)
    tree = ModuleTree(root)
    try:
        fill(app, tree, strict=strict)
    except BaseException:
        tree.close()
        raise
    weakref.finalize(app, tree.close).atexit = False
    app.log.listen(Remarks().log, notes_only=True)
    return app


def fill(app: App, tree: ModuleTree, *, strict: bool = False, known: KnownRoutes | None = None) -> None:
    """Give a new app what the files of a project declare.

    Args:
        app: the app.
        tree: the project's modules.
        strict: as for `load_tree`.
        known: what was found before; what is found now is put there. A module that has stayed keeps its routes.

    Raises:
        DefinitionError: as `load_tree`; the app may have routes then, and no middleware.
    """
    app.open_pages.add("/_routes/health", health)
    files, pages, api_routes = find_routes(tree.root), find_pages(tree.root), find_api_routes(tree.root)
    if not files and not pages and not api_routes:
        _log.warning("%s has no route: write app/route.py", tree.root)
    known = {} if known is None else known
    loaders: dict[RouteFile, Callable[[], list[Route]]] = {
        **{file: partial(_routes_of, file, tree, app, known) for file in files},
        **{file: partial(_page_of, file, tree) for file in pages},
        **{file: partial(_api_route_of, file, tree, app, known) for file in api_routes},
    }
    if strict:
        app.routes.replace(put=[route for load in loaders.values() for route in load()])
    else:
        _put_what_works(loaders, app)
    _load_middleware(app, tree)
    _load_public(app, tree, strict=strict)


class Remarks:
    """What the authors of handlers should hear of, in the log, the first time."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str]] = set()

    def log(self, entry: LogEntry, exchange: Exchange) -> None:
        """Listen to an app's request log."""
        where = exchange.route.cell if exchange.route else ""
        for note in entry.notes:
            if (where, note) not in self._said:
                self._said.add((where, note))
                _log.warning("%s, %s: %s", where, entry.method, note)


def _put_what_works(loaders: Mapping[RouteFile, Callable[[], list[Route]]], app: App) -> None:
    """Put the routes of all files that can be used, and failing ones for the others, which are named in the log."""
    found: dict[RouteFile, list[Route]] = {}
    for file, load in loaders.items():
        try:
            found[file] = load()
        except (DefinitionError, OSError) as error:
            _log.error("%s", error)
            found[file] = broken_routes(file, str(error))
    try:
        app.routes.replace(put=[route for routes in found.values() for route in routes])
    except RouteConflict:
        refused = conflicts(found)
        for message in dict.fromkeys(message for messages in refused.values() for message in messages):
            _log.error("%s", message)
        app.routes.replace(put=without_conflicts(found, refused))


def _routes_of(file: RouteFile, tree: ModuleTree, app: App, known: KnownRoutes) -> list[Route]:
    module = _imported(file.path, tree, app)
    before = known.get(file)
    if before is not None and before[0] is module:
        return before[1]
    where = str(file)
    config = SegmentConfig.from_constants(find_constants(vars(module)), where=where)
    source = tree.source(file.path)
    handlers = _handlers(module, where)
    if config.runtime == "edge" and sys.platform != "emscripten":
        handlers = _of_the_edge(handlers, source, module, where, tree.root)
    routes = []
    for method, function in handlers.items():
        try:
            invoker = Invoker(function, method=method, pattern=file.pattern, max_duration=config.max_duration)
        except DefinitionError as error:
            raise DefinitionError(f"{where}: {error}") from None
        said = _no_function(module, method, where)
        extras = {} if said is None else broken_extras(said)
        routes.append(Route(method, file.pattern, invoker, config, cell=where, source=source, extras=extras))
    known[file] = module, routes
    return routes


def _of_the_edge(
    handlers: dict[str, Callable[..., Any]], source: str, module: ModuleType, where: str, root: Path
) -> dict[str, Callable[..., Any]]:
    """The handlers of a file of the edge, checked; what is only to be told is in the log. An isolate needs no check.

    Raises:
        EdgeRefused: it does what an edge isolate lacks, or a function or module of the project's that it uses does;
            each is named with its line.
    """
    from notebook_routes.runtime import edge  # noqa: PLC0415 - many projects have none

    def name_file(filename: str) -> str:
        return filename.removeprefix(f"{root}{os.sep}")

    text = CellText.read(source, first_line=1)
    found = edge.check_live(text, vars(module), in_function=False, place=where, name_file=name_file)
    for finding in edge.refuse(found):
        _log.warning("%s", finding.remark)
    if sys.platform != "emscripten":
        # In the isolate itself there is nothing to imitate.
        edge.install()
    return {method: edge.watched(handler) for method, handler in handlers.items()}


def _api_route_of(file: RouteFile, tree: ModuleTree, app: App, known: KnownRoutes) -> list[Route]:
    from notebook_routes.runtime.api import (  # noqa: PLC0415 - many projects have none
        ApiConfig,
        api_invoker,
        find_handler,
        without_effect,
    )

    module = _imported(file.path, tree, app)
    before = known.get(file)
    if before is not None and before[0] is module:
        return before[1]
    where, found = str(file), vars(module)
    try:
        handler, config = find_handler(found), ApiConfig.of(found.get("config", {}))
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None
    for remark in without_effect(found):
        _log.warning("%s: %s", where, remark)
    invoker = api_invoker(handler, pattern=file.pattern, config=config)
    routes = [Route(ANY, file.pattern, invoker, config.segment, cell=where, source=tree.source(file.path))]
    known[file] = module, routes
    return routes


def _page_of(file: RouteFile, tree: ModuleTree) -> list[Route]:
    from notebook_routes.runtime import Page  # noqa: PLC0415 - many projects have none

    place = tree.root / file.path
    is_template = file.path.name == TEMPLATE_FILE
    try:
        content = place.read_bytes()
        page = Page.plain(content)
        if is_template:
            page = Page.template(page.source.removeprefix("\ufeff"), file.pattern, filename=str(place))
    except OSError as error:
        raise DefinitionError(f"{file} cannot be read: {error.strerror}") from error
    except DefinitionError as error:
        raise DefinitionError(f"{file}: {error}") from None
    invoker = Invoker(page.handler, method="GET", pattern=file.pattern)
    extras = {PAGE: "jinja" if is_template else "html"}
    return [Route("GET", file.pattern, invoker, cell=str(file), source=page.source, extras=extras)]


def _load_public(app: App, tree: ModuleTree, *, strict: bool) -> None:
    if not (tree.root / PUBLIC).is_dir():
        return
    from notebook_routes.app import PublicFiles  # noqa: PLC0415 - many projects have none

    app.public = PublicFiles(tree.root / PUBLIC)
    try:
        app.public.check(app.routes)
    except RouteConflict as error:
        if strict:
            raise
        _log.error("%s; the route answers", error)


def _imported(path: PurePosixPath, tree: ModuleTree, app: App) -> ModuleType:
    try:
        return tree.load(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise DefinitionError(f"{path} cannot be imported:\n{app.failures.text(error)}") from error


def _handlers(module: ModuleType, where: str) -> dict[str, Callable[..., Any]]:
    """The handlers of a file, with stand-ins for those that are none."""
    found = vars(module)
    handlers: dict[str, Callable[..., Any]] = {}
    misspelt = False
    for method in METHODS:
        if method in found:
            said = _no_function(module, method, where)
            if said is not None:
                _log.error("%s", said)
            handlers[method] = found[method] if said is None else failing(said)
            continue
        written = found.get(method.lower())
        if inspect.isfunction(written) and written.__module__ == module.__name__:
            misspelt = True
            _log.warning("%s: handlers are spelled in capitals: write def %s(...)", where, method)
    if not handlers:
        if not misspelt:
            _log.warning("%s has no handler: define %s or %s", where, ", ".join(METHODS[:-1]), METHODS[-1])
        handlers["OPTIONS"] = _only_options
    return handlers


def _no_function(module: ModuleType, method: str, where: str) -> str | None:
    """Why the handler of a method cannot be one; None where it can, or there is none."""
    if method not in vars(module) or callable(vars(module)[method]):
        return None
    return f"{where}: {method} is not a function but {vars(module)[method]!r}: write def {method}(...)"


async def _only_options() -> Response:
    """A path of no method at all answers OPTIONS, and any other with 405."""
    return Response(None, status=204, headers={"allow": "OPTIONS"})


def _load_middleware(app: App, tree: ModuleTree) -> None:
    files = [name for name in _MIDDLEWARE_FILES if (tree.root / name).is_file()]
    if len(files) > 1:
        raise DefinitionError(f"{' and '.join(files)} are two names of one file: keep one of them")
    for name in files:
        _use_middleware(app, _imported(PurePosixPath(name), tree, app), where=name)


def _use_middleware(app: App, module: ModuleType, *, where: str) -> None:
    """Where middleware joins the app: `module` has `middleware` or `proxy`, and `config`."""
    from notebook_routes.app import declared_middleware  # noqa: PLC0415 - many projects have none

    app.middleware = declared_middleware(vars(module), where=where)
