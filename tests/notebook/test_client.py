"""Sending requests from the kernel, and the response a cell keeps."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from notebook_routes.errors import ServerError
from notebook_routes.notebook.client import FinishedResponse, KernelClient
from notebook_routes.project import parse_request_cell
from notebook_routes.web import Headers


def response(body=b"", *, status=200, content_type=None, **more):
    headers = Headers({"content-type": content_type} if content_type else None)
    return FinishedResponse(status, headers, body, **more)


class Peer:
    """A server that gives each connection its next scripted answer, in pieces, and keeps what was asked."""

    def __init__(self, listener, answers):
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.asked = []
        self._listener = listener
        self._answers = answers

    def serve(self):
        answers = list(self._answers)
        while answers:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # A client may leave before it has all.
            with connection, suppress(ConnectionError):
                asked = _read_request(connection)
                if asked is None:
                    # Somebody else who tried the port.
                    continue
                self.asked.append(asked)
                for piece in answers.pop(0):
                    connection.sendall(piece)


def _read_request(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return lines[0], headers, body


@contextmanager
def peer(*answers, token=None):
    """A peer, and a client whose paths go to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Peer(listener, answers)
        thread = threading.Thread(target=server.serve)
        thread.start()
        client = KernelClient(lambda: server.url, lambda: token)
        try:
            yield client, server
        finally:
            client.close()
            # Wakes a thread that still waits for a connection.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def whole(body=b"", *head, status=b"200 OK"):
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Connection: close", *head]
    return [b"\r\n".join(lines) + b"\r\n\r\n" + body]


def stream(*chunks, content_type=b"text/plain"):
    head = (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: "
        + content_type
        + b"\r\n\r\n"
    )
    return [head, *(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks), b"0\r\n\r\n"]


def spec(line, cell=""):
    (request,) = parse_request_cell(line, cell).requests
    return request


# The response


def test_a_response_is_all_there():
    answer = response(b'{"name": "Lamp"}', content_type="application/json")
    assert answer.ok
    assert answer.text == '{"name": "Lamp"}'
    assert answer.json() == {"name": "Lamp"}


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (299, True), (300, False), (404, False)])
def test_ok_is_200_to_299(status, ok):
    assert response(status=status).ok is ok


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (None, "é".encode(), "é"),
        ("text/plain", "é".encode(), "é"),
        ("text/plain; charset=UTF-8", "é".encode(), "é"),
        ("text/plain;charset=iso-8859-1", b"\xe9", "é"),
        ('text/plain; charset="ISO-8859-1"; x=y', b"\xe9", "é"),
        ("text/plain; charset=klingon", "é".encode(), "é"),
        ("text/plain; charset=base64", "é".encode(), "é"),
        ("text/plain; charset=idna", "é".encode(), "é"),
        ("text/plain; charset=", "é".encode(), "é"),
        ("text/plain", b"\xff", "\ufffd"),
    ],
)
def test_text_is_decoded_by_the_content_type(content_type, body, text):
    assert response(body, content_type=content_type).text == text


def test_what_is_no_json_says_how_it_begins():
    with pytest.raises(ValueError, match=r"the body of GET /x is not JSON \(Expecting value.*\): '<html>"):
        response(b"<html>" + b"x" * 1000, target="/x").json()


def test_a_response_shows_itself():
    answer = response(b"hello", content_type="text/plain", reason="OK")
    assert repr(answer) == "200 OK · text/plain\nhello"
    bundle = answer._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == repr(answer)
    assert "hello" in bundle["text/html"]


# What is sent


def test_a_path_goes_to_the_server_of_the_notebook():
    with peer(whole(b"hello", b"X-It: yes")) as (client, server):
        answer = client.send(spec("GET /a%20b?c=d"))
    assert (answer.status, answer.reason, answer.bytes) == (200, "OK", b"hello")
    assert (answer.method, answer.target) == ("GET", "/a%20b?c=d")
    assert answer.headers.get("x-it") == "yes"
    assert answer.complete
    assert not answer.streamed
    line, headers, _ = server.asked[0]
    assert line == "GET /a%20b?c=d HTTP/1.1"
    assert headers["host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('{"a": 1}', "application/json"),
        ("[1]", "application/json"),
        ("3", "application/json"),
        ("a=1&b=2", "application/x-www-form-urlencoded"),
        ("a = 1", "text/plain; charset=utf-8"),
        ("<a href=x>", "text/plain; charset=utf-8"),
        ("hello", "text/plain; charset=utf-8"),
    ],
)
def test_the_content_type_is_guessed(body, content_type):
    with peer(whole()) as (client, server):
        client.send(spec("POST /x", f"\n{body}"))
    _, headers, sent = server.asked[0]
    assert headers["content-type"] == content_type
    assert sent == body.encode()


def test_a_content_type_that_is_given_stays():
    with peer(whole()) as (client, server):
        client.send(spec("POST /x", "Content-Type: application/xml\n\n{}"))
    assert server.asked[0][1]["content-type"] == "application/xml"


def test_the_token_is_sent_to_our_server_only():
    with peer(whole(), whole(), whole(), token="secret") as (client, server):
        client.send(spec("GET /x"))
        client.send(spec("GET /x", "Authorization: Bearer mine"))
        client.send(spec(f"GET {server.url}/x"))
    assert [headers.get("authorization") for _, headers, _ in server.asked] == ["bearer secret", "bearer mine", None]


def test_cookies_are_kept_until_close():
    with peer(whole(b"", b"Set-Cookie: a=b; Path=/"), whole(), whole()) as (client, server):
        client.send(spec("GET /x"))
        client.send(spec("GET /x"))
        client.close()
        client.send(spec("GET /x"))
    assert [headers.get("cookie") for _, headers, _ in server.asked] == [None, "a=b", None]


def test_redirects_are_shown_and_not_followed():
    with peer(whole(b"", b"Location: /there", status=b"307 Temporary Redirect")) as (client, _):
        assert client.send(spec("GET /x")).status == 307


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with peer(whole(b"hello")) as (client, _):
        assert client.send(spec("GET /x")).text == "hello"


def test_headers_are_latin_1():
    with peer(whole()) as (client, server):
        client.send(spec("GET /x", "X-Name: Zoé"))
        with pytest.raises(ServerError, match='GET /x cannot be sent: a header cannot hold "☃", write it percent-enc'):
            client.send(spec("GET /x", "X-Name: a ☃"))
    assert server.asked[0][1]["x-name"] == "zoé"


# What cannot be sent, or is not answered


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    client = KernelClient(lambda: url, lambda: None)
    with pytest.raises(ServerError, match=r"GET /x had no answer: .*refused"):
        client.send(spec("GET /x"))
    client.close()


def test_the_server_is_asked_for_its_address_only_for_a_path():
    def not_running():
        raise ServerError("The server does not run")

    with peer(whole(b"hello")) as (_, server):
        client = KernelClient(not_running, lambda: None)
        assert client.send(spec(f"GET {server.url}/x")).text == "hello"
        with pytest.raises(ServerError, match="does not run"):
            client.send(spec("GET /x"))
        client.close()


@pytest.mark.parametrize("url", ["http://[::1/", "http://a:b/", "http:///x"])
def test_an_address_that_is_none(url):
    client = KernelClient(lambda: "", lambda: None)
    with pytest.raises(ServerError, match=r"GET http.* (cannot be sent|had no answer)"):
        client.send(spec(f"GET {url}"))
    client.close()


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [b"nonsense\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"],
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"],
    ],
)
def test_an_answer_that_is_none(answer):
    with peer(answer) as (client, _), pytest.raises(ServerError, match="GET /x had no answer"):
        client.send(spec("GET /x"))


# Streams


def test_a_stream_of_text_is_shown_as_it_comes():
    shown = []
    with peer(stream(b"one\n", b"two\n")) as (client, _):
        answer = client.send(spec("GET /x"), show=shown.append)
    assert "".join(shown) == answer.text == "one\ntwo\n"
    assert answer.streamed


@pytest.mark.parametrize("content_type", [b"text/event-stream", b"application/x-ndjson", b"text/html"])
def test_these_are_text(content_type):
    with peer(stream(b"x", content_type=content_type)) as (client, _):
        assert client.send(spec("GET /x"), show=lambda _: None).streamed


def test_what_is_no_text_or_has_a_length_is_not_shown():
    shown = []
    with peer(stream(b"\0", content_type=b"image/png"), whole(b"x", b"Content-Type: text/plain")) as (client, _):
        assert not client.send(spec("GET /x"), show=shown.append).streamed
        assert not client.send(spec("GET /x"), show=shown.append).streamed
    assert shown == []


@pytest.mark.parametrize(
    ("charset", "chunks"), [("utf-8", "☃é".encode()), ("utf-16", "☃é".encode("utf-16")), ("iso-8859-1", b"\xe2\xe9")]
)
def test_a_character_may_be_cut_in_two(charset, chunks):
    shown = []
    pieces = [bytes([byte]) for byte in chunks]
    with peer(stream(*pieces, content_type=f"text/plain; charset={charset}".encode())) as (client, _):
        answer = client.send(spec("GET /x"), show=shown.append)
    assert "".join(shown) == answer.text == chunks.decode(charset)


def test_stop_ends_a_stream_and_what_has_come_is_the_answer():
    def stop(text):
        raise KeyboardInterrupt

    with peer(stream(b"one\n", b"two\n")) as (client, _):
        answer = client.send(spec("GET /x"), show=stop)
    assert not answer.complete
    assert answer.text.startswith("one\n")


class Interrupted:
    """What the client sends with, when Stop is pressed meanwhile."""

    def stream(self, *_, **__):
        raise KeyboardInterrupt


def test_stop_before_the_answer_says_so():
    client = KernelClient(lambda: "http://127.0.0.1:1", lambda: None)
    client._client = Interrupted()
    with pytest.raises(ServerError, match="GET /x was stopped before it had an answer"):
        client.send(spec("GET /x"))
