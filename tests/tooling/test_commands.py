"""The commands, beside `serve` and `dev`, which have files of their own."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from typer.testing import CliRunner

from notebook_routes.tooling import commands, quickstart


def test_version():
    result = CliRunner().invoke(commands.app, ["--version"])
    assert result.exit_code == 0
    assert result.output.strip() == "0.1.0"


def test_without_a_word_it_lists_its_commands():
    result = CliRunner().invoke(commands.app, [])
    assert "demo" in result.output


@pytest.mark.parametrize(("right", "status"), [(True, 0), (False, 1)])
def test_demo_tells_by_its_exit_status(monkeypatch, right, status):
    monkeypatch.setattr(quickstart, "run_quickstart", lambda: right)
    assert CliRunner().invoke(commands.app, ["demo"]).exit_code == status


@pytest.mark.parametrize("program", ["notebook-routes", "jupyter-routes"])
def test_both_programs_are_installed(program):
    found = subprocess.run(
        [f"{sysconfig.get_path('scripts')}/{program}", "--version"], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "0.1.0"


@pytest.mark.parametrize("module", ["watchfiles", "jupyter_client", "pydantic", "uvicorn", "tornado", "rich.table"])
def test_what_one_command_needs_no_other_waits_for(module):
    code = f"import sys, notebook_routes.tooling.commands; sys.exit({module!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(commands.__file__).parents[2])


@pytest.fixture
def shop(tmp_path):
    route = tmp_path / "shop/app/lamps/[id]/route.py"
    route.parent.mkdir(parents=True)
    route.write_text("def GET(id: int) -> dict[str, int]:\n    '''One lamp.'''\n    return {'id': id}\n")
    return tmp_path / "shop"


def test_openapi_describes_a_project(shop, tmp_path):
    result = CliRunner().invoke(commands.app, ["openapi", str(shop), "--api-version", "3"])
    assert result.exit_code == 0
    document = json.loads(result.output)
    assert document["info"] == {"title": "shop", "version": "3"}
    assert document["paths"]["/lamps/{id}"]["get"]["summary"] == "One lamp."
    file = tmp_path / "openapi.json"
    result = CliRunner().invoke(commands.app, ["openapi", str(shop), "--title", "Lämps", "--output", str(file)])
    assert (result.exit_code, result.output) == (0, "")
    assert json.loads(file.read_text("utf-8"))["info"]["title"] == "Lämps"


def test_openapi_names_what_is_wrong(shop):
    (shop / "app/route.py").write_text("def GET(thing): ...\n")
    result = CliRunner().invoke(commands.app, ["openapi", str(shop)])
    assert result.exit_code == 1
    assert "app/route.py" in result.output
    assert "`thing` can never be filled" in result.output


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of some cells; its path."""

    def notebook(*cells):
        path = tmp_path / "shop.ipynb"
        written = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
        path.write_text(json.dumps({"cells": written, "metadata": {}, "nbformat": 4}), encoding="utf-8")
        return str(path)

    return notebook


def test_export_writes_a_tree_and_tells_by_its_exit_status(notebook, tmp_path):
    cells = (
        "n = 1",
        "%%route GET /n\nn",
        "%%request GET /n\n?? json == 1",
        "%%route PUT /n\nbody",
        "%%request PUT /n\n\n1",
    )
    command = ["export", notebook(*cells), str(tmp_path / "shop")]
    told = CliRunner().invoke(commands.app, [*command, "--check"])
    assert told.exit_code == 1
    assert "app/n/route.py would be written" in told.output
    done = CliRunner().invoke(commands.app, command)
    assert done.exit_code == 0
    assert "app/n/route.py written\n" in done.output
    assert "1 request was answered as in the notebook; not sent: PUT /n (--replay-all sends it)" in done.output
    told = CliRunner().invoke(commands.app, [*command, "--check", "--replay-all"])
    assert told.exit_code == 0
    assert "is up to date\n2 requests were answered as in the notebook" in told.output


def test_export_copies_the_files_that_are_opened(notebook, tmp_path):
    (tmp_path / "hello.txt").write_text("hello")
    path = notebook(
        "from pathlib import Path\ntext = Path('hello.txt').read_text()",
        "%%route GET /\ntext",
        "%%request GET /\n?? text == 'hello'",
    )
    command = ["export", path, str(tmp_path / "shop")]
    refused = CliRunner().invoke(commands.app, command)
    assert refused.exit_code == 1
    assert "export with --copy-files" in refused.output
    assert CliRunner().invoke(commands.app, [*command, "--copy-files"]).exit_code == 0
    assert CliRunner().invoke(commands.app, [*command, "--check"]).exit_code == 0
    answer = CliRunner().invoke(commands.app, ["request", str(tmp_path / "shop"), "GET", "/"])
    assert answer.output == "hello"
    for other in ("list", "openapi"):
        assert CliRunner().invoke(commands.app, [other, str(tmp_path / "shop")]).exit_code == 0


def test_export_says_what_stops_it(notebook, tmp_path):
    command = ["export", notebook("%%route GET /n\nn + m"), str(tmp_path / "shop")]
    result = CliRunner().invoke(commands.app, command)
    assert result.exit_code == 1
    assert result.output == (
        "ExportError: cell 1 (GET /n) uses n, which no cell defines\ncell 1 (GET /n) uses m, which no cell defines\n"
    )
    assert not (tmp_path / "shop").exists()
    result = CliRunner().invoke(commands.app, ["export", str(tmp_path / "none.ipynb"), str(tmp_path / "shop")])
    assert result.exit_code == 1
    assert "none.ipynb cannot be read: No such file or directory" in result.output
