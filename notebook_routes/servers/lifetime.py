"""What a served App has while its server runs, whatever thread and loop that is."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from notebook_routes.runtime import LoopWatch, Workers
from notebook_routes.servers.location import ANY_ADDRESS, host_header
from notebook_routes.servers.refusal import MAX_BODY_SIZE
from notebook_routes.servers.switch_interval import SwitchInterval

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from notebook_routes.app import App
    from notebook_routes.servers.tornado import TornadoServer

#: Seconds for the tasks that handlers have started, once all requests are done with.
_LAST_TIME = 0.2


class HandlerThreads:
    """The threads beside an App's loop: workers for `def` handlers, and the watch over `async def` ones."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._workers = Workers()
        self._watch = LoopWatch()

    def start(self) -> None:
        """Give them to the app; called on the loop's thread."""
        self._app.workers, self._app.watch = self._workers, self._watch
        self._watch.start()

    def stop(self) -> None:
        """End those that are idle; busy ones end after their job."""
        self._watch.stop()
        self._workers.stop()


@asynccontextmanager
async def listening(
    app: App,
    listener: socket.socket,
    *,
    max_body_size: int = MAX_BODY_SIZE,
    drain: float = 0.0,
    grace: float = 1.0,
) -> AsyncIterator[TornadoServer]:
    """Answer on `listener` while the block runs.

    Args:
        app: what answers.
        listener: a socket that listens; the server owns it from now on.
        max_body_size: bytes of a request body.
        drain: seconds for which requests are still answered when the block has ended.
        grace: seconds that those have to end in which are cancelled then.
    """
    from notebook_routes.servers.tornado import TornadoServer  # noqa: PLC0415 - %load_ext must not wait for Tornado

    threads, interval = HandlerThreads(app), SwitchInterval()
    server = TornadoServer(app, max_body_size=max_body_size, on_traffic=interval.touch)
    threads.start()
    app.origin = origin_of(listener.getsockname())
    try:
        server.listen([listener])
        yield server
    finally:
        try:
            if drain:
                await server.drain(grace=drain)
            await server.stop(grace=grace)
        finally:
            interval.restore()
            threads.stop()


def origin_of(address: Any) -> str:
    """The origin of a server that listens at a socket's address, as a program on this machine reaches it."""
    if not isinstance(address, (tuple, list)) or len(address) < 2 or address[1] is None:
        # A socket in the file system.
        return "http://localhost"
    host, port = address[0], address[1]
    return f"http://{'localhost' if host in ANY_ADDRESS else host_header(host)}:{port}"


def replace_app(server: TornadoServer, app: App) -> None:
    """Have another App answer from now on; what is being answered goes on with the one before."""
    app.workers, app.watch = server.app.workers, server.app.watch
    server.app = app


async def end_tasks() -> None:
    """Cancel what handlers have left running on the loop."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_LAST_TIME)
