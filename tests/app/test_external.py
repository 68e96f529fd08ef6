"""A rewrite that leaves, asked of a real server."""

import asyncio
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notebook_routes.app import App, external
from notebook_routes.runtime import outgoing
from notebook_routes.web import Headers, Response


class Elsewhere(BaseHTTPRequestHandler):
    """Tells what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        status = int(self.path.partition("?status=")[2] or 200)
        lines = [f"{name.lower()}: {value}" for name, value in self.headers.items()]
        told = "\n".join([f"{self.command} {self.path} {body}", *lines])
        content = gzip.compress(told.encode()) if self.path == "/zipped" else told.encode()
        self.send_response(status)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Location", "/elsewhere")
        self.send_header("Keep-Alive", "timeout=5")
        if self.path == "/zipped":
            self.send_header("Content-Encoding", "gzip")
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(content)

    do_POST = do_HEAD = do_GET  # noqa: N815 - the names that it looks for

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def elsewhere():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def ask(url, target="/x", *, request_headers=None, cookies=(), **options):
    """What an app answers that rewrites everything to `url`; with its body read."""

    async def middleware(request):
        response = Response.rewrite(url, headers={"x-ours": "1"}, request_headers=request_headers)
        for name in cookies:
            response.cookies.set(name, "1")
        return response

    async def story():
        response = await App(middleware=[middleware]).request(target, **options)
        return response.status, response.headers, (await response.bytes()).decode()

    return asyncio.run(story())


def test_the_whole_request_goes_there_and_the_answer_comes_back(elsewhere):
    status, headers, body = ask(
        f"{elsewhere}/there?z=1",
        method="POST",
        body="hello",
        headers={
            "host": "shop.example",
            "content-length": "5",
            "x-mine": "1",
            "connection": "x-hop",
            "x-hop": "1",
            "cookie": "c=3",
        },
        cookies=["new"],
    )
    first, *lines = body.split("\n")
    assert (status, first) == (200, "POST /there?z=1 hello")
    assert f"host: {elsewhere.removeprefix('http://')}" in lines
    assert {"x-mine: 1", "cookie: c=3; new=1", "x-forwarded-host: shop.example", "x-forwarded-proto: http"} <= {*lines}
    assert not any(line.startswith(("x-hop", "transfer-encoding", "user-agent: python")) for line in lines)
    assert headers.get_set_cookie() == ["a=1", "b=2", "new=1; Path=/"]
    assert headers["x-ours"] == "1"
    assert not headers.has("keep-alive")


def test_what_request_headers_leave_out_stays_here(elsewhere):
    _, _, body = ask(f"{elsewhere}/", request_headers=Headers(), headers={"authorization": "secret"})
    assert "secret" not in body


def test_a_redirect_is_the_clients_to_follow(elsewhere):
    status, headers, _ = ask(f"{elsewhere}/?status=302")
    assert (status, headers["location"]) == (302, "/elsewhere")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answers_without_a_body(elsewhere, method, status):
    assert ask(f"{elsewhere}/?status={status}", method=method)[::2] == (status, "")


def test_a_body_that_is_encoded_stays_so(elsewhere):
    async def middleware(request):
        return Response.rewrite(f"{elsewhere}/zipped")

    async def story():
        response = await App(middleware=[middleware]).request("/x", headers={"accept-encoding": "gzip"})
        return response.headers["content-encoding"], gzip.decompress(await response.bytes())

    encoding, content = asyncio.run(story())
    assert encoding == "gzip"
    assert content.startswith(b"GET /zipped")


@pytest.mark.parametrize("url", ["//127.0.0.1:1/x", "/\\127.0.0.1:1/x", "ftp://127.0.0.1/", "http://"])
def test_only_a_url_with_its_scheme_leads_away(url):
    assert ask(url)[0] == 500


def test_a_server_that_is_not_there_is_a_502():
    status, _, body = ask("http://127.0.0.1:1/")
    assert (status, body) == (502, "127.0.0.1:1 cannot be reached\n")


def test_a_server_that_keeps_us_waiting_is_a_504(monkeypatch):
    import socket

    monkeypatch.setattr(outgoing, "_READ", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert ask(f"http://127.0.0.1:{port}/")[0] == 504


def test_a_rewrite_that_comes_back_here_is_a_508(elsewhere):
    via = {"via": external._VIA}
    assert ask(f"{elsewhere}/", headers=via)[0] == 508


def test_an_answer_that_nobody_reads_is_let_go(elsewhere):
    async def replace(request, following):
        response = await following()
        await response.body.cancel()
        return Response("own")

    async def rewrite(request):
        return Response.rewrite(elsewhere)

    response = asyncio.run(App(middleware=[replace, rewrite]).request("/x"))
    assert response.content == b"own"
