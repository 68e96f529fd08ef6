from __future__ import annotations

import pytest

from notebook_routes.app import RequestLog
from notebook_routes.inspector import log_lines
from notebook_routes.runtime import Exchange
from notebook_routes.web import Request


@pytest.fixture
def log():
    log = RequestLog()
    for number in range(250):
        exchange = Exchange(Request(f"http://localhost/{number}", headers={"x-number": str(number)}))
        if number % 100 == 0:
            exchange.write("printed")
        log.add(exchange, status=404 if number % 2 else 200, size=0)
    return log


def test_pages_backwards(log):
    page = log_lines.page(log)
    assert ([line["number"] for line in page["entries"]], page["more"], page["total"]) == (
        [*range(151, 251)],
        True,
        250,
    )
    page = log_lines.page(log, before=151, limit=150)
    assert ([line["number"] for line in page["entries"]], page["more"]) == ([*range(1, 151)], False)
    assert log_lines.page(log, before=1)["entries"] == []
    assert log_lines.page(log, before=10_000, limit=1)["entries"][0]["number"] == 250


def test_words_that_a_line_has(log):
    page = log_lines.page(log, wanted="404 /24")
    assert [line["target"] for line in page["entries"]] == ["/241", "/243", "/245", "/247", "/249"]
    assert page["more"] is False
    assert log_lines.page(log, wanted="get nothing")["entries"] == []


def test_what_has_failed_says_so_whatever_its_status(log):
    exchange = Exchange(Request("http://localhost/broken"))
    exchange.error = "Traceback ..."
    log.add(exchange, status=200, size=3)
    assert [line["failed"] for line in log_lines.page(log, limit=2)["entries"]] == [False, True]


def test_one_in_full(log):
    entry = log_lines.find(log, 201)
    found = log_lines.full(entry, log.headers(201))
    assert (found["target"], found["output"], found["has_more"]) == ("/200", "printed", True)
    assert found["headers"] == [["x-number", "200"]]
    assert log_lines.find(log, 251) is None
    assert log_lines.find(log, 0) is None
    assert log.headers(251) is None
