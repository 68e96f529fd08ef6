"""Sending requests to a tree of files in this process: for exported tests, and for the check before an export.

Cookies are kept between requests, as a browser does, and failures are explained in the answers, as in a notebook.
"""

from __future__ import annotations

import asyncio
from contextlib import chdir
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from notebook_routes.app import App, Guard
from notebook_routes.project.answer import Answer, guessed_type
from notebook_routes.project.http_file import parse_request_cell
from notebook_routes.project.load import fill
from notebook_routes.project.tree import ModuleTree
from notebook_routes.servers.asgi import ASGIApp
from notebook_routes.web import Headers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

    import httpx2

    from notebook_routes.project.http_file import RequestSpec

_ORIGIN = "http://localhost"


class TreeClient:
    """A client for the routes of a tree, without a server and a socket.

    While the tree is imported and answers, its folder is the current one, as it is under `serve`.

    Args:
        root: the folder that holds `app`.
        explain: show tracebacks in the answers, as in a notebook.

    Raises:
        DefinitionError: a file of the tree cannot be used.

    Attributes:
        routes: what the tree answers.
    """

    def __init__(self, root: Path, *, explain: bool = True) -> None:
        app = App(guard=Guard(), explain=explain)
        self.routes = app.routes
        self._tree = ModuleTree(root)
        try:
            with chdir(self._tree.root):
                fill(app, self._tree, strict=True)
        except BaseException:
            self._tree.close()
            raise
        self._app = ASGIApp(app)
        self._runner = asyncio.Runner()
        self._client: httpx2.AsyncClient | None = None

    def module(self, path: str) -> ModuleType:
        """A module of the tree, as its routes see it: `module("app/_shared.py")`."""
        with chdir(self._tree.root):
            return self._tree.load(PurePosixPath(path))

    def send(self, request: str, /, **names: object) -> Answer:
        """Send one request, and take its whole answer in.

        Args:
            request: as a `.http` file has it: method and path, headers, a blank line, a body.
            names: what `{{expr}}` in it may use.

        Raises:
            CellError: the request cannot be read.
        """
        cell = parse_request_cell("", request, first_line=1)
        return self.send_spec(cell.requests[0].expand(lambda expression: eval(expression, dict(names))))  # noqa: S307 - as in the notebook

    def send_spec(self, spec: RequestSpec, *, timeout: float | None = None) -> Answer:
        """Send one request whose templates are expanded.

        Raises:
            TimeoutError: the answer has not ended after so many seconds.
        """
        with chdir(self._tree.root):
            return self._runner.run(asyncio.wait_for(self._send(spec), timeout))

    def close(self) -> None:
        """Forget the tree's modules and the cookies."""
        self._runner.run(self._close())
        self._runner.close()
        self._tree.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
        await self._app.close()

    async def _send(self, spec: RequestSpec) -> Answer:
        import httpx2  # noqa: PLC0415 - only a request needs it

        if self._client is None:
            transport = httpx2.ASGITransport(self._app, raise_app_exceptions=False)
            self._client = httpx2.AsyncClient(transport=transport, base_url=_ORIGIN, trust_env=False)
        return answer_of(await self._client.request(**sent_as(spec), timeout=None), spec)


def sent_as(spec: RequestSpec) -> dict[str, Any]:
    """A request whose templates are expanded, as the arguments of httpx2's `request`."""
    headers = list(spec.headers)
    if spec.body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", guessed_type(spec.body)))
    return {
        "method": spec.method,
        "url": spec.target,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "content": None if spec.body is None else spec.body.encode(),
    }


def answer_of(response: httpx2.Response, spec: RequestSpec) -> Answer:
    """What has come upon a request."""
    found = Headers(list(response.headers.multi_items()))
    return Answer(response.status_code, found, response.content, spec.method, spec.target)


@dataclass(frozen=True)
class ReplayRequest:
    """One request of a notebook, to be sent to a tree.

    Attributes:
        text: as `.http`, without its expectations.
        line: its line in the cell.
        expectations: the `??` lines with their line numbers.
        names: for the names that it uses, how the tree has them: `_shared.products`.
        status: what the notebook saw, None where it is not known.
        body: the body that it saw, in base64.
        outdated: why the tree may answer otherwise than the notebook did then; empty where it should not.
    """

    text: str
    line: int
    expectations: tuple[tuple[str, int], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    body: str | None = None
    outdated: str = ""


@dataclass(frozen=True)
class ReplayCell:
    """The requests of one cell; `name` is the variable that keeps the last answer."""

    label: str
    requests: tuple[ReplayRequest, ...]
    name: str | None = None


@dataclass(frozen=True)
class Replay:
    """All requests of a notebook.

    Attributes:
        prologue: Python that gives the names which requests use; `client` is there.
        cells: in order.
    """

    prologue: str = ""
    cells: tuple[ReplayCell, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Replay:
        """What another process was given."""
        return cls(
            data["prologue"],
            tuple(
                ReplayCell(
                    cell["label"],
                    tuple(
                        ReplayRequest(**{**each, "expectations": tuple(map(tuple, each["expectations"]))})
                        for each in cell["requests"]
                    ),
                    cell["name"],
                )
                for cell in data["cells"]
            ),
        )
