"""`notebook-routes dev`, as a program: a file is saved, and the new answer comes."""

import json
import re
import signal
import socket
import sys
import threading
import time

import pytest

PATIENCE = 60
ANSWER = "def GET():\n    return {!r}\n"


@pytest.fixture
def save(tmp_path):
    def save(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    save("app/route.py", ANSWER.format("top"))
    return save


@pytest.fixture
def dev(run, tmp_path, save):
    def start(*options):
        program = run("notebook_routes.tooling.cli", "dev", str(tmp_path), "--port", "0", *options)
        line = program.line()
        said = " is served at http://[^:]+:([0-9]+), and loaded again when a file is saved\n"
        found = re.fullmatch(re.escape(str(tmp_path)) + said, line)
        assert found, (line, program.process.stderr.read() if not line else "")
        program.port = int(found[1])
        # Whole, or its end would be the first of what the program says later.
        assert program.line().startswith("Look at its routes, and send requests: http://")
        return program

    return start


def comes(program, target, *expected, method="GET"):
    """Ask until status and the expected parts of the body are there."""
    end = time.monotonic() + PATIENCE
    while True:
        status, body = program.ask(method, target)
        if status == expected[0] and all(part in body.decode() for part in expected[1:]):
            return body.decode()
        assert time.monotonic() < end, (status, body)
        time.sleep(0.02)


def test_a_saved_route_answers_anew_and_shared_state_stays(dev, save):
    save("app/_shared.py", "visits = []\n")
    text = "from app._shared import visits\ndef GET():\n    visits.append(1)\n    return f'{} {{len(visits)}}'\n"
    save("app/a/route.py", text.format("first"))
    program = dev()
    assert [program.ask(target="/a")[1] for _ in range(2)] == [b"first 1", b"first 2"]
    save("app/a/route.py", text.format("second"))
    number = int(comes(program, "/a", 200, "second").split()[1])
    assert program.ask(target="/a") == (200, f"second {number + 1}".encode())
    # Each answer since the start has been counted.
    lines = program.stop()[2].splitlines()
    assert sum(line.startswith("GET /a 200 ") for line in lines) == number + 1
    assert any(re.fullmatch(r"app/a/route\.py changed: loaded again in \d+ ms", line) for line in lines)


def test_a_changed_shared_module_runs_anew_for_all_who_use_it(dev, save):
    save("app/_shared.py", "name = 'Lamp'\n")
    for path in ("a", "b"):
        save(f"app/{path}/route.py", "from app._shared import name\ndef GET():\n    return name\n")
    program = dev()
    assert program.ask(target="/a") == (200, b"Lamp")
    save("app/_shared.py", "name = 'Chair'\n")
    for path in ("/a", "/b"):
        comes(program, path, 200, "Chair")


def test_new_files_answer_and_removed_ones_no_more(dev, save, tmp_path):
    program = dev()
    assert program.ask(target="/a")[0] == 404
    save("app/a/route.py", ANSWER.format("a"))
    comes(program, "/a", 200, "a")
    (tmp_path / "app/a").rename(tmp_path / "app/b")
    comes(program, "/b", 200, "a")
    assert program.ask(target="/a")[0] == 404
    (tmp_path / "app/b").rename(tmp_path / "elsewhere")
    comes(program, "/b", 404)


def test_a_mistake_is_shown_until_it_is_mended(dev, save):
    save("app/a/route.py", ANSWER.format("fine"))
    program = dev()
    save("app/a/route.py", "x = 1\ndef GET(:\n    pass\n")
    shown = comes(program, "/a", 500, "SyntaxError", "app/a/route.py", "line 2", "def GET(:")
    assert "DELETE" not in shown
    assert program.ask("DELETE", "/a")[0] == 500
    assert program.ask() == (200, b"top")
    save("app/a/route.py", ANSWER.format("mended"))
    comes(program, "/a", 200, "mended")
    _, _, _, err = program.stop()
    assert "app/a/route.py cannot be imported" in err
    assert "line 2" in err


def test_a_file_that_is_broken_at_the_start_is_named_and_the_rest_is_served(dev, save):
    save("app/a/route.py", "import nothing_of_this_name\n")
    program = dev()
    assert program.ask() == (200, b"top")
    comes(program, "/a", 500, "No module named 'nothing_of_this_name'")
    # It is looked for again when any file comes.
    save("nothing_of_this_name.py", "")
    comes(program, "/a", 405)
    assert "app/a/route.py cannot be imported" in program.stop()[3]


def test_a_broken_middleware_lets_nothing_pass(dev, save, tmp_path):
    program = dev()
    save("middleware.py", "1 / 0\n")
    comes(program, "/", 500, "middleware.py cannot be imported", "ZeroDivisionError")
    assert program.ask(target="/nowhere")[0] == 500
    assert program.ask("POST")[0] == 500
    save("middleware.py", "def middleware(request):\n    request.headers.set('x-seen', 'yes')\n")
    comes(program, "/", 200, "top")
    (tmp_path / "middleware.py").unlink()
    comes(program, "/", 200, "top")
    assert "Every request answers 500 until this is mended" in program.stop()[3]


def test_a_request_in_flight_ends_with_the_code_that_it_began_with(dev, save):
    save("app/_shared.py", "import asyncio\ngate = asyncio.Event()\nwaiting = []\n")
    save(
        "app/gate/route.py",
        """
from app._shared import gate, waiting
async def GET():
    return len(waiting)
async def POST():
    gate.set()
""",
    )
    # It waits in the middleware: the route behind it must be the old one too.
    save(
        "middleware.py",
        """
from app import _shared
async def middleware(request, next):
    if request.headers.has("x-wait"):
        _shared.waiting.append(1)
        await _shared.gate.wait()
    return await next()
""",
    )
    save("app/a/route.py", ANSWER.format("old"))
    program = dev()
    slow = []
    asking = threading.Thread(target=lambda: slow.append(program.ask(target="/a", x_wait="1")))
    asking.start()
    comes(program, "/gate", 200, "1")
    save("app/a/route.py", ANSWER.format("new"))
    comes(program, "/a", 200, "new")
    assert not slow
    assert program.ask("POST", "/gate")[0] == 204
    asking.join(PATIENCE)
    assert slow == [(200, b"old")]


def test_a_request_is_a_line_and_what_it_printed_and_raised_stands_under_it(dev, save):
    save("app/a/route.py", "def GET(name: str):\n    print('asked for', name)\n    return {}[name]\n")
    program = dev()
    status, body = program.ask(target="/a?name=Lamp")
    assert status == 500
    assert body.decode().startswith("Traceback (most recent call last):\n")
    assert body.decode().endswith("KeyError: 'Lamp'\n")
    assert program.ask()[0] == 200
    lines = program.stop()[2].splitlines()
    assert re.fullmatch(r"GET /a\?name=Lamp 500 \d+\.\d ms", lines[0]), lines
    assert lines[1:3] == ["  asked for Lamp", "  Traceback (most recent call last):"]
    assert "    return {}[name]" in "\n".join(lines)
    assert lines[-2] == "  KeyError: 'Lamp'"
    assert re.fullmatch(r"GET / 200 \d+\.\d ms", lines[-1])


def test_what_editors_and_version_control_write_is_no_change(dev, save, tmp_path):
    program = dev()
    for path in (".git/hook.py", ".venv/lib/x.py", "app/.#route.py", "app/notes.txt", "app/shop.db"):
        save(path, "")
    (tmp_path / "app").touch()
    save("app/.well-known/a/route.py", ANSWER.format("a"))
    comes(program, "/.well-known/a", 200, "a")
    said = program.stop()[2]
    assert ".well-known" in said
    # More than three would not be named.
    assert "files changed" not in said
    assert not re.search("^app(,| changed)", said, re.MULTILINE)
    assert not [name for name in (".git", ".venv", "#route", "notes", "shop.db") if name in said]


def test_a_404_lists_the_nearest_routes(dev, save):
    save("app/products/route.py", ANSWER.format("products"))
    status, body = dev().ask(target="/product")
    assert status == 404
    assert b"/products" in body


def test_only_known_hosts_are_answered(dev):
    program = dev("--allow-host", "shop.example")
    for host in ("shop.example", "localhost", f"127.0.0.1:{program.port}"):
        assert program.ask(Host=host)[0] == 200
    for target in ("/", "/_routes/openapi.json", "/_routes/health"):
        status, body = program.ask(target=target, Host="evil.example")
        assert status == 421
        assert b"--allow-host evil.example" in body


def test_the_description_is_of_the_routes_as_they_are(dev, save, tmp_path):
    save("app/broken/route.py", "1 / 0")
    program = dev()
    status, body = program.ask(target="/_routes/openapi.json", Origin="http://evil.example")
    document = json.loads(body)
    assert (status, document["info"]["title"], list(document["paths"])) == (200, tmp_path.name, ["/"])
    save("app/a/route.py", ANSWER.format("a"))
    comes(program, "/_routes/openapi.json", 200, '"/a"')


def test_health(dev):
    program = dev()
    assert program.ask(target="/_routes/health") == (200, b'{"status":"ok"}')
    assert program.ask("HEAD", "/_routes/health") == (200, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_it_is_told(dev, save, number):
    save("app/a/route.py", "import time\ndef GET():\n    time.sleep(1000)\n")
    program = dev()
    with socket.create_connection(("127.0.0.1", program.port)) as waiting:
        waiting.sendall(b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # A later connection is answered when the first one is being.
        assert program.ask()[0] == 200
        seconds, status, _, err = program.stop(number)
    assert (status, err) == (0, "")
    assert seconds < PATIENCE / 2


def test_a_folder_that_is_no_project_is_a_sentence(run, tmp_path):
    status, out, err = run("notebook_routes.tooling.cli", "dev", str(tmp_path)).end()
    assert (status, out) == (1, "")
    assert err == (f"DefinitionError: {tmp_path} holds no folder 'app': a project has its routes in app/**/route.py\n")


def test_paths_are_taken_from_the_projects_folder(dev, save):
    save("data.txt", "here")
    save("app/data/route.py", "from pathlib import Path\ndef GET():\n    return Path('data.txt').read_text()\n")
    assert dev().ask(target="/data") == (200, b"here")
