"""Requests that a page has sent: what it sees of them, how they are stopped, and all that can go wrong."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import socket
import threading
import time

import pytest

from notebook_routes import Response, ServerSentEvent, after, event_stream
from notebook_routes.inspector import flow, history, reader, run


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


def test_an_answer_with_what_its_handler_printed(world, prints):
    @world.route("/items/[key]", "POST")
    async def post(request, key):
        prints("printed\n")
        return Response.json({"key": key, "body": await request.text(), "page": request.query.get("page")}, status=201)

    done = world.page.run(
        "/items/3?page=2",
        "POST",
        path="/items/[key]",
        headers=[["X-One", "1"]],
        body={"kind": "text", "text": "hello there"},
    )
    assert (done["status"], done["reason"], done["kind"], done["media"]) == (201, "Created", "json", "application/json")
    assert done["text"] == '{"key":"3","body":"hello there","page":"2"}'
    assert (done["size"], done["cut"], done["items"], done["failed"]) == (len(done["text"]), False, [], None)
    assert (done["output"], done["error"], done["logged"]) == ("printed\n", None, 1)
    assert done["headers"] == [["X-One", "1"]]
    assert done["body"] == {"kind": "text", "text": "hello there"}
    assert ["content-type", "application/json"] in done["answer_headers"]
    assert 0 < done["seconds"] < 10
    assert (done["going"], done["stopped"], done["abandoned"]) == (False, False, False)


def test_a_traceback(world):
    @world.route("/broken")
    async def broken():
        return 1 / 0

    done = world.page.run("/broken")
    assert done["status"] == 500
    assert "ZeroDivisionError" in done["error"]
    assert "return 1 / 0" in done["error"]


def test_a_handler_sees_nothing_of_the_inspector(world):
    @world.route("/seen")
    async def seen(request):
        return {"headers": sorted(request.headers), "target": request.target}

    done = world.page.run("/seen?a=../b", path="/seen")
    assert done["text"] == (
        '{"headers":["accept","accept-encoding","connection","host","user-agent"],"target":"/seen?a=../b"}'
    )


def test_each_run_has_its_own_line_of_the_log(world, prints):
    @world.route("/echo/[key]")
    async def echo(key):
        await asyncio.sleep(0)
        prints(key)
        return key

    page = world.page
    names = [page.send(f"/echo/{number}", path="/echo/[key]") for number in range(30)]
    assert [page.pushed(name, "done")["output"] for name in names] == [str(number) for number in range(30)]


def test_what_is_done_after_the_answer_is_told_later(world, gate, prints):
    @world.route("/after")
    async def get():
        async def work():
            while not gate.is_set():  # noqa: ASYNC110 - it is set by another thread
                await asyncio.sleep(0.002)
            prints("late")

        after(work)
        return "now"

    page = world.page
    name = page.send("/after")
    first = page.pushed(name, "done")
    assert (first["text"], first["output"], first["logged"]) == ("now", "", None)
    since = len(page.messages)
    gate.set()
    second = page.pushed(name, "done", since=since)
    assert (second["text"], second["output"], second["logged"]) == ("now", "late", 1)


@pytest.mark.parametrize(("second", "cache"), [(False, "miss"), (True, "hit")])
def test_what_the_cache_had_to_do_with_it(world, second, cache):
    @world.route("/kept", revalidate=60)
    async def kept():
        return {}

    page = world.page
    if second:
        page.run("/kept")
    assert page.run("/kept")["cache"] == cache


def test_cookies_are_kept_and_cleared(world):
    @world.route("/in")
    async def enter():
        response = Response(None)
        response.headers.append("set-cookie", "one=1; Path=/; HttpOnly")
        response.headers.append("set-cookie", "two=2; Path=/")
        return response

    @world.route("/who")
    async def who(request):
        return request.headers.get("cookie", "nobody")

    page = world.page
    page.run("/in")
    cookies = page.ask("cookies")["cookies"]
    assert [(each["name"], each["value"], each["http_only"]) for each in cookies] == [
        ("one", "1", True),
        ("two", "2", False),
    ]
    assert page.run("/who")["text"] == "one=1; two=2"
    assert [each["name"] for each in page.ask("clear_cookies", name="one")["cookies"]] == ["two"]
    assert page.run("/who")["text"] == "two=2"
    assert page.ask("clear_cookies", name=None)["cookies"] == []
    assert page.run("/who")["text"] == "nobody"


def test_the_token_is_sent(world):
    @world.route("/a")
    async def get():
        return "in"

    world.app.guard.token = "secret"
    assert world.page.run("/a")["text"] == "in"


def test_a_redirect_is_shown_and_not_followed(world):
    @world.route("/old")
    async def old():
        return Response.redirect("/new", 307)

    done = world.page.run("/old")
    assert (done["status"], done["kind"]) == (307, "none")
    assert done["answer_headers"][0][0] == "location"


def test_a_form_with_files(world):
    @world.route("/upload", "POST")
    async def upload(request):
        form = await request.form_data()
        file = form.get("file")
        return {"title": form.get("title"), "name": file.name, "type": file.type, "size": file.size}

    data = base64.b64encode(b"x" * 5_000_000).decode()
    fields = [
        {"name": "title", "value": "ü"},
        {"name": "file", "filename": "a b.csv", "type": "text/csv", "data": data},
    ]
    done = world.page.run("/upload", "POST", body={"kind": "form", "fields": fields})
    assert done["text"] == '{"title":"ü","name":"a b.csv","type":"text/csv","size":5000000}'
    assert done["body"]["shortened"] is True


def test_twenty_of_each_route_are_remembered(world):
    @world.route("/a/[key]")
    async def get(key):
        return key

    page = world.page
    for number in range(25):
        page.run(f"/a/{number}", path="/a/[key]")
    runs = page.ask("history", method="GET", path="/a/[key]")["runs"]
    assert [run["text"] for run in runs] == [str(number) for number in range(24, 4, -1)]
    assert len(runs) == history.LENGTH
    assert page.ask("history", method="GET", path="/none")["runs"] == []


def test_all_answers_together_are_bounded(world, monkeypatch):
    monkeypatch.setattr(world.inspector, "_subject", world.subject)

    @world.route("/a/[key]")
    async def get(key):
        return "x" * 1000

    page = world.page
    _, board = world.inspector._running
    board.sender.history._most_bytes = 5500
    for number in range(10):
        page.run(f"/a/{number}", path="/a/[key]")
    assert len(page.ask("history", method="GET", path="/a/[key]")["runs"]) == 5


def test_a_run_is_named_once(world):
    @world.route("/a")
    async def get():
        return "a"

    page = world.page
    page.run("/a", run="one")
    answer = page.ask("send", run="one", method="GET", path="/a", target="/a", headers=[], body=None)
    assert answer["error"] == 'There is a run "one" already: send it under another name'


def test_a_view_that_follows_the_route_sees_the_runs_of_others(world, gate):
    @world.route("/a")
    async def get():
        while not gate.is_set():  # noqa: ASYNC110 - it is set by another thread
            await asyncio.sleep(0.002)
        return "a"

    one, two, three = world.page, world.page, world.page
    two.ask("history", method="GET", path="/a")
    name = one.send("/a")
    (going,) = two.ask("history", method="GET", path="/a")["runs"]
    assert (going["going"], going["status"]) == (True, None)
    gate.set()
    assert one.pushed(name, "done")["text"] == "a"
    assert two.pushed(name, "done")["text"] == "a"
    assert not [message for message in three.messages if message.get("push") == "run"]


def test_a_run_goes_on_while_a_view_is_left_that_can_stop_it(world):
    ended = threading.Event()

    @world.route("/ticks")
    async def ticks():
        try:
            for number in itertools.count():
                yield {"tick": number}
                await asyncio.sleep(0.002)
        finally:
            ended.set()

    def history(page):
        return page.ask("history", method="GET", path="/ticks")["runs"]

    def ticks_of(items):
        return [json.loads(text)["tick"] for _, _, text in items]

    one, two, three = world.page, world.page, world.page
    assert history(three) == []
    name = one.send("/ticks")
    one.pushed(name, "items")
    (run,) = history(two)
    assert run["going"] is True
    answered = next(at for at, message in enumerate(two.messages) if "runs" in message)
    one.view.close()
    # What is told from now on is what the answer did not have.
    later = two.pushed(name, "items", since=answered)
    assert ticks_of(later)[0] == ticks_of(run["items"])[-1] + 1
    assert not ended.is_set()
    two.view.close()
    assert ended.wait(10)
    assert three.pushed(name, "done")["stopped"] is True


# Streams


def test_events_as_they_come(world, gate):
    @world.route("/events")
    async def get():
        async def events():
            yield ServerSentEvent("first", event="tick", id="1")
            while not gate.is_set():  # noqa: ASYNC110 - it is set by another thread
                await asyncio.sleep(0.002)
            yield ServerSentEvent({"last": True})

        return event_stream(events())

    page = world.page
    name = page.send("/events")
    assert page.pushed(name, "head")["status"] == 200
    ((seconds, kind, text),) = page.pushed(name, "items")
    assert (kind, text) == ("event", '{"id":"1","event":"tick","data":"first"}')
    gate.set()
    done = page.pushed(name, "done")
    assert (done["kind"], done["count"]) == ("events", 2)
    assert done["items"][0] == [seconds, kind, text]
    assert done["items"][1][2] == '{"id":null,"event":null,"data":"{\\"last\\":true}"}'
    assert done["items"][1][0] > seconds


def test_lines_chunks_and_bytes(world):
    @world.route("/lines")
    async def lines():
        yield {"n": 1}
        yield {"n": 2}

    @world.route("/chunks")
    async def chunks():
        yield "a"
        await asyncio.sleep(0.05)
        yield "b"

    @world.route("/bytes")
    async def in_bytes():
        yield b"\0" * 12_345

    page = world.page
    assert [item[1:] for item in page.run("/lines")["items"]] == [["line", '{"n":1}'], ["line", '{"n":2}']]
    done = page.run("/chunks")
    assert ([item[1:] for item in done["items"]], done["text"]) == ([["chunk", "a"], ["chunk", "b"]], "ab")
    assert page.run("/bytes")["size"] == 12_345


def test_twenty_thousand_events_are_bounded(world):
    @world.route("/events")
    async def get():
        async def events():
            for number in range(20_000):
                yield ServerSentEvent(str(number))

        return event_stream(events())

    page = world.page
    since = len(page.messages)
    name = page.send("/events")
    began = time.monotonic()
    done = page.wait_for(lambda message: message.get("run") == name and "done" in message)["done"]
    seconds = time.monotonic() - began
    assert done["count"] == 20_000
    assert len(done["items"]) == run.MOST_ITEMS
    assert '"19999"' in done["items"][-1][2]
    pushes = [message for message in page.messages[since:] if message.get("run") == name]
    items = [item for push in pushes for item in push.get("items", ())]
    assert len(items) + sum(push.get("dropped", 0) for push in pushes) == 20_000
    assert max(len(push.get("items", ())) for push in pushes) <= flow.MOST_ITEMS
    assert len(pushes) <= seconds / flow.PAUSE + 4


def test_a_large_body_is_counted_and_not_kept(world):
    @world.route("/large")
    async def get():
        return Response("x" * 50_000_000, headers={"content-type": "text/plain"})

    done = world.page.run("/large")
    assert (done["size"], done["cut"], len(done["text"])) == (50_000_000, True, reader.MOST_TEXT)


def test_a_large_stream_without_a_line_end_is_bounded(world):
    @world.route("/large")
    async def get():
        async def chunks():
            for _ in range(500):
                yield b"x" * 100_000

        return Response(chunks(), headers={"content-type": "application/x-ndjson"})

    done = world.page.run("/large")
    assert (done["size"], done["count"]) == (50_000_000, 1)
    assert len(done["items"][0][2]) < reader.LONGEST_ITEM + 100


@pytest.mark.parametrize(
    ("body", "media", "kind", "text"),
    [
        (b"\xff\xfe\0\1", "application/octet-stream", "binary", None),
        (b"caf\xe9", "text/plain; charset=utf-8", "text", "caf\ufffd"),
        (b'{"a": "\xff"}', "application/json", "json", '{"a": "\ufffd"}'),
        (b"[" * 100_000, "application/json", "json", "[" * 100_000),
        (b"<script>alert(1)</script>", "text/html", "html", "<script>alert(1)</script>"),
    ],
)
def test_odd_bodies(world, body, media, kind, text):
    @world.route("/odd")
    async def get():
        return Response(body, headers={"content-type": media})

    done = world.page.run("/odd")
    assert (done["kind"], done["size"], done.get("text")) == (kind, len(body), text)


# Stopping


@pytest.fixture
def endless(world):
    """A stream at /endless that goes on until it is stopped; the event is set when it has been."""
    ended = threading.Event()

    @world.route("/endless")
    async def get():
        try:
            while True:
                yield "tick\n"
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    return ended


def test_stop_cancels_the_handler(world, endless):
    page = world.page
    name = page.send("/endless")
    page.pushed(name, "items")
    assert page.ask("stop", run=name)["said"] is None
    assert endless.wait(10)
    done = page.pushed(name, "done")
    assert (done["stopped"], done["abandoned"], done["failed"], done["status"]) == (True, False, None, 200)
    assert done["count"] >= 1
    assert page.ask("stop", run=name)["said"] is None


def test_a_handler_that_never_answers_can_be_stopped(world, prints):
    began, cancelled = threading.Event(), threading.Event()

    @world.route("/never")
    async def never():
        prints("began")
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    page = world.page
    name = page.send("/never")
    assert began.wait(10)
    assert page.ask("history", method="GET", path="/never")["runs"][0]["going"] is True
    assert not [message for message in page.messages if message.get("run") == name]
    assert page.ask("stop", run=name)["said"] is None
    assert cancelled.wait(10)
    done = page.pushed(name, "done")
    assert (done["status"], done["stopped"], done["kind"]) == (None, True, "none")
    # Also what a stopped handler has printed is found.
    page.wait_for(lambda m: m.get("run") == name and "done" in m and m["done"]["output"] == "began")


def test_a_plain_def_can_only_be_abandoned(world, gate):
    began = threading.Event()

    @world.route("/slow")
    def slow():
        began.set()
        gate.wait(20)
        return "too late"

    page = world.page
    name = page.send("/slow")
    assert began.wait(10)
    assert page.ask("stop", run=name)["said"] == (
        "GET /slow is a plain def: it cannot be stopped. It runs on to its end, and its answer is thrown away"
    )
    done = page.pushed(name, "done")
    assert (done["stopped"], done["abandoned"], done["status"]) == (True, True, None)


def test_a_plain_def_with_a_stream_stops_at_its_next_yield(world):
    ended = threading.Event()

    @world.route("/steps")
    def steps():
        try:
            while True:
                yield "step\n"
                time.sleep(0.01)
        finally:
            ended.set()

    page = world.page
    name = page.send("/steps")
    page.pushed(name, "items")
    said = page.ask("stop", run=name)["said"]
    assert said == "GET /steps is a plain def with a stream: it stops at its next yield"
    assert ended.wait(10)
    assert page.pushed(name, "done")["abandoned"] is False


def test_a_page_that_leaves_stops_what_it_has_sent(world, endless):
    page, other = world.page, world.page
    page.pushed(page.send("/endless"), "items")
    page.view.close()
    assert endless.wait(10)
    (seen,) = other.ask("history", method="GET", path="/endless")["runs"]
    assert seen["stopped"] is True


def test_more_than_twenty_at_once_can_all_be_stopped(world):
    @world.route("/never")
    async def never():
        await asyncio.Event().wait()

    page = world.page
    names = [page.send("/never") for _ in range(25)]
    for name in names:
        page.ask("stop", run=name)
    assert all(page.pushed(name, "done")["stopped"] for name in names)


def test_a_run_that_is_not_there(world):
    page = world.page
    assert page.ask("stop", run="none")["error"] == 'There is no run "none" any more'


# What goes wrong


def test_no_server(world):
    @world.route("/a")
    async def get():
        return "a"

    page = world.page
    world.thread.stop()
    done = page.run("/a")
    assert (done["failed"], done["status"]) == ("The server does not run: run %routes start", None)


@pytest.mark.usefixtures("endless")
def test_a_server_that_is_stopped_meanwhile(world):
    page = world.page
    name = page.send("/endless")
    page.pushed(name, "items")
    world.thread.stop()
    assert page.pushed(name, "done")["failed"].startswith("GET /endless broke off after ")


def test_nothing_that_listens(world, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    page = world.page
    monkeypatch.setattr(world.subject, "base_url", lambda: address)
    assert page.run("/a")["failed"].startswith("GET /a had no answer: ")


def test_a_peer_that_speaks_no_http(world, monkeypatch):
    page = world.page
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(world.subject, "base_url", lambda: f"http://127.0.0.1:{server.getsockname()[1]}")
        name = page.send("/a")
        peer, _ = server.accept()
        with peer:
            peer.recv(1000)
            peer.sendall(b"SSH-2.0\r\n")
        assert page.pushed(name, "done")["failed"].startswith("GET /a had no answer: ")


def test_a_stream_that_fails_on_its_way(world):
    @world.route("/fails")
    async def fails():
        yield "one\n"
        await asyncio.sleep(0.05)
        raise ValueError("the end")

    done = world.page.run("/fails")
    assert done["failed"].startswith("GET /fails broke off after 4 bytes: ")
    assert "ValueError: the end" in done["error"]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([["x", "€"]], 'GET /a cannot be sent: a header cannot hold "€", write it percent-encoded'),
        ([["x", "a\nb"]], "GET /a cannot be sent: the header x holds '\\n', write it percent-encoded"),
        ([["a b", "c"]], 'GET /a cannot be sent: "a b" is no name of a header, write letters, digits and "-" alone'),
    ],
)
def test_headers_that_cannot_be_sent(world, headers, said):
    @world.route("/a")
    async def get():
        return "a"

    page = world.page
    assert page.run("/a", headers=headers)["failed"] == said
    assert world.app.log.count == 0


def test_a_body_that_is_no_base64(world):
    done = world.page.run("/a", "POST", body={"kind": "base64", "data": "%%%"})
    assert done["failed"].startswith("what was to be sent is no base64")


@pytest.mark.parametrize("name", ["transfer-encoding", "content-length"])
def test_headers_that_contradict_the_body(world, name):
    @world.route("/a", "POST")
    async def post(request):
        return await request.text()

    done = world.page.run("/a", "POST", headers=[[name, "5"]], body={"kind": "text", "text": "hello you"})
    assert done["failed"].startswith("POST /a "), done


def test_a_host_that_is_not_ours_is_answered_as_to_anybody(world):
    @world.route("/a")
    async def get():
        return "a"

    assert world.page.run("/a", headers=[["Host", "evil.example"]])["status"] == 421
