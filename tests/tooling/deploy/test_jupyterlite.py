"""A class room that is a folder of files: built, served as files, and used in a browser that reaches nothing else."""

import importlib.util
import json
import os
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from notebook_routes.errors import ExportError
from notebook_routes.tooling.deploy import jupyterlite
from notebook_routes.tooling.deploy.jupyterlite import MARK, build_site
from tests.file_server import file_server
from tests.lab import LabNotebook

#: Cells of the lesson.
LOAD, PRICES, PRICE, ASKED, GATE, REFUSED, SLOW, TICKS, HEARD, PAGE, TABLE, ADDRESS, FILE, RAW, FILED, *LATER = range(
    19
)
TEMPLATE, _, EDGE, GUARDED = LATER
CELLS = [
    "%load_ext notebook_routes",
    "import json, sys\nprices = json.load(open('data/prices.json'))\nprint(sys.platform, prices)",
    "%%route GET /prices/[name] times:int=1\nprint('asked for', name)\n{'price': prices[name] * times}",
    "%%request GET /prices/lamp?times=2 as lamp\n?? status == 200\n?? json == {'price': 60}",
    "%%middleware /prices/:path*\nif query.get('closed'):\n    return Response.json({'closed': True}, status=403)",
    "%%request GET /prices/lamp?closed=1\n?? status == 403\n?? json['closed']",
    "%%route GET /slow\nimport asyncio\nawait asyncio.sleep(0.05)\n'slow'",
    """%%route GET /ticks
import asyncio
for n in range(100_000):
    yield ServerSentEvent(f'tick {n}')
    await asyncio.sleep(0.01)
""",
    "%%request\nGET /slow\n?? text == 'slow'\n###\nGET /prices/desk\n?? json == {'price': 90}",
    """%%page /shop
<h1>Shop</h1>
<p id="price"></p>
<script>
fetch("/prices/desk").then((answer) => answer.json()).then((it) => { price.textContent = `A desk is ${it.price}`; });
</script>
""",
    "%routes",
    "%routes url",
    "%%route GET /notes\nFileResponse('data/notes.txt')",
    "%%route GET /raw\nFileResponse('data/prices.json')",
    "%%request GET /notes\n?? text == 'a file\\n'\n###\nGET /raw\n?? json == {'lamp': 30, 'desk': 90}",
    "%%page /hello/[name] --jinja\n<p>Hello {{ name }}",
    "tools = {'read': open}",
    "%%route GET /sneaky --runtime edge\ntools['read']('data/prices.json').read()",
    "%%request GET /sneaky\n?? status == 500\n?? 'EDGE003' in text\n###\nGET /raw\n?? status == 200",
]


def write_lesson(folder):
    cells = [
        {"cell_type": "code", "id": f"cell{at}", "metadata": {}, "execution_count": None, "outputs": [], "source": it}
        for at, it in enumerate(CELLS)
    ]
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    path = folder / "lesson.ipynb"
    path.write_text(json.dumps(content))
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "prices.json").write_text('{"lamp": 30, "desk": 90}')
    (folder / "data" / "notes.txt").write_text("a file\n")
    return path


# Mistakes


@pytest.mark.parametrize("name", ["deno", "jupyterlite_core", "jupyterlite_pyodide_kernel"])
def test_what_is_not_installed_is_told_with_the_extra(monkeypatch, tmp_path, name):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda asked, *rest: None if asked == name else find(asked, *rest))
    with pytest.raises(ExportError, match=re.escape("pip install 'notebook-routes[lite]'")) as refused:
        build_site([write_lesson(tmp_path)], tmp_path / "site")
    assert name in str(refused.value)
    assert not (tmp_path / "site").exists()


@pytest.fixture
def installed():
    missing = [name for name in jupyterlite._NEEDED if importlib.util.find_spec(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{missing} are not installed")
    if missing:
        pytest.skip(f"{missing} are not installed: pip install -e '.[test]'")


def test_a_folder_of_others_is_left_alone(installed, tmp_path):
    lesson = write_lesson(tmp_path)
    site = tmp_path / "site"
    site.mkdir()
    (site / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="name another folder"):
        build_site([lesson], site)
    assert [path.name for path in site.iterdir()] == ["mine.txt"]
    with pytest.raises(ExportError, match="is a file"):
        build_site([lesson], lesson)


def test_a_notebook_that_is_not_there_is_told(installed, tmp_path):
    with pytest.raises(ExportError, match=r"lesson\.ipynb is not there"):
        build_site([tmp_path / "lesson.ipynb"], tmp_path / "site")
    assert list(tmp_path.iterdir()) == []


def test_a_second_build_takes_the_place_of_the_first(tmp_path):
    site, made = tmp_path / "there" / "site", tmp_path / "made"
    for text in ("first", "second"):
        made.mkdir()
        (made / MARK).write_text(json.dumps({"files": [f"{text}.html"]}))
        (made / f"{text}.html").write_text(text)
        jupyterlite._check_folder(site)
        jupyterlite._put(made, site)
    assert sorted(path.name for path in site.iterdir()) == [MARK, "second.html"]
    assert not made.exists()
    (site / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"no build has written, such as mine\.txt"):
        jupyterlite._check_folder(site)


# In a browser


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built once."""
    missing = [name for name in jupyterlite._NEEDED if importlib.util.find_spec(name) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"{missing} are not installed: pip install -e '.[test]'")
    folder = tmp_path_factory.mktemp("lesson")
    built = build_site([write_lesson(folder)], folder / "site")
    assert built.notebooks == ("lesson.ipynb",)
    assert sorted(built.files) == ["data/notes.txt", "data/prices.json"]
    assert built.remarks == ()
    assert built.size < 60_000_000
    # It could be built anew.
    jupyterlite._check_folder(built.folder)
    return built.folder


@pytest.fixture(scope="module")
def lesson(site, chromium):
    """The lesson, open in a browser that is told of no host but this machine; and what it has asked for."""
    from playwright.sync_api import sync_playwright

    # What JupyterLab has in its hands is given to scripts, so that a test can run cells.
    settings = site / "jupyter-lite.json"
    content = json.loads(settings.read_text())
    content["jupyter-config-data"]["exposeAppInBrowser"] = True
    settings.write_text(json.dumps(content))
    asked = []
    alone = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    with file_server(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=alone)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
        context.set_default_timeout(20_000)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(f"{address}/lab/index.html?path=lesson.ipynb")
        notebook = LabNotebook(page)
        notebook.wait()
        for place in range(len(CELLS)):
            notebook.run(place)
        yield notebook
        context.close()
        browser.close()
    elsewhere = [
        url for url in asked if urlsplit(url).hostname != "127.0.0.1" and not url.startswith(("blob:", "data:"))
    ]
    assert elsewhere == []
    assert notebook.failures == []


def outputs(notebook, place):
    return notebook.page.evaluate("place => panel.content.model.sharedModel.cells[place].outputs", place)


def text_of(notebook, place):
    found = outputs(notebook, place)
    assert [each for each in found if each["output_type"] == "error"] == []
    return "".join("".join(each.get("text") or each.get("data", {}).get("text/plain", "")) for each in found)


def test_the_kernel_is_the_browsers_and_the_lessons_files_are_there(lesson):
    assert text_of(lesson, LOAD) == ""
    assert text_of(lesson, PRICES) == "emscripten {'lamp': 30, 'desk': 90}\n"
    assert "✓ text" in text_of(lesson, FILED)
    # One that JupyterLite writes anew as it opens it.
    assert "✓ json" in text_of(lesson, FILED)


def test_requests_are_answered_and_their_lines_hold(lesson):
    assert text_of(lesson, ASKED).endswith("✓ status == 200\n✓ json == {'price': 60}")
    assert "✓ status == 403" in text_of(lesson, REFUSED)
    # One that waits, which a cell's magic can only do where the browser lets it.
    assert "✓ text == 'slow'" in text_of(lesson, HEARD)
    assert "✓ json == {'price': 90}" in text_of(lesson, HEARD)


def test_a_card_says_where_it_runs_and_send_answers_with_what_was_printed(lesson):
    card = lesson.card(PRICE)
    expect(card).to_contain_text("These routes run in your browser")
    assert card.locator("a").count() == 0
    card.get_by_role("textbox", name="name").fill("lamp")
    answer = lesson.send(PRICE)
    expect(answer.locator("strong")).to_have_text("✓ 200 OK")
    expect(answer).to_contain_text("price: 30")
    answer.get_by_role("tab", name="Printed").click()
    expect(answer).to_contain_text("asked for lamp")


def test_a_stream_comes_live_and_stop_ends_it(lesson):
    answer = lesson.send(TICKS)
    expect(answer.locator(".nbi-items")).to_contain_text("tick 20")
    lesson.card(TICKS).get_by_role("button", name="Stop").click()
    expect(answer.locator(".nbi-summary")).to_contain_text("stopped")


def test_a_page_calls_the_routes_from_its_frame(lesson):
    frame = lesson.cell(PAGE).frame_locator("iframe")
    expect(frame.locator("#price")).to_have_text("A desk is 90")


def test_a_template_is_filled_in(lesson):
    frame = lesson.cell(TEMPLATE).frame_locator("iframe")
    expect(frame.locator("p")).to_have_text("Hello 1")


def test_the_inspector_shows_all_routes_and_the_log(lesson):
    table = lesson.card(TABLE)
    for path in ("/prices/[name]", "/slow", "/ticks", "/shop"):
        expect(table).to_contain_text(path)
    expect(table).to_contain_text("These routes run in your browser")
    table.get_by_role("tab", name="Log", exact=True).click()
    expect(table).to_contain_text("/prices/lamp?closed=1")


def test_the_guard_stands_by_a_handler_of_the_edge_and_no_other(lesson):
    assert "under the guard" in text_of(lesson, EDGE)
    assert "pip install" not in text_of(lesson, EDGE)
    assert text_of(lesson, GUARDED).count("✓") == 3


def test_what_a_browser_has_not_is_a_sentence(lesson):
    (error,) = outputs(lesson, ADDRESS)
    assert "have no address: send requests with Send or %%request" in error["evalue"]


def test_a_cell_that_runs_again_with_another_path_withdraws_the_first(lesson):
    lesson.write(SLOW, "%%route GET /quick\n'quick'")
    lesson.run(SLOW)
    expect(lesson.cell(SLOW)).to_contain_text("GET /slow withdrawn")
