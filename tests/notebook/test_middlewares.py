"""The `%%middleware` cells of a notebook, without a kernel."""

import asyncio
import linecache

import pytest

from notebook_routes.app import App
from notebook_routes.errors import CellError, ConfigError, DefinitionError, DirectiveError
from notebook_routes.notebook.cell_text import RunningCell
from notebook_routes.notebook.display import middleware_html, middleware_text
from notebook_routes.notebook.middlewares import MiddlewareCells
from notebook_routes.web import Request, Response


class Notebook:
    """Cells by id, in front of an app without routes."""

    def __init__(self):
        self.namespace = {"Response": Response, "seen": []}
        self.app = App(explain=True)
        self.cells = MiddlewareCells(self.app, self.namespace)

    def run(self, cell_id, body, line=""):
        text = f"%%middleware {line}\n{body}"
        made = self.cells.define(line, body, cell=RunningCell(cell_id, text), label=f"cell [{cell_id}]")
        self.cells.cell_ran(cell_id)
        return made

    def ask(self, target="/x"):
        return asyncio.run(self.app.request(target))

    def order(self, target="/x"):
        self.namespace["seen"].clear()
        self.ask(target)
        return "".join(self.namespace["seen"])


@pytest.fixture
def notebook():
    notebook = Notebook()
    yield notebook
    notebook.cells.clear()


def test_they_run_in_the_order_of_first_definition(notebook):
    for name in "abc":
        notebook.run(name, f"seen.append({name!r})")
    assert notebook.order() == "abc"
    _, what = notebook.run("a", "seen.append('A')")
    assert what == "updated"
    assert notebook.order() == "Abc"


def test_a_cell_that_is_none_any_longer_is_withdrawn(notebook):
    for name in "abc":
        notebook.run(name, f"seen.append({name!r})")
    (gone,) = notebook.cells.cell_ran("b")
    assert gone.label == "middleware of cell [b]"
    assert notebook.order() == "ac"
    assert notebook.cells.cell_ran("b") == []
    # One that fails, or sends no id, withdraws nothing.
    assert notebook.cells.cell_ran("a", succeeded=False) == []
    assert notebook.cells.cell_ran(None) == []
    # Defined anew it comes last.
    notebook.run("b", "seen.append('b')")
    assert notebook.order() == "acb"


def test_without_ids_the_line_tells_them_apart(notebook):
    notebook.run(None, "seen.append('1')", "/x")
    notebook.run(None, "seen.append('2')", "/:path*")
    notebook.run(None, "seen.append('3')", "/x")
    assert notebook.order() == "32"


def test_without_ids_the_config_tells_modules_apart(notebook):
    module = "config = {{'matcher': '{0}'}}\ndef middleware(request): seen.append('{1}')"
    assert notebook.run(None, module.format("/x", 1))[1] == "new"
    assert notebook.run(None, module.format("/:path*", 2))[1] == "new"
    assert notebook.order() == "12"
    assert notebook.run(None, module.format("/x", 3))[1] == "replaces the one before"
    assert notebook.run(None, module.format("/x", 3))[1] == "updated"
    assert notebook.order() == "32"


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("/a/[id]", "write :id, /a/:id"),
        ("/a/[...rest]", "write :rest*, /a/:rest*"),
        ("/a/[[...rest]]", "write :rest*, /a/:rest*"),
        ("/[lang]/b", "write :lang, /:lang/b"),
    ],
)
def test_a_segment_of_a_route_is_no_matcher(notebook, line, fix):
    with pytest.raises(DirectiveError) as refused:
        notebook.run("a", "None", line)
    assert str(refused.value).endswith(fix)


def test_a_class_of_characters_is_no_segment(notebook):
    notebook.run("a", "seen.append('a')", "/([a-c]) /x/:page([0-9]+)")
    assert [notebook.order(path) for path in ("/b", "/d", "/x/1")] == ["a", "", "a"]


def test_matchers_of_the_line(notebook):
    notebook.run("a", "seen.append('a')", "/a/:path* /b")
    assert [notebook.order(path) for path in ("/a/1", "/b", "/c")] == ["a", "a", ""]


def test_a_cell_that_is_refused_leaves_everything_as_it_was(notebook):
    notebook.run("a", "seen.append('a')")
    for body, line, kind in [
        ("1 +", "", CellError),
        ("seen", "admin", DirectiveError),
        ("seen", "/a(", ConfigError),
        ("def middleware(a, b, c): ...", "", DefinitionError),
        ("def middleware(request): ...\n1 / 0", "", CellError),
        ("middleware = 3", "", DefinitionError),
    ]:
        with pytest.raises(kind):
            notebook.run("a", body, line)
    assert notebook.order() == "a"


def test_a_failure_shows_the_cells_line(notebook):
    notebook.run("a", "x = 1\n1 / 0", "/x")
    assert notebook.ask().content.decode() == (
        'Traceback (most recent call last):\n  File "<cell 1 middleware /x>", line 3, in middleware\n'
        "    1 / 0\n    ~~^~~\nZeroDivisionError: division by zero\n"
    )


def test_nothing_stays_behind(notebook):
    before = {name for name in linecache.cache if "middleware" in name}
    notebook.run("a", "def middleware(request): ...")
    notebook.run("a", "seen.append(1)")
    notebook.run("b", "seen.append(1)")
    assert notebook.cells.clear() == 2
    assert notebook.app.middleware == ()
    assert {name for name in linecache.cache if "middleware" in name} == before


def test_what_is_shown(notebook):
    notebook.run("a", "seen", "/a /<b>")
    notebook.run("b", "def first(request): ...\nmiddleware = [first, (first, '/c')]")
    cells = notebook.cells.cells()
    assert middleware_text(cells) == "middleware  /a /<b>\nfirst  every path\nfirst  /c"
    assert "/&lt;b&gt;" in middleware_html(cells, "new")
    assert middleware_text(cells[:1], "new") == "middleware  /a /<b>  new"


def test_a_request_reaches_the_module_form(notebook):
    notebook.run("a", "def middleware(request):\n    return Response(request.path)")
    response = asyncio.run(notebook.app.fetch(Request("http://127.0.0.1/hello")))
    assert response.content == b"/hello"
