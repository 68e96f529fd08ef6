"""What the page asks to be sent: one request, as its form has it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from notebook_routes.errors import ServerError
from notebook_routes.project.answer import guessed_type, written_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Characters of a body that are kept with the run.
_SHOWN_BODY = 64 * 1024
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))

#: A file of a form: its field, and what `multipart/form-data` says of it; a plain field has no file name.
_Part: TypeAlias = "tuple[str, tuple[str | None, bytes] | tuple[str | None, bytes, str]]"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        run: what the page calls it.
        method: a token.
        path: the pattern of the route it is meant for.
        target: path and query.
        headers: as the form has them.
        body: None; {"kind": "text", "text"}; {"kind": "base64", "data"}; or {"kind": "form", "fields"}.
    """

    run: str
    method: str
    path: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.method} {self.target[:200]}"

    def request(self, *, token: str | None) -> dict[str, Any]:
        """The arguments that an HTTP client makes the request of, but for method and URL.

        Args:
            token: the bearer token that the server asks for; sent where the form has no Authorization.

        Raises:
            ServerError: it cannot be sent.
        """
        headers = list(self.headers)
        names = {name.lower() for name, _ in headers}
        arguments: dict[str, Any] = {}
        if self.body is not None:
            if self.body["kind"] == "form":
                arguments["files"] = [_part(field) for field in self.body["fields"]]
                # Its boundary is chosen when it is written.
                headers = [pair for pair in headers if pair[0].lower() != "content-type"]
            else:
                arguments["content"], media = _content(self.body)
                if arguments["content"] and "content-type" not in names:
                    headers.append(("content-type", media))
        if token and "authorization" not in names:
            headers.append(("authorization", f"Bearer {token}"))
        if "accept-encoding" not in names:
            headers.append(("accept-encoding", "identity"))
        arguments["headers"] = written_headers(headers, self.name)
        # As it stands: a client would resolve the dots in it.
        arguments["extensions"] = {"target": raw_target(self.target)}
        return arguments

    def shown(self) -> dict[str, Any]:
        """What was asked, to be looked at; of a large body the beginning."""
        body = None if self.body is None else dict(self.body)
        if body is not None:
            body |= _shortened(body)
        return {
            "run": self.run,
            "method": self.method,
            "path": self.path,
            "target": self.target,
            "headers": [list(pair) for pair in self.headers],
            "body": body,
        }


def raw_target(target: str) -> bytes:
    """A path and query as they stand in a request; what cannot stand there is percent-encoded.

    Raises:
        ServerError: it is no path.
    """
    if not target.startswith("/"):
        raise ServerError(f'"{target[:80]}" is no path: write one that begins with a slash, such as /products/1')
    try:
        return quote(target.partition("#")[0], safe=_PRINTABLE).encode("ascii")
    except UnicodeEncodeError:
        raise ServerError(f"{target[:80]!a} holds half a character, which no URL can: write it again") from None


def from_base64(data: str) -> bytes:
    """The bytes that the page has written as base64.

    Raises:
        ServerError: it is none.
    """
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ServerError(f"what was to be sent is no base64 ({error}): choose the file again") from None


def _content(body: Mapping[str, Any]) -> tuple[bytes, str]:
    if body["kind"] == "base64":
        return from_base64(body["data"]), "application/octet-stream"
    return body["text"].encode("utf-8", "replace"), guessed_type(body["text"])


def _part(field: Mapping[str, Any]) -> _Part:
    name = field["name"].encode("utf-8", "replace").decode()
    if "filename" not in field:
        return name, (None, field["value"].encode("utf-8", "replace"))
    filename = field["filename"].encode("utf-8", "replace").decode()
    return name, (filename, from_base64(field["data"]), field["type"] or "application/octet-stream")


def _shortened(body: Mapping[str, Any]) -> dict[str, Any]:
    name = "text" if body["kind"] == "text" else "data"
    if body["kind"] != "form":
        return {name: body[name][:_SHOWN_BODY], "shortened": True} if len(body[name]) > _SHOWN_BODY else {}
    if sum(len(field.get("value", "")) + len(field.get("data", "")) for field in body["fields"]) <= _SHOWN_BODY:
        return {}
    room = _SHOWN_BODY // len(body["fields"])
    fields = [
        {name: value[:room] if name in ("value", "data") else value for name, value in field.items()}
        for field in body["fields"]
    ]
    return {"fields": fields, "shortened": True}
