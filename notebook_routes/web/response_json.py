"""`Response.json` is two methods, and a Python class has room for one: this descriptor is both.

The Fetch standard has a static `Response.json(data)`, which makes a response, and an instance
`response.json()`, which reads one. Looked up on the class the descriptor gives the first, on an instance the
second. It stands alone because nobody expects it; `Body` has no `json`, which would shadow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, overload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_routes.types import HeadersInit
    from notebook_routes.web.headers import Headers
    from notebook_routes.web.response import Response


class MakeJson(Protocol):
    """`Response.json(data, status=..., headers=...)`."""

    def __call__(
        self,
        data: object,
        *,
        status: int = 200,
        status_text: str | None = None,
        headers: Headers | HeadersInit | None = None,
    ) -> Response:
        """Makes a response of a value."""


class JsonMethod:
    """Makes on the class, reads on an instance."""

    def __init__(self, make: MakeJson, read: Callable[[Response], Awaitable[Any]]) -> None:
        self._make = make
        self._read = read
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type[Response]) -> MakeJson: ...
    @overload
    def __get__(self, instance: Response, owner: type[Response]) -> Callable[[], Awaitable[Any]]: ...
    def __get__(self, instance: Response | None, owner: type[Response]) -> object:
        if instance is None:
            return self._make
        return self._read.__get__(instance, owner)
