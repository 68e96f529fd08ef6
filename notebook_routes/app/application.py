"""The spine: `App.fetch(request) -> Response`. Everything below is pure, everything above is adapters."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import notebook_routes.cache as caching
from notebook_routes.app.after import run_callbacks
from notebook_routes.app.cors import Cors
from notebook_routes.app.events import RequestLog
from notebook_routes.app.failures import Failures
from notebook_routes.app.finish import finish
from notebook_routes.app.guard import Guard
from notebook_routes.app.own_pages import OwnPages
from notebook_routes.app.respond import respond, respond_through_middleware
from notebook_routes.cache.cancelled import being_cancelled
from notebook_routes.errors import HTTPError, RedirectError
from notebook_routes.routing import CorsPolicy, RouteTable
from notebook_routes.runtime import (
    DraftCookie,
    Exchange,
    LoopWatch,
    Phase,
    Workers,
    rest_of,
)
from notebook_routes.web import GeoHeaders, Request, Response
from notebook_routes.web.request import UNSET

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping

    from notebook_routes.app.frames import FramePass
    from notebook_routes.app.middleware import Middleware
    from notebook_routes.app.public import PublicFiles
    from notebook_routes.cache import CacheHandler, DataCache, ResponseCache
    from notebook_routes.servers.asgi import ASGIApp, Message, Receive, Send
    from notebook_routes.types import HeadersInit

_ORIGIN = "http://localhost"


class App:
    """Routes, and the one function that answers requests by them.

    Args:
        routes: the live route table; a new one by default.
        guard: who may ask; by default anyone.
        explain: show tracebacks and nearest routes to the client.
        workers: threads for `def` handlers; None runs them on the loop (where there are no threads).
        name_file: how tracebacks call a file.
        middleware: what stands in front of the routes, outermost first; functions, or `Middleware`.
        cache: where answers and data are kept: a `CacheHandler`, or its address as `open_cache` takes it; by default
            this process's memory.
        cache_control_requests: have a client's `Cache-Control: no-cache` run the handler anew; by default clients
            cannot.
        cors: which other origins may call the paths that declare nothing themselves: what `cors()` gives, or what a
            path's constant `cors` takes; by default none.
        geo: whose headers `request.geo` is read from: "vercel", "cloudflare", or a header's name for each field.
            Only for a server that is reached through such a proxy alone: other clients could write them themselves.

    Attributes:
        public: the folder of public files; None where there is none.
        frames: lets the pages in that a notebook shows inline; None where no notebook shows any.
        draft: the cookie of `draft_mode()`.
        origin: the server's own, which handlers see whose answers are kept; whoever listens sets it.
        own_pages: answers what is asked below `/_routes/`, for whoever has the guard's `page_token`; others get a 403.
            None where there are no such pages: then all of it is a 404, also where a catch-all route would match.
        open_pages: those of them that ask for no token; the Host must be known all the same.
    """

    def __init__(
        self,
        *,
        routes: RouteTable | None = None,
        guard: Guard | None = None,
        explain: bool = False,
        workers: Workers | None = None,
        name_file: Callable[[str], str] | None = None,
        middleware: Iterable[Middleware | Callable[..., Any]] = (),
        cache: CacheHandler | str | None = None,
        cache_control_requests: bool = False,
        cors: object = None,
        geo: str | Mapping[str, str] | None = None,
    ) -> None:
        self.routes = RouteTable() if routes is None else routes
        self.guard = guard or Guard(check_origin=False)
        self.explain = explain
        self.workers = workers
        self.watch: LoopWatch | None = None
        self.log = RequestLog()
        self.failures = Failures(explain=explain, name_file=name_file)
        self.middleware = _layers(middleware)
        # Over plain HTTP, as in a kernel, a browser would not keep a cookie that is for HTTPS.
        self.draft = DraftCookie(secure=not explain)
        self.own_pages: Callable[[Request], Response | Awaitable[Response]] | None = None
        self.open_pages = OwnPages()
        self.public: PublicFiles | None = None
        self.frames: FramePass | None = None
        self.cors = None if cors is None else CorsPolicy.of(cors)
        self.geo = None if geo is None else GeoHeaders(geo)
        self.origin = _ORIGIN
        self.cache_control_requests = cache_control_requests
        self._behind: set[asyncio.Task[None]] = set()
        self._asgi: ASGIApp | None = None
        self._cache = caching.open_cache(cache) if isinstance(cache, str) else cache

    @property
    def cache(self) -> CacheHandler:
        """Where answers and data are kept."""
        if self._cache is None:
            self._cache = caching.MemoryCache()
        return self._cache

    @cached_property
    def answers(self) -> ResponseCache:
        """The answers that are kept."""
        return caching.ResponseCache(self.cache)

    @cached_property
    def data(self) -> DataCache:
        """What `fetch()` and `cached()` keep."""
        return caching.DataCache(self.cache)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer as an ASGI 3 application: `uvicorn shop:app`, where `shop.py` has `app = App(...)`.

        Its settings are those of `servers.asgi.ASGIApp`, which this calls.
        """
        if self._asgi is None:
            # The one door upwards: an ASGI server is given the app itself, and nobody who could bring the adapter.
            from notebook_routes.servers.asgi import ASGIApp  # noqa: PLC0415 - the floor above, when it is asked for

            self._asgi = ASGIApp(self)
        await self._asgi(scope, receive, send)

    def use_cache(self, handler: CacheHandler) -> None:
        """Keep answers and data there from now on; what was kept elsewhere is not moved."""
        self._cache = handler
        for made in ("answers", "data"):
            vars(self).pop(made, None)

    async def close(self) -> None:
        """Give back what the cache holds open."""
        if self._cache is not None:
            await self._cache.close()

    async def prepare(self) -> None:
        """Make the answers that can be kept and need no request, so that the first who ask find them.

        A server does that beside answering. One that fails is in the log.
        """
        if not self.routes.keeps_answers:
            return
        from notebook_routes.app.kept_answers import prepare_answers  # noqa: PLC0415 - many apps keep none

        await prepare_answers(self)

    async def renew(self, path: str, *, only_kept: bool = False) -> None:
        """Make the kept answer of a path anew, where it is stale or there is none.

        Args:
            path: as in a URL.
            only_kept: leave it where there is none.

        Raises:
            Exception: what the handler raises.
        """
        from notebook_routes.app.kept_answers import renew_answer  # noqa: PLC0415 - many apps keep none

        await renew_answer(self, path, only_kept=only_kept)

    async def fetch(self, request: Request) -> Response:
        """Answer a request. Never raises but for cancellation: a failure is a response too.

        Whoever sends the response calls `sent` afterwards.
        """
        answer = self.begin(request)
        return answer if isinstance(answer, Response) else await answer

    def begin(self, request: Request) -> Response | Awaitable[Response]:
        """Answer a request as far as it goes at once, for adapters: the answer, or what to await for it.

        As `fetch`, which this is; one whose handler waits for nothing costs no coroutine here.
        """
        if self.frames is not None and self.frames.concerns(request):
            return _first_step(self._fetch_framed(request, self.frames))
        request.exchange = exchange = Exchange(request, self.draft)
        exchange.app = self
        if self.geo is not None:
            request.geo_headers = self.geo
        answer: Response | Awaitable[Response]
        try:
            if self.guard.hosts is not None:
                self.guard.check_host(request)
            answer = respond_through_middleware(self, exchange) if self.middleware else respond(self, exchange)
            if exchange.revalidations is None and isinstance(answer, Response):
                return finish(answer, exchange)
        except BaseException as error:  # noqa: BLE001 - raised again where it is answered
            answer = _failing(error)
        return _first_step(self._settle(answer, exchange))

    async def _fetch_framed(self, request: Request, frames: FramePass) -> Response:
        request.exchange = Exchange(request, self.draft)
        visit = frames.enter(request)
        return visit.preflight(request) or visit.readable(await self.fetch(request))

    async def _settle(self, answer: Response | Awaitable[Response], exchange: Exchange) -> Response:
        """The answer as it is sent, or that of what was raised instead."""
        try:
            response = answer if isinstance(answer, Response) else await answer
            if exchange.revalidations is not None:
                await self._revalidate(exchange)
            return finish(response, exchange)
        except asyncio.CancelledError as error:
            if being_cancelled():
                raise
            # The handler awaited something that somebody else has cancelled.
            return self.failed(error, exchange)
        except BaseException as error:  # noqa: BLE001 - the server must not die of a handler, nor of its sys.exit()
            response = self.failed(error, exchange)
            if exchange.revalidations is not None:
                await self._revalidate(exchange)
            return response

    def invoke(self, exchange: Exchange) -> Coroutine[Any, Any, Response]:
        """Run the handler of the exchange's route.

        Raises:
            Exception: whatever it raises.
        """
        route = exchange.route
        assert route is not None
        handler: Any = route.handler
        return handler(exchange, self.workers, self.watch)  # type: ignore[no-any-return]

    async def request(
        self,
        target: str,
        *,
        method: str = "GET",
        headers: HeadersInit | None = None,
        body: Any = None,
        json: Any = UNSET,
    ) -> Response:
        """Send a request without a socket, for tests and for the browser: `await app.request("/products/1")`.

        Args:
            target: path and query.
            method: as for `Request`.
            headers: the same.
            body: the same.
            json: the same.

        Raises:
            ValueError: the target does not begin with "/".
            TypeError: the body cannot be one.
        """
        if not target.startswith("/"):
            raise ValueError(f"app.request() takes a path that begins with /, not {target!r}")
        request = Request(_ORIGIN + target, method=method, headers=headers, body=body, json=json)
        response = await self.fetch(request)
        work = self.sent(request, status=response.status, size=len(response.content or b""))
        if work is not None:
            await work
        return response

    def head_sent(self, request: Request) -> None:
        """The head of a stream is out: cookies can be set no more."""
        _exchange_of(request).phase = Phase.SENT

    def failed_to_start(self, error: BaseException, request: Request) -> Response:
        """The response for a stream that failed before anything of it was sent."""
        return self.failed(error, _exchange_of(request))

    def sent(
        self, request: Request, *, status: int, size: int, error: BaseException | None = None
    ) -> Coroutine[Any, Any, None] | None:
        """The response is out, or the client has left: log it.

        Args:
            request: what `fetch` was given.
            status: the status that was sent, 0 where none was.
            size: bytes of the body that were sent.
            error: what broke a stream off.

        Returns:
            What `after()` was given, to be awaited; None where there is nothing to wait for.
        """
        exchange: Exchange = request.exchange  # type: ignore[assignment]  # `begin` has put it there
        if error is not None:
            exchange.error = self.failures.text(error)
            self.failures.report(exchange, "broke off", exchange.error)
            # What has gone wrong has changed nothing.
            exchange.revalidations = None
        if exchange.callbacks or exchange.revalidations is not None:
            exchange.phase = Phase.AFTER
            return self._finish_later(exchange, status=status, size=size)
        self.log.add(exchange, status=status, size=size)
        exchange.end()
        return None

    def sent_behind(self, request: Request, *, status: int) -> None:
        """A run that nobody waited for has ended: log it, and begin with what `after()` was given."""
        work = self.sent(request, status=status, size=0)
        if work is not None:
            self._spawn(work)

    def finish_left(self, exchange: Exchange) -> None:
        """A run has ended whose client had left before: begin with what it has left to be done."""
        self._spawn(self._run_left(exchange))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _run_left(self, exchange: Exchange) -> None:
        await self._run_after(exchange)
        exchange.end()

    async def _run_after(self, exchange: Exchange) -> None:
        """Do what the handler has left to be done after its answer: what `after()` was given, and its marks."""
        await run_callbacks(exchange, self.workers, self.failures)
        if exchange.revalidations is not None:
            await self._revalidate(exchange)

    async def _finish_later(self, exchange: Exchange, *, status: int, size: int) -> None:
        await self._run_after(exchange)
        self.log.add(exchange, status=status, size=size)
        exchange.end()

    async def _revalidate(self, exchange: Exchange) -> None:
        """Mark the tags that the handler has named."""
        marked, exchange.revalidations = exchange.revalidations or {}, None
        moment = caching.now()
        for tag, expire in marked.items():
            await self.cache.mark([tag], moment, expire=expire)

    def failed(self, error: BaseException, exchange: Exchange) -> Response:
        """The response to what was raised while a request was answered."""
        if not isinstance(error, (HTTPError, RedirectError)):
            # What has gone wrong has changed nothing.
            exchange.revalidations = None
        try:
            response = self.failures.response(error, exchange)
        except ValueError as unsendable:
            # A header of the exception's own that cannot be sent.
            response = self.failures.response(unsendable, exchange)
        path = None if exchange.route is None else self.routes.at(exchange.route.pattern)
        cors = Cors.of(None if path is None else path.config, self.cors)
        if cors is not None:
            # Without these a page cannot tell a 404 from a network that is down.
            response = response.with_headers(lambda headers: cors.add_to(headers, exchange.request))
        try:
            return finish(response, exchange)
        except ValueError as unsendable:
            # A Content-Length of the exception's own that is not its message's.
            return self.failures.response(unsendable, exchange)


def _layers(given: Iterable[Middleware | Callable[..., Any]]) -> tuple[Middleware, ...]:
    if not given:
        return ()
    from notebook_routes.app.middleware import Middleware  # noqa: PLC0415 - many apps have none

    if callable(given) or isinstance(given, Middleware):
        raise TypeError("App takes a list of middleware, also of one: write middleware=[...]")
    return tuple(each if isinstance(each, Middleware) else Middleware(each) for each in given)


def _exchange_of(request: Request) -> Exchange:
    exchange = request.exchange
    assert isinstance(exchange, Exchange)
    return exchange


def _first_step(steps: Coroutine[Any, Any, Response]) -> Response | Awaitable[Response]:
    """What a coroutine gives where it waits for nothing; else the rest of it."""
    try:
        return rest_of(steps, steps.send(None))
    except StopIteration as ended:
        response: Response = ended.value
        return response


async def _failing(error: BaseException) -> NoReturn:
    raise error
