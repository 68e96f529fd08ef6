"""One request while it is being answered, and how the handler's code finds it.

The exchange rides in a context variable. A handler runs in a copy of the context of the cell that registered it
(so that `print` reaches that cell), with this variable set; threads of the worker pool are given the same copy.
"""

from __future__ import annotations

from contextvars import ContextVar
from enum import Enum
from secrets import token_urlsafe
from time import perf_counter, time
from typing import TYPE_CHECKING, Protocol

from notebook_routes.errors import ScopeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextvars import Context

    from notebook_routes.cache import DataCache, Life, Rendering
    from notebook_routes.routing import Route, SegmentConfig
    from notebook_routes.runtime.observed import ObservedRequest
    from notebook_routes.types import Params
    from notebook_routes.web import Request, ResponseCookies

#: What one request may print into the log; the rest is counted only.
OUTPUT_LIMIT = 64 * 1024


class Phase(Enum):
    """How far the answer has come; cookies can be set only while the handler decides.

    In AFTER it is out, or its client has left; in ENDED what was for then is done too, and what the handler has left
    running goes on by itself.
    """

    HANDLER = "handler"
    SENT = "sent"
    AFTER = "after"
    ENDED = "ended"


# Looked up on their class, members cost as much as matching a route.
_HANDLER, _ENDED = Phase.HANDLER, Phase.ENDED


class DraftCookie:
    """What switches draft mode on for a browser.

    Args:
        secure: sent over HTTPS only, and to pages of other sites too, as previews in an editor need it.
        value: what it holds, where several processes are one server; by default one that is made up.
    """

    __slots__ = ("_value", "secure")

    def __init__(self, *, secure: bool = True, value: str = "") -> None:
        self.secure = secure
        self._value = value

    @property
    def value(self) -> str:
        """Nobody can guess it; it differs from server to server."""
        if not self._value:
            # Not before it is asked for: a worker platform has no randomness while modules load.
            self._value = token_urlsafe(24)
        return self._value


_NO_DRAFT = DraftCookie()


class KeepsData(Protocol):
    """An app, as far as `fetch()`, `cached()` and `res.revalidate()` know it."""

    @property
    def data(self) -> DataCache:
        """Where they keep what they keep."""

    async def renew(self, path: str, *, only_kept: bool = False) -> None:
        """Make the kept answer of a path anew, if it keeps any; one that there is, with `only_kept`."""


class Exchange:
    """A request, what has been decided about its answer, and what happened meanwhile.

    Attributes:
        request: the request being answered; middleware may put another in its place.
        observed: what the handler sees in its place, where the answer may be kept; see `seen`.
        rendering: what a run writes down whose answer may be kept; None for any other.
        app: has the cache of `fetch()` and `cached()`.
        revalidations: tags that the handler has marked, each with the seconds until what has them goes; they take
            effect when it has answered.
        arrived: the request as it came.
        began: when the request came in, on the clock of `perf_counter`.
        draft: the app's draft cookie.
        route: the route that answers; None until one has matched.
        params: the dynamic segments.
        phase: see `Phase`.
        context: what the handler runs in, for `after()`; None before it runs.
        cookies: what `cookies().set()` has collected, or None.
        config: of the path that answers.
        callbacks: what `after()` was given.
        error: the traceback as the user sees it, once the handler has failed.
        findings: what the arguments were refused for, as `ValidationFailed` has it.
        is_behind: nobody has asked: a kept answer is made anew, or beforehand.
        cache: what the cache has to do with the answer: "hit", "stale" or "miss"; None where it has nothing.
        notes: sentences for the log ("text that begins with < was sent as plain text").
    """

    __slots__ = (
        "_output", "_output_size", "app", "arrived", "began", "cache", "callbacks", "config", "context", "cookies",
        "draft", "error", "findings", "is_behind", "notes", "observed", "params", "phase", "rendering", "request",
        "revalidations", "route",
    )  # fmt: skip

    def __init__(self, request: Request, draft: DraftCookie = _NO_DRAFT) -> None:
        self.request = self.arrived = request
        self.draft = draft
        self.observed: ObservedRequest | None = None
        self.rendering: Rendering | None = None
        self.app: KeepsData | None = None
        self.is_behind = False
        self.cache: str | None = None
        self.revalidations: dict[str, float] | None = None
        self.route: Route | None = None
        self.config: SegmentConfig | None = None
        self.params: Params = {}
        self.phase = _HANDLER
        self.context: Context | None = None
        self.cookies: ResponseCookies | None = None
        self.callbacks: list[Callable[[], object] | Awaitable[object]] = []
        self.error: str | None = None
        self.findings: tuple[Mapping[str, object], ...] = ()
        self.notes: list[str] = []
        self.began = perf_counter()
        self._output: list[str] | None = None
        self._output_size = 0

    @property
    def seen(self) -> Request:
        """The request as the handler sees it."""
        return self.request if self.observed is None else self.observed

    @property
    def answered(self) -> bool:
        """Whether the answer is out, or the client has left."""
        return self.phase in (Phase.AFTER, Phase.ENDED)

    def reads(self, what: str) -> None:
        """The handler does something that makes its answer this request's alone."""
        if self.rendering is not None:
            self.rendering.reads(what)

    def end(self) -> None:
        """All has been done for it: let go of what points back here, so that memory is freed at once.

        Not while a run goes on whose client has left.
        """
        self.phase = _ENDED
        if self.rendering is not None and not self.rendering.ended:
            return
        self.context = None
        self.request.exchange = self.arrived.exchange = None

    @property
    def started(self) -> float:
        """When the request came in: wall clock, seconds since the epoch."""
        return time() - self.elapsed()

    def elapsed(self) -> float:
        """Seconds since the request came in."""
        return perf_counter() - self.began

    @property
    def output(self) -> str:
        """What the handler printed, cut at `OUTPUT_LIMIT` characters."""
        if self._output is None:
            return ""
        text = "".join(self._output)
        left_out = self._output_size - len(text)
        return f"{text}\n… {left_out:,} more characters" if left_out else text

    def write(self, text: str) -> str:
        """Keep what the handler printed, and return the part of it that is still within the limit."""
        before = self._output_size
        room = max(OUTPUT_LIMIT - before, 0)
        self._output_size += len(text)
        kept = text[:room]
        if kept:
            if self._output is None:
                self._output = []
            self._output.append(kept)
        if before <= OUTPUT_LIMIT < before + len(text):
            return f"{kept}\n… output of this request cut at {OUTPUT_LIMIT:,} characters\n"
        return kept


current_exchange: ContextVar[Exchange | None] = ContextVar("notebook_routes.exchange", default=None)

#: Whether what runs is a handler's own code, and not ours on its behalf; contexts of handlers are made with it.
handlers_own: ContextVar[bool] = ContextVar("notebook_routes.handlers_own", default=False)

#: What is being made of a `cached()` function's value; None outside of one.
current_life: ContextVar[Life | None] = ContextVar("notebook_routes.life", default=None)


def exchange_for(name: str) -> Exchange:
    """The exchange the calling code belongs to.

    Raises:
        ScopeError: no request is being answered here, or what is being made is kept for all requests; the message names
            the function that was called.
    """
    if current_life.get() is not None:
        raise ScopeError(
            f"{name}() can't be read inside cached(): what that function gives is kept for everybody. "
            "Read it in the handler, and pass on what is needed as an argument"
        )
    exchange = current_exchange.get()
    if exchange is None:
        raise ScopeError(f"{name}() belongs to a request: call it inside a handler, not at the top of a cell")
    return exchange
