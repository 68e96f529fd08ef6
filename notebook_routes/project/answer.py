"""A response that is all here: nothing to await. What a `??` line and an exported test look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notebook_routes.web import Headers

# RFC 9110 §5.6.2
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


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


class AnswerScope(Mapping[str, object]):
    """What a `??` line sees: the response's parts, then the notebook. `json` is read when it is asked for.

    Args:
        response: the answer.
        namespace: the notebook's names.
    """

    def __init__(self, response: Answer, namespace: Mapping[str, object]) -> None:
        self._parts: dict[str, Callable[[], object]] = {
            "response": lambda: response,
            "status": lambda: response.status,
            "headers": lambda: response.headers,
            "text": lambda: response.text,
            "json": response.json,
        }
        self._namespace = namespace

    def __getitem__(self, name: str) -> object:
        return self._parts[name]() if name in self._parts else self._namespace[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._parts
        yield from (name for name in self._namespace if name not in self._parts)

    def __len__(self) -> int:
        return len(set(self._parts) | set(self._namespace))


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


def broken_json(body: str) -> str | None:
    """What is wrong with a body that begins as JSON does and is sent as text therefore; None if nothing is."""
    if not body.lstrip().startswith(("{", "[")):
        return None
    try:
        json.loads(body)
    except ValueError as error:
        place = f" at line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return f"the body begins like JSON and is none ({reason}{place}), so it is sent as text"
    return None


def written_headers(headers: Iterable[tuple[str, str]], asked: str) -> list[tuple[bytes, bytes]]:
    """Headers as a client sends them: Latin-1, as in Fetch.

    Args:
        headers: names and values.
        asked: how messages call the request.

    Raises:
        ServerError: one of them cannot be sent; the message has the fix.
    """
    written = []
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise ServerError(
                f'{asked} cannot be sent: "{name}" is no name of a header, write letters, digits and "-" alone'
            )
        control = _CONTROL.search(value)
        if control is not None:
            raise ServerError(
                f"{asked} cannot be sent: the header {name} holds {control[0]!r}, write it percent-encoded"
            )
        try:
            written.append((name.encode("latin-1"), value.strip(" \t").encode("latin-1")))
        except UnicodeEncodeError as error:
            outside = error.object[error.start : error.end]
            raise ServerError(
                f'{asked} cannot be sent: a header cannot hold "{outside}", write it percent-encoded'
            ) from None
    return written
