"""An HTTP client's way to an `InProcessServer`: httpx2 sends what it would send over loopback, and no socket is there.

Requests to other hosts go the client's own way, which in a browser is the page's `fetch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from notebook_routes.errors import ServerError
from notebook_routes.servers.in_process import ORIGIN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from notebook_routes.servers.in_process import InProcessServer
    from notebook_routes.servers.in_process_answer import InProcessAnswer

#: What httpcore tells a request's `trace` extension when it has connected; the client's port is asked of the stream.
_CONNECTED = "connection.connect_tcp.complete"


def mounts(server: InProcessServer) -> dict[str, httpx2.BaseTransport | None]:
    """What `httpx2.Client` takes as `mounts`, so that it asks this server without a socket."""
    return {ORIGIN: InProcessTransport(server)}


def async_mounts(server: InProcessServer) -> dict[str, httpx2.AsyncBaseTransport | None]:
    """The same for `httpx2.AsyncClient`."""
    return {ORIGIN: AsyncInProcessTransport(server)}


class InProcessTransport(httpx2.BaseTransport):
    """For a client that waits.

    Args:
        server: answers.
    """

    def __init__(self, server: InProcessServer) -> None:
        self._server = server

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, and give the answer, whose body comes as it is read.

        Raises:
            RequestError: there is no answer.
        """
        answer = _asked(self._server, request, request.read())
        try:
            status, headers = self._server.wait(answer.head())
        except ServerError as error:
            answer.cancel()
            raise httpx2.RemoteProtocolError(str(error), request=request) from error
        return httpx2.Response(status, headers=headers, stream=_Body(self._server, answer, request))


class AsyncInProcessTransport(httpx2.AsyncBaseTransport):
    """For a client that awaits, on the server's loop.

    A request's `trace` extension hears of a connection as over a socket; its port is the number of the request.

    Args:
        server: answers.
    """

    def __init__(self, server: InProcessServer) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request, and give the answer, whose body comes as it is read.

        Raises:
            RequestError: there is no answer.
        """
        answer = _asked(self._server, request, await request.aread())
        trace = request.extensions.get("trace")
        try:
            if trace is not None:
                await trace(_CONNECTED, {"return_value": _Connection(answer.number)})
            status, headers = await answer.head()
        except ServerError as error:
            raise httpx2.RemoteProtocolError(str(error), request=request) from error
        except BaseException:
            # Who has sent it is cancelled: the handler hears that the client has left.
            answer.cancel()
            raise
        return httpx2.Response(status, headers=headers, stream=_AsyncBody(answer, request))


class _Body(httpx2.SyncByteStream):
    def __init__(self, server: InProcessServer, answer: InProcessAnswer, request: httpx2.Request) -> None:
        self._server = server
        self._answer = answer
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        while True:
            try:
                chunk = self._server.wait(self._answer.chunk())
            except ServerError as error:
                raise httpx2.ReadError(str(error), request=self._request) from error
            if chunk is None:
                return
            yield chunk

    def close(self) -> None:
        self._answer.close()


class _AsyncBody(httpx2.AsyncByteStream):
    def __init__(self, answer: InProcessAnswer, request: httpx2.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            try:
                chunk = await self._answer.chunk()
            except ServerError as error:
                raise httpx2.ReadError(str(error), request=self._request) from error
            if chunk is None:
                return
            yield chunk

    async def aclose(self) -> None:
        self._answer.close()


class _Connection:
    """What httpcore would call the stream of a connection."""

    def __init__(self, number: int) -> None:
        self._number = number

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", self._number) if name == "client_addr" else None


def _asked(server: InProcessServer, request: httpx2.Request, content: bytes) -> InProcessAnswer:
    target: bytes = request.extensions.get("target") or request.url.raw_path
    try:
        return server.ask(request.method, target.decode("latin-1"), request.headers.raw, content)
    except ServerError as error:
        raise httpx2.ConnectError(str(error), request=request) from error
