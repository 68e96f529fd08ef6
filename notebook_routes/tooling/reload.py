"""A project on Tornado that is loaded again when a file is saved: `dev`, and `serve --reload`.

Files run on the loop's thread, at the start and again: an `async def` handler then finds what its module has made, a
sqlite connection for instance, on the thread that it runs on itself.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import Change, DefaultFilter, awatch

from notebook_routes.errors import ServerError
from notebook_routes.runtime import use_data
from notebook_routes.servers.lifetime import replace_app
from notebook_routes.tooling.running import answering
from notebook_routes.tooling.terminal import showable

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Sequence
    from pathlib import PurePath

    from notebook_routes.project.live import LiveProject
    from notebook_routes.servers.tornado import TornadoServer

#: Changed files that are named; of more, the number is.
_NAMED = 3


async def serve_live(
    project: LiveProject,
    listener: socket.socket,
    said: str,
    stop: asyncio.Event,
    *,
    max_body_size: int,
    drain: float = 0.0,
) -> None:
    """Answer a project's routes until told to stop, and load them again whenever a file has changed.

    Args:
        project: what is loaded; its folder is a real path, since systems that tell of changes do so by that.
        listener: a socket that listens.
        said: the line on stdout once it answers.
        stop: set when it is to stop.
        max_body_size: bytes of a request body.
        drain: seconds for which requests are still answered then.

    Raises:
        ServerError: the system tells of no changes.
    """
    loop = asyncio.get_running_loop()
    started: asyncio.Future[TornadoServer] = loop.create_future()
    following = loop.create_task(_follow(project, started, stop))
    # Let it begin to watch before anything is loaded: no change is missed then.
    await asyncio.sleep(0)
    async with answering(project.load(), listener, said, max_body_size=max_body_size, drain=drain) as server:
        use_data(lambda: server.app.data)
        started.set_result(server)
        await following


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
