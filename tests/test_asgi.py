"""A project, and an App, as ASGI applications of the servers there are."""

import asyncio
import http.client
import os
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from notebook_routes import App
from notebook_routes.asgi import create_app
from notebook_routes.errors import ConfigError, DefinitionError
from notebook_routes.routing import Route, RoutePattern
from notebook_routes.runtime import Invoker

PATIENCE = 60
ROUTE = """
from notebook_routes import Response
def GET(id: int, request):
    return {"id": id, "host": request.url.split("/")[2]}
async def POST(body):
    return body
def PUT(request):
    yield "one "
    yield "two"
"""
SERVERS = {
    "uvicorn": lambda app, port, factory: ["uvicorn", *(["--factory"] if factory else []), app, "--port", str(port)],
    "hypercorn": lambda app, port, factory: ["hypercorn", f"{app}()" if factory else app, "-b", f"127.0.0.1:{port}"],
    "granian": lambda app, port, factory: [
        "granian", "--interface", "asgi", *(["--factory"] if factory else []), "--port", str(port), app,
    ],
}  # fmt: skip


@pytest.fixture
def shop(tmp_path):
    route = tmp_path / "app/lamps/[id]/route.py"
    route.parent.mkdir(parents=True)
    route.write_text(ROUTE)
    (tmp_path / "shop_app.py").write_text(
        "from notebook_routes import App\nfrom notebook_routes.asgi import create_app\n"
        "app = create_app('.').app\nassert type(app) is App\n"
    )
    return tmp_path


@pytest.fixture(params=list(SERVERS))
def server(request, shop):
    if find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    processes = []

    def start(app, *, factory=False):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", *SERVERS[request.param](app, port, factory)],
                cwd=shop,
                env={**os.environ, "PYTHONPATH": paths},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        end = time.monotonic() + PATIENCE
        while True:
            assert processes[-1].poll() is None, processes[-1].stdout.read()
            assert time.monotonic() < end
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                time.sleep(0.02)
            else:
                return port

    yield start
    for process in processes:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        said = process.communicate()[0]
        assert "Traceback" not in said, said


def ask(port, method, target, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, target, body, headers)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("what", ["factory", "app"])
def test_every_server_answers_alike(server, what):
    port = server("notebook_routes.asgi:create_app", factory=True) if what == "factory" else server("shop_app:app")
    for _ in range(2):
        assert ask(port, "GET", "/lamps/7") == (200, f'{{"id":7,"host":"127.0.0.1:{port}"}}'.encode())
    assert ask(port, "GET", "/lamps/x")[0] == 422
    assert ask(port, "POST", "/lamps/1", '{"a":1}', **{"content-type": "application/json"}) == (200, b'{"a":1}')
    large = b"x" * 1_000_000
    assert ask(port, "POST", "/lamps/1", large, **{"content-type": "text/plain"}) == (200, large)
    assert ask(port, "PUT", "/lamps/1") == (200, b"one two")
    assert ask(port, "HEAD", "/lamps/7") == (200, b"")
    assert ask(port, "GET", "/_routes/health") == (200, b'{"status":"ok"}')


def answered(asgi, target, headers=()):
    """Status and body of what an ASGI application answers to a GET."""
    sent = []

    async def run():
        received = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive():
            message = next(received, None)
            if message is None:
                await asyncio.Event().wait()
            return message

        async def send(message):
            sent.append(message)

        path, _, query = target.partition("?")
        scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode()}
        fields = [(b"host", b"localhost"), *headers]
        await asgi({**scope, "query_string": query.encode(), "headers": fields}, receive, send)
        said = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def lifespan():
            return next(said)

        await asgi({"type": "lifespan"}, lifespan, send)

    asyncio.run(run())
    start, *bodies = [message for message in sent if message["type"].startswith("http")]
    assert [message["type"] for message in sent if message["type"].startswith("lifespan")] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    return start["status"], b"".join(message["body"] for message in bodies)


def test_an_app_is_an_asgi_application():
    pattern = RoutePattern.parse("/lamps/[id]")

    async def GET(params):
        return params

    app = App()
    app.routes.put(Route("GET", pattern, Invoker(GET, method="GET", pattern=pattern)))
    assert answered(app, "/lamps/7") == (200, b'{"id":"7"}')


def test_settings_come_from_the_environment_where_they_are_not_given(shop, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTEBOOK_ROUTES_DIR", str(shop))
    monkeypatch.setenv("NOTEBOOK_ROUTES_TOKEN", "secret")
    monkeypatch.setenv("NOTEBOOK_ROUTES_ACCESS_LOG", "text")
    monkeypatch.setenv("NOTEBOOK_ROUTES_MAX_BODY_SIZE", "10")
    monkeypatch.setenv("NOTEBOOK_ROUTES_CACHE", f"file:{tmp_path / 'cache'}")
    asgi = create_app()
    assert asgi.max_body_size == 10
    assert type(asgi.app.answers.handler).__name__ == "FileCache"
    assert answered(asgi, "/lamps/7")[0] == 401
    assert answered(create_app(cache="memory"), "/lamps/7", [(b"authorization", b"Bearer secret")])[0] == 200
    assert '"GET /lamps/7 HTTP/1.1" 200 ' in capsys.readouterr().out


def test_paths_are_taken_from_the_folder_of_a_process_that_serves_it_alone(shop, monkeypatch, tmp_path):
    route = shop / "app/data/route.py"
    route.parent.mkdir()
    route.write_text("def GET():\n    with open('data.txt') as file:\n        return file.read()\n")
    (shop / "data.txt").write_text("here")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert answered(create_app(shop), "/data")[0] == 500
    assert Path.cwd() == elsewhere
    monkeypatch.setenv("NOTEBOOK_ROUTES_DIR", str(shop))
    assert answered(create_app(), "/data") == (200, b"here")


def test_hosts_come_from_the_environment(shop, monkeypatch):
    monkeypatch.setenv("NOTEBOOK_ROUTES_ALLOW_HOST", "shop.example b.example")
    asgi = create_app(shop)
    assert asgi.app.guard.hosts == {"shop.example", "b.example", "localhost", "127.0.0.1", "[::1]"}
    monkeypatch.delenv("NOTEBOOK_ROUTES_ALLOW_HOST")
    assert create_app(shop).app.guard.hosts is None


def test_without_a_word_it_is_the_current_folder(shop, monkeypatch):
    monkeypatch.delenv("NOTEBOOK_ROUTES_DIR", raising=False)
    monkeypatch.chdir(shop)
    assert answered(create_app(), "/lamps/7")[0] == 200


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GEO", "akamai", "akamai"),
        ("CACHE", "disk", "there is no cache 'disk'"),
        ("ACCESS_LOG", "xml", "written as text or json"),
        ("MAX_BODY_SIZE", "1e6", "no number of bytes"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(shop, monkeypatch, name, value, said):
    monkeypatch.setenv(f"NOTEBOOK_ROUTES_{name}", value)
    with pytest.raises(ConfigError, match=said):
        create_app(shop)


def test_a_folder_without_app_is_refused(tmp_path):
    with pytest.raises(DefinitionError, match=r"holds no folder 'app'.*; there is no folder \S+none$"):
        create_app(tmp_path / "none")


def test_who_names_no_folder_is_told_how(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOTEBOOK_ROUTES_DIR", raising=False)
    with pytest.raises(DefinitionError, match=r"holds no folder 'app'.*; NOTEBOOK_ROUTES_DIR names another folder"):
        create_app()
    monkeypatch.setenv("NOTEBOOK_ROUTES_DIR", str(tmp_path))
    with pytest.raises(DefinitionError, match=r"/route\.py$"):
        create_app()


def test_a_served_tree_does_not_remember_who_has_asked(shop):
    app = create_app(shop).app
    asyncio.run(app.request("/lamps/7"))
    assert app.log.count == 0
