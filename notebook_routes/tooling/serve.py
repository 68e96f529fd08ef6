"""`notebook-routes serve`: a project on Tornado."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from notebook_routes.app import Guard
from notebook_routes.project.load import load_tree
from notebook_routes.servers import MAX_BODY_SIZE, public_location
from notebook_routes.servers.listener import bind_listener
from notebook_routes.tooling.running import answering, known_hosts, run, told_to_stop

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from notebook_routes.app import App


def serve_tree(
    directory: Path,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    allow_hosts: Iterable[str] = (),
    token: str | None = None,
    max_body_size: int = MAX_BODY_SIZE,
    geo: str | None = None,
    cache: str | None = None,
    cors: Sequence[str] = (),
) -> None:
    """Answer a project's routes until SIGINT or SIGTERM, and say on stdout where.

    Failures go to stderr, through `logging`; so do files that cannot be used, whose paths answer 500.

    Args:
        directory: the project's folder.
        host: the address to listen on.
        port: the port; None takes 8000, or the next free one.
        allow_hosts: values of the Host header to answer beside those of this machine; none answers any.
        token: a bearer token that every request must bring.
        max_body_size: bytes of a request body.
        geo: the proxy whose headers `request.geo` is read from, "vercel" or "cloudflare".
        cache: where answers and data are kept, as `open_cache` takes it; None for this process's memory.
        cors: other origins that may call the paths that declare nothing themselves; "*" for any.

    Raises:
        DefinitionError: the project cannot be loaded, or its middleware cannot be used.
        ServerError: the port is in use, or the address is not this machine's.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = load_tree(directory, geo=geo, cache=cache, cors=list(cors) or None)
    listener = bind_listener(host, port)
    location = public_location(host, listener.getsockname()[1])
    allowed = list(allow_hosts)
    app.guard = Guard(hosts=known_hosts(host, location, allowed) if allowed else None, token=token)
    run(_serve(app, listener, f"{directory} is served at {location.url}", max_body_size=max_body_size))


async def _serve(app: App, listener: socket.socket, said: str, *, max_body_size: int) -> None:
    with told_to_stop() as stop:
        async with answering(app, listener, said, max_body_size=max_body_size):
            preparing = asyncio.get_running_loop().create_task(app.prepare())
            await stop.wait()
            preparing.cancel()
        await app.close()
