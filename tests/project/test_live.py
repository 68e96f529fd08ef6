"""A project that is loaded again: each time as an App of its own."""

import asyncio
from pathlib import PurePosixPath

import pytest

from notebook_routes.app import LOOPBACK_HOSTS, Guard
from notebook_routes.project.live import LiveProject

GET = "def GET():\n    return {!r}\n"


class World:
    def __init__(self, root):
        self.root = root
        self.save("app/route.py", GET.format("top"))
        self.project = LiveProject(root, guard=Guard(hosts=LOOPBACK_HOSTS))

    def save(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def load(self, *changed):
        return self.project.load(map(PurePosixPath, changed))


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.project.close()


def ask(app, target, method="GET", **headers):
    answer = asyncio.run(app.request(target, method=method, headers={"host": "localhost", **headers}))
    return answer.status, answer.content.decode()


def test_the_app_of_before_answers_as_before(world):
    world.save("middleware.py", "from notebook_routes import Response\ndef middleware(request): ...")
    before = world.load()
    world.save("app/route.py", GET.format("new"))
    world.save("middleware.py", "from notebook_routes import Response\ndef middleware(r):\n    return Response('no')")
    after = world.load("app/route.py", "middleware.py")
    assert ask(before, "/") == (200, "top")
    assert ask(after, "/") == (200, "no")


def test_all_its_apps_have_one_log_and_one_draft_cookie(world):
    first, second = world.load(), world.load()
    ask(first, "/")
    ask(second, "/a")
    assert [entry.target for entry in world.project.log.entries()] == ["/", "/a"]
    assert first.draft is second.draft


def test_a_middleware_that_breaks_closes_the_app_until_it_is_mended(world, caplog):
    world.load()
    world.save("middleware.py", "def middleware(a, b, c): ...")
    for app in (world.load("middleware.py"), world.load()):
        for target, method in (("/", "GET"), ("/", "POST"), ("/nowhere", "GET"), ("/", "OPTIONS")):
            status, text = ask(app, target, method)
            assert status == 500
            assert "middleware.py" in text
    assert "Every request answers 500 until this is mended" in caplog.text
    world.save("middleware.py", "def middleware(request): ...")
    assert ask(world.load("middleware.py"), "/") == (200, "top")


def test_a_closed_app_still_refuses_hosts_and_says_that_it_lives(world):
    world.save("middleware.py", "1 / 0")
    app = world.load()
    assert ask(app, "/", host="evil.example")[0] == 421
    assert ask(app, "/_routes/health") == (200, '{"status":"ok"}')


def test_a_folder_with_a_bad_name_closes_it_too(world):
    world.load()
    world.save("app/[x/route.py", GET.format("x"))
    status, text = ask(world.load("app/[x/route.py"), "/")
    assert status == 500
    assert "app/[x" in text


def test_what_is_broken_is_tried_again_each_time(world, tmp_path):
    world.save(
        "app/a/route.py", f"from pathlib import Path\nPath({str(tmp_path / 'data')!r}).read_text()\ndef GET(): ..."
    )
    assert ask(world.load(), "/a")[0] == 500
    (tmp_path / "data").write_text("")
    assert ask(world.load("app/route.py"), "/a")[0] == 204


def test_routes_of_modules_that_have_stayed_are_those_of_before(world, caplog):
    world.save("app/a/route.py", "")
    world.save("app/_shared.py", "")
    world.save("app/b/route.py", "from app import _shared\ndef GET(): ...")

    def routes(app):
        return {route.cell: route for route in app.routes}

    before, after = routes(world.load()), routes(world.load("app/_shared.py"))
    assert {name for name in before if before[name] is after[name]} == {"app/route.py", "app/a/route.py"}
    assert caplog.text.count("app/a/route.py has no handler") == 1


def test_remarks_are_made_once_however_often_it_is_loaded(world, caplog):
    world.save("app/a/route.py", "def GET():\n    return '<p>'")
    for app in (world.load(), world.load()):
        ask(app, "/a")
    assert caplog.text.count("text/html") == 1


@pytest.mark.parametrize(
    ("path", "concerns"),
    [
        ("app/route.py", True),
        ("app/gone.py", True),
        ("app/a/page.html", True),
        ("app/a/page.html.jinja", True),
        ("notes.txt", False),
        ("shop.db-journal", False),
        ("app", True),
        ("uploads", False),
        ("public", True),
        ("public/photo.png", False),
        ("app/gone", False),
        (".notebook-routes-x/new/app/route.py", False),
        (".notebook-routes-x", False),
    ],
)
def test_which_changes_matter(world, path, concerns):
    world.save("uploads/photo.png", "")
    # What an export is about to write.
    world.save(".notebook-routes-x/new/app/route.py", "")
    world.load()
    assert world.project.concerns(PurePosixPath(path)) is concerns


def test_a_folder_that_is_gone_matters_if_it_held_modules(world, tmp_path):
    world.save("app/a/route.py", GET.format("a"))
    world.load()
    (tmp_path / "app/a").rename(tmp_path / "elsewhere")
    assert world.project.concerns(PurePosixPath("app/a"))
    assert ask(world.load("app/a"), "/a")[0] == 404
