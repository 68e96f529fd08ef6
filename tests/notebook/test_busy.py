"""The server answers whatever the kernel does."""

from __future__ import annotations

import threading

import pytest

BUSY = {
    "sleeps": "while not stop: time.sleep(0.2)",
    "computes": "while not stop: pass",
    "awaits": "while not stop: await asyncio.sleep(0.2)",
    "waits": "gate.wait()",
}


@pytest.mark.parametrize("what", BUSY)
def test_requests_are_answered_while_a_cell_is_busy(kernel, what):
    kernel.ok("import asyncio, threading, time\nstop, gate = False, threading.Event()")
    kernel.ok("%%route GET /def\n'def'", cell="a")
    kernel.ok("%%route GET /async\nawait asyncio.sleep(0)\n'async'", cell="b")
    kernel.ok("%%route GET /stream\nfor n in range(3):\n    yield str(n)", cell="c")
    kernel.ok("%%route POST /stop\nglobal stop\nstop = True\ngate.set()", cell="d")
    busy = kernel.send(BUSY[what])
    kernel.listen(lambda: busy.started)
    for _ in range(3):
        assert [kernel.get(path)[1] for path in ("/def", "/async", "/stream")] == ["def", "async", "012"]
    assert not busy.done
    kernel.get("/stop", method="POST")
    assert kernel.wait(busy).error is None


def test_a_cell_asks_its_own_server(kernel):
    kernel.ok("from urllib.request import urlopen\nimport notebook_routes.notebook as nr\nseen = []")
    kernel.ok("%%route GET /def\nseen.append(1)\nlen(seen)", cell="a")
    kernel.ok("%%route GET /async\nimport asyncio\nawait asyncio.sleep(0)\nseen.append(1)\nlen(seen)", cell="b")
    assert kernel.ok("[urlopen(nr.url() + path).read() for path in ('/def', '/async')]").text == "[b'1', b'2']"
    assert (
        kernel.ok("import asyncio\nawait asyncio.to_thread(lambda: urlopen(nr.url() + '/def').read())").text == "b'3'"
    )


def test_a_handler_asks_its_own_server(kernel):
    kernel.ok("from urllib.request import urlopen\nimport notebook_routes.notebook as nr")
    kernel.ok("%%route GET /inner\n'inner'", cell="a")
    kernel.ok("%%route GET /outer\nurlopen(nr.url() + '/inner').read().decode() + ' and outer'", cell="b")
    assert kernel.get("/outer") == (200, "inner and outer")


def test_def_handlers_run_side_by_side(kernel):
    kernel.ok("import threading\nmeeting = threading.Barrier(8)")
    kernel.ok("%%route GET /x\nmeeting.wait(30)\n'met'", cell="a")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(kernel.get("/x"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(200, "met")] * 8


def test_the_names_of_the_notebook_are_live_while_a_cell_runs(kernel):
    kernel.ok("import time\nprogress, stop = 0, False")
    kernel.ok("%%route GET /progress\nprogress", cell="a")
    kernel.ok("%%route POST /stop\nglobal stop\nstop = True", cell="b")
    busy = kernel.send("while not stop:\n    progress += 1\n    time.sleep(0.001)\n'stopped'")
    kernel.listen(lambda: busy.started)
    first = int(kernel.get("/progress")[1])
    kernel.listen(lambda: int(kernel.get("/progress")[1]) > first)
    assert kernel.get("/stop", method="POST")[0] == 204
    assert kernel.wait(busy).text == "'stopped'"


def test_a_cell_that_is_interrupted_leaves_the_server_alone(kernel):
    kernel.ok("import asyncio")
    kernel.ok("%%route GET /x\nfor n in range(3):\n    yield str(n)\n    await asyncio.sleep(0.01)", cell="a")
    busy = kernel.send("print('runs')\nwhile True: pass")
    # Before its own code runs, IPython would be interrupted instead of the cell.
    kernel.listen(lambda: busy.stdout == "runs\n")
    kernel.interrupt()
    assert kernel.wait(busy).error["ename"] == "KeyboardInterrupt"
    assert kernel.get("/x") == (200, "012")
