"""From the handler of an API Route to an `Invoker`, which calls it as it calls any."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import AnswerError
from notebook_routes.routing import ANY
from notebook_routes.runtime.api.answer import Answer, AnsweredError
from notebook_routes.runtime.api.body import read_body
from notebook_routes.runtime.api.request import ApiRequest
from notebook_routes.runtime.api.response import ApiResponse
from notebook_routes.runtime.bind import Binder
from notebook_routes.runtime.invoke import Invoker
from notebook_routes.runtime.parameters import runs_on_loop
from notebook_routes.web import Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from notebook_routes.routing import RoutePattern
    from notebook_routes.runtime.api.config import ApiConfig
    from notebook_routes.runtime.exchange import Exchange
    from notebook_routes.web import Request


def api_invoker(
    handler: Callable[..., Any], *, pattern: RoutePattern, config: ApiConfig, context: Context | None = None
) -> Invoker:
    """The invoker of an API Route.

    Args:
        handler: as `find_handler` gives it.
        pattern: its path.
        config: what its module declares.
        context: the context to run in, copied per request; by default the current one.
    """
    on_loop = runs_on_loop(handler)
    return Invoker(
        _on_loop(handler, config) if on_loop else _in_thread(handler, config),
        method=ANY,
        pattern=pattern,
        context=context,
        max_duration=config.segment.max_duration,
        binder=_ApiBinder(config, pattern, streams=on_loop),
    )


class _ApiBinder(Binder):
    """Reads the body by the rules of API Routes, and hands on what a call is made of."""

    def __init__(self, config: ApiConfig, pattern: RoutePattern, *, streams: bool) -> None:
        super().__init__(_nothing, method=ANY, pattern=pattern)
        self._config = config
        self.takes_params = False
        self.needs_body = config.body_limit is not None or not streams

    async def read_body(self, request: Request) -> Any:
        """The body as `req.body` shows it; its bytes where it is not parsed.

        Raises:
            HTTPError: 400, 413 or 415.
        """
        request.accept_body()
        limit = self._config.body_limit
        return await request.buffer() if limit is None else await read_body(request, limit)

    def arguments(self, exchange: Exchange, body: Any = None) -> dict[str, Any]:
        """What the functions below are called with."""
        parsed = self._config.body_limit is not None
        exchange.request.accept_body()
        req = ApiRequest(exchange, body if parsed else None, raw=None if parsed else body, parsed=parsed)
        # `res` is made where it is handed to the handler: as long as it is held here, it cannot be known to be gone.
        return {"req": req, "exchange": exchange, "answer": Answer()}


def _on_loop(handler: Callable[..., Any], config: ApiConfig) -> Callable[..., Any]:
    async def call(req: ApiRequest, exchange: Exchange, answer: Answer) -> Response:
        try:
            value = _described(await handler(req, ApiResponse(exchange, answer, config.response_limit)))
        except Exception as error:
            if answer.response is None:
                raise
            raise AnsweredError(answer.response) from error
        return await _settled(exchange, answer, value)

    return call


def _in_thread(handler: Callable[..., Any], config: ApiConfig) -> Callable[..., Any]:
    def call(req: ApiRequest, exchange: Exchange, answer: Answer) -> Any:
        try:
            value = handler(req, ApiResponse(exchange, answer, config.response_limit))
        except Exception as error:
            if answer.response is None:
                raise
            raise AnsweredError(answer.response) from error
        if isawaitable(value):
            # A wrapper around an `async def`.
            return _awaited(exchange, answer, value)
        response = answer.response
        is_whole = response is not None and response.content is not None
        return response if is_whole else _settled(exchange, answer, _described(value))

    # Says to the invoker that a coroutine is no mistake here.
    call.__wrapped__ = _settled  # type: ignore[attr-defined]
    return call


async def _awaited(exchange: Exchange, answer: Answer, work: Any) -> Response:
    try:
        value = _described(await work)
    except Exception as error:
        if answer.response is None:
            raise
        raise AnsweredError(answer.response) from error
    del work
    return await _settled(exchange, answer, value)


async def _settled(exchange: Exchange, answer: Answer, value: str) -> Response:
    """The answer, once there is one: a task or a timer may give it when the handler has returned.

    Raises:
        AnswerError: there is none, and none can come.
    """
    response = await answer.wait()
    if response is None:
        assert exchange.route is not None
        gave = f"has returned {value}, which says nothing here" if value else "has returned without an answer"
        raise AnswerError(
            f"{exchange.route}: the handler {gave}: "
            "end with res.json(...), res.send(...), res.redirect(...) or res.end()"
        )
    if response.content is None:
        response = Response(
            await response.bytes(),
            status=response.status,
            status_text=response.status_text or None,
            headers=response.headers,
        )
    return response


def _described(value: object) -> str:
    """The kind of what a handler has returned, without holding on to it; "" for nothing and for `res` itself."""
    return "" if value is None or isinstance(value, ApiResponse) else f"a value of type {type(value).__name__}"


def _nothing() -> None:
    """Has no parameters to be filled."""
