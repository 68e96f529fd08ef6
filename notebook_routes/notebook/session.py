"""One kernel's routes: what the magics talk to.

A `%%route` cell is: parse the line, compile the cell, check it all, then exchange old routes for new under one lock. A
step that fails leaves everything as it was.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import notebook_routes.cache as caching
from notebook_routes.app import App, Guard, OwnPages
from notebook_routes.errors import DirectiveError, ServerError
from notebook_routes.inspector.kept import KeptThings
from notebook_routes.notebook.answer_remarks import answer_remarks
from notebook_routes.notebook.cell_failures import refusing
from notebook_routes.notebook.cells import Cell, CellRegistry
from notebook_routes.notebook.client import KernelClient
from notebook_routes.notebook.config_remarks import config_remarks
from notebook_routes.notebook.inspector import Inspectors
from notebook_routes.notebook.kernel_subject import KernelSubject
from notebook_routes.notebook.middlewares import MiddlewareCells
from notebook_routes.notebook.mounts import Mounts
from notebook_routes.notebook.page_frames import PageFrames
from notebook_routes.notebook.ran_cells import RanCells
from notebook_routes.notebook.route_cells import route_module, routes_of
from notebook_routes.notebook.serving import Serving
from notebook_routes.routing import (
    Route,
    RoutePattern,
    RouteTable,
    parse_api_directive,
    parse_directive,
    parse_page_directive,
)
from notebook_routes.runtime import use_data
from notebook_routes.runtime.outgoing import use_mounts
from notebook_routes.servers.in_process import NO_ADDRESS
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.app import LogEntry
    from notebook_routes.notebook.cell_text import RunningCell
    from notebook_routes.notebook.mounts import Mount
    from notebook_routes.routing import Directive
    from notebook_routes.runtime import Exchange
    from notebook_routes.servers import Location
    from notebook_routes.servers.in_process import InProcessServer


@dataclass(frozen=True, slots=True)
class Definition:
    """What a `%%route`, `%%page` or `%%api` cell has done.

    Attributes:
        routes: each route with what became of it ("new", "updated", ...).
        remarks: sentences to show below.
        height: of a page's frame in pixels, None for the usual one.
    """

    routes: tuple[tuple[Route, str], ...]
    remarks: tuple[str, ...] = field(default=())
    height: int | None = None


class Session:
    """The routes of one notebook and the server that answers them.

    Args:
        namespace: the notebook's variables.
        name_file: how tracebacks call a file of the notebook.
        server: makes what answers where there are neither sockets nor threads, as in a browser; None where there are.

    Attributes:
        in_process: what answers there.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        *,
        name_file: Callable[[str], str] | None = None,
        server: Callable[[App], InProcessServer] | None = None,
    ) -> None:
        self.namespace = namespace
        self._name_file = name_file
        self.routes = RouteTable()
        self.app = App(routes=self.routes, guard=Guard(hosts=()), explain=True, name_file=name_file)
        self.app.log.listen(self._say_once)
        self.middlewares = MiddlewareCells(self.app, namespace)
        self.mounts = Mounts(self.routes, self._mounts_changed)
        self.app.own_pages = pages = OwnPages()
        pages.add("/_routes/openapi.json", lambda _request: Response.json(self.openapi()))
        self.in_process = None if server is None else server(self.app)
        self.serving = Serving(self.app, self.in_process)
        self.kept = KeptThings(lambda: self.app, self.serving.origins)
        use_data(lambda: self.app.data)
        self._use_mounts(self.in_process)
        self.frames = PageFrames(self.serving, self.app, self.in_process)
        self.client = KernelClient(self.serving.url, lambda: self.serving.token, self.in_process)
        self.inspectors = Inspectors(KernelSubject(self), self.in_process)
        self.ran = RanCells()
        #: Names in the namespace that are not the user's; the extension knows them.
        self.own_names: Callable[[], set[str]] = set
        self._lock = threading.RLock()
        self._cells = CellRegistry()
        self._hidden_said: set[str] = set()
        self._said: set[tuple[str, str]] = set()
        self._numbers = itertools.count(1)
        self._defined_in: set[str | None] = set()
        self._place_said = False

    def define(self, line: str, body: str, *, cell: RunningCell, label: str, own_names: set[str]) -> Definition:
        """Make the cell's routes live in place of what it defined before.

        Args:
            line: the magic line.
            body: the text below it.
            cell: the running cell.
            label: how messages call it.
            own_names: names in the namespace that are not the user's.

        Raises:
            DefinitionError: the line or the cell is refused; nothing was changed.
            ServerError: no server could be started; nothing was changed.
        """
        directive = parse_directive(line)
        edge = self._edge_remarks(directive, body, cell)
        # Each run has a file name of its own, or `linecache` would mix old and new lines; people see no number.
        where = f"cell {next(self._numbers)} {directive.method or 'module'} {directive.pattern}"
        with refusing(where, self.app.failures):
            module = route_module(directive, body, namespace=self.namespace, where=where, cell=cell)
        try:
            routes = routes_of(module, directive, label)
            if edge is None and any(route.config.runtime == "edge" for route in routes):
                # The text did not tell.
                edge = self._edge_remarks(directive, body, cell, stated=True)
            definition = self._made_live(Cell(cell.id, label, module, routes), directive, own_names, body)
            return replace(definition, remarks=(*definition.remarks, *(edge or ())))
        except BaseException:
            module.close()
            raise

    def define_page(self, line: str, body: str, *, cell: RunningCell, label: str) -> Definition:
        """Make the cell's page live in place of what the cell defined before; arguments and errors as for `define`."""
        from notebook_routes.notebook.pages import page_route  # noqa: PLC0415 - %load_ext must not wait for it

        wanted = parse_page_directive(line)
        where = f"cell {next(self._numbers)} page {wanted.pattern}"
        page, route = page_route(wanted, body, filename=f"<{where}>", cell=cell, label=label)
        try:
            definition = self._made_live(Cell(cell.id, label, page, [route]), wanted.directive, set())
        except BaseException:
            page.close()
            raise
        return replace(definition, height=wanted.height)

    def define_api(self, line: str, body: str, *, cell: RunningCell, label: str) -> Definition:
        """Make the cell's API Route live in place of what the cell defined before; as `define` does a route."""
        from notebook_routes.notebook.api_routes import api_route  # noqa: PLC0415 - %load_ext must not wait for it

        directive = parse_api_directive(line)
        where = f"cell {next(self._numbers)} api {directive.pattern}"
        with refusing(where, self.app.failures):
            module, route, remarks = api_route(
                directive, body, namespace=self.namespace, where=where, cell=cell, label=label
            )
        try:
            definition = self._made_live(Cell(cell.id, label, module, [route]), directive, set())
        except BaseException:
            module.close()
            raise
        return replace(definition, remarks=(*definition.remarks, *remarks))

    def cell_ran(self, cell_id: str | None, *, succeeded: bool = True) -> list[Route]:
        """A cell has run: withdraw routes of its former text, unless it has defined routes again or has failed."""
        with self._lock:
            defined = cell_id in self._defined_in
            self._defined_in.discard(cell_id)
            if cell_id is None or defined or not succeeded:
                return []
            gone = self._cells.owned_by(cell_id)
            self._withdraw(gone)
        self.kept.forget(gone)
        if gone:
            self.frames.forget(cell_id)
            self.inspectors.forget(cell_id)
            self.frames.reload()
        return gone

    def remove(self, method: str | None, path: str) -> list[Route]:
        """Withdraw the routes of a path, or the one of a method.

        Raises:
            DefinitionError: there is none.
        """
        pattern = RoutePattern.parse(path)
        with self._lock:
            found = self.routes.at(pattern)
            gone = [route for route in found.methods.values() if method in (None, route.method)] if found else []
            if not gone:
                wanted = f"{method} {path}" if method else path
                raise DirectiveError(f"There is no route {wanted}: %routes lists those there are")
            self._withdraw(gone)
        self.kept.forget(gone)
        self.frames.reload()
        return gone

    def clear(self) -> int:
        """Withdraw all routes and middleware, forget the log and the client's cookies; how many routes there were."""
        count = len(self.routes)
        self.kept.forget(self._emptied())
        return count

    def mount(self, directory: str) -> Mount:
        """Have the routes of a tree of files answer beside those of the cells.

        Raises:
            DefinitionError: it cannot be mounted; nothing was changed.
            ServerError: no server could be started, or nothing can watch the files; nothing was changed.
        """
        self.need_machine("%routes mount", "a thread that watches its files", "put the routes into cells")
        self._started()
        return self.mounts.mount(directory)

    def need_machine(self, what: str, needs: str, instead: str) -> None:
        """Refuse in a browser what only a kernel on a machine can do.

        Args:
            what: what is asked for.
            needs: what that takes.
            instead: the way out.

        Raises:
            ServerError: this is a browser.
        """
        if self.in_process is not None:
            raise ServerError(f"{what} needs {needs}, which there is not in a browser: {instead}")

    def start(self, *, cache: str | None = None, **options: Any) -> Location | None:
        """Start the server, or start it anew; the arguments are those of `Serving.start`.

        Args:
            cache: where answers and data are kept from now on, as `open_cache` takes it; None for where they are now.
            options: the others.

        Raises:
            ServerError: as `Serving.start` does; nothing was changed.
            DefinitionError: the same; or there is no such cache.
        """
        if cache is not None and cache.partition(":")[0] != "memory":
            self.need_machine(f"--cache {cache}", "a thread that waits for it", "--cache memory keeps answers")
        handler = None if cache is None else caching.open_cache(cache)
        location = self.serving.start(**options)
        self.inspectors.begin().changed()
        if handler is not None:
            self.kept.use(handler)
        self.frames.reload()
        return location

    def source(self, path: str | None = None) -> str:
        """The module source that the routes, or those of one path, were compiled from.

        Raises:
            DefinitionError: the path has no route.
        """
        routes = self.routes.routes()
        if path is not None:
            found = self.routes.at(RoutePattern.parse(path))
            routes = list(found.methods.values()) if found else []
            if not routes:
                raise DirectiveError(f"There is no route at {path}: %routes lists those there are")
        texts = dict.fromkeys(f"{_heading(route)}\n{route.source.strip()}\n" for route in routes)
        if path is None:
            texts |= dict.fromkeys(f"# middleware\n{cell.module.source}" for cell in self.middlewares.cells())
        return "\n\n".join(texts)

    def openapi(self) -> dict[str, Any]:
        """The routes as an OpenAPI 3.1 document."""
        from notebook_routes.project.openapi import openapi_document  # noqa: PLC0415 - %load_ext must not wait for it

        return openapi_document(self.routes, title="Notebook")

    def close(self) -> None:
        """Stop the server, and leave nothing behind: no port, no thread, no module."""
        self.frames.close()
        self.inspectors.close()
        self.serving.stop()
        # What is kept stays: in files or Redis the next kernel finds it.
        self._emptied()
        use_data(None)
        self._use_mounts(None)
        self.kept.close()
        caching.stop_waiting()

    def _use_mounts(self, server: InProcessServer | None) -> None:
        """Have `fetch` in handlers and cells reach the routes that have no socket; None ends that."""
        if self.in_process is not None:
            use_mounts(None if server is None else lambda: _async_mounts(server))

    def _mounts_changed(self, routes: list[Route]) -> None:
        self.middlewares.put_behind(self.mounts.middleware)
        self.kept.forget(routes)
        self.frames.reload()

    def _emptied(self) -> list[Route]:
        self.mounts.clear()
        with self._lock:
            gone = self.routes.routes()
            self._withdraw(gone)
        self.middlewares.clear()
        self.app.log.clear()
        self.client.close()
        self.frames.reload()
        return gone

    def _edge_remarks(
        self, directive: Directive, body: str, cell: RunningCell, *, stated: bool = False
    ) -> tuple[str, ...] | None:
        """What is to be said of a cell whose path is of the edge; None for any other.

        Raises:
            EdgeRefused: it does what an edge isolate lacks.
        """
        path = self.routes.at(directive.pattern)
        there = [] if path is None else list(path.methods.values())
        beside = [route for route in there if self._stays(route, directive, cell)]
        # Few cells have the word, and the check is not loaded for the others.
        said = stated or directive.options.get("runtime") == "edge" or (directive.method is None and "edge" in body)
        if not said and not any(route.config.runtime == "edge" for route in beside):
            return None
        from notebook_routes.notebook.edge_cells import EdgeCheck  # noqa: PLC0415 - %load_ext must not wait for it

        check = EdgeCheck(self.namespace, self._name_file or str)
        return check.remarks(directive, body, cell, beside=beside, stated=stated)

    def _stays(self, route: Route, directive: Directive, cell: RunningCell) -> bool:
        """Whether a route is still there when a cell has run."""
        owner = self._cells.owner(route)
        is_its_own = owner is not None and cell.id is not None and owner.id == cell.id
        return not is_its_own and route.method != directive.method

    def _made_live(self, cell: Cell, directive: Directive, own_names: set[str], body: str = "") -> Definition:
        if self.app.public is not None:
            self.app.public.check(cell.routes)
        moved = self._started()
        definition = self._exchange(cell)
        self._defined_in.add(cell.id)
        shows_page = any(route.is_page for route in cell.routes)
        (self.inspectors if shows_page else self.frames).forget(cell.id)
        self.frames.reload(besides=cell.id)
        remarks = [*definition.remarks, *self._remarks(directive, own_names), *answer_remarks(directive, body)]
        path = self.routes.at(directive.pattern)
        if path is not None:
            remarks += config_remarks(directive, body, cell.routes[0], path)
        if self.in_process is not None and not self._place_said:
            self._place_said = True
            remarks.append(NO_ADDRESS)
        if moved:
            remarks.append("The usual port is in use: the server took the next free one, %routes url shows it")
        return Definition(definition.routes, tuple(remarks))

    def _started(self) -> bool:
        """Have the server run; whether it had to take another port than it wanted."""
        moved = self.serving.ensure_started()
        self.inspectors.begin()
        return moved

    def _exchange(self, cell: Cell) -> Definition:
        with self._lock:
            mine = self._cells.owned_by(cell.id)
            replaced = self.routes.replace(remove=mine, put=cell.routes)
            labels = {(route.method, route.pattern.shape): route.cell for route in replaced if self.mounts.owner(route)}
            owners = {(route.method, route.pattern.shape): self._cells.owner(route) for route in replaced}
            updated = {(route.method, route.pattern.shape) for route in mine}
            self._cells.withdraw([*mine, *replaced])
            self._cells.add(cell)
        # Only what this kernel has answered by other code: what was kept by another kernel has the text of the code in
        # its keys, and is to outlive it.
        self.kept.forget([*mine, *replaced])
        kept = {(route.method, route.pattern.shape) for route in cell.routes}
        gone = [route for route in mine if (route.method, route.pattern.shape) not in kept]
        said = []
        for route in cell.routes:
            place = (route.method, route.pattern.shape)
            owner = owners.get(place)
            what = "updated" if place in updated else "new"
            if owner is not None:
                what = "updated" if owner.id is None else f"replaces the one of {owner.label}"
            elif place in labels:
                what = f"replaces the one of {labels[place]}"
            said.append((route, what))
        return Definition(tuple(said), tuple(f"{route.method} {route.pattern} withdrawn" for route in gone))

    def _withdraw(self, routes: list[Route]) -> None:
        self.routes.replace(remove=routes)
        self._cells.withdraw(routes)

    def _remarks(self, directive: Directive, own_names: set[str]) -> list[str]:
        remarks = []
        for name in directive.pattern.names:
            hides = name in self.namespace and name not in own_names and name not in self._hidden_said
            if directive.method is not None and hides:
                self._hidden_said.add(name)
                remarks.append(f"`{name}` is the segment here, not the notebook's variable of that name")
        return remarks

    def _say_once(self, entry: LogEntry, exchange: Exchange) -> None:
        """What a handler should hear of goes to its own cell too, the first time."""
        if exchange.route is None or exchange.context is None:
            return
        for note in entry.notes:
            said = (str(exchange.route), note)
            if said not in self._said:
                self._said.add(said)
                exchange.context.copy().run(print, f"{exchange.route.method} {exchange.route.pattern}: {note}")


def _async_mounts(server: InProcessServer) -> dict[str, Any]:
    from notebook_routes.servers.in_process_client import async_mounts  # noqa: PLC0415 - it imports httpx2

    return {**async_mounts(server)}


def _heading(route: Route) -> str:
    return f"<!-- {route.pattern} -->" if route.is_page else f"# {route.pattern}"
