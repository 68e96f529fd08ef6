"""Finding the handler of an API Route among the names of its module."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import CellError
from notebook_routes.routing import CONFIG_NAMES, METHODS
from notebook_routes.runtime.parameters import first_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: What the function may be called, the first that there is; `default` is the field's word for what a module is about.
HANDLER_NAMES = ("default", "handler")
_WRITE = "def handler(req, res): ..."


def find_handler(found: Mapping[str, Any]) -> Callable[..., Any]:
    """The handler of a module: `default`, else `handler`.

    Raises:
        CellError: there is none, or it cannot be called with a request and a response.
    """
    name = next((name for name in HANDLER_NAMES if name in found), None)
    if name is None:
        raise CellError(no_handler(found))
    handler: Callable[..., Any] = found[name]
    if not callable(handler):
        raise CellError(f"{name} is {handler!r} and no function: write {_WRITE}")
    line = first_line(handler)
    if inspect.isgeneratorfunction(handler) or inspect.isasyncgenfunction(handler):
        raise CellError(
            f"{name} has a yield: an API Route answers whole, by res.json(...), res.send(...) or res.end(...); "
            "a Route Handler (%%route, app/**/route.py) streams",
            line=line,
        )
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        # Written in C: the first request will tell.
        return handler
    try:
        signature.bind(None, None)
    except TypeError:
        raise CellError(
            f"{name}{signature} is called with two arguments, the request and the response: write {_WRITE}", line=line
        ) from None
    return handler


def no_handler(names: Iterable[str]) -> str:
    """What is said of a module without a handler."""
    methods = [name for name in METHODS if name in names]
    if methods:
        return (
            f"an API Route is one handler for all methods, and this defines {', '.join(methods)}, as a Route Handler "
            f"does: write {_WRITE}, or use %%route or app/**/route.py"
        )
    return f"an API Route is a module with a handler, and this one has none: write {_WRITE}"


def without_effect(names: Iterable[str]) -> list[str]:
    """Sentences about what a module defines as if it were a Route Handler's."""
    found = sorted({*names} & {*CONFIG_NAMES, *METHODS})
    if not found:
        return []
    say = "says" if len(found) == 1 else "say"
    return [f"{', '.join(found)} {say} nothing in an API Route: it has one handler, and what it declares is in config"]
