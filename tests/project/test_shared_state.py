"""What processes would not share, found by reading."""

from pathlib import PurePosixPath

import pytest

from notebook_routes.project.shared_state import find_shared_state
from tests.files import write_files


@pytest.fixture
def found(tmp_path):
    return lambda files: [str(state) for state in find_shared_state(write_files(tmp_path, files))]


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ("seen = []", "seen.append(1)"),
        ("seen = []", "seen[0] = 1"),
        ("seen = []", "seen[0] += 1"),
        ("seen = []", "del seen[0]"),
        ("seen = [[]]", "seen[0].append(1)"),
        ("seen: list[int] = []", "seen.sort()"),
        ("seen = set()", "seen.add(1)"),
        ("seen = {1: []}", "seen.pop(1)"),
        ("import collections\nseen = collections.defaultdict(list)", "seen[1].append(2)"),
        ("import itertools\nseen = itertools.count()", "next(seen)"),
        ("from types import SimpleNamespace\nseen = SimpleNamespace()", "seen.x = 1"),
        ("seen = [x for x in 'ab']", "for seen[0] in 'ab': pass"),
    ],
)
def test_an_object_that_is_changed(found, before, change):
    text = f"{before}\n\n\ndef GET():\n    {change}\n"
    line = text.count("\n")
    name = next((name for name in ("seen[0]", "seen[1]") if f"{name}." in change), "seen")
    assert found({"app/route.py": text}) == [f"app/route.py:{line}: `{name}` is changed"]


def test_a_name_that_is_rebound(found):
    text = "counter = 0\n\n\nasync def POST():\n    global counter\n    counter += 1\n"
    assert found({"app/a/route.py": text}) == ["app/a/route.py:6: `counter` is rebound"]


@pytest.mark.parametrize(
    ("imported", "change", "said"),
    [
        ("from app._shared import seen", "seen.append(1)", "`seen` is changed"),
        ("from app._shared import seen as s", "s.append(1)", "`s` is changed"),
        ("from app import _shared", "_shared.seen.append(1)", "`_shared.seen` is changed"),
        ("from app import _shared", "_shared.counter += 1", "`_shared.counter` is rebound"),
        ("from .. import _shared as s", "s.counter = 1", "`s.counter` is rebound"),
        ("import app._shared", "app._shared.seen[0] = 1", "`app._shared.seen` is changed"),
        ("import db", "db.rows.clear()", "`db.rows` is changed"),
    ],
)
def test_across_files(found, imported, change, said):
    files = {
        "app/_shared.py": "seen = []\ncounter = 0\n",
        "db.py": "rows = []\n",
        "app/a/route.py": f"{imported}\ndef GET():\n    {change}\n",
    }
    assert found(files) == [f"app/a/route.py:3: {said}"]


@pytest.mark.parametrize(
    "text",
    [
        "products = {'1': 'Lamp'}\ndef GET(id):\n    return products[id]\n",
        "seen = []\ndef GET():\n    seen = []\n    seen.append(1)\n",
        "seen = []\ndef GET(seen):\n    seen.append(1)\n",
        "seen = []\ndef GET():\n    seen = []\n    def inner():\n        seen.append(1)\n    inner()\n",
        # At import each process does the same.
        "seen = []\nseen.append(1)\nseen[0] = 2\n",
        "text = 'a'\ndef GET():\n    text.append(1)\n",
        "import os\ndef GET():\n    os.umask = 1\n",
        "def GET():\n    global not_here\n    return 1\n",
    ],
)
def test_what_is_no_shared_state(found, text):
    assert found({"app/route.py": text}) == []


def test_methods_of_classes_and_functions_in_functions_are_read(found):
    text = "seen = []\nclass A:\n    def a(self):\n        def b():\n            seen.append(1)\n        return b\n"
    assert found({"app/route.py": text}) == ["app/route.py:5: `seen` is changed"]


def test_a_name_is_named_once_for_each_file(found):
    text = "seen = []\ndef GET():\n    seen.append(1)\ndef POST():\n    seen.append(2)\n"
    assert found({"app/a/route.py": text, "app/b/route.py": text}) == [
        "app/a/route.py:3: `seen` is changed",
        "app/b/route.py:3: `seen` is changed",
    ]


def test_a_database_in_memory(found):
    text = 'import sqlite3\ndb = sqlite3.connect(":memory:", check_same_thread=False)\nfile = sqlite3.connect("a.db")\n'
    (said,) = found({"app/_shared.py": text})
    assert said.startswith("app/_shared.py:2: `sqlite3.connect(':memory:', check_same_thread=False)` is a database")


def test_files_that_are_no_python_are_passed_over(found, tmp_path):
    assert found({"app/route.py": "def GET(:", "app/a/route.py": "seen = []\ndef GET():\n    seen.append(1)\n"}) == [
        "app/a/route.py:3: `seen` is changed"
    ]
    (state,) = find_shared_state(tmp_path)
    assert state.file == PurePosixPath("app/a/route.py")
