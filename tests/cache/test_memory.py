"""Entries in memory."""

import asyncio
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.cache import MemoryCache, State, now, state_of
from tests.cache.entries import entry, told
from tests.cache.handler_suite import HandlerSuite


class TestMemory(HandlerSuite):
    @pytest.fixture
    def make(self):
        return MemoryCache


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5000)), max_size=60))
def test_the_bound_is_never_exceeded(puts):
    async def story():
        cache = MemoryCache(8000)
        for key, size in puts:
            await cache.put(str(key), entry(b"x" * size))
            assert cache.size <= cache.limit
            assert cache.size == sum(found.entry.size + len(key) for key, found in await cache.entries())

    asyncio.run(story())


def test_the_least_recently_used_goes_first():
    async def story():
        cache = MemoryCache(3 * (entry().size + 1))
        for key in "abc":
            await cache.put(key, entry())
        await cache.get("a")
        await cache.put("d", entry())
        return sorted(key for key, _ in await cache.entries())

    assert told(story()) == ["a", "c", "d"]


def test_an_entry_that_is_too_large_is_not_kept_and_the_former_goes():
    async def story():
        cache = MemoryCache(2000)
        await cache.put("k", entry())
        await cache.put("k", entry(b"x" * 2000))
        return await cache.get("k"), cache.size

    assert told(story()) == (None, 0)


def test_beyond_the_tags_that_are_remembered_only_what_is_older_goes():
    async def story():
        cache = MemoryCache(most_tags=10)
        await cache.put("old", entry(ago=100, tags=["a"]))
        await cache.put("between", entry(ago=45, tags=["a"]))
        await cache.put("new", entry(ago=1, tags=["a"]))
        for number in range(11):
            await cache.mark([f"t{number}"], now() - 50 + number)
        return [state_of(await cache.get(key), now()) for key in ("old", "between", "new")]

    assert told(story()) == [None, State.FRESH, State.FRESH]


def test_a_mark_costs_the_same_however_many_entries_there_are():
    def calls(entries):
        cache = MemoryCache(2**40)
        seen = []

        async def story():
            one = entry(tags=["t"])
            for number in range(entries):
                await cache.put(str(number), one)
            sys.setprofile(lambda frame, event, argument: seen.append(event))
            await cache.mark(["t"], now())
            sys.setprofile(None)
            return state_of(await cache.get("0"), now())

        assert told(story()) is None
        return len(seen)

    assert calls(100_000) == calls(1)


def test_leases_of_those_who_died_are_forgotten():
    async def story():
        cache = MemoryCache()
        for number in range(3000):
            await cache.lease(str(number), 0.0)
        return len(cache._leases)

    assert told(story()) < 2000
