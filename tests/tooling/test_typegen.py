"""`notebook-routes typegen`."""

import pytest
from typer.testing import CliRunner

from notebook_routes.tooling import commands

STUB = "typings/notebook_routes/__init__.pyi"


def typegen(*words):
    result = CliRunner().invoke(commands.app, ["typegen", *map(str, words)])
    return result.exit_code, result.output


@pytest.fixture
def shop(tmp_path):
    route = tmp_path / "shop/app/lamps/[id]/route.py"
    route.parent.mkdir(parents=True)
    route.write_text("def GET(id: int): ...\n")
    return tmp_path / "shop"


def test_it_writes_once_and_says_so(shop):
    file = shop / STUB
    status, said = typegen(shop)
    assert (status, said) == (0, f"{file} is written: 1 path, no cookies\n")
    assert file.stat().st_mode & 0o444 == 0o444
    before = file.stat()
    status, said = typegen(shop)
    assert (status, said) == (0, f"{file} is up to date: 1 path, no cookies\n")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_check_writes_nothing_and_tells_by_its_exit_status(shop):
    file = shop / STUB
    assert typegen(shop, "--check") == (1, f"{file} is not there: run notebook-routes typegen {shop}\n")
    assert not file.parent.exists()
    typegen(shop)
    assert typegen(shop, "--check")[0] == 0
    (shop / "app/route.py").write_text("cookies().set('a', 1)")
    before = file.read_bytes()
    assert typegen(shop, "--check") == (1, f"{file} is not up to date: run notebook-routes typegen {shop}\n")
    assert file.read_bytes() == before
    assert typegen(shop) == (0, f"{file} is written: 2 paths, 1 cookie\n")


def test_another_folder_of_stubs(shop, tmp_path):
    status, said = typegen(shop, "--output", tmp_path / "stubs", "--check")
    assert (status, said.endswith(f"typegen {shop} --output {tmp_path / 'stubs'}\n")) == (1, True)
    assert typegen(shop, "--output", tmp_path / "stubs")[0] == 0
    assert (tmp_path / "stubs/notebook_routes/__init__.pyi").is_file()
    assert not (shop / "typings").exists()


def test_somebody_elses_file_stays(shop):
    file = shop / STUB
    file.parent.mkdir(parents=True)
    file.write_text("from typing import Any\n")
    status, said = typegen(shop)
    assert (status, "was not written by typegen: move it away" in said) == (1, True)
    assert file.read_text() == "from typing import Any\n"


def test_a_file_that_is_no_python_is_named_and_the_types_stay(shop):
    typegen(shop)
    before = (shop / STUB).read_bytes()
    (shop / "app/route.py").write_text("def GET(:\n")
    status, said = typegen(shop)
    assert (status, said) == (1, "DefinitionError: app/route.py, line 1: invalid syntax\n")
    assert (shop / STUB).read_bytes() == before


def test_what_cannot_be_written(shop):
    (shop / "typings").write_text("a file")
    status, said = typegen(shop)
    assert (status, "cannot be read: Not a directory" in said or "cannot be written" in said) == (1, True)


def test_any_cookie_where_a_name_is_computed(shop):
    (shop / "app/route.py").write_text("cookies().set(name, 1)")
    assert typegen(shop)[1].endswith("2 paths, any cookie (the name of one that is set is computed)\n")


def test_the_help_says_how_checkers_see_it():
    status, said = typegen("--help")
    assert status == 0
    for words in ('RouteContext[Literal["/products/[id]"]]', "mypy_path", "[tool.mypy]", "mypy_plugin", "stubPath"):
        assert words in said
