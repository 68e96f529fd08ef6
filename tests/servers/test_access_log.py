"""The access log: a line for each request that a client has sent."""

import asyncio
import errno
import io
import json
import time

import pytest

from notebook_routes.app import LogEntry
from notebook_routes.runtime import Exchange
from notebook_routes.servers.access_log import AccessLog
from notebook_routes.web import Headers, Request


@pytest.fixture
def line():
    """What is written of a request."""

    def line(form, target="/a", *, headers=(), peer=("10.0.0.1", "1.1", 4321), **values):
        stream = io.StringIO()
        request = Request.from_target("GET", target, origin="http://x", headers=Headers.from_pairs(list(headers)))
        request.peer = peer
        fields = {"route": "/a", "status": 200, "seconds": 0.0125, "size": 3, "started": 1893456000.5, **values}

        async def write():
            log = AccessLog(form, stream)
            log.write(LogEntry(1, "GET", target, **fields), Exchange(request))
            await asyncio.sleep(0)

        asyncio.run(write())
        return stream.getvalue()

    return line


def test_combined(line):
    headers = [("referer", "http://b/"), ("user-agent", "curl/8")]
    assert line("text", "/a?b=1", headers=headers) == (
        '10.0.0.1 - - [01/Jan/2030:00:00:00 +0000] "GET /a?b=1 HTTP/1.1" 200 3 "http://b/" "curl/8" 12.5\n'
    )
    assert line("text", peer=None).startswith("- - - [")
    assert '"GET /a HTTP/2"' in line("text", peer=("::1", "2", 4321))


def test_json(line):
    assert json.loads(line("json", headers=[("user-agent", "größe")])) == {
        "time": "2030-01-01T00:00:00.500+00:00",
        "client": "10.0.0.1",
        "method": "GET",
        "target": "/a",
        "protocol": "HTTP/1.1",
        "route": "/a",
        "status": 200,
        "size": 3,
        "milliseconds": 12.5,
        "referer": None,
        "user_agent": "größe",
    }


@pytest.mark.parametrize("hostile", ['"', "\\", "\n", "\r", "\x1b[2J", "\u2028", "\x85", "é"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_ends_or_forges_a_line(line, form, hostile):
    text = line(form, f"/{hostile}", headers=[("user-agent", f"a{hostile}b"), ("referer", hostile)])
    assert text.isascii()
    assert text.count("\n") == 1
    assert text[:-1].isprintable()
    if form == "text":
        assert text.count('"') == 6
        escaped = "".join(rf"\x{byte:02x}" for byte in hostile[:1].encode())
        assert f"a{escaped}" in text
    else:
        assert json.loads(text)["referer"] == hostile


@pytest.mark.parametrize(("form", "said"), [("text", '" 499 0 "'), ("json", '"status":499')])
def test_a_client_that_left(line, form, said):
    assert said in line(form, status=0, size=0)


def test_a_run_that_nobody_waited_for_is_no_request(line):
    assert line("text", is_behind=True) == ""


def test_lines_of_one_turn_go_out_together():
    stream = io.StringIO()
    request = Request.from_target("GET", "/", origin="http://x", headers=Headers())

    async def run():
        log = AccessLog("text", stream)
        for number in range(3):
            log.write(LogEntry(number, "GET", f"/{number}", None, 200, 0.0, 0), Exchange(request))
        assert stream.getvalue() == ""
        await asyncio.sleep(0)
        assert [line.split()[6] for line in stream.getvalue().splitlines()] == ["/0", "/1", "/2"]

    asyncio.run(run())


def test_it_costs_little():
    """Under a tenth of what an answer costs; measured apart from what else the machine does."""
    stream = io.StringIO()
    request = Request.from_target(
        "GET", "/", origin="http://x", headers=Headers.from_pairs([("user-agent", "Mozilla/5.0")])
    )
    exchange, entry = Exchange(request), LogEntry(1, "GET", "/", None, 200, 0.0, 0, started=1.0)

    async def run():
        log = AccessLog("text", stream)
        best = 1.0
        for _ in range(5):
            start = time.thread_time()
            for _ in range(1000):
                log.write(entry, exchange)
            best = min(best, time.thread_time() - start)
            await asyncio.sleep(0)
        return best / 1000

    assert asyncio.run(run()) < 50e-6


def test_what_cannot_be_written_is_dropped_and_said_once(caplog):
    class Full(io.StringIO):
        is_full = True

        def flush(self):
            if self.is_full:
                self.truncate(0)
                raise OSError(errno.ENOSPC, "No space left on device")

    stream, request = Full(), Request.from_target("GET", "/a", origin="http://x", headers=Headers())

    async def write(log):
        log.write(LogEntry(1, "GET", "/a", route="/a", status=200, seconds=0, size=3, started=0), Exchange(request))
        await asyncio.sleep(0)

    async def write_all():
        log = AccessLog("text", stream)
        await write(log)
        await write(log)
        stream.is_full = False
        await write(log)

    asyncio.run(write_all())
    assert [record.getMessage() for record in caplog.records] == [
        "the access log cannot be written: No space left on device; its lines are dropped until it can"
    ]
    assert stream.getvalue().count("GET /a") == 1


def test_without_a_stdout_nothing_is_written(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    request = Request.from_target("GET", "/a", origin="http://x", headers=Headers())
    entry = LogEntry(1, "GET", "/a", route="/a", status=200, seconds=0, size=3, started=0)
    # Outside of a loop: a line that is written would need one.
    AccessLog("text").write(entry, Exchange(request))
