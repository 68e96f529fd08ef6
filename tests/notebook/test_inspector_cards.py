"""The card under a `%%route` cell, in JupyterLab."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect


def tab(card, name):
    card.get_by_role("tab", name=name).click()


def field(card, name):
    """A field by its name, behind which there may be its type."""
    return card.get_by_role("textbox", name=re.compile(rf"^{name}( |$)"))


def url(card):
    """The address that the card's link leads to."""
    return card.locator(".nbi-path a").get_attribute("href")


def test_send_and_see(notebook):
    notebook.put_and_run(
        "lamps = {'1': {'name': 'Lamp', 'price': 30}}",
        "%%route GET /lamps/[id]\nprint('looked up', id)\nlamps.get(id) or not_found()",
    )
    card = notebook.card(1)
    expect(card.locator(".nbi-head")).to_contain_text("/lamps/[id]")
    answer = notebook.send(1)
    expect(answer.locator(".nbi-summary")).to_contain_text("✓ 200 OK")
    expect(answer.locator(".nbi-summary")).to_contain_text("application/json")
    expect(answer.locator(".nbi-tree")).to_contain_text('name: "Lamp"')
    tab(answer, "Printed")
    expect(answer.locator("pre")).to_have_text("looked up 1\n")
    tab(answer, "Headers")
    expect(answer.locator("table")).to_contain_text("content-length")
    expect(card.locator(".nbi-use")).to_contain_text("1 asked")

    field(card, "id").fill("2")
    notebook.send(1)
    expect(answer.locator(".nbi-summary")).to_contain_text("! 404 Not Found")


def test_an_answer_takes_the_form_that_its_type_asks_for(notebook):
    notebook.put_and_run(
        "%%route GET /form/rows\n[{'name': 'Lamp', 'price': 30}, {'name': 'Desk', 'price': 300}]",
        "%%route GET /form/page\nfrom notebook_routes import Response\n"
        "Response('<h1>Shop</h1>', headers={'content-type': 'text/html'})",
        "%%route GET /form/none\nNone",
        "%%route GET /form/picture\nimport matplotlib.pyplot as plt\nfrom matplotlib.figure import Figure\nFigure()",
        "%%route GET /form/bytes\nbytes(range(32))",
        "%%route GET /form/moved\nredirect('/form/page')",
    )
    rows = notebook.send(0)
    expect(rows.get_by_role("columnheader")).to_have_text(["name", "price"])
    expect(rows.get_by_role("row")).to_have_count(3)
    rows.get_by_label("Raw").check()
    expect(rows.locator("pre")).to_contain_text('[{"name":"Lamp","price":30}')
    page = notebook.send(1)
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Shop")
    expect(notebook.send(2)).to_contain_text("The answer has no body")
    picture = notebook.send(3).get_by_role("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    expect(notebook.send(4)).to_contain_text("00 01 02 03")
    expect(notebook.send(5).locator(".nbi-summary")).to_contain_text("to /form/page")


def test_numbers_stand_as_they_were_written(notebook):
    notebook.put_and_run(
        "%%route GET /exact\n{'id': 12345678901234567890, 'price': 3.0, 'few': [1.0, 2]}",
        "%%route GET /exact/rows\n[{'id': 9007199254740993, 'none': None}]",
        "%%route POST /exact\nbody",
    )
    tree = notebook.send(0).locator(".nbi-tree")
    expect(tree).to_contain_text("id: 12345678901234567890")
    expect(tree).to_contain_text("price: 3.0")
    expect(tree).to_contain_text("0: 1.0")
    expect(notebook.send(1).get_by_role("cell")).to_have_text(["9007199254740993", "null"])
    card = notebook.card(2)
    field(card, "Body").fill('{"id":12345678901234567890,"price":3.0}')
    card.get_by_role("button", name="Format").click()
    expect(field(card, "Body")).to_have_value('{\n  "id": 12345678901234567890,\n  "price": 3.0\n}')


def test_what_does_not_fit_is_named_at_once(notebook):
    notebook.put_and_run("%%route GET /fits/[id] id:int\nid")
    field(notebook.card(0), "id").fill("abc")
    answer = notebook.send(0)
    expect(answer.locator("strong")).to_contain_text("422")
    expect(answer.get_by_text("should be a valid integer")).to_be_visible()


def test_an_error_is_shown_with_the_line_of_the_cell(notebook):
    notebook.put_and_run("%%route GET /broken/[id]\nprice = 10\nprice / int(id)")
    field(notebook.card(0), "id").fill("0")
    answer = notebook.send(0)
    expect(answer.locator(".nbi-summary")).to_contain_text("✗ 500")
    expect(answer.get_by_role("tab", selected=True)).to_have_text("Traceback")
    expect(answer.locator("pre")).to_contain_text("line 3")
    expect(answer.locator("pre")).to_contain_text("price / int(id)")
    expect(answer.locator("pre")).to_contain_text("ZeroDivisionError")
    expect(notebook.card(0).locator(".nbi-head")).to_contain_text("✗ 1 failed")


def test_edit_run_again_and_send_again(notebook):
    notebook.put_and_run("%%route GET /edited/[id]\n'first'")
    card = notebook.card(0)
    expect(card.locator(".nbi-head")).to_contain_text("new")
    expect(notebook.send(0)).to_contain_text("first")
    field(card, "id").fill("7")
    expect(notebook.send(0).get_by_role("tab", name="Body")).to_be_visible()
    notebook.write(0, "%%route GET /edited/[id]\n'second ' + id")
    notebook.run(0)
    expect(card).to_have_count(1)
    expect(card.locator(".nbi-head")).to_contain_text("updated")
    # The last values are there again.
    expect(field(card, "id")).to_have_value("7")
    expect(notebook.send(0)).to_contain_text("second 7")


def test_a_path_that_is_renamed_has_a_new_card(notebook):
    notebook.put_and_run("%%route GET /named\n1")
    notebook.write(0, "%%route GET /renamed\n2")
    notebook.run(0)
    expect(notebook.card(0).locator(".nbi-path")).to_have_text("/renamed")
    expect(notebook.send(0)).to_contain_text("2")


def test_a_withdrawn_route_is_struck_out(notebook):
    notebook.put_and_run("%%route GET /withdrawn\n1", "%routes remove GET /withdrawn")
    expect(notebook.card(0).locator(".nbi-head")).to_contain_text("! withdrawn")
    expect(notebook.send(0)).to_contain_text("404")
    notebook.run(0)
    expect(notebook.card(0).locator(".nbi-head")).not_to_contain_text("! withdrawn")
    expect(notebook.send(0)).to_contain_text("200")


def test_a_cell_with_several_methods_has_a_tab_for_each(notebook):
    notebook.put_and_run(
        "%%route /orders\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Order:\n    product: str\n    count: int = 1\n"
        "def GET():\n    return []\ndef POST(body: Order):\n    return {'ordered': body.product, 'count': body.count}"
    )
    card = notebook.card(0)
    methods = card.get_by_role("tablist", name="Methods").get_by_role("tab")
    expect(methods).to_have_text(["GET", "POST"])
    methods.nth(1).click()
    body = field(card, "Body")
    assert set(json.loads(body.input_value())) == {"product", "count"}
    body.fill('{"product": "lamp", "count": 3}')
    expect(notebook.send(0).locator(".nbi-tree")).to_contain_text('ordered: "lamp"')
    # What has been typed in stays while something else is looked at.
    body.fill('{"product": "desk"}')
    tab(card, "Source")
    expect(card.locator("pre.nbi-text")).to_contain_text("class Order")
    tab(card, "Try it")
    methods.nth(0).click()
    methods.nth(1).click()
    expect(field(card, "Body")).to_have_value('{"product": "desk"}')
    body.fill('{"count": "many"}')
    expect(notebook.send(0).locator(".nbi-summary")).to_contain_text("422")


def test_declared_values_have_fields(notebook):
    notebook.put_and_run(
        "%%route GET /search\nfrom typing import Annotated, Literal\nfrom notebook_routes import Header, CookieParam\n"
        "def GET(page: int = 1, order: Literal['name', 'price'] = 'name', tag: list[str] = (), flag: bool = False,\n"
        "        agent: Annotated[str, Header()] = '', who: Annotated[str, CookieParam()] = ''):\n"
        "    return [page, order, tag, flag, agent, who]".replace("%%route GET /search", "%%route /search")
    )
    card = notebook.card(0)
    field(card, "page").fill("2")
    card.get_by_label("order").select_option("price")
    field(card, "tag").fill("a b, ä&c")
    card.get_by_label("flag").select_option("true")
    field(card, "agent").fill("me")
    field(card, "who").fill("ann")
    answer = notebook.send(0)
    answer.get_by_label("Raw").check()
    expect(answer.locator("pre")).to_have_text('[2,"price",["a b","ä&c"],true,"me","ann"]')
    # Whatever is not declared can be added.
    card.get_by_role("button", name="+ query, header, cookie").click()
    field(card, "name").fill("page")
    field(card, "value").fill("3")
    expect(notebook.send(0).locator(".nbi-summary")).to_contain_text("4")


def test_a_missing_segment_is_asked_for(notebook):
    notebook.put_and_run("%%route GET /asked/[id]\nid")
    field(notebook.card(0), "id").fill("")
    notebook.card(0).get_by_role("button", name="Send", exact=True).click()
    expect(notebook.card(0).get_by_role("alert")).to_have_text("The path needs a value for id")
    expect(field(notebook.card(0), "id")).to_be_focused()


def test_files_are_sent(notebook):
    notebook.put_and_run(
        "%%route /upload\nfrom notebook_routes import File, Form\nfrom typing import Annotated\n"
        "async def POST(photo: File, title: Annotated[str, Form()] = ''):\n"
        "    return [title, photo.name, photo.type, len(await photo.bytes())]"
    )
    card = notebook.card(0)
    field(card, "title").fill("A lamp")
    card.get_by_label("photo").set_input_files({"name": "lamp ä.png", "mimeType": "image/png", "buffer": bytes(70_000)})
    answer = notebook.send(0)
    answer.get_by_label("Raw").check()
    expect(answer.locator("pre")).to_have_text('["A lamp","lamp ä.png","image/png",70000]')
    # Kept in part only, it cannot be sent again; a file that is small can.
    card.get_by_label("photo").set_input_files({"name": "small.txt", "mimeType": "text/plain", "buffer": b"abc"})
    notebook.send(0)
    # The answer before stays until the new one is there.
    expect(answer).to_contain_text("small.txt")
    answer.get_by_label("Raw").check()
    expect(answer.locator("pre")).to_contain_text('"text/plain",3]')
    card.get_by_text("History 2").click()
    resend = card.get_by_role("button", name="Resend")
    expect(resend.nth(1)).to_be_disabled()
    resend.nth(0).click()
    expect(card.get_by_text("History 3")).to_be_visible()


def test_the_history_holds_twenty(notebook):
    notebook.put_and_run("%%route GET /counted/[id]\nid")
    card = notebook.card(0)
    for number in range(22):
        field(card, "id").fill(f"n{number}")
        notebook.send(0)
        expect(card.locator(".nbi-answer pre")).to_have_text(f"n{number}")
    card.get_by_text("History 20").click()
    lines = card.locator(".nbi-history li")
    expect(lines).to_have_count(20)
    expect(lines.nth(0)).to_contain_text("/counted/n21")
    lines.nth(4).get_by_role("button", name="/counted/n17").click()
    expect(field(card, "id")).to_have_value("n17")
    expect(card.locator(".nbi-answer pre")).to_have_text("n17")
    lines.nth(9).get_by_role("button", name="Resend").click()
    expect(card.locator(".nbi-answer pre")).to_have_text("n12")
    expect(lines.nth(0)).to_contain_text("/counted/n12")


def test_what_was_sent_comes_back_into_the_form_whatever_it_is(notebook):
    notebook.put_and_run("%%route GET /back loud:bool=False tag:list[str]=None\n[loud, tag]")
    card = notebook.card(0)
    for place, (name, value) in enumerate([("tag", "a,b"), ("tag", "c"), ("loud", "maybe")]):
        card.get_by_role("button", name="+ query, header, cookie").click()
        card.get_by_label("name", exact=True).nth(place).fill(name)
        card.get_by_label("value", exact=True).nth(place).fill(value)
    expect(notebook.send(0)).to_contain_text("422")
    notebook.run(0)
    card.get_by_role("button", name="Remove").last.click()
    expect(notebook.send(0)).to_contain_text("200")
    card.get_by_text("History 2").click()
    card.locator("li").nth(1).get_by_role("button").first.click()
    expect(notebook.send(0)).to_contain_text("422")
    targets = card.locator("li button:first-child")
    expect(targets.first).to_contain_text("/back?tag=a%2Cb&tag=c&loud=maybe")


ODD = 'it\'s "quoted" \\ {{1 + 1}} \\{{x}} $HOME `id` %x ä\n# no comment\n?? 1 == 2\n### end\n\\# more\n'


@pytest.fixture
def echoing(notebook, request):
    """A card with a request that is hard to quote, and what it is answered."""
    # Of a path of its own: the last values of another would be in its fields.
    notebook.put_and_run(
        f"%%route /{request.node.name}/[name]\nasync def POST(request, name, q: str = ''):\n"
        "    return [name, q, request.headers.get('x-mine'), request.headers.get('content-type'), await request.text()]"
    )
    card = notebook.card(0)
    field(card, "name").fill("a'b c{}[1]/..")
    field(card, "q").fill("1'2\"&{{x}}")
    card.get_by_role("button", name="+ query, header, cookie").click()
    card.get_by_label("kind", exact=True).select_option("header")
    field(card, "name").nth(1).fill("x-mine")
    field(card, "value").fill("it's {{mine}}")
    card.get_by_label("Kind of body").select_option("text/plain")
    field(card, "Body").fill(ODD)
    answer = notebook.send(0)
    answer.get_by_label("Raw").check()
    said = json.loads(answer.locator("pre").inner_text())
    assert said == ["a'b c{}[1]/..", "1'2\"&{{x}}", "it's {{mine}}", "text/plain", ODD]
    return card, said


def copied(notebook, card, name):
    card.get_by_role("button", name=name, exact=True).click()
    expect(card.get_by_role("alert")).to_have_text("Copied")
    return notebook.page.evaluate("() => navigator.clipboard.readText()")


def test_copied_as_curl_it_gives_the_same_answer(notebook, echoing):
    card, said = echoing
    command = copied(notebook, card, "curl")
    done = subprocess.run(
        ["bash", "-c", f"{command} --silent --noproxy '*'"], capture_output=True, check=True, timeout=30
    )
    assert json.loads(done.stdout) == said


@pytest.fixture
def guarded(notebook):
    """The server asks for a token."""
    notebook.put_and_run("%routes start --port 0 --token s3cret")
    yield notebook
    notebook.put_and_run("%routes stop", "%routes start --port 0")


def test_copied_it_brings_the_token_of_the_server(guarded):
    notebook = guarded
    notebook.put_and_run(
        "1",
        "%%route GET /guarded\n'let in'",
        "%%route GET /guarded-too\nrequest.headers.get('authorization')",
    )
    command = copied(notebook, notebook.card(1), "curl")
    done = subprocess.run(
        ["bash", "-c", f"{command} --silent --noproxy '*'"], capture_output=True, check=True, timeout=30
    )
    assert done.stdout == b"let in"
    assert '["authorization","Bearer s3cret"]' in copied(notebook, notebook.card(1), "fetch")
    assert copied(notebook, notebook.card(1), "cell") == "%%request GET /guarded"
    # One that was written stays.
    card = notebook.card(2)
    card.get_by_role("button", name="+ query, header, cookie").click()
    card.get_by_label("kind", exact=True).select_option("header")
    field(card, "name").fill("Authorization")
    field(card, "value").fill("Basic eA==")
    assert "s3cret" not in copied(notebook, card, "curl")


def test_copied_as_a_cell_it_gives_the_same_answer(notebook, echoing):
    card, said = echoing
    text = copied(notebook, card, "cell")
    assert text.startswith("%%request POST /test_copied_as_a_cell")
    notebook.put_and_run(text.replace("\n", " as echoed\n", 1), "print(__import__('json').dumps(echoed.json()))")
    assert json.loads(notebook.text(1)) == said


def test_copied_as_fetch_it_gives_the_same_answer(notebook, echoing):
    card, said = echoing
    text = copied(notebook, card, "fetch")
    address = urlsplit(text[text.index("http") : text.index('"', text.index("http"))])
    page = notebook.page.context.new_page()
    page.goto(f"{address.scheme}://{address.netloc}/nothing")
    assert page.evaluate(f"async () => (({text.replace('await fetch', 'await fetch', 1)})).json()") == said
    page.close()


def test_copied_as_fetch_a_form_is_made(notebook):
    notebook.put_and_run(
        "%%route /formed\nfrom notebook_routes import File, Form\nfrom typing import Annotated\n"
        "async def POST(photo: File, title: Annotated[str, Form()] = ''):\n    return [title, photo.name]",
    )
    card = notebook.card(0)
    field(card, "title").fill('A "lamp"')
    card.get_by_label("photo required").set_input_files({"name": "lamp.png", "mimeType": "image/png", "buffer": b"1"})
    text = copied(notebook, card, "fetch")
    address = urlsplit(text[text.index("http") : text.index('"', text.index("http"))])
    page = notebook.page.context.new_page()
    page.goto(f"{address.scheme}://{address.netloc}/nothing")
    program = text.replace("await fetch", "return (await fetch", 1).rstrip(";\n") + ").json()"
    assert page.evaluate(f"async () => {{ const file = new File(['1'], 'x'); {program} }}") == ['A "lamp"', "lamp.png"]
    page.close()


def test_where_the_clipboard_is_closed_the_text_can_be_taken(notebook):
    notebook.put_and_run("%%route GET /taken\n1")
    notebook.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    card = notebook.card(0)
    card.get_by_role("button", name="cell", exact=True).click()
    expect(card.get_by_label("Copy this text")).to_have_value("%%request GET /taken")
    expect(card.get_by_label("Copy this text")).to_be_focused()


def test_from_the_browser_cors_is_what_it_is(notebook, lab):
    notebook.put_and_run("%%route GET /theirs\n{'from': 'python'}")
    card = notebook.card(0)
    card.get_by_label("From where it is sent").select_option("from this browser")
    origin = lab.url.rstrip("/")
    expect(notebook.send(0)).to_contain_text(f"write --cors {origin} on the route's magic line")
    notebook.write(0, f"%%route GET /theirs --cors {origin}\n{{'from': 'python'}}")
    notebook.run(0)
    card.get_by_label("From where it is sent").select_option("from this browser")
    answer = notebook.send(0)
    expect(answer.locator(".nbi-tree")).to_contain_text('from: "python"')
    expect(answer.locator(".nbi-summary")).to_contain_text("from the browser")


def test_from_the_browser_a_stream_comes_live_and_is_stopped(notebook, lab):
    notebook.put_and_run(
        "ended = []",
        f"%%route GET /live --cors {lab.url.rstrip('/')}\nimport asyncio\n"
        "try:\n    for n in range(100_000):\n"
        "        yield ServerSentEvent(f'tick {n}')\n        await asyncio.sleep(0.01)\n"
        "finally:\n    ended.append(n)",
    )
    card = notebook.card(1)
    card.get_by_label("From where it is sent").select_option("from this browser")
    answer = notebook.send(1)
    expect(answer.locator(".nbi-items")).to_contain_text("tick 20")
    card.get_by_role("button", name="Stop").click()
    expect(answer.locator(".nbi-summary")).to_contain_text("stopped")
    notebook.put_and_run("import time\nwhile not ended: time.sleep(0.01)\nprint('ended')")
    assert notebook.text(0) == "ended\n"


def test_the_port_that_the_card_names_is_the_server_s(notebook):
    """Its address follows the server, and requests from outside are counted while nothing is run."""
    notebook.put_and_run("%%route GET /counted-outside\n1")
    card = notebook.card(0)
    before = urlsplit(url(card)).port
    notebook.put_and_run("%%route GET /counted-outside\n1", "%routes start --port 0")
    expect(card.locator(".nbi-path a")).not_to_have_attribute("href", f"http://localhost:{before}/counted-outside")
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url(card)).port, timeout=20)
    connection.request("GET", "/counted-outside")
    assert connection.getresponse().read() == b"1"
    connection.close()
    expect(card.locator(".nbi-use")).to_contain_text("1 asked")
