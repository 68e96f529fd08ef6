"""One kernel's routes: what `%%route` cells do to them."""

from __future__ import annotations

import linecache
import sys
import threading

import pytest

from notebook_routes.errors import CellError, DefinitionError, NotebookRoutesError, RouteConflict
from notebook_routes.notebook.cell_text import RunningCell
from notebook_routes.notebook.session import Session
from notebook_routes.project import parse_request_cell


class Notebook:
    """A notebook whose cells are all `%%route` cells."""

    def __init__(self):
        self.names = {"__name__": "__main__"}
        self.session = Session(self.names)
        self.session.serving.start(port=0)

    def run(self, text, *, cell="a", own_names=()):
        """Run a cell, and return what became of its routes."""
        running = RunningCell(cell, text)
        line, _, body = text.partition("\n")
        definition = self.session.define(
            line.removeprefix("%%route").strip(), body, cell=running, label=f"cell {cell}", own_names=set(own_names)
        )
        self.session.cell_ran(cell)
        return definition

    def said(self, text, **how):
        definition = self.run(text, **how)
        return [f"{route.method} {route.pattern} {what}" for route, what in definition.routes], definition.remarks

    def live(self):
        return [f"{route.method} {route.pattern}" for route in self.session.routes.routes()]

    def get(self, target, method="GET"):
        (spec,) = parse_request_cell(f"{method} {target}", "").requests
        return self.session.client.send(spec)


@pytest.fixture
def notebook():
    before = set(threading.enumerate())
    modules, listings = set(sys.modules), set(linecache.cache)
    notebook = Notebook()
    yield notebook
    notebook.session.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10)
    assert set(threading.enumerate()) <= before
    assert {name for name in set(sys.modules) - modules if name.startswith("route_")} == set()
    assert {name for name in set(linecache.cache) - listings if name.startswith("<cell")} == set()


# A cell becomes a route


def test_a_cell_becomes_a_route(notebook):
    notebook.names["products"] = {"1": {"name": "Lamp"}}
    said = notebook.said("%%route GET /products/[id]\nproducts.get(id)")
    assert said == (["GET /products/[id] new"], ())
    assert notebook.get("/products/1").json() == {"name": "Lamp"}


def test_a_module_becomes_its_routes(notebook):
    said, _ = notebook.said("%%route /x\ndef GET(): return 'got'\ndef POST(): return 'posted'")
    assert said == ["GET /x new", "POST /x new"]
    assert notebook.get("/x", "POST").text == "posted"


def test_names_are_read_when_called(notebook):
    notebook.run("%%route GET /x\nrate")
    notebook.names["rate"] = 1
    assert notebook.get("/x").text == "1"
    notebook.names["rate"] = 2
    assert notebook.get("/x").text == "2"


def test_global_means_the_notebook_s_in_both_forms(notebook):
    notebook.names["counter"] = 0
    notebook.run("%%route GET /body\nglobal counter\ncounter += 1\ncounter", cell="a")
    notebook.run("%%route /module\ndef GET():\n    global counter\n    counter += 1\n    return counter", cell="b")
    assert [notebook.get(path).text for path in ("/body", "/module", "/body")] == ["1", "2", "3"]
    assert notebook.names["counter"] == 3


# Identity


def test_running_again_replaces(notebook):
    notebook.run("%%route GET /x\n1")
    assert notebook.said("%%route GET /x\n2") == (["GET /x updated"], ())
    assert notebook.get("/x").text == "2"


def test_another_path_withdraws_the_old_one(notebook):
    notebook.run("%%route GET /old\n1")
    assert notebook.said("%%route GET /new\n1") == (["GET /new new"], ("GET /old withdrawn",))
    assert notebook.live() == ["GET /new"]
    assert notebook.get("/old").status == 404


def test_another_method_withdraws_the_old_one(notebook):
    notebook.run("%%route /x\ndef GET(): return 1\ndef POST(): return 1")
    assert notebook.said("%%route /x\ndef GET(): return 2\ndef PUT(): return 2") == (
        ["GET /x updated", "PUT /x new"],
        ("POST /x withdrawn",),
    )
    assert notebook.live() == ["GET /x", "PUT /x"]


def test_the_name_of_a_segment_may_change(notebook):
    notebook.run("%%route GET /x/[id]\nid")
    said, remarks = notebook.said("%%route GET /x/[slug]\nslug")
    assert (said, remarks) == (["GET /x/[slug] updated"], ())
    assert notebook.get("/x/7").text == "7"


def test_without_an_id_a_rename_withdraws_nothing(notebook):
    notebook.run("%%route GET /old\n1", cell=None)
    assert notebook.said("%%route GET /new\n1", cell=None) == (["GET /new new"], ())
    assert notebook.live() == ["GET /new", "GET /old"]
    assert notebook.said("%%route GET /new\n2", cell=None) == (["GET /new updated"], ())


def test_a_later_cell_takes_over_and_says_whose(notebook):
    notebook.run("%%route GET /x\n'a'", cell="a")
    assert notebook.said("%%route GET /x\n'b'", cell="b") == (["GET /x replaces the one of cell a"], ())
    assert notebook.get("/x").text == "b"


def test_what_was_taken_over_is_not_withdrawn_by_its_first_cell(notebook):
    notebook.run("%%route GET /x\n'a'", cell="a")
    notebook.run("%%route GET /x\n'b'", cell="b")
    notebook.run("%%route GET /y\n'a'", cell="a")
    assert notebook.live() == ["GET /x", "GET /y"]
    assert notebook.said("%%route GET /x\n'a'", cell="a") == (
        ["GET /x replaces the one of cell b"],
        ("GET /y withdrawn",),
    )


def test_two_cells_may_define_methods_of_one_path(notebook):
    notebook.run("%%route GET /x\n'got'", cell="a")
    assert notebook.said("%%route POST /x\n'posted'", cell="b") == (["POST /x new"], ())
    assert (notebook.get("/x").text, notebook.get("/x", "POST").text) == ("got", "posted")


def test_a_cell_that_is_no_route_any_more_withdraws(notebook):
    notebook.run("%%route GET /x\n1")
    gone = notebook.session.cell_ran("a")
    assert [str(route.pattern) for route in gone] == ["/x"]
    assert notebook.live() == []


def test_a_cell_that_failed_keeps_its_routes(notebook):
    notebook.run("%%route GET /x\n1")
    assert notebook.session.cell_ran("a", succeeded=False) == []
    assert notebook.live() == ["GET /x"]


def test_a_definition_whose_cell_failed_later_counts_for_that_run_only(notebook):
    notebook.session.define("GET /x", "1", cell=RunningCell("a"), label="cell a", own_names=set())
    notebook.session.cell_ran("a", succeeded=False)
    assert len(notebook.session.cell_ran("a")) == 1


@pytest.mark.parametrize("cell", [None, "another"])
def test_other_cells_withdraw_nothing(notebook, cell):
    notebook.run("%%route GET /x\n1")
    assert notebook.session.cell_ran(cell) == []
    assert notebook.live() == ["GET /x"]


# Modules come and go with their cells


def test_a_module_lives_as_long_as_one_of_its_routes(notebook):
    notebook.run("%%route /x\ndef GET(): return __name__\ndef POST(): return 1")
    name = notebook.get("/x").text
    assert name in sys.modules
    notebook.session.remove("GET", "/x")
    assert name in sys.modules
    notebook.session.remove("POST", "/x")
    assert name not in sys.modules


def test_running_again_leaves_one_module(notebook):
    for _ in range(3):
        notebook.run("%%route /x\ndef GET(): return __name__")
    assert sum(name.startswith("route_") and name.endswith("_x") for name in sys.modules) == 1


# A failing cell leaves everything as it was


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%%route GET /x\n", "the cell has no code"),
        ("%%route GET /x\nf(", "line 2: f("),
        ("%%route GET /x\ncounter += 1", 'write "global counter"'),
        ("%%route GET /x nope", "write nope:str"),
        ("%%route GET /x --nope 1\n1", '"--nope" is no option'),
        ("%%route GET /[id\n1", "[id"),
        ("%%route GET /x q:object\nq", "`q` can never be filled"),
        (
            "%%route GET /x q:Nope\nq",
            "line 1: %%route GET /x q:Nope\nNope is not defined: run the cell that defines it",
        ),
        ("%%route GET /x q:int=nope\nq", "nope is not defined"),
        ("%%route GET /x q:int=1/0\nq", "ZeroDivisionError: division by zero"),
        ("%%route /x\ndef GET(): return 1\nboom()", "NameError: name 'boom' is not defined"),
        ("%%route /x\ndef GET(nope): return 1", "`nope` can never be filled"),
        ("%%route /x\nimport sys\nsys.exit(3)\ndef GET(): return 1", "SystemExit: 3"),
        ("%%route /x\nrevalidate = 'often'\ndef GET(): return 1", "revalidate = 'often'"),
        ("%%route /x\nruntime = 'edge'\ndef GET(): return open('x')", "EDGE003 open(...)"),
        ("%%route GET /[other]\n1", "[other] and [id]"),
    ],
)
def test_a_cell_that_is_refused_changes_nothing(notebook, text, message):
    notebook.run("%%route GET /[id]\nid", cell="b")
    notebook.run("%%route GET /x --max-duration 60\n'old'")
    modules, names = set(sys.modules), dict(notebook.names)
    with pytest.raises(DefinitionError) as refused:
        notebook.run(text)
    assert message in str(refused.value)
    assert "notebook_routes/" not in str(refused.value)
    assert notebook.live() == ["GET /x", "GET /[id]"]
    assert notebook.get("/x").text == "old"
    assert {name for name in set(sys.modules) - modules if name.startswith("route_")} == set()
    assert notebook.names == names


def test_a_conflict_in_one_route_of_many_changes_none(notebook):
    notebook.run("%%route POST /x --max-duration 5\n'posted'", cell="b")
    notebook.run("%%route PUT /x\n'put'", cell="a")
    with pytest.raises(RouteConflict, match=r"cell c.* max_duration = 6.*max_duration = 5"):
        notebook.run("%%route /x --max-duration 6\ndef GET(): return 1\ndef PUT(): return 1", cell="c")
    assert notebook.live() == ["POST /x", "PUT /x"]
    assert notebook.get("/x", "PUT").text == "put"


def test_a_server_that_cannot_start_changes_nothing(notebook, monkeypatch):
    def fail():
        raise NotebookRoutesError("no server")

    monkeypatch.setattr(notebook.session.serving, "ensure_started", fail)
    with pytest.raises(NotebookRoutesError):
        notebook.run("%%route GET /x\n1")
    assert notebook.live() == []


def test_stop_while_a_module_runs_changes_nothing(notebook):
    def press_stop():
        raise KeyboardInterrupt

    notebook.names["press_stop"] = press_stop
    before = set(linecache.cache)
    with pytest.raises(KeyboardInterrupt):
        notebook.run("%%route /x\npress_stop()\ndef GET(): return 1")
    assert notebook.live() == []
    # IPython's traceback still has to quote the cell.
    (listing,) = (name for name in linecache.cache.keys() - before if name.startswith("<cell"))
    del linecache.cache[listing]


def test_lines_are_those_of_the_cell(notebook):
    running = RunningCell("a", "# about it\n\n%%route GET /x\nx = 1\ny = )")
    with pytest.raises(CellError, match=r"^line 5: y = \)\n"):
        notebook.session.define("GET /x", "x = 1\ny = )", cell=running, label="cell a", own_names=set())
    notebook.session.define("GET /x", "x = 1\n1/0", cell=running, label="cell a", own_names=set())
    assert "line 5, in GET\n    1/0\n" in notebook.get("/x").text


# Remarks


def test_a_segment_that_hides_a_name_is_said_once(notebook):
    notebook.names["id"] = 7
    remark = "`id` is the segment here, not the notebook's variable of that name"
    assert notebook.said("%%route GET /x/[id]\nid")[1] == (remark,)
    assert notebook.said("%%route GET /x/[id]\nid")[1] == ()


def test_names_that_are_not_the_user_s_are_not_hidden(notebook):
    notebook.names["headers"] = print
    assert notebook.said("%%route GET /[headers]\nheaders", own_names=["headers"])[1] == ()


def test_in_module_form_nothing_is_hidden(notebook):
    notebook.names["id"] = 7
    assert notebook.said("%%route /x/[id]\ndef GET(): return id")[1] == ()


# Commands


def test_remove_withdraws_a_path_or_a_method(notebook):
    notebook.run("%%route /x\ndef GET(): return 1\ndef POST(): return 1")
    assert [route.method for route in notebook.session.remove("GET", "/x")] == ["GET"]
    assert notebook.live() == ["POST /x"]
    assert [route.method for route in notebook.session.remove(None, "/x")] == ["POST"]
    with pytest.raises(DefinitionError, match="There is no route /x: %routes lists those there are"):
        notebook.session.remove(None, "/x")
    with pytest.raises(DefinitionError, match="There is no route PUT /x"):
        notebook.session.remove("PUT", "/x")


def test_clear_withdraws_all_and_forgets(notebook):
    notebook.run("%%route GET /x\n1")
    notebook.run("%%route GET /y\nfrom notebook_routes import cookies\ncookies().set('a', 'b')\n1", cell="b")
    assert "a=b" in notebook.get("/y").headers.get("set-cookie")
    assert notebook.session.clear() == 2
    assert notebook.live() == []
    assert notebook.session.app.log.entries() == []
    assert notebook.get("/x").status == 404
    assert notebook.session.app.log.entries()[0].number


def test_source_is_what_was_compiled(notebook):
    notebook.run("%%route GET /x/[id] page:int=1 --max-duration 5\n# a comment\n(id, page)", cell="a")
    notebook.run("%%route /y\ndef GET(): return 1\ndef POST(): return 1", cell="b")
    assert notebook.session.source("/x/[id]") == (
        "# /x/[id]\nmax_duration = 5\n\n\ndef GET(id, page: int = 1):\n    # a comment\n    return (id, page)\n"
    )
    assert notebook.session.source().count("def POST") == 1
    with pytest.raises(DefinitionError, match="There is no route at /z"):
        notebook.session.source("/z")


# What handlers should hear


def test_a_note_reaches_the_cell_once(notebook, capsys):
    notebook.run("%%route GET /x\nimport time\nimport asyncio\nawait asyncio.sleep(0)\ntime.sleep(0.3)\n1")
    for _ in range(2):
        notebook.get("/x")
    said = capsys.readouterr().out
    assert said.count("GET /x: line 5 held the server for over 100 ms: time.sleep(0.3)") == 1
    assert all(entry.notes for entry in notebook.session.app.log.entries())


# Many cells at once


def test_cells_on_many_threads_do_not_mix(notebook):
    barrier = threading.Barrier(8)
    failures = []

    def run(number):
        barrier.wait()
        try:
            for turn in range(20):
                notebook.run(f"%%route GET /{number}/{turn % 2}\n{turn}", cell=str(number))
        except NotebookRoutesError as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert notebook.live() == [f"GET /{number}/1" for number in range(8)]
    assert [notebook.get(f"/{number}/1").text for number in range(8)] == ["19"] * 8
