"""`runtime = "edge"` in files: what an export and a loaded tree refuse, and what they tell."""

from __future__ import annotations

import asyncio
import logging
import textwrap

import pytest

from notebook_routes.errors import EdgeError, EdgeRefused, ExportError
from notebook_routes.project.compose import compose
from notebook_routes.project.export import export_tree
from notebook_routes.project.live import LiveProject
from notebook_routes.project.load import load_tree
from notebook_routes.project.notebook_source import NotebookSource, SourceCell
from tests.files import dedented, write_files


def source(*texts):
    cells = [SourceCell(textwrap.dedent(text).strip("\n"), f"cell {number}") for number, text in enumerate(texts, 1)]
    return NotebookSource("shop.ipynb", tuple(cells))


def refusal(*texts):
    with pytest.raises(ExportError) as refused:
        compose(source(*texts))
    return str(refused.value)


EDGE = "%%route GET /x --runtime edge\n"


# Exports


def test_the_file_says_that_it_is_of_the_edge_and_answers(tmp_path):
    done = export_tree(source("n = 2", EDGE + "n + 1", "%%request GET /x\n?? json == 3"), tmp_path / "shop")
    assert done.checked.sent == 1
    assert done.remarks == ()
    assert 'runtime = "edge"' in (tmp_path / "shop/app/x/route.py").read_text()


def test_what_a_cell_does_is_refused_by_cell_and_line():
    assert refusal("# a comment\n" + EDGE + "x = 1\nopen('a').read()") == (
        "cell 1, line 4: open('a').read()\n"
        "EDGE003 open(...): an edge isolate has no files; hold the data in the module, or ask for it with "
        "await fetch(...)"
    )


def test_what_other_cells_do_that_it_needs_is_refused_and_nothing_else():
    message = refusal(
        "import os, json, csv\nfrom pathlib import Path\nlog = open('unused')",
        "def load(name):\n    return json.loads(Path(name).read_text())",
        "data = load('prices.json')\nprint(os.getcwd())",
        "plot = os.system('ls')",
        EDGE + "data",
        "%%route GET /other\nlog.read()",
    )
    assert message.splitlines()[::2] == ["cell 2, line 2: return json.loads(Path(name).read_text())"]


def test_a_module_reads_a_file_in_the_line_that_makes_a_value():
    message = refusal("from pathlib import Path", "folder = Path('data')", "x = (folder / 'a').read_text()", EDGE + "x")
    assert message.startswith("cell 3, line 1: x = (folder / 'a').read_text()\nEDGE003 ")


def test_randomness_and_clock_of_plain_cells_are_those_of_a_module():
    assert "cell 1, line 2: token = secrets.token_hex()\nEDGE011 " in refusal(
        "import secrets\ntoken = secrets.token_hex()", EDGE + "token"
    )
    assert "cell 1, line 3: return time.time()\nEDGE012 " in refusal(
        "import time\ndef now():\n    return time.time()",
        "def start():\n    return now()",
        "began = start()",
        EDGE + "began",
    )
    compose(source("import time\ndef now():\n    return time.time()", EDGE + "now()"))


def test_all_methods_of_a_path_share_its_runtime():
    assert "cell 2, line 2: open('a')" in refusal(EDGE + "1", "%%route POST /x\nopen('a').read()")
    assert "cell 1, line 4" in refusal("%%route /x\nruntime = 'edge'\ndef GET():\n    return open('a').read()")


def test_names_of_our_own_face_are_known():
    assert "EDGE003 notebook_routes.FileResponse(...)" in refusal(EDGE + "FileResponse('a', root='.')")


def test_comments_overrule_and_warnings_are_remarks():
    composed = compose(
        source("import os\nkey = os.environ['KEY']", "x = open('a')  # edge: ignore[EDGE003]", EDGE + "[key, x]")
    )
    (remark,) = composed.remarks
    assert remark.startswith("EDGE014 os.environ (cell 1, line 2): ")
    assert "# edge: ignore[EDGE003]" in composed.files["app/x/route.py"]


def test_a_name_of_the_user_s_is_not_the_builtin():
    compose(source("def open(name):\n    return name", "input = [1]", EDGE + "open('a'), input"))


# Trees


@pytest.fixture
def project(tmp_path):
    return lambda files: write_files(tmp_path, dedented(files))


def ask(app, target):
    return asyncio.run(app.request(target))


def text(app, target):
    return ask(app, target).content.decode()


def test_a_tree_names_each_place_of_the_project_s_that_it_uses(project):
    root = project(
        {
            "db.py": "import random\n\nKEY = random.random()\n\ndef read():\n    return open('x')\n",
            "app/_shared.py": "import db\n\ndef load():\n    return db.read()\n\ndef unused():\n    return open('y')\n",
            "app/x/route.py": "from app import _shared\nruntime = 'edge'\n\ndef GET():\n    return _shared.load()\n",
        }
    )
    with pytest.raises(EdgeRefused) as refused:
        load_tree(root, strict=True)
    message = str(refused.value)
    assert sorted(line for line in message.splitlines() if not line.startswith("EDGE")) == [
        "db.py, line 3: KEY = random.random()",
        "db.py, line 6: return open('x')",
    ]


def test_without_strict_the_path_answers_500_and_the_others_are_served(project, caplog):
    root = project(
        {
            "app/x/route.py": "runtime = 'edge'\n\ndef GET():\n    return open('x').read()\n",
            "app/y/route.py": "def GET():\n    return 'fine'\n",
        }
    )
    app = load_tree(root, explain=True)
    assert text(app, "/y") == "fine"
    assert ask(app, "/x").status == 500
    assert "app/x/route.py, line 4: return open('x').read()\nEDGE003 open(...)" in text(app, "/x")
    assert "app/x/route.py, line 4: return open('x').read()\nEDGE003 open(...)" in caplog.text


def test_warnings_are_in_the_log_and_the_guard_is_there(project, caplog):
    root = project(
        {
            "app/x/route.py": """
                runtime = "edge"

                def GET():
                    try:
                        return eval("open")("/etc/passwd").read()
                    except OSError as error:
                        return error.code

                async def POST():
                    return eval("open")("/etc/passwd").read()
                """,
            "app/y/route.py": f"from pathlib import Path\n\ndef GET():\n    return Path({__file__!r}).read_text()[0]\n",
        }
    )
    with caplog.at_level(logging.WARNING):
        app = load_tree(root, strict=True)
    assert "EDGE013 eval(...) (app/x/route.py, line 5): " in caplog.text
    assert text(app, "/x") == "EDGE003"
    assert text(app, "/y") == '"'
    failed = asyncio.run(app.request("/x", method="POST"))
    assert failed.status == 500
    assert "EDGE003 open '/etc/passwd': an edge isolate has no files" in caplog.text


def test_a_saved_file_is_checked_anew(project):
    from notebook_routes.app import Guard

    root = project({"app/x/route.py": "runtime = 'edge'\n\ndef GET():\n    return 1\n"})
    live = LiveProject(root, guard=Guard(check_origin=False))
    try:
        assert text(live.load(), "/x") == "1"
        project(
            {"app/x/route.py": "import subprocess\nruntime = 'edge'\n\ndef GET():\n    return subprocess.run(['x'])\n"}
        )
        app = live.load([(root / "app/x/route.py").relative_to(root)])
        assert "line 5: return subprocess.run(['x'])\nEDGE005 subprocess.run(...)" in text(app, "/x")
    finally:
        live.close()


def test_what_after_is_given_is_guarded_and_middleware_is_not(project):
    root = project(
        {
            "seen.py": "codes = []\n",
            "middleware.py": f"""
                from pathlib import Path

                def middleware(request, next):
                    before = Path({__file__!r}).read_text()
                    response = next()
                    return response if Path({__file__!r}).read_text() == before else None
                """,
            "app/x/route.py": """
                from notebook_routes import after

                import seen

                runtime = "edge"

                def later():
                    try:
                        eval("open")("/etc/passwd")
                    except OSError as error:
                        seen.codes.append(error.code)

                def GET():
                    after(later)
                    return seen.codes
                """,
        }
    )
    app = load_tree(root, strict=True)
    assert text(app, "/x") == "[]"
    assert text(app, "/x") == '["EDGE003"]'
    assert issubclass(EdgeError, Exception)
