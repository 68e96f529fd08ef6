"""DESIGN §5.9 as a real browser sees it: what a page of another origin can do with a notebook's server."""

from __future__ import annotations

import asyncio
import threading

import pytest

from notebook_routes.web import Response, ServerSentEvent
from tests.page_server import page_server

FETCH = """async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        return {type: response.type, status: response.status, text: await response.text()};
    } catch (error) {
        return {error: error.name};
    }
}"""

LISTEN = """([url, wanted]) => new Promise(resolve => {
    const source = new EventSource(url), got = [];
    source.onmessage = event => {
        got.push(event.data);
        if (got.length == wanted) { source.close(); resolve(got); }
    };
    source.onerror = () => { source.close(); resolve("error"); };
})"""

POST_FORM = """url => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = url;
    form.innerHTML = '<input name="a" value="1">';
    document.body.append(form);
    form.submit();
}"""


@pytest.fixture(scope="module")
def elsewhere():
    """The port of a server of somebody else's pages."""
    empty = ("text/html; charset=utf-8", b"<!doctype html><title>elsewhere</title><body></body>")
    with page_server(lambda _path: empty) as port:
        yield port


@pytest.fixture(params=["http://127.0.0.1:{}", "http://evil.example:{}"])
def foreign(request, page, elsewhere):
    """A page of another origin, on the same site and on another."""
    page.origin = request.param.format(elsewhere)
    page.goto(page.origin)
    return page


@pytest.fixture
def site(world, elsewhere):
    """Routes that say nothing about other origins, and such that let the foreign pages in."""
    world.called = []
    world.ended = threading.Event()
    origins = [f"http://{host}:{elsewhere}" for host in ("127.0.0.1", "evil.example")]

    def define(path, **config):
        for method in ("GET", "POST", "DELETE"):

            @world.route(path, method, **config)
            async def handler(request):
                world.called.append(request.method)
                return Response(f"did {request.method}", headers={"x-seen": "1"})

        @world.route(f"{path}/events", **config)
        async def events():
            world.called.append("events")
            try:
                for number in range(100_000):
                    yield ServerSentEvent(f"event {number}")
                    await asyncio.sleep(0.001)
            finally:
                world.ended.set()

    define("/closed")
    define("/open", cors=origins)
    define("/others", cors=["https://shop.example"])
    define("/any", cors="*")
    world.start()
    world.url = f"http://127.0.0.1:{world.thread.port}"
    return world


SIMPLE = {"method": "POST", "body": "x"}
PREFLIGHTED = {"method": "POST", "body": "{}", "headers": {"content-type": "application/json"}}
REFUSED = {"error": "TypeError"}


class TestRefused:
    @pytest.mark.parametrize("path", ["/closed", "/others"])
    @pytest.mark.parametrize("options", [SIMPLE, PREFLIGHTED, {"method": "DELETE"}])
    def test_fetch_may_not_write(self, foreign, site, path, options):
        assert foreign.evaluate(FETCH, [site.url + path, options]) == REFUSED
        assert site.called == []

    def test_nor_without_looking_at_the_answer(self, foreign, site):
        answer = foreign.evaluate(FETCH, [f"{site.url}/closed", {**SIMPLE, "mode": "no-cors"}])
        assert (answer["type"], answer["text"]) == ("opaque", "")
        site.logged(1)
        assert site.log[0].status == 403
        assert site.called == []

    @pytest.mark.parametrize("path", ["/closed", "/others"])
    def test_a_form_may_not_be_posted(self, foreign, site, path):
        with foreign.expect_navigation() as navigation:
            foreign.evaluate(POST_FORM, site.url + path)
        assert navigation.value.status == 403
        assert f"--cors {foreign.origin}" in foreign.content()
        assert site.called == []

    def test_a_form_of_a_page_without_origin_may_not_be_posted(self, page, elsewhere, site):
        page.goto(f"http://localhost:{elsewhere}")
        page.evaluate("html => { document.body.innerHTML = html }", '<iframe sandbox="allow-scripts"></iframe>')
        frame = page.frames[1]
        assert frame.evaluate(FETCH, [f"{site.url}/closed", SIMPLE]) == REFUSED
        assert frame.evaluate(FETCH, [f"{site.url}/open", SIMPLE]) == REFUSED
        assert site.called == []

    @pytest.mark.parametrize("path", ["/closed", "/others"])
    def test_an_answer_may_not_be_read(self, foreign, site, path):
        assert foreign.evaluate(FETCH, [site.url + path, {}]) == REFUSED
        answer = foreign.evaluate(FETCH, [site.url + path, {"mode": "no-cors"}])
        assert (answer["type"], answer["text"]) == ("opaque", "")

    @pytest.mark.parametrize("path", ["/closed/events", "/others/events"])
    def test_events_may_not_be_heard(self, foreign, site, path):
        assert foreign.evaluate(LISTEN, [site.url + path, 1]) == "error"

    def test_our_own_pages_may_not_be_read(self, foreign, site):
        site.app.own_pages = lambda request: Response("ours")
        assert foreign.evaluate(FETCH, [f"{site.url}/_routes/log", {}]) == REFUSED
        guessed = {"headers": {"authorization": "Bearer guess"}}
        assert foreign.evaluate(FETCH, [f"{site.url}/_routes/log", guessed]) == REFUSED

    def test_another_name_for_this_machine_is_answered_with_421(self, page, site):
        """DNS rebinding: the name of the attacker's page now leads to this server, which so is its own origin."""
        url = f"http://evil.example:{site.thread.port}"
        assert page.goto(f"{url}/closed").status == 421
        answer = page.evaluate(FETCH, [f"{url}/closed", SIMPLE])
        assert answer["status"] == 421
        assert site.called == []


class TestDeclared:
    @pytest.mark.parametrize("path", ["/open", "/any"])
    @pytest.mark.parametrize("options", [{}, SIMPLE, PREFLIGHTED, {"method": "DELETE", "headers": {"x-mine": "1"}}])
    def test_fetch_may_read_and_write(self, foreign, site, path, options):
        method = options.get("method", "GET")
        answer = foreign.evaluate(FETCH, [site.url + path, options])
        assert answer == {"type": "cors", "status": 200, "text": f"did {method}"}
        assert site.called == [method]

    def test_a_form_may_be_posted(self, foreign, site):
        with foreign.expect_navigation() as navigation:
            foreign.evaluate(POST_FORM, f"{site.url}/open")
        assert navigation.value.status == 200
        assert "did POST" in foreign.content()

    @pytest.mark.parametrize("path", ["/open/events", "/any/events"])
    def test_events_may_be_heard_and_end_when_nobody_listens(self, foreign, site, path):
        assert foreign.evaluate(LISTEN, [site.url + path, 3]) == ["event 0", "event 1", "event 2"]
        assert site.ended.wait(10)
        assert site.becomes_quiet()

    def test_a_failure_can_be_told_from_a_network_that_is_down(self, foreign, site, caplog):
        @site.route("/fails", cors="*")
        def fails():
            raise RuntimeError

        assert foreign.evaluate(FETCH, [f"{site.url}/fails", {}])["status"] == 500

    def test_the_token_can_be_sent_along(self, foreign, site):
        site.app.guard.token = "s3cret"
        url = f"{site.url}/open"
        assert foreign.evaluate(FETCH, [url, {}])["status"] == 401
        right = {"method": "POST", "headers": {"authorization": "Bearer s3cret"}}
        assert foreign.evaluate(FETCH, [url, right])["text"] == "did POST"


def test_our_own_page_may_do_everything(page, site):
    @site.route("/page")
    async def get():
        return Response("<!doctype html><body>", headers={"content-type": "text/html"})

    page.goto(f"{site.url}/page")
    for options in ({}, SIMPLE, PREFLIGHTED, {"method": "DELETE"}):
        answer = page.evaluate(FETCH, ["/closed", options])
        assert (answer["type"], answer["status"]) == ("basic", 200)
    assert page.evaluate(LISTEN, ["/closed/events", 2]) == ["event 0", "event 1"]
    with page.expect_navigation() as navigation:
        page.evaluate(POST_FORM, "/closed")
    assert navigation.value.status == 200


def test_a_page_that_is_left_ends_its_streams(page, site):
    @site.route("/page")
    async def get():
        return Response("<!doctype html><body>", headers={"content-type": "text/html"})

    page.goto(f"{site.url}/page")
    page.evaluate("""() => new Promise(heard => { new EventSource("/closed/events").onmessage = heard })""")
    page.goto("about:blank")
    assert site.ended.wait(10)
    assert site.becomes_quiet()
