"""A notebook whose kernel has neither sockets nor threads, as in a browser: the same cells, by calls."""

from __future__ import annotations

import asyncio
import linecache
import socket
import sys
import threading
from functools import partial

import pytest

import notebook_routes
from notebook_routes.errors import ExpectationFailed, ServerError
from notebook_routes.notebook import actions
from notebook_routes.notebook.card import inside_card_class
from notebook_routes.notebook.cell_text import RunningCell
from notebook_routes.notebook.commands import parse_command
from notebook_routes.notebook.exporting import export_kernel
from notebook_routes.notebook.page_relay import PageRelay
from notebook_routes.notebook.requests import run_requests
from notebook_routes.notebook.session import Session
from notebook_routes.runtime import fetch, outgoing
from notebook_routes.servers.in_process import NO_ADDRESS, InProcessServer
from tests.waiting import PATIENCE


class Notebook:
    """A notebook that runs on one loop."""

    def __init__(self, loop):
        self.loop = loop
        self.names = {"__name__": "__main__", **notebook_routes.public_names()}
        serve = partial(InProcessServer, loop=loop, wait=loop.run_until_complete)
        self.session = Session(self.names, server=serve)
        self.shown = []

    def route(self, text, *, cell="a"):
        line, _, body = text.partition("\n")
        running = RunningCell(cell, f"%%route {text}")
        made = self.session.define(line, body, cell=running, label=f"cell {cell}", own_names=set())
        self.session.cell_ran(cell)
        return made

    def middleware(self, line, body):
        self.session.middlewares.define(line, body, cell=RunningCell("m", f"%%middleware {line}\n{body}"), label="m")

    def request(self, line, body=""):
        return run_requests(
            line, body, namespace=self.names, client=self.session.client, show=self.shown.append, first_line=2
        )

    def routes(self, line):
        command = parse_command(line)
        return actions.COMMANDS[command.name](self.session, command)

    def settle(self, until):
        """Let the loop run until a condition holds."""
        deadline = self.loop.time() + PATIENCE
        while not until():
            assert self.loop.time() < deadline
            self.loop.run_until_complete(asyncio.sleep(0.001))


@pytest.fixture
def notebook(monkeypatch):
    # Made in a thread where there are some; a browser has certificates itself.
    outgoing._context()
    before, modules, listings = set(threading.enumerate()), set(sys.modules), set(linecache.cache)
    loop = asyncio.new_event_loop()
    notebook = Notebook(loop)

    def refuse(*_arguments, **_options):
        raise AssertionError("there is no such thing in a browser")

    with monkeypatch.context() as browser:
        browser.setattr(threading.Thread, "start", refuse)
        browser.setattr(socket.socket, "bind", refuse)
        browser.setattr(socket.socket, "connect", refuse)
        yield notebook
        notebook.session.close()
        for _ in range(20):
            loop.run_until_complete(asyncio.sleep(0))
    assert asyncio.all_tasks(loop) == set()
    loop.close()
    # Of those that another test has left, some may have ended by now.
    assert set(threading.enumerate()) <= before
    assert {name for name in set(sys.modules) - modules if name.startswith("route_")} == set()
    assert {name for name in set(linecache.cache) - listings if name.startswith("<cell")} == set()


def test_a_route_answers_and_its_first_cell_says_that_it_has_no_address(notebook):
    made = notebook.route("GET /products/[id] page:int=1\n{'id': id, 'page': page}")
    assert made.remarks == (NO_ADDRESS,)
    assert notebook.route("GET /other\n1", cell="b").remarks == ()
    answer = notebook.request("GET /products/42?page=2 as lamp", "?? status == 200\n?? json['id'] == '42'")
    assert answer.json() == {"id": "42", "page": 2}
    assert notebook.names["lamp"] is answer
    assert answer.reason == "OK"


def test_handlers_that_wait_and_handlers_in_module_form_answer(notebook):
    notebook.route("GET /slow\nimport asyncio\nawait asyncio.sleep(0.01)\n'done'")
    assert notebook.request("GET /slow").text == "done"
    notebook.route(
        "/box\nkept = []\n\ndef POST(n: int):\n    kept.append(n)\n    return Response.json(kept, status=201)", cell="b"
    )
    assert notebook.request("POST /box?n=3", "?? status == 201\n?? json == [3]").status == 201


def test_an_expectation_that_does_not_hold_is_told(notebook):
    notebook.route("GET /x\n1")
    with pytest.raises(ExpectationFailed, match="line 2"):
        notebook.request("GET /x", "?? status == 404")


def test_middleware_stands_in_front_and_cookies_are_kept(notebook):
    notebook.route("GET /in\nresponse = Response('in')\nresponse.cookies.set('who', 'ada')\nresponse")
    notebook.route("GET /private\ncookies().get('who').value", cell="b")
    notebook.middleware("/private", "if not request.cookies.get('who'):\n    return Response('who?', status=401)")
    assert notebook.request("GET /private").status == 401
    assert notebook.request("GET /in").status == 200
    assert notebook.request("GET /private").text == "ada"
    assert notebook.session.app.workers is None


def test_a_middleware_may_change_what_follows_it(notebook):
    notebook.route("GET /x\n'x'")
    notebook.middleware("", "response = await next()\nresponse.headers.set('x-seen', '1')\nreturn response")
    assert notebook.request("GET /x").headers["x-seen"] == "1"


def test_a_stream_is_shown_as_it_comes(notebook, capsys):
    notebook.route(
        "GET /ticks\nimport asyncio\nfor n in range(3):\n    yield ServerSentEvent(f'tick {n}')\n"
        "    await asyncio.sleep(0)"
    )
    answer = notebook.request("GET /ticks")
    assert answer.streamed
    assert capsys.readouterr().out == "data: tick 0\n\ndata: tick 1\n\ndata: tick 2\n\n"


def test_what_is_kept_is_given_out_and_revalidated(notebook):
    notebook.names["runs"] = []
    notebook.route("GET /kept --revalidate 60 --tag lamps\nruns.append(1)\nlen(runs)")
    assert [notebook.request("GET /kept").text for _ in range(2)] == ["1", "1"]
    (entry,) = notebook.session.kept.entries()
    assert (entry.what, entry.hits) == ("/kept", 1)
    assert notebook.session.kept.revalidate("lamps") == 1
    assert notebook.request("GET /kept").text == "2"


def test_handlers_and_cells_fetch_from_the_routes_without_a_socket(notebook):
    notebook.route("GET /inner\n{'n': 1}")
    notebook.route("GET /outer\n(await (await fetch('http://localhost/inner')).json()) | {'outer': True}", cell="b")
    assert notebook.request("GET /outer").json() == {"n": 1, "outer": True}

    async def cell():
        return await (await fetch(f"{notebook.session.serving.url()}/inner")).json()

    assert notebook.loop.run_until_complete(cell()) == {"n": 1}


def test_commands_work_as_far_as_there_is_what_they_need(notebook, capsys):
    notebook.route("GET /x\nprint('hello')\n1")
    notebook.session.ran.add("r", "cell [2]", "%%request GET /x\n?? status == 200", [notebook.request("GET /x")])
    notebook.routes("list")
    notebook.routes("source /x")
    notebook.routes("log")
    notebook.routes("cache")
    notebook.routes("openapi")
    notebook.routes("check")
    said = capsys.readouterr().out
    assert "def GET():" in said
    assert "1 request was answered as in the notebook" in said
    assert notebook.session.app.log.entries()[0].output == "hello\n"


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("url", "send requests with Send or %%request"),
        ("start --port 8001", "leave --port out"),
        ("start --port 0", "leave --port out"),
        ("start --host 0.0.0.0 --allow-host a.example", "leave --host and --allow-host out"),
        ("start --url https://a.example", "leave --url out"),
        ("start --cache file:kept", "--cache memory"),
        ("start --cache redis://127.0.0.1:6379/0", "--cache memory"),
        ("mount shop", "put the routes into cells"),
        ("export shop", "download the notebook"),
        ("edge check", "download the notebook"),
    ],
)
def test_what_is_not_there_is_said_with_the_way_out(notebook, line, fix):
    notebook.route("GET /x\n1")
    with pytest.raises(ServerError) as refused:
        notebook.routes(line)
    assert fix in str(refused.value)
    assert notebook.request("GET /x").status == 200


def test_start_takes_what_has_a_meaning_and_stop_ends_the_answers(notebook, capsys):
    notebook.route("GET /x\n1")
    notebook.routes("start --token secret --cache memory:1mb --cors https://shop.example")
    assert capsys.readouterr().out == "The routes answer: %%request calls them\n"
    assert notebook.request("GET /x").status == 200
    assert notebook.session.app.guard.token == "secret"
    notebook.routes("stop")
    with pytest.raises(ServerError, match="The server does not run"):
        notebook.request("GET /x")
    notebook.route("GET /y\n2", cell="b")
    assert notebook.request("GET /y").text == "2"


def test_an_export_by_its_function_is_refused_too(notebook, tmp_path):
    with pytest.raises(ServerError, match="there is not in a browser"):
        export_kernel(notebook.session, tmp_path / "shop")
    assert list(tmp_path.iterdir()) == []


# The inspector


class Page:
    """A page that is open on a notebook's inspector."""

    def __init__(self, notebook):
        self.notebook = notebook
        self.messages = []
        self.view = notebook.session.inspectors.begin().connect(self.messages.append)
        self._last = 0

    def ask(self, do, **fields):
        self._last += 1
        mine = self._last
        self.view.receive({"id": mine, "do": do, **fields})
        return self.first(lambda message: message.get("re") == mine)

    def first(self, fits):
        self.notebook.settle(lambda: any(map(fits, self.messages)))
        return next(filter(fits, self.messages))


def test_send_in_a_card_answers_with_the_line_of_the_log(notebook):
    notebook.route("GET /x\nprint('hello')\n{'n': 1}")
    page = Page(notebook)
    opened = page.ask("open", route={"method": None, "path": "/x"})
    assert opened["server"] == {
        "running": False, "origin": None, "url": "http://localhost", "reason": None, "page": None, "room": None,
        "qr": None, "note": NO_ADDRESS,
    }  # fmt: skip
    page.ask("send", run="r1", method="GET", path="/x", target="/x", headers=[], body=None)
    done = page.first(lambda message: message.get("push") == "run" and "done" in message)["done"]
    assert (done["status"], done["output"], done["failed"]) == (200, "hello\n", None)
    assert done["logged"] == 1


def test_stop_in_a_card_ends_a_stream(notebook):
    notebook.names["ended"] = []
    notebook.route(
        "GET /ticks\nimport asyncio\ntry:\n    while True:\n        yield 'tick'\n        await asyncio.sleep(0)\n"
        "finally:\n    ended.append(1)"
    )
    page = Page(notebook)
    page.ask("open", route={"method": None, "path": "/ticks"})
    page.ask("send", run="r1", method="GET", path="/ticks", target="/ticks", headers=[], body=None)
    page.first(lambda message: message.get("push") == "run" and message.get("items"))
    page.ask("stop", run="r1")
    done = page.first(lambda message: message.get("push") == "run" and "done" in message)["done"]
    assert done["stopped"]
    notebook.settle(lambda: notebook.names["ended"] == [1])
    assert notebook.names["ended"] == [1]


def test_the_whole_table_its_cache_and_a_preflight_are_answered(notebook):
    notebook.route("GET /kept --revalidate 60 --cors https://shop.example\n1")
    notebook.request("GET /kept")
    page = Page(notebook)
    assert [row["path"] for row in page.ask("open", route=None)["routes"]] == ["/kept"]
    assert [entry["what"] for entry in page.ask("cache")["entries"]] == ["/kept"]
    said = page.ask("cors", method="GET", target="/kept", headers=[], origin="https://shop.example")["said"]
    assert said == "A page of https://shop.example may send GET /kept and read the answer"


# The frame of a page


@pytest.fixture
def frame(notebook):
    notebook.route("GET /ticks\nimport asyncio\nwhile True:\n    yield 'tick'\n    await asyncio.sleep(0)")
    notebook.route("POST /double\n(await request.text()) * 2", cell="b")
    said = []

    class Card(inside_card_class()):
        def send(self, content, buffers=None):
            said.append((content, [bytes(buffer) for buffer in buffers or ()]))

    card = Card()
    PageRelay(card, notebook.session.in_process)

    def hear(message, *buffers):
        message = {"view": "v", "headers": [], "redirect": "follow"} | message
        card._handle_msg({"content": {"data": {"method": "custom", "content": message}}, "buffers": list(buffers)})

    return hear, said


def test_a_frame_is_answered_piece_by_piece(notebook, frame):
    hear, said = frame
    headers = [["content-type", "text/plain"]]
    hear({"do": "fetch", "id": "1", "method": "POST", "target": "/double", "headers": headers}, b"ab")
    notebook.settle(lambda: any("done" in content for content, _ in said))
    (head, _), (piece, (body,)), (end, _) = said
    assert head["head"]["status"] == 200
    assert (piece, body) == ({"view": "v", "id": "1"}, b"abab")
    assert end == {"view": "v", "id": "1", "done": True}


def test_a_frame_stops_a_stream_and_hears_why_there_is_no_answer(notebook, frame):
    hear, said = frame
    hear({"do": "fetch", "id": "1", "method": "GET", "target": "/ticks#part"})
    notebook.settle(lambda: len(said) > 3)
    hear({"do": "stop", "id": "1"})
    notebook.settle(lambda: "done" in said[-1][0])
    assert "broke off" in said[-1][0]["failed"]
    notebook.session.serving.stop()
    hear({"do": "fetch", "id": "2", "method": "GET", "target": "/ticks"})
    notebook.settle(lambda: said[-1][0]["id"] == "2")
    assert said[-1][0]["failed"] == "GET /ticks: The routes answer no more: run %routes start"


def test_a_frame_follows_redirects_as_a_browser_does(notebook, frame):
    hear, said = frame
    notebook.route("POST /go to:str\nreturn Response.redirect(to, 303)", cell="c")
    notebook.route("GET /end\n{'method': request.method, 'type': request.headers.get('content-type')}", cell="d")
    notebook.route("GET /round\nredirect('/round')", cell="e")

    def ask(number, target, method="POST", **how):
        headers = [["content-type", "text/plain"]]
        hear({"do": "fetch", "id": number, "method": method, "target": target, "headers": headers, **how}, b"ab")
        notebook.settle(lambda: said and said[-1][0].get("done") and said[-1][0]["id"] == number)
        return [content for content, _ in said if content["id"] == number]

    head = ask("1", "/go?to=/end?a=1#part")[0]["head"]
    assert (head["status"], head["target"], head["redirected"]) == (200, "/end?a=1", True)
    assert [buffers for content, buffers in said if content == {"view": "v", "id": "1"}] == [
        [b'{"method":"GET","type":null}']
    ]
    assert ask("2", "/go?to=/end", redirect="manual")[0]["head"]["status"] == 303
    assert "was redirected to" in ask("3", "/go?to=/end", redirect="error")[-1]["failed"]
    assert "none of these routes" in ask("4", "/go?to=https://a.example/")[-1]["failed"]
    assert "more than 20 times" in ask("5", "/round", method="GET")[-1]["failed"]


def test_a_page_card_asks_through_its_widget(notebook):
    definition = notebook.session.define_page(
        "/shop", "<h1>Shop</h1>", cell=RunningCell("p", "%%page /shop\n<h1>Shop</h1>"), label="cell p"
    )
    assert [str(route.pattern) for route, _ in definition.routes] == ["/shop"]
    notebook.session.frames.bundle("text", "html", cell_id="p", path="/shop", height=None)
    (card,) = notebook.session.frames._cards.values()
    assert (card.url, card.frame, card.path) == ("", "", "/shop")
    before = card.version
    notebook.route("GET /other\n1")
    assert card.version == before + 1
