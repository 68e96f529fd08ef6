"""Streams over a real socket: what arrives when, back-pressure, errors half way, both directions at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from notebook_routes.errors import ScopeError
from notebook_routes.runtime import after, cookies
from notebook_routes.web import ReadableStream, Response, ServerSentEvent, event_stream

CHUNK = b"x" * 65536


def make_stream(world, kind, produce):
    """Declare GET /stream as a generator of the given kind; `produce` is a sync generator function."""
    if kind == "async":

        @world.route("/stream")
        async def stream():
            for value in produce():
                yield value
    elif kind == "def":

        @world.route("/stream")
        def stream():
            yield from produce()
    else:

        @world.route("/stream")
        async def stream():
            return Response(produce(), headers={"content-type": "text/plain"})


@pytest.fixture(params=["async", "def", "response"])
def kind(request):
    return request.param


def test_a_stream_is_chunked_and_the_connection_lives(world, kind):
    make_stream(world, kind, lambda: iter(["one\n", "", "zwei ä\n", "three\n"]))
    client = world.client()
    for _ in range(2):
        reply = client.get("/stream")
        assert (reply.status, reply.text) == (200, "one\nzwei ä\nthree\n")
        assert reply.get("transfer-encoding") == "chunked"
        assert reply.get("content-length") is None
        assert reply.complete
    assert [entry.size for entry in world.logged(2)] == [18, 18]


def test_the_first_chunk_arrives_before_the_second_is_made(world, gate, kind):
    def produce():
        yield "first"
        gate.pass_through()
        yield "second"

    if kind == "async":

        @world.route("/stream")
        async def stream():
            yield "first"
            await gate.passed()
            yield "second"
    elif kind == "def":
        make_stream(world, kind, produce)
    else:

        @world.route("/stream")
        async def stream():
            async def chunks():
                yield "first"
                await gate.passed()
                yield "second"

            return Response(chunks())

    client = world.client()
    client.ask("GET", "/stream")
    assert client.head_of_reply().status == 200
    assert client.chunk() == b"first"
    assert client.nothing_more()
    gate.open()
    assert [client.chunk(), client.chunk()] == [b"second", b""]


def test_the_head_comes_alone_when_the_first_chunk_is_late(world, gate):
    @world.route("/stream")
    async def stream():
        async def chunks():
            await gate.passed()
            yield "late"

        return Response(chunks(), status=202, headers={"x-a": "b"})

    client = world.client()
    client.ask("GET", "/stream")
    reply = client.head_of_reply()
    assert (reply.status, reply.get("x-a")) == (202, "b")
    gate.open()
    assert [client.chunk(), client.chunk()] == [b"late", b""]


def test_an_empty_stream(world):
    @world.route("/generator")
    def generator():
        yield from ()

    @world.route("/response")
    async def response():
        return Response(iter(()), headers={"content-type": "text/plain"})

    client = world.client()
    assert client.get("/generator").content == b""
    assert client.get("/response").content == b""
    assert client.get("/generator").status == 200


def test_values_become_ndjson(world):
    @world.route("/rows")
    async def rows():
        yield {"n": 1}
        yield [2, None]

    reply = world.get("/rows")
    assert reply.get("content-type") == "application/x-ndjson"
    assert reply.chunks == [b'{"n":1}\n', b"[2,null]\n"]


def test_events(world, gate):
    @world.route("/events")
    async def events():
        async def source():
            yield ServerSentEvent("one", id="1")
            await gate.passed()
            yield {"data": {"n": 2}}

        return event_stream(source(), heartbeat=0.02)

    client = world.client()
    client.ask("GET", "/events", "Accept: text/event-stream")
    assert client.head_of_reply().get("content-type") == "text/event-stream"
    assert b"data: one\n" in client.chunk()
    assert client.chunk().startswith(b":")
    gate.open()
    rest = b""
    while chunk := client.chunk():
        rest += chunk
    assert b'data: {"n":2}\n\n' in rest


def test_a_stream_to_http_1_0_ends_with_the_connection(world, kind):
    make_stream(world, kind, lambda: iter(["one", "two"]))
    client = world.client()
    client.ask("GET", "/stream", version="1.0")
    reply = client.reply()
    assert reply.get("transfer-encoding") is None
    assert reply.text == "onetwo"


def test_a_declared_length_is_used_instead_of_chunks(world):
    @world.route("/stream")
    async def stream():
        return Response(iter([b"12", b"345"]), headers={"content-length": "5"})

    client = world.client()
    for _ in range(2):
        reply = client.get("/stream")
        assert (reply.content, reply.get("transfer-encoding"), reply.get("content-length")) == (b"12345", None, "5")


@pytest.mark.parametrize("declared", ["4", "9"])
def test_a_stream_of_another_length_than_declared_is_cut_off(world, caplog, declared):
    @world.route("/stream")
    async def stream():
        return Response(iter([b"12", b"345"]), headers={"content-length": declared})

    client = world.client()
    client.ask("GET", "/stream")
    assert client.head_of_reply().get("content-length") == declared
    assert client.rest() in (b"12", b"12345")
    (entry,) = world.logged(1)
    assert "Content-Length" in entry.error
    assert "never retrieved" not in caplog.text
    assert world.becomes_quiet()


def test_a_length_that_is_no_number_is_a_500(world, caplog):
    @world.route("/stream")
    async def stream():
        return Response(iter([b"12"]), headers={"content-length": "some"})

    assert world.get("/stream").status == 500


def test_chunked_is_not_said_twice(world):
    @world.route("/stream")
    async def stream():
        return Response(iter([b"12"]), headers={"transfer-encoding": "chunked"})

    client = world.client()
    assert client.get("/stream").get_all("transfer-encoding") == ["chunked"]
    client.ask("GET", "/stream", version="1.0")
    assert client.reply().content == b"12"


def test_an_error_before_the_first_chunk_is_a_500(world, caplog, kind):
    def produce():
        raise LookupError("at the start")
        yield ""

    make_stream(world, kind, produce)
    client = world.client()
    assert client.get("/stream").status == 500
    assert client.get("/missing").status == 404
    assert "at the start" in world.log[0].error
    assert world.app.workers.abandoned == []


@pytest.mark.parametrize("error", [LookupError, SystemExit])
def test_an_error_half_way_cuts_the_connection(world, caplog, kind, error):
    def produce():
        yield "part1"
        yield "part2"
        raise error("half way")

    make_stream(world, kind, produce)
    client = world.client()
    reply = client.get("/stream")
    assert (reply.status, reply.text, reply.complete) == (200, "part1part2", False)
    assert client.is_closed()
    (entry,) = world.logged(1)
    assert (entry.status, entry.size) == (200, 10)
    assert "half way" in entry.error
    assert world.get("/missing").status == 404
    assert world.app.workers.abandoned == []


def test_a_chunk_of_no_kind_cuts_the_connection_and_says_why(world, caplog):
    @world.route("/stream")
    async def stream():
        return Response(iter(["text", {"n": 1}]))

    assert not world.get("/stream").complete
    (entry,) = world.logged(1)
    assert "dict" in entry.error


def test_head_of_a_stream_reads_nothing_of_it(world):
    pulled = []

    def produce():
        pulled.append(True)
        yield "chunk"

    make_stream(world, "response", produce)
    client = world.client()
    client.ask("HEAD", "/stream")
    reply = client.reply(to="HEAD")
    assert (reply.status, reply.get("content-length"), reply.get("transfer-encoding")) == (200, None, None)
    assert client.get("/missing").status == 404
    assert pulled == []


@pytest.mark.parametrize("kind", ["async", "def"])
def test_head_of_a_generator_closes_it(world, kind):
    ended = threading.Event()

    def produce():
        try:
            while True:
                yield CHUNK
        finally:
            ended.set()

    if kind == "async":

        @world.route("/stream")
        async def stream():
            try:
                while True:
                    yield CHUNK
            finally:
                ended.set()
    else:
        make_stream(world, kind, produce)
    client = world.client()
    client.ask("HEAD", "/stream")
    reply = client.reply(to="HEAD")
    assert (reply.status, reply.get("content-type")) == (200, "application/octet-stream")
    assert ended.wait(10)
    assert client.get("/missing").status == 404
    world.wait_until(lambda: world.app.workers.abandoned == [])


def test_head_of_a_stream_that_fails_to_close_is_logged(world):
    @world.route("/stream")
    async def stream():
        def cancel(reason):
            raise LookupError("while closing")

        return Response(ReadableStream(pull=lambda controller: None, cancel=cancel))

    client = world.client()
    client.ask("HEAD", "/stream")
    assert client.reply(to="HEAD").status == 200
    assert client.get("/missing").status == 404
    assert "while closing" in world.log[0].error


@pytest.mark.parametrize("kind", ["async", "def"])
def test_a_client_that_does_not_read_stops_the_stream(world, kind):
    made = []

    def produce():
        for number in range(3200):  # 200 MB
            made.append(number)
            yield CHUNK

    make_stream(world, kind, produce)
    client = world.client(receive_buffer=4096)
    client.ask("GET", "/stream")
    assert client.head_of_reply().status == 200
    stopped_at = count_when_still(world, made)
    assert stopped_at < 1000
    received = 0
    while len(made) <= stopped_at:
        received += len(client.chunk())
    assert received <= (stopped_at + 1) * len(CHUNK)


def count_when_still(world, made):
    """How much was made by the time that nothing more is."""
    pause = threading.Event()
    counts = [-1]

    def still():
        pause.wait(0.1)
        counts.append(len(made))
        return counts[-1] == counts[-2] > 0

    world.wait_until(still)
    return counts[-1]


def test_a_stream_without_a_pause_leaves_the_loop_to_others(world):
    reading = threading.Event()

    @world.route("/stream")
    async def stream():
        while not reading.is_set():
            yield b"x"

    @world.route("/hello")
    async def hello():
        return "hello"

    client = world.client()
    client.ask("GET", "/stream")
    client.head_of_reply()
    drain = threading.Thread(target=client.rest)
    drain.start()
    assert world.get("/hello").text == "hello"
    reading.set()
    world.logged(2)
    client.socket.shutdown(2)
    drain.join()


def test_an_upload_is_echoed_while_it_comes(world):
    @world.route("/echo", "POST")
    async def echo(request):
        async for chunk in request.body:
            yield chunk.upper()

    client = world.client()
    client.ask("POST", "/echo", "Transfer-Encoding: chunked")
    for word in (b"one", b"two"):
        client.send(b"3\r\n" + word + b"\r\n")
        if word == b"one":
            assert client.head_of_reply().get("transfer-encoding") == "chunked"
        assert client.chunk() == word.upper()
    client.send("0\r\n\r\n")
    assert client.chunk() == b""
    assert client.post("/echo", body=b"again").text == "AGAIN"


def test_cookies_cannot_be_set_once_the_stream_runs(world):
    seen = []

    @world.route("/stream")
    async def stream():
        cookies().set("early", "1")
        yield "one"
        try:
            cookies().set("late", "1")
        except ScopeError as error:
            seen.append(str(error))
        yield "two"

    reply = world.get("/stream")
    assert reply.get_all("set-cookie") == ["early=1; Path=/"]
    assert "before the first chunk" in seen[0]


def test_after_runs_when_the_stream_has_ended(world):
    events = []

    @world.route("/stream")
    async def stream():
        after(lambda: events.append("after"))
        yield "one"
        events.append("end")

    assert world.get("/stream").text == "one"
    world.logged(1)
    assert events == ["end", "after"]


def test_the_signal_does_not_fire_on_success(world):
    signals = []

    @world.route("/stream")
    async def stream(request):
        signals.append(request.signal)
        yield "one"
        await asyncio.sleep(0)
        yield "two"

    assert world.get("/stream").text == "onetwo"
    world.becomes_quiet()
    assert not signals[0].aborted
