"""What each `%routes` command does and shows."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from IPython.display import display

from notebook_routes.errors import ExpectationFailed
from notebook_routes.notebook import display as shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.notebook.commands import Command
    from notebook_routes.notebook.session import Session

#: Requests that `%routes log` shows.
_LOGGED = 20


def _inspect(session: Session, _command: Command) -> None:
    for output in session.inspectors.all_routes(*_listed(session)):
        display(output, raw=True)


def _list(session: Session, _command: Command) -> None:
    _show(*_listed(session))


def _listed(session: Session) -> tuple[str, str]:
    """The routes, the middleware, and what is wrong with them, as text and as HTML."""
    routes = session.routes.routes()
    text, html = shown.routes_text(routes), shown.routes_html(routes)
    cells = session.middlewares.cells()
    for mount in session.mounts.all():
        for problem in mount.problems:
            text += f"\n{problem}"
            html += f"<pre>{escape(problem)}</pre>"
    if cells:
        text, html = f"{text}\n{shown.middleware_text(cells)}", html + shown.middleware_html(cells)
    return text, html


def _source(session: Session, command: Command) -> None:
    print(session.source(command.path))  # noqa: T201 - the notebook floor displays


def _log(session: Session, _command: Command) -> None:
    entries = session.app.log.entries()[-_LOGGED:]
    _show(shown.log_text(entries), shown.log_html(entries))
    abandoned = session.app.workers.abandoned if session.app.workers is not None else []
    for label in abandoned:
        print(f"{label} was given up and still runs in its thread")  # noqa: T201 - the same


def _cache(session: Session, _command: Command) -> None:
    entries = session.kept.entries()
    _show(shown.kept_text(entries), shown.kept_html(entries))


def _revalidate(session: Session, command: Command) -> None:
    assert command.path is not None
    count = session.kept.revalidate(command.path)
    what = "nothing is kept" if not count else f"{count} {'entry is' if count == 1 else 'entries are'} made anew"
    print(f"{command.path}: {what}{' when asked for next' if count else ' there'}")  # noqa: T201 - the same


def _url(session: Session, _command: Command) -> str:
    location = session.serving.location()
    print(f"{location.reason}:")  # noqa: T201 - the same
    return location.url


def _openapi(session: Session, _command: Command) -> None:
    document = session.openapi()
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # Front ends that know JSON show it as a tree.
    display({"text/plain": text, "application/json": document}, raw=True)


def _remove(session: Session, command: Command) -> None:
    assert command.path is not None
    for route in session.remove(command.method, command.path):
        print(f"{route.method} {route.pattern} withdrawn")  # noqa: T201 - the same


def _clear(session: Session, _command: Command) -> None:
    in_front = sum(len(cell.layers) for cell in session.middlewares.cells())
    said = _counted(session.clear(), "route")
    if in_front:
        said += f" and {_counted(in_front, 'middleware')}"
    print(f"{said} withdrawn")  # noqa: T201 - the same


def _counted(count: int, what: str) -> str:
    return f"{count} {what if count == 1 else f'{what}s'}"


def _start(session: Session, command: Command) -> None:
    options: dict[str, Any] = dict(command.options)
    location = session.start(**options)
    host = options.get("host", "127.0.0.1")
    if location is None:
        print("The routes answer: %%request calls them")  # noqa: T201 - the same
    else:
        print("The server runs: %routes url shows its address")  # noqa: T201 - the same
    if host not in ("127.0.0.1", "localhost", "::1"):
        print(  # noqa: T201 - the same
            f"Careful: it listens on {host}, so every machine that reaches this one can call your routes"
            + ("" if options.get("token") else "; --token SECRET asks them for a password")
        )


def _stop(session: Session, _command: Command) -> None:
    stopped = session.serving.stop()
    print("The server is stopped; the routes stay" if stopped else "The server does not run")  # noqa: T201 - the same


def _check(session: Session, command: Command) -> None:
    from notebook_routes.notebook.exporting import check_kernel  # noqa: PLC0415 - %load_ext must not wait for it

    checked = check_kernel(session, **command.options)  # type: ignore[arg-type]
    for line in (*checked.problems, *checked.remarks, checked.summary):
        print(line)  # noqa: T201 - the same
    if checked.problems:
        raise ExpectationFailed("the routes do not answer as the cells say")


def _edge(session: Session, command: Command) -> None:
    from notebook_routes.notebook.edge_comparing import check_edge  # noqa: PLC0415 - the same

    compared = check_edge(session, **command.options)  # type: ignore[arg-type]
    for line in compared.lines:
        print(line)  # noqa: T201 - the same
    if compared.differences:
        raise ExpectationFailed("the isolate does not answer as the kernel does")


def _export(session: Session, command: Command) -> None:
    from notebook_routes.notebook.exporting import export_kernel  # noqa: PLC0415 - the same
    from notebook_routes.project.export import described  # noqa: PLC0415 - the same

    assert command.directory is not None
    options: dict[str, Any] = dict(command.options)
    done = export_kernel(session, command.directory, **options)
    print(described(done, check_only=bool(options.get("check_only"))))  # noqa: T201 - the same


def _mount(session: Session, command: Command) -> None:
    assert command.directory is not None
    if command.options.get("off"):
        mount = session.mounts.unmount(command.directory)
        print(f"{mount.name} is mounted no more")  # noqa: T201 - the notebook floor displays
        return
    mount = session.mount(command.directory)
    _show(shown.routes_text(mount.routes), shown.routes_html(mount.routes))
    for problem in mount.problems:
        print(problem)  # noqa: T201 - the same
    if mount.middleware:
        print("Its middleware stands in front of all routes of this notebook, as far as its matcher says")  # noqa: T201


def _show(text: str, html: str) -> None:
    display({"text/plain": text, "text/html": html}, raw=True)


COMMANDS: dict[str, Callable[[Session, Command], Any]] = {
    "inspect": _inspect,
    "list": _list,
    "source": _source,
    "log": _log,
    "cache": _cache,
    "revalidate": _revalidate,
    "url": _url,
    "openapi": _openapi,
    "remove": _remove,
    "clear": _clear,
    "start": _start,
    "stop": _stop,
    "check": _check,
    "export": _export,
    "mount": _mount,
    "edge": _edge,
}
