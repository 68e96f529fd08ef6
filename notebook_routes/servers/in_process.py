"""An App that is asked where it runs: a kernel's server where no socket listens and no thread starts, as in a browser.

It is what a kernel has there in place of `servers.thread`. A request goes through the same adapter as under an ASGI
server, to handlers that all run on the caller's loop.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, TypeVar

from notebook_routes.errors import ServerError
from notebook_routes.servers import in_pyodide
from notebook_routes.servers.in_process_answer import InProcessAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from notebook_routes.app import App
    from notebook_routes.servers.asgi import Message
    from notebook_routes.servers.location import Location

T = TypeVar("T")

#: What requests are sent to; nothing listens there.
ORIGIN = "http://localhost"
NO_ADDRESS = (
    "These routes run in your browser, inside the notebook's page, and have no address: send requests with Send or "
    "%%request"
)


def in_browser() -> Callable[[App], InProcessServer] | None:
    """What serves an App here where neither sockets nor threads are; None where they are."""
    return InProcessServer if in_pyodide.HERE else None


class InProcessServer:
    """Answers for an App by a call; has the face of `ServerThread`.

    Args:
        app: what answers.
        loop: where its handlers run; by default the running one.
        wait: gives the result of a coroutine to code that cannot await, while the loop runs on.

    Attributes:
        host: the name in its URLs.
        port: none.
        moved: never.
        url: what a request's URL begins with.
    """

    def __init__(
        self,
        app: App,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        wait: Callable[[Coroutine[Any, Any, Any]], Any] | None = None,
    ) -> None:
        from notebook_routes.servers.asgi import ASGIApp  # noqa: PLC0415 - %load_ext elsewhere must not wait for it

        self.app = app
        self.host, self.port, self.moved, self.url = "localhost", 0, False, ORIGIN
        self.loop = asyncio.get_running_loop() if loop is None else loop
        self._wait = in_pyodide.wait if wait is None else wait
        self._asgi = ASGIApp(app, threads=False)
        self._numbers = itertools.count(1)
        self._going: set[InProcessAnswer] = set()
        self._running = False

    @property
    def running(self) -> bool:
        """Whether it answers."""
        return self._running

    def location(self, setting: str | None = None) -> Location:
        """The address for a browser: there is none.

        Raises:
            ServerError: always.
        """
        del setting
        raise ServerError(NO_ADDRESS)

    def start(self) -> None:
        """Answer from now on."""
        self._running = True

    def stop(self) -> None:
        """Answer no more, and cancel what is being answered."""
        self._running = False
        for answer in list(self._going):
            answer.cancel()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine gives, for code that cannot await it.

        Raises:
            ServerError: it has to wait, and this browser cannot do so here.
            Exception: whatever it raises.
        """
        result: T = self._wait(work)
        return result

    def ask(
        self, method: str, target: str, headers: Iterable[tuple[bytes, bytes]], content: bytes = b""
    ) -> InProcessAnswer:
        """Send a request; its answer comes to whoever reads it.

        Args:
            method: in upper case.
            target: path and query as they stand in a request.
            headers: name and value of each; without a Host it is sent to "localhost".
            content: the body.

        Raises:
            ServerError: the server is stopped.
        """
        if not self._running:
            raise ServerError("The routes answer no more: run %routes start")
        answer = InProcessAnswer(next(self._numbers), content)
        self._going.add(answer)
        answer.begin(self._asgi, _scope(method, target, headers, content, answer.number), self.loop)
        answer.when_done(self._going.discard)
        return answer


def _scope(method: str, target: str, headers: Iterable[tuple[bytes, bytes]], content: bytes, number: int) -> Message:
    path, _, query = target.partition("?")
    fields = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in fields}
    if b"host" not in names:
        fields.insert(0, (b"host", b"localhost"))
    if content and not names & {b"content-length", b"transfer-encoding"}:
        fields.append((b"content-length", str(len(content)).encode()))
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": fields,
        "client": ("127.0.0.1", number),
        "server": ("localhost", None),
    }
