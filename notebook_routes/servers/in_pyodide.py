"""What is otherwise where Python runs in a browser, on Pyodide: waiting, and what a page calls null.

A cell's magic is no coroutine, and is called while the loop runs. Pyodide lets it wait all the same where the browser
can put a WebAssembly stack aside (JSPI: Chrome and Edge have it). Where it cannot, what needs no waiting, as most
answers do not, is had at once, and anything else is refused with the way out. A magic that returned something to await
would work everywhere, but then `%%request` and `notebook.request()` would be other functions in a browser.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from notebook_routes.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

#: Whether this is Pyodide; asked nowhere else above the floor `web`.
HERE = sys.platform == "emscripten"


def wait(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives, for code that cannot await it.

    Raises:
        ServerError: it has to wait, and this browser cannot do so here.
        Exception: whatever it raises.
    """
    ffi = import_module("pyodide.ffi") if HERE else None
    if ffi is not None and ffi.can_run_sync():
        result: T = ffi.run_sync(work)
        return result
    try:
        work.send(None)
    except StopIteration as finished:
        given: T = finished.value
        return given
    work.close()
    raise ServerError(
        "the route waits for something, and this browser cannot wait within a cell: press Send in the route's card, or "
        "open the notebook in a newer browser, such as Chrome or Edge from 137 on"
    )


def from_page(message: Any) -> Any:
    """A page's message as JSON has it: what a page calls null is no None here."""
    if isinstance(message, dict):
        return {name: from_page(value) for name, value in message.items()}
    if isinstance(message, list):
        return [from_page(value) for value in message]
    return None if type(message).__name__ == "JsNull" else message


def to_page(message: Any) -> Any:
    """A message for a page as JSON would bring it there: None would be undefined."""
    if not HERE:
        return message
    if isinstance(message, dict):
        return {name: to_page(value) for name, value in message.items()}
    if isinstance(message, (list, tuple)):
        return [to_page(value) for value in message]
    return import_module("pyodide.ffi").jsnull if message is None else message
