"""Scopes as servers other than uvicorn give them, too."""

import pytest

from notebook_routes.servers.asgi_request import Refused, request_of

HOST = (b"host", b"shop.example")


def scope(*fields, **changed):
    plain = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"",
        "server": ("127.0.0.1", 8000),
        "client": ("10.0.0.1", 5),
        "headers": fields or (HOST,),
    }
    return {name: value for name, value in (plain | changed).items() if value is not None}


def request(*fields, root="", **changed):
    made, _ = request_of(scope(*fields, **changed), root, 1000)
    return made


@pytest.mark.parametrize(
    ("changed", "target"),
    [
        ({}, "/a%20b"),
        ({"query_string": b"x=%41&y"}, "/a%20b?x=%41&y"),
        ({"raw_path": None, "path": "/é/b c"}, "/%C3%A9/b%20c"),
        ({"raw_path": b"/a?x=1", "query_string": b"x=1"}, "/a?x=1"),
        ({"raw_path": b"/a/../b/%2e/c#d"}, "/b/c"),
        ({"root": "/shop", "raw_path": b"/shop/a"}, "/a"),
        ({"root": "/a shop", "raw_path": b"/a%20shop"}, "/"),
        ({"root": "/shop", "raw_path": b"/shopping"}, "/shopping"),
    ],
)
def test_the_target(changed, target):
    assert request(**changed).target == target


@pytest.mark.parametrize(
    ("changed", "url"),
    [
        ({}, "http://shop.example/a%20b"),
        ({"scheme": "https"}, "https://shop.example/a%20b"),
        ({"headers": [(b"host", b" shop.example:81\t")]}, "http://shop.example:81/a%20b"),
        ({"headers": [], "http_version": "1.0"}, "http://127.0.0.1:8000/a%20b"),
        ({"headers": [(b"host", b"")], "http_version": "1"}, "http://127.0.0.1:8000/a%20b"),  # as granian has it
        ({"raw_path": b"http://b.example:81/a", "query_string": b"x"}, "http://b.example:81/a?x"),
        ({"headers": [], "http_version": "2", "server": ("::1", 8000)}, "http://[::1]:8000/a%20b"),
        ({"headers": [], "http_version": "1.0", "server": ("example", None)}, "http://example/a%20b"),
        ({"headers": [], "http_version": "1.0", "server": ("/run/x.sock", None)}, "http://localhost/a%20b"),
        ({"headers": [], "http_version": "1.0", "server": None}, "http://localhost/a%20b"),
    ],
)
def test_the_url(changed, url):
    assert request(**changed).url == url


def test_an_absolute_target_overrides_the_header():
    for headers in ([HOST], [(b"accept", b"a"), HOST, (b"accept", b"b")]):
        asked = request(*headers, raw_path=b"http://b.example/a")
        assert (asked.target, asked.headers.get("host")) == ("/a", "b.example")
    with pytest.raises(Refused):
        request(raw_path=b"http://b.example:99999/a")


def test_headers_and_peer():
    asked = request(HOST, (b"x-a", b" 1 "), (b"x-a", b"2"), http_version="2")
    assert asked.headers.get("x-a") == "1, 2"
    assert asked.headers.raw == [("host", "shop.example"), ("x-a", "1"), ("x-a", "2")]
    assert asked.peer == ("10.0.0.1", "2", 5)
    assert request(client=None).peer is None


@pytest.mark.parametrize(
    ("fields", "changed", "has_body"),
    [
        ([], {"method": "POST"}, False),
        ([], {"method": "POST", "http_version": "2"}, True),
        ([(b"content-length", b"0")], {"method": "POST"}, True),
        ([(b"transfer-encoding", b"chunked")], {"method": "PUT"}, True),
        ([(b"content-length", b"5")], {"method": "GET"}, True),
        ([(b"content-length", b"5")], {"method": "HEAD"}, True),
    ],
)
def test_which_have_a_body(fields, changed, has_body):
    _, body = request_of(scope(HOST, *fields, **changed), "", 1000)
    assert (body is not None) is has_body


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"headers": []}, 400),
        ({"headers": [HOST, HOST]}, 400),
        ({"headers": [(b"host", b"a, b")]}, 400),
        ({"headers": [HOST, (b"content-length", b" 1001 ")], "method": "POST"}, 413),
        ({"headers": [HOST, *[(b"x-%d" % number, b"") for number in range(1000)]]}, 431),
        ({"headers": [HOST, *[(b"x-a", b"")] * 1000]}, 431),
        ({"method": "CONNECT", "raw_path": b"shop.example:80"}, 400),
    ],
)
def test_what_is_refused(changed, status):
    with pytest.raises(Refused) as refused:
        request(**changed)
    assert refused.value.response.status == status
