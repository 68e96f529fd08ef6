"""What comes from the page, checked before anything is done: a message that is none is answered, and has no effect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_routes.inspector.asked import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# RFC 9110 §9.1
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: Characters of names and of short texts.
_SHORT = 2000
_LONGEST_TARGET = 60_000
_MOST_LINES = 500
_MOST_PAIRS = 1000


class MalformedMessage(Exception):
    """A message that cannot be understood.

    Attributes:
        id: what the page calls it, if it does.
    """

    def __init__(self, said: str, identifier: int | None = None) -> None:
        super().__init__(said)
        self.id = identifier


@dataclass(frozen=True, slots=True)
class Message:
    """A message that can be understood.

    Attributes:
        do: its name.
        id: what its answer names.
        fields: checked.
    """

    do: str
    id: int
    fields: Mapping[str, Any]

    def asked(self) -> Asked:
        """The request that a `send` is about."""
        fields = self.fields
        return Asked(
            fields["run"], fields["method"], fields["path"], fields["target"], fields["headers"], fields["body"]
        )


def read(value: object) -> Message:
    """Check a message.

    Raises:
        MalformedMessage: it is none.
    """
    if not isinstance(value, dict):
        raise MalformedMessage(f"a message is an object, not {_said(value)}")
    identifier = value.get("id")
    if not isinstance(identifier, int) or isinstance(identifier, bool) or abs(identifier) > 2**53:
        raise MalformedMessage("a message has an id, which is a whole number")
    do = value.get("do")
    expected = _MESSAGES.get(do) if isinstance(do, str) else None
    if expected is None:
        raise MalformedMessage(f"do is one of {', '.join(sorted(_MESSAGES))}, not {_said(do)}", identifier)
    try:
        fields = {name: check(value.get(name)) for name, check in expected.items()}
    except _Refused as refused:
        raise MalformedMessage(f"{do}: {refused}", identifier) from None
    return Message(str(do), identifier, fields)


class _Refused(Exception):
    """A field is not what it has to be."""


def _text(name: str, *, longest: int = _SHORT, optional: bool = False) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value is None and optional:
            return None
        if not isinstance(value, str) or len(value) > longest:
            raise _Refused(f"{name} is a text of at most {longest:,} characters, not {_said(value)}")
        return value

    return check


def _number(name: str, *, default: int | None, most: int) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise _Refused(f"{name} is a whole number from 0 to {most:,}, not {_said(value)}")
        return value

    return check


def _method(value: Any) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise _Refused(f"method is one word such as GET or POST, not {_said(value)}")
    return value.upper()


def _target(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TARGET:
        raise _Refused(f"target is a path of at most {_LONGEST_TARGET:,} characters, not {_said(value)}")
    if not value.startswith("/") or _CONTROL.search(value):
        raise _Refused(f"target is a path that begins with a slash, such as /products/1, not {_said(value)}")
    return value


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or len(value) > _MOST_PAIRS:
        raise _Refused(f"headers is a list of at most {_MOST_PAIRS:,} pairs, not {_said(value)}")
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
            raise _Refused(f"headers is a list of pairs of texts, and holds {_said(pair)}")
    return tuple((name, text) for name, text in value)


def _body(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    kind = value.get("kind") if isinstance(value, dict) else None
    match kind:
        case "text" if isinstance(value.get("text"), str):
            return {"kind": kind, "text": value["text"]}
        case "base64" if isinstance(value.get("data"), str):
            return {"kind": kind, "data": value["data"]}
        case "form" if isinstance(value.get("fields"), list) and len(value["fields"]) <= _MOST_PAIRS:
            return {"kind": kind, "fields": [_field(field) for field in value["fields"]]}
    raise _Refused(f'body is null, or an object of kind "text", "base64" or "form", not {_said(value)}')


def _field(value: Any) -> dict[str, str]:
    names = (
        ("name", "filename", "type", "data") if isinstance(value, dict) and "filename" in value else ("name", "value")
    )
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in names):
        raise _Refused(f"a field of a form has the texts {', '.join(names)}, and is not {_said(value)}")
    if _CONTROL.search(value.get("type", "")):
        raise _Refused(f"the type of a file is a content type such as text/csv, not {_said(value['type'])}")
    return {name: value[name] for name in names}


def _route(value: Any) -> tuple[str | None, str] | None:
    """A card's: all methods of a path count, where none is named."""
    if value is None:
        return None
    if isinstance(value, dict) and isinstance(value.get("path"), str):
        method = value.get("method")
        if method is None or isinstance(method, str):
            return method, value["path"]
    raise _Refused(f"route is null, or an object with method and path, not {_said(value)}")


def _said(value: object) -> str:
    """A value in a sentence; never all of a large one."""
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)[:40]
    return ascii(value[:40]) if isinstance(value, str) else f"a {type(value).__name__}"


_ROUTE = {"method": _method, "path": _text("path")}
_MESSAGES: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "open": {"route": _route},
    "detail": _ROUTE,
    "send": {**_ROUTE, "run": _text("run", longest=200), "target": _target, "headers": _headers, "body": _body},
    "stop": {"run": _text("run", longest=200)},
    "history": _ROUTE,
    "log": {
        "before": _number("before", default=None, most=2**53),
        "limit": _number("limit", default=100, most=_MOST_LINES),
        "filter": _text("filter", optional=True),
    },
    "entry": {"number": _number("number", default=0, most=2**53)},
    "cache": {},
    "revalidate": {"what": _text("what")},
    "cookies": {},
    "token": {},
    "clear_cookies": {"name": _text("name", optional=True)},
    "cors": {"method": _method, "target": _target, "headers": _headers, "origin": _text("origin")},
}
