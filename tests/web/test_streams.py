from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing

import pytest

from notebook_routes.errors import BodyUsed
from notebook_routes.web import ReadableStream


def run(coroutine):
    return asyncio.run(coroutine)


async def chunks_of(stream):
    return [chunk async for chunk in stream]


class Counted:
    """An async source that says how far it went and how it ended."""

    def __init__(self, total=5):
        self.total = total
        self.given = 0
        self.closed = False

    async def __call__(self):
        try:
            for number in range(self.total):
                self.given += 1
                yield str(number)
        finally:
            self.closed = True


@pytest.mark.parametrize(
    ("source", "chunks"),
    [
        ("one", [b"one"]),
        (b"one", [b"one"]),
        (["a", b"b", bytearray(b"c"), memoryview(b"d")], [b"a", b"b", b"c", b"d"]),
        (iter(["é", "", b""]), ["é".encode()]),
        (None, []),
        ((), []),
    ],
)
def test_pieces_are_bytes_and_never_empty(source, chunks):
    assert run(chunks_of(ReadableStream(source))) == chunks


def test_an_async_source_is_pulled_one_by_one():
    async def story():
        source = Counted()
        stream = ReadableStream(source())
        assert source.given == 0
        assert not stream.disturbed
        async with aclosing(aiter(stream)) as chunks:
            assert await anext(chunks) == b"0"
            assert source.given == 1
            assert stream.locked
            assert stream.disturbed
            assert await anext(chunks) == b"1"
            assert source.given == 2
        assert source.closed
        assert not stream.locked

    run(story())


def test_closing_early_closes_a_sync_generator():
    closed = []

    def source():
        try:
            yield "a"
            yield "b"
        finally:
            closed.append(True)

    async def story():
        async with aclosing(aiter(ReadableStream(source()))) as chunks:
            await anext(chunks)

    run(story())
    assert closed == [True]


def test_breaking_off_a_loop_closes_the_source_too():
    async def story():
        source = Counted()
        async for _ in ReadableStream(source()):
            break
        for _ in range(5):  # the interpreter hands the closing to the loop
            await asyncio.sleep(0)
        assert source.closed

    run(story())


def test_an_error_in_the_source_reaches_the_reader():
    async def source():
        yield "a"
        raise LookupError("gone")

    async def story():
        chunks = aiter(ReadableStream(source()))
        assert await anext(chunks) == b"a"
        with pytest.raises(LookupError, match="gone"):
            await anext(chunks)

    run(story())


def test_cancelling_the_reader_runs_finally_in_the_source():
    async def story():
        source = Counted()
        entered = asyncio.Event()

        async def slow():
            async with aclosing(source()) as numbers:
                async for number in numbers:
                    entered.set()
                    yield number
                    await asyncio.Event().wait()

        task = asyncio.create_task(chunks_of(ReadableStream(slow())))
        await entered.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert source.closed

    run(story())


@pytest.mark.parametrize("chunk", [1, {"a": 1}, None])
def test_other_pieces_are_refused_with_the_fix(chunk):
    with pytest.raises(TypeError, match=r"str or bytes, not .*json_bytes"):
        run(chunks_of(ReadableStream([chunk])))


def test_what_is_no_source_is_refused():
    for source in (5, {"a": 1}):
        with pytest.raises(TypeError, match=f"not {type(source).__name__}"):
            ReadableStream(source)
    with pytest.raises(TypeError, match="not both"):
        ReadableStream("x", pull=lambda controller: None)


def test_one_reader_at_a_time():
    async def story():
        stream = ReadableStream(["a", "b"])
        reader = stream.get_reader()
        for claim in (stream.get_reader, stream.tee):
            with pytest.raises(BodyUsed, match="reader already"):
                claim()
        for claim in (stream.collect, stream.cancel):
            with pytest.raises(BodyUsed, match="reader already"):
                await claim()
        assert await reader.read() == (b"a", False)
        reader.release_lock()
        assert await chunks_of(stream) == [b"b"]
        with pytest.raises(BodyUsed, match="released"):
            await reader.read()

    run(story())


def test_a_reader_ends_with_done():
    async def story():
        reader = ReadableStream(["a"]).get_reader()
        assert [await reader.read() for _ in range(3)] == [(b"a", False), (None, True), (None, True)]

    run(story())


def test_cancel_closes_the_source_and_tells_why():
    async def story():
        reasons = []
        source = Counted()
        stream = ReadableStream(source(), cancel=reasons.append)
        reader = stream.get_reader()
        await reader.read()
        await reader.cancel("enough")
        assert (source.closed, reasons) == (True, ["enough"])
        assert await reader.read() == (None, True)
        reader.release_lock()
        await stream.cancel("again")
        assert reasons == ["enough"]

    run(story())


def test_cancelling_an_unread_stream_never_starts_its_source():
    async def story():
        source = Counted()
        stream = ReadableStream(source())
        await stream.cancel()
        assert source.given == 0
        assert await chunks_of(stream) == []

    run(story())


def test_collect_reads_once():
    async def story():
        stream = ReadableStream(["a", "b"])
        assert await stream.collect() == b"ab"
        with pytest.raises(BodyUsed, match="read once"):
            await stream.collect()

    run(story())


def test_tee_gives_every_piece_to_both_and_pulls_once():
    async def story():
        source = Counted(3)
        left, right = ReadableStream(source()).tee()
        first = aiter(left)
        assert await anext(first) == b"0"
        assert source.given == 1
        assert await chunks_of(right) == [b"0", b"1", b"2"]
        assert [chunk async for chunk in first] == [b"1", b"2"]
        assert source.given == 3

    run(story())


def test_tee_read_at_the_same_time():
    async def story():
        left, right = ReadableStream(Counted(4)()).tee()
        assert await asyncio.gather(left.collect(), right.collect()) == [b"0123", b"0123"]

    run(story())


def test_tee_closes_the_source_when_both_have_left():
    async def story():
        source = Counted()
        left, right = ReadableStream(source()).tee()
        reader = left.get_reader()
        await reader.read()
        await reader.cancel()
        assert not source.closed
        assert (await right.get_reader().read())[0] == b"0"
        await asyncio.sleep(0)

        source = Counted()
        left, right = ReadableStream(source()).tee()
        reader = left.get_reader()
        await reader.read()
        await reader.cancel()
        await right.cancel()
        assert source.closed

    run(story())


def test_a_read_stream_cannot_be_split():
    async def story():
        stream = ReadableStream(["a"])
        await stream.collect()
        with pytest.raises(BodyUsed, match="before the first read"):
            stream.tee()

    run(story())


def test_pull_is_called_when_a_piece_is_wanted():
    calls = []

    def pull(controller):
        calls.append(True)
        if len(calls) == 3:
            controller.close()
        else:
            controller.enqueue(f"{len(calls)}")

    async def story():
        stream = ReadableStream(pull=pull)
        assert calls == []
        reader = stream.get_reader()
        assert await reader.read() == (b"1", False)
        assert len(calls) == 1
        assert await reader.read() == (b"2", False)
        assert await reader.read() == (None, True)

    run(story())


def test_start_may_enqueue_beside_the_reader():
    async def story():
        gate = asyncio.Event()

        async def start(controller):
            controller.enqueue("first")
            await gate.wait()
            controller.enqueue("second")
            controller.close()

        reader = ReadableStream(start=start).get_reader()
        assert await reader.read() == (b"first", False)
        gate.set()
        assert await reader.read() == (b"second", False)
        assert await reader.read() == (None, True)

    run(story())


def test_a_controller_may_be_fed_from_a_thread():
    async def story():
        controllers = []
        reader = ReadableStream(start=controllers.append).get_reader()
        reading = asyncio.create_task(reader.read())
        await asyncio.sleep(0)
        await asyncio.to_thread(controllers[0].enqueue, "from a thread")
        assert await asyncio.wait_for(reading, 5) == (b"from a thread", False)

    asyncio.run(story(), debug=True)  # in debug mode a loop refuses what is not thread-safe


def test_the_errors_of_start_and_pull_reach_the_reader():
    async def fail(controller):
        raise LookupError("nothing here")

    for stream in (ReadableStream(start=fail), ReadableStream(pull=fail)):
        with pytest.raises(LookupError, match="nothing here"):
            run(stream.collect())
    with pytest.raises(LookupError, match="told"):
        run(ReadableStream(start=lambda controller: controller.error(LookupError("told"))).collect())


def test_enqueue_after_close_is_refused():
    def start(controller):
        controller.close()
        controller.enqueue("late")

    with pytest.raises(TypeError, match="too late"):
        run(ReadableStream(start=start).collect())


def test_cancel_stops_a_start_that_is_still_running():
    async def story():
        stopped = []

        async def start(controller):
            try:
                controller.enqueue("a")
                await asyncio.Event().wait()
            finally:
                stopped.append(True)

        async def told(reason):
            stopped.append(reason)

        reader = ReadableStream(start=start, cancel=told).get_reader()
        await reader.read()
        await reader.cancel("left")
        assert stopped == [True, "left"]

    run(story())


def test_the_steps_of_a_sync_source_can_be_taken_elsewhere():
    async def story():
        threads = set()

        def source():
            for _ in range(2):
                threads.add(threading.current_thread())
                yield "x"

        async def elsewhere(steps):
            done = object()
            while (step := await asyncio.to_thread(next, steps, done)) is not done:
                yield step

        stream = ReadableStream(source())
        assert stream.step_with(elsewhere)
        assert await stream.collect() == b"xx"
        assert threading.main_thread() not in threads
        assert not ReadableStream(["x"]).step_with(elsewhere)
        assert not stream.step_with(elsewhere)

    run(story())


def test_the_repr_says_the_state():
    async def story():
        stream = ReadableStream(["a"])
        assert "ready" in repr(stream)
        await stream.collect()
        assert "ended" in repr(stream)

    run(story())
