from __future__ import annotations

import asyncio

import numpy as np
import pandas as pd
import pydantic
import pytest

from notebook_routes.errors import BodyUsed
from notebook_routes.web import Blob, File, FormData, ReadableStream, URLSearchParams
from notebook_routes.web.content import content_of


def take(body):
    return content_of(body, owner="Response", json_form="Response.json(...)")


@pytest.mark.parametrize(
    ("body", "data", "content_type"),
    [
        ("é", "é".encode(), "text/plain;charset=UTF-8"),
        ("", b"", "text/plain;charset=UTF-8"),
        (b"x", b"x", None),
        (bytearray(b"x"), b"x", None),
        (memoryview(b"x"), b"x", None),
        (Blob(["<b>"], type="text/html"), b"<b>", "text/html"),
        (Blob(["x"]), b"x", None),
        (File(["x"], "a", type="a/b"), b"x", "a/b"),
        (URLSearchParams("a=1&b=x+y"), b"a=1&b=x+y", "application/x-www-form-urlencoded;charset=UTF-8"),
    ],
)
def test_bodies_that_are_known(body, data, content_type):
    assert take(body) == (data, None, content_type)


def test_a_form_is_multipart_with_a_fresh_boundary():
    data, _, content_type = take(FormData({"a": "1"}))
    kind, _, boundary = content_type.partition("; boundary=")
    assert kind == "multipart/form-data"
    assert boundary.encode() in data


class Twice:
    def __iter__(self):
        return iter("ab")


@pytest.mark.parametrize("make", [lambda: iter(["a", b"b"]), lambda: (c for c in "ab"), Twice])
def test_iterators_are_streams(make):
    data, stream, content_type = take(make())
    assert (data, content_type) == (None, None)
    assert asyncio.run(stream.collect()) == b"ab"


def test_an_async_generator_is_a_stream():
    async def source():
        yield "ab"

    assert asyncio.run(take(source()).stream.collect()) == b"ab"


class Model(pydantic.BaseModel):
    a: int


@pytest.mark.parametrize(
    "body",
    [
        {"a": 1}, [1], ["a"], (1,), {1}, range(2), 5, 1.5, True, object(), Model(a=1),
        np.zeros(2), pd.DataFrame({"a": [1]}), pd.Series([1]),
    ],
)  # fmt: skip
def test_values_are_pointed_to_json(body):
    with pytest.raises(TypeError, match=rf"Response takes .*, not {type(body).__name__}: use Response\.json\(\.\.\.\)"):
        take(body)


def test_a_path_is_pointed_to_its_bytes(tmp_path):
    with pytest.raises(TypeError, match="read_bytes"):
        take(tmp_path)


def test_a_forgotten_await_is_named():
    async def render():
        return "x"

    with pytest.raises(TypeError, match=r"coroutine: write await .*render\(\.\.\.\)"):
        take(render())


def test_a_stream_that_was_read_or_is_held_is_refused():
    read, held = ReadableStream(["a"]), ReadableStream(["a"])
    asyncio.run(read.collect())
    held.get_reader()
    for stream in (read, held):
        with pytest.raises(BodyUsed, match="given to Response"):
            take(stream)
