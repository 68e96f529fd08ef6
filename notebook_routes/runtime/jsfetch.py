"""Requests to other servers under Pyodide: httpx2 over the platform's own `fetch`.

httpx2 asks there for a package `httpx2_jsfetch`, of which PyPI has an empty one (0.0.0). This module stands in for it,
and not where one with its classes is installed.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module, util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_NAME = "httpx2_jsfetch"
#: The platform frames the body, names the host, and takes the encoding off, itself.
_NOT_SENT = frozenset({"connection", "content-length", "host", "transfer-encoding"})
_NO_BODY = frozenset({"GET", "HEAD"})


def provide() -> None:
    """Let httpx2 be imported, and send by the platform's `fetch`."""
    if _NAME not in sys.modules and util.find_spec(_NAME) is None:
        sys.modules[_NAME] = sys.modules[__name__]


def header_pairs(headers: Any) -> list[tuple[str, str]]:
    """The fields of the platform's `Headers`, names in lower case."""
    # As an attribute, "from" is a keyword.
    array_from = getattr(import_module("js").Array, "from")
    return [(name, value) for name, value in array_from(headers).to_py()]


def __getattr__(name: str) -> Any:
    # httpx2's classes are there when it asks for these, in the middle of its own import.
    if name == "AsyncJavascriptFetchTransport":
        return _async_transport()
    if name == "JavascriptFetchTransport":
        return import_module("httpx2._transports.base").BaseTransport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _async_transport() -> type:
    base: Any = import_module("httpx2._transports.base").AsyncBaseTransport

    class AsyncJavascriptFetchTransport(base):  # type: ignore[misc]
        """Sends by `fetch`; redirects are followed by the client, not by the platform."""

        def __init__(self, **_options: object) -> None:
            """Take what httpx2 gives a transport of sockets; the platform decides about all of it."""

        async def handle_async_request(self, request: Any) -> Any:
            """Send a request; the answer's body is read as it comes."""
            return await _send(request)

    return AsyncJavascriptFetchTransport


async def _send(request: Any) -> Any:
    js, ffi, httpx2 = import_module("js"), import_module("pyodide.ffi"), import_module("httpx2")
    content: bytes = await request.aread()
    headers = [[name, value] for name, value in request.headers.multi_items() if name.lower() not in _NOT_SENT]
    options = {"method": request.method, "headers": headers, "redirect": "manual"}
    if content and request.method not in _NO_BODY:
        options["body"] = content
    seconds = request.extensions.get("timeout", {}).get("read")
    try:
        async with asyncio.timeout(seconds):
            asked = js.fetch(str(request.url), ffi.to_js(options, dict_converter=js.Object.fromEntries))
            answer = await asked
    except TimeoutError as error:
        raise httpx2.ReadTimeout(f"no answer within {seconds:g} s", request=request) from error
    except ffi.JsException as error:
        raise httpx2.ConnectError(str(error), request=request) from error
    fields = header_pairs(answer.headers)
    if any(name == "content-encoding" for name, _ in fields):
        fields = [pair for pair in fields if pair[0] not in ("content-encoding", "content-length")]
    return httpx2.Response(answer.status, headers=fields, stream=_stream_of(answer, httpx2, ffi))


def _stream_of(answer: Any, httpx2: Any, ffi: Any) -> Any:
    class Stream(httpx2.AsyncByteStream):  # type: ignore[misc]
        """The body of an answer of the platform's."""

        def __init__(self) -> None:
            self._reader: Any = None

        async def __aiter__(self) -> AsyncIterator[bytes]:
            if not answer.body:
                return
            self._reader = answer.body.getReader()
            try:
                while not (piece := await self._reader.read()).done:
                    yield piece.value.to_bytes()
            except ffi.JsException as error:
                raise httpx2.ReadError(str(error)) from error

        async def aclose(self) -> None:
            if self._reader is not None:
                await self._reader.cancel()

    return Stream()
