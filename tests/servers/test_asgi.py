"""An App below uvicorn, over real sockets; and what uvicorn does not do, with messages by hand."""

import asyncio
import logging
import threading
from contextlib import suppress

import pytest

from notebook_routes import ReadableStream, Response, after, redirect
from notebook_routes.errors import Aborted, ServerError
from notebook_routes.servers.asgi import ASGIApp


@pytest.fixture
def asgi(world, parser, below_uvicorn):
    """The world, answered by uvicorn."""
    return lambda **options: below_uvicorn(parser, **options)


def test_an_answer_with_its_headers(world, asgi):
    @world.route("/products/[id]")
    def GET(params, request):
        response = Response.json({**params, "page": request.query.get("page"), "url": request.url}, status=201)
        response.headers.append("x-a", "1")
        response.headers.append("x-a", "2")
        response.cookies.set("a", "1")
        response.cookies.set("b", "2")
        return response

    reply = asgi().get("/products/a%20b?page=2")
    assert (reply.status, reply.get("content-type")) == (201, "application/json")
    host = f"http://127.0.0.1:{world.thread.port}"
    assert reply.json() == {"id": "a b", "page": "2", "url": f"{host}/products/a%20b?page=2"}
    assert reply.get_all("x-a") == ["1, 2"]
    assert [line.partition(";")[0] for line in reply.get_all("set-cookie")] == ["a=1", "b=2"]
    assert len(reply.get_all("content-length")) == 1
    (entry,) = world.logged(1)
    assert (entry.target, entry.status, entry.size) == ("/products/a%20b?page=2", 201, len(reply.content))


def test_the_space_around_a_header_is_no_part_of_it(world, asgi):
    @world.route("/")
    def GET(request):
        return [request.headers["x-a"], request.headers["x-b"]]

    assert asgi().get("/", "X-A: \t a b \t", "X-B:").json() == ["a b", ""]


def test_a_connection_stays_open(world, asgi):
    @world.route("/", "POST")
    async def POST(body):
        return {"n": len(body)}

    client = asgi().client()
    for size in (1, 100_000, 5):
        assert client.post("/", body=b"x" * size).json() == {"n": size}


@pytest.mark.parametrize("kind", ["whole", "stream"])
def test_head_is_get_without_its_body(world, asgi, kind):
    def chunks():
        raise AssertionError("a stream that nobody reads")
        yield b"four"

    @world.route("/")
    async def GET():
        if kind == "whole":
            return Response("four", headers={"x-from": "GET"})

        return Response(chunks(), headers={"x-from": "GET"})

    client = asgi().client()
    for _ in range(2):
        client.ask("HEAD", "/")
        reply = client.reply(to="HEAD")
        assert (reply.status, reply.get("x-from")) == (200, "GET")
        assert reply.get("content-length") == ("4" if kind == "whole" else None)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_promises_none(world, asgi, status):
    @world.route("/")
    def GET():
        return Response(None, status=status, headers={"etag": '"a"', "content-length": "10"} if status == 304 else {})

    client = asgi().client()
    for _ in range(2):
        reply = client.get("/")
        assert (reply.status, reply.get("content-length")) == (status, None)


def test_def_runs_beside_the_loop(world, asgi):
    @world.route("/")
    def GET():
        return threading.current_thread().name

    assert asgi().get("/").text.startswith("notebook_routes worker")


def test_without_lifespan_the_threads_start_with_the_first_request(world, asgi):
    @world.route("/")
    def GET():
        return threading.current_thread().name

    assert asgi(lifespan="off").get("/").text.startswith("notebook_routes worker")
    world.thread.asgi._threads.stop()


def test_a_stream_comes_chunk_by_chunk(world, asgi, gate):
    @world.route("/")
    async def GET():
        yield "first"
        await gate.passed()
        yield "second"

    client = asgi().client()
    client.ask("GET", "/")
    assert client.head_of_reply().get("transfer-encoding") == "chunked"
    assert client.chunk() == b"first"
    assert client.nothing_more()
    gate.open()
    assert [client.chunk(), client.chunk()] == [b"second", b""]
    assert world.logged(1)[0].size == len("firstsecond")


def test_the_head_of_a_slow_stream_comes_alone(world, asgi, gate):
    @world.route("/")
    async def GET():
        async def chunks():
            await gate.passed()
            yield b"late"

        return Response(chunks())

    client = asgi().client()
    client.ask("GET", "/")
    assert client.head_of_reply().status == 200
    gate.open()
    assert [client.chunk(), client.chunk()] == [b"late", b""]


def test_a_stream_waits_for_its_reader(world, asgi):
    given = 0

    @world.route("/")
    async def GET():
        nonlocal given
        for _ in range(1000):
            given += 1
            yield b"x" * 65536

    client = asgi().client(receive_buffer=4096)
    client.ask("GET", "/")
    client.head_of_reply()
    client.nothing_more()
    before = -1

    def stands_still():
        nonlocal before
        before, same = given, before == given
        client.nothing_more(seconds=0.2)
        return same

    world.wait_until(stands_still)
    assert given < 500
    while client.chunk():
        pass
    assert given == 1000


def test_a_body_is_read_while_the_answer_is_sent(world, asgi):
    @world.route("/", "POST")
    async def POST(request):
        async for chunk in request.body:
            yield chunk.upper()

    client = asgi().client()
    client.ask("POST", "/", "Transfer-Encoding: chunked")
    client.send("3\r\none\r\n")
    assert client.head_of_reply().status == 200
    assert client.chunk() == b"ONE"
    client.send("3\r\ntwo\r\n")
    assert client.chunk() == b"TWO"
    client.send("0\r\n\r\n")
    assert client.chunk() == b""


def test_a_body_waits_for_its_reader(world, asgi, gate):
    @world.route("/", "POST")
    async def POST(request):
        await gate.passed()
        return {"n": len(await request.bytes())}

    client = asgi(max_body_size=100_000_000).client()
    size = 40_000_000
    client.ask("POST", "/", f"Content-Length: {size}")
    sent = 0
    client.socket.settimeout(0.5)
    with suppress(TimeoutError):
        while sent < size:
            sent += client.socket.send(b"x" * 65536)
    assert sent < size
    client.socket.settimeout(20)
    gate.open()
    client.send(b"x" * (size - sent))
    assert client.reply().json() == {"n": size}


def test_a_body_that_nobody_reads_is_taken_in(world, asgi):
    @world.route("/", "POST")
    async def POST():
        return "not interested"

    client = asgi(max_body_size=10_000_000).client()
    for _ in range(2):
        assert client.post("/", body=b"x" * 3_000_000).text == "not interested"


@pytest.mark.parametrize("has_body", [False, True])
def test_a_client_that_leaves_is_heard_of(world, asgi, has_body):
    said, begun = [], threading.Event()

    @world.route("/", "POST" if has_body else "GET")
    async def handler(request):
        begun.set()
        request.signal.add_listener(lambda: said.append(str(request.signal.reason)))
        try:
            await asyncio.sleep(1000)
        finally:
            said.append("cleaned up")

    client = asgi().client()
    client.ask("POST" if has_body else "GET", "/", body=b"abc" if has_body else b"")
    assert begun.wait(20)
    client.close()
    (entry,) = world.logged(1)
    assert said == ["The client disconnected", "cleaned up"]
    assert entry.status == 0
    assert entry.error is None


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_a_client_that_leaves_ends_the_stream(world, asgi, kind):
    closed = threading.Event()

    @world.route("/async")
    async def endless():
        try:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    @world.route("/sync")
    def endless_too():
        try:
            while True:
                yield b"x" * 1000
        finally:
            closed.set()

    client = asgi().client()
    client.ask("GET", f"/{kind}")
    client.head_of_reply()
    client.chunk()
    client.reset()
    assert closed.wait(20)
    (entry,) = world.logged(1)
    assert (entry.status, entry.error) == (200, None)


def test_a_client_that_stays_aborts_nothing(world, asgi):
    said = []

    @world.route("/")
    async def GET(request):
        request.signal.add_listener(lambda: said.append("aborted"))
        return "done"

    with asgi().client() as client:
        client.get("/")
        client.get("/")
    world.logged(2)
    assert said == []


def test_an_error_before_the_first_chunk_is_500(world, asgi, caplog):
    @world.route("/")
    async def GET():
        async def chunks():
            raise RuntimeError("too early")
            yield b""

        return Response(chunks())

    reply = asgi().get("/")
    assert (reply.status, reply.text) == (500, "Internal Server Error\n")
    assert "too early" in caplog.text


def test_an_error_after_the_first_chunk_cuts_the_connection(world, asgi, caplog):
    @world.route("/")
    async def GET():
        yield "part"
        raise RuntimeError("midway")

    client = asgi().client()
    client.ask("GET", "/")
    reply = client.reply()
    assert (reply.status, reply.content, reply.complete) == (200, b"part", False)
    assert client.is_closed()
    (entry,) = world.logged(1)
    assert "midway" in entry.error
    ours = [record for record in caplog.records if record.name == "notebook_routes.app"]
    assert len(ours) == 1
    # The server says that it cut the connection, not why once more.
    assert caplog.text.count("midway") == ours[0].getMessage().count("midway")


def test_a_stream_that_is_shorter_than_it_said_is_cut(world, asgi):
    @world.route("/")
    async def GET():
        async def chunks():
            yield b"four"

        return Response(chunks(), headers={"content-length": "5"})

    client = asgi().client()
    client.ask("GET", "/")
    with pytest.raises(EOFError):
        client.reply()


def test_a_declared_body_over_the_limit_is_413_and_closes(world, asgi):
    asked = []

    @world.route("/", "POST")
    def POST():
        asked.append(1)

    client = asgi(max_body_size=10).client()
    client.ask("POST", "/", body=b"x" * 11)
    reply = client.reply()
    assert (reply.status, reply.get("connection")) == (413, "close")
    assert "10 bytes" in reply.text
    assert client.is_closed()
    assert asked == []


def test_a_chunked_body_over_the_limit_is_413(world, asgi):
    @world.route("/", "POST")
    async def POST(body):
        return body

    client = asgi(max_body_size=10).client()
    client.ask("POST", "/", "Transfer-Encoding: chunked")
    client.send("6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n")
    assert client.reply().status == 413


def test_dot_segments_are_resolved_before_a_route_is_chosen(world, asgi):
    @world.route("/a/[...rest]")
    def GET(rest):
        return rest

    world = asgi()
    assert world.get("/a/b/../c/%2e%2e/d").json() == ["d"]
    assert world.get("/a/b/../../c").status == 404


def test_after_runs_when_the_answer_is_out(world, asgi, gate):
    done = threading.Event()

    @world.route("/")
    def GET():
        def work():
            gate.pass_through()
            done.set()

        after(work)
        return "answer"

    assert asgi().get("/").text == "answer"
    assert not done.is_set()
    gate.open()
    assert done.wait(20)
    world.logged(1)


@pytest.mark.parametrize("size", [8, 300_000])
def test_a_body_that_nobody_read_is_gone_in_after(world, asgi, size):
    told = threading.Event()
    read = []

    @world.route("/", "POST")
    async def post(request):
        async def work():
            try:
                read.append(len(await request.text()))
            except Aborted as aborted:
                read.append(str(aborted))
            told.set()

        after(work)
        return "answer"

    assert asgi().client().post("/", body=b"x" * size).text == "answer"
    assert told.wait(20)
    assert read == ["The answer was sent, and the rest of the body was dropped"]


def test_the_server_stops_while_a_handler_waits(world, asgi):
    ended = threading.Event()

    @world.route("/")
    async def GET():
        try:
            await asyncio.sleep(1000)
        finally:
            ended.set()

    client = asgi().client()
    client.ask("GET", "/")
    world.wait_until(lambda: world.thread.server.server_state.tasks)
    world.thread.stop()
    assert ended.is_set()
    assert len(world.log) == 1


# Below: messages by hand.


def scope(path="/", *, raw=None, **options):
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode() if raw is None else raw,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        **options,
    }


def answer(world, scope, *messages, send_fails=False):
    """Run the app with messages that have come, and give what it sends."""
    sent = []
    waiting = list(messages or [{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        if waiting:
            message = waiting.pop(0)
            if "when" in message:
                await message["when"].wait()
            return message
        return await asyncio.Event().wait()

    async def send(message):
        if send_fails:
            raise OSError("the client is gone")
        sent.append(message)

    app = ASGIApp(world.app)
    try:
        asyncio.run(app(scope, receive, send))
    finally:
        app._threads.stop()
    return sent


def said(sent):
    body = b"".join(message.get("body", b"") for message in sent[1:])
    assert sent[0]["type"] == "http.response.start"
    assert not sent[-1].get("more_body")
    return sent[0]["status"], dict(sent[0]["headers"]), body


@pytest.mark.parametrize(
    ("path", "raw", "root"),
    [
        ("/é x", b"/%C3%A9%20x", ""),
        ("/é x", None, ""),
        ("/api/é x", b"/api/%C3%A9%20x", "/api"),
        ("/a b/é x", b"/a%20b/%C3%A9%20x", "/a b"),
        ("/é x", b"/%C3%A9%20x", "/api"),
        ("/api/é x", None, "/api/"),
    ],
)
def test_the_path_is_below_the_root_path(world, path, raw, root):
    @world.route("/[word]")
    async def GET(word, request):
        return [word, request.url]

    asked = scope(path, root_path=root)
    asked["raw_path"] = raw
    assert said(answer(world, asked))[2].decode() == '["é x","https://localhost/%C3%A9%20x"]'


def test_the_root_path_itself_is_the_first_route(world):
    @world.route("/")
    async def GET():
        return "top"

    assert said(answer(world, scope("/api", root_path="/api")))[2] == b"top"


def test_a_redirect_to_another_spelling_stays_below_the_root_path(world):
    @world.route("/moved")
    async def GET():
        redirect("/elsewhere")

    status, headers, _ = said(answer(world, scope("/api/x/", root_path="/api")))
    assert (status, headers[b"location"]) == (308, b"/api/x")
    # What a handler says is what it says, as in the field.
    status, headers, _ = said(answer(world, scope("/api/moved", root_path="/api")))
    assert (status, headers[b"location"]) == (307, b"/elsewhere")


@pytest.mark.parametrize(
    "change",
    [
        {"headers": [(b"host", b"localhost"), (b"host", b"other")]},
        {"headers": [(b"host", b"localhost, other")]},
        {"headers": [(b"host", b"a b")]},
        {"headers": [(b"host", b"")]},
        {"headers": []},
        {"path": "*", "raw_path": b"*", "method": "OPTIONS"},
    ],
)
def test_what_cannot_be_asked_is_400(world, change):
    status, headers, _ = said(answer(world, {**scope(), **change}))
    assert (status, headers[b"connection"]) == (400, b"close")


def test_http_2_has_bodies_without_a_word_in_the_headers(world):
    @world.route("/", "POST")
    async def POST(request):
        return await request.text()

    asked = scope(method="POST", http_version="2")
    pieces = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}]
    assert said(answer(world, asked, *pieces))[2] == b"ab"


def test_the_server_is_told_of_a_stream_that_broke_off(world):
    @world.route("/")
    async def GET():
        yield "part"
        raise RuntimeError("midway")

    with pytest.raises(ServerError, match="GET / broke off") as told:
        answer(world, scope())
    assert told.value.__suppress_context__


def test_the_end_of_an_answer_is_not_taken_for_a_client_that_left(world):
    requests, ended = [], asyncio.Event()

    async def leave(_reason):
        # The server says "disconnect" as soon as the answer is out.
        ended.set()
        await asyncio.sleep(0.01)

    @world.route("/")
    async def GET(request):
        requests.append(request)
        return Response(ReadableStream(pull=lambda controller: None, cancel=leave))

    answer(world, scope(method="HEAD"), {"type": "http.request"}, {"type": "http.disconnect", "when": ended})
    assert ended.is_set()
    assert not requests[0].aborted


@pytest.mark.parametrize("waits", [False, True])
def test_a_send_that_fails_is_a_client_that_left(world, waits):
    requests = []

    @world.route("/")
    async def GET(request):
        requests.append(request)
        if waits:
            await asyncio.sleep(0)
        return "unheard"

    assert answer(world, scope(), send_fails=True) == []
    assert requests[0].aborted
    assert [(entry.status, entry.size) for entry in world.log] == [(200, 0)]


def test_the_server_stops_while_an_answer_is_sent(world):
    done = []

    @world.route("/")
    async def GET():
        after(lambda: done.append("after"))
        return "half heard"

    async def send(message):
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def story():
        app = ASGIApp(world.app)
        task = asyncio.create_task(app(scope(), None, send))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await app.close()

    asyncio.run(story())
    assert done == ["after"]
    assert [entry.status for entry in world.log] == [200]


def test_a_handler_that_cancels_its_own_task(world):
    @world.route("/")
    async def GET():
        asyncio.current_task().cancel()
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        answer(world, scope())
    assert [entry.status for entry in world.log] == [0]


def test_lifespan_starts_and_stops_the_threads(world):
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append((message["type"], world.app.workers is not None))

    asyncio.run(ASGIApp(world.app)({"type": "lifespan"}, receive, send))
    assert sent == [("lifespan.startup.complete", True), ("lifespan.shutdown.complete", True)]


def test_a_server_whose_receive_fails_ends_the_handler(world, caplog):
    ended = []

    @world.route("/", "POST")
    async def POST(request):
        try:
            return await request.text()
        finally:
            ended.append(request.signal.aborted)

    async def receive():
        raise RuntimeError("no more")

    async def send(message):
        raise AssertionError(message)

    app = ASGIApp(world.app, threads=False)
    asked = scope(method="POST", headers=[(b"host", b"localhost"), (b"content-length", b"5")])
    asyncio.run(asyncio.wait_for(app(asked, receive, send), 20))
    assert ended == [True]
    assert "POST /: the server's receive() failed" in caplog.text
    assert "no more" in caplog.text


def test_a_websocket_is_closed_and_another_scope_refused(world):
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(ASGIApp(world.app)({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close"}]
    with pytest.raises(ValueError, match="carrier-pigeon"):
        asyncio.run(ASGIApp(world.app)({"type": "carrier-pigeon"}, receive, send))


def test_uvicorn_says_nothing_of_ours(world, asgi, caplog):
    @world.route("/")
    def GET():
        return "ok"

    with caplog.at_level(logging.WARNING):
        asgi().get("/")
        world.thread.stop()
    assert caplog.records == []


def test_who_has_connected(start):
    world = start()

    @world.route("/peer")
    async def peer(request):
        return list(request.peer)

    with world.client() as client:
        port = client.socket.getsockname()[1]
        assert client.get("/peer").json() == ["127.0.0.1", "1.1", port]
