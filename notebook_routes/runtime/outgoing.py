"""A client for requests to other servers, and their answers as streams: what `fetch` and rewrites that leave share."""

from __future__ import annotations

import asyncio
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import FetchError
from notebook_routes.web import ReadableStream

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

#: Seconds for a connection, and between two pieces of an answer.
_CONNECT, _READ = 10.0, 60.0
#: Gives the ways to servers that are reached without a socket, by origin, as httpx2 takes them.
_mounts: Callable[[], dict[str, Any]] = dict


def use_mounts(mounts: Callable[[], dict[str, Any]] | None) -> None:
    """Have requests to some origins go other ways than over a socket; None ends that.

    Args:
        mounts: called for each client.
    """
    global _mounts  # noqa: PLW0603 - one for the process, as its sockets are
    _mounts = dict if mounts is None else mounts


def library() -> Any:
    """httpx2, imported on first use: few handlers ask other servers.

    Raises:
        ImportError: it is not installed.
    """
    if sys.platform == "emscripten":
        from notebook_routes.runtime.jsfetch import provide  # noqa: PLC0415 - under Pyodide only

        provide()
    import httpx2  # noqa: PLC0415 - as said

    return httpx2


async def loaded() -> Any:
    """The same, with what its clients share: made in a thread the first time, for the loop has others to serve.

    Raises:
        ImportError: it is not installed.
    """
    if sys.platform != "emscripten" and not _context.cache_info().currsize:
        await asyncio.to_thread(_context)
    return library()


def new_client(*, follow_redirects: bool) -> Any:
    """A client for one request; whoever has the answer closes both, see `closed`.

    Raises:
        ImportError: httpx2 is not installed.
    """
    httpx2 = library()
    return httpx2.AsyncClient(
        verify=_context(),
        trust_env=False,
        timeout=httpx2.Timeout(_READ, connect=_CONNECT),
        follow_redirects=follow_redirects,
        mounts=_mounts(),
    )


def stream_of(answer: Any, client: Any, *, decoded: bool) -> ReadableStream:
    """The body of an answer, piece by piece as it comes, without its Content-Encoding or with it.

    Reading it raises a `FetchError` where it breaks off.
    """
    httpx2 = library()
    pieces: AsyncIterator[bytes] = answer.aiter_bytes() if decoded else answer.aiter_raw()

    async def pull(controller: Any) -> None:
        try:
            controller.enqueue(await anext(pieces))
        except StopAsyncIteration:
            await closed(answer, client)
            controller.close()
        except BaseException as error:
            await closed(answer, client)
            if isinstance(error, httpx2.RequestError):
                raise FetchError(
                    f"the answer of {answer.url} broke off: {str(error) or type(error).__name__}"
                ) from error
            raise

    async def cancel(_: object) -> None:
        await closed(answer, client)

    return ReadableStream(pull=pull, cancel=cancel)


async def closed(answer: Any, client: Any) -> None:
    """Close an answer and its client."""
    await answer.aclose()
    await client.aclose()


@cache
def _context() -> ssl.SSLContext | bool:
    """Made once: reading the certificates takes longer than most requests. Under Pyodide the platform has its own."""
    if sys.platform == "emscripten":
        return True
    context: ssl.SSLContext = library().create_ssl_context()
    return context
