"""`notebook-routes serve`, as a program."""

import http.client
import json
import re
import signal
import socket
import threading
import time

import pytest

PATIENCE = 30


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
    def start(*options, log=False, **more):
        options = options if log else ("--no-access-log", *options)
        program = run("notebook_routes.tooling.cli", "serve", str(shop), "--port", "0", *options, **more)
        line = program.line()
        found = re.search(rf"{re.escape(str(shop))} is served at http://[^:]+:(\d+)", line)
        assert found, (line, program.process.stderr.read() if not line else "")
        program.port = int(found[1])
        return program

    return start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_and_stops_when_it_is_told(serve, number):
    program = serve()
    assert program.ask() == (200, b"open")
    seconds, status, out, err = program.stop(number)
    assert (status, out, err) == (0, "", "")
    assert seconds < PATIENCE / 2


@pytest.mark.parametrize(("method", "target"), [("GET", "/?wait=1000"), ("PUT", "/?wait=1000")])
def test_it_stops_while_requests_wait(serve, method, target):
    program = serve("--graceful-timeout", "0.2")
    waiting = socket.create_connection(("127.0.0.1", program.port))
    waiting.sendall(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    # A later connection is answered when the first one is being.
    assert program.ask() == (200, b"open")
    _, status, out, err = program.stop()
    assert (status, out, err) == (0, "", "")
    waiting.close()


def test_failures_go_to_stderr_and_clients_learn_nothing(serve):
    program = serve()
    assert program.ask("DELETE") == (500, b"Internal Server Error\n")
    _, _, out, err = program.stop()
    assert out == ""
    assert "ERROR notebook_routes.app: DELETE / failed" in err
    assert "return 1 / 0" in err
    assert "/notebook_routes/" not in err


def test_any_host_is_answered_unless_told_otherwise(serve):
    assert serve().ask(Host="shop.example")[0] == 200
    program = serve("--allow-host", "shop.example", "--allow-host", "b.example")
    for host in ("shop.example", "b.example:80", "localhost", f"127.0.0.1:{program.port}"):
        assert program.ask(Host=host)[0] == 200
    assert program.ask(Host="evil.example")[0] == 421


def test_pages_of_other_origins_may_not_write(serve):
    program = serve()
    assert program.ask("POST", body=b"x", Sec_Fetch_Site="cross-site")[0] == 403
    assert program.ask("POST", body=b"x")[0] == 200


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_token_is_asked_for(serve, by):
    program = (
        serve("--token", "secret") if by == "option" else serve(environment={"NOTEBOOK_ROUTES_TOKEN": "secret"}.items())
    )
    assert program.ask()[0] == 401
    assert program.ask(Authorization="Bearer secret")[0] == 200


def test_a_body_has_a_limit(serve):
    program = serve("--max-body-size", "10")
    assert program.ask("POST", body=b"x" * 10)[0] == 200
    assert program.ask("POST", body=b"x" * 11)[0] == 413


def test_a_port_in_use_is_a_sentence(run, shop):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, out, err = run("notebook_routes.tooling.cli", "serve", str(shop), "--port", str(port)).end()
    assert (status, out) == (1, "")
    assert err.startswith(f"ServerError: port {port} on 127.0.0.1 is in use")
    assert len(err.splitlines()) == 1


def test_a_broken_middleware_is_a_sentence(run, shop):
    (shop / "middleware.py").write_text("import nothing_of_this_name\n")
    status, out, err = run("notebook_routes.tooling.cli", "serve", str(shop)).end()
    assert (status, out) == (1, "")
    assert err.startswith("DefinitionError: middleware.py cannot be imported:")
    assert err.rstrip().endswith("No module named 'nothing_of_this_name'")


def test_a_broken_route_is_named_and_the_rest_is_served(serve, shop):
    (shop / "app/a").mkdir()
    (shop / "app/a/route.py").write_text("import nothing_of_this_name\n")
    program = serve()
    assert program.ask() == (200, b"open")
    for method in ("GET", "DELETE", "OPTIONS"):
        assert program.ask(method, "/a") == (500, b"Internal Server Error\n")
    _, _, out, err = program.stop()
    assert out == ""
    assert "ERROR notebook_routes.project: app/a/route.py cannot be imported:" in err
    assert 'a/route.py", line 1, in <module>' in err
    assert "ERROR notebook_routes.app: DELETE /a failed" in err


def test_health_asks_for_no_token(serve):
    program = serve("--token", "secret", "--allow-host", "shop.example")
    assert program.ask(target="/_routes/health") == (200, b'{"status":"ok"}')
    assert program.ask("HEAD", "/_routes/health") == (200, b"")
    assert program.ask(target="/_routes/health", Host="evil.example")[0] == 421
    # The description is for developers.
    assert program.ask(target="/_routes/openapi.json")[0] == 404


def test_uvicorn_serves_the_same(run, shop):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = run(
        "uvicorn", "--factory", "notebook_routes.asgi:create_app", "--port", str(port),
        environment={"NOTEBOOK_ROUTES_DIR": str(shop)}.items(),
    )  # fmt: skip
    while "Uvicorn running" not in (line := program.process.stderr.readline()):
        assert line, "uvicorn did not start"
    program.port = port
    assert program.ask() == (200, b"open")
    assert program.ask("POST", body=b"four") == (200, b"4")
    assert program.ask(target="/_routes/health") == (200, b'{"status":"ok"}')
    program.stop()


def everything(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


def raw(program, target):
    """The status line and body of an answer to a target that no client library touches."""
    with socket.create_connection(("127.0.0.1", program.port), timeout=PATIENCE) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        said = everything(connection)
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
    assert program.ask() == (200, b"<h1>Shop</h1>")
    assert program.ask(target="/%3C7%3E", cookie="a=1") == (200, b"<h1>&lt;7&gt; 1</h1>")
    assert program.ask(target="/robots.txt") == (200, b"none")
    assert program.ask("POST", x_vercel_ip_city="K%C3%B6ln") == (200, "Köln".encode())
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


def test_what_is_being_answered_is_answered_when_it_is_told_to_stop(serve):
    program = serve()
    answers = []
    asking = [
        threading.Thread(target=lambda method=method: answers.append(program.ask(method, "/?wait=1")))
        for method in ("GET", "PUT")
    ]
    for thread in asking:
        thread.start()
    # A later connection is answered when the first ones are being.
    while program.ask()[0] != 200 or len(answers) > 0:
        pass
    time.sleep(0.1)
    seconds, status, _, err = program.stop()
    for thread in asking:
        thread.join()
    assert sorted(answers) == [(200, b"open"), (204, b"")]
    assert (status, err) == (0, "")
    assert seconds < PATIENCE / 2


def test_an_open_connection_hears_that_it_ends(serve):
    program = serve()
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=PATIENCE)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"open"
    connection.request("GET", "/?wait=0.5")
    # Another one, which is silent.
    with socket.create_connection(("127.0.0.1", program.port)) as silent:
        assert program.ask()[0] == 200
        assert program.stop()[1] == 0
        assert silent.recv(1) == b""
    answer = connection.getresponse()
    assert (answer.read(), answer.getheader("connection")) == (b"open", "close")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_request_is_lost_when_it_stops(serve, workers):
    """Clients that ask without a pause: each connection that was made is answered, or refused as a whole."""
    program = serve("--workers", workers)
    lost, answered, refused = [], [], threading.Event()

    def ask():
        while not refused.is_set():
            try:
                connection = socket.create_connection(("127.0.0.1", program.port), timeout=PATIENCE)
            except ConnectionError:
                refused.set()
                return
            with connection:
                try:
                    connection.sendall(b"GET /?wait=0.01 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    said = everything(connection)
                except ConnectionError as error:
                    said = repr(error).encode()
            (answered if said.startswith(b"HTTP/1.1 200") and said.endswith(b"open") else lost).append(said)

    clients = [threading.Thread(target=ask) for _ in range(8)]
    for client in clients:
        client.start()
    while len(answered) < 50:
        time.sleep(0.01)
    assert program.stop()[1] == 0
    refused.set()
    for client in clients:
        client.join()
    # What the system has taken for us in the last instant, and we have never seen, it resets itself.
    assert len(lost) <= 8, lost
    assert not [said for said in lost if b"reset" not in said.lower()], lost


def test_the_access_log_is_in_the_combined_form(serve):
    program = serve(log=True)
    program.ask(target="/?a=1", User_Agent='a "b"', Referer="http://shop.example/")
    program.ask("DELETE")
    lines = program.stop()[2].splitlines()
    assert re.fullmatch(
        r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /\?a=1 HTTP/1\.1" 200 4 '
        r'"http://shop\.example/" "a \\x22b\\x22" \d+\.\d',
        lines[0],
    )
    assert '"DELETE / HTTP/1.1" 500 ' in lines[1]


def test_logs_as_json_are_lines_of_json_on_both_streams(serve):
    program = serve("--log-format", "json", log=True)
    program.ask("DELETE")
    _, _, out, err = program.stop()
    (line,) = map(json.loads, out.splitlines())
    assert (line["client"], line["method"], line["target"], line["status"]) == ("127.0.0.1", "DELETE", "/", 500)
    (failure,) = map(json.loads, err.splitlines())
    assert (failure["level"], failure["logger"]) == ("ERROR", "notebook_routes.app")
    assert "ZeroDivisionError" in failure["message"]


def test_reload(serve, shop):
    program = serve("--reload", log=True)
    assert program.ask("DELETE") == (500, b"Internal Server Error\n")
    (shop / "app/route.py").write_text("def GET():\n    return 'closed'\n")
    end = time.monotonic() + PATIENCE
    while program.ask() != (200, b"closed"):
        assert time.monotonic() < end
        time.sleep(0.02)
    # It is for users all the same.
    assert program.ask(target="/_routes/openapi.json")[0] == 404
    out = program.stop()[2]
    assert "app/route.py changed: loaded again in" in out
    assert '"GET / HTTP/1.1" 200 6 ' in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--server", "gunicorn"], "ConfigError: there is no server 'gunicorn': there are tornado and uvicorn"),
        (["--workers", "0"], "ConfigError: --workers 0"),
        (["--graceful-timeout", "inf"], "ConfigError: --graceful-timeout inf: write a number of seconds, such as 30"),
        (["--workers", "2", "--reload"], "ConfigError: --reload is for one process"),
        (["--server", "uvicorn", "--reload"], "ConfigError: --reload is Tornado's"),
        (["--log-format", "xml"], "ConfigError: --log-format xml: there are text and json"),
        (["--cache", "disk"], "ConfigError: there is no cache 'disk'"),
        (["--cache", "disk", "--workers", "2"], "ConfigError: there is no cache 'disk'"),
        (["--cache", "disk", "--server", "uvicorn"], "ConfigError: there is no cache 'disk'"),
    ],
)
def test_what_it_cannot_do_is_a_sentence(run, shop, options, said):
    status, out, err = run("notebook_routes.tooling.cli", "serve", str(shop), "--port", "0", *options).end()
    assert (status, out) == (1, "")
    assert err.startswith(said)
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("more", [[], ["--workers", "2"], ["--server", "uvicorn"], ["--reload"]])
def test_a_folder_without_app_is_a_sentence(run, tmp_path, more):
    status, out, err = run("notebook_routes.tooling.cli", "serve", str(tmp_path), *more).end()
    assert (status, out) == (1, "")
    assert err.startswith(f"DefinitionError: {tmp_path} holds no folder 'app'")


@pytest.mark.parametrize(
    "more", [["--workers", "2"], ["--server", "uvicorn"], ["--server", "uvicorn", "--workers", "2"]]
)
def test_a_port_in_use_is_a_sentence_on_every_server(run, shop, more):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, out, err = run("notebook_routes.tooling.cli", "serve", str(shop), "--port", str(port), *more).end()
    assert (status, out) == (1, "")
    assert err.startswith(f"ServerError: port {port} on 127.0.0.1 is in use")


@pytest.mark.parametrize("more", [[], ["--workers", "2"], ["--reload"]])
def test_paths_are_taken_from_the_projects_folder(serve, shop, more):
    (shop / "data.txt").write_text("here")
    route = shop / "app/data/route.py"
    route.parent.mkdir()
    route.write_text("from pathlib import Path\nDATA = Path('data.txt').read_text()\ndef GET():\n    return DATA\n")
    # The program was started elsewhere.
    assert serve(*more).ask(target="/data") == (200, b"here")


def test_who_is_shown_drafts_by_one_server_is_by_all_of_one_secret(serve, shop):
    (shop / "app/route.py").write_text(
        "from notebook_routes import draft_mode\ndef GET():\n    return draft_mode().is_enabled\n"
    )
    program = serve(environment={"NOTEBOOK_ROUTES_DRAFT_SECRET": "nobody-can-guess-it"})
    said = [program.ask(cookie=f"__notebook_routes_draft={value}")[1] for value in ("nobody-can-guess-it", "guessed")]
    assert said == [b"true", b"false"]
