from __future__ import annotations

import asyncio
import json
import linecache
import sqlite3

import pytest

from notebook_routes.app import Failures
from notebook_routes.errors import AnswerError, HTTPError, InvalidBody, RedirectError, ValidationFailed
from notebook_routes.runtime import Exchange
from notebook_routes.web import Request, json_bytes

CELL = "<cell 3>"


def raised(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
        return error
    raise AssertionError("nothing was raised")


def cell(source):
    """What a cell defines: its lines are known to tracebacks."""
    linecache.cache[CELL] = (len(source), None, source.splitlines(keepends=True), CELL)
    namespace = {}
    exec(compile(source, CELL, "exec"), namespace)
    return namespace


@pytest.fixture
def exchange():
    return Exchange(Request("http://localhost/path"))


class TestAnswers:
    def test_a_deliberate_error(self, exchange):
        response = Failures().response(HTTPError(418, "tea", headers={"x-a": "1"}), exchange)
        assert (response.status, response.content) == (418, b"tea")
        assert response.headers.get("content-type") == "text/plain; charset=utf-8"
        assert response.headers.get("x-a") == "1"
        assert exchange.error is None

    def test_without_a_message_there_is_no_content_type(self, exchange):
        response = Failures().response(HTTPError(404), exchange)
        assert (response.content, response.headers.get("content-type")) == (b"", None)

    def test_a_content_type_of_its_own(self, exchange):
        error = HTTPError(400, "{}", headers={"content-type": "application/problem+json"})
        assert Failures().response(error, exchange).headers.get("content-type") == "application/problem+json"

    def test_a_bad_body(self, exchange):
        assert Failures().response(InvalidBody("line 1"), exchange).status == 400

    def test_bad_values(self, exchange):
        problems = [{"loc": ("query", "page"), "msg": "no number", "type": "int"}]
        response = Failures().response(ValidationFailed(problems), exchange)
        assert response.status == 422
        assert json.loads(response.content) == {
            "detail": [{"loc": ["query", "page"], "msg": "no number", "type": "int"}]
        }

    def test_a_redirect(self, exchange):
        response = Failures().response(RedirectError("/a b"), exchange)
        assert (response.status, response.headers.get("location")) == (307, "/a%20b")
        assert Failures().response(RedirectError("/", permanent=True), exchange).status == 308

    def test_to_strangers_nothing_is_told(self, exchange, caplog):
        response = Failures().response(KeyError("secret"), exchange)
        assert (response.status, response.content) == (500, b"Internal Server Error\n")
        assert "KeyError: 'secret'" in exchange.error
        assert "GET /path failed" in caplog.text
        assert "secret" in caplog.text

    def test_in_the_notebook_it_explains_itself(self, exchange, caplog):
        response = Failures(explain=True).response(KeyError("secret"), exchange)
        assert (response.status, response.content) == (500, b"KeyError: 'secret'\n")
        assert response.headers.get("content-type") == "text/plain; charset=utf-8"
        assert exchange.error == "KeyError: 'secret'"
        assert not caplog.records


class TestText:
    def test_only_the_users_lines(self):
        source = "def get():\n    return helper()\n\ndef helper():\n    return {}['x']\n"
        error = raised(lambda: asyncio.run(run_in_ours(cell(source)["get"])))
        text = Failures(name_file=lambda name: name.replace("<cell 3>", "cell [3]")).text(error)
        assert 'File "cell [3]", line 2, in get\n    return helper()' in text
        assert 'File "cell [3]", line 5, in helper' in text
        for ours_or_library in ("web/json.py", "asyncio/runners.py"):
            assert ours_or_library not in text
        assert text.endswith("KeyError: 'x'")

    def test_the_line_is_shown_whatever_the_file_is_called(self):
        error = raised(cell("def get():\n    return 1 / 0\n")["get"])
        assert "return 1 / 0" in Failures(name_file=lambda _: "somewhere else").text(error)

    def test_causes_and_groups_are_cut_too(self):
        source = (
            "import json\n"
            "def get():\n"
            "    try:\n"
            "        json.loads('{')\n"
            "    except ValueError as error:\n"
            "        raise ExceptionGroup('two', [LookupError('one')]) from error\n"
        )
        text = Failures().text(raised(cell(source)["get"]))
        assert "JSONDecodeError" in text
        assert "direct cause" in text
        assert "LookupError: one" in text
        assert "decoder.py" not in text

    def test_an_answer_that_is_none_needs_no_traceback(self):
        assert Failures().text(AnswerError("write this")) == "AnswerError: write this"

    def test_an_exception_that_cannot_be_shown(self):
        class Broken(Exception):
            def __str__(self):
                raise RuntimeError

        assert "Broken" in Failures().text(Broken())

    def test_one_with_text_that_cannot_be_sent(self, desk, caplog):
        desk.app.failures.explain = True

        @desk.route("/")
        async def get():
            raise ValueError("\udc80")

        response = desk.ask("/")
        assert response.status == 500
        assert b"udc80" in response.content

    def test_endless_recursion_is_short(self):
        error = raised(cell("def get():\n    return get()\n")["get"])
        text = Failures().text(error)
        assert "RecursionError" in text
        assert len(text.splitlines()) < 30

    def test_a_connection_of_another_thread(self):
        fix = Failures().text(sqlite3.ProgrammingError("SQLite objects created in a thread can only be used in ..."))
        assert "check_same_thread=False" in fix
        assert "check_same_thread" not in Failures().text(sqlite3.ProgrammingError("closed database"))

    def test_a_missing_global(self):
        error = raised(cell("counter = 0\ndef get():\n    counter += 1\n")["get"])
        fix = "If `counter` is a variable of the notebook, write `global counter` first."
        assert Failures().text(error).endswith(fix)
        assert "write `global NAME` first" in Failures().text(UnboundLocalError("no name"))

    @pytest.mark.parametrize("use", ["later.price", "later['price']", "list(later)"])
    def test_a_forgotten_await_is_told(self, use):
        async def find():
            """Nothing."""

        later = find()
        with pytest.raises((AttributeError, TypeError)) as raising:
            eval(use, {"later": later})
        later.close()
        assert "write `await` in front of its call" in Failures().text(raising.value)


async def run_in_ours(function):
    # json_bytes calls back: frames of ours and of the library lie between.
    class Model:
        def model_dump(self, **_):
            return function()

    return json_bytes(Model())
