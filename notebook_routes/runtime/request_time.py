"""`cookies()`, `headers()`, `draft_mode()`, `connection()`, `no_store()`, `after()`: they find the request themselves.

They behave as the functions of the same names in Next.js, without its promises.
"""

from __future__ import annotations

import inspect
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast, overload

from notebook_routes.errors import ScopeError
from notebook_routes.runtime.exchange import Exchange, Phase, exchange_for
from notebook_routes.web import Cookie, Headers, ResponseCookies

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator

P = ParamSpec("P")
T = TypeVar("T")

#: The cookie that `draft_mode()` is kept in.
DRAFT_COOKIE = "__notebook_routes_draft"


def headers() -> Headers:
    """The headers of the request being answered, read-only.

    Raises:
        ScopeError: called where no request is being answered.
    """
    return exchange_for("headers").seen.headers.frozen()


def cookies() -> CookieJar:
    """The cookies of the request being answered; what is set here goes out with the response and is read back at once.

    Raises:
        ScopeError: called where no request is being answered.
    """
    return CookieJar(exchange_for("cookies"))


def draft_mode() -> DraftMode:
    """Draft mode of the browser that asks: `enable()`, `disable()` and `is_enabled`.

    It is kept in a cookie whose value nobody can guess; any other value of it is cleared.

    Raises:
        ScopeError: called where no request is being answered.
    """
    return DraftMode(exchange_for("draft_mode"))


def connection() -> Connection:
    """Say that the answer belongs to this one request and is never to be cached; `await` it or not.

    Raises:
        ScopeError: called where no request is being answered.
    """
    exchange_for("connection").reads("connection()")
    return Connection()


def no_store() -> None:
    """Say the same as `connection()`, in the words of caching: this answer is not to be kept.

    Raises:
        ScopeError: called where no request is being answered.
    """
    exchange_for("no_store").reads("no_store()")


def after(work: Callable[[], object] | Awaitable[object]) -> None:
    """Run `work` once the response has been sent whole, also when the handler fails.

    Several run side by side; one that fails is logged and stops no other.

    Args:
        work: a function without arguments (`def` runs in a worker thread, `async def` on the loop), or an awaitable.

    Raises:
        ScopeError: called where no request is being answered.
        TypeError: `work` is neither a function nor awaitable.
    """
    exchange = exchange_for("after")
    if not callable(work) and not inspect.isawaitable(work):
        raise TypeError(
            f"after() takes a function or an awaitable, not {type(work).__name__}: write after(lambda: ...)"
        )
    exchange.callbacks.append(work)


def shows_drafts(exchange: Exchange | None) -> bool:
    """Whether the browser that asks is shown drafts: nothing that is kept is for it, and nothing of its is kept."""
    if exchange is None or not exchange.request.headers.has("cookie"):
        return False
    given = exchange.request.cookies.value(DRAFT_COOKIE)
    return given is not None and compare_digest(given.encode(), exchange.draft.value.encode())


class Connection:
    """What `connection()` returns; there is nothing to wait for, since the request is here."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


class DraftMode:
    """What `draft_mode()` returns."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        # Who is shown drafts is not answered from the cache: in a run whose answer may be kept, nobody is.
        given = None if exchange.rendering is not None else exchange.request.cookies.value(DRAFT_COOKIE)
        if given is not None and not self.is_enabled and exchange.phase is Phase.HANDLER and not self._decided():
            # Left over from another server, or made up.
            self.disable()

    @property
    def is_enabled(self) -> bool:
        """Whether this browser is shown drafts."""
        if self._exchange.rendering is not None and not self._decided():
            return False
        jar = self._exchange.cookies if self._decided() else self._exchange.request.cookies
        given = None if jar is None else jar.value(DRAFT_COOKIE)
        return given is not None and compare_digest(given.encode(), self._exchange.draft.value.encode())

    def enable(self) -> None:
        """Show drafts to this browser from now on, in this answer too.

        Raises:
            ScopeError: the response is already on its way.
        """
        self._set(self._exchange.draft.value)

    def disable(self) -> None:
        """Show this browser what everybody sees.

        Raises:
            ScopeError: the response is already on its way.
        """
        self._set("", expires=0)

    def __repr__(self) -> str:
        return f"<draft mode, {'enabled' if self.is_enabled else 'disabled'}>"

    def _decided(self) -> bool:
        """Whether this answer sets the cookie."""
        return self._exchange.cookies is not None and self._exchange.cookies.has(DRAFT_COOKIE)

    def _set(self, value: str, expires: float | None = None) -> None:
        secure = self._exchange.draft.secure
        CookieJar(self._exchange).set(
            DRAFT_COOKIE,
            value,
            expires=expires,
            http_only=True,
            secure=secure,
            same_site="none" if secure else "lax",
        )


def _taking(
    _method: Callable[Concatenate[ResponseCookies, P], object],
) -> Callable[[Callable[..., CookieJar]], Callable[Concatenate[CookieJar, P], CookieJar]]:
    """Tell type checkers that a method takes what another does."""
    return lambda own: cast("Callable[Concatenate[CookieJar, P], CookieJar]", own)


class CookieJar:
    """What `cookies()` returns: the request's cookies with this response's changes on top."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def get(self, name: str) -> Cookie | None:
        """The cookie of that name (`.name`, `.value`), or None."""
        return self._merged().get(name)

    @overload
    def value(self, name: str, default: None = None) -> str | None: ...
    @overload
    def value(self, name: str, default: T) -> str | T: ...
    def value(self, name: str, default: object = None) -> object:
        """The value of the cookie of that name, or `default`."""
        cookie = self.get(name)
        return default if cookie is None else cookie.value

    def get_all(self, name: str | None = None) -> list[Cookie]:
        """All cookies, or those of one name."""
        return [cookie for cookie in self._merged().values() if name in (None, cookie.name)]

    def has(self, name: str) -> bool:
        """Whether there is a cookie of that name."""
        return name in self._merged()

    @_taking(ResponseCookies.set)
    def set(self, *args: Any, **options: Any) -> CookieJar:
        """Set a cookie on the response; takes what `response.cookies.set` takes.

        Raises:
            ScopeError: the response is already on its way.
            ValueError: the name or an attribute cannot be written.
        """
        self._outgoing("set").set(*args, **options)
        return self

    @_taking(ResponseCookies.delete)
    def delete(self, *args: Any, **options: Any) -> CookieJar:
        """Have the browser forget a cookie; takes what `response.cookies.delete` takes.

        Raises:
            ScopeError: the response is already on its way.
        """
        self._outgoing("deleted").delete(*args, **options)
        return self

    @property
    def size(self) -> int:
        """The number of cookies."""
        return len(self)

    def __getitem__(self, name: str) -> Cookie:
        return self._merged()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._merged()

    def __iter__(self) -> Iterator[Cookie]:
        return iter(self.get_all())

    def __len__(self) -> int:
        return len(self._merged())

    def __repr__(self) -> str:
        return f"<cookies {', '.join(self._merged()) or 'none'}>"

    def _merged(self) -> dict[str, Cookie]:
        sent = self._exchange.seen.cookies.sent
        merged = {name: Cookie(name=name, value=value, path="/") for name, value in sent.items()}
        if self._exchange.cookies is not None:
            merged |= {cookie.name: cookie for cookie in self._exchange.cookies.get_all()}
        return merged

    def _outgoing(self, what: str) -> ResponseCookies:
        rendering = self._exchange.rendering
        if rendering is not None and not rendering.reads("cookies().set()"):
            raise ScopeError(
                f"a cookie cannot be {what} here: {rendering.label} is declared static, its answer is the same for all"
            )
        if self._exchange.answered:
            raise ScopeError(f"a cookie cannot be {what} in after(): the response has been sent; do it in the handler")
        if self._exchange.phase is Phase.SENT:
            raise ScopeError(
                f"a cookie cannot be {what} now: the response's head has been sent; do it before the first chunk"
            )
        if self._exchange.cookies is None:
            self._exchange.cookies = ResponseCookies(Headers())
        return self._exchange.cookies
