import asyncio
import collections
import itertools
import math
import threading
import typing
from collections import Counter, OrderedDict, deque, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from http import HTTPStatus
from pathlib import PurePosixPath
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from pydantic import BaseModel, Field, RootModel

from notebook_routes.errors import AnswerError
from notebook_routes.runtime.negotiate import is_stream, looks_like_markup, stream_encoding, to_response
from notebook_routes.web import Blob, File, ReadableStream, Request, Response, ServerSentEvent

TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
JSON = "application/json"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


@dataclass
class Lamp:
    name: str
    colour: Colour = Colour.RED


class Shade(BaseModel):
    price: int = Field(serialization_alias="cost")


class Table(Lamp):
    def _repr_html_(self):
        return f"<b>{self.name}"


class Names(RootModel[list[str]]): ...


class Place(typing.NamedTuple):
    name: str
    number: int


def answered(value, accept=None):
    return to_response(value, Request("http://127.0.0.1/x", headers={"accept": accept} if accept else None))


def body(response):
    return asyncio.run(response.bytes())


@pytest.mark.parametrize(
    ("value", "kind", "content"),
    [
        ({"a": 1}, JSON, '{"a":1}'),
        ({}, JSON, "{}"),
        ({1: Level.LOW, Colour.RED: None}, JSON, '{"1":1,"red":null}'),
        ([], JSON, "[]"),
        ([1, [2.5, "ä"]], JSON, '[1,[2.5,"ä"]]'),
        ((), JSON, "[]"),
        ((1, 2), JSON, "[1,2]"),
        ((404, "x"), JSON, '[404,"x"]'),
        ({3}, JSON, "[3]"),
        (frozenset(["a"]), JSON, '["a"]'),
        (0, JSON, "0"),
        (1.5, JSON, "1.5"),
        (math.nan, JSON, "null"),
        (True, JSON, "true"),
        (False, JSON, "false"),
        (10**30, JSON, "1" + "0" * 30),
        (Lamp("L"), JSON, '{"name":"L","colour":"red"}'),
        (Shade(price=3), JSON, '{"cost":3}'),
        (Names(["a"]), JSON, '["a"]'),
        ([Lamp("L")], JSON, '[{"name":"L","colour":"red"}]'),
        (Place("a", 300), JSON, '["a",300]'),
        (namedtuple("Row", "a b")("x", 404), JSON, '["x",404]'),  # noqa: PYI024 - as users write it
        (Level.LOW, JSON, "1"),
        (Colour.RED, JSON, '"red"'),
        (Decimal("1.10"), JSON, '"1.10"'),
        (datetime(2030, 1, 2, tzinfo=UTC), JSON, '"2030-01-02T00:00:00Z"'),
        (date(2030, 1, 2), JSON, '"2030-01-02"'),
        (UUID(int=1), JSON, '"00000000-0000-0000-0000-000000000001"'),
        (PurePosixPath("a/b"), JSON, '"a/b"'),
        (range(3), JSON, "[0,1,2]"),
        (deque([1]), JSON, "[1]"),
        (Counter("aa"), JSON, '{"a":2}'),
        (OrderedDict(a=1), JSON, '{"a":1}'),
        (collections.defaultdict(list, a=[1]), JSON, '{"a":[1]}'),
        ({"a": 1}.keys(), JSON, '["a"]'),
        ({"a": 1}.values(), JSON, "[1]"),
        ({"a": 1}.items(), JSON, '[["a",1]]'),
        ({"a": (x for x in "bc")}, JSON, '{"a":["b","c"]}'),
        (np.int64(3), JSON, "3"),
        (np.float32(0.5), JSON, "0.5"),
        (np.float64("nan"), JSON, "null"),
        (np.bool_(True), JSON, "true"),
        (np.arange(4).reshape(2, 2), JSON, "[[0,1],[2,3]]"),
        (np.array(7), JSON, "7"),
        ({"a": np.array([1.5])}, JSON, '{"a":[1.5]}'),
        (pd.DataFrame({"a": [1]}), JSON, '[{"a":1}]'),
        (pd.Series(["x"]), JSON, '["x"]'),
        (pd.Timestamp("2030-01-02"), JSON, '"2030-01-02T00:00:00"'),
        ("", TEXT, ""),
        ("ä <b>", TEXT, "ä <b>"),
        (type("Name", (str,), {})("a"), TEXT, "a"),
        (b"\x00", BINARY, "\x00"),
        (bytearray(b"a"), BINARY, "a"),
        (memoryview(b"a"), BINARY, "a"),
        (Blob(b"a"), BINARY, "a"),
        (File(["a"], "a.css", type="text/css"), "text/css", "a"),
        ("caf\udce9", TEXT, "caf\ufffd"),
    ],
)
def test_a_value_is_an_answer(value, kind, content):
    response = answered(value)
    assert (response.status, response.headers.get("content-type")) == (200, kind)
    assert body(response).decode() == content
    # What the client accepts changes nothing about these.
    if not isinstance(value, pd.DataFrame | pd.Series):
        assert answered(value, "image/png").status == 200


def test_none_is_no_content():
    response = answered(None)
    assert (response.status, response.headers.get("content-type"), response.body) == (204, None, None)


def test_a_response_is_itself():
    response = Response("a", status=201)
    assert answered(response) is response


# -- by what the client accepts


class Shown:
    def _repr_png_(self):
        return b"\x89PNG"

    def _repr_html_(self):
        return "<b>ä"


@pytest.mark.parametrize(
    ("accept", "kind", "content"),
    [
        (None, "image/png", b"\x89PNG"),
        ("*/*", "image/png", b"\x89PNG"),
        ("text/html", "text/html; charset=utf-8", "<b>ä".encode()),
        ("text/html, image/png;q=0.9", "text/html; charset=utf-8", "<b>ä".encode()),
        ("text/html;q=0.1, image/*;q=0.2", "image/png", b"\x89PNG"),
    ],
)
def test_what_a_cell_could_show_is_negotiated(accept, kind, content):
    response = answered(Shown(), accept)
    assert (response.headers.get("content-type"), body(response)) == (kind, content)
    assert response.headers.get("vary") == "Accept"


def test_nothing_acceptable_is_a_406_that_says_what_there_is():
    response = answered(Shown(), "text/csv, image/png;q=0")
    assert response.status == 406
    assert response.headers.get("vary") == "Accept"
    assert body(response).decode() == "This resource comes as image/png, text/html\n"


def test_a_look_that_is_not_there_after_all_is_passed_over():
    class Picture(Shown):
        def _repr_png_(self):
            return None

    class Nothing:
        def _repr_html_(self):
            return None

    assert body(answered(Picture())) == "<b>ä".encode()
    assert body(answered(Picture(), "image/png")).decode() == "This resource comes as text/html\n"
    with pytest.raises(AnswerError, match="a Nothing at"):
        answered(Nothing())


def test_a_record_with_a_look_is_json_unless_the_look_is_preferred():
    assert body(answered(Table("L"))) == b'{"name":"L","colour":"red"}'
    assert body(answered(Table("L"), "text/html, */*;q=0.8")) == b"<b>L"


def test_a_table_by_accept():
    frame = pd.DataFrame({"a": [1]})
    for accept, kind in [("text/csv", "text/csv; charset=utf-8"), ("text/html", "text/html; charset=utf-8")]:
        assert answered(frame, accept).headers.get("content-type") == kind
    assert answered(frame, "image/png").status == 406


# -- what is no answer


async def load():
    return 1


class Module: ...


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), r"a.* object at \$ cannot be written as JSON; write what of it the client should get: a dict"),
        (threading.Lock(), r"a lock at \$ cannot be written as JSON; write what of it the client should get"),
        ({"a": [threading.Lock()]}, r"a lock at \$\.a\[0\] cannot be written as JSON; write what of it"),
        ([1, object()], r"an object at \$\[1\]"),
        (Fraction(1, 2), r"a Fraction at \$ cannot be written"),
        (1j, r"a complex at \$ cannot be written"),
        (Module, r"the answer is the class Module: write Module\(\.\.\.\) for one of its objects"),
        (math, r"the answer is the module math: write what of it the client should get"),
        (load, r"the answer is the function load: write load\(\.\.\.\)"),
        (len, r"the answer is the function len: write len\(\.\.\.\)"),
        (lambda: 0, r"the answer is the lambda: call it"),
        ({"a": b"\xff"}, r"the bytes at \$\.a are not UTF-8 text: write base64"),
        ({(1, 2): 3}, r"the key \(1, 2\) of \$ cannot be written as JSON: a key is a string"),
        ({"a": ...}, r"an ellipsis at \$\.a"),
        (
            Figure().subplots().plot([1, 2]),
            r"a Line2D at \$\[0\] is part of a figure: write plt.gcf\(\) for the picture",
        ),
        (plt, r"the answer is the module matplotlib.pyplot: write plt.gcf\(\) for the picture"),
    ],
)
def test_what_cannot_be_written_says_the_place_and_the_fix(value, said):
    with pytest.raises(AnswerError, match=said):
        answered(value)


def test_what_contains_itself_is_said():
    value = []
    value.append(value)
    with pytest.raises(AnswerError, match="contains itself"):
        answered(value)


def test_a_missing_await_is_said():
    with pytest.raises(AnswerError, match=r"a coroutine that nobody awaited: write `await load\(\.\.\.\)`"):
        answered(load())
    with pytest.raises(
        AnswerError, match=r"the coroutine load\(\) at \$\.user\[0\] was not awaited: write await load\("
    ):
        answered({"user": [load()]})

    request = Request("http://localhost/", method="POST", body="x")
    for waits, fix in [
        (request.json, r"request\.json"),
        (request.text, r"request\.text"),
        (Response("x").json, r"response\.json"),
    ]:
        with pytest.raises(AnswerError, match=rf"write `await {fix}\(\.\.\.\)`"):
            answered(waits())

    async def story():
        task = asyncio.create_task(load())
        with pytest.raises(AnswerError, match=r"the answer is a Task that nobody awaited: write `await` before it"):
            answered(task)
        await task

    asyncio.run(story())


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (({"error": "no lamp"}, 404), r"write Response\.json\(value, status=404\)"),
        (("no lamp", 404), r"write Response\(value, status=404\)"),
        ((b"", 500), r"write Response\(value, status=500\)"),
        (([], 201, {"x-a": "1"}), r"write Response\.json\(value, status=201\)"),
        (({}, HTTPStatus.NOT_FOUND), r"\(value, 404\) would not set the status"),
        ((None, 204), r"write Response\(\.\.\., status=204\)"),
        ((Response("a"), 404), r"write Response\(\.\.\., status=404\)"),
    ],
)
def test_a_status_beside_the_value_is_refused(value, fix):
    with pytest.raises(AnswerError, match=fix) as refused:
        answered(value)
    assert "if a list is meant, write [value, " in str(refused.value)


@pytest.mark.parametrize(
    "value", [("a", 99), ("a", 600), ("a", True), ("a", "404"), (1, 404), ("a", 404, "b"), ("a",), ("a", 1.5)]
)
def test_other_tuples_are_lists(value):
    assert answered(value).headers.get("content-type") == JSON


# -- streams


@pytest.mark.parametrize(
    "value",
    [
        (x for x in "a"),
        iter([]),
        map(str, [1]),
        filter(None, [1]),
        zip([1], [2], strict=True),
        enumerate("a"),
        reversed([1]),
        itertools.count(),
        ReadableStream(["a"]),
    ],
)
def test_what_comes_in_pieces_is_a_stream(value):
    assert is_stream(value)


def test_async_sources_are_streams():
    async def steps():
        yield 1

    class Source:
        def __aiter__(self):
            return steps()

    assert is_stream(steps())
    assert is_stream(Source())


@pytest.mark.parametrize("value", [[], {}, (), "a", b"a", None, 1, range(3), {}.keys(), Response("a"), Lamp("L")])
def test_what_is_whole_is_no_stream(value):
    assert not is_stream(value)


@pytest.mark.parametrize(
    ("first", "kind", "chunks"),
    [
        ("a", TEXT, {"ä": "ä", b"b": "b", 1: "1\n", None: "null\n"}),
        (b"a", BINARY, {"ä": "ä", b"\x00": "\x00"}),
        (bytearray(b"a"), BINARY, {}),
        ({"n": 1}, LINES, {1.5: "1.5\n", (1, 2): "[1,2]\n", "as it is": "as it is"}),
        (None, LINES, {}),
        (ServerSentEvent("x"), EVENTS, {ServerSentEvent(1, event="e"): "event: e\ndata: 1\n\n", "t": "data: t\n\n"}),
    ],
)
def test_the_first_chunk_decides_how_a_stream_is_written(first, kind, chunks):
    found, encode = stream_encoding(first)
    assert found == kind
    for value, written in chunks.items():
        assert encode(value).decode() == written


def test_an_event_in_another_stream_is_written_as_one():
    assert stream_encoding("a")[1](ServerSentEvent("x")) == b"data: x\n\n"


def test_a_value_that_no_stream_can_hold_is_said():
    with pytest.raises(AnswerError, match=r"a lock at \$"):
        stream_encoding(1)[1](threading.Lock())


@pytest.mark.parametrize("text", ["<h1>", "\n  <!doctype html>", "<", b"<?xml"])
def test_text_that_looks_like_a_page(text):
    assert looks_like_markup(text)


@pytest.mark.parametrize("text", ["", "a < b", " a<b>", "{}", 1, None, b"a<"])
def test_text_that_does_not(text):
    assert not looks_like_markup(text)


class Open(BaseModel):
    model_config = {"extra": "allow"}


def test_what_a_client_put_into_a_model_is_data():
    """Of a model that takes any field, some may be called as what a table or a figure has."""
    content = b'{"to_dict":1,"to_csv":2,"savefig":3}'
    assert answered(Open.model_validate_json(content)).content == content


def test_a_record_may_be_given_its_look_later():
    lamp = Lamp("L")
    assert answered(lamp).headers.get("vary") is None
    lamp._repr_html_ = lambda: "<b>L</b>"
    shown = answered(lamp, "text/html")
    assert (shown.headers["content-type"], shown.content) == ("text/html; charset=utf-8", b"<b>L</b>")


def test_a_record_that_makes_up_attributes_is_asked_for_them():
    @dataclass
    class Proxy:
        value: int

        def __getattr__(self, name):
            if name == "_repr_html_":
                return lambda: f"<b>{self.value}</b>"
            raise AttributeError(name)

    shown = answered(Proxy(1), "text/html")
    assert shown.content == b"<b>1</b>"
