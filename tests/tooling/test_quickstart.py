"""The demo, as a newcomer runs it."""

import io

from rich.console import Console

from notebook_routes.tooling import quickstart
from notebook_routes.tooling.quickstart import Cell, quickstart_cells, run_quickstart


def told(cells, monkeypatch):
    monkeypatch.setattr(quickstart, "quickstart_cells", lambda: cells)
    story = io.StringIO()
    return run_quickstart(Console(file=story, width=200, highlight=False)), story.getvalue()


def test_the_quickstart_passes_and_tells_its_story():
    story = io.StringIO()
    assert run_quickstart(Console(file=story, width=200, highlight=False))
    text = story.getvalue()
    assert '{"name":"Lamp","price":30}' in text
    assert 'write "global visits"' in text
    assert "ZeroDivisionError" in text
    assert text.rstrip().endswith("Every answer was right.")


def test_a_wrong_answer_fails_it(monkeypatch):
    cells = [
        Cell("%load_ext notebook_routes", is_code=True, must_fail=False),
        Cell('%%route GET /\n"ok"', is_code=True, must_fail=False),
        Cell("%%request GET /\n?? status == 500", is_code=True, must_fail=False),
    ]
    passed, text = told(cells, monkeypatch)
    assert not passed
    assert "this cell failed" in text


def test_an_error_that_does_not_come_fails_it(monkeypatch):
    passed, text = told([Cell("1 + 1", is_code=True, must_fail=True)], monkeypatch)
    assert not passed
    assert "should have failed" in text


def test_some_cells_are_prose_and_one_fails_on_purpose():
    cells = quickstart_cells()
    assert any(not cell.is_code for cell in cells)
    assert sum(cell.must_fail for cell in cells) == 1
