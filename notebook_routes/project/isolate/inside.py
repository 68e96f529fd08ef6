"""What runs in the isolate: the project, behind the bridge from JavaScript.

It is imported before a project is known, and the memory is kept as a snapshot then: nothing here may hold a JavaScript
object at import time.
"""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import HandlerCut, NotebookRoutesError
from notebook_routes.project.settings import DIRECTORY_VARIABLE, ServerSettings
from notebook_routes.runtime.jsfetch import provide
from notebook_routes.runtime.loop_watch import users_line
from notebook_routes.servers.edge import EdgeApp

if TYPE_CHECKING:
    from types import FrameType

#: Where the project is: what the settings name is a folder of the machine's.
SITE = Path("/site")
#: Archives whose files have to be files, and where.
_UNPACKED = {Path("/site.zip"): SITE, Path("/native.zip"): Path("/packages")}
#: Packages: unknown to the snapshot, since other projects have others.
_PACKAGES = ("/packages.zip", "/packages")
#: Functions of `os` that Emscripten makes an error of the whole isolate of, or that would end it.
_ENDING = ("system", "popen", "_exit", "abort", "kill", "fork", "forkpty")


class TreeServer:
    """Serves a project as `notebook-routes serve` does."""

    def __init__(self, settings: ServerSettings) -> None:
        self._edge = EdgeApp(settings.load(), max_body_size=settings.max_body_size)
        self._edge.start()

    async def fetch(self, request: Any, address: str, port: int) -> Any:
        """Answer one request of the host's."""
        return await self._edge.fetch(request, peer=(address, port))


async def begin(told: str) -> TreeServer | str:
    """Load the project.

    Args:
        told: JSON: `environment`, what `os.environ` has; `settings`, as `ServerSettings.environment` gives them;
            `cpu_limit` in seconds, for the message.

    Returns:
        What answers; a text where the project cannot be loaded, which says why.
    """
    asked = json.loads(told)
    # The snapshot has its state as it was when it was made, the same for all isolates.
    random.seed(os.urandom(32))
    os.environ.update(asked["environment"])
    for archive, folder in _UNPACKED.items():
        _unpack(archive, folder)
    # After our own package.
    sys.path[1:1] = _PACKAGES
    os.chdir(SITE)
    _cut_at(asked["cpu_limit"])
    # A handler may import httpx2 itself.
    provide()
    for name in _ENDING:
        setattr(os, name, _refused)
    try:
        return TreeServer(ServerSettings.from_environment({**asked["settings"], DIRECTORY_VARIABLE: str(SITE)}))
    except NotebookRoutesError as error:
        return str(error)


def _unpack(archive: Path, folder: Path) -> None:
    if archive.exists():
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)
        archive.unlink()
        # That there was no such folder was noted when modules were first looked for.
        sys.path_importer_cache.pop(str(folder), None)


def _cut_at(limit: float) -> None:
    """Have the host's interrupt end the handler that holds the isolate, and no other."""

    def cut(_number: int, frame: FrameType | None) -> None:
        line = users_line(frame)
        where = "" if line is None else f": {line[0]}, {line[1]}"
        raise HandlerCut(f"it has held the isolate for over {limit:g} s{where}")

    signal.signal(signal.SIGINT, cut)


def _refused(*_: object, **__: object) -> None:
    raise OSError(errno.ENOTSUP, "there are no other processes in an edge isolate, and none of its own to end")
