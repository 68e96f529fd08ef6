"""Bodies of requests over a real socket: forms of framing, limits, bodies that nobody reads."""

from __future__ import annotations

import threading

import pytest

from notebook_routes import after
from notebook_routes.errors import Aborted
from notebook_routes.web import Response


@pytest.fixture
def upload(world):
    @world.route("/text", "POST")
    async def text(request):
        return {"length": len(await request.text()), "coding": request.headers.get("transfer-encoding")}

    @world.route("/ignored", "POST")
    async def ignored(request):
        return {"used": request.body_used}

    @world.route("/body", "POST")
    def body(body):
        return {"body": body if isinstance(body, (str, dict, list)) else type(body).__name__}

    @world.route("/hello")
    async def hello():
        return "hello"

    return world


def test_a_length(upload):
    client = upload.client()
    for size in (0, 1, 65536, 1_000_000):
        assert client.post("/text", body=b"x" * size).json() == {"length": size, "coding": None}


def test_chunks(upload):
    client = upload.client()
    for _ in range(2):
        client.ask("POST", "/text", "Transfer-Encoding: chunked")
        for word in ("hello", " world"):
            client.send(f"{len(word):x}\r\n{word}\r\n")
        client.send("0\r\n\r\n")
        assert client.reply().json() == {"length": 11, "coding": "chunked"}


@pytest.mark.parametrize("cut", [0, 1, 4])
def test_a_short_body_may_come_with_its_head_or_after_it(upload, cut):
    """The first is answered in the connection's own task, without a stream; what a handler sees is the same."""

    @upload.route("/stream", "POST")
    async def stream(request):
        first = [chunk async for chunk in request.body]
        return {"text": b"".join(first).decode(), "used": request.body_used}

    client = upload.client()
    for _ in range(3):
        client.ask("POST", "/stream", "Content-Length: 5", body=b"hello"[:cut] if cut else b"hello")
        if cut:
            client.send(b"hello"[cut:])
        assert client.reply().json() == {"text": "hello", "used": True}
    client.ask("POST", "/text", "Content-Length: 2", body=b"abGET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert client.reply().json()["length"] == 2
    assert client.reply().text == "hello"


def test_many_megabytes_arrive(upload):
    assert upload.post("/text", body=b"x" * 20_971_520).json()["length"] == 20_971_520


def test_a_body_by_its_content_type(upload):
    client = upload.client()
    assert client.post("/body", "Content-Type: application/json", body=b'{"a":1}').json() == {"body": {"a": 1}}
    assert client.post("/body", "Content-Type: text/plain", body=b"text").json() == {"body": "text"}
    form = client.post("/body", "Content-Type: application/x-www-form-urlencoded", body=b"a=1")
    assert form.json() == {"body": "FormData"}


def test_a_body_that_is_not_what_it_says_is_a_400(upload):
    client = upload.client()
    reply = client.post("/body", "Content-Type: application/json", body=b"{bad")
    assert reply.status == 400
    assert "line 1 column 2" in reply.text
    assert client.get("/hello").text == "hello"


def test_a_body_on_get_is_passed_over(world):
    @world.route("/get")
    async def get(request):
        return {"body": request.body is not None, "length": len(await request.bytes())}

    client = world.client()
    client.ask("GET", "/get", body=b"body-on-get")
    assert client.reply().json() == {"body": False, "length": 0}
    assert client.get("/get").status == 200


def test_a_body_on_delete_is_read(world):
    @world.route("/text", "DELETE")
    async def delete(request):
        return await request.text()

    client = world.client()
    client.ask("DELETE", "/text", body=b"body-on-delete")
    assert client.reply().text == "body-on-delete"


def test_a_compressed_body_is_left_as_it_is(upload):
    assert upload.post("/text", "Content-Encoding: gzip", body=b"notgzip").json()["length"] == 7


@pytest.mark.parametrize("size", [10, 1_000_000])
@pytest.mark.parametrize("path", ["/ignored", "/missing", "/hello"])
def test_after_a_body_that_nobody_reads_the_connection_lives(upload, path, size):
    client = upload.client()
    for _ in range(2):
        assert client.post(path, body=b"x" * size).status == {"/ignored": 200, "/missing": 404, "/hello": 405}[path]
    assert client.get("/hello").text == "hello"


def test_an_answer_does_not_wait_for_the_body(upload):
    client = upload.client()
    client.ask("POST", "/ignored", "Content-Length: 10")
    assert client.reply().json() == {"used": False}
    client.send("0123456789")
    assert client.get("/hello").text == "hello"


def test_a_body_that_never_comes_ends_the_connection(upload, monkeypatch):
    monkeypatch.setattr("notebook_routes.servers.tornado_message.DRAIN_TIME", 0.05)
    client = upload.client()
    client.ask("POST", "/ignored", "Content-Length: 10")
    assert client.reply().status == 200
    assert client.is_closed()
    assert upload.becomes_quiet()


def test_a_handler_that_stops_reading_half_way(world):
    @world.route("/first", "POST")
    async def first(request):
        return len(await anext(aiter(request.body))) > 0

    client = world.client()
    for _ in range(2):
        assert client.post("/first", body=b"x" * 2_000_000).json() is True


def test_expect_100_continue(upload):
    client = upload.client()
    client.ask("POST", "/text", "Content-Length: 4", "Expect: 100-continue")
    assert client.head_of_reply().status == 100
    client.send("body")
    assert client.reply().json()["length"] == 4
    assert client.get("/hello").text == "hello"


class TestLimit:
    @pytest.fixture
    def limited(self, upload):
        upload.start(max_body_size=1000)
        return upload

    def test_what_just_fits(self, limited):
        client = limited.client()
        assert client.post("/text", body=b"x" * 1000).json()["length"] == 1000
        client.ask("POST", "/text", "Transfer-Encoding: chunked", body=b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n")
        assert client.reply().json()["length"] == 1000

    @pytest.mark.parametrize("declared", ["1001", "9" * 18, "9" * 19, "9" * 5000])
    def test_a_declared_length_is_refused_before_the_handler_runs(self, limited, declared):
        client = limited.client()
        client.ask("POST", "/text", f"Content-Length: {declared}")
        client.send("x" * 100)
        reply = client.reply()
        assert (reply.status, reply.get("connection")) == (413, "close")
        assert "1,000 bytes" in reply.text
        client.close()
        assert limited.get("/hello").text == "hello"
        assert [entry.route for entry in limited.logged(1)] == ["/hello"]
        assert limited.becomes_quiet()

    def test_nobody_is_asked_to_send_what_will_be_refused(self, limited):
        client = limited.client()
        client.ask("POST", "/text", "Content-Length: 1001", "Expect: 100-continue")
        assert client.reply().status == 413
        assert client.nothing_more()

    def test_a_refused_upload_is_let_in_so_that_the_answer_is_seen(self, limited):
        client = limited.client()
        client.ask("POST", "/text", body=b"x" * 3_000_000)
        assert client.reply().status == 413
        assert client.is_closed()

    @pytest.mark.parametrize("path", ["/text", "/body"])
    def test_chunks_over_the_limit_are_a_413(self, limited, path):
        client = limited.client()
        client.ask("POST", path, "Transfer-Encoding: chunked")
        for _ in range(20):
            client.send(b"64\r\n" + b"x" * 100 + b"\r\n")
        client.send("0\r\n\r\n")
        reply = client.reply()
        assert reply.status == 413
        assert "1,000 bytes" in reply.text
        assert limited.get("/hello").text == "hello"

    def test_chunks_without_end_are_a_413_at_once(self, limited):
        client = limited.client()
        client.ask("POST", "/text", "Transfer-Encoding: chunked")
        client.send(b"fffffff\r\n" + b"x" * 2000)
        assert client.reply().status == 413

    def test_a_limit_of_the_same_length_twice(self, limited):
        client = limited.client()
        client.ask("POST", "/text", "Content-Length: 1001", "Content-Length: 1001")
        client.send("x" * 1001)
        assert client.reply().status == 413


@pytest.mark.parametrize("body", ["zz\r\nx\r\n", "4\r\nbody!!", "-1\r\n"])
def test_malformed_chunks_end_the_request(upload, body):
    client = upload.client()
    client.ask("POST", "/text", "Transfer-Encoding: chunked")
    client.send(body)
    assert client.reply().status == 400
    assert client.is_closed()
    assert upload.becomes_quiet()
    assert upload.get("/hello").text == "hello"


def test_back_pressure_reaches_the_client(world, gate):
    @world.route("/slow", "POST")
    async def slow(request):
        await gate.passed()
        return len(await request.bytes())

    size = 60_000_000
    client = world.client()
    client.ask("POST", "/slow", f"Content-Length: {size}")
    sent = client.send_until_it_blocks(b"x" * 65536, size)
    assert sent < 30_000_000
    gate.open()
    client.send(b"x" * (size - sent))
    assert client.reply().json() == size


def test_a_multipart_upload_comes_back(world):
    @world.route("/form", "POST")
    async def form(request):
        data = await request.form_data()
        return Response.json([[name, value if isinstance(value, str) else value.name] for name, value in data])

    body = b'--B\r\nContent-Disposition: form-data; name="t"\r\n\r\nhello\r\n'
    body += b'--B\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nFILE\r\n--B--\r\n'
    reply = world.post("/form", "Content-Type: multipart/form-data; boundary=B", body=body)
    assert reply.json() == [["t", "hello"], ["f", "a.txt"]]


@pytest.mark.parametrize("size", [8, 300_000])
def test_a_body_that_nobody_read_is_gone_in_after(world, size):
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

    assert world.client().post("/", body=b"x" * size).text == "answer"
    assert told.wait(20)
    assert read == [8 if size == 8 else "The answer was sent, and the rest of the body was dropped"]
