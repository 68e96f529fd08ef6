"""Where the prints and displays of handlers go: to the route's own cell, and into the request log."""

from __future__ import annotations

import re
import socket
import threading
from http.client import IncompleteRead

import pytest


def displays_from_threads(kernel):
    """Before ipykernel 7, `display` goes to the latest cell, whatever the context."""
    return not kernel.ipykernel.startswith("6.")


def marks(shown):
    """What was printed in angle brackets; lines of handlers that run side by side may be mixed, as threads' are."""
    return sorted(re.findall("<.*?>", shown.stdout))


def test_prints_reach_the_routes_own_cells_while_another_cell_runs(kernel):
    kernel.ok("import asyncio, time\nstop = False")
    first = kernel.ok("%%route GET /def/[n]\nprint(f'<def {n}>')\ntime.sleep(0.001)\nprint(f'<end {n}>')", cell="a")
    second = kernel.ok(
        "%%route GET /async/[n]\nprint(f'<async {n}>')\nawait asyncio.sleep(0.001)\nprint(f'<end {n}>')", cell="b"
    )
    third = kernel.ok("%%route /module\ndef helper(n): print(f'<{n}>')\ndef GET(n: int): helper(n)", cell="c")
    kernel.ok("%%route POST /stop\nglobal stop\nstop = True", cell="d")
    busy = kernel.send("while not stop:\n    print('busy')\n    time.sleep(0.005)")
    kernel.listen(lambda: "busy" in busy.stdout)
    threads = [
        threading.Thread(target=kernel.get, args=(path.format(n),))
        for path in ("/def/{}", "/async/{}", "/module?n={}")
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kernel.listen(lambda: (len(marks(first)), len(marks(second)), len(marks(third))) == (8, 8, 4))
    kernel.get("/stop", method="POST")
    kernel.wait(busy)
    assert marks(first) == sorted(f"<{word} {n}>" for word in ("def", "end") for n in range(4))
    assert marks(second) == sorted(f"<{word} {n}>" for word in ("async", "end") for n in range(4))
    assert marks(third) == [f"<{n}>" for n in range(4)]
    assert set(busy.stdout.splitlines()) == {"busy"}
    log = kernel.ok("%routes log").text
    assert "GET /def/2  204\n  <def 2>\n  <end 2>\n" in log
    assert "GET /async/3  204\n  <async 3>\n  <end 3>\n" in log


def test_displays_reach_the_route_s_own_cell(kernel):
    route = kernel.ok("%%route GET /x\nfrom IPython.display import HTML\ndisplay(HTML('<b>shown</b>'))\n1", cell="a")
    later = kernel.ok("1")
    kernel.get("/x")
    target = route if displays_from_threads(kernel) else later
    kernel.listen(lambda: "<b>shown</b>" in (route.html + later.html))
    assert "<b>shown</b>" in target.html


def test_a_stream_prints_as_it_goes(kernel):
    route = kernel.ok(
        "%%route GET /x\nfor n in range(3):\n    print('step', n)\n    yield str(n)\nprint('end')", cell="a"
    )
    asynchronous = kernel.ok(
        "%%route GET /y\nimport asyncio\nfor n in range(3):\n    print('step', n)\n    yield str(n)\n"
        "    await asyncio.sleep(0)\nprint('end')",
        cell="b",
    )
    kernel.ok("1")
    for path, shown in (("/x", route), ("/y", asynchronous)):
        assert kernel.get(path) == (200, "012")
        kernel.listen(lambda shown=shown: shown.stdout == "step 0\nstep 1\nstep 2\nend\n")
    assert kernel.ok("%routes log").text.count("  step 1\n") == 2


def test_what_runs_after_the_answer_prints_there_too(kernel):
    route = kernel.ok("%%route GET /x\nafter(lambda: print('after'))\n1", cell="a")
    kernel.ok("1")
    kernel.get("/x")
    kernel.listen(lambda: route.stdout == "after\n")
    assert "  after" in kernel.ok("%routes log").text


def test_a_cell_that_ran_again_gets_what_its_new_handler_prints(kernel):
    old = kernel.ok("%%route GET /x\nprint('old')", cell="a")
    new = kernel.ok("%%route GET /x\nprint('new')", cell="a")
    kernel.get("/x")
    kernel.listen(lambda: new.stdout == "new\n")
    assert old.stdout == ""


def test_a_flood_is_cut(newest):
    route = newest.ok("%%route GET /x\nfor _ in range(10):\n    print('x' * 1_000_000)\n'done'", cell="a")
    assert newest.get("/x") == (200, "done")
    newest.listen(lambda: route.stdout.endswith("output of this request cut at 65,536 characters\n"))
    assert len(route.stdout) < 70_000
    assert len(newest.ok("%routes log").text) < 70_000


def test_what_a_handler_should_hear_comes_to_its_cell_once(newest):
    newest.ok("import time")
    route = newest.ok("%%route GET /x\nasync def never(): pass\nawait never()\ntime.sleep(0.3)\n1", cell="a")
    for _ in range(2):
        newest.get("/x")
    newest.ok("1")
    newest.listen(lambda: "line 4 held the server for over 100 ms: time.sleep(0.3)" in route.stdout)
    assert route.stdout.count("held the server") == 1


def test_a_capture_of_the_notebook_s_loses_nothing_for_later_cells(kernel):
    """A server that starts below `%%capture` stands behind a stream that goes away with it."""
    kernel.ok("%routes stop")
    kernel.ok("%%capture taken\n%routes start")
    assert "The server runs" in kernel.value("taken.stdout")
    kernel.ok("%%route GET /x\nprint('heard')", cell="a")
    kernel.get("/x")
    assert kernel.ok("%routes log").text == "GET /x  204\n  heard"


def test_malformed_requests_write_nothing_into_the_notebook(newest):
    newest.ok("%%route POST /x\nbody", cell="a")
    for sent in (
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Header\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nhalf",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", newest.port), timeout=30) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
    assert newest.get("/x", method="POST", body="5", headers={"content-type": "application/json"}) == (200, "5")
    newest.ok("1")
    newest.check_quiet()


def test_handlers_that_leave_or_are_interrupted_answer_and_write_nothing(newest):
    newest.ok("import sys, asyncio")
    newest.ok("%%route GET /exit\nsys.exit(3)", cell="a")
    newest.ok("%%route GET /stop\nraise KeyboardInterrupt", cell="b")
    newest.ok("%%route POST /exit\nawait asyncio.sleep(0)\nraise SystemExit(3)", cell="c")
    newest.ok("%%route GET /stream\nyield 'x'\nsys.exit(3)", cell="d")
    newest.ok("%%route GET /fine\n1", cell="e")
    assert newest.get("/exit")[0] == 500
    assert newest.get("/stop")[0] == 500
    assert newest.get("/exit", method="POST", body="x")[0] == 500
    with pytest.raises(IncompleteRead):
        newest.get("/stream")
    assert newest.get("/fine") == (200, "1")
    newest.ok("1")
    newest.check_quiet()
