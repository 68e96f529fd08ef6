from __future__ import annotations

import asyncio
import functools
import gc
import logging
from dataclasses import replace

import pytest

from notebook_routes.cache import Asked, CachePolicy, MemoryCache, ResponseCache, now
from notebook_routes.errors import DynamicError
from notebook_routes.web import ReadableStream, Response


async def until(condition):
    """Wait for something to be so; `story` has no endless patience."""
    while not condition():  # noqa: ASYNC110 - what is looked at tells nobody
        await asyncio.sleep(0)


class Slow:
    """A cache that really makes one wait, as one on the network does, and may be shared by processes."""

    def __init__(self, memory=None):
        self.memory = memory or MemoryCache()

    def __getattr__(self, name):
        async def asked(*args, **options):
            await asyncio.sleep(0)
            value = await getattr(self.memory, name)(*args, **options)
            await asyncio.sleep(0)
            return value

        return asked


class Kitchen:
    """Runs that wait to be served: each counts, and answers when the test lets it."""

    def __init__(self, handler=None, **policy):
        self.cache = ResponseCache(handler or MemoryCache())
        self.policy = CachePolicy(**policy)
        self.runs = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.make = lambda rendering, number: Response(f"dish {number}")

    async def run(self, rendering):
        number = len(self.runs) + 1
        self.runs.append(rendering)
        await self.gate.wait()
        made = self.make(rendering, number)
        return await made if asyncio.iscoroutine(made) else made

    async def render(self, rendering):
        return await self.run(rendering)

    refresh = render

    def asked(self, key="k"):
        return Asked(key, "/k", (), self.policy, ("path:/k",), "/k", "GET /k", "*/*;q=1")

    async def respond(self, key="k"):
        return await self.cache.respond(self.asked(key), self)

    async def ask(self, key="k"):
        response = await self.respond(key)
        return await response.text(), response.headers.get("cache-status")

    async def outcome(self):
        """The answer, or what was raised: as the app does, since a loop ends with what its tasks exit with."""
        try:
            return await self.ask()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            return error

    async def starts(self, count):
        """Wait until so many runs have begun."""
        await until(lambda: len(self.runs) >= count)

    async def age(self, seconds, key="k"):
        """Have the entry be older than it is."""
        handler = getattr(self.cache.handler, "memory", self.cache.handler)
        entry = handler._entries[key]
        handler._entries[key] = replace(entry, stored=entry.stored - seconds, checked=entry.checked - seconds)

    async def settled(self):
        """Wait until nothing is run behind any more."""
        await until(lambda: not (self.cache._behind or self.cache._flights))


def story(test):
    """Run a test that is a coroutine function; whatever a task has failed with, unheard, fails it."""

    @functools.wraps(test)
    def told(*args, **options):
        async def in_time():
            unheard = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
            await asyncio.wait_for(test(*args, **options), 20)
            gc.collect(1)
            await asyncio.sleep(0)
            assert not unheard

        asyncio.run(in_time())

    return told


@pytest.fixture(params=[MemoryCache, Slow], ids=["memory", "slow"])
def handler(request):
    return request.param()


MISS, HIT, STALE = "notebook-routes; fwd=uri-miss; stored", "notebook-routes; hit", "notebook-routes; hit; fwd=stale"


@story
async def test_made_once_and_given_to_many(handler):
    kitchen = Kitchen(handler)
    assert await kitchen.ask() == ("dish 1", MISS)
    assert await kitchen.ask() == ("dish 1", HIT)
    assert await kitchen.ask("other") == ("dish 2", MISS)
    assert kitchen.cache.hits == {"k": 1}


@story
async def test_a_hit_says_how_old_it_is(handler):
    kitchen = Kitchen(handler, revalidate=60.0)
    kitchen.make = lambda *_: Response("old when it came", headers={"age": "7"})
    await kitchen.ask()
    await kitchen.age(30)
    response = await kitchen.respond()
    assert response.headers.get("age") == "37"
    assert response.headers.get("cache-control") == "s-maxage=60, stale-while-revalidate=31535940"


class TestOneRun:
    @story
    async def test_for_all_who_ask_at_once(self, handler):
        kitchen = Kitchen(handler)
        answers = await asyncio.gather(*(kitchen.ask() for _ in range(50)))
        assert set(answers) == {("dish 1", MISS)}
        assert len(kitchen.runs) == 1

    @pytest.mark.parametrize("leaving", [[0], [1, 2], [0, 1, 2, 3]])
    @story
    async def test_goes_on_when_some_or_all_leave(self, handler, leaving):
        kitchen = Kitchen(handler)
        kitchen.gate.clear()
        waiting = [asyncio.create_task(kitchen.ask()) for _ in range(4)]
        await kitchen.starts(1)
        for number in leaving:
            waiting[number].cancel()
        await asyncio.sleep(0)
        kitchen.gate.set()
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(answer, asyncio.CancelledError) for answer in told] == [n in leaving for n in range(4)]
        await kitchen.settled()
        assert await kitchen.ask() == ("dish 1", HIT)

    @pytest.mark.parametrize(
        "error",
        [ValueError("no"), SystemExit(3), KeyboardInterrupt(), StopAsyncIteration(), asyncio.CancelledError()],
        ids=lambda error: type(error).__name__,
    )
    @story
    async def test_that_fails_fails_for_all_who_wait_and_for_nobody_later(self, handler, error):
        kitchen = Kitchen(handler)

        def fail(*_):
            raise error

        kitchen.make = fail
        told = await asyncio.gather(*(kitchen.outcome() for _ in range(5)))
        assert [type(each) for each in told] == [type(error)] * 5
        assert len(kitchen.runs) == 1
        await kitchen.settled()
        kitchen.make = lambda *_: Response("well again")
        assert await kitchen.ask() == ("well again", MISS)

    @story
    async def test_that_is_the_client_s_own_is_not_given_to_others(self, handler):
        kitchen = Kitchen(handler)

        def make(rendering, number):
            rendering.reads("cookies()")
            return Response(f"for client {number}")

        kitchen.make = make
        told = await asyncio.gather(*(kitchen.ask() for _ in range(4)))
        assert sorted(told) == [(f"for client {number}", None) for number in range(1, 5)]
        assert await kitchen.ask() == ("for client 5", None)
        assert not await handler.entries()

    @story
    async def test_that_failed_by_what_it_has_read_of_its_client_fails_nobody_else(self, handler):
        kitchen = Kitchen(handler)

        def make(rendering, number):
            rendering.reads("cookies()")
            if number == 1:
                raise KeyError("session")
            return Response("welcome")

        kitchen.make = make
        told = await asyncio.gather(*(kitchen.ask() for _ in range(3)), return_exceptions=True)
        assert isinstance(told[0], KeyError)
        assert told[1:] == [("welcome", None)] * 2

    @story
    async def test_others_do_not_wait_for_the_end_of_one_that_has_read_its_request(self, handler):
        kitchen, never = Kitchen(handler), asyncio.Event()

        async def make(rendering, number):
            rendering.reads("cookies()")
            if number == 1:
                await never.wait()
            return Response(f"for client {number}")

        kitchen.make = make
        first = asyncio.create_task(kitchen.ask())
        await kitchen.starts(1)
        assert await kitchen.ask() == ("for client 2", None)
        assert await kitchen.ask() == ("for client 3", None)
        never.set()
        assert await first == ("for client 1", None)

    @pytest.mark.parametrize("reads_when", ["before", "after"])
    @story
    async def test_that_is_its_client_s_alone_ends_when_that_one_leaves(self, handler, reads_when):
        kitchen, ended, left, never = Kitchen(handler), asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def make(rendering, _):
            try:
                if reads_when == "before":
                    rendering.reads("cookies()")
                else:
                    await left.wait()
                    rendering.reads("cookies()")
                await never.wait()
            finally:
                ended.set()

        kitchen.make = make
        client = asyncio.create_task(kitchen.ask())
        await kitchen.starts(1)
        await asyncio.sleep(0)
        client.cancel()
        await asyncio.wait([client])
        left.set()
        await ended.wait()
        await kitchen.settled()
        assert not await handler.entries()

    @story
    async def test_what_refuses_to_be_kept_is_shared_by_those_who_wait(self, handler):
        kitchen = Kitchen(handler)
        kitchen.make = lambda *_: Response("down", status=503)
        assert await asyncio.gather(kitchen.ask(), kitchen.ask()) == [("down", None)] * 2
        assert len(kitchen.runs) == 1
        assert not await handler.entries()

    @story
    async def test_a_cookie_is_for_one_client(self, handler):
        kitchen = Kitchen(handler)
        kitchen.make = lambda _, number: Response(str(number), headers={"set-cookie": f"id={number}"})
        assert sorted(await asyncio.gather(kitchen.ask(), kitchen.ask())) == [("1", None), ("2", None)]
        assert not await handler.entries()


class TestMarkedMeanwhile:
    @story
    async def test_who_came_before_the_mark_has_what_was_made_and_who_came_after_has_it_anew(self, handler):
        kitchen = Kitchen(handler)
        kitchen.gate.clear()
        early = [asyncio.create_task(kitchen.ask()) for _ in range(2)]
        await kitchen.starts(1)
        await handler.mark(["path:/k"], now())
        late = [asyncio.create_task(kitchen.ask()) for _ in range(3)]
        for _ in range(10):
            await asyncio.sleep(0)
        kitchen.gate.set()
        assert (await early[0])[0] == "dish 1"
        assert {(await each)[0] for each in late} == {"dish 2"}
        assert len(kitchen.runs) == 2
        assert await kitchen.ask() == ("dish 2", HIT)

    @story
    async def test_who_comes_while_it_is_made_anew_behind_has_nothing_from_before_the_mark(self, handler):
        kitchen = Kitchen(handler, revalidate=10.0)
        await kitchen.ask()
        await kitchen.age(11)
        kitchen.gate.clear()
        assert await kitchen.ask() == ("dish 1", STALE)
        await kitchen.starts(2)
        await handler.mark(["path:/k"], now())
        late = asyncio.create_task(kitchen.ask())
        for _ in range(10):
            await asyncio.sleep(0)
        kitchen.gate.set()
        assert (await late)[0] == "dish 3"


class TestStale:
    @story
    async def test_is_given_out_and_made_anew_once_behind(self, handler):
        kitchen = Kitchen(handler, revalidate=10.0)
        await kitchen.ask()
        await kitchen.age(11)
        kitchen.gate.clear()
        assert await kitchen.ask() == ("dish 1", STALE)
        assert await kitchen.ask() == ("dish 1", STALE)
        kitchen.gate.set()
        await kitchen.settled()
        assert await kitchen.ask() == ("dish 2", HIT)
        assert [rendering.background for rendering in kitchen.runs] == [False, True]

    @pytest.mark.parametrize("failure", ["raised", "exit", "cancelled", "500", "504"])
    @story
    async def test_stays_for_a_while_when_that_fails(self, handler, failure):
        raised = {"raised": ValueError, "exit": SystemExit, "cancelled": asyncio.CancelledError}
        kitchen = Kitchen(handler, revalidate=10.0)
        await kitchen.ask()
        await kitchen.age(11)

        def fail(*_):
            if failure in raised:
                raise raised[failure]
            return Response("failed", status=int(failure))

        kitchen.make = fail
        assert await kitchen.ask() == ("dish 1", STALE)
        await kitchen.settled()
        assert await kitchen.ask() == ("dish 1", HIT)
        assert len(kitchen.runs) == 2
        ((_, found),) = await handler.entries()
        assert found.entry.revalidate == 10.0

    @story
    async def test_goes_when_what_is_made_anew_reads_the_request(self, handler):
        kitchen = Kitchen(handler, revalidate=10.0)
        await kitchen.ask()
        await kitchen.age(11)
        kitchen.make = lambda rendering, _: Response(f"hello {rendering.reads('cookies()')}")
        assert await kitchen.ask() == ("dish 1", STALE)
        await kitchen.settled()
        assert not await handler.entries()
        assert await kitchen.ask() == ("hello True", None)

    @story
    async def test_goes_when_what_is_made_anew_sets_a_cookie(self, handler):
        kitchen = Kitchen(handler, revalidate=10.0)
        await kitchen.ask()
        await kitchen.age(11)
        kitchen.make = lambda *_: Response("mine", headers={"set-cookie": "a=1"})
        assert await kitchen.ask() == ("dish 1", STALE)
        await kitchen.settled()
        assert not await handler.entries()

    @story
    async def test_stays_when_the_new_stream_breaks_off(self, handler, caplog):
        caplog.set_level(logging.ERROR, "notebook_routes.cache")
        kitchen = Kitchen(handler, revalidate=10.0)
        await kitchen.ask()
        await kitchen.age(11)

        async def broken():
            yield b"half"
            raise ValueError("the other half is gone")

        kitchen.make = lambda *_: Response(broken())
        assert await kitchen.ask() == ("dish 1", STALE)
        await kitchen.settled()
        assert await kitchen.ask() == ("dish 1", HIT)
        assert "GET /k broke off" in caplog.text
        assert "the other half is gone" in caplog.text

    @story
    async def test_stays_when_the_new_stream_never_ends(self, handler, monkeypatch):
        monkeypatch.setattr("notebook_routes.cache.flight._UNREAD", 0.01)
        kitchen, closed = Kitchen(handler, revalidate=10.0), asyncio.Event()
        await kitchen.ask()
        await kitchen.age(11)

        async def endless():
            try:
                yield b"on"
                await asyncio.Event().wait()
            finally:
                closed.set()

        kitchen.make = lambda *_: Response(endless())
        assert await kitchen.ask() == ("dish 1", STALE)
        await closed.wait()
        await kitchen.settled()
        assert await kitchen.ask() == ("dish 1", HIT)

    @story
    async def test_is_not_made_anew_by_two_processes(self):
        memory = MemoryCache()
        one, two = Kitchen(memory, revalidate=10.0), Kitchen(memory, revalidate=10.0)
        await one.ask()
        await one.age(11)
        one.gate.clear()
        assert await one.ask() == ("dish 1", STALE)
        await one.starts(2)
        assert await two.ask() == ("dish 1", STALE)
        await two.settled()
        assert not two.runs
        one.gate.set()
        await one.settled()
        assert await two.ask() == ("dish 2", HIT)


class TestPrepared:
    @story
    async def test_is_there_for_who_asks_first(self, handler):
        kitchen = Kitchen(handler)
        await kitchen.cache.prepare(kitchen.asked(), kitchen)
        assert await kitchen.ask() == ("dish 1", HIT)
        await kitchen.cache.prepare(kitchen.asked(), kitchen)
        assert len(kitchen.runs) == 1

    @story
    async def test_says_why_it_cannot_be(self, handler):
        kitchen = Kitchen(handler)
        kitchen.make = lambda rendering, _: rendering.reads("cookies()")
        with pytest.raises(DynamicError, match=r"GET /k uses cookies\(\)"):
            await kitchen.cache.prepare(kitchen.asked(), kitchen)

    @story
    async def test_who_asks_while_it_fails_has_a_run_of_their_own(self, handler):
        kitchen = Kitchen(handler)

        def make(rendering, number):
            if rendering.background:
                raise ValueError("no request")
            return Response(f"dish {number}")

        kitchen.make = make
        kitchen.gate.clear()
        preparing = asyncio.create_task(kitchen.cache.prepare(kitchen.asked(), kitchen))
        await kitchen.starts(1)
        asking = asyncio.create_task(kitchen.ask())
        await asyncio.sleep(0)
        kitchen.gate.set()
        assert await asking == ("dish 2", MISS)
        with pytest.raises(ValueError, match="no request"):
            await preparing


async def ask_both(one, two):
    """The answers of two processes, of which the second is asked while the first is still at it."""
    one.gate.clear()
    first = asyncio.create_task(one.ask())
    await one.starts(1)
    other = asyncio.create_task(two.ask())
    await until(lambda: two.cache._flights)
    one.gate.set()
    return await first, await other


class TestProcesses:
    @story
    async def test_one_makes_it_and_the_other_takes_it(self):
        memory = MemoryCache()
        one, two = Kitchen(memory), Kitchen(memory)
        assert await ask_both(one, two) == (("dish 1", MISS), ("dish 1", HIT))
        assert not two.runs

    @story
    async def test_one_that_looked_before_the_other_kept_it_does_not_make_it_again(self):
        class Late(Slow):
            """Its answers to the first look come when the test says so."""

            def __init__(self, memory):
                super().__init__(memory)
                self.looked = False
                self.told = asyncio.Event()

            async def get(self, *args):
                found = await self.memory.get(*args)
                if not self.looked:
                    self.looked = True
                    await self.told.wait()
                return found

        memory = MemoryCache()
        late = Late(memory)
        one, two = Kitchen(memory), Kitchen(late)
        asking = asyncio.create_task(two.ask())
        await until(lambda: late.looked)
        assert await one.ask() == ("dish 1", MISS)
        late.told.set()
        assert await asking == ("dish 1", HIT)
        assert not two.runs

    @story
    async def test_the_other_makes_it_when_the_one_has_failed(self):
        memory = MemoryCache()
        one, two = Kitchen(memory), Kitchen(memory)
        one.make = lambda *_: Response("down", status=500)
        assert await ask_both(one, two) == (("down", None), ("dish 1", MISS))

    @story
    async def test_nobody_waits_for_another_process_that_answers_its_client_alone(self):
        memory = MemoryCache()
        one, two = Kitchen(memory), Kitchen(memory)
        never = asyncio.Event()

        async def make(rendering, _):
            rendering.reads("cookies()")
            await never.wait()
            return Response("mine")

        one.make = make
        first = asyncio.create_task(one.ask())
        await one.starts(1)
        assert await two.ask() == ("dish 1", MISS)
        never.set()
        assert await first == ("mine", None)


class Clients:
    """An endless stream, and who reads it."""

    def __init__(self, **headers):
        self.headers = headers
        self.open = 0
        self.more = asyncio.Event()

    async def _values(self):
        self.open += 1
        try:
            while True:
                yield b"x" * 100
                await self.more.wait()
        finally:
            self.open -= 1

    def answer(self, *_):
        return Response(self._values(), headers=self.headers)

    async def closes(self):
        await until(lambda: not self.open)


async def words(more=None):
    """Two pieces; the second waits for an event where there is one."""
    yield b"one "
    if more is not None:
        await more.wait()
    yield b"two"


class TestStreams:
    @story
    async def test_are_kept_when_they_have_ended_well(self, handler):
        kitchen = Kitchen(handler)

        kitchen.make = lambda *_: Response(words(), status=201, status_text="Well Made")
        response = await kitchen.respond()
        assert (response.status, response.status_text, await response.text()) == (201, "Well Made", "one two")
        await kitchen.settled()
        assert await kitchen.ask() == ("one two", HIT)

    @story
    async def test_those_who_wait_have_them_at_their_end(self, handler):
        kitchen, more = Kitchen(handler), asyncio.Event()
        kitchen.make = lambda *_: Response(words(more))
        first = await kitchen.respond()
        other = asyncio.create_task(kitchen.ask())
        await asyncio.sleep(0)
        more.set()
        assert await first.text() == "one two"
        assert (await other)[0] == "one two"
        assert len(kitchen.runs) == 1

    @pytest.mark.parametrize("kind", ["application/x-ndjson", "text/event-stream"])
    @story
    async def test_that_never_end_hang_nobody_and_end_with_their_clients(self, handler, kind, monkeypatch):
        monkeypatch.setattr("notebook_routes.cache.flight._PATIENCE", 0.01)
        monkeypatch.setattr("notebook_routes.cache.flight._UNREAD", 0.01)
        kitchen, clients = Kitchen(handler), Clients(**{"content-type": kind})
        kitchen.make = clients.answer
        readers = []
        for _ in range(3):
            response = await kitchen.respond()
            readers.append(response.body.get_reader())
            assert (await readers[-1].read())[0] == b"x" * 100
        assert len(kitchen.runs) == 3
        for reader in readers:
            await reader.cancel()
        await clients.closes()
        await kitchen.settled()
        assert not await handler.entries()

    @story
    async def test_an_event_stream_ends_at_once_with_its_client(self, handler):
        kitchen, clients = Kitchen(handler), Clients(**{"content-type": "text/event-stream"})
        kitchen.make = clients.answer
        response = await kitchen.respond()
        reader = response.body.get_reader()
        await reader.read()
        await reader.cancel()
        await clients.closes()

    @story
    async def test_a_client_that_leaves_does_not_stop_one_that_can_be_kept(self, handler):
        kitchen, more = Kitchen(handler), asyncio.Event()
        kitchen.make = lambda *_: Response(words(more))
        response = await kitchen.respond()
        await response.body.cancel()
        more.set()
        await kitchen.settled()
        assert await kitchen.ask() == ("one two", HIT)

    @story
    async def test_an_answer_that_nobody_sends_has_lost_its_client(self, handler):
        kitchen, clients = Kitchen(handler), Clients(**{"cache-control": "private"})
        kitchen.make = clients.answer
        # A middleware answers something else.
        await kitchen.respond()
        gc.collect(1)
        await clients.closes()
        await kitchen.settled()

    @story
    async def test_larger_than_may_be_kept_goes_as_fast_as_the_client_reads(self, handler):
        kitchen, made = Kitchen(handler), []
        kitchen.cache.most_kept = 1000

        async def much():
            for number in range(100):
                made.append(number)
                yield b"x" * 100

        kitchen.make = lambda *_: Response(much())
        response = await kitchen.respond()
        for _ in range(1000):
            await asyncio.sleep(0)
        assert len(made) == 11
        assert len(await response.bytes()) == 10_000
        await kitchen.settled()
        assert not await handler.entries()

    @story
    async def test_that_breaks_off_breaks_off_for_its_client_and_is_not_kept(self, handler):
        kitchen = Kitchen(handler)

        async def broken():
            yield b"half"
            raise ValueError("gone")

        kitchen.make = lambda *_: Response(broken())
        response = await kitchen.respond()
        reader = response.body.get_reader()
        assert (await reader.read())[0] == b"half"
        with pytest.raises(ValueError, match="gone"):
            await reader.read()
        await kitchen.settled()
        assert not await handler.entries()

    @story
    async def test_that_reads_its_client_s_request_on_the_way_is_not_kept(self, handler):
        kitchen = Kitchen(handler)

        async def personal(rendering):
            yield b"hello "
            rendering.reads("cookies()")
            yield b"you"

        kitchen.make = lambda rendering, _: Response(personal(rendering))
        response = await kitchen.respond()
        assert response.headers.get("cache-status") is None
        assert await response.text() == "hello you"
        await kitchen.settled()
        assert not await handler.entries()

    @story
    async def test_that_never_waits_leaves_others_their_turn(self, handler):
        kitchen = Kitchen(handler)
        ticks = 0

        async def busy():
            while not ticks:
                yield b"x"
            yield b"y" * kitchen.cache.most_kept

        async def tick():
            nonlocal ticks
            await asyncio.sleep(0.02)
            ticks += 1

        kitchen.make = lambda *_: Response(ReadableStream(busy()))
        ticking = asyncio.create_task(tick())
        response = await kitchen.respond()
        await response.bytes()
        await ticking

    @story
    async def test_of_a_route_declared_static_say_that_they_are_kept(self, handler):
        kitchen = Kitchen(handler, mode="static", revalidate=60.0)

        async def words():
            yield b"one"

        kitchen.make = lambda *_: Response(words())
        response = await kitchen.respond()
        assert response.headers.get("cache-status") == MISS
        assert response.headers.get("cache-control") == "s-maxage=60, stale-while-revalidate=31535940"
        assert await response.text() == "one"


def test_two_loops_do_not_wait_for_each_other():
    memory = MemoryCache()
    cache = ResponseCache(memory)

    async def tale():
        kitchen = Kitchen()
        kitchen.cache = cache
        return await kitchen.ask()

    async def broken():
        kitchen = Kitchen()
        kitchen.cache = cache
        kitchen.gate.clear()
        asking = asyncio.create_task(kitchen.ask())
        await kitchen.starts(1)
        asking.cancel()

    asyncio.run(broken())
    assert asyncio.run(tale()) == ("dish 1", MISS)
