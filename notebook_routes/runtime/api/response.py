"""`res`: what an API Route answers with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

import notebook_routes.cache as caching
from notebook_routes.errors import ScopeError
from notebook_routes.runtime.api.preview import PREVIEW_COOKIE, preview_lines, set_cookie
from notebook_routes.runtime.request_time import DRAFT_COOKIE
from notebook_routes.web import Headers, Response
from notebook_routes.web.json import json_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from notebook_routes.runtime.api.answer import Answer
    from notebook_routes.runtime.api.config import Size
    from notebook_routes.runtime.exchange import Exchange

_JSON = "application/json; charset=utf-8"
_BYTES = "application/octet-stream"
#: Statuses whose answers have no body.
_BODILESS = (204, 205, 304)
_OF_A_BODY = ("content-type", "content-length", "transfer-encoding")
_EVENTS = ("finish", "close")
_NOTHING: Any = object()


class ApiResponse:
    """The second argument of an API Route. Methods that say nothing else give back the object, so that they chain.

    Nothing is sent before the answer has been ended, by `json`, `send`, `redirect` or `end`, and the handler has
    returned.

    Attributes:
        status_code: 200 unless it is set.
        status_message: the reason phrase, "" for the usual one.
        headers_sent: whether headers can be set no more: something was written.
    """

    def __init__(self, exchange: Exchange, answer: Answer, limit: Size | None = None) -> None:
        self.status_code = 200
        self.status_message = ""
        self.headers_sent = False
        self._exchange = exchange
        self._answer = answer
        self._limit = limit
        #: By name in lower case, the name and the value as they were given.
        self._headers: dict[str, tuple[str, Any]] = {}
        self._written: list[bytes] = []

    @property
    def writable_ended(self) -> bool:
        """Whether the answer has been ended."""
        return self._answer.response is not None

    def status(self, code: int) -> Self:
        """Set the status code.

        Raises:
            ValueError: it is no status that an answer can have, 200 to 599.
        """
        if isinstance(code, bool) or not isinstance(code, int) or not 200 <= code <= 599:
            raise ValueError(f"res.status({code!r}): a status is a number from 200 to 599")
        self.status_code = code
        return self

    def json(self, body: Any = _NOTHING) -> Self:
        """End the answer with a value as JSON; without one the body is empty.

        Raises:
            TypeError: it cannot be written as JSON; the message says where.
            ScopeError: the answer has been ended before.
        """
        self._check_open("json")
        content = None if body is _NOTHING else json_bytes(body)
        self.set_header("Content-Type", _JSON)
        return self.end() if content is None else self._send_tagged(content)

    def send(self, body: Any = None) -> Self:
        """End the answer: text as it is, bytes as `application/octet-stream`, None with no body, all else as JSON.

        A generator or another iterator is read to its end first, an async one when the handler has returned.

        Raises:
            TypeError: it cannot be written as JSON; the message says where.
            ScopeError: the answer has been ended before.
        """
        self._check_open("send")
        if body is None:
            return self.end()
        if isinstance(body, AsyncIterable) or hasattr(body, "__next__"):
            self._set_usual_type(_BYTES)
            return self._send_pieces(body)
        if isinstance(body, str):
            return self._send_tagged(_encoded(body))
        if isinstance(body, (bytes, bytearray, memoryview)):
            self._set_usual_type(_BYTES)
            return self._send_tagged(bytes(body))
        return self.json(body)

    def redirect(self, status_or_url: int | str, url: str | None = None) -> Self:
        """End the answer with a redirect: `redirect("/target")` is a 307, `redirect(301, "/target")` another.

        Raises:
            TypeError: the status is no number, or the URL no text.
            ScopeError: the answer has been ended before.
        """
        status, target = (
            (307, status_or_url) if isinstance(status_or_url, str) and url is None else (status_or_url, url)
        )
        if isinstance(status, bool) or not isinstance(status, int) or not isinstance(target, str):
            raise TypeError(
                f"res.redirect({status_or_url!r}, {url!r}): write res.redirect(url) or res.redirect(status, url)"
            )
        self._check_open("redirect")
        self.status(status).set_header("Location", target)
        return self.end(target)

    def write(self, chunk: str | bytes) -> bool:
        """Add to the body; from now on headers can be set no more. Nothing is sent before the end.

        Raises:
            TypeError: it is neither text nor bytes.
            ScopeError: the answer has been ended before.
        """
        self._check_open("write")
        self._written.append(_encoded(chunk))
        self.headers_sent = True
        return True

    def end(self, chunk: str | bytes | None = None) -> Self:
        """End the answer, with a last piece of the body or none.

        Raises:
            TypeError: the piece is neither text nor bytes.
            ValueError: a header cannot be sent, or the status is none.
            ScopeError: the answer has been ended before.
        """
        self._check_open("end")
        if chunk is not None:
            self._written.append(_encoded(chunk))
        return self._finish(b"".join(self._written))

    def set_header(self, name: str, value: str | float | Iterable[str]) -> Self:
        """Set a header, in place of one of that name; a list gives several lines.

        Raises:
            ScopeError: something was written already.
        """
        self._check_headers(f"set_header({name!r})")
        self._headers[name.lower()] = name, value if isinstance(value, (str, int, float)) else list(value)
        return self

    def append_header(self, name: str, value: str | Iterable[str]) -> Self:
        """Add another line of a header.

        Raises:
            ScopeError: something was written already.
        """
        return self.set_header(name, [*_lines(self.get_header(name)), *_lines(value)])

    def remove_header(self, name: str) -> Self:
        """Take a header away; nothing happens where there is none.

        Raises:
            ScopeError: something was written already.
        """
        self._check_headers(f"remove_header({name!r})")
        self._headers.pop(name.lower(), None)
        return self

    def get_header(self, name: str) -> Any:
        """A header as it was set; None where there is none."""
        return self._headers.get(name.lower(), (name, None))[1]

    def get_headers(self) -> dict[str, Any]:
        """All headers as they were set, names in lower case."""
        return {name: value for name, (_, value) in self._headers.items()}

    def get_header_names(self) -> list[str]:
        """The names of the headers that were set, in lower case."""
        return list(self._headers)

    def has_header(self, name: str) -> bool:
        """Whether a header was set."""
        return name.lower() in self._headers

    def write_head(self, status: int, *given: Any) -> Self:
        """Set the status, a reason phrase if one is given, and headers; from now on they can be set no more.

        Args:
            status: the status code.
            given: a text, a mapping of headers, or the two in this order.

        Raises:
            TypeError: something else was given.
            ScopeError: something was written already.
        """
        self._check_headers("write_head()")
        self.status(status)
        rest = list(given)
        if rest and isinstance(rest[0], str):
            self.status_message = rest.pop(0)
        headers = rest.pop(0) if rest else {}
        if rest or not isinstance(headers, Mapping):
            raise TypeError("res.write_head() takes a status, a reason phrase and a dict of headers")
        for name, value in headers.items():
            self.set_header(name, value)
        self.headers_sent = True
        return self

    def flush_headers(self) -> None:
        """From now on headers can be set no more. Nothing is sent before the end."""
        self.headers_sent = True

    def on(self, event: str, listener: Callable[[], object]) -> Self:
        """Have a function called once the answer has been sent, or the client has left.

        Args:
            event: "finish" or "close", which are one here.
            listener: as for `after()`.

        Raises:
            ValueError: there is no such event.
        """
        if event not in _EVENTS:
            raise ValueError(f"res.on({event!r}): there are {' and '.join(map(repr, _EVENTS))}")
        self._exchange.callbacks.append(listener)
        return self

    def revalidate(self, path: str, *, unstable_only_generated: bool = False) -> Awaitable[None]:
        """Have the kept answer of a path made anew now; `await` it in an `async def`, a `def` waits by itself.

        A path that keeps nothing, or that nobody answers, is no error.

        Args:
            path: as in a URL, "/products/1"; no pattern.
            unstable_only_generated: leave a path alone that has no kept answer yet.

        Raises:
            ValueError: it does not begin with a slash.
            Exception: what its handler raises.
        """
        if not isinstance(path, str) or not path.startswith("/"):
            raise ValueError(f'res.revalidate({path!r}): a path begins with a slash, "/products/1"')
        work = _renewed(self._exchange, path, only_kept=unstable_only_generated)
        if self._answer.is_on_loop():
            # A task, so that it is done also where nobody awaits it.
            return asyncio.ensure_future(work)
        asyncio.run_coroutine_threadsafe(work, self._answer.loop).result()
        return _Done()

    def set_draft_mode(self, *, enable: bool) -> Self:
        """Show drafts to this browser from now on, or no more."""
        draft = self._exchange.draft
        return self._add_cookies([set_cookie(DRAFT_COOKIE, draft.value if enable else "", draft)])

    def set_preview_data(self, data: Any, *, max_age: int | None = None, path: str | None = None) -> Self:
        """Show drafts to this browser, and leave data with it that `req.preview_data` gives back.

        The data is signed, not hidden: whose browser it is can read it.

        Args:
            data: what JSON can hold, up to 2 KB.
            max_age: seconds; until the browser is closed by default.
            path: only below this one; everywhere by default.

        Raises:
            ValueError: it is too much, or an option cannot be a cookie's.
            TypeError: it cannot be written as JSON.
        """
        return self._add_cookies(preview_lines(self._exchange.draft, data, max_age=max_age, path=path))

    def clear_preview_data(self, *, path: str | None = None) -> Self:
        """Show this browser what everybody sees, and forget the data.

        Args:
            path: as it was given to `set_preview_data`.
        """
        draft = self._exchange.draft
        return self._add_cookies([set_cookie(name, "", draft, path=path) for name in (DRAFT_COOKIE, PREVIEW_COOKIE)])

    def __repr__(self) -> str:
        return f"<ApiResponse {self.status_code}{', ended' if self.writable_ended else ''}>"

    def __del__(self) -> None:
        # Nobody can answer any more. Nothing to say where __init__ has failed.
        answer = getattr(self, "_answer", None)
        if answer is not None and answer.response is None:
            answer.lose()

    def _add_cookies(self, lines: list[str]) -> Self:
        return self.append_header("Set-Cookie", lines)

    def _set_usual_type(self, media: str) -> None:
        if not self.has_header("content-type"):
            self.set_header("Content-Type", media)

    def _send_tagged(self, content: bytes) -> Self:
        """End with a body that is known, and so has an ETag: who has it already is told 304 on the way out."""
        if not self.has_header("etag") and self.status_code not in _BODILESS:
            self.set_header("ETag", f'"{blake2b(content, digest_size=12).hexdigest()}"')
        self._written.append(content)
        return self._finish(b"".join(self._written))

    def _send_pieces(self, pieces: Any) -> Self:
        if isinstance(pieces, AsyncIterable):
            return self._finish(pieces)
        return self._finish(b"".join(_encoded(piece) for piece in pieces))

    def _finish(self, body: bytes | AsyncIterable[Any]) -> Self:
        if self.status_code in _BODILESS:
            body = b""
            for name in _OF_A_BODY:
                self._headers.pop(name, None)
        headers = Headers()
        for name, value in self._headers.values():
            for line in _lines(value):
                headers.append(name, line)
        response = Response(
            body or None, status=self.status_code, status_text=self.status_message or None, headers=headers
        )
        if isinstance(body, bytes) and self._limit is not None and len(body) > self._limit.bytes:
            self._exchange.notes.append(
                f"the answer has over {self._limit}, and an API Route has all of it in memory: a Route Handler streams"
            )
        self.headers_sent = True
        self._answer.give(response)
        return self

    def _check_open(self, what: str) -> None:
        if self.writable_ended:
            raise ScopeError(f"res.{what}() comes after the answer was ended: answer once, with return in front of it")

    def _check_headers(self, what: str) -> None:
        if self.writable_ended:
            self._check_open(what.partition("(")[0])
        if self.headers_sent:
            raise ScopeError(f"res.{what} comes after the head was written: set headers before the body")


async def _renewed(exchange: Exchange, path: str, *, only_kept: bool) -> None:
    app, tag = exchange.app, caching.tag_of_path(path)
    if app is None or tag is None:
        return
    await app.data.handler.mark([tag], caching.now(), expire=0.0)
    await app.renew(path, only_kept=only_kept)


class _Done:
    """What has been waited for already; `await` it or not."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(value)] if isinstance(value, (str, int, float)) else [str(each) for each in value]


def _encoded(chunk: Any) -> bytes:
    if isinstance(chunk, str):
        return chunk.encode()
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    raise TypeError(f"a body is text or bytes, not {type(chunk).__name__}: res.json(...) writes values")
