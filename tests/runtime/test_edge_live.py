"""The check of code whose names have values: what the user's own functions and modules do, wherever they stand."""

from __future__ import annotations

import functools
import importlib.util
import io
import linecache
import sys
import textwrap
import time
from pathlib import Path
from time import sleep

import pytest

from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.edge import check_live


@pytest.fixture
def notebook():
    """A notebook's names; `run` runs a cell of it, whose source is known as IPython has it."""
    names = {"__name__": "__main__"}
    files = []

    def run(code, number=1):
        code = textwrap.dedent(code).lstrip()
        file = f"<cell {number}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        files.append(file)
        exec(compile(code, file, "exec"), names)

    names["run"] = run
    yield names
    for file in files:
        linecache.cache.pop(file, None)


def said(names, code, *, in_function=True):
    text = CellText.read(code, first_line=2)
    return [
        (finding.rule.code, finding.place, finding.line)
        for finding in check_live(text, names, in_function=in_function, name_file=str)
    ]


def test_names_of_the_notebook_mean_their_values(notebook):
    import numpy as np

    notebook.update(path=Path("x"), files=__import__("os"), wait=sleep, table=np.zeros(1), np=np, log=sys.stderr)
    with Path(__file__).open() as opened:
        notebook["opened"] = opened
        assert said(notebook, "path.read_text()") == [("EDGE003", "", 2)]
        assert said(notebook, "files.listdir()") == [("EDGE003", "", 2)]
        assert said(notebook, "wait(1)") == [("EDGE008", "", 2)]
        assert said(notebook, "np.zeros(1)") == [("EDGE002", "", 2)]
        assert said(notebook, "table.tolist()") == [("EDGE002", "", 2)]
        assert said(notebook, "opened.read()") == [("EDGE003", "", 2)]


def test_names_that_hide_a_builtin_are_not_it(notebook):
    notebook["run"]("def open(path): return path\ninput = [1]\neval = 7\n")
    assert said(notebook, "open('x')\ninput(1)\neval('x')") == []


def test_the_user_s_own_functions_are_followed(notebook):
    notebook["run"]("import os\ndef load(name):\n    return read(name)\n", 1)
    notebook["run"]("def read(name):\n    x = 1\n    return open(name)\n", 2)
    assert said(notebook, "load('x')") == [("EDGE003", "cell 2", 3)]
    assert said(notebook, "def GET():\n    return load('x')", in_function=False) == [("EDGE003", "cell 2", 3)]
    assert said(notebook, "x = [load]") == [("EDGE003", "cell 2", 3)]
    assert said(notebook, "1") == []


def test_through_classes_decorators_partials_and_round_trips(notebook):
    notebook["run"](
        """
        import functools

        class Shop:
            @staticmethod
            def load():
                return open("x")

            def fine(self):
                return self

        def plain(n):
            return other(n)

        def other(n):
            return plain(n) or open("y")

        half = functools.partial(plain, 1)

        @functools.cache
        def kept():
            return open("z")

        shop = Shop()
        """
    )
    assert said(notebook, "Shop.load()") == [("EDGE003", "cell 1", 6)]
    assert said(notebook, "half()") == [("EDGE003", "cell 1", 15)]
    assert said(notebook, "kept()") == [("EDGE003", "cell 1", 21)]
    assert said(notebook, "shop.load()") == [("EDGE003", "cell 1", 6)]
    assert said(notebook, "shop.fine()") == []


def test_modules_of_the_user_s_are_checked_as_far_as_they_are_used(notebook, tmp_path):
    (tmp_path / "helpers.py").write_text(
        "import random\nSEED = random.random()\ndef load():\n    return open('x')\ndef fine():\n    return 1\n"
    )
    spec = importlib.util.spec_from_file_location("helpers_of_a_test", tmp_path / "helpers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    notebook["helpers"] = module
    file = str(tmp_path / "helpers.py")
    assert said(notebook, "helpers.fine()") == [("EDGE011", file, 2)]
    assert sorted(said(notebook, "helpers.load()")) == [("EDGE003", file, 4), ("EDGE011", file, 2)]


def test_an_import_in_the_cell_is_followed_if_it_is_loaded(notebook, tmp_path, monkeypatch):
    (tmp_path / "mine_of_a_test.py").write_text("def load():\n    return open('x')\n")
    monkeypatch.syspath_prepend(tmp_path)
    code = "from mine_of_a_test import load\nload()"
    assert said(notebook, code) == []
    __import__("mine_of_a_test")
    try:
        assert said(notebook, code) == [("EDGE003", str(tmp_path / "mine_of_a_test.py"), 2)]
    finally:
        del sys.modules["mine_of_a_test"]


def test_what_nobody_knows_the_source_of_is_passed_over(notebook):
    exec("def lost(): return open('x')", notebook)
    notebook.update(made=functools.reduce, text=io.StringIO("x"))
    assert said(notebook, "lost()\nmade(1)\ntext.read()\nno_such_name()") == []


def test_libraries_are_not_looked_into(notebook):
    notebook["json"] = __import__("json")
    notebook["textwrap"] = textwrap
    assert said(notebook, "json.loads('1')\ntextwrap.dedent('x')") == []


def test_a_notebook_of_many_functions_takes_milliseconds(notebook):
    notebook["run"]("\n".join(f"def f{n}(x):\n    return f{n + 1}(x)" for n in range(100)))
    said(notebook, "f0(1)")
    # Of this thread alone: others may keep the processors busy.
    began = time.thread_time()
    assert said(notebook, "f0(1)") == []
    assert time.thread_time() - began < 1
