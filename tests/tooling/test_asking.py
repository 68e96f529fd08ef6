"""`notebook-routes request`."""

import json

import pytest
from typer.testing import CliRunner

from notebook_routes.tooling import commands


@pytest.fixture
def shop(tmp_path):
    route = tmp_path / "app/a/route.py"
    route.parent.mkdir(parents=True)
    route.write_text(
        "import threading\n"
        "from notebook_routes import Response, after\n"
        "def GET(request, page: int = 1):\n"
        "    return {'page': page, 'agent': request.headers.get('user-agent'), 'in': threading.current_thread().name}\n"
        "def POST(request, body):\n    return {'type': request.headers.get('content-type'), 'body': body}\n"
        "def PUT():\n    yield 'one '\n    yield 'two'\n"
        "def PATCH():\n    yield 'one '\n    raise ValueError('broke')\n"
        "def OPTIONS():\n    return Response(None, status=404)\n"
        "def DELETE():\n    after(lambda: print('after'))\n    return 1 / 0\n"
    )
    return tmp_path


@pytest.fixture
def ask(shop):
    def ask(*arguments, **options):
        return CliRunner().invoke(commands.app, ["request", str(shop), *arguments], **options)

    return ask


def test_the_answer_is_printed(ask):
    result = ask("GET", "/a?page=3", "-H", "User-Agent: me")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert (answer["page"], answer["agent"]) == (3, "me")
    # As under `serve`.
    assert answer["in"].startswith("notebook_routes worker")


def test_its_url_has_the_host_that_is_named(ask, shop):
    (shop / "app/a/route.py").write_text("def GET(request):\n    return request.url\n")
    assert ask("GET", "/a?b").stdout == "http://localhost/a?b"
    assert ask("GET", "/a?b", "-H", "Host: shop.example:81").stdout == "http://shop.example:81/a?b"


def test_with_its_head(ask):
    head, _, body = ask("get", "/a", "-i").stdout.replace("\r", "").partition("\n\n")
    lines = head.splitlines()
    assert lines[0] == "HTTP/1.1 200 OK"
    assert "Content-Type: application/json" in lines
    assert json.loads(body)["page"] == 1
    assert "Content-Length" in ask("HEAD", "/a", "-i").stdout


@pytest.mark.parametrize(
    ("data", "headers", "kind", "body"),
    [
        ('{"a": 1}', [], "application/json", {"a": 1}),
        ("text", [], "text/plain; charset=utf-8", "text"),
        ("a=1", ["-H", "content-type: text/x-mine"], "text/x-mine", None),
        ("@-", [], "application/json", [1]),
    ],
)
def test_a_body(ask, data, headers, kind, body):
    answer = json.loads(ask("POST", "/a", "-d", data, *headers, input="[1]").stdout)
    assert answer["type"] == kind
    assert body is None or answer["body"] == body


def test_a_body_from_a_file(ask, tmp_path):
    (tmp_path / "body.json").write_text("[1, 2]")
    assert json.loads(ask("POST", "/a", "-d", f"@{tmp_path / 'body.json'}").stdout)["body"] == [1, 2]
    result = ask("POST", "/a", "-d", f"@{tmp_path / 'none'}")
    assert result.exit_code == 1
    assert "cannot be read: No such file" in result.output


def test_a_stream(ask):
    result = ask("PUT", "/a")
    assert (result.exit_code, result.stdout) == (0, "one two")
    result = ask("PATCH", "/a")
    assert (result.exit_code, result.stdout) == (1, "one ")
    assert "ValueError: broke" in result.stderr


def test_a_failure_is_shown_and_is_the_exit_status(ask):
    result = ask("DELETE", "/a")
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.stdout
    assert ask("GET", "/none").exit_code == 1


def test_a_failure_without_a_body_is_told_beside_it(ask):
    result = ask("OPTIONS", "/a")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "404 Not Found: OPTIONS /a is answered without a body\n"
    result = ask("HEAD", "/none")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("404 Not Found: HEAD /none")
    # Here the head tells.
    assert ask("OPTIONS", "/a", "-i").stderr == ""
    # And here the body does.
    assert ask("GET", "/none").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["GET", "a"], "'a' is no path: it begins with a slash, write /a"),
        (["GET", "/a", "-H", "nothing"], "-H 'nothing' is no header"),
        (["GET", "/a", "-H", "b ad: x"], "-H 'b ad: x'"),
        (["GET", "/a", "-H", "Host: a/b"], "-H 'Host: a/b' is no host"),
        (["G ET", "/a"], "cannot be a request's method"),
        (["GET", "/a", "-d", "x"], "a GET request has no body"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(ask, arguments, said):
    result = ask(*arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
