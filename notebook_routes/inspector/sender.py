"""Sends the page's requests over loopback, or by a call where there is no socket, and follows their answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ServerError
from notebook_routes.inspector.history import History
from notebook_routes.inspector.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from notebook_routes.app import LogEntry
    from notebook_routes.inspector.asked import Asked
    from notebook_routes.inspector.relation import Relation
    from notebook_routes.inspector.service import Subject
    from notebook_routes.routing import Route
    from notebook_routes.servers.in_process import InProcessServer

#: Seconds that a run waits for its line in the log before it is shown without.
_PATIENCE = 0.25
#: Seconds after which the line is not waited for any more: what was given to `after()` may take long.
_LAST_PATIENCE = 120.0
_CONNECTED = "connection.connect_tcp.complete"


class Sender:
    """Has one connection for each run, which is closed to stop it.

    Args:
        subject: knows the server.
        relation: finds the lines of the log.
        look: has the log's newest lines taken in now.
        tell: called with a run and with what is new of it.
        server: answers without a socket, where there is none.
    """

    def __init__(
        self,
        subject: Subject,
        relation: Relation,
        look: Callable[[], None],
        tell: Callable[[Run, dict[str, Any]], None],
        server: InProcessServer | None = None,
    ) -> None:
        self._server = server
        self.history = History()
        self._subject = subject
        self._relation = relation
        self._look = look
        self._tell = tell
        self._client: httpx2.AsyncClient | None = None
        self._going: dict[str, tuple[Run, asyncio.Task[None]]] = {}

    def going(self) -> list[Run]:
        """The runs that have not ended."""
        return [run for run, _ in self._going.values()]

    def send(self, asked: Asked, route: Route | None) -> None:
        """Begin a run.

        Raises:
            ServerError: there is one of this name already.
        """
        if asked.run in self._going or self.history.find(asked.run) is not None:
            raise ServerError(f'There is a run "{asked.run}" already: send it under another name')
        run = Run(asked, route, self._tell)
        self.history.add(run)
        task = asyncio.get_running_loop().create_task(self._go(run))
        self._going[run.id] = run, task
        task.add_done_callback(lambda _done: self._going.pop(run.id, None))

    def stop(self, identifier: str) -> str | None:
        """Close the connection of a run, so that its handler is cancelled; what has to be said of that.

        Raises:
            ServerError: there is no such run.
        """
        found = self._going.get(identifier)
        if found is None:
            if self.history.find(identifier) is None:
                raise ServerError(f'There is no run "{identifier}" any more')
            return None
        run, task = found
        if not run.is_going:
            return None
        said = run.stop()
        task.cancel()
        return said

    async def ask(self, method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> httpx2.Response:
        """Send one request that is no run, and take its short answer in.

        Raises:
            ServerError: the server does not answer.
        """
        import httpx2  # noqa: PLC0415 - a tenth of a second that only the first request pays

        client, base = self._open(), self._subject.base_url()
        try:
            async with client.stream(method, base, headers=headers, extensions={"target": target}) as response:
                return response
        except httpx2.RequestError as error:
            raise ServerError(f"{method} had no answer: {error}") from error

    async def close(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _open(self) -> httpx2.AsyncClient:
        import httpx2  # noqa: PLC0415 - a tenth of a second that only the first request pays

        if self._client is None:
            self._client = httpx2.AsyncClient(
                timeout=None,
                trust_env=False,
                # Over loopback there is no TLS, and its certificates take long to read.
                verify=False,
                follow_redirects=False,
                cookies=self._subject.cookies,
                mounts=self._mounts(),
                # A run's port is its own, so that its line in the log is known by it.
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
            )
        return self._client

    def _mounts(self) -> dict[str, httpx2.AsyncBaseTransport | None]:
        if self._server is None:
            return {}
        from notebook_routes.servers.in_process_client import async_mounts  # noqa: PLC0415 - it imports httpx2

        return async_mounts(self._server)

    async def _go(self, run: Run) -> None:
        waiting: list[asyncio.Future[LogEntry]] = []
        try:
            await self._exchange(run, waiting)
        except asyncio.CancelledError:
            if not run.stopped:
                raise
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
        except ServerError as error:
            run.failed = str(error)
        except Exception as error:  # noqa: BLE001 - what the client's libraries raise, the page hears of, whatever it is
            run.failed = f"{run.asked.name} cannot be sent: {error or type(error).__name__}"
        finally:
            run.end()
        await self._finish(run, waiting)

    async def _exchange(self, run: Run, waiting: list[asyncio.Future[LogEntry]]) -> None:
        import httpx2  # noqa: PLC0415 - the same

        async def trace(event: str, info: dict[str, Any]) -> None:
            if event == _CONNECTED:
                port = info["return_value"].get_extra_info("client_addr")[1]
                waiting.append(self._relation.expect(port))

        asked, client = run.asked, self._open()
        arguments = asked.request(token=self._subject.token())
        arguments["extensions"]["trace"] = trace
        run.begin()
        try:
            async with client.stream(asked.method, self._subject.base_url(), **arguments) as response:
                pairs = response.headers.multi_items()
                run.head(response.status_code, response.reason_phrase, pairs)
                async for chunk in response.aiter_raw():
                    run.take(chunk)
        except httpx2.RequestError as error:
            broke = f"broke off after {run.size:,} bytes" if run.has_begun else "had no answer"
            raise ServerError(f"{asked.name} {broke}: {error or type(error).__name__}") from error

    async def _finish(self, run: Run, waiting: list[asyncio.Future[LogEntry]]) -> None:
        """Tell the end of a run, with its line of the log; where that comes late, once more then."""
        self._look()
        if waiting:
            await asyncio.wait(waiting, timeout=_PATIENCE)
        if waiting and waiting[0].done() and not waiting[0].cancelled():
            run.logged(waiting[0].result())
            run.done()
        else:
            run.done()
            if waiting:
                waiting[0].add_done_callback(lambda done: self._late(run, done))
                asyncio.get_running_loop().call_later(_LAST_PATIENCE, waiting[0].cancel)
        self.history.make_room()

    def _late(self, run: Run, done: asyncio.Future[LogEntry]) -> None:
        if not done.cancelled():
            run.logged(done.result())
            run.done()
