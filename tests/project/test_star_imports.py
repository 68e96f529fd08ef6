"""`from module import *` with the names that it brings."""

import sys

import pytest

from notebook_routes.project.notebook_source import SourceCell
from notebook_routes.project.star_imports import with_names
from notebook_routes.project.statements import read_statements


def named(text):
    (statement,) = read_statements(SourceCell(text, "cell 1"))
    return with_names(statement)


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    yield (tmp_path / "stars_of_a_test.py").write_text
    sys.modules.pop("stars_of_a_test", None)


def test_the_names_of_a_module(module):
    module("import math\n_own = 1\nlimit = 2\ndef f(): ...\n")
    found = named("from stars_of_a_test import *  # all")
    assert found.text == "from stars_of_a_test import f, limit, math"
    assert found.binds == {"f", "limit", "math"}
    assert not found.has_star


def test_the_names_that_a_module_says(module):
    module("__all__ = ['_own']\n_own = 1\nlimit = 2\n")
    assert named("from stars_of_a_test import *; import os").text == "from stars_of_a_test import _own; import os"


@pytest.mark.parametrize("text", ["1/0", "raise SystemExit", "x = (", "_own = 1"])
def test_a_module_without_names_stays_as_it_is(module, text):
    module(text)
    assert named("from stars_of_a_test import *").has_star


@pytest.mark.parametrize(
    "text", ["from not_installed import *", "from math import *; x = 1", "try: from math import *\nfinally: pass"]
)
def test_what_cannot_be_named_stays_as_it_is(text):
    assert named(text).text == text


def test_other_imports_stay_as_they_are():
    assert named("from math import pi  # half a turn").text == "from math import pi  # half a turn"
