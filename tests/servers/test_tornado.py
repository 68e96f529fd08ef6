"""Whole answers over a real socket: framing, keep-alive, malformed requests, handlers that fail."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

import pytest

from notebook_routes.runtime import after, not_found, redirect
from notebook_routes.web import Response

HOST = "Host: 127.0.0.1\r\n"


@pytest.fixture
def hello(world):
    @world.route("/hello")
    async def get():
        return "hello"

    return world


def test_an_answer_of_known_length(hello):
    reply = hello.get("/hello")
    assert (reply.status, reply.reason, reply.text) == (200, "OK", "hello")
    assert reply.get("content-length") == "5"
    assert reply.get("content-type") == "text/plain; charset=utf-8"
    assert reply.get("transfer-encoding") is None
    assert reply.get("connection") is None
    assert reply.get("date").endswith(" GMT")


def test_a_connection_is_kept_for_async_and_for_def(hello):
    @hello.route("/items/[id]")
    def get(id: int):  # noqa: A002 - the segment's name
        return {"id": id, "thread": threading.current_thread().name}

    client = hello.client()
    for number in range(20):
        assert client.get("/hello").text == "hello"
        reply = client.get(f"/items/{number}").json()
        assert reply["id"] == number
        assert reply["thread"].startswith("notebook_routes worker")


def test_pipelined_requests_are_answered_in_order(world, gate):
    @world.route("/slow")
    async def slow():
        await gate.passed()
        return "slow"

    @world.route("/echo", "POST")
    async def echo(request):
        return await request.text()

    @world.route("/fast")
    async def fast():
        return "fast"

    client = world.client()
    client.ask("GET", "/slow")
    client.ask("POST", "/echo", body=b"echo")
    client.ask("GET", "/fast")
    client.ask("HEAD", "/fast")
    client.ask("GET", "/fast")
    assert client.nothing_more()
    gate.open()
    assert [client.reply().text for _ in range(3)] == ["slow", "echo", "fast"]
    assert client.reply(to="HEAD").content == b""
    assert client.reply().text == "fast"


def test_one_request_byte_by_byte(hello):
    client = hello.client()
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in f"GET /hello HTTP/1.1\r\n{HOST}\r\n":
        client.send(byte)
    assert client.reply().text == "hello"


def test_an_empty_line_before_a_request_is_passed_over(hello):
    client = hello.client()
    client.send(f"\r\nGET /hello HTTP/1.1\r\n{HOST}\r\n")
    assert client.reply().text == "hello"


def test_connection_close_is_done_and_said(hello):
    for said in ("close", "TE, Close"):
        client = hello.client()
        reply = client.get("/hello", f"Connection: {said}")
        assert reply.get("connection") == "close"
        assert client.is_closed()


def test_connection_close_is_done_after_a_stream(world):
    @world.route("/stream")
    async def stream():
        yield "12"

    client = world.client()
    reply = client.get("/stream", "Connection: TE, close")
    assert (reply.text, reply.get_all("connection")) == ("12", ["close"])
    assert client.is_closed()


@pytest.mark.parametrize("streamed", [False, True])
def test_a_handler_may_close_the_connection(world, streamed):
    @world.route("/last")
    async def last():
        body = iter([b"123", b"45"]) if streamed else "12345"
        return Response(body, headers={"connection": "close", "keep-alive": "timeout=99"})

    client = world.client()
    reply = client.get("/last")
    assert (reply.text, reply.get_all("connection"), reply.get("keep-alive")) == ("12345", ["close"], "timeout=99")
    assert client.is_closed()


def test_http_1_0_is_answered_and_closed(hello):
    client = hello.client()
    client.ask("GET", "/hello", version="1.0")
    assert client.reply().text == "hello"
    assert client.is_closed()


def test_http_1_0_may_ask_to_stay(hello):
    client = hello.client()
    for _ in range(2):
        client.ask("GET", "/hello", "Connection: keep-alive", version="1.0")
        reply = client.reply()
        assert (reply.text, reply.get("connection")) == ("hello", "Keep-Alive")


@pytest.mark.parametrize(
    "request_head",
    [
        "nonsense\r\n\r\n",
        "GET /hello\r\n\r\n",
        f"GET  /hello HTTP/1.1\r\n{HOST}\r\n",
        f"GET /hel lo HTTP/1.1\r\n{HOST}\r\n",
        f"GET /hello HTTP/2.0\r\n{HOST}\r\n",
        f"GET /hello HTTP/1.1\r\n{HOST}no colon\r\n\r\n",
        f"GET /hello HTTP/1.1\r\n{HOST}Bad Name: x\r\n\r\n",
        f"GET /hello HTTP/1.1\r\n{HOST}X-Nul: a\0b\r\n\r\n",
        f"G\x01T /hello HTTP/1.1\r\n{HOST}\r\n",
        f"GET hello HTTP/1.1\r\n{HOST}\r\n",
        f"GET http:// HTTP/1.1\r\n{HOST}\r\n",
        f"GET http://[::1 HTTP/1.1\r\n{HOST}\r\n",
        f"GET ftp://127.0.0.1/hello HTTP/1.1\r\n{HOST}\r\n",
        f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n",
        f"CONNECT 127.0.0.1:80 HTTP/1.1\r\n{HOST}\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        f"GET /hello HTTP/1.1\r\n{HOST}{HOST}\r\n",
        f"GET /hello HTTP/1.1\r\n{HOST}Host:\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: 127.0.0.1, 127.0.0.1\r\n\r\n",
        f"GET http://127.0.0.1/hello HTTP/1.1\r\n{HOST}Host: evil.example\r\n\r\n",
    ],
)
def test_a_malformed_request_is_a_400_and_the_end_of_the_connection(hello, caplog, request_head):
    client = hello.client()
    client.send(request_head)
    assert client.reply().status == 400
    assert client.is_closed()
    assert hello.get("/hello").text == "hello"
    assert not caplog.records


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: many",
        "Content-Length: -1",
        "Content-Length: +4",
        "Content-Length: 4, 5",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, gzip",
    ],
)
def test_a_body_of_unclear_length_never_reaches_a_handler(hello, framing):
    called = []

    @hello.route("/upload", "POST")
    async def upload():
        called.append(True)

    client = hello.client()
    client.send(f"POST /upload HTTP/1.1\r\n{HOST}{framing}\r\n\r\n4\r\nbody\r\n0\r\n\r\n")
    assert client.reply().status == 400
    assert client.is_closed()
    assert hello.get("/hello").text == "hello"
    assert called == []
    assert hello.becomes_quiet()


def test_the_same_length_twice_is_one_length(world):
    @world.route("/echo", "POST")
    async def echo(request):
        return await request.text()

    client = world.client()
    client.send(f"POST /echo HTTP/1.1\r\n{HOST}Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody")
    assert client.reply().text == "body"


@pytest.mark.parametrize(
    ("target", "params"),
    [
        ("/a%20b", {"v": "a b"}),
        ("/a+b", {"v": "a+b"}),
        ("/%C3%A9", {"v": "é"}),
        ("/\xc3\xa9", {"v": "é"}),
        ("/a%252Fb", {"v": "a%2Fb"}),
        ("/a%2Fb", {"v": "a/b"}),
        ("/a%00b", {"v": "a\0b"}),
        ("/%61%62", {"v": "ab"}),
        ("/x/../y", {"v": "y"}),
        ("/./y", {"v": "y"}),
        ("/x/%2e%2E/y", {"v": "y"}),
        ("/../../y", {"v": "y"}),
        ("/...", {"v": "..."}),
        ("http://127.0.0.1/y?q=1", {"v": "y"}),
        ("HTTP://127.0.0.1:80/y", {"v": "y"}),
        ("/y#fragment", {"v": "y"}),
    ],
)
def test_targets(world, target, params):
    @world.route("/[v]")
    async def get(params):
        return dict(params)

    assert world.get(target).json() == params


@pytest.mark.parametrize("target", ["/%ZZ", "/%", "/%E0%A4%A", "/%FF", "/\xff"])
def test_bad_percent_encoding_is_a_400_that_shows_the_segment(world, target):
    @world.route("/[v]")
    async def get(v):
        return v

    client = world.client()
    reply = client.get(target)
    assert reply.status == 400
    assert "%" in reply.text
    assert client.get("/fine").text == "fine"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/hello/", "/hello"),
        ("/hello/?a=1&b=%20", "/hello?a=1&b=%20"),
        ("//hello", "/hello"),
        ("/\\hello", "/hello"),
        ("//evil.example/", "/evil.example/"),
        ("/caf\xc3\xa9/", "/caf%C3%A9"),
    ],
)
def test_another_spelling_of_a_path_is_redirected(hello, target, location):
    client = hello.client()
    reply = client.get(target)
    assert (reply.status, reply.get("location")) == (308, location)
    assert client.get("/hello").text == "hello"


def test_a_large_head_is_a_431(hello):
    client = hello.client()
    reply = client.get("/hello", *[f"X-{number}: {'x' * 1000}" for number in range(70)])
    assert reply.status == 431
    assert "65,536" in reply.text
    assert client.is_closed()
    client = hello.client()
    assert client.get("/hello?" + "q" * 70_000).status == 431
    assert hello.get("/hello", "X-Large: " + "x" * 60_000).text == "hello"


def test_a_head_without_end_closes_the_connection(hello):
    client = hello.client()
    line = b"X-More: " + b"x" * 8000 + b"\r\n"
    with suppress(ConnectionError):
        client.send(f"GET /hello HTTP/1.1\r\n{HOST}" + line.decode() * 1000)
    assert client.is_closed()
    assert hello.get("/hello").text == "hello"


@pytest.mark.parametrize("kind", ["async", "def"])
def test_head_is_get_without_its_body(world, kind):
    if kind == "async":

        @world.route("/page")
        async def get():
            return Response("hello", headers={"x-from": "GET"})
    else:

        @world.route("/page")
        def get():
            return Response("hello", headers={"x-from": "GET"})

    client = world.client()
    client.ask("HEAD", "/page")
    reply = client.reply(to="HEAD")
    assert (reply.status, reply.get("content-length"), reply.get("x-from")) == (200, "5", "GET")
    assert client.get("/page").text == "hello"


def test_an_own_head_wins(world):
    @world.route("/page")
    async def get():
        return "hello"

    @world.route("/page", "HEAD")
    async def head():
        return Response(None, status=202, headers={"content-length": "1234", "x-from": "HEAD"})

    client = world.client()
    client.ask("HEAD", "/page")
    reply = client.reply(to="HEAD")
    assert (reply.status, reply.get("content-length"), reply.get("x-from")) == (202, "1234", "HEAD")
    assert client.get("/page").text == "hello"


@pytest.mark.parametrize("target", ["/missing", "/post-only", "/fails"])
def test_head_of_what_fails_has_no_body_either(world, caplog, target):
    @world.route("/post-only", "POST")
    async def post():
        return None

    @world.route("/fails")
    async def fails():
        raise LookupError

    client = world.client()
    client.ask("HEAD", target)
    assert client.reply(to="HEAD").status in (404, 405, 500)
    assert client.get("/missing").status == 404


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_body_have_no_length(world, status):
    @world.route("/nothing")
    async def get():
        return Response(None, status=status, headers={"etag": '"abc"'})

    client = world.client()
    reply = client.get("/nothing")
    assert (reply.status, reply.get("etag")) == (status, '"abc"')
    assert reply.get("content-length") is None
    assert reply.get("transfer-encoding") is None
    assert client.get("/nothing").status == status


def test_none_is_a_204(world):
    @world.route("/nothing")
    def get():
        return None

    client = world.client()
    assert client.get("/nothing").status == 204
    assert client.get("/nothing").status == 204


def test_205_has_length_0(world):
    @world.route("/reset")
    async def get():
        return Response(None, status=205)

    client = world.client()
    assert client.get("/reset").get("content-length") == "0"
    assert client.get("/reset").status == 205


def test_if_none_match(world):
    @world.route("/page")
    async def get():
        return Response("hello", headers={"etag": '"v1"'})

    client = world.client()
    assert client.get("/page", 'If-None-Match: "v1"').status == 304
    assert client.get("/page", 'If-None-Match: W/"v0", W/"v1"').status == 304
    assert client.get("/page", 'If-None-Match: "v2"').text == "hello"


@pytest.mark.parametrize("coding", ["chunked", "identity"])
def test_how_a_body_is_framed_is_not_the_handlers_to_say(world, coding):
    @world.route("/page")
    async def get():
        return Response("hello", headers={"transfer-encoding": coding})

    client = world.client()
    reply = client.get("/page")
    assert (reply.text, reply.get("content-length"), reply.get("transfer-encoding")) == ("hello", "5", None)
    assert client.get("/page").text == "hello"


def test_a_wrong_length_is_a_500_that_says_so(world):
    world.app.failures.explain = True

    @world.route("/page")
    async def get():
        return Response("12345", headers={"content-length": "3"})

    client = world.client()
    reply = client.get("/page")
    assert reply.status == 500
    assert "5 bytes" in reply.text
    assert "leave the header out" in reply.text
    assert client.get("/page").status == 500


@pytest.mark.parametrize("kind", ["async", "def"])
def test_a_handler_that_raises_is_a_500_and_the_connection_lives(hello, caplog, kind):
    if kind == "async":

        @hello.route("/fails")
        async def fails():
            return {}["secret"]
    else:

        @hello.route("/fails")
        def fails():
            return {}["secret"]

    client = hello.client()
    reply = client.get("/fails")
    assert (reply.status, reply.text) == (500, "Internal Server Error\n")
    assert client.get("/hello").text == "hello"
    assert "KeyError: 'secret'" in hello.log[0].error
    assert "KeyError" in caplog.text


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, StopIteration, StopAsyncIteration, GeneratorExit])
@pytest.mark.parametrize("kind", ["async", "def", "post"])
def test_nothing_that_a_handler_raises_ends_the_server(hello, caplog, error, kind):
    if kind == "def":

        @hello.route("/fails")
        def fails():
            raise error
    else:

        @hello.route("/fails", "POST" if kind == "post" else "GET")
        async def fails():
            raise error

    client = hello.client()
    assert (client.post("/fails") if kind == "post" else client.get("/fails")).status == 500
    assert client.get("/hello").text == "hello"
    assert error.__name__ in hello.log[0].error


def test_a_handler_that_awaits_what_was_cancelled_is_a_500(hello, caplog):
    @hello.route("/fails")
    async def fails():
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task

    assert hello.get("/fails").status == 500
    assert hello.get("/hello").text == "hello"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda: ({"error": "gone"}, 404), "status=404"),
        (lambda: ("gone", 404, {}), "Response(value, status=404)"),
        (object, "object"),
        (lambda: {"a": [object()]}, "$.a[0]"),
        (lambda: print, "print"),
    ],
)
def test_nonsense_is_a_500_that_says_what_to_write(hello, answer, said):
    hello.app.failures.explain = True

    @hello.route("/odd")
    def odd():
        return answer()

    client = hello.client()
    reply = client.get("/odd")
    assert reply.status == 500
    assert said in reply.text
    assert client.get("/hello").text == "hello"


def test_control_flow(world):
    @world.route("/old")
    def old():
        redirect("/new place?q=é")

    @world.route("/none")
    async def none():
        not_found("no such lamp\n")

    client = world.client()
    reply = client.get("/old")
    assert (reply.status, reply.get("location")) == (307, "/new%20place?q=%C3%A9")
    reply = client.get("/none")
    assert (reply.status, reply.text) == (404, "no such lamp\n")


def test_an_async_handler_without_end_is_a_504(hello):
    ended = []

    @hello.route("/endless", max_duration=0.05)
    async def endless():
        try:
            await for_ever()
        finally:
            ended.append(True)

    client = hello.client()
    reply = client.get("/endless")
    assert reply.status == 504
    assert "GET /endless" in reply.text
    assert "0.05 s" in reply.text
    assert ended == [True]
    assert client.get("/hello").text == "hello"
    assert hello.becomes_quiet()


async def for_ever():
    await asyncio.get_running_loop().create_future()


def test_a_def_without_end_is_a_504_and_shown_until_it_ends(hello, gate):
    @hello.route("/endless", max_duration=0.05)
    def endless():
        gate.pass_through()

    client = hello.client()
    assert client.get("/endless").status == 504
    while not gate.came:
        # The time was over before a thread had begun, as happens on a busy machine.
        assert client.get("/endless").status == 504
    assert set(hello.app.workers.abandoned) == {"GET /endless"}
    assert client.get("/hello").text == "hello"
    gate.open()
    hello.wait_until(lambda: not hello.app.workers.abandoned)


def test_a_def_without_end_does_not_hold_up_others(world, gate):
    @world.route("/endless", max_duration=0.02)
    def endless():
        gate.pass_through()

    @world.route("/quick")
    def quick():
        return "quick"

    world.start()
    world.app.workers.limit = 2
    client = world.client()
    while gate.came < 4:
        assert client.get("/endless").status == 504
    assert client.get("/quick").text == "quick"
    assert len(world.app.workers.abandoned) >= 4


def test_headers_of_an_answer(world):
    @world.route("/headers")
    async def headers():
        response = Response("x", headers=[("x-m", "1"), ("X-M", "2"), ("server", "mine"), ("x-latin", "café")])
        response.headers.append("set-cookie", "a=1; Path=/")
        response.headers.append("set-cookie", "b=2; Path=/")
        response.headers.set("date", "Thu, 01 Jan 1970 00:00:00 GMT")
        return response

    reply = world.get("/headers")
    assert reply.get_all("x-m") == ["1, 2"]
    assert reply.get_all("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert (reply.get("server"), reply.get("x-latin")) == ("mine", "café")
    assert reply.get_all("date") == ["Thu, 01 Jan 1970 00:00:00 GMT"]


def test_headers_of_a_request(world):
    @world.route("/headers")
    async def headers(request):
        return dict(request.headers.items())

    lines = ["X-Up: V1", "x-up: V2", "Authorization: A", "Authorization: B", "X-Sp:   padded  ", "X-Empty:"]
    seen = world.get("/headers", *lines).json()
    assert seen["x-up"] == "V1, V2"
    assert seen["authorization"] == "A"
    assert (seen["x-sp"], seen["x-empty"]) == ("padded", "")


def test_the_urls_of_a_request(world):
    @world.route("/a b/[v]")
    async def get(request):
        return {"url": request.url, "path": request.next_url.pathname, "q": request.query.get_all("x")}

    client = world.client()
    reply = client.get("/a%20b/c?x=1&x=%20")
    assert reply.json() == {
        "url": f"http://{client.host}/a%20b/c?x=1&x=%20",
        "path": "/a%20b/c",
        "q": ["1", " "],
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE", "get"])
def test_a_method_without_route_is_a_405_with_allow(hello, method):
    client = hello.client()
    client.ask(method, "/hello")
    reply = client.reply()
    assert (reply.status, reply.get("allow")) == (405, "GET, HEAD, OPTIONS")
    assert client.get("/hello").text == "hello"


def test_options_is_automatic(hello):
    client = hello.client()
    client.ask("OPTIONS", "/hello")
    reply = client.reply()
    assert (reply.status, reply.get("allow")) == (204, "GET, HEAD, OPTIONS")


def test_the_log_has_every_request(hello, caplog):
    @hello.route("/fails")
    def fails():
        raise RuntimeError("deliberate")

    client = hello.client()
    client.get("/hello?x=1")
    client.get("/fails")
    client.get("/missing")
    first, second, third = hello.logged(3)
    assert (first.number, first.method, first.target, first.route) == (1, "GET", "/hello?x=1", "/hello")
    assert (first.status, first.size, first.error) == (200, 5, None)
    assert first.seconds > 0
    assert (second.status, third.status, third.route) == (500, 404, None)
    assert "deliberate" in second.error


def test_what_comes_after_is_logged_and_stops_nothing(hello, gate):
    events = []

    @hello.route("/after")
    async def get():
        async def later():
            await gate.passed()
            events.append("later")

        def fails():
            events.append("fails")
            raise SystemExit("in after")

        after(later)
        after(fails)
        return "ok"

    client = hello.client()
    assert client.get("/after").text == "ok"
    assert client.get("/hello").text == "hello"
    hello.wait_until(lambda: events == ["fails"])
    gate.open()
    entry = hello.logged(2)[1]
    assert events == ["fails", "later"]
    assert (entry.status, entry.route) == (200, "/after")
    assert "after() failed" in entry.error
    assert "in after" in entry.error
    assert hello.becomes_quiet()


def test_many_clients_at_once(hello):
    @hello.route("/def")
    def get():
        return "def"

    clients = [hello.client() for _ in range(50)]
    for client in clients:
        client.ask("GET", "/hello")
        client.ask("GET", "/def")
    assert {(client.reply().text, client.reply().text) for client in clients} == {("hello", "def")}


def test_a_client_that_floods_instead_of_reading_fills_no_memory(world):
    called = []

    @world.route("/wait")
    async def wait():
        called.append(True)
        await for_ever()

    client = world.client()
    client.ask("GET", "/wait")
    ahead = b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000
    assert client.send_until_it_blocks(ahead, 100_000_000) < 50_000_000
    (task,) = world.server.tasks
    assert not task.done()
    world.thread.stop()
    assert not world.thread.running
    assert called == [True]


def test_connections_that_clients_have_closed_are_forgotten(hello):
    for _ in range(5):
        assert hello.get("/hello").text == "hello"
    client = hello.client()
    client.get("/hello")
    loop = hello.thread._loop
    hello.wait_until(lambda: sum(message.closed for message in list(hello.server.silent)) == 5)
    loop.call_soon_threadsafe(hello.server._sweep)
    hello.wait_until(lambda: len(hello.server.silent) == 1)
    assert client.get("/hello").text == "hello"


def test_silent_connections_are_closed(hello, monkeypatch):
    client = hello.client()
    assert client.get("/hello").text == "hello"
    slow = hello.client()
    slow.send("GET /hel")
    hello.wait_until(lambda: len(hello.server.silent) == 2)
    monkeypatch.setattr("notebook_routes.servers.tornado._IDLE_TIME", -1.0)
    hello.thread._loop.call_soon_threadsafe(hello.server._sweep)
    assert client.is_closed()
    assert slow.is_closed()
