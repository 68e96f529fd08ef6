"""`notebook-routes edge`, as a program."""

import os
import re
import signal
import socket

import psutil
import pytest

from notebook_routes.errors import ConfigError
from notebook_routes.tooling.edge import environment_of
from tests.waiting import wait_until

#: Seconds: the isolate may boot cold, on a busy machine.
BOOTING = 120


@pytest.fixture
def shop(tmp_path):
    route = tmp_path / "shop/app/route.py"
    route.parent.mkdir(parents=True)
    route.write_text(
        "import os\n"
        "def GET():\n    return [os.environ.get('COLOUR'), os.environ.get('SHAPE'), os.environ.get('SECRET')]\n"
        "def POST(body):\n    return len(body)\n"
        "def DELETE():\n    return 1 / 0\n"
    )
    return tmp_path / "shop"


@pytest.fixture
def edge(run, shop):
    """Start it; its process has the `port`, and `isolates`, the processes that it has started."""

    def start(*options, **environment):
        command = ("notebook_routes.tooling.cli", "edge", str(shop), "--port", "0", *options)
        program = run(*command, environment=environment.items())
        line = program.line()
        said = " is served at http://127.0.0.1:([0-9]+), from an isolate of the edge\n"
        found = re.fullmatch(re.escape(str(shop)) + said, line)
        assert found, (line, program.process.stderr.read() if not line else "")
        program.port = int(found[1])
        program.isolates = psutil.Process(program.process.pid).children(recursive=True)
        assert [each.name() for each in program.isolates] == ["deno"]
        return program

    return start


def ended(program):
    """Wait until nothing of it is left."""
    gone, _ = psutil.wait_procs(program.isolates, BOOTING)
    with socket.socket() as free:
        return len(gone) == len(program.isolates) and free.connect_ex(("127.0.0.1", program.port)) != 0


def test_it_says_where_answers_and_logs_until_ctrl_c(edge):
    program = edge("--env", "COLOUR", "--env", "SHAPE=round", COLOUR="blue", SECRET="of this machine")
    assert program.ask() == (200, b'["blue","round",null]')
    assert "127.0.0.1 - - [" in (line := program.line())
    assert '"GET / HTTP/1.1" 200 21 ' in line
    assert program.ask("DELETE") == (500, b"Internal Server Error\n")
    assert '"DELETE / HTTP/1.1" 500 ' in program.line()
    _, status, out, err = program.stop(signal.SIGINT)
    assert (status, out) == (0, "")
    # As any server of the project's says it.
    assert "DELETE / failed" in err
    assert "ZeroDivisionError" in err
    assert ended(program)


def test_it_is_guarded_as_other_servers_are_until_sigterm(edge):
    program = edge(
        "--token", "secret", "--cors", "https://a.example", "--max-body-size", "10",
        "--allow-host", "shop.example", "--no-access-log",
    )  # fmt: skip
    assert program.ask()[0] == 401
    known = {"authorization": "Bearer secret"}
    assert program.ask(**known)[0] == 200
    assert program.ask(Host="evil.example", **known)[0] == 421
    assert program.ask("POST", body=b"x" * 10, **known) == (200, b"10")
    assert program.ask("POST", body=b"x" * 11, **known)[0] == 413
    assert program.ask("OPTIONS", Origin="https://a.example", Access_Control_Request_Method="POST")[0] == 204
    assert program.ask("POST", body=b"x", Origin="https://a.example", **known)[0] == 200
    assert program.ask("POST", body=b"x", Origin="https://b.example", **known)[0] == 403
    _, status, out, err = program.stop(signal.SIGTERM)
    assert (status, out, err) == (0, "", "")
    assert ended(program)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_is_cleared_away_when_it_is_told_to_stop_while_it_loads(run, shop, tmp_path, number, status):
    place = tmp_path / "tmp"
    place.mkdir()
    program = run(
        "notebook_routes.tooling.cli", "edge", str(shop), "--port", "0", environment={"TMPDIR": place}.items()
    )
    parent = psutil.Process(program.process.pid)
    isolate = wait_until(lambda: next((each for each in parent.children() if each.name() == "deno"), None))
    assert [path.name.startswith("notebook-routes-edge-") for path in place.iterdir()] == [True]
    assert program.stop(number)[1] == status
    assert list(place.iterdir()) == []
    psutil.wait_procs([isolate], BOOTING)
    assert not isolate.is_running()


def test_an_isolate_that_is_killed_is_replaced_and_it_says_so(edge):
    program = edge("--no-access-log")
    (isolate,) = program.isolates
    isolate.kill()
    assert program.process.stderr.readline() == "the isolate was replaced: its process has ended with status -9\n"

    def answers():
        try:
            return program.ask()[0] == 200
        except OSError:
            return False

    wait_until(answers, seconds=BOOTING)
    program.isolates += psutil.Process(program.process.pid).children(recursive=True)
    _, status, out, err = program.stop()
    assert (status, out, err) == (0, "", "")
    assert ended(program)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--env", "NO_SUCH_VARIABLE"], "ConfigError: --env NO_SUCH_VARIABLE: there is no such variable here; "),
        (["--env", ""], "ConfigError: --env : there is no such variable here; "),
    ],
)
def test_an_option_that_cannot_be_is_a_sentence(run, shop, options, said):
    status, out, err = run("notebook_routes.tooling.cli", "edge", str(shop), *options).end()
    assert (status, out) == (1, "")
    assert err.startswith(said)
    assert len(err.splitlines()) == 1


def test_a_folder_that_is_none_is_a_sentence(run, tmp_path):
    status, out, err = run("notebook_routes.tooling.cli", "edge", str(tmp_path / "nowhere")).end()
    assert (status, out) == (1, "")
    assert err.startswith(f"DefinitionError: {tmp_path / 'nowhere'} holds no folder 'app'")
    assert len(err.splitlines()) == 1


def test_a_port_in_use_is_a_sentence(run, shop):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        status, out, err = run("notebook_routes.tooling.cli", "edge", str(shop), "--port", str(port)).end()
    assert (status, out) == (1, "")
    assert err.startswith(f"ServerError: port {port} on 127.0.0.1 is in use")


def test_without_deno_it_says_what_to_install(run, shop, tmp_path):
    (tmp_path / "deno.py").write_text("raise ImportError\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    program = run("notebook_routes.tooling.cli", "edge", str(shop), environment={"PYTHONPATH": path}.items())
    assert program.end() == (
        1, "", "ServerError: the local isolate needs Deno: pip install 'notebook-routes[edge]'\n"
    )  # fmt: skip


def test_variables_are_taken_from_here_or_from_the_line(monkeypatch):
    monkeypatch.setenv("COLOUR", "blue")
    assert environment_of([]) == {}
    assert environment_of(["COLOUR", "SHAPE=a=b", "EMPTY="]) == {"COLOUR": "blue", "SHAPE": "a=b", "EMPTY": ""}
    assert environment_of(["COLOUR=red", "COLOUR"]) == {"COLOUR": "blue"}
    monkeypatch.delenv("COLOUR")
    with pytest.raises(ConfigError, match="write --env COLOUR=VALUE"):
        environment_of(["COLOUR"])
