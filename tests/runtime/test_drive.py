import asyncio
from contextlib import aclosing
from contextvars import ContextVar, copy_context

import pytest

from notebook_routes.runtime.drive import Deadline, InContext, iterate_in_context, rest_of

PLACE = ContextVar("place", default="outside")


@pytest.fixture
def inside():
    context = copy_context()
    context.run(PLACE.set, "inside")
    return context


def run(story):
    return asyncio.run(asyncio.wait_for(story, 30))


# -- a coroutine


def test_every_step_is_in_the_context_and_in_the_task_outside(inside):
    async def work():
        seen = [(PLACE.get(), asyncio.current_task())]
        await asyncio.sleep(0)
        seen.append((PLACE.get(), asyncio.current_task()))
        PLACE.set("changed")
        await asyncio.sleep(0.001)
        seen.append((PLACE.get(), asyncio.current_task()))
        return seen

    async def story():
        seen = await InContext(work(), inside)
        assert [place for place, _ in seen] == ["inside", "inside", "changed"]
        assert {task for _, task in seen} == {asyncio.current_task()}
        assert PLACE.get() == "outside"

    run(story())
    assert inside.run(PLACE.get) == "changed"


def test_what_is_raised_comes_out_and_goes_in(inside):
    async def work(future):
        try:
            await future
        except ZeroDivisionError:
            raise KeyError(PLACE.get()) from None

    async def story():
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_exception, ZeroDivisionError())
        with pytest.raises(KeyError, match="inside"):
            await InContext(work(future), inside)

    run(story())


@pytest.mark.parametrize("kind", [ValueError, StopIteration, StopAsyncIteration, SystemExit, GeneratorExit])
def test_errors_of_the_first_step_are_as_in_a_plain_task(inside, kind):
    async def work():
        raise kind

    async def outcome(awaitable):
        try:
            await awaitable
        except BaseException as error:  # noqa: BLE001 - compared below
            return type(error)

    async def story():
        assert await outcome(InContext(work(), inside)) is await outcome(work())

    run(story())


def test_cancellation_reaches_the_code_and_its_finally(inside):
    seen = []

    async def work():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        finally:
            await asyncio.sleep(0)
            seen.append(PLACE.get())

    async def story():
        task = asyncio.create_task(_awaited(InContext(work(), inside)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    run(story())
    assert seen == ["cancelled", "inside"]


async def _awaited(awaitable):
    return await awaitable


def test_code_may_refuse_to_be_cancelled(inside):
    async def work():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            asyncio.current_task().uncancel()
        await asyncio.sleep(0)
        return "still here"

    async def story():
        task = asyncio.create_task(_awaited(InContext(work(), inside)))
        await asyncio.sleep(0)
        task.cancel()
        assert await task == "still here"
        assert task.cancelling() == 0

    run(story())


def test_one_that_is_dropped_closes_in_the_context(inside):
    seen = []

    async def work():
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            seen.append(PLACE.get())

    async def story():
        steps = InContext(work(), inside).__await__()
        next(steps)
        steps.close()

    run(story())
    assert seen == ["inside"]


def test_asyncio_timeout(inside):
    async def work():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await asyncio.sleep(60)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(60), 0.001)
        return asyncio.current_task().cancelling(), PLACE.get()

    assert run(_awaited(InContext(work(), inside))) == (0, "inside")


def test_asyncio_task_group(inside):
    async def child(name):
        await asyncio.sleep(0)
        return name, PLACE.get()

    async def fails():
        raise ZeroDivisionError

    async def waits_for_one_that_fails():
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            await asyncio.sleep(60)

    async def work():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(child(name)) for name in "ab"]
        with pytest.raises(ExceptionGroup) as failed:
            await waits_for_one_that_fails()
        assert isinstance(failed.value.exceptions[0], ZeroDivisionError)
        return [task.result() for task in tasks], asyncio.current_task().cancelling()

    assert run(_awaited(InContext(work(), inside))) == ([("a", "inside"), ("b", "inside")], 0)


def test_locks_events_queues_and_shields(inside):
    async def work():
        lock, event, queue = asyncio.Lock(), asyncio.Event(), asyncio.Queue(1)
        async with lock:
            asyncio.get_running_loop().call_soon(event.set)
            await event.wait()
            feeding = asyncio.create_task(queue.put(PLACE.get()))
            found = await queue.get()
            await feeding
        return found, await asyncio.shield(asyncio.sleep(0, "shielded")), await asyncio.gather(asyncio.sleep(0, 1))

    assert run(_awaited(InContext(work(), inside))) == ("inside", "shielded", [1])


def test_two_at_once_have_contexts_of_their_own():
    async def work(name):
        PLACE.set(name)
        for _ in range(5):
            await asyncio.sleep(0)
            assert PLACE.get() == name
        return name

    async def story():
        names = [f"request {number}" for number in range(20)]
        assert await asyncio.gather(*(InContext(work(name), copy_context()) for name in names)) == names

    run(story())


class Watch:
    def __init__(self):
        self.seen = []

    def enter(self, exchange):
        self.seen.append(exchange)

    def leave(self):
        self.seen.append("left")


def test_each_step_is_watched_and_no_waiting_is(inside):
    watch = Watch()

    async def work():
        await asyncio.sleep(0)
        assert watch.seen[-1] == "exchange"
        raise ZeroDivisionError

    async def story():
        with pytest.raises(ZeroDivisionError):
            await InContext(work(), inside, watch, "exchange")

    run(story())
    assert watch.seen == ["exchange", "left"] * 2


# -- a coroutine that has begun


def test_the_rest_of_a_coroutine():
    async def work(future):
        try:
            await future
        except ZeroDivisionError:
            await asyncio.sleep(0)
        return asyncio.current_task()

    async def story():
        future = asyncio.get_running_loop().create_future()
        coroutine = work(future)
        waiting = coroutine.send(None)
        asyncio.get_running_loop().call_soon(future.set_exception, ZeroDivisionError())
        assert await rest_of(coroutine, waiting) is asyncio.current_task()

    run(story())


def test_the_rest_that_nobody_awaits_any_longer_is_closed():
    seen = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("closed")

    async def story():
        coroutine = work()
        steps = rest_of(coroutine, coroutine.send(None))
        next(steps)
        steps.close()

    run(story())
    assert seen == ["closed"]


# -- an async generator


def test_every_step_of_a_generator_is_in_the_context_and_in_one_task(inside):
    seen = []

    async def work():
        try:
            seen.append((PLACE.get(), asyncio.current_task()))
            PLACE.set("first")
            yield 1
            seen.append((PLACE.get(), asyncio.current_task()))
            await asyncio.sleep(0)
            PLACE.set("second")
            yield 2
        finally:
            seen.append((PLACE.get(), asyncio.current_task()))

    async def story():
        assert [(value, PLACE.get()) async for value in iterate_in_context(work(), inside)] == [
            (1, "outside"),
            (2, "outside"),
        ]
        assert {task for _, task in seen} == {asyncio.current_task()}

    run(story())
    assert [place for place, _ in seen] == ["inside", "first", "second"]


def test_timeouts_and_groups_may_stay_open_across_yields(inside):
    async def child(number):
        await asyncio.sleep(0)
        return number

    async def work():
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            for number in range(3):
                yield await group.create_task(child(number))
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(60)
        except TimeoutError:
            yield "end"

    async def story():
        found = [value async for value in iterate_in_context(work(), inside)]
        assert found == [0, 1, 2, "end"]
        assert asyncio.current_task().cancelling() == 0

    run(story())


def test_leaving_early_closes_the_generator_in_the_context(inside):
    seen = []

    async def work():
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(0)
            seen.append((PLACE.get(), asyncio.current_task()))

    async def story():
        async with aclosing(iterate_in_context(work(), inside)) as values:
            async for _ in values:
                break
        assert seen == [("inside", asyncio.current_task())]

    run(story())


def test_cancellation_reaches_a_generator_that_waits(inside):
    seen = []

    async def work():
        try:
            yield 1
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append(PLACE.get())
            raise

    async def consume(started):
        async for _ in iterate_in_context(work(), inside):
            started.set()

    async def story():
        started = asyncio.Event()
        task = asyncio.create_task(consume(started))
        await started.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(story())
    assert seen == ["inside"]


def test_an_error_of_a_generator_comes_after_its_values(inside):
    async def work():
        yield 1
        raise ZeroDivisionError

    async def story():
        values = iterate_in_context(work(), inside)
        assert await anext(values) == 1
        with pytest.raises(ZeroDivisionError):
            await anext(values)

    run(story())


def test_other_async_iterators_are_as_good(inside):
    class Coroutines:
        left = 3

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            await asyncio.sleep(0)
            return self.left, PLACE.get()

    class Futures:
        left = 3

        def __anext__(self):
            future = asyncio.get_running_loop().create_future()
            if self.left:
                self.left -= 1
                asyncio.get_running_loop().call_soon(future.set_result, (self.left, PLACE.get()))
            else:
                future.set_exception(StopAsyncIteration())
            return future

    async def story(source):
        return [value async for value in iterate_in_context(source, inside)]

    assert run(story(Coroutines())) == [(2, "inside"), (1, "inside"), (0, "inside")]
    assert [value for value, _ in run(story(Futures()))] == [2, 1, 0]


def test_the_steps_of_a_generator_are_watched(inside):
    watch = Watch()

    async def work():
        yield 1

    async def story():
        assert [value async for value in iterate_in_context(work(), inside, watch, "exchange")] == [1]

    run(story())
    # Two steps and the closing.
    assert watch.seen == ["exchange", "left"] * 3


# -- the deadline


def test_what_never_waits_is_never_timed():
    async def story():
        deadline = Deadline(0)
        deadline.end()
        await asyncio.sleep(0)
        assert not deadline.expired

    run(story())


def test_it_cancels_the_task_that_waits():
    async def story():
        deadline = Deadline(0)
        deadline.begin()
        deadline.begin()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(60)
        assert deadline.expired
        assert deadline.alone
        deadline.end()
        assert asyncio.current_task().cancelling() == 0
        await asyncio.sleep(0)

    run(story())


def test_in_time_nothing_happens():
    async def story():
        deadline = Deadline(0.001)
        deadline.begin()
        deadline.end()
        await asyncio.sleep(0.01)
        assert not deadline.expired
        assert not deadline.alone

    run(story())


def test_it_is_not_alone_where_others_have_cancelled_too():
    async def work(deadline):
        deadline.begin()
        try:
            await asyncio.sleep(60)
        finally:
            found.append((deadline.expired, deadline.alone))
            deadline.end()

    async def story():
        deadline = Deadline(0)
        task = asyncio.create_task(work(deadline))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0, task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    found = []
    run(story())
    assert found == [(True, False)]
