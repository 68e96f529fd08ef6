"""User code as type checkers see it: mypy file by file, and pyright as a whole.

pyright runs on Node. The package from PyPI has pyright itself inside, and its `nodejs` extra brings Node as a wheel:
nothing is fetched when it runs, and the machine needs neither Node nor npm.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notebook_routes.project.load import load_tree
from notebook_routes.project.openapi import openapi_document
from notebook_routes.routing import METHODS, Route, RoutePattern, RouteTable, parse_directive
from notebook_routes.runtime import Invoker
from notebook_routes.runtime.module import RouteModule

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TREE = HERE / "tree"
FILES = [HERE / "route.py", HERE / "mistakes.py", *sorted(TREE.rglob("*.py"))]
WRONG = re.compile(r"# wrong: ([\w-]+)")


def names(path):
    return Path(path).relative_to(HERE).as_posix()


def _by_mypy(work):
    """What mypy --strict says about every file here, each by itself: (file, line, code)."""
    found = []
    for file in FILES:
        result = subprocess.run(
            # The package is beside them and not installed here: its own errors are its own business.
            [
                sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=",
                f"--cache-dir={work}", str(file),
            ],
            capture_output=True, text=True, check=False, cwd=TREE, env=os.environ | {"MYPYPATH": str(ROOT)},
        )  # fmt: skip
        assert result.returncode in (0, 1), result.stderr
        lines = re.findall(r"^(.+?):(\d+): error: .*\[([\w-]+)\]$", result.stdout, re.MULTILINE)
        assert len(lines) == result.stdout.count(": error:"), result.stdout
        found += [(names(TREE / place), int(line), code) for place, line, code in lines]
    return sorted(found)


def _by_pyright(work):
    """What pyright in its strict mode says about all of it at once: (file, line, what)."""
    below = {path: os.path.relpath(path, work) for path in (HERE, TREE, ROOT)}
    (work / "pyrightconfig.json").write_text(
        json.dumps(
            {
                "include": [below[HERE]],
                "exclude": [f"{below[HERE]}/test_typing.py"],
                "typeCheckingMode": "strict",
                "pythonVersion": f"3.{sys.version_info.minor}",
                # In a tree, `app` is its own; the package is beside it.
                "executionEnvironments": [{"root": below[TREE], "extraPaths": [below[ROOT]]}, {"root": below[ROOT]}],
            }
        )
    )
    result = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--project", str(work), "--pythonpath", sys.executable],
        capture_output=True, text=True, check=False,
        env=os.environ | {"PYRIGHT_PYTHON_CACHE_DIR": str(work), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
    )  # fmt: skip
    assert result.returncode in (0, 1), result.stdout + result.stderr
    report = json.loads(result.stdout)
    assert report["summary"]["filesAnalyzed"] == len(FILES)
    return sorted(
        (names(each["file"]), each["range"]["start"]["line"] + 1, each.get("rule", each["message"]))
        for each in report["generalDiagnostics"]
    )


@pytest.fixture(scope="module")
def checkers(tmp_path_factory):
    """Both checkers, begun at once: each is a process of its own, and takes its time."""
    with ThreadPoolExecutor(2) as pool:
        yield {check: pool.submit(check, tmp_path_factory.mktemp("work")) for check in (_by_mypy, _by_pyright)}


@pytest.fixture(scope="module")
def by_mypy(checkers):
    """What mypy has found."""
    return checkers[_by_mypy].result()


@pytest.fixture(scope="module")
def by_pyright(checkers):
    """What pyright has found."""
    return checkers[_by_pyright].result()


@pytest.fixture(params=["by_mypy", "by_pyright"])
def found(request):
    return request.getfixturevalue(request.param)


def test_a_route_and_an_exported_tree_pass(found):
    assert [each for each in found if each[0] != "mistakes.py"] == []


def marked():
    """The lines of mistakes.py that are wrong, with mypy's codes."""
    lines = enumerate((HERE / "mistakes.py").read_text().splitlines(), start=1)
    return [("mistakes.py", number, match[1]) for number, line in lines if (match := WRONG.search(line))]


def test_each_mistake_is_found_and_nothing_else(by_mypy):
    assert [each for each in by_mypy if each[0] == "mistakes.py"] == marked()


def test_both_find_the_same_lines(by_pyright):
    # About one line it may have several things to say.
    found = {each[:2] for each in by_pyright if each[0] == "mistakes.py"}
    assert found == {each[:2] for each in marked()}


def test_the_same_file_is_a_live_route():
    path = "/products/[id]"
    source = (HERE / "route.py").read_text()
    module = RouteModule.from_source(source, parse_directive(path), namespace={}, label="typed")
    try:
        assert set(module.handlers) == set(METHODS) - {"OPTIONS"}
        table, pattern = RouteTable(), RoutePattern.parse(path)
        for method, handler in module.handlers.items():
            table.put(Route(method, pattern, Invoker(handler, method=method, pattern=pattern)))
        operations = openapi_document(table)["paths"]["/products/{id}"]
        names = [(each["in"], each["name"]) for each in operations["get"]["parameters"]]
        assert ("header", "accept-language") in names
        assert ("cookie", "theme") in names
    finally:
        module.close()


def test_the_same_tree_answers():
    app = load_tree(TREE)

    async def talk():
        cookie = {"cookie": "session=1"}
        assert (await app.request("/products")).status == 302
        made = await app.request(
            "/products", method="POST", headers=cookie | {"content-type": "application/json"}, body='{"name": "Lamp"}'
        )
        return made, await app.request(made.headers["location"], headers=cookie)

    made, again = asyncio.run(talk())
    assert (made.status, again.status, again.headers.get("x-served-by")) == (201, 200, "localhost")
    assert again.content == b'{"name":"Lamp","price":0.0,"tags":[]}'
