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


def test_a_handler_that_is_no_function_is_a_failure(shop):
    (shop / "app/a").mkdir()
    (shop / "app/a/route.py").write_text("GET = 3\ndef POST(): ...")
    result = listed(shop, "--json")
    assert result.exit_code == 1
    get, post = (row for row in json.loads(result.stdout) if row["path"] == "/a")
    assert (get["method"], get["error"]) == ("GET", "app/a/route.py: GET is not a function but 3: write def GET(...)")
    assert "error" not in post


def test_a_folder_without_app_and_one_without_routes(tmp_path):
    result = listed(tmp_path)
    assert result.exit_code == 1
    assert "holds no folder 'app'" in result.output
    (tmp_path / "app").mkdir()
    result = listed(tmp_path)
    assert result.exit_code == 0
    assert "has no route: write app/route.py" in result.output


def test_what_is_read_by_a_program_has_a_route_on_a_line(shop):
    long = "/".join(["a-long-name-of-a-folder"] * 6)
    write_files(shop, {f"app/{long}/route.py": "cors = {'origins': ['https://a.example']}\ndef GET(): ...\n"})
    result = CliRunner().invoke(commands.app, ["list", str(shop)])
    (line,) = [line for line in result.output.splitlines() if long in line]
    assert line.split()[-4:] == ["cors", "=", '{"origins":', '["https://a.example"]}']
    row = next(row for row in json.loads(listed(shop, "--json").output) if row["path"] == f"/{long}")
    assert row["config"] == {"cors": {"origins": ["https://a.example"]}}


def test_who_names_something_else_is_told_what_was_meant(shop):
    for place in (shop / "app", shop / "app/products", shop / "app/page.html"):
        assert f"name the folder that holds app, {shop}" in listed(place).output
    (shop / "shop.ipynb").write_text("{}")
    assert "shop.ipynb is a notebook: notebook-routes export" in listed(shop / "shop.ipynb").output
