"""`notebook-routes request`: one request to a project, without a server."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from notebook_routes.app.guard import host_name
from notebook_routes.errors import ConfigError
from notebook_routes.project.current_folder import within
from notebook_routes.project.load import load_tree
from notebook_routes.servers.lifetime import HandlerThreads
from notebook_routes.servers.wire import head, phrase
from notebook_routes.tooling.progress import progress
from notebook_routes.web import Headers, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.app import App

_FAILED = 400


def ask_tree(
    directory: Path,
    method: str,
    path: str,
    *,
    headers: Iterable[str] = (),
    data: str | None = None,
    show_head: bool = False,
    out: BinaryIO | None = None,
) -> bool:
    """Send a request, and write the answer's body to stdout as it comes; whether its status is below 400.

    Handlers run as they do under `serve`, `def` in threads; the answer to a failure is its traceback. A failure without
    a body is a line on stderr.

    Args:
        directory: the project's folder.
        method: the method.
        path: the path, with its query.
        headers: fields as on the wire, "Accept: text/html".
        data: the body, or @ and the name of a file that holds it; @- for stdin. JSON is sent as JSON, unless a
            Content-Type is given.
        show_head: write the status line and the headers above it.
        out: where to; by default stdout.

    Raises:
        DefinitionError: the project cannot be loaded; the request cannot be one.
    """
    request = _request(method, path, headers, data)
    # A selector loop, as under `serve`.
    with within(directory) as root, asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        with progress(f"Loading {directory}"):
            app = load_tree(root, explain=True)
        return runner.run(_ask(app, request, sys.stdout.buffer if out is None else out, show_head=show_head))


async def _ask(app: App, request: Request, out: BinaryIO, *, show_head: bool) -> bool:
    threads = HandlerThreads(app)
    threads.start()
    error: Exception | None = None
    sent = 0
    try:
        response = await app.fetch(request)
        content = response.content
        if show_head:
            out.write(head(response, content_length=None if content is None else len(content)))
            out.flush()
        try:
            is_head = request.method == "HEAD"
            if content is not None and not is_head:
                sent = out.write(content)
            elif response.body is not None and not is_head:
                async for chunk in response.body:
                    sent += out.write(chunk)
                    out.flush()
        except Exception as broke:  # noqa: BLE001 - whatever the handler's stream raises
            error = broke
            print(app.failures.text(error), file=sys.stderr)  # noqa: T201 - the body has begun: nowhere else to say it
        out.flush()
        if response.status >= _FAILED and not sent and not show_head:
            # Else only the exit status would tell.
            said = f"{response.status} {phrase(response.status)}: {request.method} {request.path}"
            print(f"{said} is answered without a body", file=sys.stderr)  # noqa: T201 - the program's own words
        work = app.sent(request, status=response.status, size=sent, error=error)
        if work is not None:
            await work
        await app.close()
    finally:
        threads.stop()
    return response.status < _FAILED and error is None


def _request(method: str, path: str, lines: Iterable[str], data: str | None) -> Request:
    if not path.startswith("/"):
        raise ConfigError(f"{path!r} is no path: it begins with a slash, write /{path}")
    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ConfigError(f"-H {line!r} is no header: write -H 'Name: value'")
        try:
            headers.append(name.strip(), value.strip())
        except ValueError as error:
            raise ConfigError(f"-H {line!r}: {error}") from None
    if not headers.has("host"):
        headers.append("host", "localhost")
    host = headers.get("host") or ""
    if host_name(host) is None:
        raise ConfigError(f"-H 'Host: {host}' is no host: write -H 'Host: shop.example'")
    body = None if data is None else _body(data)
    if body is not None and not headers.has("content-type"):
        headers.append("content-type", "application/json" if _is_json(body) else "text/plain; charset=utf-8")
    try:
        return Request(f"http://{host}{path}", method=method, headers=headers, body=body)
    except (TypeError, ValueError) as error:
        raise ConfigError(str(error)) from None


def _body(data: str) -> bytes:
    if not data.startswith("@"):
        return data.encode()
    if data == "@-":
        return sys.stdin.buffer.read()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise ConfigError(f"-d {data} cannot be read: {error.strerror}") from None


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
