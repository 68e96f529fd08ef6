"""`notebook-routes dev`: a project for its developer, loaded again when a file is saved.

Files run on the loop's thread, at the start and again: an `async def` handler then finds what its module has made, a
sqlite connection for instance, on the thread that it runs on itself.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import Change, DefaultFilter, awatch

from notebook_routes.app import Guard
from notebook_routes.errors import ServerError
from notebook_routes.project.live import LiveProject
from notebook_routes.routing import find_routes
from notebook_routes.servers import MAX_BODY_SIZE, public_location
from notebook_routes.servers.lifetime import replace_app
from notebook_routes.servers.listener import bind_listener
from notebook_routes.tooling.running import answering, known_hosts, run, told_to_stop
from notebook_routes.tooling.terminal import HandlerPrints, RequestLines, showable

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
    from pathlib import PurePath

    from notebook_routes.servers.tornado import TornadoServer

#: Changed files that are named; of more, the number is.
_NAMED = 3


def develop_tree(
    directory: Path, *, host: str = "127.0.0.1", port: int | None = None, allow_hosts: Iterable[str] = ()
) -> None:
    """Answer a project's routes until SIGINT or SIGTERM, and load them again when a file is saved.

    Every request is a line on stdout. Clients see tracebacks; so only hosts that are known are answered. A file that
    cannot be used is named on stderr, and its path answers 500 with the reason until it is mended.

    Args:
        directory: the project's folder.
        host: the address to listen on.
        port: the port; None takes 8000, or the next free one.
        allow_hosts: values of the Host header to answer beside those of this machine.

    Raises:
        DefinitionError: there is no folder `app`, or one below it has no name that can be a path.
        ServerError: the port is in use, or the address is not this machine's; or the system tells of no changes.
    """
    logging.basicConfig(format="%(levelname)s: %(message)s")
    find_routes(directory)
    listener = bind_listener(host, port)
    location = public_location(host, listener.getsockname()[1])
    # Systems that tell of changes do so by the real path.
    project = LiveProject(directory.resolve(), guard=Guard(hosts=known_hosts(host, location, allow_hosts)))
    said = f"{directory} is served at {location.url}, and loaded again when a file is saved"
    try:
        run(_develop(project, listener, said))
    finally:
        project.close()


async def _develop(project: LiveProject, listener: socket.socket, said: str) -> None:
    loop = asyncio.get_running_loop()
    started: asyncio.Future[TornadoServer] = loop.create_future()
    with told_to_stop() as stop, _request_lines(project):
        following = loop.create_task(_follow(project, started, stop))
        # Let it begin to watch before anything is loaded: no change is missed then.
        await asyncio.sleep(0)
        async with answering(project.load(), listener, said, max_body_size=MAX_BODY_SIZE) as server:
            started.set_result(server)
            await following


@contextmanager
def _request_lines(project: LiveProject) -> Iterator[None]:
    """Show requests, and what their handlers print, while the block runs."""
    stdout = sys.stdout
    prints = HandlerPrints(stdout, asyncio.get_running_loop())
    project.log.listen(RequestLines(stdout, prints).show)
    sys.stdout = prints
    try:
        yield
    finally:
        sys.stdout = stdout


async def _follow(project: LiveProject, started: asyncio.Future[TornadoServer], stop: asyncio.Event) -> None:
    """Put the project as it is in the place of the one before, after every change."""
    async for changed in _changes(project, stop):
        server = await started
        begun = time.perf_counter()
        replace_app(server, project.load(changed))
        said = f"{_named(changed)} changed: loaded again in {(time.perf_counter() - begun) * 1000:.0f} ms"
        print(showable(said, sys.stdout), flush=True)  # noqa: T201 - what the program has to say


async def _changes(project: LiveProject, stop: asyncio.Event) -> AsyncIterator[list[Path]]:
    """The files that have changed, from the project's folder on, whenever some have; until it is told to stop."""
    root, usual = project.root, DefaultFilter()

    def concerns(change: Change, path: str) -> bool:
        below = Path(path).relative_to(root)
        if change == Change.modified and Path(path).is_dir():
            # Its rights or its date; some systems say so of a folder whenever a file in it changes.
            return False
        # The usual filter leaves out what editors and version control write. The folders above are none of its concern.
        return usual(change, str(below)) and project.concerns(below)

    try:
        async for changes in awatch(root, watch_filter=concerns, stop_event=stop):
            yield sorted({Path(path).relative_to(root) for _, path in changes})
    except OSError as error:
        raise ServerError(f"changes in {root} cannot be seen: {error}") from error


def _named(changed: Sequence[PurePath]) -> str:
    return ", ".join(map(str, changed)) if len(changed) <= _NAMED else f"{len(changed)} files"
