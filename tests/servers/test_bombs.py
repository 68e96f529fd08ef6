"""Bodies that want to fill the memory or to take for ever: a 413, in bounded memory and long before their end."""

from __future__ import annotations

import select
from typing import Annotated

import psutil
import pytest

from notebook_routes import Form, Request

MIB = 1024 * 1024
LIMIT = 16 * MIB
#: Of the body: a copy at each of the stages that hold it whole, and what the interpreter does not give back.
MOST_GROWTH = 6 * LIMIT
TYPE = "Content-Type: multipart/form-data; boundary=B"
FIELD = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'


@pytest.fixture
def forms(world, start):
    @world.route("/read", "POST")
    async def read(request: Request):
        return {"fields": len(await request.form_data())}

    @world.route("/typed", "POST")
    def typed(a: Annotated[str, Form()]):
        return {"length": len(a)}

    @world.route("/hello")
    async def hello():
        return "hello"

    return start(max_body_size=LIMIT)


class Flood:
    """Sends chunk after chunk until the answer comes; notes how much, and how the memory of this process grew.

    The server runs in this process, too.
    """

    def __init__(self, client, *, most):
        self.client = client
        self.most = most
        self.sent = 0
        self._rss = psutil.Process().memory_info
        self._before = self._rss().rss
        self.growth = 0

    def send(self, piece):
        chunk = b"%x\r\n%s\r\n" % (len(piece), piece)
        while self.sent < self.most and not select.select([self.client.socket], [], [], 0)[0]:
            self.client.send(chunk)
            self.sent += len(piece)
            self.growth = max(self.growth, self._rss().rss - self._before)


@pytest.mark.parametrize("path", ["/read", "/typed"])
def test_a_field_of_a_gigabyte(forms, path):
    client = forms.client()
    client.ask("POST", path, TYPE, "Transfer-Encoding: chunked")
    client.send(b"%x\r\n%s\r\n" % (len(FIELD), FIELD))
    flood = Flood(client, most=1024 * MIB)
    flood.send(bytes(64 * 1024))
    reply = client.reply()
    assert reply.status == 413
    assert f"{LIMIT:,} bytes" in reply.text
    assert LIMIT <= flood.sent < 1024 * MIB
    assert flood.growth < MOST_GROWTH
    client.close()
    assert forms.get("/hello").text == "hello"


def test_a_file_of_a_gigabyte_that_says_so(forms):
    client = forms.client()
    client.ask("POST", "/read", TYPE, f"Content-Length: {1024 * MIB}")
    assert client.reply().status == 413
    assert forms.get("/hello").text == "hello"


@pytest.mark.parametrize("path", ["/read", "/typed"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (TYPE, (FIELD + b"x\r\n") * 10_000 + b"--B--\r\n"),
        ("Content-Type: application/x-www-form-urlencoded", b"a&" * 10_000),
    ],
)
def test_ten_thousand_fields(forms, path, kind, body):
    reply = forms.post(path, kind, body=body)
    assert (reply.status, reply.text) == (413, "The form has more than 1,000 fields: send a list as JSON")
    assert forms.get("/hello").text == "hello"


@pytest.mark.parametrize("piece", [b"a: b\r\n" * 1000, b"x" * 6000], ids=["many", "long"])
def test_headers_of_a_part_without_end(forms, piece):
    client = forms.client()
    client.ask("POST", "/read", TYPE, "Transfer-Encoding: chunked")
    client.send(b"5\r\n--B\r\n\r\n")
    flood = Flood(client, most=1024 * MIB)
    flood.send(piece)
    reply = client.reply()
    assert (reply.status, reply.text) == (413, "The headers of a part of the form are larger than 8,192 bytes")
    assert flood.sent < 1024 * MIB
    assert flood.growth < MOST_GROWTH
    client.close()
    assert forms.get("/hello").text == "hello"


def test_a_boundary_of_thousands_of_characters_is_no_form(forms):
    """It stands in a header, whose size is limited; RFC 2046 §5.1.1 allows 70."""
    reply = forms.post("/read", f"Content-Type: multipart/form-data; boundary={'B' * 10_000}", body=b"--B\r\n")
    assert reply.status == 400
    assert "Boundary length" in reply.text


def test_thousands_of_headers(forms):
    client = forms.client()
    client.ask("GET", "/hello", *(f"x{number}:" for number in range(5000)))
    assert client.reply().status == 431
    client.close()
    assert forms.client().get("/hello", *(f"x{number}: 1" for number in range(900))).text == "hello"
