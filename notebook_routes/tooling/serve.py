"""`notebook-routes serve`: a project for its users, on Tornado or uvicorn, in one process or in several."""

from __future__ import annotations

import asyncio
import math
import os
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from notebook_routes.cache import open_cache
from notebook_routes.errors import ConfigError
from notebook_routes.project.current_folder import in_its_folder
from notebook_routes.project.settings import DRAFT_VARIABLE
from notebook_routes.routing import find_routes
from notebook_routes.runtime import use_data
from notebook_routes.servers import public_location
from notebook_routes.servers.listener import bind_listener
from notebook_routes.tooling.logs import announced, configure_logs
from notebook_routes.tooling.progress import progress
from notebook_routes.tooling.running import answering, run, told_to_stop, with_own_hosts
from notebook_routes.tooling.seldom_collected import seldom_collected

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from notebook_routes.app import App
    from notebook_routes.project.settings import ServerSettings
    from notebook_routes.servers import Location

SERVERS = ("tornado", "uvicorn")
#: Seconds for which requests are still answered once told to stop; container engines wait for ten before they kill.
GRACEFUL_TIMEOUT = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How `serve` runs, beside what the project is told.

    Attributes:
        host: the address to listen on.
        port: the port; None takes 8000, or the next free one.
        server: one of `SERVERS`.
        workers: how many processes answer.
        force: let several processes answer though the project changes things in memory.
        reload: load the project again when a file is saved.
        log_format: "text" or "json".
        graceful_timeout: seconds for which requests are still answered once told to stop.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    server: str = "tornado"
    workers: int = 1
    force: bool = False
    reload: bool = False
    log_format: str = "text"
    graceful_timeout: float = GRACEFUL_TIMEOUT


def serve_tree(settings: ServerSettings, how: Running) -> None:
    """Answer a project's routes until SIGINT or SIGTERM, and say on stdout where.

    Failures go to stderr, through `logging`; so do files that cannot be used, whose paths answer 500.

    Raises:
        DefinitionError: the project cannot be loaded, or its middleware cannot be used; settings contradict each
            other; several processes cannot share what the project changes in memory.
        ServerError: the port is in use, or the address is not this machine's; or no worker could start.
    """
    configure_logs(how.log_format)
    _refuse_contradiction(how)
    settings = replace(settings, draft_secret=_draft_secret(how.workers))
    if how.workers == 1 and how.server == "tornado" and not how.reload:
        _serve_alone(settings, how)
        return
    # What cannot be is said once, before there are processes that would each say it.
    find_routes(settings.directory)
    open_cache(settings.cache)
    if how.workers > 1:
        _check_shared(settings.directory, force=how.force)
    if how.server == "uvicorn":
        from notebook_routes.tooling.on_uvicorn import serve_on_uvicorn  # noqa: PLC0415 - an extra

        serve_on_uvicorn(settings, how)
        return
    listener = bind_listener(how.host, how.port)
    location = public_location(how.host, listener.getsockname()[1])
    settings = with_own_hosts(settings, how.host, location)
    if how.workers > 1:
        from notebook_routes.tooling.workers import Workers  # noqa: PLC0415 - one process needs none

        said = _said(settings, location, how, f" by {how.workers} workers")
        run(Workers(settings, how, listener).serve(said))
    else:
        _serve_live(settings, how, listener, location)


async def serve(app: App, listener: socket.socket, said: str, *, max_body_size: int, drain: float) -> None:
    """Answer until told to stop, and make the answers meanwhile that can be kept and need no request."""
    use_data(lambda: app.data)
    with told_to_stop() as stop:
        async with answering(app, listener, said, max_body_size=max_body_size, drain=drain):
            preparing = asyncio.get_running_loop().create_task(app.prepare())
            await stop.wait()
            preparing.cancel()
        await app.close()


def _serve_alone(settings: ServerSettings, how: Running) -> None:
    with progress(f"Loading {settings.directory}"), seldom_collected():
        app = in_its_folder(settings).load()
    listener = bind_listener(how.host, how.port)
    location = public_location(how.host, listener.getsockname()[1])
    app.guard = with_own_hosts(settings, how.host, location).guard()
    said = _said(settings, location, how)
    run(serve(app, listener, said, max_body_size=settings.max_body_size, drain=how.graceful_timeout))


def _serve_live(settings: ServerSettings, how: Running, listener: socket.socket, location: Location) -> None:
    from notebook_routes.project.live import LiveProject  # noqa: PLC0415 - only this watches files
    from notebook_routes.tooling.reload import serve_live  # noqa: PLC0415 - the same

    # In memory it is kept with each loading anew: the code may have changed.
    cache = None if settings.cache is None or settings.cache.startswith("memory") else open_cache(settings.cache)
    root = in_its_folder(settings).directory.resolve()
    project = LiveProject(
        root,
        guard=settings.guard(),
        explain=False,
        geo=settings.geo,
        cache=cache,
        cors=list(settings.cors) or None,
    )
    settings.log_access(project.log)
    said = _said(settings, location, how, ", and loaded again when a file is saved")

    async def main() -> None:
        with told_to_stop() as stop:
            await serve_live(
                project, listener, said, stop, max_body_size=settings.max_body_size, drain=how.graceful_timeout
            )
        if cache is not None:
            await cache.close()

    try:
        run(main())
    finally:
        project.close()


def _refuse_contradiction(how: Running) -> None:
    if how.server not in SERVERS:
        raise ConfigError(f"there is no server {how.server!r}: there are {' and '.join(SERVERS)}")
    if how.workers < 1:
        raise ConfigError(f"--workers {how.workers}: somebody has to answer, write 1 or more")
    if not math.isfinite(how.graceful_timeout):
        raise ConfigError(f"--graceful-timeout {how.graceful_timeout}: write a number of seconds, such as 30")
    if how.reload and how.workers > 1:
        raise ConfigError("--reload is for one process: leave --workers out while you write the project")
    if how.reload and how.server != "tornado":
        raise ConfigError("--reload is Tornado's: leave --server out, or use notebook-routes dev")


def _draft_secret(workers: int) -> str | None:
    """By what all that answer know who is shown drafts; it is no option, since everybody may read a command line."""
    said = os.environ.get(DRAFT_VARIABLE)
    return said or (token_urlsafe(24) if workers > 1 else None)


def _check_shared(directory: Path, *, force: bool) -> None:
    from notebook_routes.project.shared_state import find_shared_state  # noqa: PLC0415 - one process shares nothing

    found = find_shared_state(directory)
    if not found or force:
        return
    named = "\n".join(f"  {state}" for state in found)
    raise ConfigError(
        f"{directory} changes in memory what the processes of --workers would not share:\n{named}\n"
        "Keep it in a database or a file, or run one process; --force if each process may have its own"
    )


def _said(settings: ServerSettings, location: Location, how: Running, more: str = "") -> str:
    text = f"{settings.directory} is served at {location.url}{more}"
    return announced(text, how.log_format, url=location.url)
