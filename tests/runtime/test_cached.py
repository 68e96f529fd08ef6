from __future__ import annotations

import asyncio
import functools
import math
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from notebook_routes.cache import DataCache, MemoryCache
from notebook_routes.errors import CacheError, ScopeError
from notebook_routes.runtime import cache_life, cache_tag, cached, cookies, headers, revalidate_tag, use_data
from notebook_routes.web import Response


class Slow:
    """A cache that really makes one wait, as one on the network does."""

    def __init__(self):
        self.memory = MemoryCache()

    def __getattr__(self, name):
        async def asked(*args, **options):
            await asyncio.sleep(0)
            return await getattr(self.memory, name)(*args, **options)

        return asked


@pytest.fixture(params=[MemoryCache, Slow], ids=["memory", "slow"], autouse=True)
def memory(request):
    """The cache of this process; gives where its entries are."""
    handler = request.param()
    data = DataCache(handler)
    use_data(lambda: data)
    yield getattr(handler, "memory", handler)
    use_data(None)


def entry_in(memory):
    (entry,) = memory._entries.values()
    return entry


def age(memory, seconds):
    for key, entry in memory._entries.items():
        memory._entries[key] = replace(entry, stored=entry.stored - seconds, checked=entry.checked - seconds)


class Counted:
    """Functions that count their runs."""

    def __init__(self):
        self.runs = 0

    def count(self):
        self.runs += 1
        return self.runs


@pytest.fixture
def calls():
    return Counted()


class TestForms:
    def test_of_a_function(self, calls):
        def load(x, *rest, y=2, **more):
            """Load it."""
            return [x, y, calls.count()]

        kept = cached(load)
        assert kept(1) == kept(1) == kept(x=1) == kept(1, y=2) == [1, 2, 1]
        assert kept(2) == [2, 2, 2]
        assert kept(1, 5) == [1, 2, 3]
        assert kept(1, z=5) == [1, 2, 4]
        assert (kept.__name__, kept.__doc__, kept.__wrapped__) == ("load", "Load it.", load)

    def test_of_a_coroutine_function(self, calls):
        @cached(tags=["shop"], revalidate=60)
        async def load(x):
            await asyncio.sleep(0)
            return {"x": x, "n": calls.count()}

        async def story():
            assert await load(1) == await load(1) == {"x": 1, "n": 1}
            assert await asyncio.gather(*(load(2) for _ in range(5))) == [{"x": 2, "n": 2}] * 5

        asyncio.run(story())

    def test_as_a_decorator_of_a_method_which_cannot_be_keyed(self):
        class Shop:
            @cached
            def load(self):
                return 1

            @staticmethod
            @cached
            def rate(x):
                return x

        assert Shop.rate(3) == 3
        with pytest.raises(CacheError, match=r"the argument `self` of load\(\).* cannot be kept: it is a Shop"):
            Shop().load()

    def test_the_method_of_an_object_needs_a_key(self, calls):
        class Shop:
            def __init__(self, name):
                self.name = name

            def load(self):
                return f"{self.name} {calls.count()}"

            @classmethod
            def rate(cls):
                return calls.count()

        one, other = Shop("one"), Shop("other")
        with pytest.raises(CacheError, match=r"load is a method of a Shop, which may hold more: .*key=shop\.id"):
            cached(one.load)
        assert cached(one.load, key="one")() == "one 1"
        assert cached(other.load, key="other")() == "other 2"
        assert cached(one.load, key="one")() == "one 1"
        assert cached(Shop.rate)() == 3

    def test_an_object_that_can_be_called_needs_a_key(self):
        class Loader:
            def __call__(self):
                return 1

        for function in (Loader(), functools.partial(lambda x: x, 1)):
            with pytest.raises(CacheError, match=r"it is a (Loader|partial), which may hold more"):
                cached(function)
            assert cached(function, key=1)() == 1

    def test_of_what_is_built_in(self):
        assert cached(math.sqrt)(4) == 2.0

    def test_another_text_is_another_function(self):
        def define(text):
            space = {"__name__": "cell"}
            exec(text, space)
            return cached(space["load"])

        assert define("def load(): return 1")() == 1
        assert define("\n\ndef load(): return 2")() == 2
        assert define("def load(): return [3 for _ in (1,)]")() == [3]
        assert define("def load(): return [4 for _ in (1,)]")() == [4]

    def test_other_decorators_are_another_function(self):
        def load():
            return 5

        def plus(function):
            return functools.wraps(function)(lambda: function() + 1)

        def minus(function):
            return functools.wraps(function)(lambda: function() - 1)

        assert [cached(each)() for each in (plus(load), minus(load), load)] == [6, 4, 5]

    def test_a_class_method_is_its_class_s(self):
        class Shop:
            place = "Ulm"

            @classmethod
            def load(cls):
                return cls.place

        class Branch(Shop):
            place = "Bonn"

        assert [cached(Shop.load)(), cached(Branch.load)()] == ["Ulm", "Bonn"]

    def test_the_same_text_is_the_same_function_wherever_it_stands(self, calls):
        def define(text):
            space = {"__name__": "cell", "calls": calls}
            exec(text, space)
            return cached(space["load"])

        assert define("def load(): return calls.count()")() == 1
        assert define("# moved\n\ndef load(): return calls.count()")() == 1

    def test_what_stands_around_it_is_told_by_key(self):
        def loader(region):
            return cached(lambda: region, key=["region", region])

        assert (loader("eu")(), loader("us")(), loader("eu")()) == ("eu", "us", "eu")

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"tags": "shop"}, TypeError, r'write a list, tags=\["shop"\]'),
            ({"tags": ["shop", 1]}, TypeError, "holds 1, which is no tag"),
            ({"tags": [""]}, TypeError, "holds '', which is no tag"),
            ({"revalidate": 0}, ValueError, "write seconds above 0"),
            ({"revalidate": -1}, ValueError, "write seconds above 0"),
            ({"revalidate": True}, ValueError, "write seconds above 0"),
            ({"revalidate": "60"}, ValueError, "write seconds above 0"),
            ({"revalidate": math.nan}, ValueError, "write seconds above 0"),
            ({"key": object()}, CacheError, r"the key of cached\(\) cannot be kept: it is an object"),
        ],
    )
    def test_mistakes(self, options, error, message):
        with pytest.raises(error, match=message):
            cached(lambda: 1, **options)

    def test_no_function(self):
        with pytest.raises(TypeError, match="takes a function, not str"):
            cached("load")

    def test_one_whose_parameters_cannot_be_seen(self):
        with pytest.raises(TypeError, match=r"cannot see what max takes.*cached\(lambda value: max\(value\)\)"):
            cached(max)


class TestValues:
    @pytest.mark.parametrize(
        "value",
        [None, True, 0, -1.5, "", "é\ud800", [], {}, [1, [2, {"a": None}]], {"a": [1.5]}, b"", b"\x00\xff", 2**70],
        ids=repr,
    )
    def test_come_back_as_they_were_made(self, value, calls):
        @cached
        def load():
            calls.count()
            return value

        first, second = load(), load()
        assert first == second == value
        assert type(first) is type(second) is type(value)
        assert calls.runs == 1

    def test_are_each_time_new(self):
        @cached
        def load():
            return {"list": []}

        load()["list"].append("mine")
        assert load() == {"list": []}

    def test_are_as_json_reads_them_the_first_time_too(self):
        @cached
        def load():
            return (1, (2,))

        assert load() == load() == [1, [2]]

    def test_may_be_a_whole_response(self):
        @cached
        def load():
            return Response.json({"a": 1}, status=201, headers={"x-own": "1"})

        async def read():
            response = load()
            return response.status, response.headers.get("x-own"), await response.json()

        assert asyncio.run(read()) == asyncio.run(read()) == (201, "1", {"a": 1})

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (object(), r"what load\(\) gives cannot be kept: it is an object"),
            ({"a": [1, {2}]}, r"it holds a set at \['a'\]\[1\]"),
            ({1: 2}, "it is a dict with the key 1, which is no text"),
            ([math.inf], r"it holds the number inf, which JSON does not know at \[0\]"),
            (iter([1]), "it is a list_iterator"),
        ],
        ids=["object", "set", "number as key", "infinity", "iterator"],
    )
    def test_that_cannot_be_kept_are_an_error_that_says_where(self, value, message, memory):
        @cached
        def load():
            return value

        with pytest.raises(CacheError, match=message):
            load()
        assert not memory._entries

    def test_a_stream_is_refused(self):
        @cached
        def load():
            return Response(iter(["a"]))

        with pytest.raises(CacheError, match=r"what load\(\) gives is a stream"):
            load()

    def test_what_was_not_awaited_is_refused(self):
        async def other():
            return 1

        @cached
        def load():
            return other()

        with pytest.raises(CacheError, match="it is a coroutine"):
            load()

    @pytest.mark.parametrize(
        "value", [object(), {1, 2}, {"a": math.nan}, [b"x"]], ids=lambda value: type(value).__name__
    )
    def test_arguments_that_cannot_be_keyed_are_named(self, value, calls):
        @cached
        def load(first, user):
            calls.count()

        with pytest.raises(CacheError, match=r"the argument `user` of load\(\), which is part of its key, cannot be"):
            load(1, value)
        assert calls.runs == 0

    def test_nested_too_deeply(self):
        deep = []
        for _ in range(200):
            deep = [deep]
        with pytest.raises(CacheError, match="nested too deeply"):
            cached(len)(deep)

    def test_what_is_raised_is_not_kept(self, calls, memory):
        @cached
        def load():
            calls.count()
            raise LookupError("no")

        for _ in range(2):
            with pytest.raises(LookupError):
                load()
        assert calls.runs == 2
        assert not memory._entries


class TestLife:
    def test_ends_by_its_tags(self, calls):
        @cached(tags=["shop"])
        def load():
            return calls.count()

        assert load() == load() == 1
        revalidate_tag("SHOP")
        assert load() == 1
        revalidate_tag("shop")
        assert load() == 2

    def test_stale_once_more_and_anew_behind(self, calls, memory):
        @cached(revalidate=10)
        def load():
            return calls.count()

        load()
        age(memory, 11)
        assert load() == 1
        for thread in threading.enumerate():
            if thread.name == "notebook_routes cached":
                thread.join(20)
        assert load() == 2

    def test_named_inside(self, memory):
        @cached
        def load():
            cache_life("minutes")
            cache_life(expire=600)
            cache_tag("inner", "other")

        load()
        entry = entry_in(memory)
        assert (entry.revalidate, entry.expire, entry.tags) == (60, 600, ("inner", "other"))

    def test_what_is_made_of_kept_values_lasts_no_longer_and_has_their_tags(self, memory, calls):
        @cached(tags=["inner"], revalidate=30)
        def inner():
            return calls.count()

        @cached(tags=["outer"], revalidate=60)
        def outer():
            return [inner()]

        assert outer() == [1]
        entries = {entry.source: entry for entry in memory._entries.values()}
        assert entries["outer()"].revalidate == 30
        assert set(entries["outer()"].tags) == {"outer", "inner"}
        revalidate_tag("inner")
        assert outer() == [2]

    def test_of_coroutine_functions_within_each_other(self, memory, calls):
        @cached(tags=["inner"])
        async def inner():
            return calls.count()

        @cached(tags=["outer"])
        async def outer():
            return [await inner()]

        async def story():
            assert await outer() == [1]
            revalidate_tag("inner")
            return await outer()

        assert asyncio.run(story()) == [2]


class TestInside:
    @pytest.mark.parametrize(
        "read",
        [headers, cookies, lambda: __import__("notebook_routes").after(print)],
        ids=["headers", "cookies", "after"],
    )
    def test_the_request_is_out_of_reach(self, call, read):
        @cached
        def load():
            return str(read())

        @cached
        async def load_async():
            return str(read())

        async def get():
            told = []
            for function in (load, load_async):
                try:
                    value = function()
                    await value
                except ScopeError as error:
                    told.append(str(error))
            return told

        told = call(get).json()
        assert len(told) == 2
        assert all("inside cached(): what that function gives is kept for everybody" in line for line in told)

    def test_after_it_the_request_is_there_again(self, call):
        @cached
        async def load():
            return 1

        async def get():
            await load()
            return headers().get("x")

        assert call(get, headers={"x": "mine"}).text == "mine"

    @pytest.mark.parametrize("kind", ["def", "async def"])
    def test_asking_for_itself_is_an_error_and_no_endless_wait(self, kind):
        @cached
        def load(x):
            return load(x) if x else 0

        @cached
        async def load_async(x):
            return await load_async(x) if x else 0

        def ask():
            return load(1) if kind == "def" else asyncio.run(asyncio.wait_for(load_async(1), 20))

        with pytest.raises(CacheError, match="asks for its own value while it is being made"):
            ask()

    def test_asking_for_another_of_its_values_is_none(self):
        @cached
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)

        assert fib(30) == 832040


class TestThreads:
    def test_one_run_for_many(self, calls):
        begun, gate = threading.Event(), threading.Event()

        @cached
        def load():
            begun.set()
            assert gate.wait(20)
            return calls.count()

        told = []
        threads = [threading.Thread(target=lambda: told.append(load())) for _ in range(20)]
        threads[0].start()
        assert begun.wait(20)
        for thread in threads[1:]:
            thread.start()
        end = time.monotonic() + 20
        while sum(thread.is_alive() for thread in threads) < 20:
            assert time.monotonic() < end
        gate.set()
        for thread in threads:
            thread.join(20)
        assert told == [1] * 20


SHARED = """
from notebook_routes.runtime.cached import _text_of
from notebook_routes.cache import version_of
def load(x):
    return x in {"apple", "banana", "cherry", "date", "elder"} or [y for y in x if y in {"a", "b", "c"}]
print(version_of(_text_of(load)))
"""


def test_processes_know_a_function_by_the_same_name():
    told = {
        subprocess.run(
            [sys.executable, "-c", SHARED],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
