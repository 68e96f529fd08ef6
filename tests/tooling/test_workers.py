"""`serve --workers`: several processes behind one address, as programs."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from notebook_routes.servers.listener import bind_listener
from tests.files import write_files

PATIENCE = 60
WHO = "import os\ndef GET():\n    return os.getpid()\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows hands no sockets on that way")


@pytest.fixture
def project(tmp_path):
    return lambda files: write_files(tmp_path / "shop", files)


@pytest.fixture
def serve(run):
    def start(root, *options, workers=2):
        program = run(
            "notebook_routes.tooling.cli",
            *("serve", str(root), "--port", "0", "--workers", str(workers), "--no-access-log", *options),
        )
        line = program.line()
        found = re.fullmatch(rf"{re.escape(str(root))} is served at http://[^:]+:(\d+) by {workers} workers\n", line)
        assert found, (line, program.process.stderr.read() if not line else "")
        program.port = int(found[1])
        return program

    return start


def is_gone(process):
    """Whether a process has ended; as one whose parent has not asked for its status, it may stand in the table."""
    stated = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return stated.stdout.strip()[:1] in ("", "Z")


def comes(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_all_of_them_answer_and_all_of_them_stop(serve, project):
    program = serve(project({"app/route.py": WHO}))
    workers = program.answering(2)
    assert program.process.pid not in workers
    _, status, _, err = program.stop()
    assert status == 0
    assert "each of the 2 workers keeps answers in its own memory" in err
    assert "--cache redis://" in err
    assert all(map(is_gone, workers))


def test_one_that_dies_is_replaced(serve, project):
    program = serve(project({"app/route.py": WHO}))
    first, second = program.answering(2)
    os.kill(first, signal.SIGKILL)
    comes(lambda: is_gone(first))
    left = program.answering(2)
    assert first not in left
    assert second in left
    assert f"worker {first} has ended with status -9: another one takes its place" in program.stop()[3]


def test_they_end_with_the_one_that_looks_after_them(serve, project):
    program = serve(project({"app/route.py": WHO}))
    workers = program.answering(2)
    program.process.kill()
    comes(lambda: all(map(is_gone, workers)))


def test_what_they_would_not_share_is_refused_by_file_and_line(run, serve, project):
    root = project(
        {
            "app/_shared.py": "products = {}\ncounter = 0\n\n\ndef count():\n    global counter\n    counter += 1\n",
            "app/route.py": f"from app._shared import products\n{WHO}def POST(id: str):\n    products[id] = 1\n",
        }
    )
    status, out, err = run("notebook_routes.tooling.cli", "serve", str(root), "--workers", "2").end()
    assert (status, out) == (1, "")
    assert "app/_shared.py:7: `counter` is rebound" in err
    assert "app/route.py:6: `products` is changed" in err
    assert "--force" in err
    serve(root, "--force").answering(2)


def test_one_that_cannot_start_is_a_sentence_and_none_goes_on(run, project):
    root = project({"app/route.py": WHO, "middleware.py": "import nothing_of_this_name\n"})
    status, out, err = run("notebook_routes.tooling.cli", "serve", str(root), "--workers", "2").end()
    assert (status, out) == (1, "")
    assert "DefinitionError: middleware.py cannot be imported" in err
    assert "ServerError: a worker could not start: it has ended with status 1" in err


def test_a_broken_file_is_named_and_the_rest_is_served(serve, project):
    program = serve(project({"app/route.py": WHO, "app/a/route.py": "def GET(:"}))
    assert program.ask()[0] == 200
    assert program.ask(target="/a")[0] == 500
    assert "app/a/route.py cannot be imported" in program.stop()[3]


DRAFT = """
import os
from notebook_routes import draft_mode

def GET(on: bool = False):
    draft = draft_mode()
    if on:
        draft.enable()
    return [os.getpid(), draft.is_enabled]
"""


@pytest.mark.parametrize("server", ["tornado", "uvicorn"])
def test_who_is_shown_drafts_by_one_is_by_all(serve_by, project, server):
    ask = serve_by(server, project({"app/route.py": DRAFT}))
    cookie = ask("/?on=true")[0].partition(";")[0]
    seen = {}
    end = time.monotonic() + PATIENCE
    while len(seen) < 2:
        assert time.monotonic() < end
        process, enabled = json.loads(ask("/", cookie)[1])
        seen[process] = enabled
    assert list(seen.values()) == [True, True]


@pytest.fixture
def serve_by(run):
    """Serves a project with two workers; asks it, with a cookie, on a connection of its own each time."""

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    def start(server, root):
        options = ("--port", str(port), "--workers", "2", "--server", server, "--no-access-log")
        run("notebook_routes.tooling.cli", "serve", str(root), *options)

        def ask(target, cookie=""):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            try:
                connection.request("GET", target, headers={"cookie": cookie})
                with connection.getresponse() as answer:
                    return answer.getheader("set-cookie"), answer.read()
            finally:
                connection.close()

        def answers():
            try:
                ask("/")
            except OSError:
                return False
            return True

        comes(answers)
        return ask

    return start


def test_one_whose_parent_has_ended_meanwhile_ends_without_a_word(project):
    root = project({"app/route.py": WHO})
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs, bind_listener("127.0.0.1", 0) as listener:
        handed_on = (listener.fileno(), theirs.fileno())
        ended = subprocess.run(
            [sys.executable, "-m", "notebook_routes.tooling.worker", *map(str, handed_on), "1", "text"],
            env={**os.environ, "NOTEBOOK_ROUTES_DIR": str(root)},
            pass_fds=handed_on,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
