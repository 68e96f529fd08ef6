"""Control flow by exceptions: `redirect`, `not_found` and their kin can be called from anywhere below a handler."""

from __future__ import annotations

from typing import NoReturn

from notebook_routes.errors import HTTPError, RedirectError
from notebook_routes.web import URL


def redirect(location: str | URL) -> NoReturn:
    """Answer with a redirect: 307, or 303 after a form was posted.

    Raises:
        RedirectError: always; that is how it works.
        TypeError: the location is neither a str nor a `URL`, such as None for a header that is absent.
    """
    raise RedirectError(_place(location, "redirect"))


def permanent_redirect(location: str | URL) -> NoReturn:
    """Answer with a permanent redirect: 308, or 303 after a form was posted.

    Raises:
        RedirectError: always; that is how it works.
        TypeError: as for `redirect`.
    """
    raise RedirectError(_place(location, "permanent_redirect"), permanent=True)


def not_found(message: str | None = None) -> NoReturn:
    """Answer 404, with `message` as plain text or with no body.

    Raises:
        HTTPError: always; that is how it works.
    """
    raise HTTPError(404, _text(message, "not_found", 404))


def forbidden(message: str | None = None) -> NoReturn:
    """Answer 403, with `message` as plain text or with no body.

    Raises:
        HTTPError: always; that is how it works.
    """
    raise HTTPError(403, _text(message, "forbidden", 403))


def unauthorized(message: str | None = None) -> NoReturn:
    """Answer 401, with `message` as plain text or with no body.

    Raises:
        HTTPError: always; that is how it works.
    """
    raise HTTPError(401, _text(message, "unauthorized", 401))


def _place(location: object, name: str) -> str:
    if isinstance(location, (str, URL)):
        return str(location)
    raise TypeError(f"{name}() takes a str or a URL, not {type(location).__name__}")


def _text(message: object, name: str, status: int) -> str | None:
    if message is None or isinstance(message, str):
        return message
    raise TypeError(
        f"{name}() takes a text, not {type(message).__name__}: write return Response.json(..., status={status})"
    )
