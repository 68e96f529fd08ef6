"""API Routes of a project on disk."""

from __future__ import annotations

import asyncio
import json
from pathlib import PurePosixPath

import pytest

from notebook_routes.app import Guard
from notebook_routes.errors import ConfigError, DefinitionError, RouteConflict
from notebook_routes.project.live import LiveProject
from notebook_routes.project.load import load_tree
from notebook_routes.project.openapi import openapi_document
from notebook_routes.project.shared_state import find_shared_state


def ask(app, target, **options):
    answer = asyncio.run(app.request(target, **options))
    return answer.status, answer.content.decode()


def sends(text):
    return f"def handler(req, res):\n    res.send({text!r})\n"


GET = "def GET():\n    return 'route'\n"


def test_beside_app_and_without_it(project, caplog):
    root = project({"pages/api/hello.py": sends("hello")})
    assert ask(load_tree(root), "/api/hello", method="PURGE") == (200, "hello")
    project({"app/api/[id]/route.py": GET, "app/route.py": GET})
    app = load_tree(root, strict=True)
    assert ask(app, "/api/hello") == (200, "hello")
    assert ask(app, "/api/other") == ask(app, "/") == (200, "route")
    assert [str(route) for route in app.routes] == [
        "GET / (app/route.py)",
        "ANY /api/hello (pages/api/hello.py)",
        "GET /api/[id] (app/api/[id]/route.py)",
    ]
    assert caplog.messages == []


def test_a_file_beside_a_folder_of_its_name(project):
    files = {
        "pages/api/users.py": sends("users"),
        "pages/api/users/[id].py": "from lib import name\n\nasync def default(req, res):\n    res.send(name)\n",
        "pages/api/users/[id]/posts.py": sends("posts"),
        "lib.py": "name = 'lib'\n",
        "app/db.py": "value = 'db'\n",
        "app/db/route.py": "from app.db import value\n\ndef GET():\n    return value\n",
    }
    app = load_tree(project(files), strict=True)
    assert ask(app, "/api/users") == (200, "users")
    assert ask(app, "/api/users/7") == (200, "lib")
    assert ask(app, "/api/users/7/posts") == (200, "posts")
    assert ask(app, "/db") == (200, "db")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "an API Route is a module with a handler, and this one has none"),
        (GET, "this defines GET, as a Route Handler does"),
        ("def handler(req): ...\n", r"line 1\nhandler\(req\) is called with two arguments"),
        ("def handler(req, res)\n    pass\n", "cannot be imported:\n(.|\n)*SyntaxError"),
        ("1 / 0\n", "cannot be imported:\n(.|\n)*ZeroDivisionError"),
        (sends("x") + 'config = {"api": {"bodyParser": False}}\n', "it is spelled body_parser here"),
    ],
)
def test_a_file_that_cannot_be_used(project, caplog, text, message):
    root = project({"pages/api/x.py": text, "pages/api/y.py": sends("y")})
    with pytest.raises(DefinitionError, match=rf"pages/api/x.py:? (.|\n)*{message}"):
        load_tree(root, strict=True)
    app = load_tree(root)
    for method in ("GET", "POST", "PROPFIND"):
        assert ask(app, "/api/x", method=method) == (500, "Internal Server Error")
    assert ask(app, "/api/y") == (200, "y")
    assert "pages/api/x.py" in caplog.messages[0]


def test_what_says_nothing_is_in_the_log(project, caplog):
    load_tree(project({"pages/api/x.py": f"revalidate = 60\n{sends('x')}"}))
    assert caplog.messages == [
        "pages/api/x.py: revalidate says nothing in an API Route: it has one handler, and what it declares is in config"
    ]


def test_app_and_pages_at_one_path(project, caplog):
    root = project({"app/api/x/route.py": GET, "pages/api/x.py": sends("x"), "pages/api/y.py": sends("y")})
    with pytest.raises(RouteConflict, match="an API Route answers every method of its path"):
        load_tree(root, strict=True)
    app = load_tree(root)
    assert ask(app, "/api/x")[0] == ask(app, "/api/x", method="POST")[0] == 500
    assert ask(app, "/api/y") == (200, "y")
    assert "pages/api/x.py" in caplog.messages[0]
    assert "app/api/x/route.py" in caplog.messages[0]


def test_two_files_at_one_path(project):
    root = project({"pages/api/x.py": sends("x"), "pages/api/x/index.py": sends("index")})
    with pytest.raises(RouteConflict, match=r"pages/api/x/index.py(.|\n)*pages/api/x.py"):
        load_tree(root, strict=True)


def test_a_config_that_cannot_be(project):
    with pytest.raises(ConfigError):
        load_tree(project({"pages/api/x.py": sends("x"), "app/route.py": f"revalidate = 'x'\n{GET}"}), strict=True)


def test_middleware_stands_before_api_routes_too(project):
    middleware = (
        "from notebook_routes import Response\n\ndef middleware(request):\n    return Response('no', status=403)\n"
    )
    assert ask(load_tree(project({"pages/api/x.py": sends("x"), "middleware.py": middleware})), "/api/x") == (403, "no")


def test_middleware_may_have_read_the_body(project):
    middleware = "async def middleware(request, next):\n    await request.text()\n    return await next()\n"
    handler = "def handler(req, res):\n    res.json(req.body)\n"
    app = load_tree(project({"pages/api/x.py": handler, "middleware.py": middleware}))
    assert ask(app, "/api/x", method="POST", body=b"x") == (200, '"x"')


def test_an_api_route_is_in_no_document(project):
    app = load_tree(project({"pages/api/x.py": sends("x"), "app/y/route.py": GET}))
    assert list(openapi_document(app.routes)["paths"]) == ["/y"]


def test_a_file_is_loaded_again(project):
    root = project(
        {
            "pages/api/users.py": sends("1"),
            "pages/api/other.py": "import itertools\n\nn = itertools.count()\n"
            "def handler(req, res):\n    res.json(next(n))\n",
        }
    )
    live = LiveProject(root, guard=Guard())
    app = live.load()
    assert ask(app, "/api/users") == (200, "1")
    assert ask(app, "/api/other") == (200, "0")
    project({"pages/api/users.py": sends("2"), "pages/api/users/[id].py": sends("new")})
    assert live.concerns(PurePosixPath("pages/api/users.py"))
    app = live.load([PurePosixPath("pages/api/users.py"), PurePosixPath("pages/api/users/[id].py")])
    assert ask(app, "/api/users") == (200, "2")
    assert ask(app, "/api/users/1") == (200, "new")
    assert ask(app, "/api/other") == (200, "1")
    (root / "pages/api/users.py").unlink()
    app = live.load([PurePosixPath("pages/api/users.py")])
    assert ask(app, "/api/users")[0] == 404
    assert ask(app, "/api/users/1") == (200, "new")
    live.close()


def test_shared_state_is_found_there_too(project):
    root = project({"app/route.py": GET, "pages/api/x.py": "seen = []\n\ndef handler(req, res):\n    seen.append(1)\n"})
    assert [str(state) for state in find_shared_state(root)] == ["pages/api/x.py:4: `seen` is changed"]


def test_what_is_read_of_a_request(project):
    text = "def handler(req, res):\n    res.json([req.query, req.body, req.headers['content-type']])\n"
    app = load_tree(project({"pages/api/[...rest].py": text}))
    given = ask(app, "/api/a/b?x=1", method="POST", body=b'{"a": 1}', headers={"content-type": "application/json"})
    assert json.loads(given[1]) == [{"x": "1", "rest": ["a", "b"]}, {"a": 1}, "application/json"]
