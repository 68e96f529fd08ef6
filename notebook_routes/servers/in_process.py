"""An App that is asked where it runs: a kernel's server where no socket listens and no thread starts, as in a browser.

It is what a kernel has there in place of `servers.thread`. A request goes through the same adapter as under an ASGI
server, to handlers that all run on the caller's loop. Whether this is such a place is asked here and nowhere else.

A cell's magic is no coroutine, and is called while the loop runs. Pyodide lets it wait all the same where the browser
can put a WebAssembly stack aside (JSPI: Chrome and Edge have it). Where it cannot, an answer that needs no waiting,
which most do not, is taken at once, and any other is refused with the way out. A magic that returned something to
await would work everywhere, but then `%%request` and `notebook.request()` would be other functions in a browser.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from notebook_routes.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from notebook_routes.app import App
    from notebook_routes.servers.asgi import ASGIApp, Message
    from notebook_routes.servers.location import Location

T = TypeVar("T")

#: What requests are sent to; nothing listens there.
ORIGIN = "http://localhost"
NO_ADDRESS = (
    "These routes run in your browser, inside the notebook's page, and have no address: send requests with Send or "
    "%%request"
)
#: Messages that wait for whoever reads an answer: as many as one has that is no stream.
_WAITING = 2


def in_browser() -> Callable[[App], InProcessServer] | None:
    """What serves an App here where neither sockets nor threads are; None where they are."""
    return InProcessServer if sys.platform == "emscripten" else None


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
        self._wait = _waited if wait is None else wait
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


class InProcessAnswer:
    """An answer on its way, read by one reader.

    Args:
        number: stands for the client's port, by which the log's line of a request is known.
        content: the body of the request.
    """

    def __init__(self, number: int, content: bytes) -> None:
        self.number = number
        self._content: bytes | None = content
        self._messages: deque[Message] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._left = asyncio.Event()
        self._ended_well = False
        self._task: asyncio.Task[None] | None = None

    def begin(self, app: ASGIApp, scope: Message, loop: asyncio.AbstractEventLoop) -> None:
        """Have it answered; what needs no waiting is there when this returns, where Python can begin at once."""
        work = app(scope, self._receive, self._send)
        if sys.version_info >= (3, 12) and loop.is_running():
            self._task = asyncio.Task(work, loop=loop, eager_start=True)
        else:
            self._task = loop.create_task(work)
        self._task.add_done_callback(self._ended)

    def when_done(self, call: Callable[[InProcessAnswer], object]) -> None:
        """Call a function when all of it is over, what `after()` was given included."""
        assert self._task is not None
        self._task.add_done_callback(lambda _done: call(self))

    def cancel(self) -> None:
        """Nobody reads on: the handler hears that the client has left."""
        self._left.set()
        self._room.set()
        self._news.set()

    def close(self) -> None:
        """Whoever has read it is done; where it has not come to its end, the handler hears that the client has left."""
        if not self._ended_well:
            self.cancel()

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """The status and the headers.

        Raises:
            ServerError: there is no answer.
        """
        message = await self._next()
        if message is None:
            raise ServerError("it was cancelled before there was an answer")
        return message["status"], list(message["headers"])

    async def chunk(self) -> bytes | None:
        """The next piece of the body; None at its end.

        Raises:
            ServerError: the body breaks off.
        """
        while True:
            message = await self._next()
            if message is None:
                raise ServerError("it broke off before its end")
            if message["body"]:
                return bytes(message["body"])
            if not message.get("more_body", False):
                self._ended_well = True
                return None

    async def _next(self) -> Message | None:
        while not self._messages:
            if self._task is None or self._task.done() or self._left.is_set():
                return None
            self._news.clear()
            await self._news.wait()
        message = self._messages.popleft()
        self._room.set()
        if message.get("body") and not message.get("more_body", False):
            # The end stands behind a body, and not in it.
            self._messages.appendleft({"type": message["type"], "body": b""})
        return message

    async def _receive(self) -> Message:
        content, self._content = self._content, None
        if content is not None:
            return {"type": "http.request", "body": content, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        while len(self._messages) >= _WAITING and not self._left.is_set():
            self._room.clear()
            await self._room.wait()
        if self._left.is_set():
            # The handler's signal fires first, by what `_receive` says in this turn.
            await asyncio.sleep(0)
            raise OSError("nobody reads the answer")
        self._messages.append(message)
        self._news.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            # A stream that broke off: the log has it, and whoever reads misses its end.
            task.exception()
        self._news.set()


def from_page(message: Any) -> Any:
    """A page's message as JSON has it: in a browser, what a page calls null is no None."""
    if isinstance(message, dict):
        return {name: from_page(value) for name, value in message.items()}
    if isinstance(message, list):
        return [from_page(value) for value in message]
    return None if type(message).__name__ == "JsNull" else message


def to_page(message: Any) -> Any:
    """A message for a page as JSON would bring it there: in a browser, None would be undefined."""
    if isinstance(message, dict):
        return {name: to_page(value) for name, value in message.items()}
    if isinstance(message, (list, tuple)):
        return [to_page(value) for value in message]
    if message is None and sys.platform == "emscripten":
        from pyodide.ffi import jsnull  # noqa: PLC0415 - only there

        return jsnull
    return message


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


def _waited(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives: Pyodide waits for it; what needs no waiting is had anywhere.

    Raises:
        ServerError: it waits, and the browser cannot.
    """
    if sys.platform == "emscripten":
        from pyodide.ffi import can_run_sync, run_sync  # noqa: PLC0415 - only there

        if can_run_sync():
            result: T = run_sync(work)
            return result
    try:
        work.send(None)
    except StopIteration as finished:
        given: T = finished.value
        return given
    work.close()
    raise ServerError(
        "the route waits for something, and this browser cannot wait within a cell: press Send in the route's card, or "
        "open the notebook in a newer browser, such as Chrome or Edge from 137 on"
    )
