import asyncio
import threading
import traceback
from contextvars import ContextVar, copy_context

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.runtime.workers import Begun, Pipe, Workers

PLACE = ContextVar("place", default="outside")


class Gate:
    """A function that says where it runs, and waits until the test lets it go on."""

    def __init__(self):
        self.entered = threading.Event()
        self._open = threading.Event()
        self.open = self._open.set
        self.thread = None

    def __call__(self, value=None):
        self.thread = threading.current_thread()
        self.entered.set()
        assert self._open.wait(20)
        return value


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def one(wait_until, worker_threads):
    """A pool of one thread."""
    before = set(worker_threads())
    pool = Workers(limit=1)
    yield pool
    pool.stop()
    wait_until(lambda: not set(worker_threads()) - before)


def run(story):
    return asyncio.run(asyncio.wait_for(story, 30))


def submit(pool, function, *args, label=""):
    return pool.submit(copy_context(), function, *args, label=label)


def test_a_job_runs_in_a_daemon_thread_and_in_its_context(workers):
    async def story():
        context = copy_context()
        context.run(PLACE.set, "inside")
        thread, place, args = await workers.submit(
            context, lambda *args: (threading.current_thread(), PLACE.get(), args), 1, 2
        ).future
        assert thread.daemon
        assert thread is not threading.current_thread()
        assert (place, args) == ("inside", (1, 2))

    run(story())


def test_an_error_comes_with_the_line_that_raised_it(workers):
    def fails():
        raise ZeroDivisionError("here")

    async def story():
        with pytest.raises(ZeroDivisionError) as error:
            await submit(workers, fails).future
        assert traceback.extract_tb(error.value.__traceback__)[-1].name == "fails"

    run(story())


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_an_error_of_any_kind_reaches_the_one_who_awaits(workers, kind):
    def fails():
        raise kind

    async def story():
        try:
            await submit(workers, fails).future
        except kind:
            return True

    assert run(story())


@pytest.mark.parametrize("kind", [StopIteration, GeneratorExit])
def test_what_would_end_the_one_who_awaits_is_the_cause_of_an_error(workers, kind):
    def fails():
        raise kind

    async def story():
        with pytest.raises(RuntimeError, match=f"the handler raised {kind.__name__}") as error:
            await submit(workers, fails).future
        assert isinstance(error.value.__cause__, kind)
        assert traceback.extract_tb(error.value.__cause__.__traceback__)[-1].line

    run(story())


def test_an_idle_thread_is_used_again(one):
    async def story():
        assert len({await submit(one, threading.current_thread).future for _ in range(20)}) == 1

    run(story())


def test_as_many_as_the_limit_run_at_once_and_the_rest_wait(workers, until):
    workers.limit = 4
    gates = [Gate() for _ in range(10)]

    async def story():
        jobs = [submit(workers, gate, number) for number, gate in enumerate(gates)]
        await until(lambda: all(gate.entered.is_set() for gate in gates[:4]))
        assert not any(gate.entered.is_set() for gate in gates[4:])
        assert len({gate.thread for gate in gates[:4]}) == 4
        gates[2].open()
        await until(gates[4].entered.is_set)
        assert await jobs[2].future == 2
        for gate in gates:
            gate.open()
        assert await asyncio.gather(*(job.future for job in jobs)) == list(range(10))
        assert len({gate.thread for gate in gates}) == 4

    run(story())


def test_a_thousand_jobs_from_many_tasks(workers):
    async def client(number):
        return [await submit(workers, lambda: threading.get_ident() and number).future for _ in range(20)]

    async def story():
        assert await asyncio.gather(*map(client, range(50))) == [[number] * 20 for number in range(50)]
        assert workers._threads <= workers.limit

    run(story())


def test_a_running_job_that_is_abandoned_is_replaced(one, gate, until):
    async def story():
        job = submit(one, gate, label="GET /slow")
        await until(gate.entered.is_set)
        waiting = submit(one, threading.current_thread)
        assert one.abandoned == []
        one.abandon(job)
        assert one.abandoned == ["GET /slow"]
        assert job.future.cancelled()
        other = await waiting.future
        assert other is not gate.thread
        one.abandon(job)
        assert one.abandoned == ["GET /slow"]
        gate.open()
        await until(lambda: one.abandoned == [])
        await until(lambda: not gate.thread.is_alive())
        assert await submit(one, threading.current_thread).future is other

    run(story())


def test_a_waiting_job_that_is_abandoned_never_runs(one, gate, until):
    async def story():
        job = submit(one, gate)
        await until(gate.entered.is_set)
        ran = []
        waiting = [submit(one, ran.append, number) for number in range(3)]
        one.abandon(waiting[1])
        assert waiting[1].future.cancelled()
        assert one.abandoned == []
        gate.open()
        await asyncio.gather(job.future, waiting[0].future, waiting[2].future)
        assert ran == [0, 2]
        assert await submit(one, threading.current_thread).future is gate.thread

    run(story())


def test_a_job_that_has_ended_cannot_be_abandoned(one, until):
    async def story():
        job = submit(one, threading.current_thread)
        # The client may leave at the very moment.
        await until(lambda: job.finished)
        one.abandon(job)
        assert one.abandoned == []
        thread = await job.future
        other = submit(one, threading.current_thread)
        assert await other.future is thread
        one.abandon(other)
        assert one.abandoned == []
        assert await submit(one, threading.current_thread).future is thread

    run(story())


def test_abandoning_many_leaves_the_pool_whole(workers, until):
    workers.limit = 3
    gates = [Gate() for _ in range(9)]

    async def story():
        jobs = [submit(workers, gate) for gate in gates]
        await until(lambda: sum(gate.entered.is_set() for gate in gates) == 3)
        for job in jobs:
            workers.abandon(job)
        assert await asyncio.gather(*(submit(workers, int).future for _ in range(9))) == [0] * 9
        for gate in gates:
            gate.open()
        await until(lambda: not workers.abandoned)
        assert 0 < workers._threads <= 3
        await until(lambda: workers._unclaimed == workers._threads)

    run(story())


def test_stop_ends_idle_and_busy_threads(wait_until, worker_threads):
    before = set(worker_threads())
    pool = Workers()
    turning = threading.Event()

    def endless():
        while True:
            turning.set()

    async def story():
        await submit(pool, int).future
        job = submit(pool, endless)
        await asyncio.to_thread(turning.wait, 20)
        job.future.cancel()
        pool.stop()
        wait_until(lambda: not set(worker_threads()) - before)

    run(story())


def test_a_pool_that_was_stopped_starts_anew(one, gate, until):
    async def story():
        busy = submit(one, gate)
        await until(gate.entered.is_set)
        busy.future.cancel()
        one.stop()
        for _ in range(3):
            assert await submit(one, threading.current_thread).future is not gate.thread
        gate.open()
        await until(lambda: not gate.thread.is_alive())
        assert one._threads == 1
        one.abandon(busy)
        assert await submit(one, int).future == 0
        assert one._threads == 1

    run(story())


def test_a_job_may_outlive_its_loop(workers, gate, until, wait_until):
    async def story():
        submit(workers, gate)
        await until(gate.entered.is_set)

    run(story())
    gate.open()
    wait_until(lambda: workers._unclaimed == 1)


def test_a_system_without_more_threads(one, gate, monkeypatch, until):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    async def story():
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError, match="can't start"):
                submit(one, int)
        one.limit = 2
        busy = submit(one, gate, 1)
        await until(gate.entered.is_set)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            waiting = submit(one, threading.current_thread)
        gate.open()
        assert await busy.future == 1
        assert await waiting.future is gate.thread

    run(story())


# -- a job that goes on after its answer


def begun(gate, steps):
    return Begun(
        "answer",
        go_on=lambda: (steps.append(PLACE.get()), gate(), steps.append("end")),
        give_up=lambda: (steps.append("given up"), gate.open()),
    )


def test_a_job_may_go_on_after_its_answer(one, gate, until):
    steps = []

    async def story():
        context = copy_context()
        context.run(PLACE.set, "inside")
        job = one.submit(context, lambda: begun(gate, steps))
        assert (await job.future).value == "answer"
        await until(gate.entered.is_set)
        assert not job.finished
        gate.open()
        await until(lambda: job.finished)
        assert steps == ["inside", "end"]

    run(story())


@pytest.mark.parametrize("when", ["before", "after"])
def test_it_is_told_when_nobody_wants_it_any_more(one, gate, until, when):
    steps = []
    first = Gate()

    def work():
        first()
        return begun(gate, steps)

    async def story():
        job = submit(one, work, label="GET /s")
        await until(first.entered.is_set)
        if when == "before":
            one.abandon(job)
            first.open()
        else:
            first.open()
            await job.future
            one.abandon(job)
        await until(lambda: one.abandoned == [] and job.finished)
        assert sorted(steps) == ["end", "given up", "outside"]

    run(story())


# -- the pipe


def test_chunks_arrive_in_order_and_then_the_end():
    async def story():
        pipe = Pipe()
        putting = asyncio.create_task(
            asyncio.to_thread(lambda: [pipe.put(b"%d" % n) for n in range(100)] and pipe.end())
        )
        found = []
        while ready := await pipe.get():
            found += ready
            for chunk in ready:
                pipe.release(chunk)
        await putting
        assert found == [b"%d" % number for number in range(100)]
        assert await pipe.get() == []
        assert pipe.ended

    run(story())


def test_an_error_comes_after_what_was_put():
    async def story():
        pipe = Pipe()
        pipe.put(b"a")
        pipe.end(ZeroDivisionError("here"))
        assert await pipe.get() == [b"a"]
        with pytest.raises(ZeroDivisionError):
            await pipe.get()

    run(story())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=40), st.integers(1, 100))
def test_the_thread_is_never_further_ahead_than_the_limit(chunks, limit):
    ahead, most = 0, 0

    async def story():
        nonlocal ahead, most
        pipe = Pipe(limit=limit)

        def feed():
            nonlocal ahead, most
            for chunk in chunks:
                ahead += len(chunk)
                most = max(most, ahead)
                assert pipe.put(chunk)
            pipe.end()

        feeding = asyncio.create_task(asyncio.to_thread(feed))
        found = []
        while ready := await pipe.get():
            for chunk in ready:
                found.append(chunk)
                ahead -= len(chunk)
                pipe.release(chunk)
        await feeding
        assert found == chunks

    run(story())
    assert most <= max(limit, max(map(len, chunks), default=0)) + 40


@pytest.mark.parametrize("chunk", [b"x" * 1000, "x" * 1000, bytearray(1000), memoryview(bytes(1000)), b"", {"a": 1}])
def test_chunks_of_every_kind_fill_it(chunk, until):
    async def story():
        pipe = Pipe(limit=3000)
        put = []

        def feed():
            while pipe.put(chunk):
                put.append(1)

        feeding = asyncio.create_task(asyncio.to_thread(feed))
        expected = 3 if chunk and not isinstance(chunk, dict) else 3000
        await until(lambda: pipe._changed._waiters)
        assert expected - 1 <= len(put) <= expected
        pipe.close()
        await feeding

    run(story())


def test_a_chunk_larger_than_the_limit_goes_alone(until):
    async def story():
        pipe = Pipe(limit=10)
        done = []
        feeding = asyncio.create_task(
            asyncio.to_thread(lambda: [done.append(pipe.put(chunk)) for chunk in (b"x" * 100, b"y")])
        )
        ready = await pipe.get()
        assert (ready, done) == ([b"x" * 100], [])
        pipe.release(ready[0])
        assert await pipe.get() == [b"y"]
        await feeding
        assert done == [True, True]

    run(story())


def test_closing_wakes_the_thread_and_drops_what_waits():
    async def story():
        pipe = Pipe(limit=1)
        putting = asyncio.create_task(asyncio.to_thread(pipe.put, b"abc"))
        assert await pipe.get() == [b"abc"]
        pipe.close()
        assert await putting is False
        assert pipe.put(b"d") is False
        assert pipe.closed

    run(story())


def test_a_thread_that_puts_after_the_end_of_the_loop_is_told():
    async def story():
        pipe = Pipe()
        asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
        with pytest.raises(asyncio.CancelledError):
            await pipe.get()
        pipe._waiter = asyncio.get_running_loop().create_future()
        return pipe

    pipe = asyncio.run(story())
    assert pipe.put(b"a") is False
    pipe.end()
