"""From a generator to a streaming Response.

The first value is waited for before the response exists: it decides the content type, and a generator that fails
before it gives a 500 instead of a broken stream. After that the stream is pulled: nothing runs ahead of the client,
but for a sync generator, which lives on one worker thread and may be a bounded `Pipe` ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_routes.runtime.drive import iterate_in_context
from notebook_routes.runtime.negotiate import stream_encoding
from notebook_routes.runtime.workers import Pipe
from notebook_routes.web import ReadableStream, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextvars import Context

    from notebook_routes.runtime.workers import Workers

_END = object()


async def stream_async(values: AsyncIterator[Any], context: Context) -> Response:
    """A response that pulls an async generator on the loop."""
    steps = iterate_in_context(values, context)
    first = await anext(steps, _END)
    if first is _END:
        return _empty()
    content_type, encode = stream_encoding(first)

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield encode(first)
            async for value in steps:
                yield encode(value)
        finally:
            await steps.aclose()  # type: ignore[attr-defined]

    return _streaming(chunks(), content_type)


async def stream_sync(values: Iterator[Any], context: Context, workers: Workers, *, label: str) -> Response:
    """A response fed by a sync generator, all of whose steps run on one worker thread."""
    pipe = Pipe()
    source = _Source(values, pipe)
    job = workers.submit(context, source.pump, label=label)

    async def chunks(ready: list[bytes]) -> AsyncIterator[bytes]:
        try:
            while ready:
                for chunk in ready:
                    yield chunk
                    pipe.release(len(chunk))
                ready = await pipe.get()
            await job.future
        finally:
            pipe.close()
            if not job.future.done():
                workers.abandon(job)

    try:
        first = await pipe.get()
        if not first:
            await job.future
            return _empty()
    except BaseException:
        pipe.close()
        workers.abandon(job)
        raise
    return _streaming(chunks(first), source.content_type)


class _Source:
    """The thread's side of a sync stream."""

    def __init__(self, values: Iterator[Any], pipe: Pipe) -> None:
        self._values = values
        self._pipe = pipe
        self.content_type = ""

    def pump(self) -> None:
        encode = None
        try:
            for value in self._values:
                if encode is None:
                    self.content_type, encode = stream_encoding(value)
                if not self._pipe.put(encode(value)):
                    break
        finally:
            close = getattr(self._values, "close", None)
            try:
                if close is not None:
                    close()
            finally:
                self._pipe.end()


def _streaming(chunks: AsyncIterator[bytes], content_type: str) -> Response:
    headers = {"content-type": content_type}
    if content_type in ("text/event-stream", "application/x-ndjson"):
        # Proxies hold other streams back to compress them (nginx reads this header; so do its kin).
        headers |= {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return Response(ReadableStream(chunks), headers=headers)


def _empty() -> Response:
    return Response(b"", headers={"content-type": "text/plain; charset=utf-8"})
