"""`cached()`: keep what a function gives, by its arguments."""

from __future__ import annotations

import functools
import inspect
from contextvars import ContextVar, copy_context
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

import notebook_routes.cache as caching
from notebook_routes.errors import CacheError
from notebook_routes.runtime.exchange import current_exchange, current_life
from notebook_routes.runtime.keepable import check_keepable, checked_tags
from notebook_routes.runtime.kept_data import active_data, beside, give_on, marked_tags, nobody_waits
from notebook_routes.web import Response
from notebook_routes.web.body import parsed_json
from notebook_routes.web.json import json_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

P = ParamSpec("P")
T = TypeVar("T")

_JSON = (("content-type", "application/json"),)
_BYTES = (("content-type", "application/octet-stream"),)
#: Characters of a call that are shown.
_LONGEST_CALL = 80
#: The status of what is no answer.
_VALUE = 0
#: The keys of what is being made around here: a value cannot be made of itself.
_making: ContextVar[tuple[str, ...]] = ContextVar("notebook_routes.making", default=())


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
        CacheError: when it is called: an argument or the value cannot be kept; the message names it. Without a `key`
            also for what depends on more than its text, such as the method of an object.
        TypeError: it is no function, or one whose parameters cannot be seen, or a tag no text.
        ValueError: `revalidate` is no number of seconds above 0.
    """
    if function is None:
        return functools.partial(cached, key=key, tags=tags, revalidate=revalidate)
    if not callable(function):
        raise TypeError(f"cached() takes a function, not {type(function).__name__}")
    seconds = isinstance(revalidate, (int, float)) and not isinstance(revalidate, bool) and revalidate > 0
    if revalidate is not None and revalidate is not False and not seconds:
        raise ValueError(f"cached(revalidate={revalidate!r}): write seconds above 0, or leave it out")
    check_keepable(key, "the key of cached()")
    if key is None:
        _check_stateless(function)
    return _Cached(function, key, checked_tags(tags, "cached"), float(revalidate) if revalidate else None).wrapper()


class _Cached:
    def __init__(
        self, function: Callable[..., Any], key: object, tags: tuple[str, ...], revalidate: float | None
    ) -> None:
        self._function = function
        self._key = key
        self._tags = tags
        self._revalidate = revalidate
        self._signature = _signature_of(function)
        named = function if hasattr(function, "__qualname__") else type(function)
        self._name = f"{named.__module__}.{named.__qualname__}"
        owner = getattr(function, "__self__", None)
        if isinstance(owner, type):
            # A class that inherits a class method gives its own values.
            self._name += f" of {owner.__module__}.{owner.__qualname__}"
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
                    _making.set((*_making.get(), wanted.key))
                    return self._made(await self._function(*args, **kwargs), life, args, kwargs)

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
                context.run(_making.set, (*_making.get(), wanted.key))
                return self._made(context.run(self._function, *args, **kwargs), life, args, kwargs)

            entry = active_data(exchange).get_blocking(wanted, make)
            give_on(exchange, entry)
            return _value(entry)

        return call

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """How it was called, for people: square(3)."""
        given = [*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())]
        text = f"{self._shown}({', '.join(given)})"
        return text if len(text) <= _LONGEST_CALL else f"{text[: _LONGEST_CALL - 2]}…)"

    def _life(self) -> caching.Life:
        return caching.Life(tags=self._tags, revalidate=self._revalidate)

    def _wanted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> caching.Wanted:
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            check_keepable(value, f"the argument `{name}` of {self._shown}(), which is part of its key,")
        exchange = current_exchange.get()
        key = caching.value_key(self._name, self._version, [self._key, bound.arguments])
        if key in _making.get():
            raise CacheError(f"{self._shown}() asks for its own value while it is being made: it would wait for ever")
        return caching.Wanted(key, self._tags, beside(exchange), marked_tags(exchange), nobody_waits(exchange))

    def _made(self, value: Any, life: caching.Life, args: tuple[Any, ...], kwargs: dict[str, Any]) -> caching.Made:
        if isinstance(value, Response):
            content = value.content
            if content is None:
                raise CacheError(f"what {self._shown}() gives is a stream, which cannot be kept: read it first")
            status, headers = value.status, tuple(value.headers.raw)
        elif isinstance(value, (bytes, bytearray)):
            status, headers, content = _VALUE, _BYTES, bytes(value)
        else:
            if inspect.iscoroutine(value):
                value.close()
            check_keepable(value, f"what {self._shown}() gives")
            status, headers, content = _VALUE, _JSON, json_bytes(value)
        entry = caching.CacheEntry(
            status, headers, content, 0, 0,
            revalidate=life.revalidate, expire=life.expire, tags=life.tags, source=self._call(args, kwargs),
        )  # fmt: skip
        return caching.Made(entry)


def _value(entry: caching.CacheEntry) -> Any:
    if entry.status != _VALUE:
        return caching.answer(entry, None)
    return entry.body if entry.headers == _BYTES else parsed_json(entry.body)


def _check_stateless(function: Callable[..., Any]) -> None:
    """Refuse what is not known by its text and arguments alone.

    Raises:
        CacheError: it is a method of an object, or an object that can be called.
    """
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, (type, ModuleType)):
        what = f"{getattr(function, '__name__', 'it')} is a method of a {type(owner).__name__}"
    elif hasattr(function, "__qualname__"):
        return
    else:
        what = f"it is a {type(function).__name__}"
    raise CacheError(
        f"cached() knows a function by its text and its arguments, and {what}, which may hold more: "
        "say what its values depend on, cached(..., key=shop.id)"
    )


def _signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """What a function takes.

    Raises:
        TypeError: that cannot be seen, as of some that are built in.
    """
    try:
        return inspect.signature(function)
    except ValueError:
        name = getattr(function, "__name__", repr(function))
        raise TypeError(
            f"cached() cannot see what {name} takes, which is its key: write a function of your own around it, "
            f"cached(lambda value: {name}(value))"
        ) from None


def _text_of(function: Callable[..., Any]) -> str:
    """What a function does, whatever line it stands in, and what its decorators do."""
    texts: list[str] = []

    def note(layer: Any) -> bool:
        code = getattr(layer, "__code__", None)
        texts.append("" if code is None else _code_text(code))
        return False

    note(inspect.unwrap(function, stop=note))
    return "\n".join(texts)


def _code_text(code: CodeType) -> str:
    constants = [_constant_text(part) for part in code.co_consts]
    return repr((code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars))


def _constant_text(value: object) -> str:
    if isinstance(value, CodeType):
        return _code_text(value)
    if isinstance(value, frozenset):
        # Its own order differs from process to process.
        return f"frozenset({sorted(map(_constant_text, value))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_constant_text, value))})"
    return repr(value)
