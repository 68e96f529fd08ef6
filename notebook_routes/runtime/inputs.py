"""What a handler reads of a request, one by one, and how each header, cookie and form field is read."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ValidationFailed
from notebook_routes.runtime.hints import converter, is_many, without_none
from notebook_routes.web import File, FormData

if TYPE_CHECKING:
    from notebook_routes.runtime.exchange import Exchange

#: How to read a parameter: from the exchange and the parsed body to its value.
Reader = typing.Callable[["Exchange", Any], Any]


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a handler takes from a request.

    Attributes:
        place: "path", "query", "header", "cookie", "form" or "body".
        name: what it is called there, "user-agent"; for a body the parameter's name.
        hint: its type; `inspect.Parameter.empty` where it has none.
        default: what stands in where it is absent; `inspect.Parameter.empty` where it must be there.
        media: the content types of a body.
    """

    place: str
    name: str
    hint: Any = inspect.Parameter.empty
    default: Any = inspect.Parameter.empty
    media: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a request without it is refused."""
        return self.default is inspect.Parameter.empty


def missing(*place: str) -> ValidationFailed:
    """What says that a request lacks something."""
    return ValidationFailed([{"loc": place, "msg": "Field required", "type": "missing", "input": None}])


def is_file(hint: Any) -> bool:
    """Whether it is a `File`, or several, or perhaps one."""
    return without_none(hint) is File or (
        is_many(hint) and [part for part in typing.get_args(without_none(hint)) if part is not Ellipsis] == [File]
    )


def header_reader(given: Input) -> Reader:
    """Read a header; several lines of one name are one list (RFC 9110 §5.3)."""
    name, default, many = given.name, given.default, is_many(given.hint)
    convert = None if given.hint is str else converter(given.hint, ("header", name), from_text=True)

    def read(exchange: Exchange, _body: Any) -> Any:
        value = exchange.seen.headers.get(name)
        if value is None:
            if default is inspect.Parameter.empty:
                raise missing("header", name)
            return default
        return convert(list_members(value) if many else value) if convert else value

    return read


def cookie_reader(given: Input) -> Reader:
    """Read the value of a cookie."""
    name, default = given.name, given.default
    convert = None if given.hint is str else converter(given.hint, ("cookie", name), from_text=True)

    def read(exchange: Exchange, _body: Any) -> Any:
        cookie = exchange.seen.cookies.get(name)
        if cookie is None:
            if default is inspect.Parameter.empty:
                raise missing("cookie", name)
            return default
        return convert(cookie.value) if convert else cookie.value

    return read


def field_reader(given: Input) -> Reader:
    """Read a field of a form that holds text."""
    name, default, many = given.name, given.default, is_many(given.hint)
    # Never passed over: a file may come where text is wanted.
    convert = converter(given.hint, ("form", name), from_text=True)

    def read(_exchange: Exchange, body: Any) -> Any:
        values = body.get_all(name) if isinstance(body, FormData) else []
        if default is not inspect.Parameter.empty and all(value == "" for value in values):
            return default
        if not values:
            raise missing("form", name)
        return convert(values if many else values[0])

    return read


def file_reader(given: Input) -> Reader:
    """Read the files that a form has under one name."""
    name, default, many = given.name, given.default, is_many(given.hint)
    inner = without_none(given.hint)
    made = typing.get_origin(inner) or inner

    def read(_exchange: Exchange, body: Any) -> Any:
        values = body.get_all(name) if isinstance(body, FormData) else []
        # A browser sends a nameless, empty file for a field where none was chosen.
        chosen = [value for value in values if value != "" and not (isinstance(value, File) and _is_nothing(value))]
        if not chosen:
            if default is inspect.Parameter.empty:
                raise missing("form", name)
            return default
        wrong = [place for place, value in enumerate(chosen) if not isinstance(value, File)]
        if wrong:
            raise ValidationFailed(
                [
                    {
                        "loc": ("form", name, place) if many else ("form", name),
                        "msg": "Input should be a file: send the form as multipart/form-data",
                        "type": "file_type",
                        "input": chosen[place],
                    }
                    for place in wrong
                ]
            )
        return made(chosen) if many else chosen[0]

    return read


def list_members(value: str) -> list[str]:
    """The members of a header that is a list (RFC 9110 §5.6.1); a comma in quotes separates nothing."""
    members, start, quoted, escaped = [], 0, False, False
    for place, character in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            members.append(value[start:place])
            start = place + 1
    members.append(value[start:])
    return [member.strip() for member in members if member.strip()]


def _is_nothing(file: File) -> bool:
    return not file.name and not file.size
