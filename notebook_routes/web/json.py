"""`json_bytes`: the one way a Python value becomes JSON, in answers, events, caches and exports.

A prebuilt encoder writes ordinary values at C speed and asks `_plain` about the others. Where it gives up
(NaN, a key that is no string, an iterator, a value that nobody can write) the value is walked once instead,
with the place kept for the message. Iterators are left to the walk alone: the encoder may fail after it has
emptied one.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from operator import attrgetter, methodcaller
from pathlib import PurePath
from types import CoroutineType
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from notebook_routes.web.cookie import Cookie
from notebook_routes.web.pairs import Pairs
from notebook_routes.web.url import URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class _Unwritable(Exception):
    """The encoder cannot write the value by itself."""

    def __init__(self, value: object, message: str = "") -> None:
        super().__init__(message)
        self.value = value
        self.message = message


def json_bytes(value: object) -> bytes:
    """Writes a value as compact UTF-8 JSON.

    Beside JSON's own types: NaN and infinities (null), dates, times and durations (ISO 8601, UTC as "Z"),
    UUID, Path and Decimal (strings), Enum (its value), bytes (UTF-8 text), sets, tuples, deques and iterators
    (lists), any mapping, dataclasses, pydantic models (by alias), numpy and pandas scalars and arrays, and
    DataFrames (a list of records), rows of sqlite3, and URLs of pydantic, whose secrets stay hidden. Keys that are no
    strings become strings.

    Raises:
        TypeError: something cannot be written, or contains itself; the message names its type and place.

    Example:
        >>> json_bytes({"at": date(2030, 1, 1), "x": float("nan")})
        b'{"at":"2030-01-01","x":null}'
    """
    kind: Any = value.__class__
    if kind is not dict and _is_plain_model(kind):
        written = _model_bytes(value)
        if written is not None:
            return written
    try:
        text = "".join(_written(value, 0))
    except (_Unwritable, TypeError, ValueError, RecursionError):
        text = _ENCODER.encode(_walked(value))
    try:
        return text.encode()
    except UnicodeEncodeError:
        # A lone surrogate is no UTF-8; \udXXX is how JSON spells it (RFC 8259 §8.2), as JSON.stringify does.
        return text.encode("utf-8", "backslashreplace")


@lru_cache(maxsize=256)
def _is_plain_model(kind: type[Any]) -> bool:
    """Whether it is a pydantic model whose class leaves `model_dump` as it is."""
    dump = getattr(kind, "model_dump", None)
    return getattr(dump, "__module__", None) == "pydantic.main" and hasattr(kind, "__pydantic_serializer__")


def _model_bytes(value: Any) -> bytes | None:
    """What `model_dump` and the encoder would write, by pydantic alone; None where it cannot write it."""
    try:
        written: bytes = value.__pydantic_serializer__.to_json(value, by_alias=True)
    except (TypeError, ValueError, RecursionError):
        # The long way finds the place for the message.
        return None
    if b"NaN" in written or b"Infinity" in written:
        # A model may be set to write them, which JSON does not have. It is not asked twice: it may hold iterators.
        return _ENCODER.encode(_walked(json.loads(written))).encode()
    return written


def _default(value: object) -> object:
    if isinstance(value, Iterator):
        raise _Unwritable(value)
    return _plain(value)


# A cycle ends in RecursionError, which costs nothing on the way of values that have none.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False, default=_default
)


def _pieces() -> Callable[[object, int], Iterable[str]]:
    """What gives a value's text in pieces: the function in C that the encoder would make anew for each value."""
    pieces: Callable[[object, int], Iterable[str]]
    encoder: Any = json.encoder
    if encoder.c_make_encoder is None:
        # Not CPython.
        pieces = cast("Any", _ENCODER.iterencode)
    else:
        # As `JSONEncoder.iterencode` does it.
        spelled = encoder.encode_basestring
        pieces = encoder.c_make_encoder(None, _default, spelled, None, ":", ",", False, False, False)
    return pieces


_written = _pieces()


def _plain(value: Any) -> object:
    """One step from a value towards what the encoder knows.

    Raises:
        _Unwritable: there is no such step.
    """
    write = _writer(value.__class__)
    if write is None:
        raise _Unwritable(value)
    return write(value)


@lru_cache(maxsize=256)
def _writer(kind: type[Any]) -> Callable[[Any], object] | None:
    """What takes that step for values of a type; libraries are known by their shape, so none is imported."""
    if kind.__module__ == "sqlite3" and kind.__name__ == "Row":
        # It calls itself a sequence, and has names.
        return dict
    for known, write in _WRITERS.items():
        if issubclass(kind, known):
            return write
    if dataclasses.is_dataclass(kind):
        return _written_fields
    if hasattr(kind, "model_dump"):
        return _written_model
    if kind.__name__ == "DataFrame":
        return _written_records
    if hasattr(kind, "dtype"):
        return _written_array
    for name in ("tolist", "to_list"):
        if hasattr(kind, name):
            return methodcaller(name)
    if kind.__name__ == "NAType":
        return _written_missing
    return str if _is_text(kind) else None


def _is_text(kind: type[Any]) -> bool:
    """Whether its objects say all in their str(): addresses, URLs and secrets of pydantic, spans of pandas."""
    if kind.__module__.partition(".")[0] == "pandas":
        return kind.__name__ in ("Period", "Interval")
    return kind.__module__ == "ipaddress" or hasattr(kind, "unicode_string") or hasattr(kind, "get_secret_value")


def _written_fields(value: Any) -> object:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _written_model(value: Any) -> object:
    return value.model_dump(mode="json", by_alias=True)


def _written_records(value: Any) -> object:
    return value.to_dicts() if hasattr(value, "to_dicts") else value.to_dict(orient="records")


def _written_array(value: Any) -> object:
    """Arrays, series and scalars of numpy, pandas and their kin."""
    unit = {"M": "datetime64[us]", "m": "timedelta64[us]"}.get(getattr(value.dtype, "kind", ""))
    if unit is not None and not hasattr(value, "to_numpy"):
        # numpy's own tolist() gives nanoseconds as bare integers; that of pandas gives timestamps.
        return value.astype(unit).tolist()
    for name in ("tolist", "to_list", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    raise _Unwritable(value)


def _written_missing(_: object) -> None:
    """pandas.NA."""


def _written_datetime(value: datetime) -> str | None:
    if value != value:  # noqa: PLR0124 - pandas' NaT is a datetime that differs from itself
        return None
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _written_time(value: time) -> str:
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def _written_duration(value: timedelta) -> str | None:
    if value != value:  # noqa: PLR0124 - pandas' NaT again
        return None
    sign = "-" if value < timedelta() else ""
    value = abs(value)
    years, days = divmod(value.days, 365)  # pydantic counts years so, and reads them back so
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    day_part = (f"{years}Y" if years else "") + (f"{days}D" if days else "")
    time_part = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or fraction:
        time_part += f"{seconds}{fraction}S"
    if not day_part and not time_part:
        return "PT0S"
    return f"{sign}P{day_part}{'T' if time_part else ''}{time_part}"


def _written_bytes(value: bytes | bytearray | memoryview) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise _Unwritable(value, "are not UTF-8 text: write base64.b64encode(...).decode()") from None


def _refused_pairs(value: Pairs[Any]) -> object:
    message = "may have a name twice: write dict(...) for the first value of each name, list(...) for all"
    raise _Unwritable(value, message)


def _refused_coroutine(value: CoroutineType[Any, Any, Any]) -> object:
    value.close()
    raise _Unwritable(value, f"was not awaited: write await {value.__name__}(...)")


# In this order: a datetime is also a date.
_WRITERS: dict[type, Callable[[Any], object]] = {
    datetime: _written_datetime,
    date: date.isoformat,
    time: _written_time,
    timedelta: _written_duration,
    UUID: str,
    Decimal: str,
    PurePath: str,
    Enum: attrgetter("value"),
    URL: str,
    Cookie: Cookie.as_dict,
    bytes: _written_bytes,
    bytearray: _written_bytes,
    memoryview: _written_bytes,
    set: list,
    frozenset: list,
    deque: list,
    Mapping: dict,
    AbstractSet: list,
    ValuesView: list,
    range: list,
    Sequence: list,
    Iterator: list,
    Pairs: _refused_pairs,
    CoroutineType: _refused_coroutine,
}


def _walked(value: object) -> object:
    """The value rebuilt from what the encoder knows, iterators emptied once, NaN as None."""
    try:
        return _walk(value, (), set())
    except RecursionError:
        raise TypeError("the value is nested too deeply to be written as JSON") from None


def _walk(value: object, place: tuple[object, ...], open_ids: set[int]) -> object:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    if id(value) in open_ids:
        raise TypeError(f"{_named(value)} at {_spelled(place)} contains itself and cannot be written as JSON")
    open_ids.add(id(value))
    try:
        if isinstance(value, dict):
            return {_key(key, place): _walk(item, (*place, key), open_ids) for key, item in value.items()}
        if isinstance(value, (list, tuple, Iterator)):
            return [_walk(item, (*place, index), open_ids) for index, item in enumerate(value)]
        return _walk(_stepped(value, place), place, open_ids)
    finally:
        open_ids.discard(id(value))


def _stepped(value: object, place: tuple[object, ...]) -> object:
    try:
        return _plain(value)
    except _Unwritable as problem:
        message = problem.message or _reason(type(value))
        raise TypeError(f"{_named(value)} at {_spelled(place)} {message}") from None
    except (TypeError, ValueError) as problem:
        raise TypeError(f"{_named(value)} at {_spelled(place)} cannot be written as JSON: {problem}") from problem


def _reason(kind: type[Any]) -> str:
    if hasattr(kind, "get_figure"):
        # What plotting functions of matplotlib return: lines, bars, lists of them.
        return "is part of a figure: write plt.gcf() for the picture"
    return "cannot be written as JSON"


def _key(key: object, place: tuple[object, ...]) -> str | int | float | bool | None:
    if isinstance(key, Enum) and not isinstance(key, (str, int)):
        key = key.value
    if isinstance(key, float) and not math.isfinite(key):
        return str(key)
    if key is None or isinstance(key, (str, int, float)):
        return key
    plain = _stepped(key, place)
    if plain is None or isinstance(plain, (str, int, float)):
        return plain
    raise TypeError(f"the key {key!r} of {_spelled(place)} cannot be written as JSON: a key is a string")


def _named(value: object) -> str:
    if isinstance(value, CoroutineType):
        return f"the coroutine {value.__name__}()"
    if isinstance(value, type):
        return f"the class {value.__qualname__}"
    name = type(value).__name__
    if isinstance(value, (bytes, bytearray)):
        return f"the {name}"
    if name.startswith("URL"):
        return f"a {name}"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _spelled(place: tuple[object, ...]) -> str:
    spelled = "$"
    for part in place:
        if isinstance(part, int) and not isinstance(part, bool):
            spelled += f"[{part}]"
        elif isinstance(part, str) and part.isidentifier():
            spelled += f".{part}"
        else:
            spelled += f"[{json.dumps(str(part), ensure_ascii=False)}]"
    return spelled
