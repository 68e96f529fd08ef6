"""The kernel's server: started by the first route or by `%routes start`, stopped by `%routes stop`.

In a browser it is no server: the same commands begin and end that routes answer, and what an address would need is
refused.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes import app as floor
from notebook_routes.app import LOOPBACK_HOSTS
from notebook_routes.errors import ServerError
from notebook_routes.notebook import output
from notebook_routes.routing import CorsPolicy
from notebook_routes.servers import ANY_ADDRESS, host_header
from notebook_routes.servers.in_process import NO_ADDRESS
from notebook_routes.servers.machine import machine_hosts
from notebook_routes.web import GeoHeaders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_routes.app import App, PublicFiles
    from notebook_routes.servers import Location
    from notebook_routes.servers.in_process import InProcessServer
    from notebook_routes.servers.thread import ServerThread

#: A port for the kernels of a machine or a test run; 0 is any free one, and is not remarked upon.
PORT_VARIABLE = "NOTEBOOK_ROUTES_PORT"


@dataclass(frozen=True, slots=True)
class _Settings:
    """What `start` was told, but for the port."""

    host: str = "127.0.0.1"
    allow_hosts: tuple[str, ...] = ()
    token: str | None = None
    url: str | None = None
    public: PublicFiles | None = None
    geo: GeoHeaders | None = None
    cors: CorsPolicy | None = None


class Serving:
    """Starts and stops the server of an App, and knows its addresses.

    Args:
        app: what answers.
        in_process: answers in place of a server on a port.
    """

    def __init__(self, app: App, in_process: InProcessServer | None = None) -> None:
        self._app = app
        self._in_process = in_process
        self._lock = threading.RLock()
        self._thread: ServerThread | InProcessServer | None = None
        self._settings = _Settings()
        self._port: int | None = None

    @property
    def running(self) -> bool:
        """Whether the server listens."""
        return self._thread is not None and self._thread.running

    @property
    def token(self) -> str | None:
        """The bearer token that it asks for."""
        return self._app.guard.token

    def ensure_started(self) -> bool:
        """Start as it was told last, unless it runs; True when it had to take another port than it wanted."""
        with self._lock:
            # A cell may have put its own stream in place of ours meanwhile.
            output.install()
            if self.running:
                return False
            return self._launch(self._bound(self._settings.host, None), self._settings).moved

    def start(
        self,
        *,
        port: int | None = None,
        host: str = "127.0.0.1",
        allow_hosts: Iterable[str] = (),
        token: str | None = None,
        url: str | None = None,
        public: str | os.PathLike[str] | None = None,
        geo: str | Mapping[str, str] | None = None,
        cors: object = None,
    ) -> Location | None:
        """Start the server, again if it runs; the routes stay. Its address for a browser, None where it has none.

        Args:
            port: the port; None takes the one it had before, 8000, or the next free one.
            host: the address to listen on; "0.0.0.0" for all of this machine's.
            allow_hosts: further values of the Host header to answer.
            token: a bearer token that every request must bring.
            url: the address a browser finds it at, if no rule knows; may hold {port}.
            public: a folder whose files are served at their names.
            geo: whose headers `request.geo` is read from, as for `App`.
            cors: which other origins may call the paths that declare nothing themselves, as for `App`.

        Raises:
            ServerError: the port is in use, the address is not this machine's, or there are no addresses here; a
                running server stays.
            DefinitionError: `public` is no folder, or has a file at the path of a route; `geo` is not known. A running
                server stays.
        """
        if self._in_process is not None:
            _refuse_addresses(port, host, allow_hosts, url)
        files = None if public is None else floor.PublicFiles(public)
        if files is not None:
            files.check(self._app.routes)
        settings = _Settings(
            host,
            tuple(allow_hosts),
            token,
            url,
            files,
            None if geo is None else GeoHeaders(geo),
            None if cors is None else CorsPolicy.of(cors, name="--cors"),
        )
        with self._lock:
            running = self._thread if self.running else None
            if running is None or port not in (None, running.port):
                thread = self._bound(host, port)
                self.stop()
            else:
                # Two sockets cannot have one port.
                self.stop()
                try:
                    thread = self._bound(host, running.port)
                except ServerError:
                    self._launch(self._bound(running.host, running.port), self._settings)
                    raise
            self._launch(thread, settings)
            return None if self._in_process is not None else self.location()

    def _bound(self, host: str, port: int | None) -> ServerThread | InProcessServer:
        if self._in_process is not None:
            return self._in_process
        from notebook_routes.servers.thread import ServerThread  # noqa: PLC0415 - %load_ext starts nothing

        if port is None:
            # A server that is stopped and started again keeps its address if it can.
            wanted = _port_of_environment() if self._port is None else self._port
            if wanted is not None:
                with suppress(ServerError):
                    return ServerThread(self._app, host=host, port=wanted)
        return ServerThread(self._app, host=host, port=port)

    def _launch(self, thread: ServerThread | InProcessServer, settings: _Settings) -> ServerThread | InProcessServer:
        guard = self._app.guard
        guard.hosts = {name.lower() for name in self._hosts(thread, settings)}
        guard.token = settings.token
        self._app.public, self._app.geo, self._app.cors = settings.public, settings.geo, settings.cors
        output.install()
        thread.start()
        self._thread, self._settings, self._port = thread, settings, thread.port
        return thread

    def _hosts(self, thread: ServerThread | InProcessServer, settings: _Settings) -> set[str]:
        """The values of the Host header to answer."""
        hosts = {*LOOPBACK_HOSTS, *settings.allow_hosts}
        if self._in_process is not None:
            return hosts
        if settings.host in ANY_ADDRESS:
            hosts |= machine_hosts()
        else:
            hosts.add(host_header(settings.host))
        location = thread.location(settings.url)
        if location.host:
            hosts.add(location.host)
        return hosts

    def stop(self) -> bool:
        """Stop the server if it runs; whether it did."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is None:
                return False
            thread.stop()
            output.uninstall()
            return True

    def url(self) -> str:
        """The address at which the kernel itself reaches the server.

        Raises:
            ServerError: it does not run.
        """
        return self._running_thread().url

    def location(self) -> Location:
        """The address for a browser.

        Raises:
            ServerError: it does not run, or has no address.
        """
        return self._running_thread().location(self._settings.url)

    def listens(self) -> tuple[str, int]:
        """The address and port that it listens on.

        Raises:
            ServerError: it does not run.
        """
        thread = self._running_thread()
        return thread.host, thread.port

    def origins(self) -> tuple[str, ...]:
        """The addresses of its own, for the kernel and for browsers; none while it does not run."""
        if not self.running:
            return ()
        return (self.url(),) if self._in_process is not None else (self.url(), self.location().url)

    def _running_thread(self) -> ServerThread | InProcessServer:
        if self._thread is None or not self._thread.running:
            raise ServerError("The server does not run: define a route with %%route, or run %routes start")
        return self._thread


def _refuse_addresses(port: int | None, host: str, allow_hosts: Iterable[str], url: str | None) -> None:
    given = {
        "--port": port,
        "--host": None if host == _Settings().host else host,
        "--allow-host": allow_hosts,
        "--url": url,
    }
    refused = [option for option, value in given.items() if value or value == 0]
    if refused:
        raise ServerError(f"{NO_ADDRESS}: leave {' and '.join(refused)} out")


def _port_of_environment() -> int | None:
    given = os.environ.get(PORT_VARIABLE)
    if not given:
        return None
    if not given.isdecimal() or int(given) > 65535:
        raise ServerError(f'{PORT_VARIABLE} is set to "{given}": set it to a port, or to 0 for any free one')
    return int(given)
