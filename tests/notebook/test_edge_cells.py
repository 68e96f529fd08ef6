"""`--runtime edge` in a real kernel: what is refused, told and guarded, and that nobody else feels it."""

from __future__ import annotations

import re
import threading

import pytest


def card(shown):
    """The card under a cell, as plain text; a widget beside it has none."""
    return shown.bundles[0]["text/plain"].splitlines()


HERE = 'runtime = "edge": it runs in the kernel under the guard'


def test_an_edge_cell_is_a_route_and_says_where_it_runs(kernel):
    shown = kernel.ok("%%route GET /x/[id] --runtime edge\n{'id': id}", cell="a")
    first, second = card(shown)
    assert first == "GET /x/[id]  new"
    assert second.startswith(HERE)
    assert kernel.get("/x/7") == (200, '{"id":"7"}')
    assert kernel.ok("%routes list").text == "METHOD  PATH     CONFIG\nGET     /x/[id]  runtime=edge"
    assert 'runtime = "edge"' in kernel.ok("%routes source").text


def test_a_refused_cell_leaves_the_old_route(newest):
    newest.ok("%%route GET /x --runtime edge\n'old'", cell="a")
    message = newest.refuses("%%route GET /x --runtime edge\nimport os\nopen('a').read()\nos.system('ls')", cell="a")
    assert message.splitlines()[0] == "line 3: open('a').read()"
    assert message.splitlines()[1].startswith("EDGE003 open(...): an edge isolate has no files; hold the data")
    assert message.splitlines()[2] == "line 4: os.system('ls')"
    assert newest.get("/x") == (200, "old")


def test_a_refused_module_has_not_run(newest):
    newest.ok("ran = []")
    newest.refuses("%%route /x\nimport time\nruntime = 'edge'\nran.append(1)\ndef GET(): time.sleep(1)")
    assert newest.value("ran") == []


def test_a_runtime_that_the_text_does_not_tell_is_found_too(newest):
    newest.ok("where = 'ed' + 'ge'")
    message = newest.refuses("%%route /x\n# the edge\nruntime = where\ndef GET(): return open('a').read()")
    assert message.startswith("line 4: def GET(): return open('a').read()\nEDGE003 ")
    message = newest.refuses("%%route /x\nruntime = where\ndef GET(): return open('a').read()")
    assert message.startswith("line 3: def GET(): return open('a').read()\nEDGE003 ")


def test_warnings_are_on_the_card_and_a_comment_silences_them(newest):
    cell = "%%route GET /x --runtime edge\nimport os\nos.environ.get('KEY')"
    (remark,) = card(newest.ok(cell))[2:]
    assert remark.startswith("EDGE014 os.environ (line 3): an edge isolate has none of the machine's environment")
    assert card(newest.ok(f"{cell}  # edge: ignore[EDGE014]"))[2:] == []
    (remark,) = card(newest.ok("%%route GET /x --runtime edge\n1  # edge: ignore[EDGE14]"))[2:]
    assert remark.startswith("EDGE000 EDGE14 (line 2): no rule of the edge has this code")


def test_functions_of_other_cells_are_checked_and_named(newest):
    newest.ok("import json\ndef load(name):\n    return json.loads(read(name))")
    newest.ok("def read(name):\n    with open(name) as file:\n        return file.read()")
    message = newest.refuses("%%route GET /x --runtime edge\nload('a.json')")
    assert re.fullmatch(r"Cell In\[\d+\], line 2: with open\(name\) as file:", message.splitlines()[0])
    newest.ok("def read(name):\n    return '[1]'")
    newest.ok("%%route GET /x --runtime edge\nload('a.json')")
    assert newest.get("/x") == (200, "[1]")


def test_modules_that_names_of_the_notebook_stand_for(newest):
    newest.ok("import pandas as pd\nlamps = pd.DataFrame({'price': [30]})")
    message = newest.refuses("%%route GET /x --runtime edge\nlamps")
    assert message.startswith("line 2: lamps\nEDGE002 lamps of pandas: the package has compiled code")
    newest.ok("%%route GET /[lamps] --runtime edge\nlamps")
    assert newest.get("/7") == (200, "7")


def test_the_cells_of_a_path_share_it(newest):
    newest.ok("%%route POST /x\nopen('/etc/hosts').read(3) and 'read'", cell="a")
    assert newest.get("/x", method="POST") == (200, "read")
    message = newest.refuses("%%route GET /x --runtime edge\n1", cell="b")
    assert "(POST /x), as %routes source shows it, line 2: return open(" in message
    newest.ok("%%route POST /x\n'posted'", cell="a")
    newest.ok("%%route GET /x --runtime edge\n1", cell="b")
    assert newest.refuses("%%route POST /x\nopen('/etc/hosts').read(3)", cell="a").startswith("line 2: open(")
    newest.ok("%%route GET /x\n1", cell="b")
    newest.ok("%%route POST /x\nopen('/etc/hosts').read(3) and 'read'", cell="a")
    assert newest.get("/x", method="POST") == (200, "read")


def test_what_a_module_replaces_is_not_asked(newest):
    newest.ok("%%route GET /x\nopen('/etc/hosts').read(3)", cell="a")
    newest.ok("%%route /x\nruntime = 'edge'\ndef GET(): return 'module'", cell="b")
    assert newest.get("/x") == (200, "module")


def test_the_guard_names_the_line_of_the_cell(kernel):
    shown = kernel.ok(
        "# a comment\n%%route GET /x --runtime edge\nsecret = '/etc/passwd'\n"
        "eval('open')(secret).read()  # edge: ignore[EDGE013]",
        cell="a",
    )
    status, text = kernel.get("/x")
    assert status == 500
    assert "line 4: eval('open')(secret).read()" in text
    assert "EDGE003 open '/etc/passwd': an edge isolate has no files" in text
    assert "root:" not in text
    kernel.listen(lambda: "EDGE003 open '/etc/passwd'" in shown.stdout)
    assert "EDGE003 open '/etc/passwd'" in kernel.ok("%routes log").text


#: What a handler tries that hides from the check.
HOSTILE = {
    "a host file": ("eval('open')('/etc/passwd').read()", 500),
    "the environment": ("import os\nlist(getattr(os, 'envi' + 'ron'))", 200),
    "a process": ("import os\ngetattr(os, 'sys' + 'tem')('touch edge-was-here')", 500),
    "connecting out": ("import socket\ngetattr(socket, 'create_conn' + 'ection')(('127.0.0.1', 9))", 500),
    "a thread": ("import threading\ngetattr(threading, 'Thr' + 'ead')(target=print).start()", 500),
    "the end of the process": ("import os, signal\ngetattr(os, 'ki' + 'll')(os.getpid(), signal.SIGKILL)", 500),
    "leaving": ("import sys\nsys.exit(1)", 500),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_handlers_are_refused_and_the_kernel_lives(newest, name):
    body, status = HOSTILE[name]
    newest.ok(f"%%route GET /x --runtime edge\n{body}")
    answer, text = newest.get("/x")
    assert answer == status
    if status == 200:
        assert text == "[]"
    elif name != "leaving":
        assert "EDGE0" in text
    assert newest.value("2 + 2") == 4
    assert newest.value("__import__('os').path.exists('edge-was-here')") is False


def test_cells_and_other_handlers_open_files_meanwhile(kernel):
    kernel.ok("import asyncio, os, subprocess, threading\nfree = asyncio.Event()\nbegun = threading.Event()")
    kernel.ok(
        "%%route GET /edge --runtime edge\nbegun.set()\nwhile not free.is_set():\n    await asyncio.sleep(0.01)\n"
        "try:\n    eval('open')('/etc/hosts')  # edge: ignore[EDGE013]\nexcept OSError as error:\n"
        "    return error.code\n'done'"
    )
    kernel.ok("%%route GET /plain\nwith open('/etc/hosts') as file:\n    text = file.read()\nlen(text) > 0")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(kernel.get("/edge")))
    thread.start()
    kernel.ok("assert begun.wait(20)")
    assert kernel.get("/plain") == (200, "true")
    shown = kernel.ok(
        "with open('mine', 'w') as file:\n    file.write('x')\n"
        "print(open.__name__, subprocess.check_output(['echo', 'x']), 'PATH' in os.environ)\n"
        "worker = threading.Thread(target=print, args=('threads',))\nworker.start()\nworker.join()"
    )
    assert "open b'x\\n' True" in shown.stdout
    kernel.ok("free.set()")
    thread.join(timeout=20)
    assert answers == [(200, "EDGE003")]


def test_a_slow_def_is_told_below_its_cell(newest):
    newest.ok("import time\nuntil = 0")
    shown = newest.ok(
        "%%route GET /x --runtime edge\nend = time.monotonic() + 0.5\nwhile time.monotonic() < end:\n    n = 1\n'slow'"
    )
    assert newest.get("/x") == (200, "slow")
    newest.listen(lambda: "would hold an edge isolate for over 100 ms" in shown.stdout)


def test_an_export_keeps_it_and_refuses_what_the_kernel_could_not_see(newest):
    newest.ok("with open('/etc/hosts') as file:\n    hosts = file.read()", cell="a")
    newest.ok("%%route GET /x --runtime edge\nhosts", cell="b")
    message = newest.refuses("%routes export shop")
    assert "line 1: with open('/etc/hosts') as file:\nEDGE003 open(...)" in message
    newest.ok("hosts = 'localhost'", cell="a")
    assert "app/x/route.py written" in newest.ok("%routes export shop").text
    assert 'runtime = "edge"' in newest.ok("print(open('shop/app/x/route.py').read())").stdout
    newest.ok("%routes remove /x\n%routes mount shop")
    assert newest.get("/x") == (200, "localhost")
    newest.ok("%routes mount --off shop")
