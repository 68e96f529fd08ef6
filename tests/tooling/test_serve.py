"""`notebook-routes serve`, as a program."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from notebook_routes.tooling import cli

ROOT = Path(cli.__file__).parents[2]
PATIENCE = 30


class Program:
    """A program that runs until it is told to stop."""

    def __init__(self, *command, environment=()):
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **dict(environment)},
        )

    def line(self):
        return self.process.stdout.readline()

    def stop(self, number=signal.SIGTERM):
        """Seconds until it has ended, exit status, what else it said on both streams."""
        start = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return time.monotonic() - start, self.process.returncode, out, err

    def end(self):
        """What it said, when it ends by itself."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


@pytest.fixture
def run():
    programs = []

    def start(*command, **options):
        programs.append(Program(*command, **options))
        return programs[-1]

    yield start
    for program in programs:
        if program.process.poll() is None:
            program.process.kill()
        program.process.communicate()


@pytest.fixture
def shop(tmp_path):
    route = tmp_path / "app/route.py"
    route.parent.mkdir()
    route.write_text(
        "import asyncio, time\n"
        "async def GET(wait: float = 0):\n    await asyncio.sleep(wait)\n    return 'open'\n"
        "def PUT(wait: float):\n    time.sleep(wait)\n"
        "def POST(body):\n    return len(body)\n"
        "def DELETE():\n    return 1 / 0\n"
    )
    return tmp_path


@pytest.fixture
def serve(run, shop):
    def start(*options, **more):
        program = run("notebook_routes.tooling.cli", "serve", str(shop), "--port", "0", *options, **more)
        line = program.line()
        found = re.fullmatch(rf"{re.escape(str(shop))} is served at http://[^:]+:(\d+)\n", line)
        assert found, (line, program.process.stderr.read() if not line else "")
        program.port = int(found[1])
        return program

    return start


def ask(program, method="GET", target="/", *, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=PATIENCE)
    try:
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_and_stops_when_it_is_told(serve, number):
    program = serve()
    assert ask(program) == (200, b"open")
    seconds, status, out, err = program.stop(number)
    assert (status, out, err) == (0, "", "")
    assert seconds < PATIENCE / 2


@pytest.mark.parametrize(("method", "target"), [("GET", "/?wait=1000"), ("PUT", "/?wait=1000")])
def test_it_stops_while_requests_wait(serve, method, target):
    program = serve()
    waiting = socket.create_connection(("127.0.0.1", program.port))
    waiting.sendall(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    # A later connection is answered when the first one is being.
    assert ask(program) == (200, b"open")
    _, status, out, err = program.stop()
    assert (status, out, err) == (0, "", "")
    waiting.close()


def test_failures_go_to_stderr_and_clients_learn_nothing(serve):
    program = serve()
    assert ask(program, "DELETE") == (500, b"Internal Server Error\n")
    _, _, out, err = program.stop()
    assert out == ""
    assert "ERROR notebook_routes.app: DELETE / failed" in err
    assert "return 1 / 0" in err
    assert "/notebook_routes/" not in err


def test_any_host_is_answered_unless_told_otherwise(serve):
    assert ask(serve(), Host="shop.example")[0] == 200
    program = serve("--allow-host", "shop.example", "--allow-host", "b.example")
    for host in ("shop.example", "b.example:80", "localhost", f"127.0.0.1:{program.port}"):
        assert ask(program, Host=host)[0] == 200
    assert ask(program, Host="evil.example")[0] == 421


def test_pages_of_other_origins_may_not_write(serve):
    program = serve()
    assert ask(program, "POST", body=b"x", Sec_Fetch_Site="cross-site")[0] == 403
    assert ask(program, "POST", body=b"x")[0] == 200


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_token_is_asked_for(serve, by):
    program = (
        serve("--token", "secret") if by == "option" else serve(environment={"NOTEBOOK_ROUTES_TOKEN": "secret"}.items())
    )
    assert ask(program)[0] == 401
    assert ask(program, Authorization="Bearer secret")[0] == 200


def test_a_body_has_a_limit(serve):
    program = serve("--max-body-size", "10")
    assert ask(program, "POST", body=b"x" * 10)[0] == 200
    assert ask(program, "POST", body=b"x" * 11)[0] == 413


def test_a_port_in_use_is_a_sentence(run, shop):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, out, err = run("notebook_routes.tooling.cli", "serve", str(shop), "--port", str(port)).end()
    assert (status, out) == (1, "")
    assert err.startswith(f"ServerError: port {port} on 127.0.0.1 is in use")
    assert len(err.splitlines()) == 1


def test_a_project_that_cannot_be_loaded_is_a_sentence(run, shop):
    (shop / "app/route.py").write_text("import nothing_of_this_name\n")
    status, out, err = run("notebook_routes.tooling.cli", "serve", str(shop)).end()
    assert (status, out) == (1, "")
    assert err.startswith("DefinitionError: app/route.py cannot be imported:")
    assert err.rstrip().endswith("No module named 'nothing_of_this_name'")


def test_uvicorn_serves_the_same(run, shop):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = run(
        "uvicorn", "--factory", "notebook_routes.project.load:asgi", "--port", str(port),
        environment={"NOTEBOOK_ROUTES_DIR": str(shop)}.items(),
    )  # fmt: skip
    while "Uvicorn running" not in (line := program.process.stderr.readline()):
        assert line, "uvicorn did not start"
    program.port = port
    assert ask(program) == (200, b"open")
    assert ask(program, "POST", body=b"four") == (200, b"4")
    program.stop()


def raw(program, target):
    """The status line and body of an answer to a target that no client library touches."""
    with socket.create_connection(("127.0.0.1", program.port), timeout=PATIENCE) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_pages_public_files_and_a_proxy(serve, shop):
    (shop / "app/route.py").write_text("def POST(request):\n    return request.geo.city\n")
    (shop / "app/page.html").write_text("<h1>Shop</h1>")
    (shop / "app/[id]").mkdir()
    (shop / "app/[id]/page.html.jinja").write_text("<h1>{{ id }} {{ cookies.value('a') }}</h1>")
    (shop / "public").mkdir()
    (shop / "public/robots.txt").write_text("none")
    (shop / "public/.env").write_text("SECRET")
    (shop / "secret.txt").write_text("SECRET")
    (shop / "public/link.txt").symlink_to(shop / "secret.txt")
    program = serve("--geo", "vercel")
    assert ask(program) == (200, b"<h1>Shop</h1>")
    assert ask(program, target="/%3C7%3E", cookie="a=1") == (200, b"<h1>&lt;7&gt; 1</h1>")
    assert ask(program, target="/robots.txt") == (200, b"none")
    assert ask(program, "POST", x_vercel_ip_city="K%C3%B6ln") == (200, "Köln".encode())
    for target in (
        "/../secret.txt",
        "/public/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "//secret.txt",
        "/./../secret.txt",
        "/x/..%2f..%2fsecret.txt",
        "/.env",
        "/%2eenv",
        "/link.txt",
        "/robots.txt/",
        "/robots.txt%00.html",
    ):
        status, body = raw(program, target)
        assert (target, status in (200, 308, 404), b"SECRET" in body) == (target, True, False)
    assert raw(program, "/link.txt")[0] == 404
    assert program.stop()[3] == ""


def test_a_proxy_that_is_not_known_is_refused(run, shop):
    status, out, err = run("notebook_routes.tooling.cli", "serve", str(shop), "--geo", "akamai").end()
    assert (status, out) == (1, "")
    assert 'ConfigError: geo = "akamai" is no proxy that is known: there are vercel, cloudflare' in err
