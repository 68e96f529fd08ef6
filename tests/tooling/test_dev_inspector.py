"""The inspector of `notebook-routes dev`, the page at `/_routes/`, in a browser."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

HELLO = "def GET(name: str, loud: bool = False):\n    print('greets', name)\n    return {'hello': name, 'loud': loud}\n"


@pytest.fixture
def dev(run, tmp_path):
    file = tmp_path / "app/hello/[name]/route.py"
    file.parent.mkdir(parents=True)
    file.write_text(HELLO)
    program = run("notebook_routes.tooling.cli", "dev", str(tmp_path), "--port", "0")
    program.port = int(re.search(r":(\d+), and loaded", program.line())[1])
    program.page = re.search(r"http://\S+", program.line())[0]
    program.file = file
    return program


@pytest.fixture(params=["light", "dark"])
def opened(dev, browser, request):
    """The page, as a system with light or dark windows shows it."""
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1300, "height": 800})
    page = context.new_page()
    failed = []
    page.on("pageerror", lambda error: failed.append(error))  # noqa: PLW0108 - it marks what it calls
    page.goto(dev.page)
    yield page
    context.close()
    assert failed == []


def test_the_page_shows_the_routes_and_sends_requests(dev, opened):
    opened.get_by_role("button", name="/hello/[name]").click()
    assert "#" not in opened.url
    opened.get_by_label("loud").select_option("true")
    opened.get_by_role("button", name="Send", exact=True).click()
    answer = opened.locator(".nbi-answer")
    expect(answer.locator(".nbi-tree")).to_contain_text('hello: "1"')
    expect(answer.locator(".nbi-tree")).to_contain_text("loud: true")
    expect(opened.locator("tbody tr").first).to_contain_text("✓ 200")
    found = Axe().run(opened).response["violations"]
    assert [(each["id"], each["nodes"][0]["failureSummary"]) for each in found] == []
    # A request from elsewhere comes into the log.
    opened.get_by_role("tab", name="Log").click()
    assert dev.ask(target="/hello/ann")[0] == 200
    line = opened.locator("tbody tr").first
    expect(line).to_contain_text("/hello/ann")
    line.get_by_role("button").click()
    expect(opened.get_by_text("Answered by /hello/[name]")).to_be_visible()
    expect(opened.get_by_text("greets ann")).to_be_visible()
    # The page is loaded again: its tab is kept, and its token, which no address shows.
    opened.reload()
    expect(opened.get_by_role("tab", name="Log")).to_have_attribute("aria-selected", "true")
    expect(opened.locator("tbody tr").first).to_contain_text("/hello/ann")


def test_a_saved_file_changes_the_page(dev, opened):
    opened.get_by_role("button", name="/hello/[name]").click()
    opened.get_by_role("textbox", name="name").fill("typed")
    dev.file.write_text(HELLO.replace("loud: bool", "quiet: bool").replace("'loud': loud", "'quiet': quiet"))
    expect(opened.get_by_label("quiet")).to_be_visible()
    other = dev.file.parents[1] / "other/route.py"
    other.parent.mkdir()
    other.write_text("def POST(body):\n    return body\n")
    expect(opened.get_by_role("button", name="/other")).to_be_visible()
    other.unlink()
    expect(opened.get_by_role("button", name="/other")).to_have_count(0)
    opened.get_by_role("button", name="Send", exact=True).click()
    expect(opened.locator(".nbi-tree")).to_contain_text("quiet: false")


def test_when_it_has_ended_the_page_says_so(dev, opened):
    expect(opened.get_by_role("button", name="/hello/[name]")).to_be_visible()
    assert dev.stop()[1] == 0
    expect(opened).to_have_title("(away) Routes")
    expect(opened.locator(".nbi-state")).to_contain_text("notebook-routes dev has ended: start it again")


def test_without_the_token_it_shows_nothing_and_says_why(dev, page):
    page.goto(dev.page.partition("#")[0])
    expect(page.get_by_role("alert")).to_contain_text("open it by the link that %routes or notebook-routes dev shows")
    page.goto("about:blank")
    page.goto(dev.page.partition("#")[0] + "#guessed")
    expect(page.get_by_role("alert")).to_contain_text("The link is of another run of the server")
    expect(page.get_by_text("/hello")).to_have_count(0)
