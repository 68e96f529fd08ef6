"""`fetch()`: ask another server, as the Fetch standard and Next.js have it, and keep its answer if that is wanted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import notebook_routes.cache as caching
from notebook_routes.errors import CacheError, FetchError
from notebook_routes.runtime.exchange import current_exchange, current_life, handlers_own
from notebook_routes.runtime.keepable import checked_tags
from notebook_routes.runtime.kept_data import active_data, beside, give_on, marked_tags, nobody_waits, note
from notebook_routes.runtime.outgoing import closed, loaded, new_client, stream_of
from notebook_routes.web import Headers, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.runtime.exchange import Exchange
    from notebook_routes.types import HeadersInit
    from notebook_routes.web import URL, AbortSignal

_UNSET: Any = object()
#: Of the bytes on the wire, which are decoded when they are read.
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive")
_CACHES = (None, "default", "force-cache", "no-store")
_REDIRECTS = ("follow", "manual", "error")
#: RFC 9110 §15.4.
_POINTING = (301, 302, 303, 307, 308)


async def fetch(
    resource: str | URL | Request,
    *,
    method: str | None = None,
    headers: Headers | HeadersInit | None = None,
    body: Any = None,
    json: Any = _UNSET,
    cache: Literal["default", "force-cache", "no-store"] | None = None,
    revalidate: float | Literal[False] | None = None,
    tags: Iterable[str] = (),
    redirect: Literal["follow", "manual", "error"] = "follow",
    signal: AbortSignal | None = None,
) -> Response:
    """Ask another server.

    Nothing is kept unless it is asked for: by `cache="force-cache"`, by `revalidate`, or by the `fetch_cache` of the
    path. Only answers of the status 200 are. Marks on `tags` and `revalidate_path` of the asking path make them go.

    Args:
        resource: an absolute URL, or a request.
        method: GET by default.
        headers: header fields.
        body: as for `Request`.
        json: a value sent as JSON, instead of a body.
        cache: "force-cache" keeps the answer, "no-store" never does, and makes a kept answer of the route dynamic.
        revalidate: seconds for which the answer is fresh; False for ever, 0 is the same as "no-store".
        tags: what `revalidate_tag` calls the answer.
        redirect: "follow" them, give them back ("manual"), or raise ("error").
        signal: breaks it off.

    Returns:
        The answer, whatever its status; a body that is not kept comes in pieces.

    Raises:
        FetchError: there was no answer: the server cannot be reached, or took too long. Reading the body raises it too,
            where the answer breaks off.
        CacheError: the options contradict the path's `fetch_cache`, or a body that is a stream is part of a key.
        ValueError: the URL is not absolute, or an option has a value that it cannot have.
        Aborted: the signal has fired.
    """
    request = _request(resource, method, headers, body, json)
    _check(cache, revalidate, redirect)
    exchange = current_exchange.get()
    tags = checked_tags(tags, "fetch")
    choice = _choose(cache, revalidate, _mode(exchange), request)
    if signal is not None:
        signal.throw_if_aborted()
    if not choice.keep:
        if tags:
            note(f"fetch({request.url!r}) has tags, and keeps nothing that they could mark: say revalidate=60 as well")
        if choice.said and exchange is not None and current_life.get() is None:
            exchange.reads(f"fetch({request.url!r}) anew each time")
        asked: Response = await _unless_aborted(_ask(request, redirect), signal)
        return asked
    content = await _content(request)
    key = caching.fetch_key(request.method, request.url, request.headers.raw, content, redirect=redirect)
    wanted = caching.Wanted(key, tags, beside(exchange), marked_tags(exchange), nobody_waits(exchange))

    async def make() -> caching.Made:
        response = await _ask(request.clone(), redirect)
        entry = caching.CacheEntry(
            response.status,
            tuple(response.headers.raw),
            await response.bytes(),
            0,
            0,
            revalidate=choice.seconds,
            tags=tags,
            source=f"{request.method} {request.url}",
            status_text=response.status_text,
            url=response.url,
        )
        return caching.Made(entry, keep=response.status == 200)

    entry = await _unless_aborted(active_data(exchange).get(wanted, make), signal)
    give_on(exchange, entry, tags)
    response = caching.answer(entry, None)
    response.redirected = response.url != request.url
    return response


class _Choice(NamedTuple):
    """What is to become of an answer: whether it is kept, for how long, and whether that it is not was said."""

    keep: bool
    seconds: float | None = None
    said: bool = False


def _choose(cache: str | None, revalidate: float | bool | None, mode: str, request: Request) -> _Choice:  # noqa: FBT001
    """From the options of the call and the `fetch_cache` of the path."""
    never = revalidate is not None and revalidate is not False and revalidate == 0
    if (cache == "no-store" and revalidate is not None and not never) or (cache == "force-cache" and never):
        # They contradict each other: as in the original neither counts.
        cache, revalidate, never = None, None, False
    wants = cache == "force-cache" or (revalidate is not None and not never)
    refuses = cache == "no-store" or never
    seconds = None if revalidate is None or revalidate is False or never else float(revalidate)
    if mode == "only-cache" and refuses:
        raise CacheError(f'fetch({request.url!r}) is not to be kept, and its path has fetch_cache = "only-cache"')
    if mode == "only-no-store" and wants:
        raise CacheError(f'fetch({request.url!r}) is to be kept, and its path has fetch_cache = "only-no-store"')
    if mode == "force-cache":
        return _Choice(keep=True, seconds=seconds)
    if mode == "force-no-store" or refuses:
        return _Choice(keep=False, said=True)
    if wants or mode in ("default-cache", "only-cache"):
        return _Choice(keep=True, seconds=seconds)
    return _Choice(keep=False, said=mode in ("default-no-store", "only-no-store"))


def _mode(exchange: Exchange | None) -> str:
    return "auto" if exchange is None or exchange.config is None else exchange.config.fetch_cache


def _request(resource: Any, method: str | None, headers: Any, body: Any, json: Any) -> Request:
    if isinstance(resource, Request):
        given = resource.clone()
        if headers is not None:
            given.replace_headers(Headers(headers))
        if body is None and json is _UNSET:
            if method is None:
                return given
            body = given.body
        resource, headers, method = given.url, given.headers, method or given.method
    options = {} if json is _UNSET else {"json": json}
    return Request(resource, method=method or "GET", headers=headers, body=body, **options)


def _check(cache: object, revalidate: object, redirect: object) -> None:
    if cache not in _CACHES:
        raise ValueError(f'fetch(cache={cache!r}): write "force-cache" or "no-store", or leave it out')
    number = isinstance(revalidate, (int, float)) and revalidate is not True
    if revalidate is not None and not (number and revalidate >= 0):  # type: ignore[operator]  # a number by now
        raise ValueError(f"fetch(revalidate={revalidate!r}): write seconds, 0 for not kept, or False for kept for ever")
    if redirect not in _REDIRECTS:
        raise ValueError(f'fetch(redirect={redirect!r}): write "follow", "manual" or "error"')


async def _content(request: Request) -> bytes:
    if request.body is None:
        return b""
    return await request.buffer()


async def _ask(request: Request, redirect: str) -> Response:
    if not handlers_own.get():
        return await _asked(request, redirect)
    # Also in the tasks that the client makes: its sockets are not the handler's.
    handlers_own.set(False)
    try:
        return await _asked(request, redirect)
    finally:
        handlers_own.set(True)


async def _asked(request: Request, redirect: str) -> Response:
    try:
        httpx2 = await loaded()
    except ImportError as error:
        raise FetchError("fetch() needs httpx2: pip install httpx2") from error

    client = new_client(follow_redirects=redirect == "follow")
    # What is known goes out with its length, and once more after a redirect that keeps the method.
    content = request.body if request.content is None else request.content or None
    try:
        sent = client.build_request(request.method, request.url, headers=request.headers.raw, content=content)
        got = await client.send(sent, stream=True)
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        await client.aclose()
        raise FetchError(f"fetch({request.url!r}) had no answer: {_said(error)}") from None
    except BaseException:
        await client.aclose()
        raise
    if redirect == "error" and got.status_code in _POINTING:
        await closed(got, client)
        raise FetchError(f"fetch({request.url!r}) was redirected to {got.headers.get('location')}")
    kept = Headers()
    for name, value in got.headers.multi_items():
        if name.lower() not in _OF_THE_WIRE:
            kept.append(name, value)
    if request.method == "HEAD" or got.status_code in (204, 205, 304):
        await closed(got, client)
        response = Response(None, status=got.status_code, headers=kept)
    else:
        response = Response(stream_of(got, client, decoded=True), status=got.status_code, headers=kept)
    response.status_text = got.reason_phrase
    response.url = str(got.url)
    response.redirected = bool(got.history)
    return response


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


async def _unless_aborted(work: Any, signal: AbortSignal | None) -> Any:
    if signal is None:
        return await work
    task, fired = asyncio.ensure_future(work), asyncio.ensure_future(signal.wait())
    try:
        await asyncio.wait([task, fired], return_when=asyncio.FIRST_COMPLETED)
    finally:
        fired.cancel()
        if not task.done():
            task.cancel()
    if not task.done() or task.cancelled():
        signal.throw_if_aborted()
    return await task
