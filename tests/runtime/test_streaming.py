import asyncio
import gc
import itertools
import sqlite3
import sys
import threading
from contextlib import aclosing
from contextvars import ContextVar, copy_context

import pytest

from notebook_routes.errors import AnswerError
from notebook_routes.routing import RoutePattern
from notebook_routes.runtime import Invoker, current_exchange
from notebook_routes.web import ReadableStream, Response, ServerSentEvent, event_stream

PLACE = ContextVar("place", default="outside")
LIMIT = 256 * 1024


@pytest.fixture
def responses(exchange_for, pool):
    """Make the response of a handler, and let a story read it."""

    def run(handler, story, **options):
        context = copy_context()
        context.run(PLACE.set, "inside")
        invoker = Invoker(handler, method="GET", pattern=RoutePattern.parse("/x"), context=context, **options)

        async def all_of_it():
            exchange = exchange_for(invoker)
            response = await invoker(exchange, pool, None)
            return await story(response)

        return asyncio.run(asyncio.wait_for(all_of_it(), 30))

    return run


async def read(response):
    return b"".join([chunk async for chunk in response.body])


async def read_into(found, response):
    async for chunk in response.body:
        found.append(chunk)


async def read_one(response):
    """What a client gets that leaves after the first chunk."""
    async with aclosing(response.body.__aiter__()) as chunks:
        return await anext(chunks)


async def read_none(response):
    """What a HEAD request does."""
    await response.body.cancel("unread")


# -- what is sent


def text():
    yield "ä"
    yield ""
    yield b"b"
    yield {"n": 1}


def lines():
    yield {"n": 1}
    yield [2, None]
    yield "as it is\n"


def events():
    yield ServerSentEvent("one", event="tick")
    yield {"n": 2}
    yield "three"


def binary():
    yield b"\x00"
    yield bytearray(b"\x01")
    yield memoryview(b"\x02")


def nothing():
    return
    yield


def asynchronous(generator):
    async def later():
        for value in generator():
            await asyncio.sleep(0)
            yield value

    return later


def returning(generator):
    def handler():
        return generator()

    return handler


def returning_later(generator):
    async def later():
        return generator()

    return later


@pytest.mark.parametrize("as_written", [lambda each: each, returning, asynchronous, returning_later])
@pytest.mark.parametrize(
    ("generator", "kind", "content"),
    [
        (text, "text/plain; charset=utf-8", 'äb{"n":1}\n'.encode()),
        (lines, "application/x-ndjson", b'{"n":1}\n[2,null]\nas it is\n'),
        (events, "text/event-stream", b'event: tick\ndata: one\n\ndata: {"n":2}\n\ndata: three\n\n'),
        (binary, "application/octet-stream", b"\x00\x01\x02"),
        (nothing, "text/plain; charset=utf-8", b""),
        (lambda: map(str.upper, "abc"), "text/plain; charset=utf-8", b"ABC"),
        (lambda: zip("ab", (1, 2), strict=True), "application/x-ndjson", b'["a",1]\n["b",2]\n'),
        (lambda: filter(None, [0, 1, 2]), "application/x-ndjson", b"1\n2\n"),
        (lambda: (x for x in "ab"), "text/plain; charset=utf-8", b"ab"),
        (lambda: iter([{"a": 1}]), "application/x-ndjson", b'{"a":1}\n'),
    ],
)
def test_a_generator_is_a_stream(call, generator, kind, content, as_written):
    answer = call(as_written(generator))
    assert (answer.status, answer.type, answer.content) == (200, kind, content)
    unbuffered = kind in ("text/event-stream", "application/x-ndjson")
    assert answer.headers.get("cache-control") == ("no-cache" if unbuffered else None)
    assert answer.headers.get("x-accel-buffering") == ("no" if unbuffered else None)


def test_a_class_with_aiter_is_a_stream(call):
    class Source:
        async def __aiter__(self):
            yield "a"
            yield PLACE.get()

    assert call(Source).content == b"aoutside"


def test_the_body_of_the_request_may_be_sent_back(call):
    def handler(request):
        return request.body

    assert call(handler, method="POST", body=b"\x00abc").content == b"\x00abc"


def test_a_stream_that_looks_like_a_page_is_pointed_out(call):
    for handler in (lambda: iter(["<p>", "a"]), asynchronous(lambda: iter(["<p>", "a"]))):
        (note,) = call(handler).notes
        assert 'Response(text, headers={"content-type": "text/html"})' in note
    assert call(lambda: iter([b"<p>"])).notes == []
    assert call(lambda: iter(["a", "<p>"])).notes == []


# -- where it runs


def test_all_steps_of_a_sync_generator_are_on_one_worker_thread(responses, pool):
    threads = []

    def handler():
        threads.append(threading.current_thread())
        try:
            for number in range(50):
                threads.append(threading.current_thread())
                yield number
        finally:
            threads.append(threading.current_thread())

    responses(handler, read)
    assert len(set(threads)) == 1
    assert (threads[0] is threading.main_thread()) == (pool is None)


# From 3.13 on Python says so of a connection that goes away with the handler.
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_what_a_handler_has_opened_stays_on_its_thread(call):
    def cursor():
        connection = sqlite3.connect(":memory:")
        return connection.execute("select 1, 'a' union select 2, 'b' order by 1")

    def rows():
        connection = sqlite3.connect(":memory:")
        yield from connection.execute("select 1 union select 2 order by 1")

    def expression():
        connection = sqlite3.connect(":memory:")
        return (row[0] for row in connection.execute("select 1"))

    assert call(cursor).content == b'[1,"a"]\n[2,"b"]\n'
    assert call(rows).content == b"[1]\n[2]\n"
    assert call(expression).content == b"1\n"
    # Here, and not in a test that minds.
    gc.collect()


@pytest.mark.parametrize("wrapped", [False, True])
def test_every_step_is_in_the_handlers_context(responses, wait_until, wrapped):
    seen, closed = [], []

    def look(where):
        where.append((PLACE.get(), current_exchange.get() is not None))

    def steps():
        try:
            for _ in range(3):
                look(seen)
                yield "a"
        finally:
            look(closed)

    async def later_steps():
        try:
            for _ in range(3):
                look(seen)
                await asyncio.sleep(0)
                yield "a"
        finally:
            look(closed)

    for generator in (steps, later_steps):
        handler = _responding(generator) if wrapped else generator
        for story in (read, read_one):
            seen.clear()
            closed.clear()
            responses(handler, story)
            # A thread may run ahead of a client that leaves, and close after it.
            wait_until(lambda: closed)
            assert closed == [("inside", True)]
            assert set(seen) == {("inside", True)}
            assert len(seen) == (3 if story is read else 1) or generator is steps


def _responding(generator):
    return lambda: Response(generator())


def test_the_generator_of_a_response_runs_on_a_worker_too(responses, pool):
    threads = set()

    def steps():
        threads.add(threading.current_thread())
        yield "a,b\n"
        threads.add(threading.current_thread())
        yield bytearray(b"1,2\n")

    async def story(response):
        assert (response.status, response.headers.get("content-type")) == (201, "text/csv")
        return await read(response)

    def handler():
        return Response(steps(), status=201, headers={"content-type": "text/csv"})

    assert responses(handler, story) == b"a,b\n1,2\n"
    assert len(threads) == 1
    assert (threading.main_thread() in threads) == (pool is None)


def test_an_event_stream_of_a_sync_generator_too(responses, pool):
    threads = set()

    def steps():
        for number in range(3):
            threads.add(threading.current_thread())
            yield {"data": number, "event": PLACE.get()}

    content = responses(lambda: event_stream(steps()), read)
    assert content == b"".join(b"event: inside\ndata: %d\n\n" % number for number in range(3))
    assert (threading.main_thread() in threads) == (pool is None)


def test_a_stream_with_a_pull_function(responses):
    def pull(controller):
        controller.enqueue(PLACE.get())
        controller.close()

    assert responses(lambda: Response(ReadableStream(pull=pull)), read) == b"inside"


# -- errors


def fails_at_once():
    raise ZeroDivisionError
    yield


def fails_later():
    yield "a"
    yield "b"
    raise ZeroDivisionError


def test_a_generator_that_fails_before_its_first_value_has_no_response(call):
    for handler in (fails_at_once, asynchronous(fails_at_once), lambda: (1 / 0 for _ in "a")):
        with pytest.raises(ZeroDivisionError):
            call(handler)


def test_one_that_fails_later_breaks_off_after_what_it_gave(responses):
    async def story(response):
        found = []
        with pytest.raises(ZeroDivisionError):
            await read_into(found, response)
        assert b"".join(found) == b"ab"

    for handler in (
        fails_later,
        asynchronous(fails_later),
        lambda: Response(fails_later()),
        lambda: Response(asynchronous(fails_later)()),
    ):
        responses(handler, story)


@pytest.mark.parametrize("later", [False, True])
def test_a_value_that_cannot_be_written_closes_the_generator(responses, later):
    closed = []
    wrap = _later if later else iter

    def values(*given):
        try:
            yield from given
        finally:
            closed.append(given)

    async def story(response):
        with pytest.raises(AnswerError, match=r"a lock at \$"):
            await read(response)

    lock = threading.Lock()
    with pytest.raises(AnswerError, match=r"a lock at \$"):
        responses(lambda: wrap(values(lock)), story)
    responses(lambda: wrap(values("a", lock)), story)
    assert closed == [(lock,), ("a", lock)]


async def _later(values):
    try:
        for value in values:
            yield value
    finally:
        values.close()


def test_what_the_closing_raises_comes_out(responses):
    def handler():
        try:
            yield "a"
        finally:
            raise ZeroDivisionError

    async def story(response):
        with pytest.raises(ZeroDivisionError):
            await read(response)

    responses(handler, story)
    responses(asynchronous(handler), story)


# -- leaving early


@pytest.mark.parametrize("leave", [read_one, read_none])
def test_a_client_that_leaves_closes_the_generator_where_it_ran(responses, pool, until, leave):
    steps, closed = [], []

    def endless():
        try:
            for number in itertools.count():
                steps.append(threading.current_thread())
                yield f"{number}\n" * 100
        finally:
            closed.append(threading.current_thread())

    async def later():
        try:
            while True:
                yield "a"
                await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0)
            closed.append(threading.current_thread())

    async def story(response):
        await leave(response)
        await until(lambda: closed)
        if pool is not None:
            await until(lambda: pool.abandoned == [] and pool._unclaimed == pool._threads)

    for handler in (endless, later, returning_later(endless)):
        steps.clear()
        closed.clear()
        responses(handler, story)
        assert len(closed) == 1
        assert set(steps) <= set(closed)


@pytest.mark.parametrize("leave", [read_one, read_none])
def test_an_async_generator_has_closed_when_its_stream_has(responses, leave):
    closed = []

    async def later():
        try:
            yield "a"
            yield "b"
        finally:
            await asyncio.sleep(0.01)
            closed.append(asyncio.current_task())

    async def story(response):
        await leave(response)
        # In the task of the request, where its timeouts and groups were opened.
        assert closed == [asyncio.current_task()]

    responses(later, story)


def test_a_response_that_nobody_looks_at_leaves_no_thread_waiting(exchange_for, pool, until):
    closed = []

    def endless():
        try:
            while True:
                yield b"x" * 10_000
        finally:
            closed.append(1)

    async def story():
        invoker = Invoker(endless, method="GET", pattern=RoutePattern.parse("/x"))
        # The response is dropped, as where a header of another part of the answer cannot be sent.
        await invoker(exchange_for(invoker), pool, None)
        await until(lambda: closed and (pool is None or pool.abandoned == []))

    asyncio.run(asyncio.wait_for(story(), 30))


def test_the_streams_of_a_response_close_as_well(responses, until):
    closed = []

    def steps():
        try:
            while True:
                yield "a"
        finally:
            closed.append(threading.current_thread())

    async def later():
        try:
            while True:
                yield "a"
        finally:
            closed.append(threading.current_thread())

    async def story(response):
        await read_one(response)
        await until(lambda: closed)

    for handler in (lambda: Response(steps()), lambda: Response(later()), lambda: event_stream(steps())):
        closed.clear()
        responses(handler, story)
        assert len(closed) == 1


def test_a_source_that_never_began_is_left_alone(responses):
    def steps():
        raise AssertionError
        yield

    responses(lambda: Response(steps()), read_none)


def test_cancelling_while_a_generator_is_at_work(responses, pool, until):
    """The client leaves while a step takes its time: the loop goes on, the thread closes it when it can."""
    if pool is None:
        pytest.skip("without threads the step holds the loop")
    gate, entered, closed = threading.Event(), threading.Event(), []

    def handler():
        try:
            yield "a"
            entered.set()
            assert gate.wait(20)
            yield "b"
        finally:
            closed.append(threading.current_thread())

    async def story(response):
        found = []

        task = asyncio.create_task(read_into(found, response))
        await until(lambda: found and entered.is_set())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (closed, pool.abandoned) == ([], ["GET /x"])
        gate.set()
        await until(lambda: closed and not pool.abandoned)

    responses(handler, story)


def test_cancelling_before_the_first_value(exchange_for, workers, until):
    gate, entered, closed = threading.Event(), threading.Event(), []

    def handler():
        try:
            entered.set()
            assert gate.wait(20)
            yield "a"
        finally:
            closed.append(1)

    async def story():
        invoker = Invoker(handler, method="GET", pattern=RoutePattern.parse("/x"))
        task = asyncio.create_task(invoker(exchange_for(invoker), workers, None))
        await until(entered.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        await until(lambda: closed and not workers.abandoned)

    asyncio.run(story())


def test_abandoned_before_the_generator_was_made(exchange_for, workers, until):
    gate, entered, stepped = threading.Event(), threading.Event(), []

    def steps():
        stepped.append(1)
        while True:
            yield b"x" * 100_000

    def handler():
        entered.set()
        assert gate.wait(20)
        return steps()

    async def story():
        invoker = Invoker(handler, method="GET", pattern=RoutePattern.parse("/x"))
        task = asyncio.create_task(invoker(exchange_for(invoker), workers, None))
        await until(entered.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        await until(lambda: not workers.abandoned)
        assert stepped == []

    asyncio.run(story())


# -- how far it runs ahead


def test_a_sync_generator_runs_ahead_by_a_bounded_number_of_bytes(responses, pool, until):
    made = []

    def handler():
        for _ in range(2000):
            made.append(1000)
            yield b"x" * 1000

    async def story(response):
        chunks = response.body.__aiter__()
        await anext(chunks)
        if pool is not None:
            await until(lambda: sum(made) > LIMIT - 3000)
            # The thread waits from here on.
            await until(lambda: len(pool._busy) == 1 and _is_waiting())
        assert sum(made) <= (LIMIT + 2000 if pool is not None else 1000)
        taken = 1000
        async for chunk in chunks:
            taken += len(chunk)
            assert sum(made) - taken <= LIMIT + 2000
        assert taken == 2_000_000

    def _is_waiting():
        (thread_id,) = pool._busy
        frame = sys._current_frames()[thread_id]
        names = []
        while frame is not None:
            names.append(frame.f_code.co_name)
            frame = frame.f_back
        return "put" in names and "wait" in names

    responses(handler, story)


def test_an_async_generator_does_not_run_ahead(responses):
    made = []

    async def handler():
        for number in range(10):
            made.append(number)
            yield str(number)

    async def story(response):
        taken = 0
        async for _ in response.body:
            taken += 1
            await asyncio.sleep(0)
            assert len(made) == taken

    responses(handler, story)


def test_many_streams_at_once(exchange_for, workers):
    workers.limit = 8

    def handler():
        for number in range(100):
            yield f"{number}\n"

    expected = b"".join(b"%d\n" % number for number in range(100))

    async def story():
        invoker = Invoker(handler, method="GET", pattern=RoutePattern.parse("/x"))

        async def client():
            return await read(await invoker(exchange_for(invoker), workers, None))

        assert await asyncio.gather(*(client() for _ in range(50))) == [expected] * 50

    asyncio.run(asyncio.wait_for(story(), 60))
