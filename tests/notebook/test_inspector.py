"""What `%%route` and `%routes` put into a cell's output: HTML for readers, and beside it the inspector's widget."""

from __future__ import annotations

VIEW = "application/vnd.jupyter.widget-view+json"


def test_an_output_is_html_and_beside_it_a_widget(newest):
    shown = newest.ok("%%route GET /x\n1", cell="a")
    static, widget = shown.bundles
    assert set(static) == {"text/plain", "text/html"}
    assert static["text/plain"] == "GET /x  new"
    assert set(widget) == {VIEW}
    table = newest.ok("%routes", cell="b")
    assert [set(bundle) for bundle in table.bundles] == [{"text/plain", "text/html"}, {VIEW}]


def test_a_cell_that_runs_again_keeps_its_widget(newest):
    first = newest.ok("%%route GET /x\n1", cell="a").bundles[1]
    assert newest.ok("%%route GET /x\n2", cell="a").bundles[1] == first
    assert newest.ok("%%route GET /renamed\n2", cell="a").bundles[1] == first
    assert newest.ok("%%route GET /y\n2", cell="b").bundles[1] != first
    newest.ok("1", cell="a")
    assert newest.ok("%%route GET /x\n1", cell="a").bundles[1] != first


def test_without_the_libraries_there_is_the_html(newest):
    newest.ok("import importlib.util as util\nfind = util.find_spec\nutil.find_spec = lambda name: None")
    try:
        assert [set(bundle) for bundle in newest.ok("%%route GET /x\n1").bundles] == [{"text/plain", "text/html"}]
        assert [set(bundle) for bundle in newest.ok("%routes").bundles] == [{"text/plain", "text/html"}]
    finally:
        newest.ok("util.find_spec = find")


def test_where_each_output_has_a_page_of_its_own_they_are_one(newest):
    newest.ok("import os\nos.environ['VSCODE_PID'] = '1'")
    try:
        (bundle,) = newest.ok("%%route GET /x\n1", cell="a").bundles
        assert set(bundle) == {"text/plain", "text/html", VIEW}
    finally:
        newest.ok("del os.environ['VSCODE_PID']")


def test_the_page_is_there_though_the_inspector_was_shown_before_the_first_route(newest):
    newest.ok("%unload_ext notebook_routes")
    newest.ok("%load_ext notebook_routes")
    newest.ok("%routes")
    newest.ok("%%route GET /first\n1", cell="first")
    page = newest.ok("%request GET /_routes/").text
    assert page.startswith("200 OK")
    assert "inspector/page.js" in page
