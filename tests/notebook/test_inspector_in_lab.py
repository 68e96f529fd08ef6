"""The inspector in JupyterLab: `%routes` with its log, cache and cookies, and what the front end does around it."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

STREAM = (
    "import asyncio\ntry:\n    for n in range(100_000):\n        yield ServerSentEvent(f'tick {n}', event='tick')\n"
    "        await asyncio.sleep(0.01)\nfinally:\n    ended.append(n)"
)

TWO_METHODS = "%%route /loaded\ndef POST():\n    return 1\n\ndef PUT():\n    return 2"


def tab(place, name):
    place.get_by_role("tab", name=name, exact=True).click()


def ask(notebook, target, *, method="GET", place=0):
    """Send a request from outside of the notebook."""
    address = urlsplit(notebook.card(place).locator("a").first.get_attribute("href"))
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=20)
    connection.request(method, target)
    with connection.getresponse() as answer:
        body = answer.read()
    connection.close()
    return answer.status, body


# Streams


def test_a_stream_comes_live_and_stop_ends_its_handler(notebook):
    notebook.put_and_run("ended = []", f"%%route GET /ticks\n{STREAM}")
    answer = notebook.send(1)
    expect(answer.locator(".nbi-items")).to_contain_text("tick 20")
    expect(answer.locator(".nbi-items")).to_contain_text(re.compile(r"\+0\.\d\d\d s"))
    expect(answer.locator("strong")).to_have_text("✓ 200 OK")
    expect(answer.locator(".nbi-summary")).to_contain_text("items")
    notebook.card(1).get_by_role("button", name="Stop").click()
    expect(answer.locator(".nbi-summary")).to_contain_text("stopped")
    expect(answer.locator(".nbi-items")).to_contain_text("tick 20")
    notebook.put_and_run("import time\nwhile not ended: time.sleep(0.01)\nprint('ended')")
    assert notebook.text(0) == "ended\n"


def test_a_page_is_responsive_while_a_hundred_thousand_events_come(notebook):
    notebook.put_and_run(
        "%%route GET /flood\nasync def GET(n: int = 100_000):\n    for number in range(n):\n"
        "        yield ServerSentEvent(f'event {number}')".replace("%%route GET", "%%route"),
    )
    answer = notebook.send(0)
    expect(answer.locator(".nbi-items")).to_contain_text("event")
    card = notebook.card(0)
    # A click is answered while they come.
    took = card.evaluate(
        """async card => {
            const tab = [...card.querySelectorAll("[role=tab]")].find(tab => tab.textContent == "Config");
            const began = performance.now();
            await new Promise(done => setTimeout(done));
            tab.click();
            await new Promise(requestAnimationFrame);
            return performance.now() - began;
        }"""
    )
    assert took < 1000
    assert card.get_by_role("tab", name="Config").get_attribute("aria-selected") == "true"
    tab(card, "Try it")
    expect(answer.locator(".nbi-summary")).to_contain_text("100,000 items", timeout=60_000)
    assert answer.locator("tbody tr").count() <= 500
    expect(answer).to_contain_text("99,500 items are not shown")
    expect(answer.locator("tbody tr").last).to_contain_text("event 99999")


# All routes


@pytest.fixture
def whole(notebook):
    """`%routes` with three routes."""
    notebook.put_and_run(
        "%routes clear",
        "runs = []",
        "%%route GET /kept/[id] --revalidate 600 --tag shop\nruns.append(id)\nlen(runs)",
        "%%route POST /posted\nprint('posted', body)\n'did it'",
        "%%page /shown\n<h1>Shown</h1>",
        "%routes",
    )
    # A cell that runs again keeps its widget, and the tab that was chosen.
    tab(notebook.card(5), "Routes")
    yield notebook.card(5)
    notebook.page.set_viewport_size({"width": 1300, "height": 1000})


def test_the_table_can_be_filtered_and_shows_each_route(whole, notebook):
    rows = whole.locator("tbody tr")
    expect(rows).to_have_count(3)
    whole.get_by_label("Filter").fill("get kept")
    expect(rows).to_have_count(1)
    expect(whole.get_by_text("1 of 3 routes")).to_be_visible()
    whole.get_by_role("button", name="/kept/[id]").click()
    detail = whole.locator(".nbi-detail")
    expect(detail.locator(".nbi-head")).to_contain_text("/kept/[id]")
    for name, text in {
        "Source": "revalidate = 600",
        "Config": "600",
        "Matching": "/kept/[id]",
        "OpenAPI": '"/kept/{id}"',
    }.items():
        tab(detail, name)
        expect(detail.get_by_role("tabpanel")).to_contain_text(text)
    tab(detail, "Try it")
    detail.get_by_role("button", name="Send", exact=True).click()
    expect(detail.locator(".nbi-answer")).to_contain_text("cache miss, now kept")
    expect(rows.first).to_contain_text("1 kept")
    whole.get_by_role("button", name="Close this route").click()
    expect(detail).to_be_hidden()


def test_a_page_has_a_link_and_no_form(whole, notebook):
    whole.get_by_role("button", name="/shown").click()
    detail = whole.locator(".nbi-detail")
    expect(detail.get_by_role("tab").first).to_have_text("Page")
    address = detail.get_by_role("link", name="Open the page").get_attribute("href")
    assert ask(notebook, urlsplit(address).path, place=2)[1].startswith(b"<h1>Shown")
    expect(detail.get_by_role("button", name="Send", exact=True)).to_have_count(0)


def test_a_stream_that_broke_off_is_a_failure_in_all_tables(notebook):
    notebook.put_and_run(
        "%routes clear", "%%route GET /broken\nyield 'begun'\nraise ValueError('broke off')", "%routes"
    )
    expect(notebook.send(1)).to_contain_text("broke off")
    whole = notebook.card(2)
    tab(whole, "Routes")
    expect(whole.locator("tbody")).to_contain_text("✗ 1 failed")
    tab(whole, "Log")
    expect(whole.locator("tbody tr").first).to_contain_text("✗ 200")


def test_a_table_s_words_stay_whole_beside_long_texts(notebook):
    notebook.put_and_run(
        "%%route GET /rows\n[{'name': 'Lamp', 'about': 'word ' * 60, **{f'x{n}': n for n in range(30)}}]"
    )
    table = notebook.send(0).locator("table")
    cells = table.get_by_role("cell")
    expect(cells.first).to_have_text("Lamp")
    lines = "cell => cell.clientHeight / parseFloat(getComputedStyle(cell).lineHeight)"
    assert cells.nth(1).evaluate("cell => cell.clientWidth / parseFloat(getComputedStyle(cell).fontSize)") > 15
    assert cells.nth(0).evaluate("cell => cell.clientWidth / parseFloat(getComputedStyle(cell).fontSize)") > 2.5
    assert cells.nth(1).evaluate(lines) < 30


def test_requests_from_anywhere_come_into_the_log(whole, notebook):
    tab(whole, "Log")
    expect(whole.locator("tbody")).not_to_contain_text("/posted")
    assert ask(notebook, "/posted?a=1", method="POST", place=2)[0] == 200
    line = whole.locator("tbody tr").first
    expect(line).to_contain_text("/posted?a=1")
    expect(line).to_contain_text("✓ 200")
    line.get_by_role("button").click()
    expect(whole.locator("tbody tr").nth(1)).to_contain_text("Answered by /posted")
    expect(whole.locator("tbody tr").nth(1).locator("pre")).to_have_text("posted None\n")
    line.get_by_role("button").click()
    whole.get_by_label("Filter").fill("404")
    expect(whole.locator("tbody")).not_to_contain_text("/posted")
    assert ask(notebook, "/nothing", place=2)[0] == 404
    assert ask(notebook, "/kept/1", place=2)[0] == 200
    expect(whole.locator("tbody tr").first).to_contain_text("/nothing")
    expect(whole.locator("tbody")).not_to_contain_text("/kept")
    whole.get_by_label("Filter").fill("")
    expect(whole.locator("tbody tr").first).to_contain_text("/kept/1")
    whole.get_by_role("button", name="Pause").click()
    ask(notebook, "/kept/2", place=2)
    expect(whole.get_by_text("paused,")).to_be_visible()
    expect(whole.locator("tbody tr").first).to_contain_text("/kept/1")
    whole.get_by_role("button", name="Go on").click()
    expect(whole.locator("tbody tr").first).to_contain_text("/kept/2")


def test_what_is_kept_is_shown_and_made_anew(whole, notebook):
    tab(whole, "Cache")
    expect(whole).to_contain_text("Nothing is kept: --revalidate 60")
    assert [ask(notebook, "/kept/1", place=2)[1] for _ in range(2)] == [b"1", b"1"]
    line = whole.locator("tbody tr").first
    expect(line).to_contain_text("/kept/1")
    expect(line).to_contain_text("✓ fresh for 10 min")
    line.get_by_role("button", name="Revalidate /kept/1").click()
    expect(whole.get_by_text("1 entry will be made anew")).to_be_visible()
    expect(line).to_contain_text("Nothing is kept")
    assert ask(notebook, "/kept/1", place=2)[1] == b"2"
    expect(line).to_contain_text("✓ fresh")
    line.get_by_role("button", name="shop", exact=True).click()
    expect(line).to_contain_text("Nothing is kept")
    assert ask(notebook, "/kept/1", place=2)[1] == b"3"


def test_cookies_are_seen_and_forgotten(notebook):
    notebook.put_and_run(
        "%%route GET /login\nfrom notebook_routes import cookies\ncookies().set('who', 'ann', http_only=True)\n"
        "cookies().set('theme', 'dark')\n'in'",
        "%%route GET /who\ncookies().get('who').value if cookies().get('who') else 'nobody'",
        "%routes",
    )
    expect(notebook.send(0)).to_contain_text("in")
    expect(notebook.send(1)).to_contain_text("ann")
    whole = notebook.card(2)
    tab(whole, "Cookies")
    expect(whole.locator("tbody tr")).to_have_count(2)
    expect(whole.get_by_role("row", name="who")).to_contain_text("HttpOnly")
    whole.get_by_role("button", name="Forget who").click()
    expect(whole.locator("tbody tr")).to_have_count(1)
    expect(notebook.send(1)).to_contain_text("nobody")
    whole.get_by_role("button", name="Forget all").click()
    expect(whole).to_contain_text("No cookies")


def test_for_the_room_there_is_an_address_and_a_code(notebook):
    notebook.put_and_run("%routes start --port 0 --host 0.0.0.0", "%%route GET /room\n1", "%routes")
    for place in (1, 2):
        room = notebook.card(place).locator(".nbi-room")
        address = room.get_by_role("link").inner_text()
        code = room.get_by_role("img", name=f"QR code of {address}")
        expect(code).to_be_visible()
        # It is a picture, and not what stands for one that cannot be read.
        code.evaluate("image => image.decode()")
        assert urlsplit(address).hostname not in ("localhost", "127.0.0.1", "0.0.0.0")
    notebook.put_and_run("%routes start --port 0 --host 127.0.0.1", "%routes")
    expect(notebook.card(1).locator(".nbi-server")).to_be_visible()
    expect(notebook.card(1).locator(".nbi-room")).to_have_count(0)


def test_a_server_that_is_stopped_is_said_and_comes_back(notebook):
    notebook.put_and_run("%%route GET /stopped\n1", "%routes", "%routes stop")
    card, whole = notebook.card(0), notebook.card(1)
    expect(whole.locator(".nbi-server")).to_contain_text("%routes start")
    expect(card.locator(".nbi-path a")).to_have_count(0)
    expect(notebook.send(0).or_(card.get_by_role("alert"))).to_contain_text("%routes start")
    notebook.write(2, "%routes start --port 0")
    notebook.run(2)
    expect(card.locator(".nbi-path a")).to_have_count(1)
    expect(notebook.send(0)).to_contain_text("200 OK")


def test_on_a_page_of_its_own_it_says_when_the_server_is_away(notebook):
    notebook.put_and_run("%routes clear", "%%route GET /alone/[id]\n'answer ' + id", "%routes")
    with notebook.page.expect_popup() as opened:
        notebook.card(2).get_by_role("link", name="on a page of its own").click()
    page = opened.value
    page.get_by_role("button", name="/alone/[id]").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".nbi-answer")).to_contain_text("answer 1")
    assert "#" not in page.url
    port = urlsplit(page.url).port
    notebook.put_and_run("%routes stop")
    expect(page).to_have_title("(away) Routes")
    expect(page.locator(".nbi-state")).to_have_text("The server is away: this page goes on when it is back")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The server is away")
    notebook.put_and_run(f"%routes start --port {port}")
    expect(page).to_have_title("Routes", timeout=20_000)
    expect(page.locator(".nbi-state")).to_be_hidden()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".nbi-answer")).to_contain_text("answer 1")
    page.goto(f"http://localhost:{port}/_routes/#wrong")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("open the page by the newest one")
    page.close()


# Looks


@pytest.fixture
def dark(notebook):
    """Has JupyterLab's dark theme from its call on."""

    def change(theme="JupyterLab Dark"):
        notebook.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        light = str(theme == "JupyterLab Light").lower()
        expect(notebook.page.locator("body")).to_have_attribute("data-jp-theme-light", light)

    yield change
    change("JupyterLab Light")


def check_accessible(page):
    found = Axe().run(page, context={"include": [[".nbi"]]}).response["violations"]
    assert [(each["id"], node["html"][:300], node["failureSummary"]) for each in found for node in each["nodes"]] == []


def colours(element):
    return element.evaluate("element => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor]")


def test_both_themes_can_be_read(whole, notebook, dark):
    expect(notebook.send(3)).to_contain_text("200")
    expect(notebook.send(2)).to_contain_text("200")
    whole.get_by_role("button", name="/posted").click()
    expect(whole.locator(".nbi-detail .nbi-answer")).to_be_visible()
    light = colours(whole)
    check_accessible(notebook.page)
    dark()
    assert [a != b for a, b in zip(light, colours(whole), strict=True)] == [True, True]
    check_accessible(notebook.page)
    for name in ("Log", "Cache", "Cookies"):
        tab(whole, name)
        expect(whole.get_by_role("tabpanel", name=name)).to_be_visible()
        check_accessible(notebook.page)


def test_it_is_as_large_as_the_presenter_s_text(notebook):
    notebook.put_and_run("%%route GET /large/[id]\n[id]")
    expect(notebook.send(0)).to_contain_text("200")
    notebook.page.add_style_tag(content=":root { --jp-content-font-size1: 28px !important }")
    small = notebook.card(0).evaluate(
        """card => [...card.querySelectorAll("*")].filter(element => element.checkVisibility())
            .filter(element => parseFloat(getComputedStyle(element).fontSize) < 22).map(element => element.outerHTML)"""
    )
    notebook.page.evaluate("() => document.head.lastElementChild.remove()")
    assert small == []


@pytest.mark.parametrize("width", [420, 800, 1900])
def test_narrow_and_wide_nothing_is_cut_off(whole, notebook, width):
    notebook.page.set_viewport_size({"width": width, "height": 900})
    whole.get_by_role("button", name="/kept/[id]").click()
    detail = whole.locator(".nbi-detail")
    detail.get_by_role("button", name="Send", exact=True).click()
    expect(detail.locator(".nbi-answer")).to_contain_text("200")
    wider = whole.evaluate(
        """whole => [..."head actions tabs fields summary bar".split(" ")]
            .flatMap(name => [...whole.querySelectorAll(`.nbi-${name}`)])
            .filter(element => element.scrollWidth > element.clientWidth + 1).map(element => element.outerHTML)"""
    )
    assert wider == []
    # Words stay whole, however narrow their columns.
    tab(whole, "Cache")
    again = whole.get_by_role("button", name="Revalidate /kept/1")
    expect(again).to_be_visible()
    assert again.evaluate("button => button.clientHeight < 2 * parseFloat(getComputedStyle(button).lineHeight)")
    tab(whole, "Routes")
    close = whole.get_by_role("button", name="Close this route")
    close.scroll_into_view_if_needed()
    close.click()
    expect(detail).to_be_hidden()


def test_the_table_of_routes_needs_no_bar_to_scroll_sideways(notebook):
    notebook.put_and_run(
        "%routes clear",
        "%%route GET /shop/products/[category]/[id] --revalidate 3600 --tag products --tag stock\nid",
        "%%route GET /torn\n1 / 0",
        "%request GET /shop/products/lamps/1",
        "%request GET /torn",
        "%routes",
    )
    whole = notebook.card(5)
    tab(whole, "Routes")
    expect(whole.locator("tbody")).to_contain_text("✗ 1 failed")
    wider = whole.evaluate(
        """whole => {
            const list = whole.querySelector(".nbi-list");
            const needed = em => {
                whole.style.width = `${em}em`;
                return list.scrollWidth - list.clientWidth;
            };
            const found = [...Array(60)].map((_, at) => [26 + at, needed(26 + at)]).filter(([, more]) => more > 0);
            whole.style.width = "";
            return found;
        }"""
    )
    assert wider == []


def test_the_badges_of_all_methods_look_alike(notebook):
    notebook.put_and_run("%%route /badges\ndef GET():\n    return 1\n\ndef HEAD():\n    return None")
    badges = notebook.card(0).get_by_role("tablist", name="Methods").locator(".nbi-method")
    expect(badges).to_have_text(["GET", "HEAD"])
    assert badges.evaluate_all("all => all.map(each => getComputedStyle(each).display)") == ["inline-block"] * 2


def test_text_is_broken_between_words(notebook):
    notebook.put_and_run("%%route GET /words\n'word ' * 400")
    text = notebook.send(0).locator(".nbi-text")
    expect(text).to_contain_text("word word")
    # Of a word in two lines, the range has two boxes.
    torn = text.evaluate(
        """text => [...Array(400).keys()].filter(at => {
            const range = document.createRange();
            range.setStart(text.firstChild, at * 5);
            range.setEnd(text.firstChild, at * 5 + 4);
            return range.getClientRects().length > 1;
        })"""
    )
    assert torn == []


def test_by_keyboard_alone(notebook):
    notebook.put_and_run("ended = []", f"%%route GET /keys/[id]\n{STREAM}")
    page, card = notebook.page, notebook.card(1)
    expect(card.get_by_role("button", name="Send", exact=True)).to_be_visible()
    card.locator(".nbi-path a").focus()
    page.keyboard.press("Tab")
    expect(card.get_by_role("tab", name="Try it")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(card.get_by_role("tab", name="Source")).to_be_focused()
    expect(card.get_by_role("tabpanel")).to_contain_text("ServerSentEvent")
    page.keyboard.press("ArrowLeft")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(card.get_by_role("textbox", name="id")).to_be_focused()
    page.keyboard.type("ab")
    expect(card.get_by_role("textbox", name="id")).to_have_value("ab")
    page.keyboard.press("Control+Enter")
    expect(card.locator(".nbi-items")).to_contain_text("tick 5")
    page.keyboard.press("Escape")
    expect(card.locator(".nbi-summary")).to_contain_text("stopped")
    # Enter presses the button that has the focus, and edits no cell.
    card.get_by_role("button", name="Send", exact=True).focus()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("Escape")
    expect(card.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.locator(".jp-Notebook")).to_have_class(re.compile("jp-mod-commandMode"))
    assert page.locator(".jp-Notebook .jp-Cell").count() == 2


# The life of a notebook


def test_two_views_of_one_output(notebook):
    notebook.put_and_run("%%route GET /twice/[id]\nid")
    notebook.page.evaluate("() => { panel.content.activeCellIndex = 0 }")
    notebook.execute("notebook:create-output-view")
    other = notebook.page.locator(".jp-LinkedOutputView .nbi")
    expect(other.get_by_role("button", name="Send", exact=True)).to_be_visible()
    other.get_by_role("textbox", name="id").fill("7")
    notebook.card(0).get_by_role("textbox", name="id").fill("typing")
    other.get_by_role("button", name="Send", exact=True).click()
    expect(other.locator(".nbi-answer pre")).to_have_text("7")
    expect(notebook.card(0).locator(".nbi-answer pre")).to_have_text("7")
    expect(notebook.card(0).get_by_role("textbox", name="id")).to_have_value("typing")
    notebook.close_others()
    expect(other).to_have_count(0)


def test_what_was_sent_and_shown_is_there_when_the_page_is_loaded_again(notebook):
    notebook.put_and_run("%routes clear", "%%route GET /loaded/[id]\n'answer ' + id", "%routes", TWO_METHODS)
    tab(notebook.card(3), "PUT")
    tab(notebook.card(3), "Config")
    notebook.card(1).get_by_role("textbox", name="id").fill("42")
    expect(notebook.send(1)).to_contain_text("answer 42")
    tab(notebook.card(2), "Cookies")
    notebook.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    notebook.page.reload()
    notebook.wait()
    expect(notebook.card(1).locator(".nbi-answer")).to_contain_text("answer 42")
    expect(notebook.card(1).get_by_role("textbox", name="id")).to_have_value("42")
    expect(notebook.card(2).get_by_role("tab", selected=True)).to_have_text("Cookies")
    expect(notebook.card(3).get_by_role("tab", selected=True)).to_have_text(["PUT", "Config"])
    expect(notebook.send(1)).to_contain_text("answer 42")
    expect(notebook.card(1).get_by_text("History 2")).to_be_visible()


def test_a_stream_that_still_comes_when_the_page_is_loaded_again_can_be_stopped(notebook):
    notebook.put_and_run("ended = []", f"%%route GET /going\n{STREAM}", "1")
    expect(notebook.send(1)).to_contain_text("tick 20")
    notebook.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    notebook.page.reload()
    notebook.wait()
    answer = notebook.card(1).locator(".nbi-answer")
    stop = answer.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    count = "rows => rows.map(row => row.innerText.match(/tick (\\d+)/)[1])"
    before = answer.locator("tbody tr").last.inner_text()
    expect(answer.locator("tbody tr").last).not_to_have_text(before)
    shown = answer.locator("tbody tr").evaluate_all(count)
    assert shown == [str(int(shown[0]) + at) for at in range(len(shown))]
    stop.click()
    expect(answer.locator(".nbi-summary")).to_contain_text("stopped")
    notebook.put_and_run("import time\nwhile not ended: time.sleep(0.01)\nprint('ended')")
    assert notebook.text(0) == "ended\n"


def test_a_saved_notebook_without_a_kernel_is_readable(notebook, lab):
    notebook.put_and_run("%routes clear", "%%route GET /saved/[id]\nid", "%routes")
    expect(notebook.card(2)).to_be_visible()
    # What a person would see of the HTML below the widget: nothing.
    expect(notebook.cell(1).locator(".nbr-static")).to_be_hidden()
    notebook.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    (written,) = [file for file in lab.work.glob("*.ipynb") if "/saved/[id]" in file.read_text()]
    (lab.work / "alone.ipynb").write_text(written.read_text())
    kernel = {"shouldStart": False, "canStart": False, "autoStartDefault": False}
    notebook.execute("docmanager:open", path="alone.ipynb", factory="Notebook", kernel=kernel)
    alone = notebook.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").last.locator(".jp-Cell")
    expect(alone).to_have_count(3)
    for place in (1, 2):
        expect(alone.nth(place).locator(".nbr-static")).to_contain_text("/saved/[id]")
        expect(alone.nth(place).locator(".nbr-static")).to_be_visible()
    expect(notebook.page.get_by_text("Error displaying widget").locator("visible=true")).to_have_count(0)
    notebook.close_others()


def test_a_restarted_kernel_is_said_and_the_cell_works_again(notebook):
    notebook.put_and_run("%%route GET /restarted\n1")
    expect(notebook.card(0)).to_be_visible()
    notebook.restart()
    expect(notebook.card(0)).to_contain_text("The kernel is gone or was restarted: run %load_ext notebook_routes, then")
    notebook.card(0).get_by_role("button", name="Send", exact=True).click()
    expect(notebook.card(0).get_by_role("alert")).to_contain_text("then this cell again")
    notebook.put_and_run("%load_ext notebook_routes", "%%route GET /restarted\n2")
    expect(notebook.send(1)).to_contain_text("2")
    expect(notebook.card(1)).not_to_contain_text("then this cell again")
    # JupyterLab's own, of what waits for a kernel that ends, or reads of its session when it has ended.
    own = ("Disposed", "Cannot read properties of null (reading 'kernel')")
    notebook.failures[:] = [failed for failed in notebook.failures if failed.message not in own]
