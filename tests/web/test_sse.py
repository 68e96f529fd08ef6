from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.errors import Aborted
from notebook_routes.web import ServerSentEvent, event_stream, parse_events

LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=8)
DATA = st.lists(LINE, min_size=1, max_size=3).map("\n".join)
EVENTS = st.builds(
    ServerSentEvent,
    DATA,
    event=st.none() | LINE.filter(bool),
    id=st.none() | LINE,
    retry=st.none() | st.integers(0, 10**9),
)


def parse(data, step=None):
    async def pieces():
        for at in range(0, len(data), step or max(1, len(data))):
            yield data[at : at + (step or len(data))]

    async def story():
        return [event async for event in parse_events(pieces())]

    return asyncio.run(story())


@given(st.lists(EVENTS, max_size=4), st.integers(1, 20))
def test_events_come_back_however_they_are_cut(events, step):
    assert parse(b"".join(event.encode() for event in events), step) == events


@given(st.lists(st.sampled_from(["data: a", "data", ":c", "id: 1", "", "event: e"]), max_size=12), st.integers(1, 5))
def test_line_ends_are_all_the_same(lines, step):
    texts = ["".join(f"{line}{end}" for line in lines).encode() for end in ("\n", "\r\n", "\r")]
    assert parse(texts[0]) == parse(texts[1], step) == parse(texts[2], step)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ServerSentEvent("one"), "data: one\n\n"),
        (ServerSentEvent("one\ntwo\r\nthree\rfour"), "data: one\ndata: two\ndata: three\ndata: four\n\n"),
        (ServerSentEvent(""), "data: \n\n"),
        (ServerSentEvent({"n": 1}), 'data: {"n":1}\n\n'),
        (ServerSentEvent(None), "data: null\n\n"),
        (
            ServerSentEvent("x", event="tick", id="7", retry=500, comment="hi\nthere"),
            ": hi\n: there\nevent: tick\nid: 7\nretry: 500\ndata: x\n\n",
        ),
        (ServerSentEvent(comment="only"), ": only\n\n"),
        (ServerSentEvent(retry=1), "retry: 1\n\n"),
    ],
)
def test_encoding(event, text):
    assert event.encode().decode() == text


@pytest.mark.parametrize("fields", [{"event": "a\nb"}, {"id": "a\rb"}, {"id": "a\0"}, {"retry": -1}, {"retry": 1.5}])
def test_fields_that_would_break_the_stream_are_refused(fields):
    with pytest.raises(ValueError, match=next(iter(fields))):
        ServerSentEvent("x", **fields)


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"\xef\xbb\xbfdata: a\n\n", [ServerSentEvent("a")]),
        (b"data:a\ndata:  b\n\n", [ServerSentEvent("a\n b")]),
        (b"data\n\n", [ServerSentEvent("")]),
        (b"event: e\nid: 1\n\ndata: x\n\n", [ServerSentEvent("x")]),
        (b"retry: 12x\nid: a\0\ndata: x\n\n", [ServerSentEvent("x")]),
        (b": c\n\n\n\n", []),
        (b"data: cut off\n", []),
        (b"unknown: 1\ndata: \xff\n\n", [ServerSentEvent("\ufffd")]),
    ],
)
def test_reading_as_a_browser_does(data, events):
    assert parse(data) == events


def body_of(response):
    return asyncio.run(response.text())


def test_a_response_of_events():
    async def source():
        yield ServerSentEvent("a", event="e")
        yield {"data": {"n": 1}, "id": "1"}
        yield {"n": 2}
        yield {"data": 1, "other": 2}
        yield "text"
        yield [1]

    response = event_stream(source())
    assert dict(response.headers.items()) == {
        "content-type": "text/event-stream",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
    }
    assert body_of(response) == (
        'event: e\ndata: a\n\nid: 1\ndata: {"n":1}\n\ndata: {"n":2}\n\ndata: {"data":1,"other":2}\n\n'
        "data: text\n\ndata: [1]\n\n"
    )


def test_sync_sources_and_no_heartbeat():
    assert body_of(event_stream(iter(["a", "b"]))) == "data: a\n\ndata: b\n\n"
    assert body_of(event_stream(["a"], heartbeat=None)) == "data: a\n\n"


def test_a_heartbeat_is_sent_while_nothing_comes():
    async def story():
        gate = asyncio.Event()

        async def source():
            yield "first"
            await gate.wait()
            yield "second"

        async with aclosing(aiter(event_stream(source(), heartbeat=0.005).body)) as chunks:
            assert await anext(chunks) == b"data: first\n\n"
            assert await anext(chunks) == b":\n\n"
            assert await anext(chunks) == b":\n\n"
            gate.set()
            assert b"second" in [await anext(chunks), *[chunk async for chunk in chunks]][-1]

    asyncio.run(story())


def test_nothing_runs_ahead_and_leaving_closes_the_source():
    async def story():
        steps = []

        async def source():
            try:
                # One task takes all steps, or this would raise.
                async with asyncio.timeout(60):
                    for number in range(5):
                        steps.append(number)
                        yield number
            finally:
                steps.append("closed")

        async with aclosing(aiter(event_stream(source()).body)) as chunks:
            await anext(chunks)
            await asyncio.sleep(0)
            assert steps == [0]
            await anext(chunks)
        assert steps == [0, 1, "closed"]

    asyncio.run(story())


def test_an_error_in_the_source_reaches_the_reader():
    async def source():
        yield 1
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        body_of(event_stream(source()))


def test_a_source_that_is_cancelled_from_within_ends_the_stream_with_an_error():
    async def source():
        yield 1
        raise asyncio.CancelledError

    with pytest.raises(Aborted, match="cancelled"):
        body_of(event_stream(source(), heartbeat=0.01))


def test_the_steps_of_a_sync_source_can_be_taken_elsewhere():
    async def elsewhere(steps):
        for step in steps:
            yield step + b": moved\n\n"

    response = event_stream(iter(["a"]))
    assert response.body.step_with(elsewhere)
    assert body_of(response) == "data: a\n\n: moved\n\n"


@pytest.mark.parametrize("source", ["text", b"x", {"data": 1}, 5, None])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(TypeError, match="iterable of events"):
        event_stream(source)


@pytest.mark.parametrize("heartbeat", [0, -1, float("nan")])
def test_a_heartbeat_is_above_zero(heartbeat):
    with pytest.raises(ValueError, match="above 0"):
        event_stream([], heartbeat=heartbeat)
