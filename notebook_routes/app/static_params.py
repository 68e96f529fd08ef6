"""`generate_static_params()`: which paths of a route are known beforehand."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ConfigError
from notebook_routes.routing import Dynamic, OptionalCatchAll

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.routing import RoutePattern
    from notebook_routes.runtime import Workers
    from notebook_routes.types import Params, ParamValue


async def listed_params(
    function: Callable[[], Any], pattern: RoutePattern, workers: Workers | None
) -> dict[str, Params]:
    """Call the function, and read what it lists: each path with its parameters.

    Raises:
        ConfigError: it lists something that is no set of parameters of the path.
        Exception: whatever the function raises.
    """

    def call() -> Any:
        listed = function()
        # Of a generator all steps are taken here, on a thread.
        return list(listed) if isinstance(listed, Iterator) else listed

    if workers is None or inspect.iscoroutinefunction(function):
        listed = call()
    else:
        listed = await workers.submit(copy_context(), call, label="generate_static_params()").future
    if inspect.isawaitable(listed):
        listed = await listed
    if isinstance(listed, AsyncIterable):
        listed = [item async for item in listed]
    if not isinstance(listed, Iterable) or isinstance(listed, (str, bytes, Mapping)):
        raise ConfigError(f"generate_static_params() of {pattern} gives {listed!r}: return a list, {_example(pattern)}")
    return dict(_read(item, pattern) for item in listed)


def _read(item: object, pattern: RoutePattern) -> tuple[str, Params]:
    if not isinstance(item, Mapping):
        raise ConfigError(f"generate_static_params() of {pattern} lists {item!r}: list mappings, {_example(pattern)}")
    found: dict[str, ParamValue] = {}
    for name, segment in pattern.params.items():
        value = item.get(name)
        if value is None and isinstance(segment, OptionalCatchAll):
            continue
        if value is None:
            raise ConfigError(f"generate_static_params() of {pattern} lists {item!r}, which has no {name!r}")
        several = not isinstance(segment, Dynamic)
        if several is not isinstance(value, (list, tuple)):
            raise ConfigError(
                f"generate_static_params() of {pattern} lists {value!r} for {segment}: "
                f"{'a list of texts' if several else 'one text'} is wanted"
            )
        found[name] = [str(part) for part in value] if isinstance(value, (list, tuple)) else str(value)
    try:
        return pattern.build(**found), {name: value for name, value in found.items() if value != []}
    except ValueError as error:
        raise ConfigError(f"generate_static_params() of {pattern}: {error}") from None


def _example(pattern: RoutePattern) -> str:
    values: dict[str, ParamValue] = {
        name: "1" if isinstance(segment, Dynamic) else ["1"] for name, segment in pattern.params.items()
    }
    return f"[{values!r}]"
