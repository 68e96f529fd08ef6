"""User code as mypy sees it. (pyright from PyPI fetches a Node of its own when it runs: it is left to its users.)"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_routes.project.openapi import openapi_document
from notebook_routes.routing import METHODS, Route, RoutePattern, RouteTable, parse_directive
from notebook_routes.runtime import Invoker
from notebook_routes.runtime.module import RouteModule

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What mypy --strict says about every file here, each by itself: (file, line, code)."""
    work = tmp_path_factory.mktemp("mypy")
    files = [HERE / "route.py", HERE / "mistakes.py"]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={work}", *map(str, files)],
        capture_output=True, text=True, check=False, cwd=HERE.parents[1],
    )  # fmt: skip
    assert result.returncode in (0, 1), result.stderr
    lines = re.findall(r"^(.+?):(\d+): error: .*\[([\w-]+)\]$", result.stdout, re.MULTILINE)
    assert len(lines) == result.stdout.count(": error:"), result.stdout
    return sorted((Path(file).name, int(line), code) for file, line, code in lines)


def test_a_route_passes_strict(found):
    assert [each for each in found if each[0] == "route.py"] == []


def test_each_mistake_is_found_and_nothing_else(found):
    wrong = re.compile(r"# wrong: ([\w-]+)")
    expected = [
        ("mistakes.py", number, match[1])
        for number, line in enumerate((HERE / "mistakes.py").read_text().splitlines(), start=1)
        if (match := wrong.search(line))
    ]
    assert [each for each in found if each[0] == "mistakes.py"] == expected


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
