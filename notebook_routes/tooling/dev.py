"""`notebook-routes dev`: a project for its developer, loaded again when a file is saved."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notebook_routes.app import Guard
from notebook_routes.inspector import Inspector, InspectorPages, page_url
from notebook_routes.project.current_folder import find_modules_in
from notebook_routes.project.live import LiveProject
from notebook_routes.routing import find_routes
from notebook_routes.servers import MAX_BODY_SIZE, public_location
from notebook_routes.servers.listener import bind_listener
from notebook_routes.tooling.project_subject import ProjectSubject
from notebook_routes.tooling.reload import serve_live
from notebook_routes.tooling.running import known_hosts, run, told_to_stop
from notebook_routes.tooling.terminal import HandlerPrints, RequestLines

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from notebook_routes.app import App

_FAREWELL = "notebook-routes dev has ended: start it again, and open the link that it shows"


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
    root = directory.resolve()
    os.chdir(root)
    find_modules_in(root)
    subject = ProjectSubject(host, listener.getsockname()[1], location)
    inspector = Inspector(subject)
    pages = InspectorPages(inspector)

    def loaded(app: App) -> None:
        subject.now = app
        pages.put_into(app)
        inspector.changed()

    guard = Guard(hosts=known_hosts(host, location, allow_hosts))
    project = LiveProject(root, guard=guard, loaded=loaded)
    said = (
        f"{directory} is served at {location.url}, and loaded again when a file is saved\n"
        f"Look at its routes, and send requests: {page_url(guard, location.url)}"
    )
    try:
        run(_develop(project, pages, listener, said))
    finally:
        inspector.close(_FAREWELL)
        project.close()


async def _develop(project: LiveProject, pages: InspectorPages, listener: socket.socket, said: str) -> None:
    stop = asyncio.Event()
    with told_to_stop() as told, _request_lines(project):
        leaving = asyncio.get_running_loop().create_task(_leave(pages, told, stop))
        try:
            await serve_live(project, listener, said, stop, max_body_size=MAX_BODY_SIZE)
        finally:
            leaving.cancel()


async def _leave(pages: InspectorPages, told: asyncio.Event, stop: asyncio.Event) -> None:
    """Once told to, tell the pages of the inspector that this is the end, and then stop: the server cuts streams."""
    await told.wait()
    try:
        await pages.close(_FAREWELL)
    finally:
        stop.set()


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
