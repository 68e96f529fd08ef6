"""`%%page` cells beside `%%route` cells: what becomes of the routes."""

from __future__ import annotations

import linecache
import threading

import pytest

from notebook_routes.errors import DefinitionError, RouteConflict
from notebook_routes.notebook.cell_text import RunningCell
from notebook_routes.notebook.session import Session
from notebook_routes.project import parse_request_cell


class Notebook:
    """A notebook of `%%route` and `%%page` cells."""

    def __init__(self):
        self.session = Session({"__name__": "__main__"})
        self.session.serving.start(port=0)

    def run(self, text, *, cell="a"):
        running = RunningCell(cell, text)
        magic, _, line = running.header.split("\n")[-2].partition(" ")
        body = text[len(running.header) :]
        if magic == "%%page":
            definition = self.session.define_page(line, body, cell=running, label=f"cell {cell}")
        else:
            definition = self.session.define(line, body, cell=running, label=f"cell {cell}", own_names=set())
        self.session.cell_ran(cell)
        return [f"{route.method} {route.pattern} {what}" for route, what in definition.routes], definition.remarks

    def live(self):
        return [(str(route), route.is_page) for route in self.session.routes.routes()]

    def get(self, target, method="GET"):
        (spec,) = parse_request_cell(f"{method} {target}", "").requests
        return self.session.client.send(spec)


@pytest.fixture
def notebook():
    before = set(threading.enumerate())
    listings = set(linecache.cache)
    notebook = Notebook()
    yield notebook
    notebook.session.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10)
    assert {name for name in set(linecache.cache) - listings if name.startswith("<cell")} == set()


def test_a_cell_becomes_a_page(notebook):
    assert notebook.run("%%page /shop\n<h1>{{ Shop }}</h1>\n") == (["GET /shop new"], ())
    answer = notebook.get("/shop")
    assert (answer.text, answer.headers["content-type"]) == ("<h1>{{ Shop }}</h1>\n", "text/html; charset=utf-8")
    assert notebook.get("/shop", "HEAD").status == 200
    assert notebook.get("/shop", "POST").status == 405


def test_a_template_is_rendered_and_its_lines_are_the_cell_s(notebook):
    notebook.run("# a shop\n%%page /shop/[id] --jinja\n<h1>{{ id }}</h1>\n{{ query.nope }}")
    said = notebook.get("/shop/1").text
    assert 'page /shop/[id]>", line 4' in said
    assert "    {{ query.nope }}\n" in said
    notebook.run("# a shop\n%%page /shop/[id] --jinja\n<h1>{{ id }}</h1>")
    assert notebook.get("/shop/%3Cb%3E").text == "<h1>&lt;b&gt;</h1>"


def test_running_again_replaces_and_a_rename_withdraws(notebook):
    notebook.run("%%page /old\n1")
    assert notebook.run("%%page /old\n2") == (["GET /old updated"], ())
    assert notebook.get("/old").text == "2"
    assert notebook.run("%%page /new\n2") == (["GET /new new"], ("GET /old withdrawn",))
    assert notebook.get("/old").status == 404


def test_another_cell_takes_over_and_says_whose(notebook):
    notebook.run("%%page /x\n1", cell="a")
    assert notebook.run("%%page /x\n2", cell="b") == (["GET /x replaces the one of cell a"], ())


def test_a_cell_may_turn_from_a_route_into_a_page_and_back(notebook):
    notebook.run("%%route GET /x\n1")
    assert notebook.run("%%page /x\n<p>")[0] == ["GET /x updated"]
    assert notebook.live() == [("GET /x (cell a)", True)]
    assert notebook.run("%%route GET /x\n2")[0] == ["GET /x updated"]
    assert notebook.get("/x").text == "2"


@pytest.mark.parametrize("route", ["%%route GET /x\n1", "%%route HEAD /x\nNone", "%%route /x\ndef GET(): return 1"])
def test_a_page_and_a_route_of_two_cells_are_a_conflict_in_either_order(notebook, route):
    for first, second in [(route, "%%page /x\n<p>"), ("%%page /x\n<p>", route)]:
        notebook.run(first, cell="a")
        before = notebook.live()
        with pytest.raises(RouteConflict) as refused:
            notebook.run(second, cell="b")
        assert "cell a" in str(refused.value)
        assert "cell b" in str(refused.value)
        assert notebook.live() == before
        notebook.session.clear()


def test_other_methods_stand_beside_a_page(notebook):
    notebook.run("%%page /x --revalidate 60\n<p>", cell="a")
    notebook.run("%%route POST /x\n'posted'", cell="b")
    assert (notebook.get("/x").text, notebook.get("/x", "POST").text) == ("<p>", "posted")
    with pytest.raises(RouteConflict, match="config belongs to the path"):
        notebook.run("%%route DELETE /x --revalidate 1\nNone", cell="c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%%page\n<p>", "The line has no path: write %%page /path"),
        ("%%page /x\n", "the page is empty"),
        ("%%page /x\n \n\n", "the page is empty"),
        ("%%page /x\n<p>\ud800", "is no UTF-8"),
        ("%%page /x --jinja\n<p>\n{{ products }}", "line 3: {{ products }}\n`products` is not defined"),
        ("%%page /x --jinja\n{% for %}", "line 2: {% for %}\nJinja2:"),
        ("%%page /x --runtime edge\n<p>", "the page is answered by the kernel"),
        ("%%page /_routes/x\n<p>", "choose another first segment"),
    ],
)
def test_a_page_that_is_none_is_refused_and_nothing_changes(notebook, text, message):
    notebook.run("%%page /x\nbefore")
    with pytest.raises(DefinitionError) as refused:
        notebook.run(text)
    assert message in str(refused.value)
    assert notebook.get("/x").text == "before"


def test_the_source_is_the_page(notebook):
    notebook.run("%%page /x\n<h1>\nx</h1>\n\n")
    notebook.run("%%route GET /y\n1", cell="b")
    assert notebook.session.source("/x") == "<!-- /x -->\n<h1>\nx</h1>\n"
    assert notebook.session.source().count("# /y\n") == 1


def test_what_prints_nothing_leaves_no_listing_when_it_is_withdrawn(notebook):
    notebook.run("%%page /x --jinja\n{{ request.path }}")
    assert [name for name in linecache.cache if "page /x" in name] != []
    notebook.session.remove(None, "/x")
    assert [name for name in linecache.cache if "page /x" in name] == []


# --public and --geo


def test_public_files_are_served_until_the_server_starts_anew_without(notebook, tmp_path):
    (tmp_path / "robots.txt").write_text("none")
    notebook.session.serving.start(port=0, public=tmp_path, geo="cloudflare")
    assert notebook.get("/robots.txt").text == "none"
    notebook.run("%%route GET /geo\nrequest.geo.country or 'nowhere'")
    assert notebook.get("/geo").text == "nowhere"
    notebook.session.serving.start(port=0)
    assert notebook.get("/robots.txt").status == 404


def test_a_page_at_the_path_of_a_file_is_a_conflict_in_either_order(notebook, tmp_path):
    (tmp_path / "about").write_text("file")
    notebook.session.serving.start(port=0, public=tmp_path)
    for text in ("%%page /about\n<p>", "%%route GET /about\n1"):
        with pytest.raises(RouteConflict, match=r"cell a.*about are at one path"):
            notebook.run(text)
    assert notebook.get("/about").text == "file"
    notebook.session.serving.start(port=0)
    notebook.run("%%page /about\n<p>")
    with pytest.raises(RouteConflict, match=r"cell a.*about are at one path"):
        notebook.session.serving.start(port=0, public=tmp_path)
    assert notebook.get("/about").text == "<p>"


@pytest.mark.parametrize("options", [{"public": "no-such-folder"}, {"geo": "akamai"}])
def test_what_cannot_be_started_leaves_the_server_as_it_is(notebook, options):
    notebook.run("%%page /x\n<p>")
    with pytest.raises(DefinitionError):
        notebook.session.serving.start(port=0, **options)
    assert notebook.get("/x").text == "<p>"
