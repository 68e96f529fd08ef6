from __future__ import annotations

import asyncio
import gc
import threading
from dataclasses import replace

import pytest

from notebook_routes.cache import CacheEntry, DataCache, Made, MemoryCache, Wanted, now

PATIENCE = 20.0


def made(text, *, tags=(), revalidate=None, keep=True, status=0):
    entry = CacheEntry(status, (), text.encode(), 0, 0, tags=tags, revalidate=revalidate, source="load()")
    return Made(entry, keep=keep)


def age(handler, seconds):
    for key, entry in handler._entries.items():
        handler._entries[key] = replace(entry, stored=entry.stored - seconds, checked=entry.checked - seconds)


async def until(condition):
    while not condition():  # noqa: ASYNC110 - what is looked at tells nobody
        await asyncio.sleep(0)


class Slow:
    """A cache that really makes one wait, as one on the network does."""

    def __init__(self):
        self.memory = MemoryCache()
        self._entries = self.memory._entries

    def __getattr__(self, name):
        async def asked(*args, **options):
            await asyncio.sleep(0)
            value = await getattr(self.memory, name)(*args, **options)
            await asyncio.sleep(0)
            return value

        return asked


@pytest.fixture(params=[MemoryCache, Slow], ids=["memory", "slow"])
def handler(request):
    return request.param()


def story(tale):
    async def told():
        unheard = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
        await asyncio.wait_for(tale(), PATIENCE)
        gc.collect(1)
        await asyncio.sleep(0)
        assert not unheard

    asyncio.run(told())


class OnLoop:
    """Data asked for by coroutines."""

    def __init__(self, handler):
        self.data = DataCache(handler)
        self.runs = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.make = lambda number: made(str(number))

    async def _make(self):
        self.runs += 1
        number = self.runs
        await self.gate.wait()
        return self.make(number)

    async def ask(self, **wanted):
        return (await self.data.get(Wanted("k", **wanted), self._make)).body.decode()

    async def outcome(self):
        try:
            return await self.ask()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            return error

    async def settled(self):
        await until(lambda: not self.data._behind)


class TestOnALoop:
    def test_made_once_for_all_who_ask_at_once(self, handler):
        async def tale():
            world = OnLoop(handler)
            assert set(await asyncio.gather(*(world.ask() for _ in range(20)))) == {"1"}
            assert await world.ask() == "1"
            assert world.runs == 1

        story(tale)

    @pytest.mark.parametrize(
        "error", [ValueError(), SystemExit(), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr
    )
    def test_what_is_raised_is_raised_for_all_who_wait_and_not_kept(self, handler, error):
        async def tale():
            world = OnLoop(handler)

            def fail(_):
                raise error

            world.make = fail
            told = await asyncio.gather(*(world.outcome() for _ in range(3)))
            assert [type(each) for each in told] == [type(error)] * 3
            assert world.runs == 1
            world.make = lambda number: made(str(number))
            assert await world.ask() == "2"

        story(tale)

    def test_goes_on_when_all_who_wait_have_left(self, handler):
        async def tale():
            world = OnLoop(handler)
            world.gate.clear()
            asking = asyncio.create_task(world.ask())
            await until(lambda: world.runs)
            asking.cancel()
            await asyncio.wait([asking])
            world.gate.set()
            await world.settled()
            assert await world.ask() == "1"

        story(tale)

    def test_who_comes_after_a_mark_has_it_anew(self, handler):
        async def tale():
            world = OnLoop(handler)
            world.make = lambda number: made(str(number), tags=("t",))
            world.gate.clear()
            early = asyncio.create_task(world.ask())
            await until(lambda: world.runs)
            await handler.mark(["t"], now())
            late = [asyncio.create_task(world.ask()) for _ in range(3)]
            for _ in range(10):
                await asyncio.sleep(0)
            world.gate.set()
            assert await early == "1"
            assert {await each for each in late} == {"2"}
            assert world.runs == 2

        story(tale)

    def test_stale_is_given_out_and_made_anew_once(self, handler):
        async def tale():
            world = OnLoop(handler)
            world.make = lambda number: made(str(number), revalidate=10)
            await world.ask()
            age(handler, 11)
            assert await asyncio.gather(world.ask(), world.ask()) == ["1", "1"]
            await world.settled()
            assert await world.ask() == "2"
            assert world.runs == 2

        story(tale)

    def test_who_is_patient_has_it_anew(self, handler):
        async def tale():
            world = OnLoop(handler)
            world.make = lambda number: made(str(number), revalidate=10)
            await world.ask()
            age(handler, 11)
            world.gate.clear()
            asking = asyncio.create_task(world.ask(patient=True))
            await until(lambda: world.runs == 2)
            # Who is not has what there is, and both are of one run.
            assert await world.ask() == "1"
            world.gate.set()
            assert await asking == await world.ask() == "2"
            assert world.runs == 2

        story(tale)

    def test_what_it_is_made_of_behind_is_made_anew_first(self, handler):
        async def tale():
            outer, inner = OnLoop(handler), OnLoop(handler)
            inner.make = outer.make = lambda number: made(str(number), revalidate=10)

            async def combine():
                entry = await inner.data.get(Wanted("inner"), inner._make)
                return made(f"of {entry.body.decode()}", revalidate=10)

            async def ask():
                return (await outer.data.get(Wanted("outer"), combine)).body.decode()

            assert await ask() == "of 1"
            age(handler, 11)
            assert await ask() == "of 1"
            await outer.settled()
            assert await ask() == "of 2"

        story(tale)

    @pytest.mark.parametrize("failure", [ValueError("down"), None], ids=repr)
    def test_who_is_patient_has_the_stale_one_where_there_is_no_other(self, handler, failure):
        async def tale():
            world = OnLoop(handler)
            world.make = lambda number: made(str(number), revalidate=10)
            await world.ask()
            age(handler, 11)

            def fail(number):
                if failure is None:
                    return made(str(number), keep=False, status=500)
                raise failure

            world.make = fail
            assert await world.ask(patient=True) == "1"
            await world.settled()
            assert world.runs == 2

        story(tale)

    @pytest.mark.parametrize("failure", [ValueError("down"), SystemExit(1), asyncio.CancelledError(), None], ids=repr)
    def test_stale_stays_for_a_while_when_that_fails(self, handler, failure, caplog):
        async def tale():
            world = OnLoop(handler)
            world.make = lambda number: made(str(number), revalidate=10)
            await world.ask()
            age(handler, 11)

            def fail(number):
                if failure is None:
                    return made(str(number), keep=False, status=503)
                raise failure

            world.make = fail
            assert await world.ask() == "1"
            await world.settled()
            assert await world.ask() == "1"
            await world.settled()
            assert world.runs == 2

        story(tale)
        why = "the status was 503" if failure is None else type(failure).__name__
        assert f"load() could not be made anew, and what there was is kept: {why}" in caplog.text

    def test_what_a_request_has_marked_itself_it_makes_anew_and_keeps_not(self, handler):
        async def tale():
            world = OnLoop(handler)
            world.make = lambda number: made(str(number), tags=("t",))
            assert await world.ask() == "1"
            assert await world.ask(marked=["t"]) == "2"
            assert await world.ask(marked=["other"]) == "1"
            assert await world.ask() == "1"

        story(tale)

    def test_marks_of_the_path_that_asks_count(self, handler):
        async def tale():
            world = OnLoop(handler)
            await world.ask(beside=["path:/a"])
            await handler.mark(["path:/a"], now())
            assert await world.ask(beside=["path:/b"]) == "1"
            assert await world.ask(beside=["path:/a"]) == "2"

        story(tale)


class OnThreads:
    """Data asked for by code that waits."""

    def __init__(self, handler):
        self.data = DataCache(handler)
        self.runs = 0
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Event()
        self.make = lambda number: made(str(number))
        self._threads = []

    def _make(self):
        self.runs += 1
        number = self.runs
        self.began.set()
        assert self.gate.wait(PATIENCE)
        return self.make(number)

    def ask(self, **wanted):
        return self.data.get_blocking(Wanted("k", **wanted), self._make).body.decode()

    def begin(self, count):
        """Ask on so many threads; gives what they are told, once they are joined."""
        told = []

        def asks():
            try:
                told.append(self.ask())
            except BaseException as error:  # noqa: BLE001 - the test looks at it
                told.append(error)

        threads = [threading.Thread(target=asks) for _ in range(count)]
        for thread in threads:
            thread.start()
        self._threads += threads
        return told

    def join(self):
        for thread in [*self._threads, *threading.enumerate()]:
            if thread in self._threads or thread.name == "notebook_routes cached":
                thread.join(PATIENCE)
                assert not thread.is_alive()


class TestOnThreads:
    def test_made_once_for_all_who_ask_at_once(self, handler):
        world = OnThreads(handler)
        world.gate.clear()
        told = world.begin(16)
        assert world.began.wait(PATIENCE)
        world.gate.set()
        world.join()
        assert told == ["1"] * 16
        assert world.ask() == "1"

    @pytest.mark.parametrize("error", [ValueError(), SystemExit(), StopIteration(), KeyboardInterrupt()], ids=repr)
    def test_what_is_raised_is_raised_for_all_and_not_kept(self, handler, error):
        world = OnThreads(handler)

        def fail(_):
            raise error

        world.make = fail
        with pytest.raises(type(error)):
            world.ask()
        world.make = lambda number: made(str(number))
        assert world.ask() == "2"

    def test_who_comes_after_a_mark_has_it_anew(self, handler):
        world = OnThreads(handler)
        world.make = lambda number: made(str(number), tags=("t",))
        world.gate.clear()
        early = world.begin(1)
        assert world.began.wait(PATIENCE)
        asyncio.run(handler.mark(["t"], now()))
        late = world.begin(3)
        world.gate.set()
        world.join()
        assert early == ["1"]
        assert len(late) == 3
        assert "1" not in late
        assert world.runs == 2

    def test_stale_is_given_out_and_made_anew_behind(self, handler):
        world = OnThreads(handler)
        world.make = lambda number: made(str(number), revalidate=10)
        world.ask()
        age(handler, 11)
        world.gate.clear()
        assert world.ask() == "1"
        assert world.ask() == "1"
        world.gate.set()
        world.join()
        assert world.ask() == "2"
        assert world.runs == 2

    def test_who_is_patient_has_it_anew(self, handler):
        world = OnThreads(handler)
        world.make = lambda number: made(str(number), revalidate=10)
        world.ask()
        age(handler, 11)
        assert world.ask(patient=True) == "2"
        world.join()
        assert world.runs == 2

    def test_on_a_loop_nobody_is(self, handler):
        world = OnThreads(handler)
        world.make = lambda number: made(str(number), revalidate=10)
        world.ask()
        age(handler, 11)

        async def ask():
            return world.ask(patient=True)

        world.gate.clear()
        assert asyncio.run(ask()) == "1"
        world.gate.set()
        world.join()
        assert world.ask() == "2"

    @pytest.mark.parametrize("failure", [ValueError("down"), SystemExit(1)], ids=repr)
    def test_stale_stays_for_a_while_when_that_fails(self, handler, failure, caplog):
        world = OnThreads(handler)
        world.make = lambda number: made(str(number), revalidate=10)
        world.ask()
        age(handler, 11)

        def fail(_):
            raise failure

        world.make = fail
        assert world.ask() == "1"
        world.join()
        assert world.ask() == "1"
        world.join()
        assert world.runs == 2
        assert "load() could not be made anew" in caplog.text

    def test_where_there_are_no_threads_the_one_who_asks_makes_it_anew(self, monkeypatch):
        world = OnThreads(MemoryCache())
        world.make = lambda number: made(str(number), revalidate=10)
        world.ask()
        age(world.data.handler, 11)

        def refuse(_):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert world.ask() == "1"
        assert world.ask() == "2"
