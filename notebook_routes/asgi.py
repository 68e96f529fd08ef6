"""A project as an ASGI 3 application, for any server that speaks it and any process manager.

    $ NOTEBOOK_ROUTES_DIR=shop uvicorn --factory notebook_routes.asgi:create_app --workers 4
    $ NOTEBOOK_ROUTES_DIR=shop granian --interface asgi --factory notebook_routes.asgi:create_app
    $ NOTEBOOK_ROUTES_DIR=shop hypercorn "notebook_routes.asgi:create_app()"

Many processes share what is kept, and the tags that expire it, where NOTEBOOK_ROUTES_CACHE is the address of a Redis.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError
from notebook_routes.project.current_folder import in_its_folder
from notebook_routes.project.settings import ServerSettings
from notebook_routes.runtime import use_data
from notebook_routes.servers.asgi import ASGIApp

if TYPE_CHECKING:
    from notebook_routes.app import App

_DIRECTORY = "NOTEBOOK_ROUTES_DIR"


def create_app(
    directory: str | os.PathLike[str] | None = None, *, cache: str | None = None, geo: str | None = None
) -> ASGIApp:
    """Load a project, and give the application that answers its routes, lifespan included.

    What is not given is read from the environment: NOTEBOOK_ROUTES_DIR, by default the current folder;
    NOTEBOOK_ROUTES_CACHE, where answers are kept; NOTEBOOK_ROUTES_GEO, the proxy whose headers `request.geo` is read
    from; NOTEBOOK_ROUTES_TOKEN, a bearer token that every request must bring; NOTEBOOK_ROUTES_ALLOW_HOST, hosts to
    answer beside this machine's, with spaces between them; NOTEBOOK_ROUTES_MAX_BODY_SIZE in bytes;
    NOTEBOOK_ROUTES_CORS, other origins that may call what declares nothing itself; NOTEBOOK_ROUTES_ACCESS_LOG, "text"
    or "json", where the server is not to write its own; NOTEBOOK_ROUTES_DRAFT_SECRET, a text that nobody can guess, by
    which several processes know who is shown drafts.

    Where the folder is read from the environment, the process serves this project alone: its current folder becomes the
    project's, so that relative paths in the code mean what they mean under `notebook-routes serve`.

    Args:
        directory: the project's folder, the one that holds `app`.
        cache: "memory:256mb", "file:FOLDER" or "redis://127.0.0.1:6379/0".
        geo: "vercel" or "cloudflare".

    Raises:
        DefinitionError: the project cannot be loaded.
        ConfigError: a setting has a value that it cannot have.
    """
    settings = ServerSettings.from_environment()
    settings = replace(
        settings,
        directory=settings.directory if directory is None else Path(directory),
        cache=settings.cache if cache is None else cache,
        geo=settings.geo if geo is None else geo,
    )
    if directory is None:
        settings = in_its_folder(settings)
    app = _loaded(settings, is_named=directory is not None or _DIRECTORY in os.environ)
    use_data(lambda: app.data)
    return ASGIApp(app, max_body_size=settings.max_body_size)


def _loaded(settings: ServerSettings, *, is_named: bool) -> App:
    try:
        return settings.load()
    except DefinitionError as error:
        if is_named:
            raise
        # Who has named no folder may not know that one can be named.
        raise DefinitionError(f"{error}; {_DIRECTORY} names another folder than the current one") from None
