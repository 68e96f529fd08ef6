"""Middlewares one behind the other, with the routes at the end.

Each sees the request as those before it have left it. One that only returns is a step of a loop; one that calls `next`
stands around all that follows. A failure is a response to those who stand around it: what they add to an answer, they
add to a 500 and a 404 as well.
"""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, NoReturn

from notebook_routes.app.finish import resolve_location
from notebook_routes.app.target import normalized
from notebook_routes.errors import Aborted, AnswerError, MiddlewareError
from notebook_routes.runtime import InContext, current_exchange
from notebook_routes.runtime.streaming import adopt
from notebook_routes.web import URL, Continuation, Headers, Request, Response, ResponseCookies
from notebook_routes.web.url import refuse_upwards

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from notebook_routes.app.middleware import Middleware
    from notebook_routes.runtime import Exchange, LoopWatch, Workers


class Passage:
    """One request on its way through the middlewares.

    Args:
        chain: the middlewares, outermost first.
        exchange: the request.
        end: answers it by its route, at once or when it has been awaited; may raise.
        failed: makes a response of what was raised.
        workers: threads for `def`.
        watch: sees those who hold the loop.
    """

    def __init__(
        self,
        chain: Sequence[Middleware],
        exchange: Exchange,
        *,
        end: Callable[[Exchange], Response | Awaitable[Response]],
        failed: Callable[[BaseException, Exchange], Response],
        workers: Workers | None,
        watch: LoopWatch | None,
    ) -> None:
        self.exchange = exchange
        self._chain = chain
        self._end = end
        self._failed = failed
        self._workers = workers
        self._watch = watch

    async def respond(self, start: int = 0) -> Response:
        """The answer of the middleware at `start` and all that follow; a failure is one too."""
        added: list[Headers] = []
        try:
            response = await self._through(start, added)
        except (asyncio.CancelledError, GeneratorExit) as error:
            task = asyncio.current_task()
            if isinstance(error, GeneratorExit) or (task is not None and task.cancelling() > 0):
                raise
            response = self._failed(error, self.exchange)
        except BaseException as error:  # noqa: BLE001 - the server must not die of a middleware
            response = self._failed(error, self.exchange)
        for headers in reversed(added):
            response = response.with_headers(partial(_replace, more=headers))
        return response

    async def _through(self, start: int, added: list[Headers]) -> Response:
        exchange = self.exchange
        for number in range(start, len(self._chain)):
            layer = self._chain[number]
            if not layer.matches(exchange.request):
                continue
            following = Next(self, number, layer.label)
            value = await self._call(layer, following, number)
            following.close(value)
            if value is None:
                if following.response is not None:
                    # It has looked at the answer and left it as it is.
                    return following.response
                self._show_jar()
            elif isinstance(value, Continuation):
                if value.headers.raw:
                    added.append(self._take_cookies(value.headers))
                away = self._go_on(value)
                if away is not None:
                    from notebook_routes.app.external import ask_elsewhere  # noqa: PLC0415 - few rewrites leave

                    return await ask_elsewhere(exchange.request, away)
            elif isinstance(value, Response):
                if value is following.response:
                    return value
                self._adopt(value, layer)
                return resolve_location(value, exchange)
            else:
                _refuse(value, layer)
        exchange.request.keep_body(keep=False)
        answer = self._end(exchange)
        return answer if isinstance(answer, Response) else await answer

    async def _call(self, layer: Middleware, following: Next, number: int) -> Any:
        exchange = self.exchange
        request = exchange.request
        request.keep_body()
        context = layer.context.copy()
        context.run(current_exchange.set, exchange)
        if exchange.context is None:
            # For after(), where no handler is reached.
            exchange.context = context
        if layer.on_loop or self._workers is None:
            value = context.run(layer.function, **layer.arguments(request, following))
        else:
            # What calls `next` waits for threads of handlers: it must not hold one of theirs.
            workers = self._workers.outer(number) if layer.takes_next else self._workers
            threaded = _ThreadedNext(following)
            arguments = layer.arguments(request, threaded)
            job = workers.submit(context, lambda: layer.function(**arguments), label=layer.label)
            try:
                await threaded.serve(job.future)
                value = await job.future
            except asyncio.CancelledError:
                workers.abandon(job)
                raise
            finally:
                threaded.end()
        if layer.is_awaited and value.__class__ is CoroutineType:
            value = await InContext(value, context, self._watch, exchange)
        if value.__class__ is CoroutineType and value is following.coroutine:
            # `return next()`: where there are no threads, a `def` cannot await it.
            value = await InContext(value, context, self._watch, exchange)
        return value

    def _go_on(self, value: Continuation) -> URL | None:
        """Have the next one see what a middleware has changed; gives a URL that is not ours, if that is next."""
        exchange = self.exchange
        request = exchange.request
        headers = _with_host(value.request_headers, request)
        if value.rewrite_url is None:
            if headers is not None:
                request.replace_headers(headers)
        else:
            refuse_upwards(value.rewrite_url)
            try:
                url = URL(value.rewrite_url, base=request.url)
            except ValueError as error:
                raise MiddlewareError(f"{value!r}: {error}") from None
            away = url.origin != URL(request.url).origin
            moved = request.rewritten(request.url if away else _tidy(url), headers=headers)
            self._move_to(moved)
            if away and not value.rewrite_url.lower().startswith(("http://", "https://")):
                # "//host" too: where a path is put together from what a client sent, it must not name a host.
                raise MiddlewareError(f"{value!r}: a rewrite to another server is written with http:// or https://")
            self._show_jar()
            return url if away else None
        self._show_jar()
        return None

    async def go_on(self, number: int, request: Request | None) -> Response:
        """The answer of all behind the middleware `number`, which may have put another request into its place."""
        if request is not None:
            self._move_to(request)
        self._show_jar()
        mine = self.exchange.request
        response = await self.respond(number + 1)
        # What the middleware does next sees the request that it has let pass.
        mine.keep_body()
        return response

    def _move_to(self, request: Request) -> None:
        exchange = self.exchange
        if request is not exchange.request:
            request.exchange = exchange
            exchange.request = request
            exchange.route = None
            exchange.params = {}

    def _show_jar(self) -> None:
        """What a middleware has set as cookies, the request has from now on."""
        if self.exchange.cookies is not None:
            self.exchange.request.receive_cookies(self.exchange.cookies.headers.get_set_cookie())

    def _take_cookies(self, headers: Headers) -> Headers:
        """Put cookies where `cookies()` finds them, so that a handler's of the same name wins; gives the rest."""
        lines = headers.get_set_cookie()
        if not lines:
            return headers
        exchange = self.exchange
        if exchange.cookies is None:
            exchange.cookies = ResponseCookies(Headers())
        for line in lines:
            exchange.cookies.headers.append("set-cookie", line)
        rest = headers.copy()
        rest.delete("set-cookie")
        return rest

    def _adopt(self, response: Response, layer: Middleware) -> None:
        context = layer.context.copy()
        context.run(current_exchange.set, self.exchange)
        if response.content is None:
            adopt(response, context, self._workers, self._watch, self.exchange, label=layer.label)


class Next:
    """What a middleware is given as `next`: call it once, to get the answer of all that follows.

    `await next()` goes on with the request as it is, `await next(request)` with another,
    such as `request.rewritten("/other")`.
    """

    def __init__(self, passage: Passage, number: int, label: str) -> None:
        self._passage = passage
        self._number = number
        self._label = label
        self._closed = False
        #: The answer, once it is there.
        self.response: Response | None = None
        #: What the call has given.
        self.coroutine: Coroutine[Any, Any, Response] | None = None

    def __call__(self, request: Request | None = None) -> Coroutine[Any, Any, Response]:
        """Go on.

        Raises:
            MiddlewareError: it was called already, or when the middleware had ended.
            TypeError: it was given something else than a request.
        """
        if request is not None and not isinstance(request, Request):
            raise TypeError(
                f"next takes a request or nothing, not {type(request).__name__}: in a middleware `next` goes on to "
                "the route; Python's own is builtins.next"
            )
        if self.coroutine is not None:
            raise MiddlewareError(f"{self._label} called next twice: keep what the first call gave")
        if self._closed:
            raise MiddlewareError(f"{self._label} called next after it had returned")
        self.coroutine = self._answer(request)
        return self.coroutine

    def close(self, value: object) -> None:
        """The middleware has ended with this value: from now on it is too late.

        Raises:
            MiddlewareError: it has gone on already and wants to again, or its `await` is missing.
        """
        self._closed = True
        if self.coroutine is None:
            return
        if self.response is None:
            self.coroutine.close()
            raise MiddlewareError(f"{self._label} called next without its await: write `return await next()`")
        if isinstance(value, Continuation):
            raise MiddlewareError(
                f"{self._label} called next twice: it returned {value!r} after `next()`; return what `next()` gave"
            )

    async def _answer(self, request: Request | None) -> Response:
        self.response = await self._passage.go_on(self._number, request)
        return self.response


class _ThreadedNext:
    """`next` for a function on a worker thread: the thread waits, and the request's own task goes on."""

    def __init__(self, following: Next) -> None:
        self._following = following
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Future[Coroutine[Any, Any, Response] | None] = self._loop.create_future()
        self._told = threading.Event()
        self._response: Response | None = None

    def __call__(self, request: Request | None = None) -> Response:
        coroutine = self._following(request)
        try:
            self._loop.call_soon_threadsafe(self._ask, coroutine)
        except RuntimeError:
            # The server was stopped meanwhile.
            coroutine.close()
            raise Aborted from None
        self._told.wait()
        if self._response is None:
            raise Aborted
        return self._response

    async def serve(self, ended: asyncio.Future[Any]) -> None:
        """Answer the call of the function, if it makes one before it has ended."""
        ended.add_done_callback(self._ended)
        coroutine = await self._asked
        if coroutine is not None:
            self._response = await coroutine
            self._told.set()

    def end(self) -> None:
        """Nobody answers from now on."""
        self._told.set()

    def _ask(self, coroutine: Coroutine[Any, Any, Response]) -> None:
        if self._asked.done():
            coroutine.close()
            self._told.set()
        else:
            self._asked.set_result(coroutine)

    def _ended(self, _: object) -> None:
        if not self._asked.done():
            self._asked.set_result(None)


def _with_host(headers: Headers | None, request: Request) -> Headers | None:
    """Headers in place of the client's, with its Host where they have none: no request is without (RFC 9112 §3.2)."""
    host = request.headers.get("host")
    if headers is None or host is None or headers.has("host"):
        return headers
    headers = headers.copy()
    headers.set("host", host)
    return headers


def _replace(headers: Headers, more: Headers) -> None:
    for name in {name for name, _ in more.raw}:
        headers.delete(name)
    for name, value in more.raw:
        headers.append(name, value)


def _tidy(url: URL) -> URL:
    """Without the double and trailing slashes that a client would be redirected for."""
    while (path := normalized(url.pathname)) is not None:
        url.pathname = path
    return url


def _refuse(value: object, layer: Middleware) -> NoReturn:
    if isinstance(value, CoroutineType):
        value.close()
        raise AnswerError(f"{layer.label} returned a coroutine: an `await` is missing")
    raise AnswerError(
        f"{layer.label} returned {type(value).__name__}: return None to go on, or a Response, such as "
        "Response.json(...), Response.redirect(...), Response.next(...) or Response.rewrite(...)"
    )
