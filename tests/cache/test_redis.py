"""Entries in a real Redis, which is killed, stopped, filled and spoilt."""

import asyncio
import logging
import signal
import time
from contextlib import asynccontextmanager
from secrets import token_hex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_routes.cache import RedisCache, State, TagMark, now, state_of
from tests.cache.entries import entry, told
from tests.cache.handler_suite import SharedSuite
from tests.cache.processes import child
from tests.redis_server import RedisServer


class TestRedis(SharedSuite):
    @pytest.fixture
    def make(self, address):
        return lambda: RedisCache(address)


@pytest.fixture
def address(redis_server):
    """A part of the database that nobody else uses."""
    return f"{redis_server.url}?prefix={token_hex(4)}"


@pytest.fixture
def own_server(redis_program, tmp_path):
    """A server to be ill-treated."""
    with RedisServer(redis_program, tmp_path) as server:
        yield server


@asynccontextmanager
async def opened(*addresses):
    """Caches, and the client of the first one's address beside them."""
    from redis.asyncio import Redis

    caches = [RedisCache(address) for address in addresses]
    client = Redis.from_url(addresses[0].partition("?")[0])
    try:
        yield *caches, client
    finally:
        await client.aclose()
        for cache in caches:
            await cache.close()


async def until(asked, patience=20):
    """Wait until what a coroutine function gives is true."""
    end = time.monotonic() + patience
    while not await asked():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def commands(client):
    """How often each command was run since it was last asked."""
    stats = await client.info("commandstats")
    await client.config_resetstat()
    return {name.removeprefix("cmdstat_"): about["calls"] for name, about in stats.items()}


def test_a_hit_is_one_command_however_many_tags(address):
    async def story():
        async with opened(address) as (cache, client):
            await cache.put("k", entry(tags=["a", "b", "c"], ago=1))
            await cache.mark(["b", "d"], now(), expire=60)
            await cache.get("k")
            await commands(client)
            found = await cache.get("k", ["d", "e"])
            counted = await commands(client)
            return len(found.marks), counted.pop("evalsha"), set(counted) - {"hgetall", "get"} - {"config|resetstat"}

    marks, sent, others = told(story())
    assert (marks, sent) == (2, 1)
    assert others <= {"config", "info"}


def test_what_is_asked_for_at_once_goes_out_together(address):
    async def story():
        async with opened(address) as (cache, client):
            for number in range(10):
                await cache.put(f"k{number}", entry(b"%d" % number))
            await commands(client)
            found = await asyncio.gather(*(cache.get(f"k{n % 10}") for n in range(100)))
            return [one.entry.body for one in found], await commands(client)

    bodies, counted = told(story())
    assert bodies == [b"%d" % (n % 10) for n in range(100)]
    assert counted["evalsha"] == 1
    assert counted["hgetall"] == 10


def test_more_entries_than_go_into_one_command(address):
    async def story():
        async with opened(address) as (cache, _):
            await asyncio.gather(*(cache.put(f"k{n}", entry(b"%d" % n)) for n in range(0, 1000, 2)))
            found = await asyncio.gather(*(cache.get(f"k{n}", ["t"] * (n % 3)) for n in range(1000)))
            return [one and one.entry.body for one in found]

    assert told(story()) == [None if n % 2 else b"%d" % n for n in range(1000)]


def test_a_mark_costs_the_same_however_many_entries_there_are(address):
    async def story(entries):
        async with opened(f"{address}{entries}") as (cache, client):
            await cache.put("k0", one := entry(tags=["t"]))
            copy = "for n = 1, ARGV[1] do redis.call('HSET', ARGV[2] .. n, 'entry', ARGV[3], 't:t', '') end"
            await client.eval(copy, 0, entries - 1, f"{cache.prefix}:e:k", one.encode())
            last = (await cache.get(f"k{entries - 1}")).entry == one
            await cache.mark(["other"], now())
            await commands(client)
            await cache.mark(["t"], now())
            counted = await commands(client)
            return counted, last, state_of(await cache.get("k0"), now())

    few, many = told(story(1)), told(story(100_000))
    assert few == many
    assert many[1:] == (True, None)


_moments = st.integers(1, 100).map(float)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(marks=st.lists(st.tuples(_moments, st.sampled_from([0.0, 1.0, 5.0, 50.0])), min_size=1, max_size=6))
def test_redis_adds_marks_up_as_we_do(redis_server, marks):
    async def story():
        async with opened(f"{redis_server.url}?prefix={token_hex(4)}") as (cache, _):
            await cache.put("k", entry(tags=["t"]))
            for at, expire in marks:
                await cache.mark(["t"], at, expire=expire)
            return await cache.get("k")

    expected = TagMark()
    for at, expire in marks:
        expected = expected.marked(at, expire=expire)
    (found,) = told(story()).marks
    assert found.stale == expected.stale
    for stored in range(101):
        for when in range(100, 160, 3):
            assert found.expires(stored, when) == expected.expires(stored, when)


def test_entries_and_marks_do_not_stay_for_ever(address):
    async def story():
        async with opened(address) as (cache, client):
            await cache.put("short", entry(expire=100, ago=40))
            await cache.put("long", entry(expire=float("inf")))
            await cache.put("over", entry(expire=100, ago=1000))
            await cache.mark(["t"], now())
            prefix = cache.prefix
            return [await client.ttl(f"{prefix}:{name}") for name in ("e:short", "e:long", "e:over", "t:t")]

    short, long, over, mark = told(story())
    assert 60 <= short <= 75
    assert 364 * 86400 < long <= 365 * 86400 < mark
    assert over == -2


def test_an_entry_that_is_too_large_is_not_kept_and_the_former_goes(address):
    async def story():
        async with opened(address) as (cache, _):
            await cache.put("k", entry())
            await cache.put("k", entry(b"x" * 8 * 1024 * 1024))
            return await cache.get("k")

    assert told(story()) is None


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda client, key: client.hset(key, "entry", "no entry"), id="bytes"),
        pytest.param(lambda client, key: client.hset(key, "entry", ""), id="empty"),
        pytest.param(lambda client, key: client.hdel(key, "entry"), id="no field"),
        pytest.param(lambda client, key: client.set(key, "text"), id="a string"),
        pytest.param(lambda client, key: client.execute_command("COPY", f"{key}list", key, "REPLACE"), id="a list"),
    ],
)
def test_a_spoilt_entry_is_a_miss_and_goes(address, spoil):
    async def story():
        async with opened(address) as (cache, client):
            key = f"{cache.prefix}:e:k"
            await client.lpush(f"{key}list", "one")
            await cache.put("k", entry(tags=["t"]))
            await cache.put("other", entry(b"other"))
            await spoil(client, key)
            found = await asyncio.gather(cache.get("k"), cache.get("other"), cache.get("k", ["t"]))
            there = await client.exists(key)
            await cache.put("k", entry(b"again"))
            again = await cache.get("k")
            return [one and one.entry.body for one in [*found, again]], there

    assert told(story()) == ([None, b"other", None, b"again"], 0)


@pytest.mark.parametrize("kind", ["text", "list"])
def test_a_spoilt_mark_is_a_miss_and_the_next_one_mends_it(address, kind):
    async def story():
        async with opened(address) as (cache, client):
            key = f"{cache.prefix}:t:t"
            await (client.set(key, "no numbers here") if kind == "text" else client.lpush(key, "1 2 3"))
            await cache.put("k", entry(tags=["t"], ago=1))
            found = await cache.get("k")
            await cache.put("k", entry(tags=["t"], ago=1))
            await cache.mark(["t"], now(), expire=60)
            state = state_of(await cache.get("k"), now())
            await cache.put("k", entry(tags=["t"]))
            return found, state, state_of(await cache.get("k"), now())

    assert told(story()) == (None, None, State.FRESH)


def test_clear_leaves_what_is_of_others(address):
    async def story():
        async with opened(f"{address}shop*", f"{address}shopping") as (shop, shopping, client):
            await shop.put("k", entry())
            await shopping.put("k", entry())
            await client.set(f"{shop.prefix}", "mine")
            await shop.clear()
            found = await shop.get("k"), (await shopping.get("k")).entry.body, await client.get(shop.prefix)
            return [*found, len(await shopping.entries())]

    assert told(story()) == [None, b"hello", b"mine", 1]


def test_scripts_that_redis_has_forgotten_are_given_again(address):
    async def story():
        async with opened(address) as (cache, client):
            await cache.put("k", entry(tags=["t"]))
            await client.script_flush()
            several = await asyncio.gather(cache.lease("k", 60), cache.get("k"), cache.put("l", entry()))
            await client.script_flush()
            await cache.mark(["t"], now())
            await client.script_flush()
            return bool(several[0]), several[1].entry.body, state_of(await cache.get("k"), now())

    assert told(story()) == (True, b"hello", None)


def test_another_process_shares_entries_marks_and_leases(address):
    program = """
async def story():
    print((await cache.get("k")).entry.body.decode())
    await cache.mark(["t"], now())
    print(await cache.lease("k", 60))
    await cache.close()
told(story())
"""

    async def story():
        async with opened(address) as (cache, _):
            await cache.put("k", entry(b"from here", tags=["t"], ago=1))
            await cache.lease("k", 60)
            with child(RedisCache, program, address) as process:
                said = await asyncio.to_thread(process.stdout.read)
            return said.split("\n"), state_of(await cache.get("k"), now())

    assert told(story()) == (["from here", "None", ""], None)


def test_of_four_processes_one_has_the_lease(address):
    program = """
async def story():
    print("got it" if await cache.lease("k", 60) else "no")
    await cache.close()
sys.stdin.readline()
told(story())
"""
    with (
        child(RedisCache, program, address) as a,
        child(RedisCache, program, address) as b,
        child(RedisCache, program, address) as c,
        child(RedisCache, program, address) as d,
    ):
        for process in (a, b, c, d):
            process.stdin.write("go\n")
            process.stdin.flush()
        said = sorted(process.stdout.read().strip() for process in (a, b, c, d))
    assert said == ["got it", "no", "no", "no"]


def test_connections_are_closed_with_their_loops(own_server):
    from redis import Redis

    cache = RedisCache(own_server.url)

    async def use():
        await cache.put("k", entry())
        return (await cache.get("k")).entry.body

    with Redis.from_url(own_server.url) as client:
        before = client.info("clients")["connected_clients"]
        assert [told(use()) for _ in range(5)] == [b"hello"] * 5
        end = time.monotonic() + 20
        while client.info("clients")["connected_clients"] > before:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert len(cache._links) == 1


def test_a_cache_that_was_closed_connects_again(address):
    async def story():
        async with opened(address) as (cache, _):
            await cache.put("k", entry())
            await cache.close()
            return (await cache.get("k")).entry.body

    assert told(story()) == b"hello"


class Load:
    """Eight that read, write and mark all the time, and what came of it."""

    def __init__(self, cache):
        self.cache = cache
        self.hits = self.misses = 0
        self.slowest = 0.0

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(self._run(number)) for number in range(8)]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            assert isinstance(ended, asyncio.CancelledError)

    async def _run(self, number):
        while True:
            found = await self._timed(self.cache.get(f"k{number}"))
            if found is None:
                self.misses += 1
                await self._timed(self.cache.put(f"k{number}", entry(tags=["load"])))
            else:
                self.hits += 1
            lease = await self._timed(self.cache.lease(f"l{number}", 0.1))
            await self._timed(self.cache.release(f"l{number}", lease or "none"))
            await asyncio.sleep(0.001)

    async def _timed(self, call):
        begin = time.perf_counter()
        try:
            return await call
        finally:
            self.slowest = max(self.slowest, time.perf_counter() - begin)

    async def more(self, what):
        """Wait until there are more hits, or misses."""
        goal = getattr(self, what) + 20

        async def reached():
            return getattr(self, what) >= goal

        await until(reached)


def test_killed_and_started_again_under_load(own_server, caplog):
    async def story():
        async with opened(own_server.url) as (cache, _), Load(cache) as load:
            await load.more("hits")
            await asyncio.to_thread(own_server.kill)
            await load.more("misses")
            await asyncio.to_thread(own_server.start)
            await load.more("hits")
            await asyncio.to_thread(own_server.stop)
            await load.more("misses")
            await asyncio.to_thread(own_server.start)
            await load.more("hits")
            return load.slowest

    with caplog.at_level(logging.WARNING):
        slowest = told(story(), 60)
    assert slowest < 1.5
    said = [record for record in caplog.records if record.name == "notebook_routes.cache"]
    assert len(said) == 1
    assert f"redis://127.0.0.1:{own_server.port}/0" in said[0].getMessage()


def test_marks_made_while_redis_is_away_come_before_anything_is_read(own_server):
    async def story():
        async with opened(own_server.url, own_server.url) as (cache, other, _):
            await cache.put("k", entry())
            await asyncio.to_thread(own_server.kill)
            await cache.get("k")
            made = entry(tags=["t"])
            later = entry(tags=["u"])
            at = now()
            await cache.mark(["t"], at)
            await cache.mark(["u"], at, expire=60)
            await cache.mark(["t"], at + 0.001, expire=60)
            await asyncio.to_thread(own_server.start)
            await until(lambda: put_and_found(other, "made", made))
            await other.put("later", later)
            states = []

            async def back():
                found = await cache.get("made")
                if found is not None:
                    states.append(state_of(found, now()))
                return found is not None

            await until(back)
            states.append(state_of(await cache.get("later"), now()))
            states.append(state_of(await other.get("made"), now()))
            return states, len(cache._outbox)

    async def put_and_found(cache, key, made):
        await cache.put(key, made)
        return await cache.get(key)

    assert told(story(), 60) == ([None, State.STALE, None], 0)


def test_marks_are_sent_though_nobody_asks_for_anything(own_server):
    async def story():
        async with opened(own_server.url) as (cache, client):
            await cache.get("k")
            await asyncio.to_thread(own_server.kill)
            await cache.mark(["t"], now())
            await asyncio.to_thread(own_server.start)

            async def there():
                return await client.exists(f"{cache.prefix}:t:t")

            await until(there)

    told(story(), 60)


def test_a_redis_that_hangs_is_waited_for_once(own_server, caplog):
    async def story():
        async with opened(own_server.url) as (cache, _), Load(cache) as load:
            await load.more("hits")
            own_server._process.send_signal(signal.SIGSTOP)
            try:
                await load.more("misses")
                begin = time.perf_counter()
                await cache.get("k0")
                at_once = time.perf_counter() - begin
            finally:
                own_server._process.send_signal(signal.SIGCONT)
            await load.more("hits")
            return load.slowest, at_once

    slowest, at_once = told(story(), 60)
    assert slowest < 2
    assert at_once < 0.5
    assert len(caplog.records) == 1
    assert "did not answer within 1 s" in caplog.text


def test_where_nobody_listens_everything_is_answered_at_once(own_server, caplog):
    own_server.stop()

    async def story():
        async with opened(own_server.url) as (cache, _):
            begin = time.perf_counter()
            await cache.put("k", entry())
            found = await cache.get("k")
            await cache.remove("k")
            await cache.mark(["t"], now())
            lease = await cache.lease("k", 60)
            await cache.release("k", lease)
            listed = await cache.entries()
            await cache.clear()
            return found, bool(lease), listed, time.perf_counter() - begin

    found, lease, listed, seconds = told(story())
    assert (found, lease, listed) == (None, True, [])
    assert seconds < 1
    assert len(caplog.records) == 1


def test_a_full_redis_keeps_nothing_more_and_reads_nothing_that_a_lost_mark_expires(own_server, caplog):
    async def story():
        async with opened(own_server.url) as (cache, client):
            await cache.put("k", entry(b"old", tags=["t"], ago=1))
            await cache.put("other", entry(tags=["u"]))
            await client.config_set("maxmemory", 1)
            await cache.put("k", entry(b"new", tags=["t"], ago=1))
            refused = await cache.get("k"), (await cache.get("other")).entry.body
            await cache.mark(["u"], now())
            unsaid = await cache.get("other")
            await client.config_set("maxmemory", 0)
            await until(lambda: cache.get("other"))
            return refused, unsaid, state_of(await cache.get("other"), now())

    assert told(story()) == ((None, b"hello"), None, None)
    assert len(caplog.records) == 1
    assert "maxmemory" in caplog.text


def test_a_password_is_not_told(own_server, caplog):
    async def story():
        async with opened(own_server.url.replace("//", "//me:secret@")) as (cache, _):
            return await cache.get("k")

    assert told(story()) is None
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text
