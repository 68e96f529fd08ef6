"""What mypy and pyright say about a project once `typegen` has run: the marked lines, and no others.

`# wrong` is for both, `# wrong: mypy` and `# wrong: pyright` for one of them.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from notebook_routes.errors import DefinitionError
from notebook_routes.project.load import load_tree
from notebook_routes.tooling import commands

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHOP = HERE / "shop"
MARK = re.compile(r"# wrong(?:: (\w+))?$")
SETTINGS = """
[tool.mypy]
strict = true
mypy_path = "$MYPY_CONFIG_FILE_DIR/typings"
plugins = ["notebook_routes.tooling.mypy_plugin"]

[tool.pyright]
typeCheckingMode = "strict"
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The sample, with its types."""
    shop = tmp_path_factory.mktemp("typegen") / "shop"
    shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns("__pycache__"))
    result = CliRunner().invoke(commands.app, ["typegen", str(shop)])
    assert (result.exit_code, "6 paths, 3 cookies" in result.output) == (0, True), result.output
    (shop / "pyproject.toml").write_text(SETTINGS)
    return shop


def files(shop):
    return sorted([*shop.rglob("*.py"), *shop.rglob("*.pyi")])


def marked(checker):
    found = []
    for file in files(SHOP):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            mark = MARK.search(line)
            if mark and mark[1] in (None, checker):
                found.append((file.relative_to(SHOP).as_posix(), number))
    return found


def run(shop, *command, **environment):
    result = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=shop,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | environment,
    )  # fmt: skip
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return result.stdout


def by_mypy(shop):
    found = []
    waiting = files(shop)
    while waiting:
        # mypy takes no two files of one name, as the command's help says.
        batch = {file.name: file for file in waiting}.values()
        waiting = [file for file in waiting if file not in batch]
        said = run(shop, "mypy", *(str(file.relative_to(shop)) for file in batch))
        found += [(place, int(number)) for place, number in re.findall(r"^(.+?):(\d+): error:", said, re.MULTILINE)]
    return sorted(set(found))


def test_mypy_finds_the_marked_lines(shop):
    assert by_mypy(shop) == sorted(marked("mypy"))


STUB = "typings/notebook_routes/__init__.pyi"
#: The stub alone, without all that it imports.
ALONE = ("mypy", "--follow-imports=skip", "--no-incremental")


def test_without_the_plugin_a_text_is_no_type_for_mypy(shop):
    def lines(file):
        said = run(shop, *ALONE, "--config-file=", "--strict", STUB, file, MYPYPATH="typings")
        return [int(line) for place, line in re.findall(r"^(.+?):(\d+): error:", said, re.MULTILINE) if place == file]

    assert lines("app/text/route.py") == [8, 12]
    assert lines("app/files/[...path]/route.py") == []


def by_pyright(shop, work):
    said = run(
        shop, "pyright", "--outputjson", "--pythonpath", sys.executable,
        PYRIGHT_PYTHON_CACHE_DIR=str(work), PYRIGHT_PYTHON_IGNORE_WARNINGS="1",
    )  # fmt: skip
    report = json.loads(said)
    assert report["summary"]["filesAnalyzed"] == len(files(shop))
    found = {
        (Path(each["file"]).relative_to(shop.resolve()).as_posix(), each["range"]["start"]["line"] + 1)
        for each in report["generalDiagnostics"]
    }
    return sorted(found)


def test_pyright_finds_the_marked_lines(shop, tmp_path):
    assert by_pyright(shop, tmp_path) == sorted(marked("pyright"))


def test_the_same_project_answers(tmp_path):
    shop = tmp_path / "shop"
    shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns("__pycache__"))
    text = shop / "app/text/route.py"
    with pytest.raises(DefinitionError, match="its type is for /nowhere, and the path is /text"):
        load_tree(shop, strict=True)
    text.write_text(text.read_text().partition("\n\ndef PUT")[0])
    app = load_tree(shop, strict=True)

    async def talk():
        paths = ("/products/7", "/text", "/docs/a/b", "/files/a%20b", "/products/1/x%2Fy")
        answers = [(await app.request(path)).content.decode() for path in paths]
        sent = await app.request("/products/7", method="POST")
        return answers, sent

    answers, sent = asyncio.run(talk())
    assert json.loads(answers[0]) == {"id": "7", "route": "/products/[id]", "theme": "light"}
    assert answers[1] == "/text"
    assert json.loads(answers[2])[-3:] == ["/docs", "/docs/a/b", "/about"]
    assert answers[3:] == ["/files/a%20b/more", "/products/1/x%2Fy"]
    assert (sent.status, sent.headers["location"]) == (303, "http://localhost/products/8?from=1&from=2")


@pytest.fixture(scope="module")
def corners(tmp_path_factory):
    """Projects with next to nothing in them, or with odd names, side by side."""
    root = tmp_path_factory.mktemp("corners")
    projects = {
        "page": ["page.html"],
        "route": ["route.py"],
        "rest": ["[...rest]/route.py", "[...rest]/[[...path]]/no.py"],
        "odd": ["[class]/[product-id]/route.py", "[hash]/[path]/[_path]/[größe]/route.py", 'a"b/%5Fc/route.py'],
    }
    for name, paths in projects.items():
        for path in paths:
            file = root / name / "app" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("")
        assert CliRunner().invoke(commands.app, ["typegen", str(root / name)]).exit_code == 0
    (root / "odd/use.py").write_text(
        "from notebook_routes import href\n"
        'href("/[hash]/[path]/[_path]/[größe]", hash=1, path=2, _path=3, größe=4)\n'
        'href("/[class]/[product-id]", **{"class": 1, "product-id": 2})\n'
        "href('/a\"b/%5Fc')\n"
        "href('/a\"b/%5Fc', a=1)  # wrong\n"
    )
    return root


@pytest.mark.parametrize("name", ["page", "route", "rest", "odd"])
def test_what_is_written_is_right_for_odd_projects(corners, name, tmp_path):
    shop = corners / name
    (shop / "pyproject.toml").write_text(SETTINGS)
    wrong = [("use.py", 5)] if name == "odd" else []
    said = run(shop, *ALONE, STUB, *(file.name for file in shop.glob("use.py")))
    assert [(place, int(line)) for place, line in re.findall(r"^(.+?):(\d+): error:", said, re.MULTILINE)] == wrong
    assert by_pyright(shop, tmp_path) == wrong
