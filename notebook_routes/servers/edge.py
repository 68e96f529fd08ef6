"""An App for hosts that speak the Fetch standard in JavaScript, under Pyodide: isolates and workers at the edge.

What the host has becomes the messages of ASGI, so that a route is answered here by the very code that answers it under
uvicorn. The other side needs nothing but the platform's own classes: there is no JavaScript of ours.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from notebook_routes.runtime.jsfetch import header_pairs
from notebook_routes.servers.asgi import ASGIApp
from notebook_routes.servers.refusal import MAX_BODY_SIZE
from notebook_routes.servers.wire import BODILESS
from notebook_routes.web.geo import GEO_PRESETS, GeoHeaders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_routes.app import App
    from notebook_routes.servers.asgi import Message

#: The headers in which handlers are told the place that the platform knows.
_PLACE = "cloudflare"
#: As in the access log.
_CLIENT_LEFT = 499
_TOO_LARGE = "The body is larger than the memory that is left here"
#: Statuses with which the platform's `Response` takes no body (Fetch §2.2.3).
_NO_BODY = BODILESS | {205}


class EdgeApp:
    """An App that answers a JavaScript `Request` with a JavaScript `Response`.

    All runs on the one thread of the isolate, `def` handlers too.

    Args:
        app: what answers.
        max_body_size: bytes of a request body; more is a 413.

    Raises:
        ImportError: this is no Python under Pyodide.
    """

    def __init__(self, app: App, *, max_body_size: int = MAX_BODY_SIZE) -> None:
        self.app = app
        self._asgi = ASGIApp(app, max_body_size=max_body_size, threads=False)
        self._platform = _Platform()
        self._running: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Make the answers that need no request, beside answering: for a host that outlives its first request."""
        self._keep(asyncio.get_running_loop().create_task(self.app.prepare()))

    async def fetch(
        self,
        request: Any,
        *,
        wait_until: Callable[[Any], object] | None = None,
        geo: Mapping[str, object] | None = None,
        peer: tuple[str, int] | None = None,
    ) -> Any:
        """Answer one request: returns when the head is known; a stream goes on as the client takes it.

        Args:
            request: the platform's `Request`.
            wait_until: given an awaitable, keeps the isolate alive until it is done: for streams and for `after()`.
            geo: where the platform knows the client to be, in the words of `Geo`; what is None is not known.
            peer: address and port of the client, where the host tells.

        Returns:
            The platform's `Response`.
        """
        if geo is not None and self.app.geo is None:
            self.app.geo = GeoHeaders(_PLACE)
        exchange = _Exchange(request, self._platform)
        scope = _scope(request, geo=geo, peer=peer)
        task = asyncio.get_running_loop().create_task(self._asgi(scope, exchange.receive, exchange.send))
        self._keep(task)
        task.add_done_callback(exchange.end)
        response = await exchange.response
        if wait_until is not None and not task.done():
            wait_until(task)
        return response

    def _keep(self, task: asyncio.Task[None]) -> None:
        # The loop holds tasks weakly.
        self._running.add(task)
        task.add_done_callback(self._running.discard)


class _Platform:
    """JavaScript as Pyodide gives it. It is asked for late: a snapshot of the memory cannot hold any of it."""

    def __init__(self) -> None:
        js, ffi = import_module("js"), import_module("pyodide.ffi")
        self.headers: Callable[[Any], Any] = js.Headers.new
        self.response: Callable[..., Any] = js.Response.new
        self.transform_stream: Callable[[], Any] = js.TransformStream.new
        self.convert: Callable[[Any], Any] = ffi.to_js
        self.proxy: Callable[[Any], Any] = ffi.create_proxy
        self.error: Callable[[str], Any] = js.Error.new
        self._all_settled: Callable[[Any], Any] = js.Promise.allSettled

    async def settled(self, promise: Any) -> Any:
        """What became of a promise: its `status`, and the `value` of one that is "fulfilled".

        JavaScript rejects promises with anything, Python raises exceptions only.
        """
        (outcome,) = await self.forget(promise)
        return outcome

    def forget(self, promise: Any) -> Any:
        """Let a promise be rejected without anybody looking."""
        return self._all_settled(self.convert([promise]))


class _Exchange:
    """One request and its response: ASGI's `receive` and `send` over the platform's objects."""

    def __init__(self, request: Any, platform: _Platform) -> None:
        self.response: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._request = request
        self._platform = platform
        self._reader: Any = None
        self._body_read = False
        self._left = asyncio.Event()
        self._listener: Any = None
        self._head: Message = {}
        self._alone: asyncio.Handle | None = None
        self._writer: Any = None

    async def receive(self) -> Message:
        """The next piece of the body; once it has come whole, the news that the client has left."""
        try:
            return await self._received()
        except MemoryError:
            return self._out_of_memory()

    async def _received(self) -> Message:
        if self._body_read:
            await self._client_left()
            return {"type": "http.disconnect"}
        if self._reader is None:
            body = self._request.body
            if not body:
                self._body_read = True
                return {"type": "http.request", "body": b""}
            self._reader = body.getReader()
        read = await self._platform.settled(self._reader.read())
        if read.status != "fulfilled":
            return {"type": "http.disconnect"}
        piece = read.value
        if piece.done:
            self._body_read = True
            return {"type": "http.request", "body": b""}
        return {"type": "http.request", "body": piece.value.to_bytes(), "more_body": True}

    async def send(self, message: Message) -> None:
        """The head, and then the pieces of the body.

        Raises:
            OSError: the client has left.
        """
        if message["type"] == "http.response.start":
            self._head = message
            # The body of an answer that is whole follows at once; a head that stays alone is a slow stream's.
            self._alone = asyncio.get_running_loop().call_soon(self._begin_stream)
            return
        assert self._alone is not None
        self._alone.cancel()
        body: bytes = message.get("body", b"")
        is_last = not message.get("more_body", False)
        if self._writer is None and is_last:
            self._respond(self._platform.convert(body) if body else None)
            return
        if self._writer is None:
            self._begin_stream()
        if body:
            await self._write(body)
        if is_last:
            await self._platform.settled(self._writer.close())

    def end(self, task: asyncio.Task[None]) -> None:
        """The task has ended: cut a stream that is not whole, so that the client knows."""
        if self._listener is not None:
            self._request.signal.removeEventListener("abort", self._listener)
            self._listener.destroy()
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None and self._writer is not None:
            self._writer.abort(self._platform.error(str(error)))
        if not self.response.done():
            # The client has left before there was an answer; the host wants one all the same.
            self.response.set_result(self._platform.response(None, status=_CLIENT_LEFT))

    def _out_of_memory(self) -> Message:
        """End the handler, as when the client leaves: then what it holds of the body is given back."""
        if self._writer is not None:
            self._writer.abort(self._platform.error(_TOO_LARGE))
        elif not self.response.done():
            self.response.set_result(self._platform.response(f"{_TOO_LARGE}\n", status=413))
        # Who is still sending does not look for an answer.
        self._draining = asyncio.get_running_loop().create_task(self._drain())
        return {"type": "http.disconnect"}

    async def _drain(self) -> None:
        """Let the rest of the body come, and take none of it into Python's memory."""
        read = await self._platform.settled(self._reader.read())
        while read.status == "fulfilled" and not read.value.done:
            read = await self._platform.settled(self._reader.read())

    def _respond(self, body: Any) -> None:
        status: int = self._head["status"]
        pairs = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self._head["headers"]]
        headers = self._platform.headers(self._platform.convert(pairs))
        self.response.set_result(
            self._platform.response(None if status in _NO_BODY else body, status=status, headers=headers)
        )

    def _begin_stream(self) -> None:
        stream = self._platform.transform_stream()
        self._writer = stream.writable.getWriter()
        self._watching = asyncio.get_running_loop().create_task(self._watch_reader())
        self._respond(stream.readable)

    async def _watch_reader(self) -> None:
        """A stream that ends before we close it has lost its reader."""
        closed = await self._platform.settled(self._writer.closed)
        if closed.status != "fulfilled":
            self._left.set()

    async def _write(self, body: bytes) -> None:
        ready = await self._platform.settled(self._writer.ready)
        if ready.status != "fulfilled":
            raise ConnectionResetError("nobody takes the stream any more")
        # Not awaited: the next piece waits until this one has been taken.
        self._platform.forget(self._writer.write(self._platform.convert(body)))

    async def _client_left(self) -> None:
        signal = self._request.signal
        if signal.aborted:
            return
        self._listener = self._platform.proxy(lambda *_: self._left.set())
        signal.addEventListener("abort", self._listener)
        await self._left.wait()


def _scope(request: Any, *, geo: Mapping[str, object] | None, peer: tuple[str, int] | None) -> Message:
    """The request's head as ASGI's scope."""
    url = urlsplit(request.url)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in header_pairs(request.headers)]
    names = {name for name, _ in headers}
    if geo is not None:
        headers = _placed(headers, geo)
    if b"host" not in names:
        headers.append((b"host", url.netloc.encode("latin-1")))
    if request.body and not names & {b"content-length", b"transfer-encoding"}:
        headers.append((b"transfer-encoding", b"chunked"))
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode("latin-1"),
        "query_string": url.query.encode("latin-1"),
        "headers": headers,
        "client": peer,
        "server": (url.hostname, url.port),
    }


def _placed(headers: list[tuple[bytes, bytes]], geo: Mapping[str, object]) -> list[tuple[bytes, bytes]]:
    """Headers with the place that the platform knows, and with none that a client has made up."""
    names = {field: name.encode() for field, name in GEO_PRESETS[_PLACE].items()}
    told = [(name, quote(str(geo[field])).encode()) for field, name in names.items() if geo.get(field) is not None]
    return [pair for pair in headers if pair[0] not in names.values()] + told
