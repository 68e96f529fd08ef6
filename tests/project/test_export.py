"""From notebook to files: checked, then written; and what stops it."""

import json
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notebook_routes.errors import DefinitionError, ExportError
from notebook_routes.project.export import described, export_tree
from notebook_routes.project.notebook_source import NotebookSource, SourceCell, read_notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = [
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
    ROOT / "notebook_routes/tooling/quickstart.ipynb",
]


def source(*texts, answers=None):
    cells = [
        SourceCell(textwrap.dedent(text).strip("\n"), f"cell {number}", answers=(answers or {}).get(number, ()))
        for number, text in enumerate(texts, 1)
    ]
    return NotebookSource("shop.ipynb", tuple(cells))


@pytest.fixture
def root(tmp_path):
    return tmp_path / "shop"


def everything(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


SHOP = (
    'products = {"1": {"name": "Lamp"}}',
    "%%route GET /products/[id]\nproducts.get(id) or not_found()",
    '%%request GET /products/1\n?? status == 200\n?? json == products["1"]',
    "%%route POST /products\nproducts[str(len(products) + 1)] = body\nNone",
    '%%request POST /products\n\n{"name": "Desk"}\n?? status == 204',
    '%%request GET /products/2\n?? json["name"] == "Desk"',
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Each notebook exported, checked again, and its tree tested beside the others, since much of that is waiting."""
    # Python 3.11 before its last releases cannot parse on two threads at once (python/cpython#106905).
    alone = threading.Lock()

    def export(notebook):
        with alone:
            root = tmp_path_factory.mktemp("exported") / "shop"
            done = export_tree(read_notebook(notebook), root, replay_all=True)
            told = export_tree(read_notebook(notebook), root, check_only=True)
        tested = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(root / "tests")],
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            # What else is installed for tests takes seconds to load.
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )
        return done, told, tested

    with ThreadPoolExecutor(len(NOTEBOOKS)) as pool:
        yield {notebook: pool.submit(export, notebook) for notebook in NOTEBOOKS}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_exports_and_its_tests_pass(notebook, exported):
    done, told, tested = exported[notebook].result()
    assert done.checked.problems == ()
    assert done.checked.left_out == ()
    assert done.checked.sent > 3
    assert told.agrees
    assert told.checked.sent == done.checked.sent
    assert tested.returncode == 0, tested.stdout[-3000:]


def test_what_the_notebook_has_left_behind_is_told_and_no_test(root):
    cells = source(
        "n = [1]",
        "%%route GET /a\nlen(n)",
        "%%request GET /a\n?? json == 1",
        "n.append(2)",
        "%%request GET /a\n?? json == 2",
        "%%route GET /b\n1",
        "%%request GET /b\n?? json == 1",
        "%%route GET /b\n2",
        "%%request GET /b\n?? json == 2",
    )
    done = export_tree(cells, root)
    assert done.checked.problems == ()
    said = described(done)
    assert "cell 3, line 2: ?? json == 1: 2 == 1 is false (GET /a is 200) (cell 4 has changed since" in said
    assert "cell 7, line 2: ?? json == 1: 2 == 1 is false (GET /b is 200) (cell 8 has changed since" in said
    assert (root / "tests/test_requests.py").read_text().count("assert") == 2
    assert export_tree(cells, root, check_only=True).agrees


def test_a_route_that_needs_the_kernel_is_stopped_and_says_where(root):
    cells = "%%route GET /price\nfetch(notebook.url())", "from notebook_routes import notebook", "%%request GET /price"
    with pytest.raises(ExportError, match="GET /price is 500"):
        export_tree(source(*cells, answers={3: ((200, b"1"),)}), root)
    assert not root.exists()


def test_what_is_sent_before_writing(root):
    done = export_tree(source(*SHOP), root)
    assert done.checked.summary == (
        "1 of 2 requests were answered as in the notebook; not sent: POST /products (--replay-all sends it)"
    )
    assert "after POST /products, which was not sent" in described(done)
    assert export_tree(source(*SHOP), root, replay_all=True).checked.summary == (
        "3 requests were answered as in the notebook"
    )


def test_what_is_said_where_nothing_is_sent(root):
    assert export_tree(source("%%route POST /a\n1", "%%request POST /a"), root).checked.summary == (
        "No request was sent: POST /a may change something (--replay-all sends it)"
    )
    assert export_tree(source("%%route POST /a\n1"), root).checked.summary == (
        "No request was sent: there is no %%request cell"
    )


def test_what_the_requests_need_and_cannot_have(root):
    cells = ["%%route GET /a\n1", "wanted = 1 / 0", "%%request GET /a\n?? json == wanted"]
    with pytest.raises(ExportError, match="need of the notebook cannot be made: ZeroDivisionError: division by zero"):
        export_tree(source(*cells), root)


def test_a_failed_expectation_stops_it(root):
    cells = [*SHOP[:2], '%%request GET /products/1\n\n?? json["name"] == "Desk"']
    with pytest.raises(ExportError) as error:
        export_tree(source(*cells), root)
    assert "cell 3, line 3: ?? json[\"name\"] == \"Desk\": 'Lamp' == 'Desk' is false" in str(error.value)
    assert not root.exists()
    assert export_tree(source(*cells), root, force=True).checked.problems
    assert root.exists()


def test_another_traceback_names_files_of_the_tree_and_not_where_it_was_tried(root):
    cells = source("%%route GET /n\n1 / 0", "%%request GET /n", answers={2: ((500, b"as the notebook has it"),)})
    said = described(export_tree(cells, root))
    assert '+  File "app/n/route.py", line ' in said
    assert "notebook-routes-check-" not in said


def test_why_an_answer_is_a_500_is_told(root):
    cells = source(
        "%%route GET /n\n1 / 0", "%%request GET /n\n?? json == 1", "%%request GET /n", answers={3: ((200, b"1"),)}
    )
    with pytest.raises(ExportError) as error:
        export_tree(cells, root)
    said = str(error.value)
    assert "cell 2, line 2: ?? json == 1: " in said
    assert "cell 3, line 1: GET /n is 500, and was 200 in the notebook\n" in said
    traced = 'line 1: GET /n answered\nTraceback (most recent call last):\n  File "app/n/route.py", line '
    assert said.count(traced) == 2
    assert said.count("\nZeroDivisionError: ") == 2


def test_another_status_stops_it_and_another_body_does_not(root):
    cells = source(
        "from random import random\nat_first = random()",
        "%%route GET /n\nat_first",
        "%%request GET /n",
        answers={3: ((200, b"0.5"),)},
    )
    assert "cell 3, line 1: GET /n has another body:\n--- notebook\n+++ files" in described(export_tree(cells, root))
    cells = source("%%route GET /n\n1", "%%request GET /n", answers={2: ((201, b"1"),)})
    with pytest.raises(ExportError, match="cell 2, line 1: GET /n is 200, and was 201 in the notebook"):
        export_tree(cells, root)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("x = 1 / 0", "%%route GET /a\nx"), "ZeroDivisionError"),
        (("import no_such_thing", "%%route GET /a\nno_such_thing.x"), "no_such_thing"),
        (("raise_ = __import__('sys').exit(3)", "%%route GET /a\nraise_"), "cannot be imported"),
        (("import os\nx = os._exit(7)", "%%route GET /a\nx"), "ended with 7"),
        (("x = open('data.csv').read()", "%%route GET /a\nx"), "data.csv"),
    ],
)
def test_files_that_do_not_work_are_not_written(root, cells, said):
    export_tree(source("%%route GET /old\n1"), root)
    before = everything(root)
    with pytest.raises(DefinitionError) as error:
        export_tree(source(*cells), root)
    assert said in str(error.value)
    assert everything(root) == before
    assert [path.name for path in root.parent.iterdir()] == ["shop"]


def test_files_that_are_read_are_listed_and_found_beside_the_tree(root):
    root.mkdir()
    (root / "data.csv").write_text("1,2")
    (root / "mine.py").write_text("VALUE = 3")
    done = export_tree(
        source(
            "import mine\nwith open('data.csv') as file:\n    data = file.read()",
            "%%route GET /a\ndata, mine.VALUE",
            "%%request GET /a\n?? json == ['1,2', 3]",
        ),
        root,
    )
    assert done.checked.problems == ()
    assert f"cell 1, line 2 opens data.csv, which is in {root} already" in described(done)
    assert "imports mine, which nothing that is installed here provides" in described(done)


@pytest.mark.parametrize("how", [{}, {"force": True}, {"check_only": True}])
def test_a_file_in_the_place_of_the_folder_is_named(root, how):
    root.write_text("mine")
    with pytest.raises(ExportError, match="shop is a file: export to a folder"):
        export_tree(source("%%route GET /a\n1"), root, replay=False, **how)
    assert root.read_text() == "mine"


def test_an_edited_file_is_shown_and_kept(root):
    export_tree(source("%%route GET /a\n1"), root)
    (root / "app/a/route.py").write_text("def GET():\n    return 'mine'\n")
    with pytest.raises(ExportError) as error:
        export_tree(source("%%route GET /a\n2"), root)
    assert "app/a/route.py was edited since it was exported" in str(error.value)
    assert "-    return 'mine'" in str(error.value)
    assert "mine" in (root / "app/a/route.py").read_text()
    told = export_tree(source("%%route GET /a\n2"), root, check_only=True)
    assert not told.agrees
    assert "app/a/route.py was edited" in described(told, check_only=True)
    export_tree(source("%%route GET /a\n2"), root, force=True)
    assert "return 2" in (root / "app/a/route.py").read_text()


def test_check_only_tells(root):
    told = export_tree(source("%%route GET /a\n1"), root, check_only=True)
    assert not told.agrees
    assert "app/a/route.py would be written" in described(told, check_only=True)
    assert not root.exists()
    export_tree(source("%%route GET /a\n1"), root)
    assert export_tree(source("%%route GET /a\n1"), root, check_only=True).agrees


def test_a_hundred_names_of_a_browser_are_kept_as_cookies_between_requests(root):
    done = export_tree(
        source(
            "%%route GET /in\ncookies().set('who', 'Ada')\n1",
            "%%route GET /me\ncookies().value('who')",
            "%%request\nGET /in\n###\nGET /me\n?? text == 'Ada'",
            "%%request GET /me as me\n?? status == 200",
            "%%request GET /me?x={{me.text}}\n?? response.target.endswith('=Ada')",
        ),
        root,
    )
    assert done.checked.summary == "4 requests were answered as in the notebook"


def test_what_requests_use_and_no_route(root):
    done = export_tree(
        source(
            "import math\nseen = []\nwanted = math.floor(2.5)",
            "%%route GET /a\nseen.append(1)\nlen(seen)",
            "%%request GET /a\n?? int(text) == len(seen)\n?? wanted == 2",
            "%%request GET /a\n?? nowhere == 1",
        ),
        root,
    )
    assert done.checked.sent == 1
    assert "cell 4 (%%request) uses nowhere, which no cell defines: its requests are not among the tests" in described(
        done
    )
    tests = (root / "tests/test_requests.py").read_text()
    assert "wanted = math.floor(2.5)" in tests
    assert "assert int(response.text) == len(_shared.seen)" in tests


def test_it_is_fast(root):
    cells = ["import math\nstate = {}"]
    for number in range(200):
        cells += [f"def helper_{number}(x):\n    return math.floor(x) + {number}"]
        cells += [f"%%route GET /r{number}/[id] id:int\nstate[id] = helper_{number}(id)\nstate[id]"]
    # In seconds of a processor, the formatter's too: others may be at work here.
    began = sum(os.times()[:4])
    done = export_tree(source(*cells), root, replay=False)
    assert sum(os.times()[:4]) - began < 3
    assert len(done.written) == 202


def test_the_python_that_is_written_is_formatted_and_reads_as_a_person_would_write_it(root):
    export_tree(source("x=[ 1,2 ]", "%%route GET /a\nx"), root, replay=False)
    assert (root / "app/a/route.py").read_text() == ("# From shop.ipynb.\n\nx = [1, 2]\n\n\ndef GET():\n    return x\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no notebook"),
        ("[]", "no list of cells"),
        (json.dumps({"cells": [], "metadata": {"language_info": {"name": "R"}}}), "a notebook in R"),
        (json.dumps({"cells": [{"cell_type": "code", "source": ["x = 1"]}]}), "has no route"),
    ],
)
def test_files_that_are_no_notebooks(tmp_path, root, text, said):
    (tmp_path / "x.ipynb").write_text(text)
    with pytest.raises(DefinitionError, match=said):
        export_tree(read_notebook(tmp_path / "x.ipynb"), root)
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_notebook(tmp_path / "y.ipynb")


def test_addresses_and_the_path_in_a_type_go_with_their_cells(root):
    cells = source(
        "%%route GET /lamps/[id]\n{'next': href('/lamps/[id]', id=int(id) + 1, query={'from': id})}",
        "%%request GET /lamps/1\n?? json == {'next': '/lamps/2?from=1'}",
        """
        %%route /desks/[id]
        def GET(context: RouteContext["/desks/[id]"]):
            return context.params["id"]
        """,
        "%%request GET /desks/7\n?? text == '7'",
    )
    assert export_tree(cells, root).checked.problems == ()
    assert "from notebook_routes import href\n" in (root / "app/lamps/[id]/route.py").read_text()
    desks = (root / "app/desks/[id]/route.py").read_text()
    assert "from notebook_routes import RouteContext\n" in desks
    assert 'def GET(context: RouteContext["/desks/[id]"]):' in desks
