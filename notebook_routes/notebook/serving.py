"""The kernel's server: started by the first route or by `%routes start`, stopped by `%routes stop`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.app import LOOPBACK_HOSTS
from notebook_routes.errors import ServerError
from notebook_routes.notebook import output
from notebook_routes.notebook.machine import machine_hosts
from notebook_routes.servers import ServerThread, public_location

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.app import App
    from notebook_routes.servers import Location

_ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound


class Serving:
    """Starts and stops the server of an App, and knows its addresses."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._thread: ServerThread | None = None
        self._setting: str | None = None
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
        """Start with the defaults unless it runs; True when it had to take another port than 8000."""
        if self.running:
            return False
        self.start(port=self._port)
        assert self._thread is not None
        return self._thread.moved

    def start(
        self,
        *,
        port: int | None = None,
        host: str = "127.0.0.1",
        allow_hosts: Iterable[str] = (),
        token: str | None = None,
        url: str | None = None,
    ) -> Location:
        """Start the server, again if it runs; the routes stay.

        Args:
            port: the port; None takes 8000 or the next free one.
            host: the address to listen on; "0.0.0.0" for all of this machine's.
            allow_hosts: further values of the Host header to answer.
            token: a bearer token that every request must bring.
            url: the address a browser finds it at, if no rule knows; may hold {port}.

        Raises:
            ServerError: the port is in use, or the address is not this machine's; a running server stays.
        """
        if self._thread is not None and (port is None or port == self._thread.port) and self.running:
            port = self._thread.port
            self.stop()
        thread = ServerThread(self._app, host=host, port=port)
        self.stop()
        guard = self._app.guard
        guard.token = token
        self._setting = url
        hosts = {*LOOPBACK_HOSTS, *allow_hosts}
        if host in _ANY_ADDRESS:
            hosts |= machine_hosts()
        elif host:
            hosts.add(f"[{host}]" if ":" in host else host)
        location = public_location(host, thread.port, setting=url)
        if location.host:
            hosts.add(location.host)
        guard.hosts = {name.lower() for name in hosts}
        output.install()
        thread.start()
        self._thread = thread
        # A server that is stopped and started again keeps its address.
        self._port = thread.port
        return location

    def stop(self) -> bool:
        """Stop the server if it runs; whether it did."""
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
        thread = self._running_thread()
        host = "127.0.0.1" if thread.host in _ANY_ADDRESS else thread.host
        return f"http://{f'[{host}]' if ':' in host else host}:{thread.port}"

    def location(self) -> Location:
        """The address for a browser.

        Raises:
            ServerError: it does not run.
        """
        thread = self._running_thread()
        return public_location(thread.host, thread.port, setting=self._setting)

    def _running_thread(self) -> ServerThread:
        if self._thread is None or not self._thread.running:
            raise ServerError("The server does not run: define a route with %%route, or run %routes start")
        return self._thread
