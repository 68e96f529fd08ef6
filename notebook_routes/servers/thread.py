"""The server's own thread with its own loop, beside the kernel's.

The socket is bound by whoever starts it, so that a port in use is an exception in that cell. The loop is a selector
loop on every platform: Tornado needs one. asyncio is not patched, and the kernel's loop is not touched.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from notebook_routes.errors import ServerError
from notebook_routes.servers.lifetime import end_tasks, listening
from notebook_routes.servers.listener import DEFAULT_PORT, bind_listener
from notebook_routes.servers.location import Location, local_url, public_location
from notebook_routes.servers.refusal import MAX_BODY_SIZE

if TYPE_CHECKING:
    from notebook_routes.app import App
    from notebook_routes.servers.tornado import TornadoServer


class ServerThread:
    """Serves an App from a daemon thread.

    Args:
        app: what answers.
        host: the address to listen on.
        port: the port; None takes 8000, or the next free one.
        max_body_size: bytes of a request body.

    Raises:
        ServerError: the port is in use, or the address is not this machine's.

    Attributes:
        port: the port it listens on.
        moved: whether 8000 was in use and another port was taken.
    """

    def __init__(
        self,
        app: App,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        max_body_size: int = MAX_BODY_SIZE,
    ) -> None:
        self.app = app
        self.host = host
        self._socket = bind_listener(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.moved = port is None and self.port != DEFAULT_PORT
        self._max_body_size = max_body_size
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._server: TornadoServer | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="notebook_routes server", daemon=True)
        # A breakpoint in a cell must not stop the server: debugpy leaves threads marked so alone.
        self._thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
        self._thread.is_pydev_daemon_thread = True  # type: ignore[attr-defined]

    def start(self) -> None:
        """Start the thread, and return once it listens.

        Raises:
            ServerError: the loop could not be set up.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise ServerError(f"the server could not start: {self._failure}") from self._failure

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._thread.is_alive()

    @property
    def url(self) -> str:
        """The address at which this process itself reaches it."""
        return local_url(self.host, self.port)

    def location(self, setting: str | None = None) -> Location:
        """The address for a browser; `setting` is what the user has said of it."""
        return public_location(self.host, self.port, setting=setting)

    def stop(self, *, timeout: float = 1.0) -> None:
        """Stop listening, cancel what is being answered, and end the thread; gives up after about `timeout` seconds."""
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and self._thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
            self._thread.join(timeout + 0.5)
        self._socket.close()

    def _run(self) -> None:
        loop = asyncio.SelectorEventLoop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - the thread that waits in start() must hear of it
            self._failure = error
        finally:
            self._ready.set()
            loop.run_until_complete(end_tasks())
            loop.run_until_complete(loop.shutdown_asyncgens())
            asyncio.set_event_loop(None)
            loop.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with listening(self.app, self._socket, max_body_size=self._max_body_size) as server:
            self._server = server
            self._ready.set()
            await self._stop.wait()
