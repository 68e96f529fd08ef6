"""The program: which way a line takes, and what a shell completes."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from notebook_routes.servers.listener import bind_listener
from notebook_routes.tooling import commands
from tests.waiting import PATIENCE, wait_until

#: The program, which says as it ends which of these it has imported.
WATCHED = """
import atexit, sys
atexit.register(lambda: print(sorted({"typer", "pydantic", "rich"} & set(sys.modules)), file=sys.stderr))
from notebook_routes.tooling.cli import main
main()
"""


@pytest.fixture
def shop(tmp_path):
    route = tmp_path / "shop/app/lamps/[id]/route.py"
    route.parent.mkdir(parents=True)
    route.write_text("def GET(id: int, page: int = 1, shade: str | None = None):\n    return [id, page]\n")
    return tmp_path / "shop"


@pytest.fixture
def watched(run, tmp_path):
    (tmp_path / "watched.py").write_text(WATCHED)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    return lambda *arguments: run("watched", *arguments, environment={"PYTHONPATH": path}.items())


def test_serve_waits_for_nothing_that_its_project_does_not_need(watched, shop):
    program = watched("serve", str(shop), "--port", "0", "--no-access-log")
    program.port = int(program.line().rpartition(":")[2])
    assert program.ask(target="/lamps/7?page=2&shade=red") == (200, b"[7,2]")
    _, status, _, err = program.stop()
    assert (status, err) == (0, "[]\n")


def test_what_pydantic_has_to_say_is_said_when_it_is_asked_for(watched, shop):
    program = watched("serve", str(shop), "--port", "0", "--no-access-log")
    program.port = int(program.line().rpartition(":")[2])
    status, body = program.ask(target="/lamps/seven")
    assert status == 422
    assert b"unable to parse string as an integer" in body
    assert program.stop()[3] == "['pydantic']\n"


@pytest.mark.parametrize("options", [[], ["--graceful-timeout", "1e0"]])
def test_a_line_means_the_same_on_either_way(watched, shop, options):
    program = watched("serve", str(shop), "--port", "0", *options)
    program.port = int(program.line().rpartition(":")[2])
    assert program.ask(target="/lamps/7") == (200, b"[7,1]")
    _, status, out, err = program.stop()
    assert (status, "typer" in err) == (0, bool(options))
    assert '"GET /lamps/7 HTTP/1.1" 200' in out


@pytest.mark.parametrize("options", [[], ["--graceful-timeout", "1e0"]])
def test_ctrl_c_ends_it_while_it_loads(run, shop, options):
    (shop / "app/route.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(60)\n")
    program = run("notebook_routes.tooling.cli", "serve", str(shop), "--port", "0", *options)
    assert program.line() == "loading\n"
    assert program.stop(signal.SIGINT)[1:] == (130, "", "")


@pytest.mark.parametrize("options", [[], ["--graceful-timeout", "1e0"]])
def test_where_nobody_reads_what_it_says_it_ends(shop, options):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "notebook_routes", "serve", str(shop), "--port", "0", *options]
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, b"")


@pytest.mark.skipif(os.name == "nt", reason="shells there close no streams")
@pytest.mark.parametrize("command", ["serve SHOP >&-", "serve SHOP --workers 2 >&-", "dev SHOP <&- >&-"])
def test_a_stream_that_a_shell_has_closed_is_one_that_nobody_reads(shop, command):
    with bind_listener("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    line = f"exec {sys.executable} -m notebook_routes {command.replace('SHOP', str(shop))} --port {port}"
    program = subprocess.Popen(["sh", "-c", line], stderr=subprocess.PIPE, text=True)

    def answer():
        # While it starts, there is nobody.
        with suppress(URLError), urlopen(f"http://127.0.0.1:{port}/lamps/7") as answered:
            return answered.read()

    answers = [wait_until(answer) for _ in range(3)]
    program.terminate()
    err = program.communicate(timeout=PATIENCE)[1]
    assert (answers, program.returncode) == ([b"[7,1]"] * 3, 0)
    assert "Traceback" not in err


def test_serve_is_helped_as_the_others_are(run):
    status, out, err = run("notebook_routes", "serve", "--help").end()
    assert (status, err) == (0, "")
    assert "until Ctrl-C or SIGTERM" in out


@pytest.mark.parametrize("program", ["notebook-routes", "jupyter-routes"])
def test_a_shell_can_be_told_how_to_complete_it(program):
    # Typer would look which shell has started it, and there may be none.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    script = run_named(program, "--show-completion", "bash", environment=named)
    assert f"complete -o default -F _{program.replace('-', '_')}_completion {program}" in script


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("notebook-routes se", ["serve"]),
        ("notebook-routes serve --p", ["--port"]),
        ("notebook-routes request shop GET /lamps --h", ["--header", "--help"]),
        ("notebook-routes serve sh", []),  # the shell's own: a folder
    ],
)
def test_a_shell_completes_commands_and_options(line, completed):
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_NOTEBOOK_ROUTES_COMPLETE": "complete_bash"}
    assert run_named("notebook-routes", environment=asked).split() == completed


def test_every_command_is_completed():
    asked = {"COMP_WORDS": "notebook-routes ", "COMP_CWORD": "1", "_NOTEBOOK_ROUTES_COMPLETE": "complete_bash"}
    known = {each.name or each.callback.__name__ for each in commands.app.registered_commands}
    assert set(run_named("notebook-routes", environment=asked).split()) == known


def run_named(name, *arguments, environment=()):
    """What the program prints that is called by a name, as the installed one is."""
    code = f"import sys; sys.argv[0] = {name!r}; from notebook_routes.tooling.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **dict(environment)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
