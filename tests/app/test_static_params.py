from __future__ import annotations

import asyncio
import functools
import threading

import pytest

from notebook_routes.app import static_params
from notebook_routes.errors import ConfigError
from notebook_routes.routing import RoutePattern
from notebook_routes.runtime import Workers

ITEM, DOCS, OPTIONAL = map(RoutePattern.parse, ["/p/[id]", "/docs/[lang]/[...slug]", "/o/[[...slug]]"])


def listed(function, pattern=ITEM, *, threads=True):
    async def story():
        workers = Workers() if threads else None
        try:
            return await asyncio.wait_for(static_params.listed_params(function, pattern, workers), 20)
        finally:
            if workers is not None:
                workers.stop()

    return asyncio.run(story())


@pytest.mark.parametrize(
    ("pattern", "items", "paths"),
    [
        (ITEM, [{"id": "a b"}, {"id": 2}, {"id": "é", "more": 1}], ["/p/a%20b", "/p/2", "/p/%C3%A9"]),
        (ITEM, [], []),
        (ITEM, ({"id": "1"}, {"id": "1"}), ["/p/1"]),
        (DOCS, [{"lang": "en", "slug": ["a", "b/c"]}], ["/docs/en/a/b%2Fc"]),
        (DOCS, [{"lang": "en", "slug": ("a", 1)}], ["/docs/en/a/1"]),
        (OPTIONAL, [{}, {"slug": None}, {"slug": []}, {"slug": ["a"]}], ["/o", "/o/a"]),
        (RoutePattern.parse("/about"), [{}], ["/about"]),
    ],
)
@pytest.mark.parametrize("threads", [True, False])
def test_paths_and_their_parameters(pattern, items, paths, threads):
    found = listed(lambda: items, pattern, threads=threads)
    assert list(found) == paths
    assert all(pattern.build(**params) == path for path, params in found.items())
    assert not any(value == [] for params in found.values() for value in params.values())


@pytest.mark.parametrize("threads", [True, False])
class TestForms:
    def test_a_coroutine_function(self, threads):
        async def function():
            await asyncio.sleep(0)
            return [{"id": 1}]

        assert list(listed(function, threads=threads)) == ["/p/1"]

    def test_what_returns_a_coroutine(self, threads):
        async def function():
            return [{"id": 1}]

        # As where a decorator stands around it.
        assert list(listed(functools.partial(function), threads=threads)) == ["/p/1"]

    def test_a_generator_whose_steps_are_taken_on_one_thread(self, threads):
        seen = set()

        def function():
            for number in range(3):
                seen.add(threading.current_thread())
                yield {"id": number}

        assert list(listed(function, threads=threads)) == ["/p/0", "/p/1", "/p/2"]
        assert (seen == {threading.main_thread()}) is not threads

    def test_an_async_generator(self, threads):
        async def function():
            yield {"id": 1}
            await asyncio.sleep(0)
            yield {"id": 2}

        assert list(listed(function, threads=threads)) == ["/p/1", "/p/2"]

    @pytest.mark.parametrize("error", [ValueError("down"), SystemExit(1), StopIteration()], ids=repr)
    def test_what_it_raises(self, threads, error):
        def function():
            raise error

        with pytest.raises((type(error), RuntimeError)):
            listed(function, threads=threads)


@pytest.mark.parametrize(
    ("pattern", "given", "message"),
    [
        (ITEM, None, r"gives None: return a list, \[\{'id': '1'\}\]"),
        (ITEM, "ab", "gives 'ab': return a list"),
        (ITEM, {"id": "1"}, r"gives \{'id': '1'\}: return a list"),
        (ITEM, 3, "gives 3: return a list"),
        (ITEM, ["1"], r"lists '1': list mappings, \[\{'id': '1'\}\]"),
        (ITEM, [{"slug": "1"}], r"lists \{'slug': '1'\}, which has no 'id'"),
        (ITEM, [{"id": None}], "which has no 'id'"),
        (ITEM, [{"id": ["1"]}], r"lists \['1'\] for \[id\]: one text is wanted"),
        (ITEM, [{"id": ""}], "no URL has such a segment"),
        (ITEM, [{"id": ".."}], "no URL has such a segment"),
        (DOCS, [{"lang": "en", "slug": "a"}], r"lists 'a' for \[\.\.\.slug\]: a list of texts is wanted"),
        (DOCS, [{"lang": "en", "slug": []}], "needs at least one value"),
    ],
)
def test_mistakes_are_named(pattern, given, message):
    with pytest.raises(ConfigError, match=message):
        listed(lambda: given, pattern)


class TestOnlyThose:
    """Paths that are not listed, where `dynamic_params = False`."""

    def test_are_not_found(self, desk):
        @desk.route("/p/[id]", dynamic_params=False, generate_static_params=lambda: [{"id": "a b"}, {"id": 2}])
        def get(id):  # noqa: A002 - the segment's name
            return id

        assert desk.ask("/p/a%20b").content == b"a b"
        assert desk.ask("/p/%32").content == b"2"
        for path in ("/p/3", "/p/A%20b", "/p/1"):
            assert desk.ask(path).status == 404

    def test_of_an_optional_catch_all(self, desk):
        @desk.route("/o/[[...slug]]", dynamic_params=False, generate_static_params=lambda: [{"slug": []}])
        def get(params):
            return params

        assert desk.ask("/o").content == b"{}"
        assert desk.ask("/o/a").status == 404

    def test_the_list_is_made_once_for_all_who_ask_at_once(self, desk):
        calls = []

        async def gsp():
            calls.append(1)
            await asyncio.sleep(0)
            return [{"id": 1}]

        @desk.route("/p/[id]", dynamic_params=False, generate_static_params=gsp)
        async def get(id):  # noqa: A002 - the segment's name
            return id

        async def story():
            answers = await asyncio.gather(*(desk.app.request("/p/1") for _ in range(5)))
            assert {answer.status for answer in answers} == {200}

        asyncio.run(story())
        asyncio.run(story())
        assert len(calls) == 1

    def test_a_list_that_fails_is_a_500_and_asked_for_again(self, desk):
        broken = [1]

        def gsp():
            if broken:
                raise ValueError("down")
            return [{"id": 1}]

        @desk.route("/p/[id]", dynamic_params=False, generate_static_params=gsp)
        async def get(id):  # noqa: A002 - the segment's name
            return id

        assert desk.ask("/p/1").status == 500
        broken.clear()
        assert desk.ask("/p/1").status == 200
