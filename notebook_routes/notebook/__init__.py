"""The notebook's side: magics, the session behind them, and what they show.

The functions here do what the `%routes` commands of the same names do.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from notebook_routes.notebook.extension import current_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.app import LogEntry
    from notebook_routes.inspector.kept import KeptEntry
    from notebook_routes.notebook.client import FinishedResponse
    from notebook_routes.project.check import Checked
    from notebook_routes.project.export import Export
    from notebook_routes.routing import Route


def routes() -> list[Route]:
    """The live routes, sorted by path."""
    return current_session().routes.routes()


def source(path: str | None = None) -> str:
    """The module source that the routes, or those of one path, were compiled from."""
    return current_session().source(path)


def log() -> list[LogEntry]:
    """The last requests, oldest first."""
    return current_session().app.log.entries()


def cache() -> list[KeptEntry]:
    """What is kept of answers, of `fetch` and of `cached` functions, and is given out when it is asked for."""
    return current_session().kept.entries()


def revalidate(tag_or_path: str) -> int:
    """Have what has a tag, or is at a path or a route's pattern, made anew; how many entries that were."""
    return current_session().kept.revalidate(tag_or_path)


def url(*, public: bool = False) -> str:
    """The address at which the kernel reaches its server, or with `public` the one for a browser.

    Raises:
        ServerError: the server does not run, or browsers cannot reach it.
    """
    serving = current_session().serving
    return serving.location().url if public else serving.url()


def openapi() -> dict[str, Any]:
    """The routes as an OpenAPI 3.1 document."""
    return current_session().openapi()


def remove(path: str, method: str | None = None) -> list[Route]:
    """Withdraw the routes of a path, or the one of a method."""
    return current_session().remove(method, path)


def clear() -> int:
    """Withdraw all routes, forget the log and the client's cookies; how many routes there were."""
    return current_session().clear()


def start(
    *,
    port: int | None = None,
    host: str = "127.0.0.1",
    allow_hosts: tuple[str, ...] = (),
    token: str | None = None,
    url: str | None = None,
    public: str | os.PathLike[str] | None = None,
    geo: str | Mapping[str, str] | None = None,
    cache: str | None = None,
    cors: object = None,
) -> str:
    """Start the server, or start it anew with these settings; the address for a browser, "" where it has none.

    `cache` says where answers and data are kept from now on: "memory", "memory:256mb", "file:FOLDER" or
    "redis://HOST:6379/0".

    Raises:
        ServerError: the port is in use, or the address is not this machine's.
        DefinitionError: `public` is no folder, or has a file at the path of a route; `geo` or `cache` is not known.
    """
    location = current_session().start(
        port=port,
        host=host,
        allow_hosts=allow_hosts,
        token=token,
        url=url,
        public=public,
        geo=geo,
        cors=cors,
        cache=cache,
    )
    return "" if location is None else location.url


def stop() -> bool:
    """Stop the server; the routes stay. Whether it ran."""
    return current_session().serving.stop()


def export(
    directory: str | os.PathLike[str],
    *,
    force: bool = False,
    replay_all: bool = False,
    copy_files: bool | None = None,
    check_only: bool = False,
) -> Export:
    """Write the routes as a tree of files that runs without the notebook.

    Args:
        directory: where to.
        force: write although the tree answers otherwise, or files were edited by hand.
        replay_all: try the tree with all requests of the notebook before, not only with GET and HEAD.
        copy_files: have the files that the code opens beside the notebook go with the tree; None does as the last
            export.
        check_only: write nothing; `agrees` says whether folder and notebook say the same.

    Raises:
        DefinitionError: the notebook cannot be exported, its tree gives other answers, or files were edited by hand;
            nothing was written.
    """
    from notebook_routes.notebook.exporting import export_kernel  # noqa: PLC0415 - what only this function needs

    return export_kernel(
        current_session(),
        directory,
        force=force,
        replay_all=replay_all,
        copy_files=copy_files,
        check_only=check_only,
    )


def check(*, replay_all: bool = False) -> Checked:
    """Send the requests of all `%%request` cells that ran to the live routes again, and say what is different.

    Args:
        replay_all: send those of other methods than GET and HEAD too.
    """
    from notebook_routes.notebook.exporting import check_kernel  # noqa: PLC0415 - what only this function needs

    return check_kernel(current_session(), replay_all=replay_all)


def mount(directory: str | os.PathLike[str]) -> list[Route]:
    """Have the routes of a tree of files answer beside those of the cells; what is saved in it answers anew.

    Raises:
        DefinitionError: it cannot be mounted; nothing was changed.
    """
    return current_session().mount(os.fspath(directory)).routes


def unmount(directory: str | os.PathLike[str]) -> None:
    """Withdraw the routes of a tree that is mounted.

    Raises:
        DefinitionError: it is not.
    """
    current_session().mounts.unmount(os.fspath(directory))


def request(text: str) -> FinishedResponse:
    """Send requests written in the format of .http files, as `%%request` does, and return the last response."""
    from notebook_routes.notebook.requests import run_requests  # noqa: PLC0415 - what only this function needs

    session = current_session()
    return run_requests("", text, namespace=session.namespace, client=session.client, show=print, first_line=1)


__all__ = [
    "cache", "check", "clear", "export", "log", "mount", "openapi", "remove", "request", "revalidate", "routes",
    "source", "start", "stop", "unmount", "url",
]  # fmt: skip
