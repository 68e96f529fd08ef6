"""`notebook-routes serve`: a project on Tornado, in the main thread's own loop."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING

from notebook_routes.app import LOOPBACK_HOSTS, Guard
from notebook_routes.project.load import load_tree
from notebook_routes.servers import MAX_BODY_SIZE, public_location
from notebook_routes.servers.lifetime import end_tasks, listening
from notebook_routes.servers.listener import bind_listener

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable
    from pathlib import Path
    from types import FrameType

    from notebook_routes.app import App

#: Seconds that requests have to end in when the server stops.
_GRACE = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve_tree(
    directory: Path,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    allow_hosts: Iterable[str] = (),
    token: str | None = None,
    max_body_size: int = MAX_BODY_SIZE,
    geo: str | None = None,
) -> None:
    """Answer a project's routes until SIGINT or SIGTERM, and say on stdout where.

    Failures go to stderr, through `logging`.

    Args:
        directory: the project's folder.
        host: the address to listen on.
        port: the port; None takes 8000, or the next free one.
        allow_hosts: values of the Host header to answer beside those of this machine; none answers any.
        token: a bearer token that every request must bring.
        max_body_size: bytes of a request body.
        geo: the proxy whose headers `request.geo` is read from, "vercel" or "cloudflare".

    Raises:
        DefinitionError: the project cannot be loaded.
        ServerError: the port is in use, or the address is not this machine's.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = load_tree(directory, geo=geo)
    listener = bind_listener(host, port)
    location = public_location(host, listener.getsockname()[1])
    allowed = list(allow_hosts)
    if allowed:
        own = f"[{host}]" if ":" in host else host
        allowed += [*LOOPBACK_HOSTS, own, *([location.host] if location.host else [])]
    app.guard = Guard(hosts=allowed or None, token=token)
    # A selector loop on every platform: Tornado needs one.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(_serve(app, listener, f"{directory} is served at {location.url}", max_body_size=max_body_size))


async def _serve(app: App, listener: socket.socket, said: str, *, max_body_size: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)
        # A handler that holds the loop would hold the server too: the second time, Python's own way.
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        async with listening(app, listener, max_body_size=max_body_size, grace=_GRACE):
            print(said, flush=True)  # noqa: T201 - what the program has to say
            preparing = loop.create_task(app.prepare())
            await stop.wait()
            preparing.cancel()
        await end_tasks()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
