"""What is said about kept data in cells and handlers; what becomes of it in an app is in tests/app."""

from __future__ import annotations

import asyncio
import math

import pytest

from notebook_routes.cache import EXPIRE, PROFILES, CachePolicy, DataCache, MemoryCache, Rendering, now
from notebook_routes.errors import ScopeError
from notebook_routes.runtime import (
    Exchange,
    cache_life,
    cache_tag,
    cached,
    revalidate_path,
    revalidate_tag,
    update_tag,
    use_data,
)
from notebook_routes.runtime.exchange import current_exchange
from notebook_routes.web import Request


@pytest.fixture
def memory():
    memory = MemoryCache()
    data = DataCache(memory)
    use_data(lambda: data)
    yield memory
    use_data(None)


@pytest.fixture
def exchange():
    """The request that is being answered."""
    exchange = Exchange(Request("http://a/"))
    token = current_exchange.set(exchange)
    yield exchange
    current_exchange.reset(token)


class TestInACell:
    def test_a_mark_takes_effect_at_once(self, memory):
        before = now()
        revalidate_tag("a")
        update_tag("b")
        revalidate_path("/p/[id]")
        revalidate_tag("c", "max")
        assert set(memory._marks._marks) == {"a", "b", "route:/p/[id]", "c"}
        assert memory._marks._marks["a"].expires(before, now())
        assert not memory._marks._marks["c"].expires(before, now())
        assert memory._marks._marks["c"].stale >= before

    def test_inside_a_loop_too(self, memory):
        async def cell():
            revalidate_tag("a")

        asyncio.run(cell())
        assert set(memory._marks._marks) == {"a"}

    def test_a_path_begins_with_a_slash(self, memory):
        with pytest.raises(ValueError, match="a path begins with a slash"):
            revalidate_path("products")

    @pytest.mark.parametrize("function", [lambda: cache_tag("a"), lambda: cache_life("max")])
    def test_nothing_is_being_made_there(self, function):
        with pytest.raises(ScopeError, match="call it in a handler or a cached"):
            function()


class TestInAHandler:
    def test_a_mark_waits_for_the_answer(self, memory, exchange):
        revalidate_tag("a", {"expire": 60})
        revalidate_tag("a")
        revalidate_tag("a", {"expire": 60})
        revalidate_path("/p")
        assert exchange.revalidations == {"a": 0.0, "path:/p": 0.0}
        assert not memory._marks._marks

    def test_a_path_without_its_slash_has_no_effect_and_the_log_says_so(self, exchange):
        revalidate_path("products")
        revalidate_path("products")
        assert exchange.revalidations is None
        assert exchange.notes == ['revalidate_path("products") has no effect: a path begins with a slash']

    def test_life_of_a_route_that_is_not_kept_has_none_and_the_log_says_so(self, exchange):
        cache_life("max")
        cache_tag("a")
        assert [note.partition("()")[0] for note in exchange.notes] == ["cache_life", "cache_tag"]

    def test_life_and_tags_of_its_answer(self, exchange):
        exchange.rendering = Rendering(CachePolicy(revalidate=7200.0), label="GET /")
        cache_life("hours")
        cache_life(revalidate=100, expire=math.inf)
        cache_tag("a", "b")
        rendering = exchange.rendering
        assert (rendering.revalidate, rendering.expire, rendering.tags) == (100, 86_400, ("a", "b"))

    def test_within_a_cached_function_they_are_its_value_s(self, memory, exchange):
        exchange.rendering = Rendering(CachePolicy(), label="GET /")

        @cached
        def load():
            cache_tag("inner")
            cache_life(revalidate=5)

        load()
        (entry,) = memory._entries.values()
        assert (entry.tags, entry.revalidate) == (("inner",), 5)
        # What is made of it lasts no longer.
        assert (exchange.rendering.tags, exchange.rendering.revalidate) == (("inner",), 5)


def test_profiles_end_within_a_year():
    assert all(stale <= gone <= EXPIRE for stale, gone in PROFILES.values())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: revalidate_tag(""), TypeError, "takes a tag, which is a text, not ''"),
        (lambda: revalidate_tag(1), TypeError, "not 1"),
        (lambda: update_tag(None), TypeError, "not None"),
        (lambda: cache_tag("a", 1), TypeError, "not 1"),
        (lambda: revalidate_tag("a", "nosuch"), ValueError, 'there is no profile "nosuch": there are default, seconds'),
        (lambda: revalidate_tag("a", {"expire": -1}), ValueError, "write a profile"),
        (lambda: revalidate_tag("a", {"expire": True}), ValueError, "write a profile"),
        (lambda: revalidate_tag("a", {"expire": math.nan}), ValueError, "write a profile"),
        (lambda: revalidate_tag("a", {"expires": 1}), ValueError, "write a profile"),
        (lambda: revalidate_tag("a", 60), ValueError, "write a profile"),
        (lambda: revalidate_path(1), TypeError, "takes a path, not int"),
        (lambda: revalidate_path("/a", "all"), ValueError, "the second argument"),
        (lambda: cache_life("nosuch"), ValueError, "there is no profile"),
        (lambda: cache_life(revalidate=0), ValueError, "write seconds above 0"),
        (lambda: cache_life(expire=True), ValueError, "write seconds above 0"),
        (lambda: cache_life(revalidate="60"), ValueError, "write seconds above 0"),
        (lambda: cache_life(revalidate=math.nan), ValueError, "write seconds above 0"),
    ],
)
def test_mistakes(exchange, call, error, message):
    with pytest.raises(error, match=message):
        call()
    assert exchange.revalidations is None
