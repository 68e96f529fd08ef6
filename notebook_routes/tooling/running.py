"""What `serve` and `dev` have in common: the server in the main thread's own loop, until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_routes.app import LOOPBACK_HOSTS
from notebook_routes.servers import host_header
from notebook_routes.servers.lifetime import end_tasks, listening

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
    from types import FrameType
    from typing import Any

    from notebook_routes.app import App
    from notebook_routes.project.settings import ServerSettings
    from notebook_routes.servers import Location
    from notebook_routes.servers.tornado import TornadoServer

#: Seconds that requests have to end in when the server stops.
_GRACE = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def known_hosts(host: str, location: Location, allow_hosts: Iterable[str]) -> list[str]:
    """The values of the Host header that a server on `host` knows: this machine's, its address, and those allowed."""
    return [*allow_hosts, *LOOPBACK_HOSTS, host_header(host), *([location.host] if location.host else [])]


def with_own_hosts(settings: ServerSettings, host: str, location: Location) -> ServerSettings:
    """Where hosts are named, the address that the server listens on is answered too."""
    if not settings.hosts:
        return settings
    return replace(settings, hosts=tuple(dict.fromkeys(known_hosts(host, location, settings.hosts))))


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run the program's coroutine in a loop of its own."""
    # A selector loop on every platform: Tornado needs one.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(main)


@contextmanager
def told_to_stop() -> Iterator[asyncio.Event]:
    """An event that SIGINT or SIGTERM sets while the block runs; the second signal acts in Python's own way."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)
        # A handler that holds the loop would hold the server too.
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def unwound_by_sigterm() -> Iterator[None]:
    """Have SIGTERM leave the block as Ctrl-C does, so that what was begun in it is cleared away.

    Raises:
        SystemExit: it has come; the status is a shell's for it.
    """

    def on_signal(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@asynccontextmanager
async def answering(
    app: App, listener: socket.socket, said: str, *, max_body_size: int, drain: float = 0.0
) -> AsyncIterator[TornadoServer]:
    """Answer on `listener` while the block runs, and say so on stdout; then end what handlers have left running.

    Args:
        app: what answers.
        listener: a socket that listens.
        said: the line on stdout; "" for none.
        max_body_size: bytes of a request body.
        drain: seconds for which requests are still answered when the block has ended.
    """
    async with listening(app, listener, max_body_size=max_body_size, drain=drain, grace=_GRACE) as server:
        if said:
            print(said, flush=True)  # noqa: T201 - what the program has to say
        yield server
    await end_tasks()
