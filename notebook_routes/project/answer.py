"""A response that is all here: nothing to await. What a `??` line and an exported test look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notebook_routes.web import Headers


@dataclass(eq=False)
class Answer:
    """A finished response.

    Attributes:
        status: the status code.
        headers: the response headers.
        bytes: the body.
        method: what was asked.
        target: where it was asked.
    """

    status: int
    headers: Headers
    bytes: bytes
    method: str = "GET"
    target: str = "/"

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status <= 299

    @property
    def text(self) -> str:
        """The body as text."""
        return self.bytes.decode(charset_of(self.headers), errors="replace")

    def json(self) -> Any:
        """The body read as JSON.

        Raises:
            ValueError: it is not JSON; the message shows how it begins.
        """
        try:
            return json.loads(self.bytes)
        except ValueError as error:
            raise ValueError(
                f"the body of {self.method} {self.target} is not JSON ({error}): {self.text[:80]!r}"
            ) from None


def charset_of(headers: Headers) -> str:
    """The encoding that the content type names, UTF-8 where it names none that Python knows."""
    named = (headers.get("content-type") or "").lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        b" ".decode(named or "utf-8", errors="replace")
    except (LookupError, ValueError):
        return "utf-8"
    return named or "utf-8"


def guessed_type(body: str) -> str:
    """JSON where the body is JSON, a form where it looks like one, text otherwise."""
    try:
        json.loads(body)
    except ValueError:
        plain_form = "=" in body and not any(character in body for character in " \n<{")
        return "application/x-www-form-urlencoded" if plain_form else "text/plain; charset=utf-8"
    return "application/json"
