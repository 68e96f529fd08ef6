"""`notebook-routes list`."""

import json

import pytest
from typer.testing import CliRunner

from notebook_routes.tooling import commands
from tests.files import write_files


@pytest.fixture
def shop(tmp_path):
    files = {
        "app/products/[id]/route.py": "revalidate = 60\ntags = ['shop']\ndef GET(id): ...\ndef POST(): ...\n",
        "app/page.html": "<h1>Shop</h1>",
    }
    return write_files(tmp_path, files)


def listed(*arguments):
    return CliRunner().invoke(commands.app, ["list", *map(str, arguments)], env={"COLUMNS": "200"})


def test_a_table(shop):
    result = listed(shop)
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert lines[0] == ["METHOD", "PATH", "FILE", "CONFIG"]
    config = ["revalidate", "=", "60,", "tags", "=", '["shop"]']
    assert ["GET", "/products/[id]", "app/products/[id]/route.py", *config] in lines
    assert ["GET", "/", "app/page.html"] in lines
    assert len(lines) == 4


def test_json(shop):
    result = listed(shop, "--json")
    rows = json.loads(result.output)
    assert {
        "method": "POST",
        "path": "/products/[id]",
        "file": "app/products/[id]/route.py",
        "config": {"revalidate": 60, "tags": ["shop"]},
    } in rows
    assert len(rows) == 3


def test_a_file_that_cannot_be_used_is_one_row_and_a_failure(shop):
    (shop / "app/a").mkdir()
    (shop / "app/a/route.py").write_text("def GET(:")
    result = listed(shop, "--json")
    assert result.exit_code == 1
    (row,) = [row for row in json.loads(result.stdout) if "error" in row]
    assert (row["method"], row["path"], row["file"]) == ("*", "/a", "app/a/route.py")
    assert "SyntaxError" in row["error"]
    result = listed(shop)
    assert result.exit_code == 1
    assert "app/a/route.py cannot be imported" in result.stdout


def test_a_folder_without_app_and_one_without_routes(tmp_path):
    result = listed(tmp_path)
    assert result.exit_code == 1
    assert "holds no folder 'app'" in result.output
    (tmp_path / "app").mkdir()
    result = listed(tmp_path)
    assert result.exit_code == 0
    assert "has no route: write app/route.py" in result.output
