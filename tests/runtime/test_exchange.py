import asyncio
import threading
from contextvars import copy_context

import pytest

from notebook_routes.errors import ScopeError
from notebook_routes.runtime.exchange import OUTPUT_LIMIT, Exchange, Phase, current_exchange, exchange_for
from notebook_routes.web import Request


@pytest.fixture
def exchange():
    return Exchange(Request("http://127.0.0.1/x"))


def test_it_begins_empty(exchange):
    assert (exchange.phase, exchange.route, exchange.params) == (Phase.HANDLER, None, {})
    assert (exchange.output, exchange.notes, exchange.callbacks, exchange.cookies) == ("", [], [], None)
    assert exchange.elapsed() >= 0
    assert exchange.started > 1_700_000_000


def test_what_is_printed_is_kept_and_passed_on(exchange):
    assert [exchange.write(text) for text in ("a", "", "b\n")] == ["a", "", "b\n"]
    assert exchange.output == "ab\n"


def test_ten_megabytes_are_cut_and_counted(exchange):
    line = "x" * 99 + "\n"
    passed_on = [exchange.write(line) for _ in range(100_000)]
    assert exchange.output == (line * 656)[:OUTPUT_LIMIT] + f"\n… {10_000_000 - OUTPUT_LIMIT:,} more characters"
    said = [text for text in passed_on if "cut" in text]
    assert said == [line[: OUTPUT_LIMIT % 100] + "\n… output of this request cut at 65,536 characters\n"]
    assert not any(passed_on[passed_on.index(said[0]) + 1 :])
    assert exchange.write(line) == ""


def test_one_print_over_the_limit_is_cut_too(exchange):
    shown = exchange.write("x" * (OUTPUT_LIMIT + 1))
    assert shown.startswith("x" * OUTPUT_LIMIT + "\n… output of this request cut")
    assert exchange.output.endswith("x\n… 1 more characters")


def test_the_cut_is_said_also_where_the_limit_was_just_reached(exchange):
    assert exchange.write("x" * OUTPUT_LIMIT) == "x" * OUTPUT_LIMIT
    assert exchange.output == "x" * OUTPUT_LIMIT
    assert "cut" in exchange.write("y")
    assert exchange.write("z") == ""


def test_the_code_of_a_request_finds_it(exchange):
    with pytest.raises(ScopeError, match=r"cookies\(\) belongs to a request: call it inside a handler"):
        exchange_for("cookies")
    context = copy_context()
    context.run(current_exchange.set, exchange)
    assert context.run(exchange_for, "cookies") is exchange
    found = []

    async def story():
        found.append(exchange_for("headers"))
        found.append(await asyncio.create_task(_found()))
        found.append(await asyncio.to_thread(exchange_for, "headers"))

    async def _found():
        return exchange_for("headers")

    context.run(asyncio.run, story())
    assert found == [exchange] * 3
    assert current_exchange.get() is None


def test_a_thread_of_the_users_own_has_none(exchange):
    context = copy_context()
    context.run(current_exchange.set, exchange)
    found = []

    def start():
        thread = threading.Thread(target=lambda: found.append(current_exchange.get()))
        thread.start()
        thread.join()

    context.run(start)
    assert found == [None]
