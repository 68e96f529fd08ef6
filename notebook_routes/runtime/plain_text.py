"""Text of a URL that is just what it looks like, `42` or `true`: read without pydantic, to the same value.

Most of what clients send is of this kind. pydantic is asked about all other text, what is wrong among it, so that it
alone says what a type takes; a server whose handlers have simple types imports it only then.
"""

from __future__ import annotations

import re
import types
import typing
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Read: TypeAlias = Callable[[Any], Any]

#: What stands for text that pydantic has to read.
NOT_PLAIN = object()
_UNIONS = (typing.Union, types.UnionType)
_is_decimal = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?").fullmatch
#: What a machine word holds, whoever reads it.
_DIGITS = 18
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def plain_reader(hint: Any) -> Read | None:
    """What reads plain text as a type, and gives NOT_PLAIN for any other value; None for a type that has none."""
    if isinstance(hint, type) and hint in _READERS:
        return _READERS[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin in _UNIONS and len(parts) == 2 and types.NoneType in parts:
        # No text is None.
        return plain_reader(parts[parts[0] is types.NoneType])
    if origin is Literal and parts and all(type(part) is str for part in parts):
        return _one_of(parts)
    if origin is list:
        read = plain_reader(parts[0])
        return None if read is None else _list_of(read)
    return None


def _text(value: Any) -> Any:
    return value if type(value) is str else NOT_PLAIN


def _integer(value: Any) -> Any:
    if type(value) is not str or len(value) > _DIGITS or not value.isascii():
        return NOT_PLAIN
    return int(value) if value.removeprefix("-").isdigit() else NOT_PLAIN


def _number(value: Any) -> Any:
    return float(value) if type(value) is str and _is_decimal(value) else NOT_PLAIN


def _boolean(value: Any) -> Any:
    return _BOOLEANS.get(value, NOT_PLAIN) if type(value) is str else NOT_PLAIN


def _one_of(words: tuple[str, ...]) -> Read:
    known = frozenset(words)
    return lambda value: value if type(value) is str and value in known else NOT_PLAIN


def _list_of(read: Read) -> Read:
    def read_all(value: Any) -> Any:
        if type(value) is not list:
            return NOT_PLAIN
        found = [read(each) for each in value]
        return NOT_PLAIN if NOT_PLAIN in found else found

    return read_all


_READERS: dict[type, Read] = {str: _text, int: _integer, float: _number, bool: _boolean}
