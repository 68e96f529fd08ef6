"""From a generator to a streaming Response.

The first value is waited for before the response exists: it decides the content type, and a generator that fails
before it gives a 500 instead of a broken stream. After that the stream is pulled: nothing runs ahead of the client,
but for a sync generator, which lives on one worker thread and may be a bounded `Pipe` ahead.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any

from notebook_routes.runtime.drive import iterate_in_context
from notebook_routes.runtime.negotiate import MARKUP_NOTE, looks_like_markup, stream_encoding
from notebook_routes.runtime.workers import Begun, Pipe
from notebook_routes.web import ReadableStream, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator
    from contextvars import Context

    from notebook_routes.runtime.exchange import Exchange
    from notebook_routes.runtime.loop_watch import LoopWatch
    from notebook_routes.runtime.workers import Job, Workers

_END = object()


async def stream_async(
    values: AsyncIterable[Any],
    context: Context,
    watch: LoopWatch | None,
    exchange: Exchange,
) -> Response:
    """A response that pulls an async generator on the loop."""
    steps = iterate_in_context(context.run(aiter, values), context, watch, exchange)
    first = await anext(steps, _END)
    if first is _END:
        return _empty()
    try:
        content_type, encode = stream_encoding(first)
        head = encode(first)
    except BaseException:
        await steps.aclose()  # type: ignore[attr-defined]
        raise
    return await _streaming(_chunks(head, steps, encode), head, content_type, exchange)


async def stream_sync(
    values: Iterator[Any], context: Context, workers: Workers, exchange: Exchange, *, label: str
) -> Response:
    """A response fed by a sync generator, all of whose steps run on one worker thread."""
    pump = Pump(values, stream_encoding)
    return await stream_pumped(pump, workers.submit(context, pump.run, label=label), workers, exchange)


async def stream_pumped(pump: Pump, job: Job, workers: Workers, exchange: Exchange) -> Response:
    """A response fed by a sync generator that a job has begun to pump."""
    chunks = _pumped(pump, job, workers)
    first: Any = await anext(chunks, _END)
    if first is _END:
        return _empty()
    return await _streaming(_chunks(first, chunks, None), first, pump.content_type, exchange)


def begin(values: Iterator[Any]) -> Begun:
    """What a job returns to go on with a generator: its `Pump`, and the thread that made the generator takes the steps.

    What the handler has opened, such as a database connection, often works on that thread alone.
    """
    pump = Pump(values, stream_encoding)
    return Begun(pump, go_on=pump.run, give_up=pump.pipe.close)


def adopt(
    response: Response,
    context: Context,
    workers: Workers | None,
    watch: LoopWatch | None,
    exchange: Exchange,
    *,
    label: str,
) -> None:
    """Have the stream of a response that a handler built itself stepped as its generators are.

    An async source runs in the handler's context, a sync one on a worker thread in it.
    """

    def run(source: Any) -> AsyncIterator[Any]:
        if isinstance(source, AsyncIterable):
            return iterate_in_context(context.run(aiter, source), context, watch, exchange)
        if workers is None:
            return iterate_in_context(stepwise(source), context, watch, exchange)
        return _from_thread(Pump(iter(source), _as_it_is), context, workers, label)

    if response.content is None and response.body is not None:
        response.body.step_with(run)


async def stepwise(values: Iterable[Any]) -> AsyncIterator[Any]:
    """A sync generator on the loop, where there are no threads."""
    try:
        for value in values:
            yield value
    finally:
        close = getattr(values, "close", None)
        if close is not None:
            close()


async def _chunks(
    first: bytes, rest: AsyncIterator[Any], encode: Callable[[Any], bytes] | None
) -> AsyncIterator[bytes]:
    try:
        yield b""  # taken by `_streaming`
        yield first
        async for value in rest:
            yield value if encode is None else encode(value)
    finally:
        await rest.aclose()  # type: ignore[attr-defined]


async def _from_thread(pump: Pump, context: Context, workers: Workers, label: str) -> AsyncIterator[Any]:
    chunks = _pumped(pump, workers.submit(context, pump.run, label=label), workers)
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]


async def _pumped(pump: Pump, job: Job, workers: Workers) -> AsyncIterator[Any]:
    pipe = pump.pipe
    try:
        while ready := await pipe.get():
            for chunk in ready:
                yield chunk
                pipe.release(chunk)
    finally:
        pipe.close()
        if not pipe.ended:
            workers.abandon(job)


class Pump:
    """The thread's side of a sync stream.

    Args:
        values: the generator.
        encoding: given the first value, the content type and how to write each value.

    Attributes:
        pipe: where the chunks go.
        content_type: known with the first chunk.
    """

    def __init__(self, values: Iterator[Any], encoding: Callable[[Any], tuple[str, Callable[[Any], Any]]]) -> None:
        self._values = values
        self._encoding = encoding
        self.pipe = Pipe()
        self.content_type = ""

    def run(self) -> None:
        """Put the values into the pipe until there are no more, or nobody reads them; what is raised goes there too."""
        try:
            self._put_all()
        except BaseException as error:  # noqa: BLE001 - whatever the generator raises belongs to the one who reads
            self.pipe.end(error)
        else:
            self.pipe.end()

    def _put_all(self) -> None:
        encode = None
        try:
            for value in self._values if not self.pipe.closed else ():
                if encode is None:
                    self.content_type, encode = self._encoding(value)
                if not self.pipe.put(encode(value)):
                    break
        finally:
            close = getattr(self._values, "close", None)
            if close is not None:
                close()


def _as_it_is(_first: Any) -> tuple[str, Callable[[Any], Any]]:
    return "", lambda value: value


async def _streaming(chunks: AsyncIterator[bytes], first: bytes, content_type: str, exchange: Exchange) -> Response:
    if content_type.startswith("text/plain") and looks_like_markup(first):
        exchange.notes.append(MARKUP_NOTE)
    # A generator that has not begun closes nothing: nobody may ever read, as for a HEAD request.
    await anext(chunks)
    headers = {"content-type": content_type}
    if content_type in ("text/event-stream", "application/x-ndjson"):
        # Proxies hold other streams back to compress them (nginx reads this header; so do its kin).
        headers |= {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return Response(ReadableStream(chunks), headers=headers)


def _empty() -> Response:
    return Response(b"", headers={"content-type": "text/plain; charset=utf-8"})
