"""The frame under a `%%page` cell, in a real browser."""

from __future__ import annotations

import importlib.util

import pytest

import notebook_routes
from notebook_routes.notebook import card, display
from notebook_routes.notebook.cell_text import RunningCell
from notebook_routes.notebook.session import Session
from tests.page_server import page_server

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = ("content", "url", "frame", "path", "height", "version")

#: A notebook's page, as far as a widget sees it: a model with the card's state.
NOTEBOOK = b"""<!doctype html><body><div id="cell"></div><script type="module">
import widget from "/page.js";
const heard = {};
let state = {};
window.model = {
    get: name => state[name],
    on: (event, listener) => { (heard[event] ??= []).push(listener); },
    off: (event, listener) => { heard[event] = heard[event].filter(other => other !== listener); },
    receive: changed => {
        const before = state;
        state = changed;
        for (const name of Object.keys(changed))
            if (changed[name] !== before[name]) (heard[`change:${name}`] ?? []).forEach(listener => listener());
    },
};
window.show = first => { state = first; widget.render({model, el: document.getElementById("cell")}); };
</script></body>"""

FETCH = """async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        return [response.status, await response.text()];
    } catch (error) {
        return error.name;
    }
}"""


def _page(path):
    if path == "/page.js":
        return "text/javascript", (card._STATIC / "page.js").read_bytes()
    return "text/html; charset=utf-8", NOTEBOOK


@pytest.fixture(scope="module")
def front_end():
    """The port of the notebook's own page."""
    with page_server(_page, headers=[("Set-Cookie", "notebook=secret")]) as port:
        yield port


class Notebook:
    """A session, and the state of the card under its page."""

    def __init__(self, monkeypatch):
        for name in ("VSCODE_PROXY_URI", "JUPYTERHUB_SERVICE_PREFIX"):
            monkeypatch.delenv(name, raising=False)
        self.session = Session({"__name__": "__main__", **notebook_routes.public_names()})
        self.session.serving.start(port=0)

    def route(self, text, cell):
        line, _, body = text.partition("\n")
        running = RunningCell(cell, f"%%route {text}")
        self.session.define(line, body, cell=running, label=f"cell {cell}", own_names=set())
        self.session.cell_ran(cell)

    def page(self, text, cell="page"):
        line, _, body = text.partition("\n")
        definition = self.session.define_page(
            line, body, cell=RunningCell(cell, f"%%page {text}"), label=f"cell {cell}"
        )
        self.session.cell_ran(cell)
        ((route, _),) = definition.routes
        return self.session.frames.bundle(
            display.definition_text(definition),
            display.definition_html(definition),
            cell_id=cell,
            path=display.sample_path(route),
            height=definition.height,
        )

    def state(self, cell="page"):
        shown = self.session.frames._cards[cell]
        return {name: getattr(shown, name) for name in STATE}


@pytest.fixture
def notebook(monkeypatch):
    pytest.importorskip("anywidget")
    notebook = Notebook(monkeypatch)
    yield notebook
    notebook.session.close()


@pytest.fixture
def shown(notebook, page, front_end):
    """Shows the card of the notebook's page; gives the frame."""

    def show():
        page.goto(f"http://localhost:{front_end}")
        page.wait_for_function("() => window.show")
        page.evaluate("state => show(state)", notebook.state())
        return page.frame_locator("iframe")

    return show


LAMPS = """/shop
<!doctype html><p id="text">shop</p>
<script>
async function ask(method, url = "/api/lamps") {
    try {
        const sent = method == "GET" ? {} : {body: "{}", headers: {"content-type": "application/json"}};
        const response = await fetch(url, {method, ...sent});
        return `${response.status} ${await response.text()}`;
    } catch (error) {
        return error.name;
    }
}
ask("GET").then(said => { document.getElementById("text").textContent = said; });
</script>
"""


# What the notebook keeps


def test_the_output_carries_no_address(notebook):
    data = notebook.page("/shop/[id]\n<p>")
    assert set(data) == {"text/plain", "text/html", VIEW}
    assert data["text/plain"] == "GET /shop/[id]  new"
    assert '<a data-path="/shop/1"' in data["text/html"]
    state = notebook.state()
    assert state["url"].startswith("http://localhost:")
    for secret in (state["url"], state["frame"], state["frame"].partition("//")[2].partition(".")[0], "href"):
        assert secret not in str(data)


def test_without_widgets_there_is_the_html(notebook, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert set(notebook.page("/shop\n<p>")) == {"text/plain", "text/html"}
    notebook.route("GET /x\n1", "x")


def test_a_cell_keeps_its_card_until_it_is_no_page_any_more(notebook):
    first = notebook.page("/shop --height 500\n<p>")[VIEW]["model_id"]
    assert (notebook.state()["path"], notebook.state()["height"]) == ("/shop", 500)
    assert notebook.page("/other\n<p>")[VIEW]["model_id"] == first
    assert (notebook.state()["path"], notebook.state()["height"]) == ("/other", 300)
    assert notebook.page("/more\n<p>", cell="b")[VIEW]["model_id"] != first
    notebook.route("GET /other\n1", "page")
    assert list(notebook.session.frames._cards) == ["b"]
    notebook.session.cell_ran("b")
    assert list(notebook.session.frames._cards) == []


def test_a_card_that_was_closed_is_made_anew(notebook):
    first = notebook.page("/shop\n<p>")[VIEW]["model_id"]
    notebook.session.frames._cards["page"].close()
    notebook.route("GET /x\n1", "x")
    assert notebook.page("/shop\n<p>")[VIEW]["model_id"] != first


def test_behind_a_proxy_the_frame_has_no_name_of_its_own(notebook):
    notebook.session.serving.start(port=0, url="https://hub.example/proxy/{port}")
    notebook.page("/shop\n<p>")
    assert notebook.state()["frame"] == ""


# What the browser shows


def test_the_page_is_shown_and_its_script_calls_the_routes(notebook, shown, page):
    notebook.route("/api/lamps\ndef GET(): return ['Lamp']\ndef POST(body): return 'posted'", "api")
    notebook.page(LAMPS)
    shown().locator("#text", has_text='200 ["Lamp"]').wait_for()
    frame = page.frames[1]
    assert frame.evaluate("ask('POST')") == "200 posted"
    assert frame.evaluate("ask('PUT')").startswith("405 ")
    assert frame.evaluate("ask('GET', '/nope')").startswith("404 ")
    assert page.locator("#cell > div").nth(1).is_hidden()


def test_the_frame_can_touch_nothing_around_it(notebook, shown, page):
    notebook.page(LAMPS)
    shown().locator("#text").wait_for()
    frame = page.frames[1]
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts allow-forms allow-downloads"
    assert frame.evaluate("self.origin") == "null"
    assert frame.evaluate("() => { try { return top.document.title } catch (error) { return error.name } }") == (
        "SecurityError"
    )
    assert frame.evaluate("() => { try { return document.cookie } catch (error) { return error.name } }") == (
        "SecurityError"
    )


def test_links_and_forms_stay_in_the_frame(notebook, shown, page):
    notebook.route("POST /order\nredirect('/thanks')", "order")
    notebook.page('/thanks\n<p id="text">thanks</p><a href="/shop">back</a>', cell="thanks")
    notebook.page('/shop\n<form method="post" action="/order"><button>buy</button></form>')
    frame = shown()
    frame.locator("button").click()
    frame.locator("#text", has_text="thanks").wait_for()
    assert page.frames[1].evaluate(FETCH, ["/shop", {}])[0] == 200
    frame.locator("a").click()
    frame.locator("button").wait_for()


def test_it_loads_anew_when_its_cell_or_a_route_changes(notebook, shown, page):
    notebook.route("GET /api/lamps\n['Lamp']", "api")
    notebook.page(LAMPS)
    frame = shown()
    frame.locator("#text", has_text="Lamp").wait_for()
    notebook.route("GET /api/lamps\n['Candle']", "api")
    page.evaluate("state => model.receive(state)", notebook.state())
    frame.locator("#text", has_text="Candle").wait_for()
    notebook.page("/shop\n<p id=text>again</p>")
    page.evaluate("state => model.receive(state)", notebook.state())
    frame.locator("#text", has_text="again").wait_for()
    notebook.session.remove("GET", "/shop")
    page.evaluate("state => model.receive(state)", notebook.state())
    frame.locator("body", has_text="404 Not Found").wait_for()


def test_it_follows_the_server(notebook, shown, page):
    notebook.page("/shop\n<p id=text>shop</p>")
    frame = shown()
    frame.locator("#text").wait_for()
    notebook.session.serving.start(port=0)
    notebook.session.frames.reload()
    page.evaluate("state => model.receive(state)", notebook.state())
    link = page.locator("a[data-path]").get_attribute("href")
    assert link == f"{notebook.session.serving.location().url}/shop"
    frame.locator("#text").wait_for()
    assert page.frames[1].evaluate(FETCH, ["/shop", {}])[0] == 200


def test_without_a_name_of_its_own_it_says_that_its_script_can_call_nothing(notebook, shown, page):
    notebook.route("GET /api/lamps\n['Lamp']", "api")
    notebook.page(LAMPS)
    state = notebook.session.frames._cards["page"]
    state.frame = ""
    shown().locator("#text", has_text="TypeError").wait_for()
    assert page.locator("#cell > div").nth(1).is_visible()
    assert "opened by the link it can" in page.locator("#cell").inner_text()


def test_another_site_s_frame_may_not(notebook, page, front_end):
    notebook.route("GET /api/lamps\n['Lamp']", "api")
    notebook.page(LAMPS)
    page.goto(f"http://evil.example:{front_end}")
    page.evaluate(
        "url => { document.body.innerHTML = `<iframe sandbox='allow-scripts' src='${url}'></iframe>` }",
        f"{notebook.state()['url']}/shop",
    )
    page.frame_locator("iframe").locator("#text", has_text="TypeError").wait_for()
