"""Route Handlers for Python notebooks: a `%%route` cell is a live HTTP endpoint of the running kernel.

    %load_ext notebook_routes

    %%route GET /products/[id]
    products.get(id) or not_found()

The names below are in scope in cells without an import; a `route.py` imports them from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_routes.app import App
from notebook_routes.errors import CacheError, FetchError, HTTPError, NotebookRoutesError, RedirectError
from notebook_routes.lazy import lazily
from notebook_routes.routing import cors
from notebook_routes.runtime import (
    CookieParam,
    Form,
    Header,
    RouteContext,
    after,
    cache_life,
    cache_tag,
    cached,
    connection,
    cookies,
    draft_mode,
    fetch,
    forbidden,
    headers,
    no_store,
    not_found,
    permanent_redirect,
    redirect,
    revalidate_path,
    revalidate_tag,
    unauthorized,
    update_tag,
)
from notebook_routes.web import (
    URL,
    AbortController,
    AbortSignal,
    Blob,
    File,
    FileResponse,
    FormData,
    Headers,
    ReadableStream,
    Request,
    Response,
    ServerSentEvent,
    URLSearchParams,
    event_stream,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notebook_routes.runtime.api import ApiRequest, ApiResponse

__version__ = "0.1.0"

__all__ = [
    "URL",
    "AbortController",
    "AbortSignal",
    "ApiRequest",
    "ApiResponse",
    "App",
    "Blob",
    "CacheError",
    "CookieParam",
    "FetchError",
    "File",
    "FileResponse",
    "Form",
    "FormData",
    "HTTPError",
    "Header",
    "Headers",
    "NotebookRoutesError",
    "ReadableStream",
    "RedirectError",
    "Request",
    "Response",
    "RouteContext",
    "ServerSentEvent",
    "URLSearchParams",
    "after",
    "cache_life",
    "cache_tag",
    "cached",
    "connection",
    "cookies",
    "cors",
    "draft_mode",
    "event_stream",
    "fetch",
    "forbidden",
    "headers",
    "no_store",
    "not_found",
    "permanent_redirect",
    "redirect",
    "revalidate_path",
    "revalidate_tag",
    "unauthorized",
    "update_tag",
]


#: What only annotations name, by the module that has it.
_IMPORTED_LATER = {"ApiRequest": "runtime.api", "ApiResponse": "runtime.api"}
__getattr__ = lazily(__name__, _IMPORTED_LATER)


def public_names() -> dict[str, Any]:
    """What `%load_ext` puts into the notebook: the public face by name, but for what only annotations name."""
    return {name: globals()[name] for name in __all__ if name not in _IMPORTED_LATER}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """IPython's hook for `%load_ext notebook_routes`."""
    from notebook_routes.notebook.extension import load  # noqa: PLC0415 - IPython enters by this door only

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:  # noqa: ARG001 - IPython's signature
    """IPython's hook for `%unload_ext notebook_routes`."""
    from notebook_routes.notebook.extension import unload  # noqa: PLC0415 - the same

    unload()
