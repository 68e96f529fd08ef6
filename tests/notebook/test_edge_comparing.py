"""Routes of the edge in a real kernel, compared with a real isolate."""

from __future__ import annotations

import pytest


@pytest.fixture
def compares(newest):
    newest.ok("import os\nos.environ['NOTEBOOK_ROUTES_EDGE_COMPARE'] = '1'")
    yield newest
    # The next test has the same process.
    newest.ok("import os\nos.environ['NOTEBOOK_ROUTES_EDGE_COMPARE'] = '0'")


def test_a_cell_says_whether_the_isolate_answers_the_same(compares):
    compares.ok("prices = {'lamp': 30}")
    shown = compares.ok("%%route GET /prices --runtime edge\nprices", cell="a")
    assert shown.stdout == "GET /prices: edge = kernel\n"
    shown = compares.ok("%%route GET /prices --runtime edge\nimport sys\n{'bits': sys.maxsize}", cell="a")
    assert "the bodies differ" in shown.stdout


def test_the_check_asks_what_the_cells_have_asked(compares):
    shown = compares.ok("%%route GET /prices/[name] --runtime edge\nname", cell="a")
    assert shown.stdout == "no %%request asks /prices/[name] yet: %routes edge check compares what one is answered\n"
    compares.ok("%%request GET /prices/lamp", cell="b")
    assert compares.ok("%routes edge check").stdout == "GET /prices/lamp: edge = kernel\n"


def test_the_check_fails_where_they_differ(compares):
    compares.ok("import sys\n")
    compares.ok("%%route GET /on --runtime edge\nsys.platform", cell="a")
    shown = compares.run("%routes edge check")
    assert "GET /on: the bodies differ from byte 0 on: the kernel has 'linux', the edge 'emscripten'" in shown.stdout
    assert shown.error["ename"] == "ExpectationFailed"


def test_a_word_is_missing(newest):
    assert "write %routes edge check" in newest.refuses("%routes edge")
