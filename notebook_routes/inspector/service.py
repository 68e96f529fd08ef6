"""The inspector of one app: what every open page and widget is connected to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from notebook_routes.inspector.board import Board
from notebook_routes.inspector.loop import InspectorLoop
from notebook_routes.inspector.opening import opened
from notebook_routes.inspector.thread import InspectorThread
from notebook_routes.inspector.view import View

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.cookiejar import CookieJar

    from notebook_routes.app import App
    from notebook_routes.inspector.kept import KeptThings
    from notebook_routes.inspector.thread import InspectorPlace
    from notebook_routes.routing import Route
    from notebook_routes.servers.in_process import InProcessServer


class Subject(Protocol):
    """What is looked at: the kernel's session, or the project that `dev` serves.

    All of it is called on the inspector's thread, and must not wait.
    """

    @property
    def kept(self) -> KeptThings:
        """What its cache holds; this alone is used on a thread where it may wait."""

    @property
    def cookies(self) -> CookieJar:
        """The cookies that requests are sent with."""

    def app(self) -> App:
        """The app that answers; `dev` has another one when files have changed."""

    def base_url(self) -> str:
        """The server's address for this machine, without a slash at its end.

        Raises:
            ServerError: no server runs; the message has the fix.
        """

    def token(self) -> str | None:
        """The bearer token that the server asks for."""

    def where(self, route: Route) -> str:
        """The cell or file that a route comes from."""

    def source(self, route: Route) -> str:
        """What would be exported of it."""

    def location(self) -> dict[str, Any]:
        """The addresses for browsers, as `addresses` gives them. Asked while it runs.

        Raises:
            ServerError: it has none; the message says why.
        """


class Inspector:
    """Shows one subject to any number of views; any thread may call it.

    Its thread is started by the first view, and ended by `close`.

    Args:
        subject: what is looked at.
        server: answers without a socket, on a loop that the inspector shares; None where there are threads.
    """

    def __init__(self, subject: Subject, server: InProcessServer | None = None) -> None:
        self._subject = subject
        self._server = server
        self._lock = threading.Lock()
        self._running: tuple[InspectorPlace, Board] | None = None

    def connect(self, listener: Callable[[dict[str, Any]], object]) -> View:
        """Open a view.

        Args:
            listener: called on the inspector's thread with each message to the page, a dict that JSON can hold.
        """
        with self._lock:
            if self._running is None:
                server = self._server
                place = InspectorThread() if server is None else InspectorLoop(server.loop)
                self._running = (place, Board(self._subject, place, server))
            thread, board = self._running
        view = View(board, thread, listener)
        thread.call(board.add, view)
        return view

    def opened(self, path: str | None) -> dict[str, Any]:
        """What a view shows before it has been answered; computed here and now.

        Args:
            path: of a card, the pattern of its routes; None for all routes.
        """
        return opened(self._subject, path)

    def changed(self) -> None:
        """Routes or server have changed: the views hear of it at once, and not only soon."""
        running = self._running
        if running is not None:
            running[0].call(lambda: running[1].look(anew=True))

    def close(self, said: str = "The inspector was closed") -> None:
        """Tell the views that this is the end, stop what they have sent, and end the thread."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            thread, board = running
            thread.stop(lambda: board.close(said))
