"""Requests in the terminal of `dev`."""

import asyncio
import io
import os
import sys

import pytest

from notebook_routes.app import App, LogEntry
from notebook_routes.routing import Route, RoutePattern
from notebook_routes.runtime import Invoker, Workers, current_exchange
from notebook_routes.tooling.terminal import HandlerPrints, RequestLines


@pytest.fixture
def terminal(monkeypatch):
    """Run a handler behind the two; gives what is shown when the answer is there, and a while after it."""

    def shown(handler, *, target="/a", encoding="utf-8"):
        written = io.BytesIO()
        stream = io.TextIOWrapper(written, encoding=encoding, write_through=True)
        pattern = RoutePattern.parse("/a")
        app = App()
        app.routes.put(Route("GET", pattern, Invoker(handler, method="GET", pattern=pattern)))

        async def run():
            app.workers = Workers()
            prints = HandlerPrints(stream, asyncio.get_running_loop())
            app.log.listen(RequestLines(stream, prints).show)
            monkeypatch.setattr(sys, "stdout", prints)
            try:
                await app.request(target)
                first = written.getvalue().decode(encoding)
                others = asyncio.all_tasks() - {asyncio.current_task()}
                if others:
                    await asyncio.wait(others)
                while prints._held:  # noqa: ASYNC110 - a timer empties it, and tells nobody
                    await asyncio.sleep(0.01)
            finally:
                monkeypatch.undo()
                app.workers.stop()
            return first, written.getvalue().decode(encoding)

        return asyncio.run(run())

    return shown


def test_prints_stand_under_the_line(terminal):
    def handler():
        print("one")
        print("two", 3)

    first, second = terminal(handler)
    assert first == second
    line, *under = first.splitlines()
    assert line.startswith("GET /a 204 ")
    assert under == ["  one", "  two 3"]


def test_a_handler_that_takes_its_time_is_heard_before_its_end(terminal):
    async def handler():
        print("begun")
        await asyncio.sleep(0.4)

    lines = terminal(handler)[0].splitlines()
    assert lines[0] == "begun"
    assert lines[1].startswith("GET /a 204 ")


def test_what_is_flushed_is_shown_at_once(terminal):
    def handler():
        print("now", flush=True)
        print("later")

    lines = terminal(handler)[0].splitlines()
    assert lines[0] == "now"
    assert lines[2] == "  later"


def test_what_is_printed_after_the_answer_is_not_lost(terminal):
    tasks = []

    async def late():
        await asyncio.sleep(0)
        print("late")

    async def handler():
        tasks.append(asyncio.create_task(late()))

    first, second = terminal(handler)
    assert "late" not in first
    assert second == f"{first}late\n"


def test_what_the_terminal_cannot_show_is_escaped(terminal):
    def handler():
        print("größe →")

    first, _ = terminal(handler, target="/a?x=1", encoding="ascii")
    assert first.splitlines()[1] == r"  gr\xf6\xdfe \u2192"


def test_a_target_cannot_write_to_the_terminal():
    stream = io.StringIO()
    entry = LogEntry(1, "GET", "/\x1b[2J\u202e", None, 404, 0.001, 0)
    RequestLines(stream, HandlerPrints(stream, None)).show(entry, object())
    assert stream.getvalue() == "GET /\\x1b[2J\\u202e 404 1.0 ms\n"


def test_a_client_that_left_before_an_answer():
    stream = io.StringIO()
    entry = LogEntry(1, "GET", "/", None, 0, 2, 0)
    RequestLines(stream, HandlerPrints(stream, None)).show(entry, object())
    assert stream.getvalue() == "GET / left 2000.0 ms\n"


def test_text_of_other_code_passes():
    stream = io.StringIO()
    assert current_exchange.get() is None
    print("loaded", file=HandlerPrints(stream, None))
    assert stream.getvalue() == "loaded\n"


def test_where_nobody_reads_the_lines_requests_are_answered_all_the_same():
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w", encoding="utf-8")
    pattern = RoutePattern.parse("/a")
    app = App()
    app.routes.put(Route("GET", pattern, Invoker(lambda: "here", method="GET", pattern=pattern)))

    async def ask():
        app.log.listen(RequestLines(stream, HandlerPrints(stream, asyncio.get_running_loop())).show)
        return (await app.request("/a")).content

    assert asyncio.run(ask()) == b"here"
    with pytest.raises(BrokenPipeError):
        stream.close()
