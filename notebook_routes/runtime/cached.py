"""`cached()`: keep what a function gives, by its arguments."""

from __future__ import annotations

import functools
import inspect
from contextvars import copy_context
from types import CodeType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

import notebook_routes.cache as caching
from notebook_routes.errors import CacheError
from notebook_routes.runtime.exchange import current_exchange, current_life
from notebook_routes.runtime.keepable import check_keepable
from notebook_routes.runtime.kept_data import active_data, beside, give_on, marked_tags
from notebook_routes.web import Response
from notebook_routes.web.body import parsed_json
from notebook_routes.web.json import json_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

P = ParamSpec("P")
T = TypeVar("T")

_JSON = (("content-type", "application/json"),)
_BYTES = (("content-type", "application/octet-stream"),)
#: The status of what is no answer.
_VALUE = 0


@overload
def cached(
    function: Callable[P, T], /, *, key: object = None, tags: Iterable[str] = (), revalidate: float | None = None
) -> Callable[P, T]: ...
@overload
def cached(
    function: None = None, /, *, key: object = None, tags: Iterable[str] = (), revalidate: float | None = None
) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def cached(
    function: Callable[..., Any] | None = None,
    /,
    *,
    key: object = None,
    tags: Iterable[str] = (),
    revalidate: float | None = None,
) -> Any:
    """The function, with what it gives kept by its arguments; also as a decorator, `@cached(tags=["shop"])`.

    Arguments are values that JSON can write, and so is what it gives; or bytes, or a whole `Response`. A value is given
    back as JSON reads it, the first time too. What is raised is not kept. Another text of the function is another one.

    Args:
        function: `def` or `async def`.
        key: what its value depends on beside the arguments and its own text: variables around it, for instance.
        tags: what `revalidate_tag` calls the values.
        revalidate: seconds for which a value is fresh; None for ever. A stale one is given out once more, and made anew
            behind.

    Raises:
        CacheError: when it is called: an argument or the value cannot be kept; the message names it.
    """
    if function is None:
        return functools.partial(cached, key=key, tags=tags, revalidate=revalidate)
    if not callable(function):
        raise TypeError(f"cached() takes a function, not {type(function).__name__}")
    if isinstance(tags, str):
        raise TypeError(f'cached(tags={tags!r}): write a list, tags=["{tags}"]')
    if revalidate is not None and revalidate is not False and not revalidate > 0:
        raise ValueError(f"cached(revalidate={revalidate!r}): write seconds above 0, or leave it out")
    check_keepable(key, "the key of cached()")
    return _Cached(function, key, tuple(tags), float(revalidate) if revalidate else None).wrapper()


class _Cached:
    def __init__(
        self, function: Callable[..., Any], key: object, tags: tuple[str, ...], revalidate: float | None
    ) -> None:
        self._function = function
        self._key = key
        self._tags = tags
        self._revalidate = revalidate
        self._signature = inspect.signature(function)
        self._name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', repr(function))}"
        self._shown = getattr(function, "__name__", "the function")
        self._version = caching.version_of(_text_of(function))

    def wrapper(self) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(self._function):

            @functools.wraps(self._function)
            async def call_async(*args: Any, **kwargs: Any) -> Any:
                exchange = current_exchange.get()
                wanted = self._wanted(args, kwargs)

                async def make() -> caching.Made:
                    life = self._life()
                    current_life.set(life)
                    return self._made(await self._function(*args, **kwargs), life)

                entry = await active_data(exchange).get(wanted, make)
                give_on(exchange, entry)
                return _value(entry)

            return call_async

        @functools.wraps(self._function)
        def call(*args: Any, **kwargs: Any) -> Any:
            exchange = current_exchange.get()
            wanted = self._wanted(args, kwargs)

            def make() -> caching.Made:
                life, context = self._life(), copy_context()
                context.run(current_life.set, life)
                return self._made(context.run(self._function, *args, **kwargs), life)

            entry = active_data(exchange).get_blocking(wanted, make)
            give_on(exchange, entry)
            return _value(entry)

        return call

    def _life(self) -> caching.Life:
        return caching.Life(tags=self._tags, revalidate=self._revalidate)

    def _wanted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> caching.Wanted:
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            check_keepable(value, f"the argument `{name}` of {self._shown}(), which is part of its key,")
        exchange = current_exchange.get()
        key = caching.value_key(self._name, self._version, [self._key, bound.arguments])
        return caching.Wanted(key, self._tags, beside(exchange), marked_tags(exchange))

    def _made(self, value: Any, life: caching.Life) -> caching.Made:
        if isinstance(value, Response):
            content = value.content
            if content is None:
                raise CacheError(f"what {self._shown}() gives is a stream, which cannot be kept: read it first")
            status, headers = value.status, tuple(value.headers.raw)
        elif isinstance(value, (bytes, bytearray)):
            status, headers, content = _VALUE, _BYTES, bytes(value)
        else:
            check_keepable(value, f"what {self._shown}() gives")
            status, headers, content = _VALUE, _JSON, json_bytes(value)
        entry = caching.CacheEntry(
            status, headers, content, 0, 0,
            revalidate=life.revalidate, expire=life.expire, tags=life.tags, source=f"{self._shown}()",
        )  # fmt: skip
        return caching.Made(entry)


def _value(entry: caching.CacheEntry) -> Any:
    if entry.status != _VALUE:
        return caching.answer(entry, None)
    return entry.body if entry.headers == _BYTES else parsed_json(entry.body)


def _text_of(function: Callable[..., Any]) -> str:
    """What a function does, whatever line it stands in."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return repr(function) if code is None else _code_text(code)


def _code_text(code: CodeType) -> str:
    constants = [_code_text(part) if isinstance(part, CodeType) else repr(part) for part in code.co_consts]
    return repr((code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars))
