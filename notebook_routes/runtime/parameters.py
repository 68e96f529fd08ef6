"""The parameters of any callable, with their annotations evaluated.

A handler may be a function, a lambda, a class, a partial, a bound method, an object with `__call__`, or one of these
below decorators that use `functools.wraps`. A wrapper that takes `**kwargs` passes on what it is given, so that what
it wraps is asked too; a wrapper without them is asked alone.
"""

from __future__ import annotations

import inspect
import types
import typing
from functools import partial
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import CellError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """What a callable can be given, in the order written; annotations are types, not text.

    Raises:
        CellError: an annotation cannot be evaluated, or Python does not know the callable's parameters.
    """
    found: dict[str, inspect.Parameter] = {}
    for layer in _layers(function):
        wraps = _wrapped(layer) is not None
        own = _own_parameters(layer, may_fail=wraps)
        passes_on = wraps and (own is None or any(each.kind is inspect.Parameter.VAR_KEYWORD for each in own))
        hints = _hints(layer)
        # What a partial has fixed is no client's to change.
        fixed = layer.keywords if isinstance(layer, partial) else ()
        for parameter in own or ():
            if (passes_on and parameter.kind in _MANY) or parameter.name in fixed:
                continue
            # A model's signature is made up, and has its types already.
            is_made_up = isinstance(layer, type) and not isinstance(parameter.annotation, str)
            found.setdefault(parameter.name, parameter if is_made_up else _evaluated(parameter, hints))
        if not passes_on:
            break
    return list(found.values())


def runs_on_loop(function: Callable[..., Any]) -> bool:
    """Whether calling it gives a coroutine or an async generator, by the `async def` it was written with."""
    while isinstance(function, partial):
        function = function.func
    called = function if inspect.isroutine(function) else type(function).__call__
    return inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)


def wraps_async(function: Callable[..., Any]) -> bool:
    """Whether it is a plain function around an `async def`, as decorators make them, whose coroutine it may return."""
    return not runs_on_loop(function) and any(runs_on_loop(layer) for layer in _layers(function))


def first_line(function: Callable[..., Any]) -> int | None:
    """The line where the innermost function begins, None where there is no Python function."""
    *_, inner = _layers(function)
    code = getattr(_plain(inner), "__code__", None)
    return code.co_firstlineno if code is not None else None


def returned(function: Callable[..., Any]) -> Any:
    """The type that a callable says it returns; `inspect.Parameter.empty` where it says none.

    Raises:
        CellError: its annotations cannot be evaluated.
    """
    while isinstance(function, partial):
        function = function.func
    if isinstance(function, type):
        return function
    return _hints(function).get("return", inspect.Parameter.empty)


def documentation(function: Callable[..., Any]) -> str:
    """The docstring that was written for a callable, "" for none."""
    *_, inner = _layers(function)
    while isinstance(inner, partial):
        inner = inner.func
    written = inspect.isroutine(inner) or isinstance(inner, type)
    return (inspect.getdoc(inner) or "") if written else ""


def _layers(function: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """The callable and what it wraps, from the outside in."""
    layer: Callable[..., Any] | None = function
    while layer is not None:
        yield layer
        layer = _wrapped(layer)


def _wrapped(layer: Callable[..., Any]) -> Callable[..., Any] | None:
    if hasattr(layer, "__signature__"):
        return None  # it says itself what it takes
    inner = getattr(layer, "__wrapped__", None)
    if inner is not None and isinstance(layer, types.MethodType):
        return types.MethodType(inner, layer.__self__)
    return inner


def _own_parameters(layer: Callable[..., Any], *, may_fail: bool) -> list[inspect.Parameter] | None:
    try:
        return list(inspect.signature(layer, follow_wrapped=False).parameters.values())
    except (ValueError, TypeError) as error:
        if may_fail:
            return None  # a decorator written in C, such as functools.cache
        name = getattr(layer, "__name__", type(layer).__name__)
        raise CellError(
            f"Python does not tell which parameters {name} has: write a function around it, `return {name}(...)`"
        ) from error


def _evaluated(parameter: inspect.Parameter, hints: dict[str, Any]) -> inspect.Parameter:
    if parameter.annotation is inspect.Parameter.empty:
        return parameter
    return parameter.replace(annotation=hints.get(parameter.name, parameter.annotation))


def _hints(layer: Callable[..., Any]) -> dict[str, Any]:
    function = _plain(layer)
    if not hasattr(function, "__annotations__"):
        return {}
    name = getattr(layer, "__name__", type(layer).__name__)
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise CellError(
            f"an annotation of {name} names `{error.name}`, which is not defined: "
            f"define it in a cell above and run that first"
        ) from error
    except Exception as error:
        raise CellError(f"an annotation of {name} cannot be read: {type(error).__name__}: {error}") from error


def _plain(layer: Any) -> Any:
    """The function that has the annotations."""
    while isinstance(layer, partial):
        layer = layer.func
    if isinstance(layer, type):
        return layer.__init__  # type: ignore[misc]
    return layer if inspect.isroutine(layer) else type(layer).__call__
