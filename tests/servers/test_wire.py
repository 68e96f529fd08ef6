from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from notebook_routes.servers.wire import head, status_line
from notebook_routes.web import Headers, Response


def lines(response, **options):
    data = head(response, **options)
    assert data.endswith(b"\r\n\r\n")
    first, *rest = data[:-4].decode("latin-1").split("\r\n")
    return first, [line for line in rest if not line.startswith("Date: ")]


def test_status_and_headers():
    response = Response("hello", status=201, headers={"x-a": "1", "content-type": "text/html"})
    assert lines(response, content_length=5) == (
        "HTTP/1.1 201 Created",
        ["X-A: 1", "Content-Type: text/html", "Content-Length: 5"],
    )


def test_a_date_is_added_where_there_is_none():
    data = head(Response("x")).decode()
    (date,) = [line for line in data.split("\r\n") if line.startswith("Date: ")]
    assert parsedate_to_datetime(date.removeprefix("Date: ")).tzinfo is not None
    assert head(Response("x", headers={"date": "then"})).count(b"Date: ") == 1


def test_a_length_of_its_own_is_not_written_twice():
    assert lines(Response("x", headers={"content-length": "1"}), content_length=1)[1].count("Content-Length: 1") == 1


@pytest.mark.parametrize("status", [204, 304])
def test_what_has_no_body_has_no_length(status):
    assert lines(Response(None, status=status), content_length=0)[1] == []


def test_repeated_headers_are_joined_but_for_those_that_cannot_be():
    headers = Headers([("vary", "a"), ("set-cookie", "a=1"), ("Vary", "b"), ("set-cookie", "b=2")])
    headers.append("www-authenticate", "Basic")
    headers.append("www-authenticate", "Bearer")
    assert lines(Response(None, headers=headers))[1] == [
        "Vary: a, b",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "Www-Authenticate: Basic",
        "Www-Authenticate: Bearer",
    ]


def test_how_the_body_is_framed_is_the_servers_business():
    response = Response("x", headers=[("transfer-encoding", "chunked"), ("Transfer-Encoding", "gzip"), ("x-a", "1")])
    assert "Transfer-Encoding" not in head(response).decode()
    assert "X-A: 1" in lines(response)[1]


def test_connection_is_said_once():
    assert lines(Response(None), connection="close")[1] == ["Connection: close"]
    assert lines(Response(None, headers={"connection": "close"}), connection="close")[1] == ["Connection: close"]


def test_the_reason():
    assert status_line(404) == "HTTP/1.1 404 Not Found"
    # As RFC 9110 has it, in whatever Python.
    assert status_line(422) == "HTTP/1.1 422 Unprocessable Content"
    assert status_line(299) == "HTTP/1.1 299 Unknown"
    assert lines(Response(None, status=200, status_text="Fine"))[0] == "HTTP/1.1 200 Fine"


def test_values_are_latin_1():
    assert "X-L: café".encode("latin-1") in head(Response(None, headers={"x-l": "café"}))
