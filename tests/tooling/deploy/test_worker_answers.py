"""The folder of a Worker, with the platform's SDK, gives the answers that the project gives under `serve`."""

import http.client
import json
import re

import pytest

from tests.tooling.deploy.worker_host import WorkerHost
from tests.waiting import wait_until

#: What each server writes in its own way (RFC 9110 §6.6.1, §7.6.1), and how a body is framed.
NOT_COMPARED = {"connection", "date", "keep-alive", "server", "transfer-encoding"}
#: Made of the moment at which the host got its files.
OF_FILES = {"etag", "last-modified"}
FORM = b"name=L%C3%A4mpchen&size=4"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nL\xc3\xa4mp\r\n'
    b'--x\r\nContent-Disposition: form-data; name="size"\r\n\r\nbig\r\n--x--\r\n'
)
BINARY = bytes(range(256)) * 4096
REQUESTS = {
    "json": ("GET", "/"),
    "unicode": ("GET", "/products/2"),
    "head": ("HEAD", "/"),
    "head of a kept answer": ("HEAD", "/products/2"),
    "options": ("OPTIONS", "/"),
    "not allowed": ("POST", "/"),
    "not found by the handler": ("GET", "/products/3"),
    "no such path": ("GET", "/nowhere/%C3%BC"),
    "not valid": ("GET", "/products/lamp"),
    "failing": ("GET", "/broken"),
    "typed": ("PUT", "/products/7?price=1.5"),
    "wrongly typed": ("PUT", "/products/7?price=much"),
    "redirect": ("DELETE", "/products/1"),
    "no body": ("POST", "/later"),
    "binary": ("POST", "/echo", BINARY, {"content-type": "application/octet-stream"}),
    "empty binary": ("POST", "/echo", b"", {}),
    "form": ("POST", "/form", FORM, {"content-type": "application/x-www-form-urlencoded"}),
    "form with parts": ("POST", "/form", MULTIPART, {"content-type": "multipart/form-data; boundary=x"}),
    "form without a field": ("POST", "/form", b"size=1", {"content-type": "application/x-www-form-urlencoded"}),
    "stream": ("GET", "/stream"),
    "two cookies": ("GET", "/cookies"),
    "redirect by middleware": ("GET", "/old"),
    "cors": ("GET", "/products/1", None, {"origin": "https://shop.example"}),
    "cors, another origin": ("GET", "/products/1", None, {"origin": "https://other.example"}),
    "preflight": (
        "OPTIONS",
        "/products/1",
        None,
        {"origin": "https://shop.example", "access-control-request-method": "PUT"},
    ),
    "another site": ("POST", "/echo", b"x", {"origin": "https://other.example"}),
    "page": ("GET", "/about"),
    "template": ("GET", "/hello?name=%3C%C3%BC"),
    "api route": ("GET", "/api/hello?name=%C3%BC"),
    "public file": ("GET", "/style.css"),
    "range of a public file": ("GET", "/data.bin", None, {"range": "bytes=250-"}),
    "trailing slash": ("GET", "/about/"),
    "health": ("GET", "/_routes/health"),
}


def ask(port, method, target, body=None, headers=()):
    """Status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def comparable(port, answer, *, without):
    """An answer without what differs from server to server."""
    status, headers, body = answer
    named = [(name.lower(), value.replace(f":{port}/", ":80/")) for name, value in headers]
    return status, sorted(pair for pair in named if pair[0] not in without), body


@pytest.fixture(scope="module")
def host(shop_worker):
    host = WorkerHost(shop_worker[0] / "shop-cloudflare")
    yield host
    host.stop()


@pytest.fixture
def served(run, shop_worker):
    shop = shop_worker[0] / "shop"
    program = run("notebook_routes.tooling.cli", "serve", str(shop), "--port", "0", "--no-access-log")
    return int(re.search(r"http://[^:]+:(\d+)", program.line())[1])


def test_it_answers_as_under_serve(host, served):
    differences = {}
    for what, request in REQUESTS.items():
        without = NOT_COMPARED | (OF_FILES if "public file" in what else set())
        there, here = (comparable(port, ask(port, *request), without=without) for port in (host.port, served))
        if there != here:
            differences[what] = (there, here)
    assert differences == {}


def test_it_asks_other_servers_by_the_platforms_fetch(host, served):
    status, _, body = ask(host.port, "GET", f"/ask?port={served}")
    assert (status, body) == (200, ask(served, "GET", "/")[2])
    assert ask(host.port, "GET", "/ask?port=9")[0] == 500


def test_a_stream_comes_in_pieces_and_cookies_in_lines(host):
    status, headers, body = ask(host.port, "GET", "/stream")
    assert (status, body.decode()) == (200, "".join(f"{number} ü\n" for number in range(5)))
    assert "content-length" not in {name.lower() for name, _ in headers}
    _, headers, _ = ask(host.port, "GET", "/cookies")
    cookies = [value for name, value in headers if name.lower() == "set-cookie"]
    assert cookies == ["a=1; Path=/", "b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT"]


def test_a_stream_is_on_its_way_before_it_ends(host):
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=60)
    try:
        connection.request("GET", "/slow")
        answer = connection.getresponse()
        assert answer.read(7) == b"first, "
        assert ask(host.port, "POST", "/slow")[0] == 204
        assert answer.read() == b"last"
    finally:
        connection.close()


def test_kept_answers_are_kept(host):
    ask(host.port, "GET", "/products/1")
    _, headers, _ = ask(host.port, "GET", "/products/1")
    assert dict(headers)["cache-status"] == "notebook-routes; hit"


def test_after_is_done_though_the_answer_is_out(host):
    before, waiting = int(ask(host.port, "GET", "/later")[2]), host.said.count("waiting\n")
    assert ask(host.port, "POST", "/later")[0] == 204
    # The platform ends an isolate that it is not told to wait for.
    wait_until(lambda: host.said.count("waiting\n") > waiting)
    wait_until(lambda: host.said.count("waited\n") == host.said.count("waiting\n"))
    assert int(ask(host.port, "GET", "/later")[2]) > before


def test_the_place_is_the_platforms_and_not_what_a_client_says(host):
    told = {"country": "DE", "region": "Nordrhein-Westfalen", "city": "Köln", "latitude": "50.9", "longitude": "6.9"}
    place = json.dumps(told, ensure_ascii=True)
    _, _, body = ask(host.port, "GET", "/place", None, {"x-test-cf": place, "cf-ipcountry": "FR"})
    assert json.loads(body) == {**told, "latitude": 50.9, "longitude": 6.9}
    _, _, body = ask(host.port, "GET", "/place", None, {"x-test-cf": '{"country": "T1", "city": null}'})
    assert set(json.loads(body).values()) == {None}
    _, _, body = ask(host.port, "GET", "/place", None, {"cf-ipcountry": "FR"})
    assert set(json.loads(body).values()) == {None}
