"""The client against servers that answer with given bytes."""

import socket
import threading

import pytest

from tests.conformance.client import send


@pytest.fixture
def answering():
    """Gives a function that starts a server for one connection; it sends some bytes and closes."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads = []

    def start(answer):
        def answer_one():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threads.append(threading.Thread(target=answer_one))
        threads[0].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for thread in threads:
        thread.join()
    listener.close()


def ask(base_url, **more):
    return send(base_url, {"method": "GET", "path": "/", **more})


def test_header_lines_stay_apart(answering):
    reply = ask(answering(b"HTTP/1.1 204 No Content\r\nSet-Cookie: a=1\r\nX: y\r\nset-cookie: b=2\r\n\r\n"))
    assert reply.status == 204
    assert reply.values("set-cookie") == ["a=1", "b=2"]
    assert not reply.incomplete


def test_chunks_are_counted(answering):
    reply = ask(answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"))
    assert (reply.text, reply.chunks, reply.incomplete) == ("abc", 2, False)


@pytest.mark.parametrize(
    "rest", [b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", b"Content-Length: 3\r\n\r\nab", b"Content-Le"]
)
def test_an_answer_cut_short_is_incomplete(answering, rest):
    assert ask(answering(b"HTTP/1.1 200 OK\r\n" + rest)).incomplete


def test_interim_answers_are_passed_over(answering):
    assert ask(answering(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody")).text == "body"


def test_a_status_below_100_is_no_interim_answer(answering):
    assert ask(answering(b"HTTP/1.1 0 Unknown\r\nContent-Length: 0\r\n\r\n")).status == 0


def test_the_client_leaves_when_it_is_told(answering):
    reply = ask(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), abortAfterMs=0)
    assert reply.aborted
