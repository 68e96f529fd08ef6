"""Import statements, sorted and merged."""

import ast

import pytest

from notebook_routes.project.import_lines import ImportLines, take_imports


def lines(*texts, used=None):
    found = ImportLines()
    for text in texts:
        found.add(text, ast.parse(text).body, used)
    return found.groups()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["import math, json", "import json"], [["import json", "import math"], []]),
        (
            ["from b import c", "import typer", "import os.path as p"],
            [["import os.path as p"], ["import typer", "from b import c"]],
        ),
        (["from a import z, B", "from a import C_D, z as y"], [[], ["from a import C_D, B, z, z as y"]]),
        (["from a import *", "from a import b"], [[], ["from a import *", "from a import b"]]),
        (["import json  # for it", "import abc"], [["import abc", "import json  # for it"], []]),
    ],
)
def test_one_line_for_each_module(texts, expected):
    assert lines(*texts) == expected
    assert lines(*reversed(texts)) == expected


def test_only_what_is_used():
    assert lines("import math, json", "from a import b, c", used=frozenset({"json", "c"})) == [
        ["import json"],
        ["from a import c"],
    ]


@pytest.mark.parametrize(
    ("text", "taken", "rest"),
    [
        (
            "import a\nfrom b import (\n    c,\n)\n\nx = 1\nimport d\n",
            ["import a", "from b import (\n    c,\n)"],
            "x = 1\nimport d\n",
        ),
        ("import a\n# why\nimport b\n", ["import a"], "# why\nimport b\n"),
        ("import a; x = 1\n", [], "import a; x = 1\n"),
        ("x = 1\n", [], "x = 1\n"),
    ],
)
def test_taking_them_off(text, taken, rest):
    found, left = take_imports(text)
    assert ([piece for piece, _ in found], left) == (taken, rest)
