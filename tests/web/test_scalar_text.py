from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.web import Blob, File, FormData, ReadableStream, Response, ServerSentEvent
from notebook_routes.web.scalar_text import utf8


@given(st.text())
def test_text_is_written_as_it_is(text):
    assert utf8(text) == text.encode()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\ud800", "a\ufffd"),
        ("\udc80b", "\ufffdb"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ud800é", "\ufffdé"),
    ],
)
def test_halves_of_a_character_are_replaced_or_joined(text, written):
    assert utf8(text).decode() == written


async def one(stream):
    return b"".join([chunk async for chunk in stream])


@pytest.mark.parametrize(
    "write",
    [
        lambda text: Response(text).content,
        lambda text: Blob([text]).content,
        lambda text: asyncio.run(one(ReadableStream([text]))),
        lambda text: ServerSentEvent(text).encode(),
        lambda text: FormData({"a": text}).encode("B")[0],
        lambda text: FormData({text: "a"}).encode("B")[0],
        lambda text: FormData({"a": File(["x"], text)}).encode("B")[0],
    ],
)
def test_all_that_writes_text_does_so(write):
    assert "caf\ufffd".encode() in write("caf\udce9")
