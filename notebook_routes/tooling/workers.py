"""`serve --workers N`: processes that accept from one socket, and the one that looks after them.

The socket is bound here and inherited by each; the system gives every connection to one that waits for some. Nothing is
forked: a worker is a fresh interpreter that loads the project itself. A worker that dies is replaced. Between the two
runs a pair of sockets: over it the worker says that it answers, and it ends where its parent has, whatever the reason.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from notebook_routes.errors import ServerError
from notebook_routes.tooling.running import told_to_stop

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from notebook_routes.project.settings import ServerSettings
    from notebook_routes.tooling.serve import Running

#: What a worker says when it answers.
READY = b"ready"
#: Seconds to wait before a worker is started that has failed to.
_PAUSE = 1.0
#: Seconds beyond the graceful timeout after which a worker is killed.
_LAST_TIME = 2.0
_log = logging.getLogger("notebook_routes.tooling")


class Workers:
    """The processes of one `serve`.

    Args:
        settings: what the project is told.
        how: how it runs.
        listener: a socket that listens.
    """

    def __init__(self, settings: ServerSettings, how: Running, listener: socket.socket) -> None:
        self._settings = settings
        self._how = how
        self._listener = listener
        self._processes: set[Process] = set()
        self._stopping = False

    async def serve(self, said: str) -> None:
        """Keep the workers running until told to stop, and print `said` once all of them answer.

        Raises:
            ServerError: a worker could not start; it has said why on stderr.
        """
        if sys.platform == "win32":
            raise ServerError("--workers is not for Windows: use --server uvicorn, or several ports")
        if self._settings.cache is None or self._settings.cache.startswith("memory"):
            _log.warning(
                "each of the %d workers keeps answers in its own memory, and a tag that expires in one stays in the "
                "others: --cache redis://HOST:6379/0 has them share it",
                self._how.workers,
            )
        with told_to_stop() as stop:
            try:
                async with asyncio.TaskGroup() as group:
                    places = [group.create_task(self._fill_places(said)), group.create_task(stop.wait())]
                    await asyncio.wait(places, return_when=asyncio.FIRST_COMPLETED)
                    places[0].cancel()
            except* ServerError as failed:
                raise failed.exceptions[0] from None
            finally:
                await self._stop()
                self._listener.close()

    async def _fill_places(self, said: str) -> None:
        """Fill all places, and keep them filled."""
        started = await asyncio.gather(*(self._started() for _ in range(self._how.workers)))
        print(said, flush=True)  # noqa: T201 - what the program has to say
        await asyncio.gather(*(self._keep_filled(*each) for each in started))

    async def _keep_filled(self, process: Process, channel: socket.socket) -> None:
        while True:
            status = await process.wait()
            self._processes.discard(process)
            channel.close()
            if self._stopping:
                return
            _log.error("worker %d has ended with status %d: another one takes its place", process.pid, status)
            while True:
                try:
                    process, channel = await self._started()
                    break
                except ServerError as error:
                    _log.error("%s; it is tried again", error)
                    await asyncio.sleep(_PAUSE)

    async def _started(self) -> tuple[Process, socket.socket]:
        """A worker that answers, and our end of the pair.

        Raises:
            ServerError: it has ended before.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "notebook_routes.tooling.worker"),
                *(str(self._listener.fileno()), str(theirs.fileno()), str(self._how.graceful_timeout)),
                self._how.log_format,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(self._listener.fileno(), theirs.fileno()),
                env={**os.environ, **self._settings.environment()},
                # Ctrl-C in a terminal is for this process, which passes it on.
                start_new_session=True,
            )
        self._processes.add(process)
        try:
            said = await asyncio.get_running_loop().sock_recv(ours, len(READY))
        except BaseException:
            ours.close()
            raise
        if said == READY:
            return process, ours
        ours.close()
        self._processes.discard(process)
        raise ServerError(f"a worker could not start: it has ended with status {await process.wait()}")

    async def _stop(self) -> None:
        """Tell all to stop, and wait until they have."""
        self._stopping = True
        left = list(self._processes)
        for process in left:
            with suppress(ProcessLookupError):
                process.terminate()
        waiting = [asyncio.ensure_future(process.wait()) for process in left]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=self._how.graceful_timeout + _LAST_TIME)
            if late:
                for process in left:
                    with suppress(ProcessLookupError):
                        process.kill()
                await asyncio.wait(late)
