"""`notebook-routes edge`: a project served from the local isolate, as a worker platform would."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError, ServerError
from notebook_routes.project.isolate import Isolate, IsolateLimits
from notebook_routes.routing import find_routes
from notebook_routes.tooling.logs import announced
from notebook_routes.tooling.progress import progress
from notebook_routes.tooling.running import run, told_to_stop, unwound_by_sigterm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.project.settings import ServerSettings


def serve_at_edge(
    settings: ServerSettings, *, port: int | None, limits: IsolateLimits, log_format: str = "text"
) -> None:
    """Answer a project's routes from an isolate until SIGINT or SIGTERM, and say on stdout where.

    Args:
        settings: what the project is told; its answers are kept in the isolate's memory.
        port: of 127.0.0.1; None takes 8000, or the next free one.
        limits: what the isolate may do.
        log_format: "text" or "json".

    Raises:
        DefinitionError: there is no project.
        ServerError: there is no Deno, the port is in use, or the project cannot be loaded in an isolate.
    """
    # What cannot be is said before anything is fetched or started.
    find_routes(settings.directory)
    isolate = Isolate(settings.directory, port=port, settings=settings, limits=limits)
    with unwound_by_sigterm():
        try:
            with progress(f"Loading {settings.directory} into an isolate"):
                isolate.start()
            text = f"{settings.directory} is served at {isolate.url}, from an isolate of the edge"
            print(announced(text, log_format, url=isolate.url), flush=True)  # noqa: T201 - what the program has to say
            run(_until_told(isolate))
        finally:
            isolate.stop()


def environment_of(names: Iterable[str]) -> dict[str, str]:
    """What handlers are to see of the environment: "NAME" as it is here, or "NAME=VALUE".

    Raises:
        ConfigError: there is no such variable here.
    """
    found = {}
    for text in names:
        name, has_value, value = text.partition("=")
        if not has_value and name not in os.environ:
            raise ConfigError(f"--env {name}: there is no such variable here; write --env {name}=VALUE")
        found[name] = value if has_value else os.environ[name]
    return found


async def _until_told(isolate: Isolate) -> None:
    ended = asyncio.ensure_future(asyncio.to_thread(isolate.wait))
    with told_to_stop() as stop:
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait([stopping, ended], return_when=asyncio.FIRST_COMPLETED)
        was_told = stop.is_set()
    await asyncio.to_thread(isolate.stop)
    try:
        await ended
    except ServerError:
        if not was_told:
            raise
