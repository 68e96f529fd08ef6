from __future__ import annotations

import dataclasses
import enum
import ipaddress
import json
import math
import sqlite3
import threading
import typing
import uuid
from collections import OrderedDict, deque
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from types import MappingProxyType

import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from notebook_routes.web import URL, Cookie, FormData, URLSearchParams, json_bytes

SCALARS = st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
ZONES = st.none() | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(VALUES)
def test_what_json_knows_comes_back(value):
    assert json.loads(json_bytes(value)) == value


@given(
    st.datetimes(timezones=ZONES)
    | st.dates()
    | st.times()
    | st.uuids()
    | st.decimals(allow_nan=False)
    | st.timedeltas(min_value=timedelta(days=-5000), max_value=timedelta(days=5000))
)
def test_scalars_are_written_as_pydantic_writes_them(value):
    assert json_bytes(value) == to_json(value)


class Colour(enum.Enum):
    RED = "red"
    PAIR = (1, 2)


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass(frozen=True)
class Point:
    x: float
    tag: set[str]


class Lamp(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(populate_by_name=True)
    price: Decimal = pydantic.Field(alias="unitPrice")
    at: datetime


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "é": "✓"}, '{"a":1,"é":"✓"}'),
        ([math.nan, math.inf, -math.inf, 1.5], "[null,null,null,1.5]"),
        (datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), '"2030-01-02T03:04:05Z"'),
        (datetime(2030, 1, 2, 3, 4, 5), '"2030-01-02T03:04:05"'),  # noqa: DTZ001 - naive on purpose
        (date(2030, 1, 2), '"2030-01-02"'),
        (time(1, 2), '"01:02:00"'),
        (timedelta(days=1, seconds=1.5), '"P1DT1.5S"'),
        (timedelta(seconds=-1), '"-PT1S"'),
        (timedelta(), '"PT0S"'),
        (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Decimal("1.50"), '"1.50"'),
        (Colour.RED, '"red"'),
        (Colour.PAIR, "[1,2]"),
        (Level.HIGH, "3"),
        (PurePosixPath("/a/b"), '"/a/b"'),
        (b"caf\xc3\xa9", '"café"'),
        (bytearray(b"x"), '"x"'),
        ({1}, "[1]"),
        (frozenset({2}), "[2]"),
        ((1, (2,)), "[1,[2]]"),
        (deque([1]), "[1]"),
        (range(3), "[0,1,2]"),
        ({"a": 1}.values(), "[1]"),
        ({"a": 1}.keys(), '["a"]'),
        ((n * n for n in range(3)), "[0,1,4]"),
        (iter([1, math.nan]), "[1,null]"),
        (OrderedDict(a=1), '{"a":1}'),
        (MappingProxyType({"a": {1}}), '{"a":[1]}'),
        (Point(1.0, {"t"}), '{"x":1.0,"tag":["t"]}'),
        (
            Lamp(unitPrice=Decimal("9.99"), at=datetime(2030, 1, 1, tzinfo=UTC)),
            '{"unitPrice":"9.99","at":"2030-01-01T00:00:00Z"}',
        ),
        (ipaddress.ip_address("::1"), '"::1"'),
        (URL("http://x/é"), '"http://x/%C3%A9"'),
        (Cookie(name="a", value="1", path="/"), '{"name":"a","value":"1","path":"/"}'),
        ("\ud800", r'"\ud800"'),
        (pydantic.HttpUrl("http://x/a"), '"http://x/a"'),
        ({"to": pydantic.PostgresDsn("postgres://a/b")}, '{"to":"postgres://a/b"}'),
        ([pydantic.SecretStr("hidden")], '["**********"]'),
    ],
)
def test_values_beyond_json(value, text):
    assert json_bytes(value).decode() == text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (1, "1"),
        (1.5, "1.5"),
        (True, "true"),
        (None, "null"),
        (Level.HIGH, "3"),
        (Colour.RED, "red"),
        (date(2030, 1, 2), "2030-01-02"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.5"), "1.5"),
        (np.int64(7), "7"),
    ],
)
def test_keys_become_strings(key, text):
    assert json_bytes({key: 0}).decode() == f'{{"{text}":0}}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(1.5), "1.5"),
        (np.int32(4), "4"),
        (np.bool_(1), "true"),
        (np.array([[1, 2], [3, 4]]), "[[1,2],[3,4]]"),
        (np.array([1.0, np.nan]), "[1.0,null]"),
        (np.datetime64("2030-01-02T03:04:05", "ns"), '"2030-01-02T03:04:05"'),
        (np.array(["2030-01-02", "NaT"], dtype="datetime64[ns]"), '["2030-01-02T00:00:00",null]'),
        (pd.Timestamp("2030-01-02", tz="UTC"), '"2030-01-02T00:00:00Z"'),
        (pd.NaT, "null"),
        (pd.NA, "null"),
        (pd.Series([1, 2]), "[1,2]"),
        (pd.Series(pd.to_datetime(["2030-01-02"])), '["2030-01-02T00:00:00"]'),
        (pd.Series(pd.to_datetime(["2030-01-02", None], utc=True)), '["2030-01-02T00:00:00Z",null]'),
        (pd.Series(pd.to_timedelta([1], unit="s")), '["PT1S"]'),
        (np.timedelta64(1, "s"), '"PT1S"'),
        (pd.Index(["a"]), '["a"]'),
        (pd.Period("2030-01"), '"2030-01"'),
        (pd.Series([pd.Interval(0, 5)]), '["(0, 5]"]'),
        (pd.DataFrame({"a": [1, 2], "b": [0.5, None]}), '[{"a":1,"b":0.5},{"a":2,"b":null}]'),
    ],
)
def test_numpy_and_pandas(value, text):
    assert json_bytes(value).decode() == text
    assert json_bytes({"deep": [value, math.nan]}).decode() == f'{{"deep":[{text},null]}}'


def test_a_row_of_sqlite_has_names():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("select 1 as id, 'Lamp' as name").fetchall()
    assert json_bytes({"rows": rows}) == b'{"rows":[{"id":1,"name":"Lamp"}]}'


def test_an_iterator_is_emptied_once_even_where_something_else_fails_later():
    assert json_bytes({"rows": (n for n in range(3)), "x": math.nan}) == b'{"rows":[0,1,2],"x":null}'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"user": {"lock": threading.Lock()}}, r"^a lock at \$\.user\.lock cannot be written as JSON$"),
        ([0, [object()]], r"^an object at \$\[1\]\[0\] cannot"),
        ({"a-b": {3: object}}, r"^the class object at \$\[\"a-b\"\]\[3\] cannot"),
        (threading.Lock(), r"^a lock at \$ cannot"),
        ({"raw": b"\xff"}, r"^the bytes at \$\.raw are not UTF-8 text: write base64"),
        ({(1, 2): 0}, r"key \(1, 2\) of \$"),
        ({"e": ValueError("x")}, r"a ValueError at \$\.e"),
        ({"query": URLSearchParams("a=1")}, r"^a URLSearchParams at \$\.query may have .* write dict\(\.\.\.\)"),
        (FormData(), r"^a FormData at \$ may have a name twice"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place(value, message):
    with pytest.raises(TypeError, match=message):
        json_bytes(value)


def test_a_cycle_is_named():
    loop: dict[str, object] = {"a": {}}
    loop["a"] = [loop]
    with pytest.raises(TypeError, match=r"a dict at \$\.a\[0\] contains itself"):
        json_bytes(loop)


def test_the_same_value_twice_is_no_cycle():
    shared = {1}
    assert json_bytes({"a": shared, "b": [shared, shared], "n": math.nan}) == b'{"a":[1],"b":[[1],[1]],"n":null}'


def test_a_forgotten_await_is_named():
    async def load_user():
        return 1

    with pytest.raises(
        TypeError, match=r"coroutine .*load_user\(\) at \$\.user was not awaited: write await .*load_user"
    ):
        json_bytes({"user": load_user()})


def test_too_deep_is_said():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(TypeError, match="nested too deeply"):
        json_bytes(deep)
    while deep:  # freed step by step: older interpreters recurse here
        deep = deep.pop()


def test_a_model_that_fails_is_named_with_its_place():
    class Odd(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        lock: object

    with pytest.raises(TypeError, match=r"an Odd at \$\[0\] cannot be written as JSON: .*lock"):
        json_bytes([Odd(lock=threading.Lock())])


class Price(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(ser_json_inf_nan="constants", extra="allow")
    amount: float
    currency: str = "EUR"


def test_a_model_is_written_alone_as_it_is_within_a_list():
    for model in (
        Price(amount=1.5),
        Price(amount=float("nan")),
        Price(amount=float("inf"), note="NaN"),
        Price(amount=1),
    ):
        assert json_bytes([model]) == b"[%s]" % json_bytes(model)
    assert json_bytes(Price(amount=float("nan"), currency="NaN")) == b'{"amount":null,"currency":"NaN"}'


def test_an_iterator_in_a_model_is_asked_once():
    class Row(pydantic.BaseModel):
        amounts: typing.Iterable[float]

        model_config = pydantic.ConfigDict(ser_json_inf_nan="constants")

    assert json_bytes(Row(amounts=iter([1, float("nan"), 2]))) == b'{"amounts":[1.0,null,2.0]}'


def test_a_model_that_writes_itself_is_heard():
    class Own(Price):
        def model_dump(self, **options):
            return {"cents": int(self.amount * 100)}

    assert json_bytes(Own(amount=1.5)) == b'{"cents":150}'


def test_a_lone_surrogate_in_a_model_is_escaped():
    assert json_bytes(Price.model_construct(amount=1.0, currency="\ud800")) == b'{"amount":1.0,"currency":"\\ud800"}'
