import asyncio
import functools
import threading
import time
import traceback
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass

import pandas as pd
import pytest

from notebook_routes.errors import AnswerError, CellError, HTTPError, RedirectError, ValidationFailed
from notebook_routes.routing import RoutePattern
from notebook_routes.runtime import Invoker, current_exchange, invoke, not_found, redirect
from notebook_routes.runtime.drive import Deadline
from notebook_routes.runtime.invoke import DEFAULT_MAX_DURATION
from notebook_routes.web import Response

PLACE = ContextVar("place", default="outside")
PATTERN = RoutePattern.parse("/x")


def place():
    return PLACE.get()


def run(story):
    return asyncio.run(asyncio.wait_for(story, 30))


# -- where it runs


def test_def_runs_in_a_worker_and_async_def_on_the_loop(call, pool):
    def plain():
        return threading.current_thread() is threading.main_thread()

    async def later():
        return threading.current_thread() is threading.main_thread()

    assert call(plain).json() is (pool is None)
    assert call(later).json() is True


def test_a_worker_waits_while_the_loop_goes_on(exchange_for, workers):
    gate = threading.Event()

    def plain():
        return gate.wait(20)

    async def later():
        gate.set()
        return "opened"

    async def story():
        slow, quick = (Invoker(each, method="GET", pattern=PATTERN) for each in (plain, later))
        waiting = asyncio.create_task(slow(exchange_for(slow), workers, None))
        await asyncio.sleep(0)
        assert await (await quick(exchange_for(quick), workers, None)).text() == "opened"
        assert await (await waiting).json() is True

    run(story())


def test_callables_of_every_kind(call):
    class Plain:
        def __call__(self, page: int = 1):
            return ["object", page]

        def method(self, page: int = 1):
            return ["method", page]

        async def later(self, page: int = 1):
            return ["async method", page]

    class Later:
        async def __call__(self, page: int = 1):
            return ["async object", page]

    @dataclass
    class Made:
        page: int = 1

    def plain(kind, page: int = 1):
        return [kind, page]

    async def later(kind, page: int = 1):
        await asyncio.sleep(0)
        return [kind, page]

    def decorated(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    expected = {
        Plain(): ["object", 2],
        Plain().method: ["method", 2],
        Plain().later: ["async method", 2],
        Later(): ["async object", 2],
        Made: {"page": 2},
        functools.partial(plain, "partial"): ["partial", 2],
        functools.partial(later, "async partial"): ["async partial", 2],
        decorated(Plain().method): ["method", 2],
        decorated(Plain().later): ["async method", 2],
        decorated(decorated(functools.partial(later, "a"))): ["a", 2],
    }
    for handler, answer in expected.items():
        assert call(handler, "/x?page=2").json() == answer
    assert call(lambda page="1": page, "/x?page=2").text == "2"


def test_a_decorator_that_makes_async_from_def_and_the_other_way(call):
    async def later():
        await asyncio.sleep(0)
        return "later"

    @functools.wraps(later)
    def in_a_loop_of_its_own():
        return asyncio.run(later())

    @functools.wraps(in_a_loop_of_its_own)
    async def beside():
        return await asyncio.to_thread(in_a_loop_of_its_own)

    assert call(beside).text == "later"


def test_a_sync_wrapper_may_block_and_hand_on_a_coroutine(call, pool):
    threads = []

    async def later():
        threads.append(threading.current_thread())
        return PLACE.get()

    @functools.wraps(later)
    def wrapper():
        PLACE.set("wrapper")
        threads.append(threading.current_thread())
        return later()

    assert call(wrapper).text == "wrapper"
    assert threads[1] is threading.main_thread()
    assert (threads[0] is threads[1]) == (pool is None)


# -- the context


def test_each_request_has_a_copy_of_the_cells_context(call):
    cell = copy_context()
    cell.run(PLACE.set, "cell")

    def plain():
        before = PLACE.get()
        PLACE.set("handler")
        return before, PLACE.get(), current_exchange.get().request.path

    async def later():
        return plain()

    for handler in (plain, plain, later, later):
        assert call(handler, context=cell).json() == ["cell", "handler", "/x"]
    assert cell.run(PLACE.get) == "cell"
    assert PLACE.get() == "outside"
    assert current_exchange.get() is None


def test_an_empty_context_is_one_too(call):
    PLACE.set("test")
    try:
        assert call(place, context=Context()).text == "outside"
        assert call(place).text == "test"
    finally:
        PLACE.set("outside")


def test_requests_at_once_do_not_see_each_other(exchange_for, pool):
    def plain(request):
        PLACE.set(request.target)
        time.sleep(0)
        return PLACE.get(), current_exchange.get().request.target

    async def later(request):
        PLACE.set(request.target)
        await asyncio.sleep(0)
        return PLACE.get(), current_exchange.get().request.target

    async def story():
        for handler in (plain, later):
            invoker = Invoker(handler, method="GET", pattern=PATTERN)
            targets = [f"/x?{number}" for number in range(60)]
            found = await asyncio.gather(*(invoker(exchange_for(invoker, each), pool, None) for each in targets))
            assert [await response.json() for response in found] == [[each, each] for each in targets]

    run(story())


def test_asyncio_works_as_in_a_plain_task(call):
    async def handler():
        task = asyncio.current_task()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await asyncio.sleep(30)
        async with asyncio.TaskGroup() as group:
            first = group.create_task(asyncio.sleep(0, "a"))
            second = group.create_task(asyncio.to_thread(PLACE.get))
        assert asyncio.current_task() is task
        return first.result(), second.result(), task.cancelling()

    assert call(handler).json() == ["a", "outside", 0]


# -- errors


class Mine(Exception):
    pass


@pytest.mark.parametrize(
    "error", [Mine("x"), ValueError(), TimeoutError("mine"), HTTPError(418, "tea"), RedirectError("/y"), KeyError("a")]
)
def test_what_the_users_code_raises_comes_out_as_it_is(call, error):
    def plain():
        raise error

    async def later():
        await asyncio.sleep(0)
        raise error

    async def at_once():
        raise error

    def steps():
        raise error
        yield

    async def later_steps():
        await asyncio.sleep(0)
        raise error
        yield

    for handler in (plain, later, at_once, steps, later_steps):
        error.__traceback__ = None
        with pytest.raises(type(error)) as raised:
            call(handler)
        assert raised.value is error
        assert traceback.extract_tb(error.__traceback__)[-1].name == handler.__name__


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_so_does_what_is_no_exception_proper(call, answer_to, pool, kind):
    def plain():
        raise kind

    async def later():
        raise kind

    async def story(handler):
        try:
            await answer_to(handler, workers=pool)
        except kind:
            return True

    for handler in (plain, later):
        assert run(story(handler))
    if pool is not None:
        assert pool.abandoned == []


def test_a_stop_iteration_is_a_runtime_error_with_its_line(call):
    def plain():
        return next(iter(()))

    async def later():
        return next(iter(()))

    for handler in (plain, later):
        with pytest.raises(RuntimeError, match="raised StopIteration") as error:
            call(handler)
        assert traceback.extract_tb(error.value.__cause__.__traceback__)[-1].name == handler.__name__


def test_leaving_from_below(call):
    with pytest.raises(HTTPError):
        call(lambda: {}.get("a") or not_found())
    with pytest.raises(RedirectError):
        call(lambda: redirect("/y"))


def test_arguments_are_refused_before_the_handler_is_called(call):
    def handler(page: int):
        raise AssertionError

    with pytest.raises(ValidationFailed):
        call(handler, "/x?page=a")


def test_a_handler_with_a_parameter_that_cannot_be_filled_makes_no_invoker():
    with pytest.raises(CellError, match="`lamp` can never be filled"):
        Invoker(lambda lamp: 0, method="GET", pattern=PATTERN)


# -- answers


async def load():
    return 1


def test_a_missing_await_is_said_wherever_it_runs(call):
    async def later():
        return load()

    async def nested():
        return {"a": [load()]}

    def plain():
        return load()

    for handler in (plain, later):
        with pytest.raises(AnswerError, match=r"write `await load\(\.\.\.\)`"):
            call(handler)
    for handler in (lambda: {"a": [load()]}, nested):
        with pytest.raises(
            AnswerError, match=r"the coroutine load\(\) at \$\.a\[0\] was not awaited: write await load\("
        ):
            call(handler)


def test_answers_are_made_where_the_handler_ran(call, pool):
    threads = []

    class Shown:
        def _repr_html_(self):
            threads.append((threading.current_thread() is threading.main_thread(), PLACE.get()))
            return "<b>"

    def handler():
        PLACE.set("handler")
        return Shown()

    assert call(handler).text == "<b>"
    assert threads == [(pool is None, "handler" if pool is not None else "outside")]


def test_text_that_begins_with_a_bracket_is_pointed_out(call):
    async def later():
        return "\n<h1>Hello"

    for handler in (lambda: "<h1>Hello", later):
        answer = call(handler)
        assert answer.type == "text/plain; charset=utf-8"
        (note,) = answer.notes
        assert 'for a page write Response(text, headers={"content-type": "text/html"})' in note


@pytest.mark.parametrize("value", ["a <b>", "", b"<b>", {"a": "<b>"}, ["<"], None])
def test_nothing_else_is(call, value):
    assert call(lambda: value).notes == []
    assert call(lambda: Response("<b>")).notes == []


PRICES = pd.DataFrame({"name": ["Lamp", "Desk", "Lamp"], "price": [30, 120, 40]})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (PRICES.groupby("name").mean(), ".reset_index() makes a column of it"),
        (PRICES.describe(), ".reset_index() makes a column of it"),
        (PRICES["name"].value_counts(), "only its values: .to_dict() has both"),
        (PRICES.iloc[0], "only its values: .to_dict() has both"),
        (PRICES.groupby(["name", "price"]).size(), ".reset_index() makes a column of it"),
    ],
)
def test_an_index_that_is_not_sent_is_said(call, value, said):
    (note,) = call(lambda: value).notes
    assert note.endswith(said)


@pytest.mark.parametrize(
    "value", [PRICES, PRICES[PRICES["price"] > 30], PRICES["price"], PRICES.head(0), PRICES["price"].mean()]
)
def test_an_index_of_mere_numbers_is_not(call, value):
    assert call(lambda: value).notes == []


def test_an_answer_that_is_whole_is_not_touched(call):
    response = Response("a", status=201, headers={"x-a": "1"})
    answer = call(lambda: response)
    assert (answer.status, answer.headers.get("x-a"), answer.text) == (201, "1", "a")
    assert call(lambda: None).status == 204


def test_the_body_can_be_taken_and_read_again(call):
    async def handler(request, body):
        return [body, await request.json(), request.body_used]

    answer = call(handler, method="POST", body='{"a":1}', headers={"content-type": "application/json"})
    assert answer.json() == [{"a": 1}, {"a": 1}, True]


# -- max_duration


def test_there_is_a_default():
    assert Invoker(print_nothing, method="GET", pattern=PATTERN).max_duration == DEFAULT_MAX_DURATION
    assert Invoker(print_nothing, method="GET", pattern=PATTERN, max_duration=1).max_duration == 1.0


def print_nothing():
    return None


async def waits():
    await asyncio.sleep(60)


async def waits_in_a_generator():
    await asyncio.sleep(60)
    yield "a"


async def waits_within_a_timeout_of_its_own():
    async with asyncio.timeout(50), asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(60))


@pytest.mark.parametrize("handler", [waits, waits_in_a_generator, waits_within_a_timeout_of_its_own])
def test_async_def_that_takes_too_long_is_a_504(call, handler):
    with pytest.raises(HTTPError, match=r"GET /x took longer than its max_duration of 0\.01 s") as error:
        call(handler, max_duration=0.01)
    assert error.value.status == 504


def test_its_finally_blocks_run_and_its_task_is_as_before(exchange_for):
    ended = []

    async def handler():
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            ended.append(PLACE.get())

    async def story():
        invoker = Invoker(handler, method="GET", pattern=PATTERN, max_duration=0.01)
        with pytest.raises(HTTPError):
            await invoker(exchange_for(invoker), None, None)
        assert asyncio.current_task().cancelling() == 0
        async with asyncio.timeout(20):
            await asyncio.sleep(0.02)

    run(story())
    assert ended == ["outside"]


@pytest.fixture
def expire(monkeypatch, until):
    """Let the time of the request be over as soon as a condition holds."""
    made = []

    class Watched(Deadline):
        __slots__ = ()

        def __init__(self, seconds):
            super().__init__(seconds)
            made.append(self)

    async def when(condition):
        await until(condition)
        made[-1]._expire()

    monkeypatch.setattr(invoke, "Deadline", Watched)
    return when


def test_def_that_takes_too_long_is_abandoned_and_replaced(exchange_for, workers, until, expire):
    workers.limit = 1
    gate, entered, ended = threading.Event(), threading.Event(), []

    def handler():
        entered.set()
        assert gate.wait(20)
        ended.append(1)

    async def story():
        slow = Invoker(handler, method="GET", pattern=PATTERN)
        clock = asyncio.create_task(expire(entered.is_set))
        with pytest.raises(HTTPError) as error:
            await slow(exchange_for(slow), workers, None)
        await clock
        assert error.value.status == 504
        assert workers.abandoned == ["GET /x"]
        quick = Invoker(lambda: "quick", method="GET", pattern=PATTERN)
        assert await (await quick(exchange_for(quick), workers, None)).text() == "quick"
        gate.set()
        await until(lambda: ended and workers.abandoned == [])

    run(story())


def test_def_that_waits_too_long_for_a_thread_never_runs(exchange_for, workers, until, expire):
    workers.limit = 1
    gate, entered, ran = threading.Event(), threading.Event(), []

    def busy():
        entered.set()
        assert gate.wait(20)

    async def story():
        first, second = (Invoker(each, method="GET", pattern=PATTERN) for each in (busy, lambda: ran.append(1)))
        running = asyncio.create_task(first(exchange_for(first), workers, None))
        await until(entered.is_set)
        waiting = asyncio.create_task(second(exchange_for(second), workers, None))
        await expire(lambda: workers._unclaimed < 0)
        with pytest.raises(HTTPError):
            await waiting
        assert workers.abandoned == []
        gate.set()
        assert (await running).status == 204
        assert await (await first(exchange_for(first), workers, None)).text() == ""
        assert ran == []

    run(story())


def test_a_generator_that_takes_too_long_to_its_first_value(exchange_for, workers, until, expire):
    gate, entered, closed = threading.Event(), threading.Event(), []

    def handler():
        try:
            entered.set()
            assert gate.wait(20)
            yield "a"
        finally:
            closed.append(1)

    async def story():
        invoker = Invoker(handler, method="GET", pattern=PATTERN)
        clock = asyncio.create_task(expire(entered.is_set))
        with pytest.raises(HTTPError) as error:
            await invoker(exchange_for(invoker), workers, None)
        await clock
        assert error.value.status == 504
        gate.set()
        await until(lambda: closed and workers.abandoned == [])

    run(story())


def test_a_stream_that_has_begun_may_take_longer(call):
    async def later():
        for _ in range(3):
            yield "a"
            await asyncio.sleep(0.05)

    def plain():
        for _ in range(3):
            yield "a"
            time.sleep(0.05)

    assert call(later, max_duration=0.02).text == "aaa"
    # Its first value comes from a thread, which on a busy machine takes its time.
    assert call(plain, max_duration=5).text == "aaa"


def test_a_handler_that_catches_the_cancellation_may_still_answer(exchange_for):
    async def handler():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "part of it"

    async def steps():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            yield "part of it"
        await asyncio.sleep(0)
        yield ", and more"

    async def story(handler):
        invoker = Invoker(handler, method="GET", pattern=PATTERN, max_duration=0.01)
        response = await invoker(exchange_for(invoker), None, None)
        assert asyncio.current_task().cancelling() == 0
        return await response.text()

    assert run(story(handler)) == "part of it"
    assert run(story(steps)) == "part of it, and more"


def test_a_handler_may_turn_the_cancellation_into_an_error_of_its_own(call):
    async def handler():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise Mine("too slow") from None

    with pytest.raises(Mine):
        call(handler, max_duration=0.01)


def test_a_timeout_of_its_own_is_the_handlers(call):
    async def handler():
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)

    async def caught():
        try:
            await handler()
        except TimeoutError:
            return "caught"

    with pytest.raises(TimeoutError):
        call(handler, max_duration=20)
    assert call(caught, max_duration=20).text == "caught"


def test_a_client_that_leaves_is_no_504(exchange_for, pool, until):
    entered, gate, ended = threading.Event(), threading.Event(), []

    async def later():
        try:
            entered.set()
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    def plain():
        entered.set()
        gate.wait(20)
        ended.append(1)

    async def story(handler):
        for each in (entered, gate, ended):
            each.clear()
        invoker = Invoker(handler, method="GET", pattern=PATTERN, max_duration=30)
        task = asyncio.create_task(invoker(exchange_for(invoker), pool, None))
        await until(entered.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        await until(lambda: ended)

    run(story(later))
    if pool is not None:
        run(story(plain))


def test_a_client_that_leaves_at_the_deadline_is_no_504_either(exchange_for):
    async def handler():
        try:
            await asyncio.sleep(60)
        finally:
            # The deadline has cancelled; now the client leaves too.
            asyncio.current_task().cancel()

    async def story():
        invoker = Invoker(handler, method="GET", pattern=PATTERN, max_duration=0.01)
        task = asyncio.create_task(invoker(exchange_for(invoker), None, None))
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    run(story())


# -- load


def test_many_requests_of_every_kind_at_once(exchange_for, workers):
    workers.limit = 6

    def plain(id: int):  # noqa: A002 - a segment's usual name
        return {"id": id}

    async def later(id: int):  # noqa: A002 - the same
        await asyncio.sleep(0)
        return {"id": id}

    def steps(id: int):  # noqa: A002 - the same
        yield {"id": id}

    async def later_steps(id: int):  # noqa: A002 - the same
        yield {"id": id}

    async def client(invoker, number):
        exchange = exchange_for(invoker, f"/a/{number}", pattern="/a/[id]")
        return await (await invoker(exchange, workers, None)).json()

    async def story():
        pattern = RoutePattern.parse("/a/[id]")
        invokers = [Invoker(each, method="GET", pattern=pattern) for each in (plain, later, steps, later_steps)]
        found = await asyncio.gather(*(client(each, number) for number in range(100) for each in invokers))
        assert found == [{"id": number} for number in range(100) for _ in invokers]

    run(story())
