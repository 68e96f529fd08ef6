"""What a codemod says, and its exit status."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from notebook_routes.tooling import commands
from notebook_routes.tooling.codemod import catalogue
from tests.tooling.codemod.conftest import texts_below

_PLAIN = "def handler(req, res):\n    res.end('x')\n"
_ASKS = "def handler(req, res):\n    check(req)\n    res.end('x')\n"


def run(*words):
    result = CliRunner().invoke(commands.app, ["codemod", *map(str, words)])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("handler", "status"), [(_PLAIN, 0), (_ASKS, 3), ("def handler(req, res):\n    give(res)\n", 3), ("x = 1\n", 3)]
)
def test_the_exit_status_tells_what_is_left(write, handler, status):
    root = write({"pages/api/x.py": handler})
    assert run("api-routes", root)[0] == status


def test_old_errors_are_for_other_frameworks(write):
    root = write({"pages/api/x.py": _PLAIN})
    status, said = run("api-routes", root, "--no-old-errors")
    assert (status, "--no-old-errors is for other codemods: api-routes writes no middleware" in said) == (1, True)


def test_without_old_errors(write, tmp_path):
    root = write(
        {"prog.py": "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef x():\n    return 'x'\n"}
    )
    assert run("flask", root / "prog.py", "--no-old-errors")[0] == 0
    assert not (tmp_path / "prog_routes/middleware.py").exists()


def test_nothing_to_do_is_well(tmp_path):
    assert run("api-routes", tmp_path) == (0, "nothing to do\n")


def test_a_dry_run_writes_nothing_and_says_that_it_would(write):
    root = write({"pages/api/x.py": _PLAIN})
    before = texts_below(root)
    status, said = run("api-routes", root, "--dry-run", "--diff")
    assert status == 4
    assert "+    return Response('x')\n" in said
    assert "would be written" in said
    assert "2 files would change, 5 routes, 0 TODOs, 0 sources left alone" in said
    assert texts_below(root) == before


def test_the_summary_names_the_places(write):
    root = write({"pages/api/x.py": _ASKS, "pages/api/y.py": "x = 1\n"})
    _, said = run("api-routes", root)
    assert f"{root}/app/api/x/route.py:5: TODO: check() was given the request of an API Route" in said
    assert f"{root}/pages/api/y.py is left alone: it has no def handler(req, res)" in said
    assert "2 files changed, 5 routes, 1 TODO, 1 source left alone" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nosuch", "."), "there is no codemod 'nosuch'"),
        (("api-routes", "no/such/place"), "there is nothing at no/such/place"),
        (("api-routes", ".", "--to", "paper"), "--to paper: there are tree and notebook"),
        (("kernel-gateway", ".", "--to", "notebook"), "--to notebook is for flask and fastapi"),
    ],
)
def test_what_cannot_be_is_a_sentence(words, said):
    status, output = run(*words)
    assert status == 1
    assert said in output


def test_without_libcst_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(catalogue.importlib.util, "find_spec", lambda name: None)
    status, said = run("api-routes", tmp_path)
    assert status == 1
    assert "pip install 'notebook-routes[codemod]'" in said


def test_libcst_is_imported_only_where_a_codemod_runs():
    modules = "notebook_routes.tooling.cli, notebook_routes.tooling.codemod.run"
    code = f"import sys, {modules}; sys.exit('libcst' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(commands.__file__).parents[2])


def test_a_program_that_is_written_in_part_is_not_called_left_alone(write):
    program = "from flask import Flask\napp = Flask(__name__)\n@app.get('/a')\ndef a(): return 'a'\n"
    program += "@app.get('/b')\ndef b(): return render_template('b')\n"
    root = write({"prog.py": program})
    _, said = run("flask", root / "prog.py")
    assert f"Left out of {root}/prog.py: GET /b: it uses render_template()" in said
    assert "1 route, 0 TODOs, 0 sources left alone, 1 source left in part" in said
