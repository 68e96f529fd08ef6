"""What the page makes of what is large, odd or hostile: it is shown plainly, nothing hangs, and nothing runs."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import expect

HOSTILE = (
    "<script>top.ran = 1; parent.ran = 1; fetch('EVIL')</script><img src=EVIL onerror='top.ran = 2'>"
    "<svg xmlns='http://www.w3.org/2000/svg' onload='top.ran = 3'><script>top.ran = 4</script></svg>"
    "<a href='javascript:top.ran = 5'>go</a><form action=EVIL><button>go</button></form>"
)


class Evil(ThreadingHTTPServer):
    """A server that notes what it is asked for: the page is not told of all that a frame asks for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Noted)
        self.asked = []


class _Noted(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hostile(notebook):
    """A text that does harm where it can; in the end nothing of it has run, and nothing that it names was asked for."""
    with Evil() as evil:
        Thread(target=evil.serve_forever, args=(0.05,)).start()
        notebook.page.evaluate("() => { window.ran = 0 }")
        yield HOSTILE.replace("EVIL", f"http://127.0.0.1:{evil.server_port}/evil")
        evil.shutdown()
        assert notebook.page.evaluate("() => window.ran") == 0
        assert evil.asked == []


def raw(answer):
    answer.get_by_label("Raw").or_(answer.get_by_label("Source")).check()
    return answer.locator("pre")


@pytest.mark.parametrize("media", ["text/html", "image/svg+xml", "text/plain", "application/xhtml+xml"])
def test_no_script_of_an_answer_runs(notebook, hostile, media):
    notebook.put_and_run(
        f"%%route GET /hostile\nfrom notebook_routes import Response\n"
        f"print('''{hostile}''')\n"
        f"Response('''{hostile}''', headers={{'content-type': {media!r}, 'x-mine': '<b>bold</b>'}})"
    )
    answer = notebook.send(0)
    expect(answer.locator(".nbi-summary")).to_contain_text("200 OK")
    frame = answer.locator("iframe")
    if frame.count():
        assert frame.get_attribute("sandbox") == ""
        answer.frame_locator("iframe").get_by_text("go").first.click()
    for name, text in {"Printed": "<script>", "Headers": "<b>bold</b>"}.items():
        answer.get_by_role("tab", name=name).click()
        expect(answer.get_by_role("tabpanel")).to_contain_text(text)


def test_nor_one_of_a_name_or_a_stream(notebook, hostile):
    notebook.put_and_run(
        f"%%route /named\nasync def GET():\n"
        f"    yield ServerSentEvent('''{hostile}''', event='<b>e</b>', id='<i>1</i>')\n"
        f"    raise ValueError('''{hostile}''')",
        f"%%route GET /rows\n[{{'''{hostile}''': '''{hostile}'''}}]",
    )
    answer = notebook.send(0)
    expect(answer).to_contain_text("ValueError")
    answer.get_by_role("tab", name="Body").click()
    expect(answer.locator(".nbi-items")).to_contain_text("<b>e</b>")
    rows = notebook.send(1)
    expect(rows.get_by_role("columnheader")).to_contain_text("<script>")


def test_a_large_body_is_shown_in_part(notebook):
    notebook.put_and_run("%%route GET /large\n'x' * 50_000_000", "%%route GET /large-bytes\nbytes(50_000_000)")
    answer = notebook.send(0)
    expect(answer).to_contain_text("The body has 50.0 MB: this is its beginning", timeout=30_000)
    assert len(answer.locator("pre").inner_text()) <= 300_000
    expect(notebook.send(1)).to_contain_text("50,000,000 bytes", timeout=30_000)


def test_bytes_that_are_no_text_are_seen(notebook):
    notebook.put_and_run(
        "%%route GET /latin\nfrom notebook_routes import Response\n"
        "Response(b'caf\\xe9 \\xff\\xfe \\xf0\\x9f', headers={'content-type': 'text/plain; charset=utf-8'})",
        "%%route GET /broken-json\nResponse(b'{\"a\": \\xff', headers={'content-type': 'application/json'})",
        "%%route GET /broken-picture\nResponse(b'no picture', headers={'content-type': 'image/png'})",
        "%%route GET /odd\nResponse('odd', headers={'x-odd': 'caf\\xe9 \\x7f\\t\\xff', 'content-type': 'nonsense'})",
    )
    expect(notebook.send(0).locator("pre")).to_contain_text("caf� ��")
    expect(notebook.send(1).locator("pre")).to_contain_text('{"a": �')
    expect(notebook.send(2).get_by_role("img")).to_have_attribute("alt", "The answer, an image")
    odd = notebook.send(3)
    expect(odd).to_contain_text(re.compile("200|500"))


def test_json_that_is_a_hundred_thousand_levels_deep(notebook):
    notebook.put_and_run(
        "from notebook_routes import Response\ndeep = '[' * 100_000 + ']' * 100_000",
        "%%route GET /deep\nResponse(deep, headers={'content-type': 'application/json'})",
        "%%route GET /deep-rows\nResponse('[{\"a\":' + deep + '}]', headers={'content-type': 'application/json'})",
    )
    answer = notebook.send(1)
    expect(answer.locator(".nbi-tree")).to_contain_text("[ 1 ]")
    # As deep as somebody opens it.
    for level in range(1, 4):
        answer.locator("summary").nth(level).click()
        expect(answer.locator("summary").nth(level)).to_be_visible()
    assert raw(answer).inner_text().startswith("[[[[")
    rows = notebook.send(2)
    expect(rows.get_by_role("columnheader")).to_have_text(["a"])
    rows.get_by_label("Tree").check()
    expect(rows.locator(".nbi-tree")).to_contain_text("[ 1 ]")


def test_a_plain_def_can_only_be_abandoned_and_that_is_said(notebook):
    notebook.put_and_run(
        "import threading\ngate = threading.Event()",
        "%%route GET /stuck\ngate.wait()\n'late'",
        "%%route GET /pieces\nfor n in range(10_000):\n    yield f'piece {n} '\n    gate.wait(0.01)",
    )
    card = notebook.card(1)
    notebook.send(1)
    card.get_by_role("button", name="Stop").click()
    expect(card.get_by_role("alert")).to_contain_text("GET /stuck is a plain def: it cannot be stopped")
    expect(card.locator(".nbi-answer")).to_contain_text("The handler runs on to its end, and its answer is thrown away")
    answer = notebook.send(2)
    expect(answer).to_contain_text("piece 3")
    notebook.card(2).get_by_role("button", name="Stop").click()
    expect(notebook.card(2).get_by_role("alert")).to_contain_text("it stops at its next yield")
    notebook.put_and_run("gate.set()")


def test_a_handler_that_never_answers_can_be_stopped(notebook):
    notebook.put_and_run("%%route GET /never\nimport asyncio\nawait asyncio.Event().wait()")
    answer = notebook.send(0)
    expect(answer).to_contain_text("waiting for the answer")
    notebook.card(0).get_by_role("button", name="Stop").click()
    expect(answer).to_contain_text("no answer")
    expect(answer).to_contain_text("stopped")


def test_a_server_that_stops_meanwhile_is_said(notebook):
    notebook.put_and_run(
        "%%route GET /meanwhile\nimport asyncio\n"
        "for n in range(10_000):\n    yield f'{n} '\n    await asyncio.sleep(0.01)",
        "%routes stop",
    )
    notebook.write(1, "%routes start --port 0")
    notebook.run(1)
    answer = notebook.send(0)
    expect(answer.locator(".nbi-items")).to_contain_text("20 ")
    notebook.write(1, "%routes stop")
    notebook.run(1)
    expect(answer).to_contain_text("broke off after")
    notebook.write(1, "%routes start --port 0")
    notebook.run(1)
    notebook.send(0)
    expect(notebook.card(0).get_by_role("button", name="Stop")).to_be_visible()
    notebook.card(0).get_by_role("button", name="Stop").click()


MALFORMED = [
    None,
    1,
    "text",
    [],
    {},
    {"do": 1, "id": 1},
    {"do": "nothing", "id": 2},
    {"do": "send", "id": {}},
    {"do": "send", "id": 3, "run": "x", "method": "GET /\r\nX: 1", "target": "/bad", "path": "/bad", "headers": []},
    {"do": "send", "id": 4, "run": "x", "method": "GET", "target": "/a\r\nX-B: 1", "path": "/bad", "headers": []},
    {"do": "open", "id": 5, "route": {"path": {"a": []}}},
    {"do": "detail", "id": 6, "method": "__class__", "path": "__import__('os')"},
    {"do": "revalidate", "id": 7, "what": ["x"]},
]


def test_malformed_messages_are_answered_and_have_no_effect(notebook):
    notebook.put_and_run("%%route GET /sane\n1", "%routes")
    expect(notebook.send(0)).to_contain_text("200")
    errors = notebook.page.evaluate(
        """async messages => {
            const kernel = panel.sessionContext.session.kernel;
            const manager = kernel._comms ?? new Map();
            const heard = [];
            // Those of the newest widgets.
            for (const comm of [...manager.values()].slice(-4)) {
                const before = comm.onMsg;
                comm.onMsg = message => {
                    const said = message.content.data?.content;
                    if (said?.error) heard.push(said.error);
                    return before?.(message);
                };
                for (const content of messages) comm.send({method: "custom", content});
                comm.send({method: "nothing"});
                comm.send("no object");
            }
            while (heard.length < messages.length) await new Promise(done => setTimeout(done, 20));
            return heard;
        }""",
        MALFORMED,
    )
    assert any(error.startswith("a message is an object") for error in errors)
    assert any(error.startswith("do is one of") for error in errors)
    expect(notebook.send(0)).to_contain_text("200")
    tab = notebook.card(1).get_by_role("tab", name="Log")
    tab.click()
    expect(notebook.card(1)).not_to_contain_text("/bad")
