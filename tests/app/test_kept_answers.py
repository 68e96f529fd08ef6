"""Routes whose answers are kept, asked through the whole App."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import threading
from dataclasses import dataclass, replace
from typing import Annotated

import pytest

from notebook_routes.app import App, Guard
from notebook_routes.cache import MemoryCache
from notebook_routes.errors import DynamicError
from notebook_routes.routing import Route, RoutePattern, SegmentConfig
from notebook_routes.runtime import (
    Header,
    Invoker,
    Workers,
    after,
    cache_life,
    cache_tag,
    cached,
    connection,
    cookies,
    draft_mode,
    headers,
    no_store,
    not_found,
    redirect,
    revalidate_path,
    revalidate_tag,
    use_data,
)
from notebook_routes.web import FileResponse, Request, Response, ServerSentEvent

HIT, MISS, STALE = "notebook-routes; hit", "notebook-routes; fwd=uri-miss; stored", "notebook-routes; hit; fwd=stale"


@dataclass
class Told:
    """An answer, read to its end."""

    status: int
    headers: object
    text: str


class Shop:
    """An App with kept routes, all on one loop; counts the runs."""

    def __init__(self, **options):
        self.app = App(**options)
        self.runs = 0

    def route(self, path, method="GET", **config):
        config = {"revalidate": 60, **config} if method == "GET" else config

        def define(function):
            settings = SegmentConfig.from_constants(config)
            pattern = RoutePattern.parse(path)
            invoker = Invoker(function, method=method, pattern=pattern, max_duration=settings.max_duration)
            self.app.routes.put(Route(method, pattern, invoker, settings))
            return function

        return define

    def count(self):
        self.runs += 1
        return self.runs

    async def ask(self, target, **options):
        response = await self.app.request(target, **options)
        return Told(response.status, response.headers, (await response.bytes()).decode())

    async def told(self, target, **options):
        """The body and the status in the cache, which is what most stories are about."""
        response = await self.ask(target, **options)
        return response.text, response.headers.get("cache-status")

    @property
    def kept(self):
        return {key.partition(" ")[2].partition(" ")[2]: entry for key, entry in self.memory._entries.items()}

    @property
    def memory(self):
        return self.app.answers.handler

    def age(self, seconds):
        for key, entry in self.memory._entries.items():
            self.memory._entries[key] = replace(entry, stored=entry.stored - seconds, checked=entry.checked - seconds)

    async def settled(self):
        """Wait until nothing is run behind any more."""
        answers = self.app.answers
        while answers._behind or answers._flights or self.app._behind:  # noqa: ASYNC110 - none of them tells
            await asyncio.sleep(0)


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture(params=["threads", "no threads"])
def tell(request):
    """Run a story with the shop's app, whose `def` handlers are on threads or not; nothing may fail unheard."""

    def run(shop, story):
        async def told():
            unheard = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
            shop.app.workers = Workers() if request.param == "threads" else None
            try:
                await asyncio.wait_for(story(), 20)
            finally:
                if shop.app.workers is not None:
                    shop.app.workers.stop()
            gc.collect(1)
            await asyncio.sleep(0)
            assert not unheard

        asyncio.run(told())

    return run


class TestKeys:
    def test_what_the_handler_declares_is_part_of_the_key_and_nothing_else(self, shop, tell):
        @shop.route("/list")
        def get(page: int = 1, tag: list[str] = []):  # noqa: B006 - as users write it
            return f"{page} {tag} {shop.count()}"

        async def story():
            assert await shop.told("/list") == ("1 [] 1", MISS)
            assert await shop.told("/list?utm=1") == ("1 [] 1", HIT)
            assert await shop.told("/list?PAGE=2") == ("1 [] 1", HIT)
            assert await shop.told("/list?page=2&tag=a&tag=b") == ("2 ['a', 'b'] 2", MISS)
            assert await shop.told("/list?tag=a&utm=1&page=2&tag=b") == ("2 ['a', 'b'] 2", HIT)
            assert await shop.told("/list?page=2&tag=b&tag=a") == ("2 ['b', 'a'] 3", MISS)
            # Of one that is no list the first value counts.
            assert await shop.told("/list?page=2&tag=a&tag=b&page=77") == ("2 ['a', 'b'] 2", HIT)

        tell(shop, story)

    def test_a_value_that_is_refused_is_not_kept(self, shop, tell):
        @shop.route("/list")
        def get(page: int):
            return shop.count()

        async def story():
            for target in ("/list?page=x", "/list", "/list?page=x"):
                response = await shop.ask(target)
                assert (response.status, response.headers.get("cache-status")) == (422, None)
            assert not shop.kept
            assert await shop.told("/list?page=1") == ("1", MISS)

        tell(shop, story)

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("/p/caf%C3%A9", "/p/caf%c3%a9", True),
            ("/p/a%62c", "/p/abc", True),
            ("/p/a+b", "/p/a%2Bb", True),
            ("/p/a%20b", "/p/a+b", False),
            ("/p/a%2Fb", "/p/a/b", False),
            ("/p/a%2Fb", "/p/a%252Fb", False),
            ("/p/A", "/p/a", False),
            ("/p/a%3Fx=1", "/p/a?x=1", False),
        ],
    )
    def test_spellings_of_a_path(self, shop, tell, one, other, same):
        @shop.route("/p/[...slug]")
        async def get(slug):
            return f"{slug} {shop.count()}"

        async def story():
            first = await shop.told(one)
            second = await shop.told(other)
            assert (first[0] == second[0]) is same
            assert second[1] == (HIT if same else MISS)

        tell(shop, story)

    def test_what_a_client_sends_beside_that_neither_reaches_the_handler_nor_the_key(self, shop, tell):
        @shop.route("/about")
        async def get(request):
            shop.count()
            return f"{request.next_url.host} {request.method} {request.path} {request.signal.aborted} {request!r}"

        async def story():
            poison = {
                "host": "evil.example",
                "x-forwarded-host": "evil.example",
                "x-forwarded-proto": "gopher",
                "cookie": "a=1",
                "accept": "image/png",
            }
            told, _ = await shop.told("/about?evil=1", headers=poison)
            assert "evil" not in told
            assert "localhost GET /about False" in told
            assert await shop.told("/about") == (told, HIT)
            assert shop.runs == 1

        tell(shop, story)

    @pytest.mark.parametrize("method", ["POST", "OPTIONS", "PUT", "TRACE"])
    def test_other_methods_never_touch_what_is_kept(self, shop, tell, method):
        @shop.route("/about")
        def get():
            return shop.count()

        async def story():
            assert (await shop.ask("/about", method=method)).status in (204, 405)
            assert not shop.kept
            await shop.ask("/about")
            assert (await shop.ask("/about", method=method)).status in (204, 405)
            assert await shop.told("/about") == ("1", HIT)

        tell(shop, story)

    def test_head_is_answered_by_what_is_kept_of_get(self, shop, tell):
        @shop.route("/about")
        def get(request):
            shop.count()
            return request.method

        async def story():
            assert await shop.told("/about", method="HEAD") == ("GET", MISS)
            assert await shop.told("/about") == ("GET", HIT)

        tell(shop, story)

    def test_a_rewrite_is_kept_at_its_target(self, shop, tell):
        async def middleware(request):
            if request.path != "/about":
                return Response.rewrite("/about")
            return None

        shop = Shop(middleware=[middleware])

        @shop.route("/about")
        async def get(request):
            return f"{request.path} {shop.count()}"

        async def story():
            assert await shop.told("/one") == ("/about 1", MISS)
            assert await shop.told("/two?x=1") == ("/about 1", HIT)
            assert await shop.told("/about") == ("/about 1", HIT)

        tell(shop, story)


READS = {
    "request.headers": lambda request: request.headers.get("x"),
    "request.cookies": lambda request: request.cookies.get("x"),
    "request.query": lambda request: request.query.get("x"),
    "request.url": lambda request: request.url,
    "request.original_url": lambda request: request.original_url,
    "request.target": lambda request: request.target,
    "request.query_string": lambda request: request.query_string,
    "request.state": lambda request: request.state,
    "request.body": lambda request: request.body,
    "request.next_url.origin": lambda request: request.next_url.origin,
    "request.next_url.search": lambda request: request.next_url.search,
    "request.next_url.search_params": lambda request: request.next_url.search_params.get("x"),
    "request.next_url.clone()": lambda request: request.next_url.clone(),
    "str(request.next_url)": lambda request: str(request.next_url),
    "request.clone().headers": lambda request: request.clone().headers,
    "headers()": lambda request: headers().get("x"),
    "cookies()": lambda request: cookies().get("x"),
    "cookies().set()": lambda request: cookies().set("x", "1"),
    "connection()": lambda request: connection(),
    "no_store()": lambda request: no_store(),
    "draft_mode().enable()": lambda request: draft_mode().enable(),
    "revalidate_tag()": lambda request: revalidate_tag("x"),
}
READS_NOTHING = {
    "request.method": lambda request: request.method,
    "request.path": lambda request: request.path,
    "request.signal": lambda request: request.signal,
    "request.body_used": lambda request: request.body_used,
    "request.clone()": lambda request: request.clone(),
    "request.next_url.pathname": lambda request: request.next_url.pathname,
    "request.next_url.host": lambda request: request.next_url.host,
    "repr(request)": repr,
    "draft_mode().is_enabled": lambda request: draft_mode().is_enabled,
    "after()": lambda request: after(lambda: None),
}


class TestReading:
    @pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
    def test_what_is_the_client_s_makes_the_answer_its_alone(self, shop, tell, read):
        @shop.route("/me")
        async def get(request):
            read(request)
            return shop.count()

        async def story():
            assert await shop.told("/me") == ("1", None)
            assert await shop.told("/me") == ("2", None)
            assert not shop.kept
            assert "is not kept" in shop.app.log.entries()[0].notes[0]

        tell(shop, story)

    @pytest.mark.parametrize("read", READS_NOTHING.values(), ids=READS_NOTHING.keys())
    def test_what_is_the_same_for_all_does_not(self, shop, tell, read):
        @shop.route("/all")
        async def get(request):
            read(request)
            return shop.count()

        async def story():
            assert await shop.told("/all") == ("1", MISS)
            assert await shop.told("/all") == ("1", HIT)

        tell(shop, story)

    def test_the_client_s_own_is_what_it_reads(self, shop, tell):
        @shop.route("/me")
        def get(request):
            return f"{request.headers.get('x')} {request.url} {request.next_url.search_params.get('q')}"

        async def story():
            told, _ = await shop.told("/me?q=1", headers={"x": "mine"})
            assert told == "mine http://localhost/me?q=1 1"

        tell(shop, story)

    def test_a_header_as_a_parameter(self, shop, tell):
        @shop.route("/me")
        def get(agent: Annotated[str, Header("user-agent")] = ""):
            return f"{agent} {shop.count()}"

        async def story():
            assert await shop.told("/me", headers={"user-agent": "a"}) == ("a 1", None)
            assert await shop.told("/me", headers={"user-agent": "b"}) == ("b 2", None)

        tell(shop, story)

    @pytest.mark.parametrize("read", ["request.headers", "request.cookies", "request.query", "request.next_url.search"])
    def test_of_a_route_declared_static_finds_nothing(self, shop, tell, read):
        @shop.route("/static", dynamic="force-static")
        async def get(request):
            return repr(READS[read](request))

        async def story():
            told, status = await shop.told("/static?x=1", headers={"x": "1", "cookie": "x=1"})
            assert (told in ("None", "''"), status) == (True, MISS)

        tell(shop, story)

    def test_of_a_route_that_forbids_it_is_an_error(self, shop, tell, caplog):
        @shop.route("/strict", dynamic="error")
        async def get(request):
            return request.headers.get("x")

        async def story():
            assert (await shop.ask("/strict")).status == 500
            assert not shop.kept

        tell(shop, story)
        assert 'GET /strict is declared dynamic = "error"' in caplog.text
        assert DynamicError.__name__ in caplog.text

    @pytest.mark.parametrize("dynamic", ["auto", "force-static", "error"])
    def test_of_a_middleware_is_its_own_before_and_after(self, tell, dynamic):
        seen = []

        async def middleware(request, next):  # noqa: A002 - the field's name
            seen.append(cookies().value("a"))
            response = await next()
            seen.append(cookies().value("a"))
            return response

        shop = Shop(middleware=[middleware])

        @shop.route("/about", dynamic=dynamic)
        def get():
            return shop.count()

        async def story():
            assert await shop.told("/about", headers={"cookie": "a=1"}) == ("1", MISS)
            assert await shop.told("/about", headers={"cookie": "a=2"}) == ("1", HIT)
            assert seen == ["1", "1", "2", "2"]

        tell(shop, story)

    def test_in_after_has_no_bearing_on_the_answer(self, shop, tell):
        seen = []

        @shop.route("/all")
        async def get():
            after(lambda: seen.append(headers().get("x")))
            return shop.count()

        async def story():
            assert await shop.told("/all", headers={"x": "mine"}) == ("1", MISS)
            assert await shop.told("/all") == ("1", HIT)
            assert seen == ["mine"]

        tell(shop, story)


@dataclass
class Point:
    x: int = 1


class Frame:
    """What can be shown in several ways."""

    def _repr_html_(self):
        return "<b>1</b>"

    def _repr_png_(self):
        return b"png"


class TestAnswers:
    @pytest.mark.parametrize(
        "value", [{"a": 1}, [1], "text", b"bytes", None, 3.5, Point(), (1, 2)], ids=lambda value: type(value).__name__
    )
    def test_of_all_plain_kinds_are_kept(self, shop, tell, value):
        @shop.route("/value")
        def get():
            return value

        async def story():
            made = await shop.ask("/value", headers={"accept": "text/html"})
            kept = await shop.ask("/value")
            assert (made.headers.get("cache-status"), kept.headers.get("cache-status")) == (MISS, HIT)
            assert (made.status, made.text) == (kept.status, kept.text)
            assert made.headers.get("content-type") == kept.headers.get("content-type")

        tell(shop, story)

    def test_that_come_in_several_forms_are_kept_for_each(self, shop, tell):
        @shop.route("/frame")
        def get():
            shop.count()
            return Frame()

        async def story():
            for runs in (2, 2):
                assert (await shop.told("/frame", headers={"accept": "text/html"}))[0] == "<b>1</b>"
                assert (await shop.told("/frame", headers={"accept": "image/png"}))[0] == "png"
                assert shop.runs == runs

        tell(shop, story)

    def test_that_are_events_are_not_and_the_log_says_why(self, shop, tell):
        @shop.route("/events")
        async def get():
            yield ServerSentEvent("now")

        async def story():
            assert await shop.told("/events") == ("data: now\n\n", None)
            assert not shop.kept
            assert "server-sent events are for who listens now" in shop.app.log.entries()[0].notes[0]

        tell(shop, story)

    def test_that_are_files_are_not_and_the_log_says_why(self, shop, tell, tmp_path):
        (tmp_path / "a.txt").write_text("0123456789")

        @shop.route("/file")
        async def get():
            return FileResponse("a.txt", root=tmp_path)

        async def story():
            response = await shop.ask("/file", headers={"range": "bytes=2-3"})
            assert (response.status, response.text) == (206, "23")
            assert (await shop.told("/file"))[0] == "0123456789"
            assert not shop.kept
            assert "uses Range and If-None-Match" in shop.app.log.entries()[0].notes[0]

        tell(shop, story)

    def test_of_a_route_declared_static_files_are(self, shop, tell, tmp_path):
        (tmp_path / "a.txt").write_text("0123456789")

        @shop.route("/file", dynamic="force-static")
        async def get():
            return FileResponse("a.txt", root=tmp_path)

        async def story():
            assert (await shop.told("/file", headers={"range": "bytes=2-3"}))[0] == "0123456789"
            await shop.settled()
            assert await shop.told("/file") == ("0123456789", HIT)

        tell(shop, story)

    @pytest.mark.parametrize(
        "said",
        [
            {"set-cookie": "a=1"},
            {"cache-control": "private"},
            {"cache-control": "No-Store"},
            {"vary": "*"},
            {"content-type": "text/event-stream"},
        ],
        ids=str,
    )
    def test_that_are_for_one_client_by_what_they_say(self, shop, tell, said):
        @shop.route("/said")
        def get():
            return Response(str(shop.count()), headers=said)

        async def story():
            assert await shop.told("/said") == ("1", None)
            assert await shop.told("/said") == ("2", None)

        tell(shop, story)

    @pytest.mark.parametrize(("status", "kept"), [(200, True), (201, True), (204, True), (404, True), (500, False)])
    def test_by_status(self, shop, tell, status, kept):
        @shop.route("/status")
        def get():
            shop.count()
            return Response(None, status=status)

        async def story():
            for _ in range(2):
                assert (await shop.ask("/status")).status == status
            assert shop.runs == (1 if kept else 2)

        tell(shop, story)

    @pytest.mark.parametrize(("how", "status"), [(lambda: redirect("/to"), 307), (not_found, 404)])
    def test_that_are_raised_are_kept_too(self, shop, tell, how, status):
        @shop.route("/raised")
        def get():
            shop.count()
            how()

        async def story():
            made, kept = await shop.ask("/raised"), await shop.ask("/raised")
            assert made.status == kept.status == status
            assert made.headers.get("location") == kept.headers.get("location")
            assert shop.runs == 1

        tell(shop, story)

    def test_say_nothing_of_one_connection(self, shop, tell):
        @shop.route("/about")
        def get():
            return Response("x", headers={"connection": "close", "keep-alive": "timeout=5", "x-own": "1"})

        async def story():
            await shop.ask("/about")
            response = await shop.ask("/about")
            assert response.headers.get("x-own") == "1"
            assert not response.headers.has("connection")
            assert not response.headers.has("keep-alive")

        tell(shop, story)

    def test_cors_is_added_to_what_is_kept_and_never_kept(self, shop, tell):
        @shop.route("/open", cors=["https://a.example", "https://b.example"])
        def get():
            return "x"

        async def story():
            for origin in ("https://a.example", "https://b.example"):
                response = await shop.ask("/open", headers={"origin": origin})
                assert response.headers.get("access-control-allow-origin") == origin
            assert not (await shop.ask("/open")).headers.has("access-control-allow-origin")
            assert not any("access-control" in name for entry in shop.kept.values() for name, _ in entry.headers)

        tell(shop, story)

    def test_who_has_it_already_is_told_so(self, shop, tell):
        @shop.route("/about")
        def get():
            return "x"

        async def story():
            etag = (await shop.ask("/about")).headers.get("etag")
            response = await shop.ask("/about", headers={"if-none-match": etag})
            assert (response.status, response.text, response.headers.get("cache-status")) == (304, "", HIT)

        tell(shop, story)

    def test_life_and_tags_that_the_handler_names(self, shop, tell):
        @shop.route("/about", revalidate=None, dynamic="force-static", tags=["config"])
        def get():
            cache_life("minutes")
            cache_life(revalidate=5)
            cache_tag("code")
            return "x"

        async def story():
            response = await shop.ask("/about")
            assert response.headers.get("cache-control") == "s-maxage=5, stale-while-revalidate=3595"
            (entry,) = shop.kept.values()
            assert {"config", "code", "path:/about", "route:/about", "under:/"} <= set(entry.tags)

        tell(shop, story)


class TestWhoMaySee:
    def test_behind_a_token_no_cache_on_the_way_keeps_it(self, tell):
        shop = Shop(guard=Guard(token="t", check_origin=False))

        @shop.route("/about")
        def get():
            return shop.count()

        @shop.route("/own")
        def own():
            return Response("x", headers={"cache-control": "max-age=5"})

        async def story():
            assert (await shop.ask("/about")).status == 401
            for status in (MISS, HIT):
                response = await shop.ask("/about", headers={"authorization": "Bearer t"})
                assert response.headers.get("cache-control") == "private, no-cache"
                assert response.headers.get("cache-status") == status
            assert (await shop.ask("/about")).status == 401
            own = await shop.ask("/own", headers={"authorization": "Bearer t"})
            assert own.headers.get("cache-control") == "max-age=5"

        tell(shop, story)

    def test_drafts_go_past_all_this(self, shop, tell):
        @shop.route("/post", dynamic="force-static")
        async def get(request):
            return f"{draft_mode().is_enabled} {shop.count()}"

        @shop.route("/moved")
        async def moved():
            return Response.redirect("/post")

        async def story():
            drafts = {"cookie": f"__notebook_routes_draft={shop.app.draft.value}"}
            assert await shop.told("/post") == ("False 1", MISS)
            response = await shop.ask("/post", headers=drafts)
            assert response.text == "True 2"
            assert not response.headers.has("cache-status")
            assert response.headers.get("cache-control").startswith("private, no-cache, no-store")
            assert await shop.told("/post", headers={"cookie": "__notebook_routes_draft=guess"}) == ("False 1", HIT)
            assert (await shop.ask("/moved", headers=drafts)).headers.get("location") == "http://localhost/post"

        tell(shop, story)

    def test_to_a_static_handler_who_is_shown_drafts_is_as_everybody(self, shop, tell):
        @shop.route("/post", dynamic="force-static")
        async def get(request):
            read = len(cookies().get_all()), len(headers()), request.next_url.search, await request.text()
            return [draft_mode().is_enabled, *read, request.url]

        async def story():
            drafts = {"cookie": f"__notebook_routes_draft={shop.app.draft.value}; a=1"}
            response = await shop.ask("/post?x=1", headers=drafts)
            assert json.loads(response.text) == [True, 0, 0, "", "", "http://localhost/post"]

        tell(shop, story)

    def test_a_client_s_no_cache_counts_only_where_the_app_says_so(self, tell):
        asked = {"cache-control": "No-Cache"}
        for counts in (False, True):
            shop = Shop(cache_control_requests=counts)

            @shop.route("/about")
            def get():
                return "x"

            async def story(shop=shop, counts=counts):
                await shop.ask("/about")
                assert (await shop.told("/about", headers=asked))[1] == (MISS if counts else HIT)

            tell(shop, story)

    def test_cookies_of_a_middleware_are_for_its_client(self, tell):
        async def middleware(request):
            cookies().set("visit", request.headers.get("x", ""))

        shop = Shop(middleware=[middleware])

        @shop.route("/about")
        def get():
            return shop.count()

        async def story():
            for number in (1, 2):
                response = await shop.ask("/about", headers={"x": str(number)})
                assert response.headers.get_set_cookie() == [f"visit={number}; Path=/"]
                assert response.text == "1"
            assert not any(entry.headers for entry in shop.kept.values() if "set-cookie" in dict(entry.headers))

        tell(shop, story)


class TestFailures:
    @pytest.mark.parametrize(
        "error", [ValueError("no"), SystemExit(2), StopIteration(), KeyboardInterrupt()], ids=lambda e: type(e).__name__
    )
    def test_whatever_a_handler_raises_is_a_500_that_is_not_kept(self, shop, tell, error):
        broken = [True]

        @shop.route("/fails")
        def get():
            if broken:
                raise error
            return "well"

        async def story():
            told = await asyncio.gather(*(shop.ask("/fails") for _ in range(3)))
            assert [response.status for response in told] == [500] * 3
            broken.clear()
            assert await shop.told("/fails") == ("well", MISS)

        tell(shop, story)

    def test_one_that_takes_too_long_behind_a_stale_answer(self, shop, tell):
        hangs = []

        @shop.route("/slow", max_duration=0.5)
        async def get():
            if hangs:
                await asyncio.Event().wait()
            return "quick"

        async def story():
            await shop.ask("/slow")
            shop.age(61)
            hangs.append(1)
            assert await shop.told("/slow") == ("quick", STALE)
            await shop.settled()
            assert await shop.told("/slow") == ("quick", HIT)
            assert [entry.status for entry in shop.app.log.entries()] == [200, 200, 504, 200]

        tell(shop, story)

    @pytest.mark.parametrize("kind", ["def", "async def"])
    def test_behind_a_stale_answer_stale_data_is_made_anew_first(self, shop, tell, kind):
        if kind == "def":
            load = cached(shop.count, key="count", revalidate=60)

            @shop.route("/made")
            def of_a_function():
                return str(load())
        else:

            @cached(revalidate=60)
            async def load_async():
                return shop.count()

            @shop.route("/made")
            async def of_a_coroutine():
                return str(await load_async())

        async def story():
            assert await shop.told("/made") == ("1", MISS)
            shop.age(61)
            assert await shop.told("/made") == ("1", STALE)
            await shop.settled()
            # A `def` that runs on the loop itself must not stop it.
            if kind == "async def" or shop.app.workers is not None:
                assert await shop.told("/made") == ("2", HIT)

        tell(shop, story)

    @pytest.mark.parametrize("error", [ValueError("broken behind"), SystemExit("broken behind")], ids=["error", "exit"])
    def test_one_behind_a_stale_answer_is_in_the_log(self, shop, tell, error, caplog):
        broken = []

        @shop.route("/stale")
        async def get():
            if broken:
                raise error
            return "old"

        async def story():
            await shop.ask("/stale")
            shop.age(61)
            broken.append(1)
            assert await shop.told("/stale") == ("old", STALE)
            await shop.settled()
            entry = shop.app.log.entries()[-1]
            assert (entry.status, entry.target) == (500, "/stale")
            assert "broken behind" in entry.error

        tell(shop, story)
        assert "failed where nobody waited for it" in caplog.text

    def test_marks_of_a_handler_that_fails_are_dropped(self, shop, tell):
        @shop.route("/about", tags=["t"])
        def get():
            return shop.count()

        @shop.route("/do/[how]", method="POST")
        def post(how):
            revalidate_tag("t")
            if how == "raise":
                raise ValueError
            if how == "redirect":
                redirect("/")
            if how == "not-found":
                not_found()
            if how == "later":
                after(lambda: revalidate_path("/about"))
            return how

        async def story():
            await shop.ask("/about")
            for how, runs in [("raise", "1"), ("redirect", "2"), ("not-found", "3"), ("later", "4"), ("return", "5")]:
                await shop.ask(f"/do/{how}", method="POST")
                assert (await shop.told("/about"))[0] == runs

        tell(shop, story)

    @pytest.mark.parametrize("breaks", [False, True])
    def test_marks_of_a_stream_s_body_count_when_it_has_ended_well(self, shop, tell, breaks):
        @shop.route("/about", tags=["t"])
        def get():
            return shop.count()

        @shop.route("/do", method="POST")
        async def post():
            yield "a"
            revalidate_tag("t")
            yield "b"
            if breaks:
                raise ValueError

        async def story():
            await shop.ask("/about")
            request = Request("http://localhost/do", method="POST")
            response = await shop.app.fetch(request)
            error = None
            try:
                await response.bytes()
            except ValueError as problem:
                error = problem
            work = shop.app.sent(request, status=200, size=2, error=error)
            if work is not None:
                await work
            assert (await shop.told("/about"))[0] == ("1" if breaks else "2")

        tell(shop, story)

    def test_marks_of_a_middleware_count_when_it_has_answered(self, tell):
        async def middleware(request):
            if request.path == "/purge":
                revalidate_tag("t")
                return Response("purged")
            return None

        shop = Shop(middleware=[middleware])

        @shop.route("/about", tags=["t"])
        def get():
            return shop.count()

        async def story():
            assert (await shop.told("/about"))[0] == "1"
            assert (await shop.told("/purge"))[0] == "purged"
            assert (await shop.told("/about"))[0] == "2"

        tell(shop, story)


class TestWhatAHandlerLeavesRunning:
    """A task or a thread of its own, which goes on when the answer is out."""

    @pytest.mark.parametrize("kind", ["task", "thread"])
    def test_marks_at_once(self, shop, tell, kind):
        done = threading.Event()

        @shop.route("/about", tags=["t"])
        def get():
            return shop.count()

        @shop.route("/start", method="POST")
        async def post():
            started.append(asyncio.create_task(job()))
            return "started"

        async def job():
            await answered.wait()
            if kind == "task":
                revalidate_tag("t")
            else:
                thread = threading.Thread(target=revalidate_tag, args=("t",))
                thread.start()
                await asyncio.to_thread(thread.join)
            done.set()

        started = []

        async def story():
            nonlocal answered
            answered = asyncio.Event()
            use_data(lambda: shop.app.data)
            await shop.ask("/about")
            await shop.ask("/start", method="POST")
            assert await shop.told("/about") == ("1", HIT)
            answered.set()
            await started[0]
            assert await shop.told("/about") == ("2", MISS)

        answered = None
        try:
            tell(shop, story)
        finally:
            use_data(None)
        assert done.is_set()


class Leaving:
    """A kept route whose client leaves while it is made."""

    def __init__(self, shop, then):
        self.shop = shop
        self.then = then
        self.left = asyncio.Event()
        self.begun = asyncio.Event()

        @shop.route("/slow")
        async def get(request):
            shop.count()
            self.begun.set()
            await self.left.wait()
            return self.then(request)

    async def happens(self):
        request = Request("http://localhost/slow", headers={"cookie": "session=secret"})
        asking = asyncio.create_task(self.shop.app.fetch(request))
        await self.begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        work = self.shop.app.sent(request, status=0, size=0)
        if work is not None:
            await work
        self.left.set()
        await self.shop.settled()


class TestClientThatLeaves:
    def test_leaves_a_run_whose_answer_is_kept(self, shop, tell):
        async def story():
            await Leaving(shop, lambda _: "made").happens()
            assert await shop.told("/slow") == ("made", HIT)

        tell(shop, story)

    @pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
    def test_what_is_read_after_that_is_noticed_all_the_same(self, shop, tell, read):
        async def story():
            await Leaving(shop, lambda request: str(read(request))).happens()
            assert not shop.kept

        tell(shop, story)

    def test_what_is_for_after_the_answer_is_done(self, shop, tell):
        done = []

        async def story():
            await Leaving(shop, lambda _: after(lambda: done.append("after"))).happens()
            await shop.settled()
            assert done == ["after"]

        tell(shop, story)

    def test_a_failure_that_nobody_hears_of_is_in_the_log(self, shop, tell, caplog):
        async def story():
            await Leaving(shop, lambda _: 1 / 0).happens()
            assert not shop.kept

        with caplog.at_level(logging.ERROR, "notebook_routes.app"):
            tell(shop, story)
        assert "failed when its client had left" in caplog.text
        assert "ZeroDivisionError" in caplog.text


class TestPrepared:
    def test_paths_that_are_known_are_there_when_they_are_asked_for(self, shop, tell):
        @shop.route("/static")
        def static():
            return shop.count()

        @shop.route("/p/[id]", generate_static_params=lambda: [{"id": "a b"}, {"id": 2}])
        def listed(id):  # noqa: A002 - the segment's name
            shop.count()
            return id

        @shop.route("/not-kept", revalidate=0)
        def other():
            return shop.count()

        async def story():
            await shop.app.prepare()
            assert shop.runs == 3
            assert await shop.told("/p/a%20b") == ("a b", HIT)
            assert await shop.told("/p/2") == ("2", HIT)
            assert (await shop.told("/static"))[1] == HIT
            assert await shop.told("/p/3") == ("3", MISS)

        tell(shop, story)

    @pytest.mark.parametrize(
        "fail", [ValueError("x"), SystemExit(1), asyncio.CancelledError()], ids=lambda error: type(error).__name__
    )
    def test_one_that_fails_stops_no_other(self, shop, tell, fail, caplog):
        def gsp():
            raise fail

        @shop.route("/a/[id]", generate_static_params=gsp)
        async def a(id):  # noqa: A002 - the segment's name
            return id

        @shop.route("/b")
        async def b():
            raise fail

        @shop.route("/c")
        async def c(request):
            return request.headers.get("x")

        @shop.route("/d")
        async def d(page: int):
            return page

        @shop.route("/e")
        async def e():
            return "there"

        async def story():
            await shop.app.prepare()
            assert await shop.told("/e") == ("there", HIT)
            assert len(shop.kept) == 1
            # All others answer when they are asked.
            assert (await shop.ask("/c", headers={"x": "1"})).text == "1"
            assert (await shop.ask("/d?page=1")).text == "1"

        tell(shop, story)
        assert "generate_static_params failed" in caplog.text


def test_a_cell_that_runs_again_finds_nothing_of_what_the_old_one_made(shop, tell):
    def define(text):
        settings, pattern = SegmentConfig(revalidate=60), RoutePattern.parse("/cell")
        invoker = Invoker(lambda: text, method="GET", pattern=pattern)
        shop.app.routes.put(Route("GET", pattern, invoker, settings, source=text))

    async def story():
        define("old")
        assert await shop.told("/cell") == ("old", MISS)
        define("new")
        assert await shop.told("/cell") == ("new", MISS)
        shop.age(61)
        assert await shop.told("/cell") == ("new", STALE)
        await shop.settled()
        assert await shop.told("/cell") == ("new", HIT)

    tell(shop, story)


def test_another_cache_from_now_on(shop, tell):
    @shop.route("/about")
    def get():
        return shop.count()

    async def story():
        await shop.ask("/about")
        shop.app.use_cache(MemoryCache())
        assert await shop.told("/about") == ("2", MISS)

    tell(shop, story)
