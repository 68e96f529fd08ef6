"""`%%route`, `%%request` and `%routes` in real kernels."""

from __future__ import annotations

import json

import pytest

VIEW = "application/vnd.jupyter.widget-view+json"


# The first five minutes


def test_the_first_five_minutes(kernel):
    kernel.ok('products = {"1": {"name": "Lamp", "price": 30}}')
    defined = kernel.ok("%%route GET /products/[id]\nproducts.get(id) or not_found()", cell="a")
    assert defined.text == "GET /products/[id]  new"
    assert '<a data-path="/products/1"' in defined.html
    assert [VIEW in bundle for bundle in defined.bundles] == [False, True]

    asked = kernel.ok('%%request GET /products/1 as lamp\n?? status == 200\n?? json["name"] == "Lamp"')
    assert asked.text == (
        '200 OK · application/json\n{"name":"Lamp","price":30}\n✓ status == 200\n✓ json["name"] == "Lamp"'
    )
    assert kernel.ok("lamp.status, lamp.json()['price'], lamp.headers['content-type']").text == (
        "(200, 30, 'application/json')"
    )
    assert kernel.get("/products/1") == (200, '{"name":"Lamp","price":30}')
    assert kernel.get("/products/2")[0] == 404
    assert kernel.ok("%routes").text == "METHOD  PATH            CONFIG\nGET     /products/[id]"

    changed = kernel.ok('%%route GET /products/[id]\n{"product": products[id]}', cell="a")
    assert changed.text == "GET /products/[id]  updated"
    broken = kernel.ok("%request GET /products/2")
    assert broken.text == (
        "500 Internal Server Error · text/plain; charset=utf-8\n"
        "Traceback (most recent call last):\n"
        '  File "<GET /products/[id]>", line 2, in GET\n'
        '    {"product": products[id]}\n'
        "                ~~~~~~~~^^^^\n"
        "KeyError: '2'"
    )
    kernel.ok('products["2"] = {"name": "Chair"}')
    assert json.loads(kernel.get("/products/2")[1]) == {"product": {"name": "Chair"}}

    renamed = kernel.ok("%%route GET /things/[id]\nproducts[id]", cell="a")
    assert renamed.text == "GET /things/[id]  new\nGET /products/[id] withdrawn"
    assert kernel.get("/products/1")[0] == 404
    assert kernel.get("/things/1")[0] == 200


# Identity


def test_without_a_cell_id_a_rename_withdraws_nothing(kernel):
    kernel.ok("%%route GET /old\n1")
    assert kernel.ok("%%route GET /new\n1").text == "GET /new  new"
    assert (kernel.get("/old")[0], kernel.get("/new")[0]) == (200, 200)
    assert kernel.ok("%%route GET /new\n2").text == "GET /new  updated"


def test_a_later_cell_takes_over_and_says_whose(kernel):
    first = kernel.ok("%%route GET /x\n'a'", cell="a")
    number = first.reply["execution_count"]
    assert kernel.ok("%%route GET /x\n'b'", cell="b").text == f"GET /x  replaces the one of cell [{number}]"
    assert kernel.get("/x") == (200, "b")


def test_a_cell_that_is_no_route_any_more_withdraws(kernel):
    kernel.ok("%%route /x\ndef GET(): return 1\ndef POST(): return 1", cell="a")
    assert kernel.ok("x = 1", cell="a").text == (
        "GET /x withdrawn: its cell defines it no more\nPOST /x withdrawn: its cell defines it no more\n"
    )
    assert kernel.get("/x")[0] == 404
    assert kernel.ok("x = 2", cell="a").text == ""


@pytest.mark.parametrize("code", ["1/0", "f(", "%nope", "%%route GET /x\n1/"])
def test_a_cell_that_fails_keeps_its_routes(kernel, code):
    kernel.ok("%%route GET /x\n1", cell="a")
    kernel.run(code, cell="a")
    assert kernel.get("/x") == (200, "1")


def test_cells_that_run_other_cells_keep_theirs(newest):
    newest.ok("%%route GET /x\n1", cell="a")
    assert newest.ok("_ = get_ipython().run_cell('1 + 1')", cell="b").text.strip() == "2"
    newest.run("get_ipython().run_cell('2')\n1/0", cell="a")
    assert newest.get("/x") == (200, "1")
    assert "withdrawn" in newest.ok("_ = get_ipython().run_cell('3')", cell="a").text


# Where the magic stands


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%%route GET /x\n1/0", 2),
        ("# about it\n\n  # more\n%%route GET /x\n\n1/0", 6),
        ("\n\n%%route GET /x\n1/0", 4),
        ("# about it\n%%route /x\nimport math\n\ndef GET():\n    return 1/0", 6),
        ("%%route GET /x\ntext = '''\n  one\n'''\n\nlen(text) + 1/0", 6),
        ("%%route GET /x --max-duration 5 --tag a\nif True:\n    1/0\n'done'", 3),
        ("%%route GET /x\nfrom __future__ import annotations\n# a comment\n(\n    1/0\n)", 5),
    ],
)
def test_lines_of_tracebacks_are_those_of_the_cell(newest, cell, line):
    newest.ok(cell, cell="a")
    status, text = newest.get("/x")
    source = cell.split("\n")[line - 1].strip()
    assert status == 500
    assert f", line {line}, in GET\n    {source}\n" in text
    assert text.endswith("ZeroDivisionError: division by zero\n")
    assert "notebook_routes" not in text
    assert text.count("File ") == 1


def test_a_traceback_names_other_cells_by_their_number(kernel):
    helper = kernel.ok("def half(x):\n    return x / 0", cell="a")
    kernel.ok("%%route GET /x\nhalf(3)", cell="b")
    _, text = kernel.get("/x")
    assert f"Cell In[{helper.reply['execution_count']}]".lower() in text.lower()
    assert "return x / 0" in text
    assert "/tmp" not in text.replace("In[", "")


def test_lines_of_a_cell_that_ran_again_are_the_new_ones(newest):
    newest.ok("%%route GET /x\n1/0", cell="a")
    newest.get("/x")
    newest.ok("%%route GET /x\n# moved\n2/0", cell="a")
    assert "line 3, in GET\n    2/0\n" in newest.get("/x")[1]


# Module form


def test_a_dataclass_with_postponed_annotations(kernel):
    kernel.ok(
        """%%route /orders
from __future__ import annotations

from dataclasses import dataclass, field

@dataclass
class Order:
    item: str
    count: int = 1
    inner: Order | None = None
    tags: list[str] = field(default_factory=list)

def POST(body: Order):
    return [type(body).__name__, body.item, body.count, body.inner]
""",
        cell="a",
    )
    headers = {"content-type": "application/json"}
    assert kernel.get("/orders", method="POST", headers=headers, body='{"item": "Lamp", "inner": {"item": "x"}}') == (
        200,
        '["Order","Lamp",1,{"item":"x","count":1,"inner":null,"tags":[]}]',
    )
    status, text = kernel.get("/orders", method="POST", headers=headers, body='{"count": "many"}')
    assert status == 422
    assert '"count"' in text


def test_a_model_with_a_forward_reference(kernel):
    kernel.ok(
        """%%route /trees
from pydantic import BaseModel

class Tree(BaseModel):
    name: str
    branches: "list[Tree]" = []
    leaf: "Leaf | None" = None

class Leaf(BaseModel):
    colour: str

def POST(body: Tree):
    return body.branches[0].leaf
""",
        cell="a",
    )
    body = '{"name": "a", "branches": [{"name": "b", "leaf": {"colour": "red"}}]}'
    assert kernel.get("/trees", method="POST", body=body) == (200, '{"colour":"red"}')


def test_a_pickled_instance(kernel):
    kernel.ok(
        """%%route /pickled
import pickle

class Point:
    def __init__(self, x):
        self.x = x

kept = pickle.dumps(Point(7))

def GET():
    return {"x": pickle.loads(kept).x, "here": pickle.loads(pickle.dumps(Point)).__module__ == __name__}
""",
        cell="a",
    )
    assert kernel.get("/pickled") == (200, '{"x":7,"here":true}')


def test_two_cells_may_both_define_helper(kernel):
    kernel.ok("helper = lambda: 'the notebook'", cell="a")
    for name in ("b", "c"):
        kernel.ok(f"%%route /{name}\ndef helper(): return '{name}'\ndef GET(): return helper()", cell=name)
    kernel.ok("%%route /d\ndef GET(): return helper()", cell="d")
    assert [kernel.get(path)[1] for path in ("/b", "/c", "/d")] == ["b", "c", "the notebook"]
    assert kernel.ok("helper()").text == "'the notebook'"
    assert kernel.value("'GET' in dir()") is False


def test_a_module_prints_where_it_is_defined(kernel):
    assert kernel.ok("%%route /x\nprint('defined')\ndef GET(): return 1", cell="a").stdout == "defined\n"


# Objects of the notebook


def test_a_data_frame(newest):
    pytest.importorskip("pandas")
    newest.ok('import pandas as pd\nframe = pd.DataFrame({"a": [1, 2], "b": ["x", None]})')
    newest.ok("%%route GET /frame a:int=0\nframe[frame.a >= a]", cell="a")
    newest.ok("%%route /module\ndef GET():\n    return {'sum': frame.a.sum(), 'mean': frame.a.mean()}", cell="b")
    assert newest.get("/frame") == (200, '[{"a":1,"b":"x"},{"a":2,"b":null}]')
    assert newest.get("/frame?a=2")[1] == '[{"a":2,"b":null}]'
    assert newest.get("/frame", headers={"accept": "text/csv"})[1] == "a,b\n1,x\n2,\n"
    assert "<table" in newest.get("/frame", headers={"accept": "text/html"})[1]
    assert newest.get("/module") == (200, '{"sum":3,"mean":1.5}')
    newest.ok("frame.loc[0, 'a'] = 5")
    assert newest.get("/frame?a=3")[1] == '[{"a":5,"b":"x"}]'


def test_a_database(newest):
    newest.ok(
        "import sqlite3\n"
        "shared = sqlite3.connect(':memory:', check_same_thread=False)\n"
        "own = sqlite3.connect(':memory:')\n"
        "_ = shared.execute('create table items (name)')\n"
        "_ = shared.execute('insert into items values (?)', ['Lamp'])"
    )
    newest.ok("%%route GET /shared\nshared.execute('select * from items').fetchall()", cell="a")
    newest.ok("%%route GET /own\nown.execute('select 1').fetchall()", cell="b")
    newest.ok("%%route GET /inside\nsqlite3.connect(':memory:').execute('select 1').fetchall()", cell="c")
    assert newest.get("/shared") == (200, '[["Lamp"]]')
    assert newest.get("/inside") == (200, "[[1]]")
    status, text = newest.get("/own")
    assert status == 500
    assert text.endswith("connect with sqlite3.connect(..., check_same_thread=False), or connect inside the handler.\n")
    newest.ok("shared.close()\nown.close()")


def test_a_figure(newest):
    pytest.importorskip("matplotlib")
    newest.ok(
        "import matplotlib\nmatplotlib.use('agg')\nfrom matplotlib.figure import Figure\n"
        "figure = Figure()\n_ = figure.subplots().plot([1, 2])"
    )
    newest.ok("%%route GET /figure\nfigure", cell="a")
    shown = newest.ok("%request GET /figure")
    assert shown.text.startswith("200 OK · image/png\n")
    assert '<img alt="the answer, an image" src="data:image/png;base64,iVBOR' in shown.html
    assert "<svg" in newest.get("/figure", headers={"accept": "image/svg+xml"})[1]


# Help, and what IPython would do with the text


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("%%route?", "--revalidate N"),
        ("%%request?", "??"),
        ("%routes?", "remove"),
        ("%routes?", "--cache"),
        ("%%route?", "revalidate_tag"),
    ],
)
def test_the_magics_document_themselves(newest, asked, text):
    shown = newest.run(asked)
    assert text in json.dumps(shown.reply["payload"])


def test_nothing_is_expanded_in_lines_and_bodies(newest):
    newest.ok("name = 'expanded'")
    newest.ok("%%route GET /x q:str='{name}'\nq + '$name {name}'", cell="a")
    assert newest.get("/x") == (200, "{name}$name {name}")
    newest.ok("%%route POST /y\nbody", cell="b")
    assert newest.ok('%%request POST /y\n\n{"a": "$name {name}"}').text.endswith('{"a":"$name {name}"}')


# A line magic and a subshell


def test_requests_on_a_line(kernel):
    kernel.ok("%%route GET /x\n1", cell="a")
    kernel.ok("r = %request GET /x")
    assert kernel.ok("r.json() + 1").text == "2"


def test_a_subshell_defines_routes(kernel):
    if kernel.ipykernel.startswith("6."):
        pytest.skip("subshells came with ipykernel 7")
    subshell = kernel.control("create_subshell_request")["subshell_id"]
    kernel.ok("import threading, time\nstop = False")
    busy = kernel.send("while not stop: time.sleep(0.01)\nthreading.current_thread() is threading.main_thread()")
    kernel.listen(lambda: busy.started)
    assert kernel.ok("threading.current_thread() is threading.main_thread()", subshell=subshell).text == "False"
    defined = kernel.ok("%%route GET /x\nprint('heard')\n'sub'", cell="a", subshell=subshell)
    assert defined.text == "GET /x  new"
    assert kernel.ok("%%request GET /x as r", subshell=subshell).text.endswith("sub")
    kernel.listen(lambda: defined.stdout == "heard\n")
    assert kernel.ok("%%route GET /y\n1", cell="a", subshell=subshell).text == "GET /y  new\nGET /x withdrawn"
    assert "withdrawn" in kernel.ok("pass", cell="a", subshell=subshell).text
    assert not busy.done
    kernel.ok("stop = True", subshell=subshell)
    assert kernel.wait(busy).text == "True"
    kernel.control("delete_subshell_request", {"subshell_id": subshell})


def test_headers_fields_and_files_on_the_line(newest):
    newest.ok("from typing import Annotated")
    line = "%%route POST /up photo:File title:Annotated[str,Form()] agent:Annotated[str,Header('user-agent')]='none'"
    newest.ok(f"{line}\n[photo.name, photo.size, title, agent]", cell="a")
    newest.ok(
        "form = FormData({'title': 'A lamp', 'photo': File([b'png'], 'a.png')})\n"
        "said = {'host': 'localhost', 'user-agent': 'me'}\n"
        "request = Request('http://localhost/up', method='POST', body=form, headers=said)\n"
        "from notebook_routes.notebook.extension import current_session\n"
        "response = await current_session().app.fetch(request)\n"
        "assert await response.json() == ['a.png', 3, 'A lamp', 'me']"
    )
    refused = newest.run("%%route GET /up photo:File\nphoto.name", cell="b").refusal
    assert "a GET request has no body with a form" in refused
