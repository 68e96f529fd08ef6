"""One stream; what runs and clients make of it is in test_response_cache.py."""

from __future__ import annotations

import asyncio

import pytest

from notebook_routes.cache.recording import Recording


async def pieces(*chunks):
    for chunk in chunks:
        yield chunk


def run(story):
    return asyncio.run(asyncio.wait_for(story, 20))


def test_runs_ahead_of_its_reader_and_is_read_to_the_end():
    async def story():
        recording, left = Recording(100, lambda: True), []
        stream = recording.stream(lambda: left.append(1))
        assert await recording.run(pieces(b"one ", b"two")) == b"one two"
        assert await stream.collect() == b"one two"
        assert not left

    run(story())


@pytest.mark.parametrize(("limit", "keeps", "kept"), [(6, True, b"123456"), (5, True, None), (6, False, None)])
def test_what_is_too_large_or_may_not_be_kept_is_not(limit, keeps, kept):
    async def story():
        recording = Recording(limit, lambda: keeps)
        reading = asyncio.create_task(recording.stream(lambda: None).collect())
        assert await recording.run(pieces(b"123", b"456")) == kept
        assert recording.is_kept is (kept is not None)
        assert await reading == b"123456"

    run(story())


def test_what_is_no_longer_kept_ends_when_nobody_reads():
    async def story():
        recording = Recording(0, lambda: True)
        running = asyncio.create_task(recording.run(pieces(b"1", b"2", b"3")))
        await asyncio.sleep(0)
        recording.leave()
        assert await running is None

    run(story())


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(1), asyncio.CancelledError()], ids=repr)
def test_what_breaks_it_off_is_the_reader_s_after_what_was_there(error):
    async def broken():
        yield b"half"
        raise error

    async def story():
        recording = Recording(100, lambda: True)
        reader = recording.stream(lambda: None).get_reader()
        assert await recording.run(broken()) is None
        assert recording.error is error
        assert await reader.read() == (b"half", False)
        try:
            await reader.read()
        except BaseException as raised:  # noqa: BLE001 - a loop would end with some of them
            return raised

    assert run(story()) is error


def test_being_cancelled_it_closes_what_it_takes():
    closed = []

    async def endless():
        try:
            yield b"1"
            await asyncio.Event().wait()
        finally:
            closed.append(1)

    async def story():
        recording = Recording(100, lambda: True)
        running = asyncio.create_task(recording.run(endless()))
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    run(story())
    assert closed == [1]


@pytest.mark.parametrize("how", ["cancel", "drop", "end"])
def test_a_reader_that_leaves_before_the_end_is_told_of(how):
    async def story():
        recording, left = Recording(100, lambda: True), []
        stream = recording.stream(lambda: left.append(1))
        if how == "cancel":
            await stream.cancel()
        elif how == "end":
            await recording.run(pieces(b"1"))
            await stream.collect()
        del stream
        await asyncio.sleep(0)
        return left

    assert run(story()) == ([] if how == "end" else [1])
