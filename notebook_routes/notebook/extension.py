"""`%load_ext notebook_routes` and its undoing. Loading starts nothing, opens no port and prints nothing."""

from __future__ import annotations

import atexit
import re
from typing import TYPE_CHECKING, Any

import notebook_routes
from notebook_routes.errors import ServerError
from notebook_routes.notebook import output
from notebook_routes.notebook.cell_text import (
    cell_id,
    cell_label,
    give_body,
    lift_magic,
    name_magic,
    place_magic,
    remember_cell,
)
from notebook_routes.notebook.magics import RouteMagics
from notebook_routes.notebook.session import Session
from notebook_routes.servers.in_process import in_browser

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

_ROUTE_CELL = re.compile(r"<cell \d+ (?P<what>.+)>")
_TRANSFORMERS = (lift_magic, name_magic, place_magic, give_body)

_extension: Extension | None = None


class Extension:
    """What is loaded into one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.session = Session(shell.user_ns, name_file=self._name_file, server=in_browser())
        self.session.own_names = lambda: set(shell.user_ns_hidden)
        self._names: dict[str, Any] = {}
        #: JupyterLite's kernel, which knows what its shell is not told.
        self._lite_kernel = None if self.session.in_process is None else getattr(shell, "kernel", None)

    def load(self) -> None:
        """Register magics and hooks, and put the public face into the notebook, hidden from `%who`."""
        shell = self.shell
        shell.register_magics(RouteMagics(shell, self.session))
        shell.input_transformers_cleanup.extend(_TRANSFORMERS)
        shell.events.register("pre_run_cell", self._cell_runs)
        shell.events.register("post_run_cell", self._cell_ran)
        self._offer_names()
        atexit.register(self.session.close)

    def unload(self) -> None:
        """Take back all that `load` did, and stop the server."""
        shell = self.shell
        self.session.close()
        atexit.unregister(self.session.close)
        output.uninstall()
        for kind, name in (
            ("cell", "route"),
            ("cell", "page"),
            ("cell", "api"),
            ("cell", "middleware"),
            ("cell", "request"),
            ("line", "request"),
            ("line", "routes"),
        ):
            shell.magics_manager.magics[kind].pop(name, None)
        for transformer in _TRANSFORMERS:
            if transformer in shell.input_transformers_cleanup:
                shell.input_transformers_cleanup.remove(transformer)
        shell.events.unregister("pre_run_cell", self._cell_runs)
        shell.events.unregister("post_run_cell", self._cell_ran)
        shell.drop_by_id(self._names)

    def _offer_names(self) -> None:
        # A name of the user's, or of IPython's own, is never replaced.
        self._names = {
            name: value for name, value in notebook_routes.public_names().items() if name not in self.shell.user_ns
        }
        self.shell.push(self._names, interactive=False)

    def _cell_runs(self, info: ExecutionInfo) -> None:
        remember_cell(info, self._lite_kernel)
        self.session.client.recent.clear()
        if self._names.keys().isdisjoint(self.shell.user_ns):
            # `%reset` has taken them along with the user's.
            self.session.ran.clear()
            self._offer_names()

    def _cell_ran(self, result: ExecutionResult | None) -> None:
        if result is None or result.info is None:
            # Stop was pressed before IPython had begun to run the cell.
            return
        ran = cell_id(result.info, self._lite_kernel)
        if result.success:
            label = cell_label(self.shell)
            self.session.ran.add(ran, label, result.info.raw_cell, self.session.client.recent)
        for route in self.session.cell_ran(ran, succeeded=result.success):
            print(f"{route.method} {route.pattern} withdrawn: its cell defines it no more")  # noqa: T201 - shown
        if result.success:
            self._compare_edge(label)
        for layer in self.session.middlewares.cell_ran(ran, succeeded=result.success):
            print(f"{layer.label} withdrawn: its cell defines it no more")  # noqa: T201 - the same

    def _compare_edge(self, label: str) -> None:
        routes = [route for route in self.session.routes.routes() if route.cell == label]
        if not any(route.config.runtime == "edge" for route in routes):
            return
        from notebook_routes.notebook.edge_comparing import after_definition  # noqa: PLC0415 - few cells are

        for line in after_definition(self.session, routes):
            print(line)  # noqa: T201 - shown

    def _name_file(self, filename: str) -> str:
        """What people call a file: a route cell by its route; IPython's cells, which are files, by number."""
        route = _ROUTE_CELL.fullmatch(filename)
        if route is not None:
            return f"<{route['what'].removeprefix('module ')}>"
        described = self.shell.compile.format_code_name(filename)
        return " ".join(described) if described else filename


def load(shell: InteractiveShell) -> None:
    """Load into `shell`, once."""
    global _extension  # noqa: PLW0603 - one kernel has one shell, and `%unload_ext` must find what was loaded
    if _extension is None:
        extension = Extension(shell)
        extension.load()
        _extension = extension


def unload() -> None:
    """Undo `load`."""
    global _extension
    if _extension is not None:
        extension, _extension = _extension, None
        extension.unload()


def current_session() -> Session:
    """The session of this kernel.

    Raises:
        ServerError: the extension is not loaded.
    """
    if _extension is None:
        raise ServerError("notebook_routes is not loaded: run %load_ext notebook_routes first")
    return _extension.session
