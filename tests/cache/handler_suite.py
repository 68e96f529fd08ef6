"""What every `CacheHandler` does. A module of tests inherits it, and has a fixture `make` that gives an empty cache.

`make()` called again gives another one on the same store where the store outlives a process, as another process has.
"""

import asyncio
import threading

import pytest

from notebook_routes.cache import State, now, state_of
from tests.cache.entries import entry, told


class HandlerSuite:
    """Stories about one cache."""

    def test_what_was_put_is_found(self, make):
        async def story():
            cache = make()
            kept = entry(b"\0\xff binary \n", tags=["a", "path /x"], headers=(("x-a", "1"), ("x-a", "2 \xe9")))
            await cache.put("route /x", kept)
            found = await cache.get("route /x")
            await cache.close()
            return kept, found

        kept, found = told(story())
        assert found.entry == kept
        assert state_of(found, now()) is State.FRESH

    def test_nothing_is_found_where_nothing_was_put(self, make):
        async def story():
            cache = make()
            found = await cache.get("route /x", ["a"])
            await cache.remove("route /x")
            await cache.release("route /x", "no lease")
            listed = await cache.entries()
            await cache.close()
            return found, listed

        assert told(story()) == (None, [])

    @pytest.mark.parametrize("key", ["", "a/b\\..%2F\n", "\N{SNOWMAN}" * 300, "\ud800", "x" * 5000, "e:*[a]?", "\0"])
    def test_any_text_is_a_key_and_a_tag(self, make, key):
        async def story():
            cache = make()
            await cache.put(key, entry(tags=[key]))
            before = await cache.get(key)
            other = await cache.get(key + "x")
            listed = [name for name, _ in await cache.entries()]
            await cache.mark([key], now())
            after = await cache.get(key)
            await cache.close()
            return state_of(before, now()), other, listed, state_of(after, now())

        assert told(story()) == (State.FRESH, None, [key], None)

    def test_the_newer_entry_takes_the_place(self, make):
        async def story():
            cache = make()
            await cache.put("k", entry(b"long " * 1000, tags=["old"]))
            await cache.put("k", entry(b"new", tags=["new"]))
            await cache.mark(["old"], now())
            found = await cache.get("k")
            await cache.close()
            return found

        found = told(story())
        assert (found.entry.body, found.entry.tags) == (b"new", ("new",))
        assert state_of(found, now()) is State.FRESH

    def test_what_was_removed_is_gone(self, make):
        async def story():
            cache = make()
            await cache.put("a", entry(b"a"))
            await cache.put("b", entry(b"b"))
            await cache.remove("a")
            found = await cache.get("a"), (await cache.get("b")).entry.body
            await cache.close()
            return found

        assert told(story()) == (None, b"b")

    def test_a_mark_expires_what_was_made_before_and_not_what_is_made_after(self, make):
        async def story():
            cache = make()
            await cache.put("old", entry(tags=["t"], ago=1))
            await cache.put("other", entry(tags=["u"], ago=1))
            at = now()
            await cache.mark(["t"], at)
            await cache.put("late", entry(tags=["t"], ago=0.5))
            await cache.put("new", entry(tags=["t"], ago=-0.5))
            states = [state_of(await cache.get(key), at) for key in ("old", "late", "other", "new")]
            await cache.close()
            return states

        assert told(story()) == [None, None, State.FRESH, State.FRESH]

    def test_a_delayed_mark_makes_stale_now_and_expires_later(self, make):
        async def story():
            cache = make()
            await cache.put("k", entry(tags=["t"], ago=1))
            at = now()
            await cache.mark(["t"], at, expire=60)
            found = await cache.get("k")
            await cache.close()
            return [state_of(found, at + seconds) for seconds in (0, 59, 61)]

        assert told(story()) == [State.STALE, State.STALE, None]

    def test_an_immediate_mark_overtakes_a_delayed_one_and_not_the_other_way(self, make):
        async def story():
            cache = make()
            at = now()
            for tag, marks in {"ab": (60, 0), "ba": (0, 60)}.items():
                await cache.put(tag, entry(tags=[tag], ago=1))
                for place, expire in enumerate(marks):
                    await cache.mark([tag], at + place / 1000, expire=expire)
            states = [state_of(await cache.get(tag), at + 0.002) for tag in ("ab", "ba")]
            await cache.close()
            return states

        assert told(story()) == [None, None]

    def test_marks_of_tags_that_are_asked_for_count_too(self, make):
        async def story():
            cache = make()
            await cache.put("k", entry(tags=["own"], ago=1))
            await cache.mark(["asked"], now())
            states = [state_of(await cache.get("k", tags), now()) for tags in ((), ["asked"], ["no", "asked"], ["no"])]
            await cache.close()
            return states

        assert told(story()) == [State.FRESH, None, None, State.FRESH]

    def test_many_tags_at_once(self, make):
        async def story():
            cache = make()
            tags = [f"tag {number}" for number in range(2000)]
            await cache.put("k", entry(tags=tags, ago=1))
            before = state_of(await cache.get("k", tags), now())
            await cache.mark(tags, now(), expire=60)
            after = state_of(await cache.get("k", tags), now())
            await cache.mark([], now())
            await cache.close()
            return before, after

        assert told(story()) == (State.FRESH, State.STALE)

    def test_one_lease_at_a_time(self, make):
        async def story():
            cache = make()
            first = await cache.lease("k", 60)
            second = await cache.lease("k", 60)
            other = await cache.lease("other", 60)
            await cache.release("k", "somebody else's")
            third = await cache.lease("k", 60)
            await cache.release("k", first)
            fourth = await cache.lease("k", 60)
            await cache.close()
            return [bool(lease) for lease in (first, second, other, third, fourth)], first != fourth

        assert told(story()) == ([True, False, True, False, True], True)

    def test_a_lease_runs_out(self, make):
        async def story():
            cache = make()
            first = await cache.lease("k", 0.05)
            while (second := await cache.lease("k", 60)) is None:  # noqa: ASYNC110 - time itself is what is waited for
                await asyncio.sleep(0.01)
            await cache.release("k", first)
            third = await cache.lease("k", 60)
            await cache.close()
            return first, second, third

        first, second, third = told(story())
        assert first != second
        assert third is None

    def test_entries_lists_all_with_their_marks(self, make):
        async def story():
            cache = make()
            for number in range(20):
                await cache.put(f"k{number}", entry(b"%d" % number, tags=["even" if number % 2 == 0 else "odd"], ago=1))
            await cache.mark(["odd"], now())
            listed = await cache.entries()
            await cache.close()
            return listed

        listed = dict(told(story()))
        assert {key: found.entry.body for key, found in listed.items()} == {f"k{n}": b"%d" % n for n in range(20)}
        assert sorted(key for key, found in listed.items() if state_of(found, now())) == sorted(
            f"k{n}" for n in range(0, 20, 2)
        )

    def test_clear_forgets_entries_marks_and_leases(self, make):
        async def story():
            cache = make()
            await cache.put("k", entry(tags=["t"], ago=1))
            await cache.mark(["t"], now())
            await cache.lease("k", 60)
            await cache.clear()
            found, listed, lease = await cache.get("k"), await cache.entries(), await cache.lease("k", 60)
            await cache.put("k", entry(tags=["t"], ago=1))
            state = state_of(await cache.get("k"), now())
            await cache.close()
            return found, listed, bool(lease), state

        assert told(story()) == (None, [], True, State.FRESH)

    def test_many_readers_and_writers_at_once(self, make):
        async def story():
            cache = make()
            await asyncio.gather(*(cache.put(f"k{n}", entry(b"%d" % n)) for n in range(100)))
            found = await asyncio.gather(*(cache.get(f"k{n % 100}") for n in range(1000)))
            await cache.close()
            return [one.entry.body for one in found]

        assert told(story()) == [b"%d" % (n % 100) for n in range(1000)]

    def test_a_reader_that_leaves_disturbs_nobody(self, make):
        async def story():
            cache = make()
            await cache.put("k", entry())
            reads = [asyncio.ensure_future(cache.get("k")) for _ in range(10)]
            await asyncio.sleep(0)
            for read in reads[::2]:
                read.cancel()
            stayed = await asyncio.gather(*reads[1::2])
            after = await cache.get("k")
            await cache.close()
            return [one.entry.body for one in [*stayed, after]]

        assert told(story()) == [b"hello"] * 6

    def test_threads_with_loops_of_their_own_share_it(self, make):
        cache = make()
        seen = []

        async def use(name):
            await cache.put(name, entry(name.encode(), tags=["t"]))
            found = [await cache.get(name) for _ in range(20)]
            seen.extend(one.entry.body == name.encode() for one in found)

        threads = [threading.Thread(target=told, args=(use(f"thread {n}"),)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        async def end():
            await cache.mark(["t"], now())
            states = [state_of(await cache.get(f"thread {n}"), now()) for n in range(4)]
            await cache.close()
            return states

        assert told(end()) == [None] * 4
        assert seen == [True] * 80

    def test_it_introduces_itself(self, make):
        assert type(make()).__name__ in repr(make())


class SharedSuite(HandlerSuite):
    """Stories about two caches on one store, as two processes have them."""

    def test_entries_are_shared(self, make):
        async def story():
            one, other = make(), make()
            await one.put("k", entry(b"from one"))
            found = await other.get("k")
            await other.put("k", entry(b"from the other"))
            back = await one.get("k")
            await other.remove("k")
            gone = await one.get("k")
            await one.close()
            await other.close()
            return found.entry.body, back.entry.body, gone

        assert told(story()) == (b"from one", b"from the other", None)

    def test_a_mark_is_seen_by_the_other_at_once(self, make):
        async def story():
            one, other = make(), make()
            states = []
            for number in range(50):
                await one.put("k", entry(tags=["t"]))
                states.append(state_of(await other.get("k"), now()))
                await one.mark([f"u{number}"], now())
                await one.mark(["t"], now())
                states.append(state_of(await other.get("k"), now()))
            await one.close()
            await other.close()
            return states

        assert told(story()) == [State.FRESH, None] * 50

    def test_marks_of_both_are_one(self, make):
        async def story():
            one, other = make(), make()
            at = now()
            await one.put("k", entry(tags=["t"], ago=1))
            await one.mark(["t"], at)
            # The other has not heard of it when it adds a mark that alone would let the entry live on.
            await other.mark(["t"], at + 0.001, expire=60)
            states = [state_of(await cache.get("k"), at + 0.01) for cache in (one, other)]
            await one.close()
            await other.close()
            return states

        assert told(story()) == [None, None]

    def test_marks_outlive_the_one_who_made_them(self, make):
        async def first():
            cache = make()
            await cache.put("gone", entry(tags=["t"], ago=1))
            await cache.put("stale", entry(tags=["u"], ago=1))
            await cache.put("fresh", entry(tags=["v"], ago=1))
            await cache.mark(["t"], now())
            await cache.mark(["u"], now(), expire=60)
            await cache.close()

        async def second():
            cache = make()
            states = [state_of(await cache.get(key), now()) for key in ("gone", "stale", "fresh")]
            await cache.close()
            return states

        told(first())
        assert told(second()) == [None, State.STALE, State.FRESH]

    def test_a_lease_is_one_for_all(self, make):
        async def story():
            caches = [make() for _ in range(8)]
            leases = await asyncio.gather(*(cache.lease("k", 60) for cache in caches))
            for cache in caches:
                await cache.close()
            return leases

        assert sum(lease is not None for lease in told(story())) == 1
