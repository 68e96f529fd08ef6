"""What the inspector looks at under `notebook-routes dev`: the project as it is loaded now."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

from notebook_routes.inspector import KeptThings, addresses
from notebook_routes.servers import local_url

if TYPE_CHECKING:
    from notebook_routes.app import App
    from notebook_routes.routing import Route
    from notebook_routes.servers import Location


class ProjectSubject:
    """A served project as the inspector's `Subject`.

    Args:
        host: the address that its server listens on.
        port: the port.
        location: its address for browsers.

    Attributes:
        now: the app as it was loaded last.
        kept: what its cache holds.
        cookies: those of requests that are sent from the page.
    """

    def __init__(self, host: str, port: int, location: Location) -> None:
        self.now: App | None = None
        self.cookies = CookieJar()
        self.kept = KeptThings(self.app, lambda: (self.base_url(), location.url))
        self._host, self._port, self._location = host, port, location

    def app(self) -> App:
        """The app that answers."""
        assert self.now is not None
        return self.now

    def base_url(self) -> str:
        """The server's address for this machine."""
        return local_url(self._host, self._port)

    def token(self) -> str | None:
        """`dev` asks for none."""
        return None

    def where(self, route: Route) -> str:
        """The file."""
        return route.cell

    def source(self, route: Route) -> str:
        """What the file holds."""
        return route.source.strip()

    def location(self) -> dict[str, Any]:
        """The addresses for browsers."""
        return {**addresses(self.app(), self._location, self._host, self._port)}
