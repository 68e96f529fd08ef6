"""`fetch()`, asked of a real server that counts."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notebook_routes.cache import CachePolicy, DataCache, MemoryCache, Rendering
from notebook_routes.errors import Aborted, CacheError, FetchError
from notebook_routes.routing import SegmentConfig
from notebook_routes.runtime import Exchange, fetch, outgoing, revalidate_tag, use_data
from notebook_routes.runtime.exchange import current_exchange
from notebook_routes.web import AbortController, AbortSignal, ReadableStream, Request, Response


class Upstream(BaseHTTPRequestHandler):
    """Counts, and tells what it was asked; the path says how it answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self._body()
        self.server.count += 1
        kind, _, rest = self.path.strip("/").partition("/")
        if kind == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.close_connection = True
            return
        if kind == "wait":
            assert self.server.gate.wait(20)
        status = int(rest or 200) if kind == "status" else 307 if kind == "moved" else 200
        told = {
            "n": self.server.count,
            "method": self.command,
            "body": body.decode(),
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }
        content = json.dumps(told).encode()
        self.send_response(status)
        if kind == "moved":
            self.send_header("Location", "/arrived")
        if kind == "zipped":
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815 - the names that it looks for

    def _body(self):
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    """One for each test: what another has broken off may still be on its way, and would count."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.count, server.gate = 0, threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.gate.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(server):
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(autouse=True)
def memory():
    memory = MemoryCache()
    data = DataCache(memory)
    use_data(lambda: data)
    yield memory
    use_data(None)


async def asked(*args, **options):
    return await (await fetch(*args, **options)).json()


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


async def count_of_two(url, **options):
    """What the second of two calls is told: 1 where it is kept."""
    await asked(url, **options)
    return (await asked(url, **options))["n"]


class TestKept:
    @pytest.mark.parametrize(
        ("options", "kept"),
        [
            ({}, False),
            ({"cache": "default"}, False),
            ({"cache": "no-store"}, False),
            ({"cache": "force-cache"}, True),
            ({"revalidate": 60}, True),
            ({"revalidate": 0.5}, True),
            ({"revalidate": False}, True),
            ({"revalidate": 0}, False),
            ({"tags": ["a"]}, False),
            ({"cache": "force-cache", "revalidate": 60}, True),
            ({"cache": "force-cache", "revalidate": 0}, False),
            ({"cache": "no-store", "revalidate": 60}, False),
            ({"cache": "no-store", "revalidate": False}, False),
            ({"cache": "no-store", "revalidate": 0}, False),
        ],
        ids=str,
    )
    def test_by_its_options(self, url, options, kept):
        assert run(count_of_two(url, **options)) == (1 if kept else 2)

    @pytest.mark.parametrize(
        ("mode", "options", "kept"),
        [
            ("auto", {}, False),
            ("default-cache", {}, True),
            ("default-cache", {"cache": "no-store"}, False),
            ("only-cache", {}, True),
            ("only-cache", {"cache": "no-store"}, CacheError),
            ("only-cache", {"revalidate": 0}, CacheError),
            ("force-cache", {"cache": "no-store"}, True),
            ("force-no-store", {"cache": "force-cache"}, False),
            ("default-no-store", {}, False),
            ("default-no-store", {"cache": "force-cache"}, True),
            ("only-no-store", {}, False),
            ("only-no-store", {"cache": "force-cache"}, CacheError),
            ("only-no-store", {"revalidate": 60}, CacheError),
        ],
        ids=str,
    )
    def test_by_the_config_of_the_path(self, url, mode, options, kept):
        exchange = Exchange(Request("http://a/"))
        exchange.config = SegmentConfig(fetch_cache=mode)

        async def story():
            current_exchange.set(exchange)
            return await count_of_two(url, **options)

        if kept is CacheError:
            with pytest.raises(CacheError, match=f'its path has fetch_cache = "{mode}"'):
                run(story())
        else:
            assert run(story()) == (1 if kept else 2)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({}, {"method": "POST"}),
            ({}, {"headers": {"authorization": "b"}}),
            ({"headers": {"authorization": "a"}}, {"headers": {"authorization": "b"}}),
            ({"method": "POST", "body": "b=1"}, {"method": "POST", "body": "b=2"}),
            ({"method": "POST", "json": 1}, {"method": "POST", "json": 2}),
            ({}, {"redirect": "manual"}),
        ],
        ids=str,
    )
    def test_apart_by_all_that_is_asked(self, url, one, other):
        async def story():
            first = await asked(url, cache="force-cache", **one)
            second = await asked(url, cache="force-cache", **other)
            assert (first["n"], second["n"]) == (1, 2)
            assert (await asked(url, cache="force-cache", **one))["n"] == 1

        run(story())

    @pytest.mark.parametrize("status", [201, 404, 500])
    def test_only_with_the_status_200(self, url, status):
        assert run(count_of_two(f"{url}/status/{status}", cache="force-cache")) == 2

    def test_as_it_was_the_first_time(self, url):
        async def story():
            answers = [await fetch(f"{url}/zipped", cache="force-cache") for _ in range(2)]
            told = [(a.status, a.url, a.headers.raw, await a.json()) for a in answers]
            assert told[0] == told[1]
            assert not answers[0].headers.has("content-encoding")

        run(story())

    def test_one_call_for_many_at_once(self, url, server):
        async def story():
            asking = [asyncio.create_task(asked(f"{url}/wait", cache="force-cache")) for _ in range(5)]
            other = asyncio.create_task(asked(f"{url}/wait"))
            await asyncio.sleep(0)
            server.gate.set()
            assert len({told["n"] for told in await asyncio.gather(*asking)}) == 1
            await other
            assert server.count == 2

        run(story())

    def test_an_abandoned_call_is_kept_all_the_same(self, url, server):
        async def story():
            asking = asyncio.create_task(asked(f"{url}/wait", cache="force-cache"))
            await asyncio.sleep(0.01)
            asking.cancel()
            await asyncio.wait([asking])
            server.gate.set()
            assert (await asked(f"{url}/wait", cache="force-cache"))["n"] == 1

        run(story())

    def test_stale_is_given_out_once_more(self, url, memory):
        async def story():
            assert (await asked(url, revalidate=10))["n"] == 1
            for key, entry in memory._entries.items():
                memory._entries[key] = replace(entry, stored=entry.stored - 11, checked=entry.checked - 11)
            assert (await asked(url, revalidate=10))["n"] == 1
            while memory._entries[key].stored == entry.stored - 11:  # noqa: ASYNC110 - what is looked at tells nobody
                await asyncio.sleep(0.001)
            assert (await asked(url, revalidate=10))["n"] == 2

        run(story())

    def test_until_its_tag_is_marked(self, url):
        async def story():
            await asked(url, cache="force-cache", tags=["t"])
            revalidate_tag("t")
            return (await asked(url, cache="force-cache", tags=["t"]))["n"]

        assert run(story()) == 2

    def test_never_for_who_sees_drafts(self, url):
        exchange = Exchange(Request("http://a/"))
        exchange = Exchange(
            Request("http://a/", headers={"cookie": f"__notebook_routes_draft={exchange.draft.value}"}), exchange.draft
        )

        async def story():
            assert await count_of_two(url, cache="force-cache") == 1
            current_exchange.set(exchange)
            assert await count_of_two(url, cache="force-cache") == 3

        run(story())


class TestRoute:
    """What a call means for the route that makes it."""

    @pytest.mark.parametrize(
        ("options", "dynamic"),
        [({}, False), ({"cache": "no-store"}, True), ({"revalidate": 0}, True), ({"cache": "force-cache"}, False)],
        ids=str,
    )
    def test_not_to_be_kept_makes_its_answer_dynamic(self, url, options, dynamic):
        exchange = Exchange(Request("http://a/"))
        exchange.rendering = rendering = Rendering(CachePolicy(), label="GET /a")

        async def story():
            current_exchange.set(exchange)
            await asked(url, **options)

        run(story())
        assert (rendering.dynamic is not None) is dynamic

    def test_its_answer_lasts_no_longer(self, url):
        exchange = Exchange(Request("http://a/"))
        exchange.rendering = rendering = Rendering(CachePolicy(revalidate=60), label="GET /a")

        async def story():
            current_exchange.set(exchange)
            await asked(url, revalidate=5, tags=["t"])

        run(story())
        assert (rendering.revalidate, rendering.tags) == (5, ("t",))


class TestAsking:
    def test_a_body_that_is_known_goes_out_with_its_length(self, url):
        told = run(asked(url, method="POST", body="a=1"))
        assert (told["body"], told["headers"].get("content-length")) == ("a=1", "3")
        assert "transfer-encoding" not in told["headers"]

    def test_a_stream_goes_out_in_pieces(self, url):
        told = run(asked(url, method="POST", body=ReadableStream([b"a", b"b"])))
        assert (told["body"], told["headers"].get("transfer-encoding")) == ("ab", "chunked")

    def test_a_known_body_goes_out_again_after_a_redirect(self, url):
        told = run(asked(f"{url}/moved", method="POST", json={"a": 1}))
        assert (told["method"], told["body"]) == ("POST", '{"a":1}')

    @pytest.mark.parametrize("kept", [{}, {"cache": "force-cache"}], ids=["passing", "kept"])
    def test_a_request_with_changes(self, url, kept):
        async def story():
            request = Request(url, method="POST", body="a=1", headers={"x": "1"})
            told = await asked(request, **kept)
            assert (told["method"], told["body"], told["headers"]["x"]) == ("POST", "a=1", "1")
            told = await asked(request, method="PUT", **kept)
            assert (told["method"], told["body"], told["headers"]["x"]) == ("PUT", "a=1", "1")
            told = await asked(request, json={"b": 2}, headers={"y": "2"}, **kept)
            assert (told["method"], told["body"], told["headers"]["y"]) == ("POST", '{"b":2}', "2")
            assert not request.body_used

        run(story())

    def test_head_has_no_body(self, url):
        async def story():
            response = await fetch(url, method="HEAD")
            return response.status, await response.bytes()

        assert run(story()) == (200, b"")

    @pytest.mark.parametrize("kept", [{}, {"cache": "force-cache"}], ids=["passing", "kept"])
    def test_redirects(self, url, kept):
        async def story():
            target = f"{url}/moved"
            followed = await fetch(target, **kept)
            assert (followed.status, (await followed.json())["method"]) == (200, "GET")
            manual = await fetch(target, redirect="manual", **kept)
            assert (manual.status, manual.headers.get("location")) == (307, "/arrived")
            await manual.body.cancel()
            with pytest.raises(FetchError, match="was redirected to /arrived"):
                await fetch(target, redirect="error", **kept)

        run(story())

    def test_an_answer_is_one_for_a_handler(self, url, call):
        async def get():
            return await fetch(url)

        answer = call(get)
        assert (answer.status, answer.type, answer.json()["n"]) == (200, "application/json", 1)

    @pytest.mark.parametrize("kept", [{}, {"cache": "force-cache"}], ids=["passing", "kept"])
    def test_nobody_there(self, kept):
        with pytest.raises(FetchError, match="had no answer"):
            run(fetch("http://127.0.0.1:1/", **kept))

    @pytest.mark.parametrize("kept", [{}, {"cache": "force-cache"}], ids=["passing", "kept"])
    def test_an_answer_that_breaks_off(self, url, kept):
        with pytest.raises(FetchError, match="broke off"):
            run(asked(f"{url}/cut", **kept))

    @pytest.mark.parametrize(
        ("args", "options", "error"),
        [
            (["/relative"], {}, ValueError),
            (["http://a/"], {"cache": "force"}, ValueError),
            (["http://a/"], {"revalidate": -1}, ValueError),
            (["http://a/"], {"revalidate": True}, ValueError),
            (["http://a/"], {"revalidate": "60"}, ValueError),
            (["http://a/"], {"redirect": "never"}, ValueError),
            (["http://a/"], {"tags": "t"}, TypeError),
            (["http://a/"], {"tags": [1]}, TypeError),
            (["http://a/"], {"body": "x"}, TypeError),
            ([Request("http://a/", method="POST", body="x")], {"method": "GET"}, TypeError),
        ],
        ids=str,
    )
    def test_mistakes(self, args, options, error):
        with pytest.raises(error):
            run(fetch(*args, **options))


class TestSignal:
    @pytest.mark.parametrize("kept", [{}, {"cache": "force-cache"}], ids=["passing", "kept"])
    def test_breaks_it_off(self, url, kept):
        async def story():
            controller = AbortController()
            asking = asyncio.create_task(fetch(f"{url}/wait", signal=controller.signal, **kept))
            await asyncio.sleep(0.01)
            controller.abort("no longer needed")
            with pytest.raises(Aborted):
                await asking

        run(story())

    def test_that_has_fired_asks_nobody(self, url, server):
        async def story():
            with pytest.raises(Aborted):
                await fetch(url, signal=AbortSignal.abort())

        run(story())
        assert server.count == 0

    def test_of_time(self, url):
        async def story():
            with pytest.raises(TimeoutError):
                await fetch(f"{url}/wait", signal=AbortSignal.timeout(0.01))

        run(story())

    def test_that_does_not_fire(self, url):
        assert run(asked(url, signal=AbortController().signal))["n"] == 1


def test_a_kept_response_is_each_time_its_own(url):
    async def story():
        first = await fetch(url, cache="force-cache")
        first.headers.set("x-mine", "1")
        second = await fetch(url, cache="force-cache")
        assert isinstance(second, Response)
        assert not second.headers.has("x-mine")

    run(story())


def test_the_library_is_loaded_beside_the_loop(monkeypatch, url):
    loaded_by = []
    load = outgoing.library

    def noted():
        loaded_by.append(threading.current_thread())
        return load()

    monkeypatch.setattr(outgoing, "library", noted)
    outgoing._context.cache_clear()  # as in a process that has not asked anybody yet
    assert run(count_of_two(url)) == 2
    assert loaded_by[0] is not threading.current_thread()
