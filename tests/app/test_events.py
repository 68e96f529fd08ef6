from __future__ import annotations

import threading

from notebook_routes.app import RequestLog
from notebook_routes.runtime import Exchange
from notebook_routes.web import Request


def exchange(target="/"):
    return Exchange(Request(f"http://localhost{target}"))


def test_an_entry_says_what_was_asked_and_answered():
    log = RequestLog()
    asked = exchange("/items?x=1")
    asked.write("printed\n")
    asked.notes.append("a remark")
    asked.error = "traceback"
    log.add(asked, status=500, size=12)
    (entry,) = log.entries()
    assert (entry.number, entry.method, entry.target, entry.route) == (1, "GET", "/items?x=1", None)
    assert (entry.status, entry.size, entry.output, entry.error) == (500, 12, "printed\n", "traceback")
    assert entry.notes == ("a remark",)
    assert entry.seconds >= 0
    assert entry.started > 1_600_000_000


def test_the_route_is_named_by_its_pattern(desk):
    @desk.route("/items/[id]")
    async def get():
        return None

    desk.ask("/items/3")
    desk.ask("/items/3", "POST")
    desk.ask("/other")
    assert [(entry.route, entry.status) for entry in desk.log] == [("/items/[id]", 204), (None, 405), (None, 404)]


def test_only_the_last_are_remembered_and_numbers_go_on():
    log = RequestLog(length=3)
    for _ in range(5):
        log.add(exchange(), status=200, size=0)
    assert [entry.number for entry in log.entries()] == [3, 4, 5]
    log.clear()
    assert log.entries() == []
    log.add(exchange(), status=200, size=0)
    assert [entry.number for entry in log.entries()] == [6]


def test_listeners_hear_of_each(desk):
    heard = []
    desk.app.log.listen(lambda entry, exchange: heard.append((entry.status, exchange.request.path)))
    desk.ask("/a")
    desk.ask("/b")
    assert heard == [(404, "/a"), (404, "/b")]


def test_it_can_be_read_while_it_is_written():
    log = RequestLog(length=50)
    done = threading.Event()

    def write():
        while not done.is_set():
            log.add(exchange(), status=200, size=0)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(300):
            numbers = [entry.number for entry in log.entries()]
            assert numbers == sorted(numbers)
    finally:
        done.set()
        writer.join()
