"""The frame under a `%%page` cell whose routes have no address: what it asks for goes through the card around it."""

from __future__ import annotations

import pytest

from notebook_routes.notebook import card
from tests.page_server import page_server

#: A notebook's page, as far as a widget sees it: a model that keeps what the card sends.
NOTEBOOK = b"""<!doctype html><body><div id="cell"></div><script type="module">
import widget from "/page_inside.js";
const heard = {};
const script = await (await fetch("/page_frame.js")).text();
const state = {content: "", path: "/shop", height: 300, script};
window.sent = [];
window.model = {
    get: name => state[name],
    on: (event, listener) => { heard[event] = listener; },
    off: () => {},
    send: message => { sent.push(message); },
};
window.load = () => heard["change:version"]();
window.answer = ({view, id}, type, text) => {
    heard["msg:custom"]({view, id, head: {status: 200, headers: [["content-type", type]], target: "/shop"}});
    heard["msg:custom"]({view, id}, [new DataView(new TextEncoder().encode(text).buffer)]);
    heard["msg:custom"]({view, id, done: true});
};
widget.render({model, el: document.getElementById("cell")});
window.ready = true;
</script></body>"""

ASKED = """([target, count]) => {
    const asked = sent.filter(each => each.target === target);
    return asked.length >= count && asked.at(-1);
}"""


def _page(path):
    if path.endswith(".js"):
        return "text/javascript", (card._STATIC / path[1:]).read_bytes()
    return "text/html; charset=utf-8", NOTEBOOK


class Card:
    """The card in a browser's page, and this test in the kernel's place."""

    def __init__(self, page):
        self.page = page
        self.frame = page.frame_locator("iframe")

    def asked(self, target, count=1):
        """The last request for a target, when there are that many."""
        return self.page.wait_for_function(ASKED, arg=[target, count]).json_value()

    def answer(self, message, text, *, media="text/html"):
        self.page.evaluate("given => answer(...given)", [message, media, text])

    def show(self, text, count=1):
        """Answer the request for the page itself."""
        self.answer(self.asked("/shop", count), text)
        self.frame.locator("h1").wait_for()

    def stops(self):
        return self.page.evaluate("() => sent.filter(each => each.do === 'stop').map(each => each.id)")


@pytest.fixture
def shown(page):
    with page_server(_page) as port:
        page.goto(f"http://localhost:{port}")
        page.wait_for_function("() => window.ready")
        yield Card(page)


def test_what_a_page_asks_for_while_the_next_one_comes_is_not_mixed_with_what_that_asks_for(shown):
    shown.show("<h1>one</h1>")
    shown.page.evaluate("() => load()")
    shown.asked("/shop", 2)
    shown.frame.locator("h1").evaluate("() => void fetch('/old')")
    old = shown.asked("/old")
    shows = "answer => answer.text().then(text => document.querySelector('h1').append(text))"
    shown.show(f"<h1>two </h1><script>fetch('/new').then({shows})</script>", 2)
    new = shown.asked("/new")
    assert new["id"] != old["id"]
    assert old["id"] in shown.stops()
    shown.answer(old, "old", media="text/plain")
    shown.answer(new, "new", media="text/plain")
    shown.frame.get_by_text("two new", exact=True).wait_for()


def test_an_event_source_that_its_page_closes_has_no_error(shown):
    shown.show("<h1>one</h1>")
    shown.frame.locator("h1").evaluate(
        """heading => {
            const source = new EventSource("/ticks");
            source.onmessage = ({data}) => { source.close(); heading.append(` ${data} ${source.readyState}`); };
            source.onerror = () => heading.append(" error");
        }"""
    )
    shown.answer(shown.asked("/ticks"), "data: tick\n\n", media="text/event-stream")
    shown.frame.get_by_text("one tick 2", exact=True).wait_for()
    # What would come with its end has come.
    shown.frame.locator("h1").evaluate("() => new Promise(done => setTimeout(done, 50))")
    assert shown.frame.locator("h1").inner_text() == "one tick 2"


def test_an_event_source_that_is_answered_by_something_else_has_an_error(shown):
    shown.show("<h1>one</h1>")
    shown.frame.locator("h1").evaluate(
        """heading => {
            const source = new EventSource("/ticks");
            source.onerror = () => heading.append(` error ${source.readyState}`);
        }"""
    )
    shown.answer(shown.asked("/ticks"), "{}", media="application/json")
    shown.frame.get_by_text("one error 2", exact=True).wait_for()
