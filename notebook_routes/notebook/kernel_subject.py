"""What the inspector looks at in a kernel: the notebook's session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from notebook_routes.app import App
    from notebook_routes.inspector import KeptThings
    from notebook_routes.notebook.session import Session
    from notebook_routes.routing import Route


class KernelSubject:
    """A notebook's session as the inspector's `Subject`.

    Args:
        session: the session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def kept(self) -> KeptThings:
        """What its cache holds."""
        return self._session.kept

    @property
    def cookies(self) -> CookieJar:
        """Those of `%%request`: who has logged in by a cell is logged in here."""
        return self._session.client.cookies

    def app(self) -> App:
        """The app that answers."""
        return self._session.app

    def base_url(self) -> str:
        """The server's address for the kernel.

        Raises:
            ServerError: it does not run.
        """
        return self._session.serving.url()

    def token(self) -> str | None:
        """The bearer token that the server asks for."""
        return self._session.serving.token

    def where(self, route: Route) -> str:
        """The cell that a route comes from, or the file of a mounted tree."""
        return route.cell

    def source(self, route: Route) -> str:
        """The module that its cell was expanded to: the export adds to it, and changes nothing else."""
        return route.source.strip()

    def location(self) -> dict[str, Any]:
        """The address for browsers, and where it listens beyond this machine the one for the room."""
        from notebook_routes.inspector import addresses  # noqa: PLC0415 - %load_ext must not wait for it

        serving = self._session.serving
        return addresses(self._session.app, serving.location(), *serving.listens())
