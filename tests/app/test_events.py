from __future__ import annotations

import threading

from notebook_routes.app import RequestLog
from notebook_routes.app.events import LOG_HEADERS
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


def test_one_that_forgets_still_tells_its_listeners():
    log, heard, noted = RequestLog(), [], []
    log.add(exchange("/before"), status=200, size=0)
    log.forget()
    assert log.entries() == []
    log.listen(lambda entry, _: noted.append(entry.target), notes_only=True)
    remarkable = exchange("/noted")
    remarkable.notes.append("a remark")
    for asked in (exchange("/a"), remarkable):
        log.add(asked, status=200, size=0)
    assert noted == ["/noted"]
    log.listen(lambda entry, _: heard.append(entry.target))
    log.add(exchange("/b"), status=200, size=0)
    assert heard == ["/b"]
    assert (log.entries(), log.count, log.headers(1)) == ([], 0, None)


def test_a_listener_to_notes_alone_that_is_not_to_be_called_any_more(desk):
    heard = []

    def listener(entry, exchange):
        heard.append(entry.notes)

    @desk.route("/page")
    async def get():
        return "<p>"

    desk.app.log.listen(listener, notes_only=True)
    desk.ask("/page")
    desk.ask("/none")
    desk.app.log.unlisten(listener)
    desk.ask("/page")
    assert len(heard) == 1


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


def test_one_that_is_not_to_be_called_any_more(desk):
    heard = []

    def listener(entry, exchange):
        heard.append(entry.number)

    desk.app.log.listen(listener)
    desk.ask("/a")
    desk.app.log.unlisten(listener)
    desk.app.log.unlisten(listener)
    desk.ask("/b")
    assert heard == [1]


def test_what_handlers_print_is_bounded_and_the_oldest_go():
    log = RequestLog(text=100_000)
    for number in range(1000):
        asked = exchange(f"/{number}")
        asked.write("x" * 900)
        asked.notes.append("y" * 100)
        log.add(asked, status=200, size=0)
        assert sum(entry.text_size for entry in log.entries()) <= 100_000
    entries = log.entries()
    assert entries[-1].target == "/999"
    assert [entry.number for entry in entries] == [*range(entries[0].number, 1001)]
    assert 75 <= log.count <= 100


def test_one_that_is_larger_than_all_may_be_goes_alone():
    log = RequestLog(text=1000)
    log.add(exchange("/a"), status=200, size=0)
    asked = exchange("/b")
    asked.write("x" * 2000)
    log.add(asked, status=200, size=0)
    log.add(exchange("/c"), status=200, size=0)
    assert [entry.target for entry in log.entries()] == ["/c"]


def test_the_headers_of_the_last_requests():
    log = RequestLog()
    for number in range(1, LOG_HEADERS + 3):
        asked = Exchange(Request("http://localhost/", headers={"x-number": str(number)}))
        log.add(asked, status=200, size=0)
    assert log.headers(2) is None
    assert log.headers(3) == [("x-number", "3")]
    assert log.headers(LOG_HEADERS + 2) == [("x-number", str(LOG_HEADERS + 2))]
    log.clear()
    assert (log.headers(3), log.count) == (None, 0)


def test_the_inspector_does_not_see_itself():
    log = RequestLog()
    log.add(exchange("/_routes/inspector/messages?view=1"), status=202, size=0)
    log.add(exchange("/_routes/"), status=200, size=0)
    log.add(exchange("/_routes/health"), status=200, size=0)
    assert [(entry.number, entry.target) for entry in log.entries()] == [(1, "/_routes/health")]
