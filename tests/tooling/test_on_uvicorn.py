"""`serve --server uvicorn`, and uvicorn by itself, as programs; with Redis behind several workers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.files import write_files

PATIENCE = 60
WHO = "import os\ndef GET():\n    return os.getpid()\n"
#: What is kept for ever, with the process that made it, until its tag expires.
KEPT = """
import os, itertools
revalidate = False
tags = ["news"]
_numbers = itertools.count(1)
def GET():
    return {"worker": os.getpid(), "number": next(_numbers)}
"""
EXPIRE = """
import os
from notebook_routes import revalidate_tag
def POST():
    revalidate_tag("news")
    return {"worker": os.getpid()}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def shop(tmp_path):
    return write_files(tmp_path, {"app/route.py": WHO, "app/news/route.py": KEPT, "app/expire/route.py": EXPIRE})


@pytest.fixture
def start(run):
    def start(*command, port, **environment):
        program = run(*command, environment=environment.items())
        program.port = port
        end = time.monotonic() + PATIENCE
        while True:
            assert program.process.poll() is None, program.end()
            assert time.monotonic() < end
            try:
                program.ask()
            except OSError:
                time.sleep(0.02)
            else:
                return program

    return start


@pytest.mark.parametrize("workers", [1, 2])
def test_serve_hands_over_to_uvicorn(start, shop, workers):
    port = free_port()
    program = start(
        "notebook_routes.tooling.cli", "serve", str(shop), "--server", "uvicorn", "--port", str(port),
        *(["--workers", str(workers), "--force"]), port=port,
    )  # fmt: skip
    assert len(program.answering(workers)) == workers
    assert program.ask(target="/_routes/health") == (200, b'{"status":"ok"}')
    _, status, out, err = program.stop()
    # uvicorn ends by the signal that it was sent.
    assert status in (0, -signal.SIGTERM)
    assert '"GET / HTTP/1.1" 200 ' in out
    assert f"Uvicorn running on http://127.0.0.1:{port}" in err
    assert "Finished server process" in err


def test_logs_as_json(start, shop):
    port = free_port()
    program = start(
        "notebook_routes.tooling.cli", "serve", str(shop), "--server", "uvicorn", "--port", str(port),
        "--log-format", "json", "--token", "secret", port=port,
    )  # fmt: skip
    assert program.ask(Authorization="Bearer secret")[0] == 200
    _, _, out, err = program.stop()
    lines = list(map(json.loads, out.splitlines()))
    assert {line["status"] for line in lines} == {200, 401}
    assert {json.loads(line)["logger"] for line in err.splitlines()} == {"uvicorn.error"}


def test_a_broken_middleware_is_a_sentence(run, shop):
    (shop / "middleware.py").write_text("import nothing_of_this_name\n")
    status, out, err = run("notebook_routes.tooling.cli", "serve", str(shop), "--server", "uvicorn").end()
    assert (status, out) == (1, "")
    assert err.startswith("DefinitionError: middleware.py cannot be imported:")


def test_without_uvicorn_it_says_what_to_install(shop, tmp_path):
    code = (
        "import sys\nsys.modules['uvicorn'] = None\n"
        f"sys.argv = ['notebook-routes', 'serve', {str(shop)!r}, '--server', 'uvicorn']\n"
        "from notebook_routes.tooling.cli import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "ConfigError: --server uvicorn needs uvicorn, which is not installed: pip install notebook-routes[uvicorn]\n"
    )


@pytest.mark.parametrize("by", ["uvicorn", "serve"])
def test_a_tag_expired_in_one_worker_is_expired_in_all(start, shop, redis_server, by):
    port = free_port()
    if by == "uvicorn":
        command = ["uvicorn", "--factory", "notebook_routes.asgi:create_app", "--workers", "4", "--port", str(port)]
        environment = {"NOTEBOOK_ROUTES_DIR": str(shop), "NOTEBOOK_ROUTES_CACHE": redis_server.url}
    else:
        command = ["notebook_routes.tooling.cli", "serve", str(shop), "--workers", "4", "--port", str(port), "--force"]
        command += ["--cache", redis_server.url]
        environment = {}
    program = start(*command, port=port, **environment)
    assert len(program.answering(4)) == 4

    def told():
        return json.loads(program.ask(target="/news")[1])

    kept = told()
    # Whichever worker is asked, it gives what one has made.
    assert all(told() == kept for _ in range(40))
    expired_by = json.loads(program.ask("POST", "/expire")[1])["worker"]
    # As after `revalidate_tag` in the field, the old may be given once more by each while the new is made.
    end = time.monotonic() + PATIENCE
    while kept in (answers := [told() for _ in range(20)]) or answers.count(answers[0]) < len(answers):
        assert time.monotonic() < end, answers
    assert expired_by in program.answering(4)
    out, err = program.stop()[2:]
    if by == "serve":
        assert "keeps answers in its own memory" not in err
        assert '"POST /expire HTTP/1.1" 200' in out


def test_a_signal_to_the_one_that_looks_after_them_stops_all(start, shop):
    port = free_port()
    program = start(
        "notebook_routes.tooling.cli", "serve", str(shop), "--server", "uvicorn", "--port", str(port),
        "--workers", "2", "--force", port=port,
    )  # fmt: skip
    workers = program.answering(2)
    program.stop(signal.SIGINT)
    end = time.monotonic() + PATIENCE
    for worker in workers:
        while True:
            try:
                os.kill(worker, 0)
            except ProcessLookupError:
                break
            assert time.monotonic() < end
            time.sleep(0.02)
