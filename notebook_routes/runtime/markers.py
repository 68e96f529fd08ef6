"""Where a parameter comes from, said in its annotation: `agent: Annotated[str, Header()]`.

`Header` and `Form` have the names the field knows. `Cookie` and `File` are taken by what a request holds, a cookie and
an uploaded file, so that the marker of a cookie is `CookieParam`; and a file needs no marker, because nothing but a
form has one: `photo: File`, `photos: list[File]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, get_args, get_origin


@dataclass(frozen=True, slots=True)
class Header:
    """The parameter is a request header: `user_agent: Annotated[str, Header()]`.

    A list, as in `Annotated[list[str], Header()]`, is given the members that a comma separates (RFC 9110 §5.6.1).

    Args:
        name: the header; without it the parameter's name, with "-" for "_".
    """

    name: str | None = None


@dataclass(frozen=True, slots=True)
class CookieParam:
    """The parameter is a cookie's value: `theme: Annotated[str, CookieParam()] = "light"`.

    Args:
        name: the cookie; without it the parameter's name.
    """

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The parameter is a field of the form in the body: `title: Annotated[str, Form()]`.

    An empty field counts as absent where the parameter has a default, as browsers send those that nobody filled in.

    Args:
        name: the field; without it the parameter's name.
    """

    name: str | None = None


Marker: TypeAlias = Header | CookieParam | Form
MARKERS = (Header, CookieParam, Form)


def take_marker(hint: Any) -> tuple[Any, list[Marker]]:
    """The annotation without its markers, and these; `Annotated[str, Header]` means `Header()`."""
    if type(hint).__name__ == "TypeAliasType":
        # `type Agent = Annotated[str, Header()]`
        inner, markers = take_marker(hint.__value__)
        return (inner, markers) if markers else (hint, [])
    if get_origin(hint) is not Annotated:
        return hint, []
    kind, *metadata = get_args(hint)
    markers = [_made(item) for item in metadata if is_marker(item)]
    rest = [item for item in metadata if not is_marker(item)]
    return (Annotated[(kind, *rest)] if rest else kind) if markers else hint, markers


def is_marker(value: Any) -> bool:
    """Whether it is a marker, or the class of one."""
    return isinstance(value, MARKERS) or (isinstance(value, type) and value in MARKERS)


def hides_marker(hint: Any) -> bool:
    """Whether a marker stands on a part of the type, as in `Annotated[str, Header()] | None`."""
    return any(take_marker(part)[1] or hides_marker(part) for part in get_args(hint))


def _made(item: Any) -> Marker:
    marker: Marker = item() if isinstance(item, type) else item
    return marker
