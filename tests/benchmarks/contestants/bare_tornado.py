"""Contestant: a bare Tornado connection delegate, the least that Tornado can do.

Run as cells of a kernel (a `# %%` line starts a cell). It serves from a daemon thread with a selector loop of
its own, on a socket bound in the cell, as notebook_routes does. What differs is all that is above Tornado.
"""

import asyncio
import json
import threading
from typing import Any
from urllib.parse import parse_qs

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.netutil import bind_sockets

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
OK = ResponseStartLine("HTTP/1.1", 200, "OK")
CHUNK = bytes(64 * 1024)
streams: set[asyncio.Task[None]] = set()


class Exchange(HTTPMessageDelegate):
    """One request: `/products/<id>` answers JSON, `/stream?size=<bytes>` that many bytes."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self.target = ""

    def headers_received(self, start_line: Any, headers: HTTPHeaders) -> None:
        assert isinstance(start_line, RequestStartLine)
        self.target = start_line.path

    def finish(self) -> None:
        path, _, query = self.target.partition("?")
        if path == "/stream":
            task = asyncio.get_running_loop().create_task(self.stream(int(parse_qs(query)["size"][0])))
            streams.add(task)
            task.add_done_callback(streams.discard)
            return
        product = {"id": path.rpartition("/")[2], "name": "Lamp", "price": 30}
        body = encode(product).encode()
        headers = HTTPHeaders({"Content-Type": "application/json", "Content-Length": str(len(body))})
        self.connection.write_headers(OK, headers, body)
        self.connection.finish()

    async def stream(self, size: int) -> None:
        # Without a Content-Length Tornado frames the body in chunks.
        await self.connection.write_headers(OK, HTTPHeaders({"Content-Type": "application/octet-stream"}))
        for _ in range(size // len(CHUNK)):
            await self.connection.write(CHUNK)
        self.connection.finish()


class Delegate(HTTPServerConnectionDelegate):
    """What Tornado asks for each request."""

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        return Exchange(request_conn)


# %%
def serve() -> str:
    """Serve from a daemon thread; return the address."""
    sockets = bind_sockets(0, "127.0.0.1")

    def run() -> None:
        loop = asyncio.SelectorEventLoop()
        asyncio.set_event_loop(loop)

        async def listen() -> None:
            HTTPServer(Delegate()).add_sockets(sockets)

        loop.run_until_complete(listen())
        loop.run_forever()

    threading.Thread(target=run, name="bare-tornado", daemon=True).start()
    return f"http://127.0.0.1:{sockets[0].getsockname()[1]}"


url = serve()
