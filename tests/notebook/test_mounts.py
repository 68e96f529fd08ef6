"""`%routes mount`: a tree of files beside the cells."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from notebook_routes.errors import DefinitionError, DirectiveError, RouteConflict
from notebook_routes.notebook.cell_text import RunningCell
from notebook_routes.notebook.session import Session
from notebook_routes.project import parse_request_cell

PATIENCE = 20


class Notebook:
    def __init__(self):
        self.session = Session({"__name__": "__main__"})
        self.session.serving.start(port=0)

    def run(self, text, cell="a"):
        line, _, body = text.partition("\n")
        definition = self.session.define(
            line.removeprefix("%%route"), body, cell=RunningCell(cell, text), label=f"cell {cell}", own_names=set()
        )
        self.session.cell_ran(cell)
        return [what for _, what in definition.routes]

    def get(self, target, method="GET"):
        (spec,) = parse_request_cell(f"{method} {target}", "").requests
        response = self.session.client.send(spec)
        return response.status, response.text

    def comes(self, target, expected):
        end = time.monotonic() + PATIENCE
        while (found := self.get(target)) != expected:
            assert time.monotonic() < end, found
            time.sleep(0.02)


@pytest.fixture
def notebook():
    before, modules = set(threading.enumerate()), set(sys.modules)
    notebook = Notebook()
    yield notebook
    notebook.session.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10)
    assert set(threading.enumerate()) <= before
    assert {name for name in set(sys.modules) - modules if name.startswith("routes_tree")} == set()


@pytest.fixture
def save(tmp_path):
    def save(path, text):
        file = tmp_path / "shop" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return tmp_path / "shop"

    save("app/a/route.py", "from app import _shared\ndef GET():\n    return f'a {_shared.name}'\n")
    save("app/_shared.py", "name = 'Lamp'\n")
    return save


@pytest.fixture
def shop(save, tmp_path):
    return str(tmp_path / "shop")


def test_its_routes_answer_beside_those_of_cells(notebook, shop):
    notebook.run("%%route GET /b\n'b'")
    mount = notebook.session.mount(shop)
    assert [str(route) for route in mount.routes] == [f"GET /a ({shop}/app/a/route.py)"]
    assert notebook.get("/a") == (200, "a Lamp")
    assert notebook.get("/b") == (200, "b")
    assert "return f'a" in notebook.session.source("/a")


def test_what_is_saved_answers_anew(notebook, shop, save):
    notebook.session.mount(shop)
    save("app/_shared.py", "name = 'Chair'\n")
    notebook.comes("/a", (200, "a Chair"))
    save("app/new/route.py", "def GET():\n    return 'new'\n")
    notebook.comes("/new", (200, "new"))
    (save("app/new/route.py", "") / "app/new/route.py").unlink()
    notebook.comes("/a", (200, "a Chair"))
    end = time.monotonic() + PATIENCE
    while notebook.get("/new")[0] != 404:
        assert time.monotonic() < end


def test_what_is_saved_before_anybody_watches_is_not_missed(notebook, shop, save, monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", lambda _: None)
    notebook.session.mount(shop)
    monkeypatch.undo()
    save("app/_shared.py", "name = 'Chair, and longer'\n")
    mounts = notebook.session.mounts
    (mount,) = mounts.all()
    end = mounts._ends[mount.project.root]
    thread = threading.Thread(target=mounts._watch, args=(mount, end, {}))
    thread.start()
    notebook.comes("/a", (200, "a Chair, and longer"))
    mounts.clear()
    thread.join()


def test_it_is_mounted_once(notebook, shop, monkeypatch, tmp_path):
    notebook.session.mount(shop)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DirectiveError, match=r"shop is mounted already.*%routes mount --off shop"):
        notebook.session.mount("shop")


def test_unmount(notebook, shop):
    notebook.run("%%route GET /b\n'b'")
    notebook.session.mount(shop)
    notebook.session.mounts.unmount(shop)
    assert notebook.get("/a")[0] == 404
    assert notebook.get("/b") == (200, "b")
    with pytest.raises(DirectiveError, match="is not mounted: no tree is"):
        notebook.session.mounts.unmount(shop)
    notebook.session.mount(shop)
    assert notebook.get("/a") == (200, "a Lamp")
    assert notebook.session.clear() == 2
    assert notebook.get("/a")[0] == 404
    assert notebook.session.mounts.all() == []


@pytest.mark.parametrize("path", ["/a", "/[x]"])
def test_a_conflict_with_a_cell_names_both_and_changes_nothing(notebook, save, shop, path):
    save("app/[id]/route.py", "def GET(id):\n    return id\n")
    notebook.run(f"%%route GET {path}\n'cell'")
    with pytest.raises(RouteConflict) as refused:
        notebook.session.mount(shop)
    assert "cell a" in str(refused.value)
    assert "shop/app/" in str(refused.value)
    assert notebook.get("/a") == (200, "cell")
    assert notebook.get("/b/c")[0] == 404
    assert notebook.session.mounts.all() == []


def test_a_cell_that_comes_later_replaces_and_says_whose(notebook, shop, save):
    notebook.session.mount(shop)
    assert notebook.run("%%route GET /a\n'cell'") == [f"replaces the one of {shop}/app/a/route.py"]
    assert notebook.get("/a") == (200, "cell")
    # What is saved now does not take it back, and says so.
    save("app/b/route.py", "def GET():\n    return 'b'\n")
    notebook.comes("/b", (200, "b"))
    (mount,) = notebook.session.mounts.all()
    assert notebook.get("/a") == (200, "cell")
    assert mount.problems == (
        f"GET /a ({shop}/app/a/route.py) cannot be mounted beside GET /a (cell a): keep one of the two",
    )
    notebook.session.remove("GET", "/a")
    save("app/b/route.py", "def GET():\n    return 'again'\n")
    notebook.comes("/a", (200, "a Lamp"))
    assert mount.problems == ()


def test_a_broken_file_is_named_and_the_rest_answers(notebook, shop, save, capsys):
    save("app/b/route.py", "def GET(:")
    mount = notebook.session.mount(shop)
    assert "app/b/route.py cannot be imported" in mount.problems[0]
    status, text = notebook.get("/b")
    assert status == 500
    assert "SyntaxError" in text
    assert notebook.get("/a")[0] == 200
    save("app/b/route.py", "def GET():\n    return 'b'\n")
    notebook.comes("/b", (200, "b"))
    assert mount.problems == ()
    assert capsys.readouterr().err == ""


def test_its_middleware_stands_in_front_and_never_lets_pass_what_it_cannot_see(notebook, shop, save):
    guard = "from notebook_routes import Response\ndef middleware(request):\n    return Response('no', status=403)\n"
    save("middleware.py", guard + "config = {'matcher': '/a'}\n")
    notebook.run("%%route GET /b\n'b'")
    notebook.session.mount(shop)
    assert notebook.get("/a") == (403, "no")
    assert notebook.get("/b") == (200, "b")
    save("middleware.py", "1 / 0\n")
    end = time.monotonic() + PATIENCE
    while notebook.get("/a")[0] != 500:
        assert notebook.get("/a")[0] in (403, 500)
        assert time.monotonic() < end
    # The routes of cells are not its concern.
    assert notebook.get("/b") == (200, "b")
    (mount,) = notebook.session.mounts.all()
    assert "middleware.py cannot be imported" in mount.problems[0]
    save("middleware.py", "def middleware(request):\n    return None\n")
    notebook.comes("/a", (200, "a Lamp"))
    notebook.session.mounts.unmount(shop)
    assert notebook.session.app.middleware == ()


def test_a_broken_middleware_is_not_mounted(notebook, shop, save):
    save("middleware.py", "1 / 0\n")
    with pytest.raises(DefinitionError, match=r"middleware\.py cannot be imported"):
        notebook.session.mount(shop)
    assert notebook.get("/a")[0] == 404


def test_a_folder_without_app_is_a_sentence(notebook, tmp_path):
    with pytest.raises(DefinitionError, match="holds no folder 'app'"):
        notebook.session.mount(str(tmp_path / "none"))


def test_no_request_finds_the_place_empty_while_it_is_loaded(notebook, shop):
    mount = notebook.session.mount(shop)
    over, missed = threading.Event(), []

    def ask():
        table = notebook.session.routes
        while not over.is_set():
            if table.match("/a") is None:
                missed.append(True)

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(50):
        notebook.session.mounts.reload(mount, [])
    over.set()
    thread.join()
    assert missed == []
