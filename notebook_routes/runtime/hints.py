"""What a type means for a parameter: text of the URL, or the body; and how pydantic is asked for a value of it."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from notebook_routes.errors import CellError, ValidationFailed
from notebook_routes.runtime.plain_text import NOT_PLAIN, plain_reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import TypeAdapter

_SEVERAL = (list, set, tuple, frozenset)
_UNIONS = (typing.Union, types.UnionType)


def holds_model(hint: Any) -> bool:
    """Whether it is, or holds, a dataclass, a TypedDict or a pydantic model: something only a body can give."""
    hint = _bare(hint)
    origin = get_origin(hint)
    if origin is Literal:
        return False
    return _is_model(origin or hint) or any(holds_model(part) for part in get_args(hint))


def is_scalar(hint: Any) -> bool:
    """Whether text of a URL can become it; pydantic has the last word when the converter is made."""
    hint = _bare(hint)
    origin = get_origin(hint)
    if origin in _SEVERAL:
        # A list within a list has no way of being written.
        return all(is_scalar(part) and not is_many(part) for part in get_args(hint) if part is not Ellipsis)
    if origin in _UNIONS:
        return all(part is types.NoneType or is_scalar(part) for part in get_args(hint))
    if origin is not None:
        return origin is Literal
    if hint in (Any, *_SEVERAL):
        return True
    # A NamedTuple is a tuple with fields.
    return hint not in (object, types.NoneType) and not (
        isinstance(hint, type) and (_is_model(hint) or issubclass(hint, (dict, tuple)))
    )


def is_many(hint: Any) -> bool:
    """Whether it takes several values: a list, set or tuple."""
    hint = _bare(hint)
    origin = get_origin(hint)
    if origin in _UNIONS:
        return any(is_many(part) for part in get_args(hint))
    return (origin or hint) in _SEVERAL


def without_none(hint: Any) -> Any:
    """`X` of `X | None` and of `Annotated[X, ...]`; any other type as it is."""
    hint = _bare(hint)
    if get_origin(hint) in _UNIONS:
        parts = [part for part in get_args(hint) if part is not types.NoneType]
        return without_none(parts[0]) if len(parts) == 1 else hint
    return hint


def allows_none(hint: Any) -> bool:
    """Whether None is one of its values, as in `X | None`."""
    hint = _bare(hint)
    return get_origin(hint) in _UNIONS and types.NoneType in get_args(hint)


def name_of(hint: Any) -> str:
    """How messages call it."""
    return str(getattr(hint, "__name__", None) or hint) if isinstance(hint, type) and not get_args(hint) else str(hint)


def converter(hint: Any, place: tuple[str, ...], *, from_text: bool) -> Callable[[Any], Any]:
    """A function that makes a value of type `hint`, or raises ValidationFailed.

    pydantic is asked what the type is at once, but for those that it surely knows, and for their values only where the
    text is not plain.

    Args:
        hint: the type.
        place: what the error names: where the value stands, and its name.
        from_text: the value comes from a URL, where all is text.

    Raises:
        CellError: pydantic does not know the type, or it names a class that is not defined.
    """
    read = plain_reader(hint) if from_text else None
    if read is None:
        return _checked(hint, place, from_text=from_text)
    checked: Callable[[Any], Any] | None = None

    def convert(value: Any) -> Any:
        nonlocal checked
        found = read(value)
        if found is not NOT_PLAIN:
            return found
        if checked is None:
            checked = _checked(hint, place, from_text=True)
        return checked(value)

    return convert


def _checked(hint: Any, place: tuple[str, ...], *, from_text: bool) -> Callable[[Any], Any]:
    """A function that has pydantic make the value."""
    from pydantic import PydanticUserError, ValidationError  # noqa: PLC0415 - typed handlers only

    try:
        adapter = adapter_of(hint, from_text=from_text)
    except NameError as error:
        raise CellError(
            f"`{place[-1]}` cannot be checked: {name_of(hint)} names `{error.name}`, which is not defined: "
            f"define it in a cell above and run that first"
        ) from error
    except (PydanticUserError, TypeError) as error:
        # The lines after the first are links.
        why = str(error).splitlines()[0]
        raise CellError(
            f"`{place[-1]}` cannot be checked: {name_of(hint)} is no type that pydantic knows ({why})"
        ) from error

    def convert(value: Any) -> Any:
        try:
            return adapter.validate_python(value)
        except ValidationError as invalid:
            raise ValidationFailed(
                [
                    {
                        "loc": (*place, *found["loc"]),
                        "msg": found["msg"],
                        "type": found["type"],
                        "input": found["input"],
                        "ctx": found.get("ctx", {}),
                    }
                    for found in invalid.errors(include_url=False)
                ]
            ) from None

    return convert


def adapter_of(hint: Any, *, from_text: bool) -> TypeAdapter[Any]:
    """What pydantic knows of a type; a TypedDict of the standard library is one, too.

    Raises:
        PydanticUserError: pydantic does not know the type.
        NameError: it names a class that is not defined.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415 - typed handlers only

    adapter: TypeAdapter[Any] = TypeAdapter(_checkable(hint, from_text=from_text))
    if not adapter.pydantic_complete:
        adapter.rebuild()
    return adapter


def _bare(hint: Any) -> Any:
    """Without Annotated, NewType and `type X = ...`, which say nothing about the shape."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        else:
            return hint


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and (
        dataclasses.is_dataclass(hint) or _is_typed_dict(hint) or hasattr(hint, "__pydantic_validator__")
    )


def _is_typed_dict(hint: type) -> bool:
    # Those of typing_extensions are no typing.TypedDict.
    return issubclass(hint, dict) and hasattr(hint, "__required_keys__")


def _checkable(hint: Any, *, from_text: bool) -> Any:
    """The type as pydantic can check it here.

    Literals and enums of numbers are compared with the text of a URL, and before Python 3.12 pydantic knows only the
    TypedDict of typing_extensions.
    """
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _spelled(hint, {_text(value): value for value in parts}) if from_text else hint
    if isinstance(hint, type) and not parts:
        if from_text and issubclass(hint, Enum):
            return _spelled(hint, {_text(member.value): member.value for member in hint})
        older = sys.version_info < (3, 12) and _is_typed_dict(hint) and type(hint).__module__ == "typing"
        return _renewed(hint) if older else hint
    if origin is Annotated:
        return Annotated[(_checkable(parts[0], from_text=from_text), *parts[1:])]
    if origin in _UNIONS:
        return typing.Union[tuple(_checkable(part, from_text=from_text) for part in parts)]  # noqa: UP007 - made of parts
    if origin in (*_SEVERAL, dict):
        return origin[tuple(_checkable(part, from_text=from_text) for part in parts)]
    return hint


def _spelled(hint: Any, values: dict[str, Any]) -> Any:
    if all(isinstance(value, str) for value in values.values()):
        return hint
    from pydantic import BeforeValidator  # noqa: PLC0415 - typed handlers only

    return Annotated[hint, BeforeValidator(lambda text: values.get(text, text) if isinstance(text, str) else text)]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _renewed(kind: Any) -> Any:
    from typing_extensions import TypedDict  # noqa: PLC0415 - comes with pydantic

    fields: dict[str, Any] = {}
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        required = name in kind.__required_keys__
        bare = hint
        if get_origin(hint) in (typing.Required, typing.NotRequired):
            required = get_origin(hint) is typing.Required
            (bare,) = get_args(hint)
        checkable = _checkable(bare, from_text=False)
        fields[name] = checkable if required else typing.NotRequired[checkable]
    return TypedDict(kind.__name__, fields)  # type: ignore[operator]
