"""The codemod `kernel-gateway`: golden notebooks, what the results answer, and what is left alone."""

import json

import pytest

from notebook_routes.project.export import export_tree
from notebook_routes.project.notebook_source import read_notebook
from notebook_routes.tooling.codemod.catalogue import Options
from notebook_routes.tooling.codemod.run import run_codemod
from tests.tooling.codemod.conftest import texts_below


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of code cells; the first line of each may stand behind the quotes."""

    def notebook(*cells):
        made = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": text} for text in cells]
        file = tmp_path / "api.ipynb"
        file.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 0}))
        return file

    return notebook


@pytest.fixture
def convert(notebook):
    """The cells of a notebook after the codemod, below the one that loads the extension, and its outcome."""

    def convert(*cells):
        file = notebook(*cells)
        outcome = run_codemod("kernel-gateway", file, Options(old_errors=False))
        return [cell["source"] for cell in json.loads(file.read_text())["cells"]][1:], outcome

    return convert


def test_golden_files(golden):
    root, expected = golden("kernel_gateway")
    outcome = run_codemod("kernel-gateway", root)
    assert texts_below(root) == expected
    assert outcome.status == 0
    assert outcome.plan.routes[0] == "GET /lamps/[id]"


def test_a_second_run_changes_nothing(golden):
    root, expected = golden("kernel_gateway")
    run_codemod("kernel-gateway", root)
    again = run_codemod("kernel-gateway", root)
    assert (again.status, again.summary) == (0, "nothing to do")
    assert texts_below(root) == expected


def test_another_file_keeps_the_notebook(golden, tmp_path):
    root, expected = golden("kernel_gateway")
    before = texts_below(root)
    run_codemod("kernel-gateway", root / "lamps.ipynb", Options(destination=tmp_path / "new.ipynb"))
    assert texts_below(root) == before
    assert (tmp_path / "new.ipynb").read_text() == expected["lamps.ipynb"]


def test_another_folder_keeps_the_notebooks_of_a_folder(golden, tmp_path):
    root, expected = golden("kernel_gateway")
    before = texts_below(root)
    run_codemod("kernel-gateway", root, Options(destination=tmp_path / "new"))
    assert texts_below(root) == before
    assert texts_below(tmp_path / "new") == expected


def test_the_results_answer(golden, asking, tmp_path):
    root, _ = golden("kernel_gateway")
    run_codemod("kernel-gateway", root)
    export_tree(read_notebook(root / "lamps.ipynb"), tmp_path / "tree")
    ask = asking(tmp_path / "tree")
    lamp = ask("GET", "/lamps/1")
    assert (lamp.status, lamp.json) == (200, {"name": "Desk", "price": 30})
    text = ask("GET", "/lamps/1?text=1")
    assert (text.text, text.headers["content-type"]) == ("Desk: 30", "text/plain")
    assert ask("GET", "/lamps/9").status == 404
    assert ask("GET", "/lamps?most=29").text == "[]"
    made = ask("POST", "/lamps", json_body={"name": "Floor", "price": 80})
    assert (made.status, made.json["id"], made.headers["location"][-8:]) == (201, "2", "/lamps/2")
    assert ask("GET", "/table").text == "name price\nDesk;30\nFloor;80\n"
    gone = ask("DELETE", "/lamps/1")
    assert (gone.status, gone.text) == (204, "")
    assert ask("GET", "/headers", headers={"x-name": "Ann"}).text == "Ann\nsold 1\n"
    assert ask("PUT", "/motto", body="dark", headers={"content-type": "text/plain"}).text == ""
    assert ask("GET", "/motto").text == "dark"
    assert json.loads(ask("GET", "/all?a=1&a=2").text) == {"path": {}, "args": {"a": ["1", "2"]}}


def test_errors_are_answered_as_the_gateway_did(notebook, asking, tmp_path):
    file = notebook("import json", "# GET /x\nprint(json.loads('{'))", "# GET /y\nassert not 1\nprint(1)")
    run_codemod("kernel-gateway", file)
    run_codemod("kernel-gateway", file)
    assert file.read_text().count("%%middleware") == 1
    export_tree(read_notebook(file), tmp_path / "tree", replay=False)
    ask = asking(tmp_path / "tree", explain=True)
    for accept in ("*/*", "application/json", "text/html"):
        missing = ask("GET", "/none", headers={"accept": accept})
        assert (missing.status, missing.json) == (404, {"reason": "Not Found", "message": ""})
    assert (ask("PUT", "/x").status, ask("PUT", "/x").text) == (405, "")
    assert ask("PATCH", "/x").json == {"reason": "Method Not Allowed", "message": ""}
    failed = ask("GET", "/x")
    assert (failed.status, failed.headers["content-type"]) == (500, "text/plain")
    assert failed.text == (
        "Error JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1) \n"
    )
    assert ask("GET", "/y").text == "Error AssertionError:  \n"


def test_without_old_errors_there_is_no_middleware(notebook):
    file = notebook("# GET /x\nprint(1)")
    run_codemod("kernel-gateway", file, Options(old_errors=False))
    assert "%%middleware" not in file.read_text()


def test_cells_of_one_path_are_one_cell(convert):
    cells, outcome = convert("# GET /x\nx = 1", "y = 2", "# GET /x\nprint(x + y)")
    assert cells == ["%%route GET /x\nx = 1\nstr(x + y)", "y = 2"]
    assert outcome.plan.routes == ["GET /x"]


def test_what_others_read_is_declared_global(convert):
    cells, _ = convert("a = b = 0", "# POST /x\na = 1\nb = 2\nc = 3\nprint(c)", "# GET /x\nprint(a, c)")
    assert cells[1].startswith("%%route POST /x\nglobal a, c\na = 1\n")


def test_one_place_has_one_name(convert):
    cells, _ = convert(
        "import json", "# GET /x/:id\nprint(json.loads(REQUEST)['path']['id'])", "# PUT /x/:query\nprint(1)"
    )
    assert [cell.split("\n")[0] for cell in cells[1:]] == ["%%route GET /x/[id]", "%%route PUT /x/[id]"]


def test_a_value_is_a_question(convert):
    cells, outcome = convert("# GET /x\n1 + 1")
    assert outcome.status == 3
    assert cells[0].startswith("%%route GET /x\n# TODO(codemod): the kernel gateway sent a dict of the ways to show")
    assert cells[0].endswith("\n1 + 1")


def test_the_whole_request_is_written_out(convert):
    cells, _ = convert("import json", "# GET /x/:id\nreq = json.loads(REQUEST)\nlog(req)\nprint(req['path']['id'])")
    assert cells[1].startswith('%%route GET /x/[id]\nreq = {"body": body, "args": {name: query.get_all(name)')
    assert cells[1].endswith("log(req)\nstr(id)")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["# GET /x\nthis is so wrong"], "GET /x: line 1: it is no Python"),
        (["# GET /x\nprint(1)", "# ResponseInfo GET /x\nprint(info)"], "does not end with print(json.dumps({...}))"),
        (["# GET /x/(.*)\nprint(1)"], "GET /x/(.*): the path is a regular expression"),
        (["# GET /x\nprint(1)", "# ResponseInfo GET /x\nprint(json.dumps({'cookies': 1}))"], "says 'cookies'"),
    ],
)
def test_what_is_not_understood_is_left_alone_byte_for_byte(notebook, cells, reason):
    file = notebook(*cells)
    before = file.read_bytes()
    outcome = run_codemod("kernel-gateway", file)
    assert reason in outcome.plan.left[file]
    assert file.read_bytes() == before
    assert outcome.status == 3


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 1}'])
def test_what_is_no_notebook_is_left_alone(tmp_path, text):
    file = tmp_path / "api.ipynb"
    file.write_text(text)
    assert "it is no notebook" in run_codemod("kernel-gateway", file).plan.left[file]
    assert file.read_text() == text


def test_the_rest_of_a_notebook_is_converted_all_the_same(convert):
    cells, outcome = convert("# GET /x\nthis is so wrong", "# GET /y\nprint('y')")
    assert cells == ["# GET /x\nthis is so wrong", "%%route GET /y\n'y'"]
    assert outcome.status == 3


@pytest.mark.parametrize(
    ("read", "answered"),
    [
        ("req['body']", {"a": ["1", "3"], "b": ["2"]}),
        ("{k: v for k, v in req['body'].items()}", {"a": ["1", "3"], "b": ["2"]}),
        ("[req['body']['a'][1], req['body'].get('b')[0]]", ["3", "2"]),
        ("[sent['a'][0] for sent in [req.get('body')] if 'b' in sent]", ["1"]),
    ],
)
def test_a_form_has_lists(notebook, asking, tmp_path, read, answered):
    file = notebook("import json", f"# POST /x\nreq = json.loads(REQUEST)\nprint(json.dumps({read}))")
    run_codemod("kernel-gateway", file)
    export_tree(read_notebook(file), tmp_path / "tree", replay=False)
    form = {"headers": {"content-type": "application/x-www-form-urlencoded"}, "body": "a=1&b=2&a=3"}
    assert json.loads(asking(tmp_path / "tree")("POST", "/x", **form).text) == answered


@pytest.mark.parametrize(
    "read", ["body['name']", "req['body'].get('name', 'x')", "'name' in body", "f(1, body=2, x=body['a']['b'])"]
)
def test_a_body_that_is_read_by_names_is_left_as_it_is(convert, read):
    cells, _ = convert(f"# POST /x\nreq = json.loads(REQUEST)\nbody = req['body']\nprint(json.dumps({read}))")
    assert "FormData" not in cells[0]


def test_what_a_cell_calls_body_is_its_own(convert):
    cells, outcome = convert(
        "# GET /x\nbody = 'found'\nprint(body)",
        "# POST /x\nreq = json.loads(REQUEST)\nprint(json.dumps(req['body']))",
    )
    assert outcome.plan.left == {}
    assert "global" not in "".join("".join(cell) for cell in cells)
