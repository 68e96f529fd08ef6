"""Running a `%%request` cell."""

from __future__ import annotations

import pytest

from notebook_routes.errors import CellError, ExpectationFailed, ServerError
from notebook_routes.notebook.client import FinishedResponse
from notebook_routes.notebook.display import response_text
from notebook_routes.notebook.requests import run_requests
from notebook_routes.web import Headers


class Client:
    """Answers each request with its own text, or with what the test says."""

    def __init__(self, *answers):
        self.asked = []
        self._answers = list(answers)

    def send(self, spec, *, show=None):
        self.asked.append(f"{spec.method} {spec.target}")
        if not self._answers:
            text = f"{spec.method} {spec.target} {spec.body or ''}".strip()
            return answer(text, method=spec.method, target=spec.target)
        given = self._answers.pop(0)
        if isinstance(given, BaseException):
            raise given
        return given


def answer(text, **more):
    headers = Headers({"content-type": "application/json", "x-it": "yes"})
    return FinishedResponse(200, headers, text.encode(), reason="OK", **more)


class Notebook:
    def __init__(self, *answers):
        self.names = {}
        self.client = Client(*answers)
        self.shown = []

    def run(self, text):
        line, _, cell = text.partition("\n")
        return run_requests(
            line.removeprefix("%%request").strip(),
            cell,
            namespace=self.names,
            client=self.client,
            show=self.shown.append,
        )


def test_the_last_response_is_the_value_and_the_others_are_shown():
    notebook = Notebook()
    last = notebook.run("%%request\nGET /a\n###\nGET /b\n### third\nPOST /c\n\nbody")
    assert notebook.client.asked == ["GET /a", "GET /b", "POST /c"]
    assert [response.text for response in notebook.shown] == ["GET /a", "GET /b"]
    assert last.text == "POST /c body"


def test_one_of_several_says_which_it_answers():
    notebook = Notebook()
    last = notebook.run("%%request\nGET /a?n=1\n###\nPOST /b\n\nbody")
    told = [response_text(response).split(" · ")[0] for response in (*notebook.shown, last)]
    assert told == ["GET /a?n=1", "POST /b"]
    assert response_text(notebook.run("%%request GET /a")).startswith("200")


def test_a_name_is_bound_to_the_latest_response():
    notebook = Notebook()
    last = notebook.run("%%request GET /a as r\n###\nGET /b?was={{r.text[-1:]}}")
    assert notebook.names["r"] is last
    assert notebook.client.asked == ["GET /a", "GET /b?was=a"]


def test_templates_are_read_from_the_notebook():
    notebook = Notebook()
    notebook.names |= {"id": 7, "item": {"name": "Lamp"}}
    assert notebook.run("%%request PUT /x/{{id + 1}}\n\n{{item}}").text == 'PUT /x/8 {"name":"Lamp"}'


def test_expectations_see_the_response_then_the_notebook():
    notebook = Notebook(answer('{"n": 1}'))
    notebook.names |= {"wanted": 1, "status": "hidden", "limit": 5}
    response = notebook.run(
        "%%request GET /x\n"
        "?? status == 200\n"
        "?? json['n'] == wanted\n"
        "?? headers['X-It'] == 'yes'\n"
        "?? text.startswith('{') and response.ok\n"
        "?? all(n < limit for n in json.values())"
    )
    assert [outcome.ok for outcome in response.outcomes] == [True] * 5


def test_failures_are_all_named_and_nothing_more_is_sent():
    notebook = Notebook(answer("[1]"))
    with pytest.raises(ExpectationFailed) as failed:
        notebook.run("%%request\nGET /x\n?? status == 404\n?? json == [1]\n?? nope\n###\nGET /y")
    first, second = str(failed.value).splitlines()
    assert first == "line 3: ?? status == 404: 200 == 404 is false"
    assert second.startswith("line 5: ?? nope: NameError")
    assert isinstance(failed.value, AssertionError)
    assert notebook.client.asked == ["GET /x"]
    assert [outcome.ok for outcome in notebook.shown[0].outcomes] == [False, True, False]


def test_a_response_that_failed_is_kept_under_its_name():
    notebook = Notebook()
    with pytest.raises(ExpectationFailed):
        notebook.run("%%request GET /x as r\n?? status == 404")
    assert notebook.names["r"].status == 200


def test_json_is_read_only_when_it_is_asked_for():
    notebook = Notebook(answer("no json"), answer("no json"))
    notebook.run("%%request GET /x\n?? status == 200")
    with pytest.raises(ExpectationFailed, match=r"line 2: \?\? json == 1: ValueError: the body of GET / is not JSON"):
        notebook.run("%%request GET /x\n?? json == 1")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%request", "nothing to send"),
        ("%%request GET x", "write `/x`"),
        ("%%request GET /x as 1", "does not name a variable"),
        ("%%request\nGET /a\n###\nGET b", r"line 4: GET b"),
        ("%%request GET /a\n?? status =", "line 2"),
        ("%%request GET /a\nX: {{", "line 2"),
    ],
)
def test_a_cell_that_cannot_be_read_sends_nothing(cell, message):
    notebook = Notebook()
    with pytest.raises(CellError, match=message):
        notebook.run(cell)
    assert notebook.client.asked == []


def test_a_template_that_fails_stops_before_its_request():
    notebook = Notebook()
    with pytest.raises(CellError, match=r"line 4: /\{\{nope\}\}\n.*NameError"):
        notebook.run("%%request\nGET /a\n###\nGET /{{nope}}")
    assert notebook.client.asked == ["GET /a"]


def test_what_has_no_answer_is_said():
    with pytest.raises(ServerError, match="had no answer"):
        Notebook(ServerError("GET /x had no answer")).run("%%request GET /x")


def test_a_stream_without_a_last_newline_gets_one(capsys):
    Notebook(answer("ab", streamed=True)).run("%%request GET /x")
    Notebook(answer("ab\n", streamed=True)).run("%%request GET /x")
    Notebook(answer("ab")).run("%%request GET /x")
    assert capsys.readouterr().out == "\n"


# In real kernels


def test_a_request_cell(kernel):
    kernel.ok(
        "%%route POST /x/[id] page:int=1\n{'id': id, 'page': page, 'body': body if 'n' in body else body.get('a')}",
        cell="a",
    )
    kernel.ok("name = 'Lamp'\nitem = {'n': [1, None]}")
    shown = kernel.ok(
        "%%request\n# the first\nPOST /x/{{name}}\n?page=2\nContent-Type: application/json\n\n{{item}}\n"
        '?? json["id"] == name\n### the second\nPOST /x/2\n\na=1\n?? json["page"] == 1'
    )
    assert [bundle["text/plain"] for bundle in shown.bundles] == [
        (
            "POST /x/Lamp?page=2 · 200 OK · application/json\n"
            '{"id":"Lamp","page":2,"body":{"n":[1,null]}}\n✓ json["id"] == name'
        ),
        'POST /x/2 · 200 OK · application/json\n{"id":"2","page":1,"body":"1"}\n✓ json["page"] == 1',
    ]


def test_an_expectation_that_does_not_hold_fails_the_cell(kernel):
    kernel.ok("%%route GET /x\n1", cell="a")
    shown = kernel.run("%%request GET /x as r\n?? status == 404\n?? json == 1")
    shown.check_steady()
    assert shown.error["ename"] == "ExpectationFailed"
    assert shown.error["traceback"] == ["ExpectationFailed: line 2: ?? status == 404: 200 == 404 is false"]
    assert shown.text.endswith("✗ status == 404  (200 == 404 is false)\n✓ json == 1")
    assert shown.stderr == ""
    assert kernel.ok("r.status").text == "200"


def test_lines_are_counted_from_the_top_of_the_cell(newest):
    newest.ok("%%route GET /x\n1", cell="a")
    failed = newest.run("# about it\n\n%%request GET /x\n?? status == 404")
    assert failed.error["evalue"] == "line 4: ?? status == 404: 200 == 404 is false"
    assert newest.refuses("# about it\n%request GET /{{1/0}}").startswith("`{{1/0}}` could not be read")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%request", "There is nothing to send: write `%%request GET /path`"),
        ("%request", "There is nothing to send"),
        ("%%request\n# only this", "There is nothing to send"),
        ("%%request GET /x as class", "does not name a variable"),
        ("%%request GET /x\n?? ", "needs a Python expression"),
        ("%%request GET /x\n\nbody", "A GET request has no body"),
        ("%%request GET /{{nope}}", "NameError: name 'nope' is not defined"),
        ("%%request GET /x\nX: ☃", 'a header cannot hold "☃"'),
        ("%%request GET http://127.0.0.1:1/", "had no answer"),
    ],
)
def test_bad_requests_are_refused_with_the_fix(newest, cell, message):
    assert message in newest.run(cell).refusal


def test_a_stream_is_shown_as_it_comes(kernel):
    kernel.ok("import threading\ngate = threading.Event()")
    kernel.ok("%%route GET /x\nyield 'one\\n'\ngate.wait(30)\nyield 'two'", cell="a")
    kernel.ok("%%route GET /open\ngate.set()", cell="b")
    asked = kernel.send("%%request GET /x as r\n?? text == 'one\\ntwo'")
    kernel.listen(lambda: asked.stdout == "one\n")
    assert not asked.done
    kernel.get("/open")
    assert kernel.wait(asked).stdout == "one\ntwo\n"
    assert asked.bundles[0]["text/plain"] == "200 OK · text/plain; charset=utf-8\n✓ text == 'one\\ntwo'"


def test_an_endless_stream_is_stopped_and_what_has_come_is_kept(kernel):
    kernel.ok("import asyncio\nended = []")
    kernel.ok(
        "%%route GET /x\ntry:\n    while True:\n        yield {'tick': 1}\n        await asyncio.sleep(0.01)\n"
        "finally:\n    ended.append(True)",
        cell="a",
    )
    asked = kernel.send("%%request GET /x as r\n?? status == 200")
    kernel.listen(lambda: asked.stdout.count("tick") > 2)
    kernel.interrupt()
    kernel.wait(asked)
    assert asked.error is None
    assert asked.stderr == ""
    assert asked.bundles[-1]["text/plain"] == "200 OK · application/x-ndjson · stopped\n✓ status == 200"
    assert kernel.ok("r.complete, r.text.startswith('{\"tick\":1}\\n')").text == "(False, True)"
    kernel.listen(lambda: kernel.value("ended") == [True])
    assert kernel.ok("%request OPTIONS /x").text.startswith("204")


def test_stop_before_the_answer_is_a_short_message(kernel):
    kernel.ok("import threading\ngate = threading.Event()")
    route = kernel.ok("%%route GET /x\nprint('called')\ngate.wait(30)\n1", cell="a")
    asked = kernel.send("%request GET /x")
    kernel.listen(lambda: route.stdout == "called\n")
    kernel.interrupt()
    assert kernel.wait(asked).refusal == "GET /x was stopped before it had an answer"
    kernel.ok("gate.set()")


@pytest.mark.parametrize("answered", ["redirect('/there')", "Response.redirect('/there')"])
def test_a_redirect_is_shown_without_our_address(newest, answered):
    newest.ok(f"%%route GET /x\ncookies().set('a', 'b', max_age=60)\n{answered}", cell="a")
    shown = newest.ok("%request GET /x")
    assert shown.text.endswith(" · to /there")
    assert "GMT" not in shown.html


def test_cookies_are_kept_as_in_a_browser(newest):
    newest.ok("%%route GET /in\ncookies().set('who', 'me')\n1", cell="a")
    newest.ok("%%route GET /who\ncookies().value('who', 'nobody')", cell="b")
    assert newest.ok("%request GET /who").text.endswith("nobody")
    newest.ok("%request GET /in")
    assert newest.ok("%request GET /who").text.endswith("me")
    newest.ok("%routes clear")
    newest.ok("%%route GET /who\ncookies().value('who', 'nobody')", cell="b")
    assert newest.ok("%request GET /who").text.endswith("nobody")


@pytest.mark.parametrize("body", ["{'x': 21}", "{name: 1}", "[1, 2"])
def test_a_body_that_is_nearly_json_is_pointed_out(capsys, body):
    Notebook().run(f"%%request POST /predict\n\n{body}")
    assert capsys.readouterr().out.startswith("the body begins like JSON and is none (")


@pytest.mark.parametrize("cell", ['\n{"x": 21}', "\nname=1", "\n", "content-type: text/plain\n\n{'x': 21}"])
def test_no_other_is(capsys, cell):
    Notebook().run(f"%%request POST /predict\n{cell}")
    assert "begins like JSON" not in capsys.readouterr().out
