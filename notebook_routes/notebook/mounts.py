"""`%routes mount DIR`: the routes of a tree of files, live in the kernel beside those of the cells.

The tree keeps its own modules and its own names; only its routes, and the middleware in front of them, join the
notebook's. A thread watches the folder, and a saved file answers anew. Where a cell answers the same, the tree is
refused, and a file that comes to it later is left out: what somebody has just run is not replaced behind their back.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from notebook_routes import project as floor
from notebook_routes.app import Guard
from notebook_routes.errors import DefinitionError, DirectiveError, RouteConflict
from notebook_routes.routing import RouteFile, RouteTable, find_routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import PurePath

    from notebook_routes.app import App, Middleware
    from notebook_routes.project.live import LiveProject
    from notebook_routes.routing import Route

#: Milliseconds that the watching thread waits for changes, before it looks whether it is to end.
_TURN = 500
# What is broken is told by the cell and by the answers: a notebook writes nothing to stderr.
_log = logging.getLogger("notebook_routes.project")


@dataclass(eq=False)
class Mount:
    """A tree that is mounted.

    Attributes:
        name: the folder as it was called.
        project: its files.
        routes: its live routes.
        middleware: what it puts in front of the notebook's routes.
        problems: sentences about files that cannot be used, as of the last loading.
    """

    name: str
    project: LiveProject
    routes: list[Route] = field(default_factory=list)
    middleware: tuple[Middleware, ...] = ()
    problems: tuple[str, ...] = ()


class Mounts:
    """The trees of one notebook.

    Args:
        routes: the notebook's table.
        changed: called with routes that are new, other than before, or gone, when the table and `middleware` have
            changed.
    """

    def __init__(self, routes: RouteTable, changed: Callable[[list[Route]], None]) -> None:
        self._routes = routes
        self._changed = changed
        self._lock = threading.RLock()
        self._mounts: dict[Path, Mount] = {}
        self._ends: dict[Path, threading.Event] = {}
        _log.addHandler(logging.NullHandler())

    @property
    def middleware(self) -> tuple[Middleware, ...]:
        """What the trees put in front of the notebook's routes."""
        return tuple(layer for mount in self._mounts.values() for layer in mount.middleware)

    def all(self) -> list[Mount]:
        """The trees, in the order in which they were mounted."""
        return list(self._mounts.values())

    def owner(self, route: Route) -> Mount | None:
        """The tree that a live route is of."""
        return next((mount for mount in self._mounts.values() if route in mount.routes), None)

    def mount(self, directory: str) -> Mount:
        """Load a tree, and have its routes answer.

        Raises:
            DefinitionError: there is no folder `app`, its middleware cannot be used, it is mounted already, or one of
                its routes is a cell's, or another tree's. Nothing was changed.
        """
        root = Path(directory).expanduser().resolve()
        if root in self._mounts:
            raise DirectiveError(
                f"{directory} is mounted already, and what is saved in it answers anew: "
                f"%routes mount --off {directory} takes it away"
            )
        from notebook_routes.project.live import LiveProject  # noqa: PLC0415 - %load_ext must not wait for it

        find_routes(root)
        mount = Mount(directory, LiveProject(root, guard=Guard()))
        stamps = _stamps(mount.project)
        try:
            with self._lock:
                self._put(mount)
        except BaseException:
            mount.project.close()
            raise
        self._mounts[root] = mount
        self._changed(mount.routes)
        end = self._ends[root] = threading.Event()
        thread = threading.Thread(
            target=self._watch, args=(mount, end, stamps), name="notebook_routes mount", daemon=True
        )
        thread.start()
        return mount

    def unmount(self, directory: str) -> Mount:
        """Withdraw the routes of a tree.

        Raises:
            DirectiveError: it is not mounted.
        """
        root = Path(directory).expanduser().resolve()
        with self._lock:
            mount = self._mounts.pop(root, None)
            if mount is None:
                known = ", ".join(each.name for each in self._mounts.values()) or "no tree is"
                raise DirectiveError(f"{directory} is not mounted: {known}")
            self._ends.pop(root).set()
            gone = self._live(mount)
            self._routes.replace(remove=gone)
            mount.routes = []
        mount.project.close()
        self._changed(gone)
        return mount

    def clear(self) -> None:
        """Unmount all."""
        for mount in self.all():
            self.unmount(str(mount.project.root))

    def reload(self, mount: Mount, changed: Iterable[PurePath]) -> None:
        """Load changed files of a tree anew; what cannot be used is among its problems."""
        with self._lock:
            if mount not in self._mounts.values():
                return
            app = mount.project.load(changed)
            if mount.project.refused is None:
                routes = _named(app, mount)
                mount.middleware = app.middleware
            else:
                # Without its middleware a request would pass unguarded.
                message = mount.project.refused
                places = {route.pattern: route.cell for route in mount.routes}
                routes = [
                    route
                    for pattern, cell in places.items()
                    for route in floor.broken_routes(RouteFile(PurePosixPath(cell), pattern), message)
                ]
                mount.middleware = ()
            gone = self._live(mount)
            free, left_out = self._free(gone, routes)
            # In one step: no request finds the place empty.
            self._routes.replace(remove=gone, put=free)
            mount.routes = free
            mount.problems = (*_problems(routes), *left_out)
            kept = {id(route.handler) for route in gone} & {id(route.handler) for route in free}
        self._changed([route for route in (*gone, *free) if id(route.handler) not in kept])

    def _put(self, mount: Mount) -> None:
        """Load a tree for the first time.

        Raises:
            DefinitionError: its middleware cannot be used, or a route of it has no place.
        """
        app = mount.project.load()
        if mount.project.refused is not None:
            raise DefinitionError(mount.project.refused)
        routes = _named(app, mount)
        for route in routes:
            there = self._routes.find(route.method, route.pattern)
            if there is not None:
                raise _conflict(route, there)
        self._routes.replace(put=routes)
        mount.routes, mount.middleware, mount.problems = routes, app.middleware, _problems(routes)

    def _live(self, mount: Mount) -> list[Route]:
        """The routes of a tree that no cell has replaced."""
        live = set(map(id, self._routes.routes()))
        return [route for route in mount.routes if id(route) in live]

    def _free(self, gone: list[Route], routes: list[Route]) -> tuple[list[Route], list[str]]:
        """The routes that have a place once others are gone, and sentences about those that have none."""
        away = set(map(id, gone))
        table = RouteTable(route for route in self._routes.routes() if id(route) not in away)
        free: list[Route] = []
        left_out: dict[str, None] = {}
        for route in routes:
            there = table.find(route.method, route.pattern)
            try:
                if there is not None:
                    raise _conflict(route, there)
                table.put(route)
            except RouteConflict as error:
                left_out[str(error)] = None
            else:
                free.append(route)
        return free, list(left_out)

    def _watch(self, mount: Mount, end: threading.Event, stamps: dict[PurePath, tuple[int, int]]) -> None:
        from watchfiles import DefaultFilter, watch  # noqa: PLC0415 - %load_ext must not wait for it

        root, usual = mount.project.root, DefaultFilter()

        def concerns(change: object, path: str) -> bool:
            below = Path(path).relative_to(root)
            return usual(change, str(below)) and mount.project.concerns(below)  # type: ignore[arg-type]

        is_first = True
        for changes in watch(
            root,
            watch_filter=concerns,
            stop_event=end,
            rust_timeout=_TURN,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            changed = {Path(path).relative_to(root) for _, path in changes}
            if is_first:
                # Between the loading and now nobody has watched.
                now, is_first = _stamps(mount.project), False
                changed |= {Path(path) for path in now.keys() | stamps.keys() if now.get(path) != stamps.get(path)}
            if changed and not end.is_set():
                self.reload(mount, sorted(changed))


def _named(app: App, mount: Mount) -> list[Route]:
    """The routes of a tree, called by its name."""
    return [replace(route, cell=str(Path(mount.name) / route.cell)) for route in app.routes]


def _conflict(route: Route, there: Route) -> RouteConflict:
    if floor.broken_reason(route) is not None:
        return RouteConflict(f"{route.cell} cannot be used, and {there} is at its path")
    return RouteConflict(f"{route} cannot be mounted beside {there}: keep one of the two")


def _problems(routes: Iterable[Route]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason for route in routes if (reason := floor.broken_reason(route)) is not None))


def _stamps(project: LiveProject) -> dict[PurePath, tuple[int, int]]:
    """When the files of a project were written, and how large they are."""
    found: dict[PurePath, tuple[int, int]] = {}
    for file in project.root.rglob("*"):
        below = file.relative_to(project.root)
        if file.is_file() and project.concerns(below):
            about = file.stat()
            found[below] = about.st_mtime_ns, about.st_size
    return found
