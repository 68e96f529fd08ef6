"""`req`: the request as an API Route sees it, plain values ready to be used."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from notebook_routes.runtime.api.body import several
from notebook_routes.runtime.api.preview import read_preview
from notebook_routes.runtime.request_time import shows_drafts
from notebook_routes.web import URLSearchParams
from notebook_routes.web.cookie import decode_value

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from notebook_routes.runtime.exchange import Exchange


class ApiRequest:
    """The first argument of an API Route; what is set on it (`req.user = ...`) stays there for this request.

    Args:
        exchange: the request being answered.
        body: the parsed body; None where it is not parsed.
        raw: the bytes of a body that is not parsed, where they have been read.

    Attributes:
        method: in upper case.
        body: by its content type a value of JSON, a dict of a form, or a text; None where `body_parser` is False, then
            `async for chunk in req` (in a `def` handler `for chunk in req`) gives the bytes.
    """

    def __init__(self, exchange: Exchange, body: Any, *, raw: bytes | None = None, parsed: bool = True) -> None:
        self.method = exchange.request.method
        self.body = body
        self._exchange = exchange
        self._raw = raw
        self._parsed = parsed

    @cached_property
    def query(self) -> dict[str, Any]:
        """The query and the dynamic segments, which win; a list where a name stands more than once."""
        exchange = self._exchange
        return {**several(exchange.request.query), **exchange.params}

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies by name; of several of one name the first.

        Unlike those of a Route Handler, they are without the quotes and spaces around a value; a broken percent escape
        is left as it is, and a name without a value is no cookie.
        """
        found: dict[str, str] = {}
        for pair in (self._exchange.request.headers.get("cookie") or "").split(";"):
            name, equals, text = pair.partition("=")
            if equals:
                found.setdefault(name.strip(), _cookie_value(text.strip()))
        return found

    @cached_property
    def url(self) -> str:
        """Path and query, the query written anew: "/api/hello?a=1"."""
        request = self._exchange.request
        query = str(URLSearchParams(request.query_string))
        return f"{request.path}?{query}" if query else request.path

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers, names in lower case, those that stand more than once joined by commas."""
        return dict(self._exchange.request.headers.items())

    @cached_property
    def raw_headers(self) -> list[str]:
        """Names and values by turns, nothing joined."""
        return [text for pair in self._exchange.request.headers.raw for text in pair]

    @property
    def socket(self) -> SimpleNamespace:
        """The connection: `req.socket.remote_address`, None where there is none."""
        peer = self._exchange.request.peer
        return SimpleNamespace(remote_address=None if peer is None else peer[0])

    @cached_property
    def preview(self) -> bool | None:
        """True where this browser is shown drafts, else None."""
        return True if shows_drafts(self._exchange) else None

    @property
    def draft_mode(self) -> bool | None:
        """The same, by its newer name."""
        return self.preview

    @cached_property
    def preview_data(self) -> Any:
        """What `res.set_preview_data(...)` was given, {} where only draft mode is on, False where nothing is."""
        return read_preview(self._exchange) if self.preview else False

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._check_unparsed()
        return self._pieces()

    def __iter__(self) -> Iterator[bytes]:
        self._check_unparsed()
        if self._raw is None:
            raise TypeError("req is read by `async for` in an async def handler")
        return iter([self._raw] if self._raw else [])

    def __repr__(self) -> str:
        return f"<ApiRequest {self.method} {self.url}>"

    async def _pieces(self) -> AsyncIterator[bytes]:
        if self._raw is not None:
            if self._raw:
                yield self._raw
            return
        stream = self._exchange.request.body
        if stream is not None:
            async for chunk in stream:
                yield chunk

    def _check_unparsed(self) -> None:
        if self._parsed:
            raise TypeError(
                'the body is in req.body: to read it piece by piece, write config = {"api": {"body_parser": False}}'
            )


def _cookie_value(text: str) -> str:
    if text.startswith('"'):
        text = text[1:-1]
    decoded = decode_value(text)
    return text if decoded is None else decoded
