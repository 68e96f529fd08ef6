"""The check of `runtime = "edge"`: for each rule what breaks it, and what looks like it and does not."""

from __future__ import annotations

import sys
import textwrap
import time

import pytest

from notebook_routes.errors import CellError, EdgeRefused
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.edge import RULES, check_text, refuse
from notebook_routes.runtime.edge import check as floor


def found(code, *, in_function=True, first_line=2):
    text = CellText.read(textwrap.dedent(code).strip("\n"), first_line=first_line)
    return check_text(text, in_function=in_function).findings


def codes(code, **how):
    return [finding.rule.code for finding in found(code, **how)]


#: By rule: bodies of handlers that break it, and bodies that break none.
BODIES = {
    "EDGE000": (
        ["1  # edge: ignore[EDGE999]", "1  # edge: ignore", "1  # edge: ignore[]", "1  # edge: ignore[EDGE003, E3]"],
        ["1  # edge: ignore[EDGE003]", "'# edge: ignore[EDGE999]'", "1  # the edge: ignored by many"],
    ),
    "EDGE001": (
        [
            "import tkinter",
            "import curses.ascii",
            "from pwd import getpwnam",
            "import importlib\nimportlib.import_module('tkinter')",
        ],
        [
            "import json",
            "try:\n    import resource\nexcept ImportError:\n    resource = None",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import tkinter",
            "tkinter = 1\ntkinter",
        ],
    ),
    "EDGE002": (
        ["import numpy", "import numpy as np", "from pandas import DataFrame", "import pandas.testing"],
        ["import pydantic", "import json", "from html import escape", "import no_such_package_at_all"],
    ),
    "EDGE003": (
        [
            "open('x')",
            "open('x', 'rb')",
            "with open('x') as file:\n    file.read()",
            "from builtins import open as o\no('x')",
            "import io\nio.open('x')",
            "import os\nos.listdir('.')",
            "from os import path\npath.exists('x')",
            "import os.path as p\np.getsize('x')",
            "from pathlib import Path\nPath('x').read_text()",
            "import pathlib\np = pathlib.Path('a') / 'b'\np.parent.iterdir()",
            "from pathlib import Path\n(Path.cwd() / 'x').exists()",
            "import gzip\ngzip.open('x.gz')",
            "import zipfile\nzipfile.ZipFile(f'{1}.zip')",
            "import functools\nfunctools.partial(open, 'x')",
            "[open(name) for name in ('a', 'b')]",
            "from notebook_routes import FileResponse\nFileResponse('x', root='.')",
        ],
        [
            "def open(x): return x\nopen('x')",
            "open = len\nopen('x')",
            "lambda open: open('x')",
            "import io\nio.BytesIO(b'x').read()",
            "import gzip\nimport io\ngzip.open(io.BytesIO(b''))",
            "import sqlite3\nsqlite3.connect(':memory:')",
            "import os\nos.path.join('a', 'b')",
            "from pathlib import PurePath\nPurePath('a').name",
            "from pathlib import Path\nPath('a').suffix",
            "shop.open('x')",
            "p = 1\np.read_text()",
            "from mine import Path\nPath('x').read_text()",
        ],
    ),
    "EDGE004": (
        [
            "open('x', 'w')",
            "open('x', mode='a')",
            "import os\nos.makedirs('x')",
            "import os\nos.remove('x')",
            "import shutil\nshutil.rmtree('x')",
            "import tempfile\ntempfile.mkdtemp()",
            "from pathlib import Path\nPath('x').write_text('y')",
            "from pathlib import Path\nPath('x').open('w')",
            "import sqlite3\nsqlite3.connect('shop.db')",
            "import logging\nlogging.basicConfig(filename='x')",
        ],
        ["import logging\nlogging.basicConfig(level=10)", "import logging\nlogging.info('x')", "'x'.replace('a', 'b')"],
    ),
    "EDGE005": (
        [
            "import subprocess\nsubprocess.run(['ls'])",
            "from subprocess import check_output as co\nco('ls')",
            "import os\nos.system('ls')",
            "from os import popen\npopen('ls')",
            "import os\nos._exit(1)",
            "import multiprocessing\nmultiprocessing.Process()",
            "import asyncio\nawait asyncio.create_subprocess_exec('ls')",
            "import signal\nsignal.alarm(1)",
        ],
        ["import subprocess\nsubprocess.CalledProcessError", "import signal\nsignal.SIGTERM", "shop.run(['ls'])"],
    ),
    "EDGE006": (
        [
            "import threading\nthreading.Thread(target=print).start()",
            "from threading import Timer\nTimer(1, print)",
            "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as pool:\n    pool",
            "import asyncio\nawait asyncio.to_thread(print)",
            "import asyncio\nloop = asyncio.get_running_loop()\nawait loop.run_in_executor(None, print)",
            "import threading\nclass Mine(threading.Thread):\n    pass",
        ],
        [
            "import threading\nthreading.Lock()",
            "import threading\nisinstance(1, threading.Thread)",
            "import asyncio\nawait asyncio.gather()",
            "import queue\nqueue.Queue()",
            "import threading\ndef f(t: threading.Thread): return t",
        ],
    ),
    "EDGE007": (
        [
            "import socket\nsocket.create_connection(('a', 1))",
            "from urllib.request import urlopen\nurlopen('http://a')",
            "import http.client\nhttp.client.HTTPSConnection('a')",
            "import requests",
            "from http import server",
            "import smtplib",
            "import asyncio\nawait asyncio.open_connection('a', 1)",
            "import httpx2\nhttpx2.get('http://a')",
        ],
        [
            "from notebook_routes import fetch\nawait fetch('http://a')",
            "from urllib.parse import quote\nquote('a')",
            "from urllib.request import Request\nRequest('http://a')",
            "from http import HTTPStatus\nHTTPStatus.OK",
            "import httpx2\nhttpx2.AsyncClient()",
        ],
    ),
    "EDGE008": (
        [
            "import time\ntime.sleep(1)",
            "from time import sleep\nsleep(1)",
            "import asyncio\nasyncio.run(f())",
            "input()",
            "breakpoint()",
            "import time as t\ndef wait():\n    t.sleep(1)\nwait()",
        ],
        ["import asyncio\nawait asyncio.sleep(1)", "import time\ntime.time()", "sleep = print\nsleep(1)"],
    ),
    "EDGE009": (
        ["import ctypes\nctypes.CDLL(None)", "from ctypes import cdll\ncdll.LoadLibrary('c')"],
        ["import ctypes\nctypes.c_int(1)", "import struct\nstruct.pack('i', 1)"],
    ),
    "EDGE010": (
        ["import hashlib\nhashlib.pbkdf2_hmac('sha256', b'', b'', 1)", "from hashlib import scrypt\nscrypt(b'')"],
        ["import hashlib\nhashlib.sha256(b'')", "import os\nos.cpu_count()"],
    ),
    "EDGE013": (
        ["eval('1')", "exec('x = 1')", "compile('1', 'x', 'eval')", "map(eval, [])"],
        ["import re\nre.compile('a')", "import ast\nast.literal_eval('1')", "frame.eval('a > 1')"],
    ),
    "EDGE014": (
        ["import os\nos.environ['X']", "from os import environ\nenviron.get('X')", "import os\nos.getenv('X')"],
        ["import os\nos.sep", "environ = {}\nenviron['X']"],
    ),
    "EDGE015": (
        ["from zoneinfo import ZoneInfo\nZoneInfo('Europe/Berlin')"],
        ["from datetime import timezone\ntimezone.utc"],
    ),
    "EDGE016": (
        ["global counter\ncounter += 1", "def f():\n    global counter\n    counter = 1\nf()"],
        ["global counter\ncounter", "counter = 1\ncounter += 1", "cart['a'] = 1"],
    ),
}  # fmt: skip
#: The same for whole modules.
MODULES = {
    "EDGE011": (
        [
            "import random\nX = random.random()",
            "from random import choice\nX = choice([1])",
            "import uuid\nclass A:\n    id = uuid.uuid4()",
            "import secrets\ndef GET(token=secrets.token_hex()): ...",
            "import os\nKEY = os.urandom(8)",
            "import random\nR = random.Random()",
            "import secrets\ndef key():\n    return secrets.token_hex()\ndef make():\n    return key()\nKEY = make()",
        ],
        [
            "import random\ndef GET(): return random.random()",
            "import random\nR = random.Random(7)",
            "import uuid\nX = uuid.UUID(int=1)",
            "import uuid\nX = uuid.uuid5(uuid.NAMESPACE_DNS, 'a')",
            "import secrets\nF = lambda: secrets.token_hex()",
            "import secrets\ndef key():\n    return secrets.token_hex()\ndef GET(): return key()",
        ],
    ),
    "EDGE012": (
        [
            "import time\nSTARTED = time.time()",
            "from datetime import datetime\nSTARTED = datetime.now()",
            "import datetime\nTODAY = datetime.date.today()",
            "import time\nNOW = time.strftime('%H')",
            "import time\ndef now():\n    return time.time()\nSTARTED = now()",
        ],
        [
            "import time\ndef GET(): return time.time()",
            "from datetime import datetime\nX = datetime(2020, 1, 1)",
            "import time\nX = time.strftime('%H', time.gmtime(0))",
        ],
    ),
    "EDGE016": (
        ["n = 0\ndef GET():\n    global n\n    n += 1\n    return n"],
        ["n = 0\nn += 1\ndef GET(): return n"],
    ),
}  # fmt: skip


def pairs(table, place):
    return [(code, text) for code, texts in table.items() for text in texts[place]]


@pytest.mark.parametrize(("code", "body"), pairs(BODIES, 0))
def test_it_is_found_in_a_body(code, body):
    assert set(codes(body)) == {code}


@pytest.mark.parametrize(("code", "body"), pairs(BODIES, 1))
def test_it_only_looks_like_it(code, body):
    assert codes(body) == []


@pytest.mark.parametrize(("code", "module"), pairs(MODULES, 0))
def test_it_is_found_in_a_module(code, module):
    assert set(codes(module, in_function=False)) == {code}


@pytest.mark.parametrize(("code", "module"), pairs(MODULES, 1))
def test_in_a_module_it_only_looks_like_it(code, module):
    assert codes(module, in_function=False) == []


@pytest.mark.parametrize("code", ["EDGE011", "EDGE012"])
def test_what_a_body_does_is_done_when_a_request_comes_in(code):
    for module in MODULES[code][0]:
        assert codes(f"def GET():\n{textwrap.indent(module, '    ')}", in_function=False) == []


def test_each_rule_is_tried_and_documented():
    tried = BODIES.keys() | MODULES.keys() | {"EDGE017", "EDGE018"}
    assert tried == RULES.keys()
    documented = sys.modules["notebook_routes.runtime.edge.rules"].__doc__
    for code, rule in RULES.items():
        (line,) = (line for line in documented.splitlines() if line.strip().startswith(code))
        assert ("warning" not in line) is rule.refuses


def test_size(monkeypatch):
    monkeypatch.setattr(floor, "TOO_LARGE", 1_200_000)
    assert codes("x = '" + "a" * 1_000_000 + "'") == []
    assert codes("x = '" + "a" * 1_100_000 + "'\nopen('x')") == ["EDGE017", "EDGE003"]
    (finding,) = found("not even Python" * 100_000)
    assert (finding.rule.code, finding.line) == ("EDGE018", 0)
    assert str(finding).startswith("EDGE018 1.4 MiB: no platform takes")


# Lines, and comments that overrule


def test_a_finding_has_the_line_of_the_cell_and_what_to_write():
    (finding,) = found("x = 1\nopen('prices.csv')", first_line=4)
    assert finding.line == 5
    assert str(finding) == (
        "line 5: open('prices.csv')\n"
        "EDGE003 open(...): an edge isolate has no files; hold the data in the module, or ask for it with "
        "await fetch(...)"
    )
    assert finding.remark.startswith("EDGE003 open(...) (line 5): an edge isolate")


def test_a_comment_on_the_line_overrules_its_rule_alone():
    assert codes("open('x')  # edge: ignore[EDGE003]") == []
    assert codes("open('x')  # edge: ignore[edge003, EDGE004]") == []
    assert codes("open('x')  # edge: ignore[EDGE004]") == ["EDGE003"]
    assert codes("open(\n    'x',\n)  # edge: ignore[EDGE003]") == []
    assert codes("# edge: ignore[EDGE003]\nopen('x')") == ["EDGE003"]
    assert codes("open('x')\nopen('y')  # edge: ignore[EDGE003]") == ["EDGE003"]


def test_an_unknown_code_is_told_and_overrules_nothing():
    finding, other = found("open('x')  # edge: ignore[EDGE03]")
    assert {finding.rule.code, other.rule.code} == {"EDGE000", "EDGE003"}
    told = next(each for each in (finding, other) if each.rule.code == "EDGE000")
    assert told.remark == "EDGE000 EDGE03 (line 2): no rule of the edge has this code; write # edge: ignore[EDGE003]"


def test_errors_refuse_all_at_once_and_warnings_are_given_back():
    findings = found("import os\nos.environ['x']\nopen('x')\nos.system('ls')")
    with pytest.raises(EdgeRefused) as refused:
        refuse(findings)
    assert [finding.rule.code for finding in refused.value.findings] == ["EDGE003", "EDGE005"]
    assert "line 4: open('x')\n" in str(refused.value)
    assert "line 5: os.system('ls')\n" in str(refused.value)
    assert [finding.rule.code for finding in refuse(findings[:1])] == ["EDGE014"]


def test_what_is_no_python_is_a_cell_error():
    with pytest.raises(CellError, match="line 2"):
        found("open(")


@pytest.mark.parametrize(
    "body",
    [
        "p = p / 'x'\np.read_text()",
        "a = b\nb = a\na()",
        "import os\nos = os\nos.getcwd()",
        "match x:\n    case {'a': open, **rest}:\n        open()",
        "[f := open, f]",
        "try:\n    1\nexcept* ValueError as open:\n    open()",
    ],
)
def test_names_that_go_round_or_are_bound_oddly_mean_nothing(body):
    assert codes(body) == []


def test_it_takes_milliseconds():
    body = "\n".join(
        f"def f{n}(x):\n    y = [shop.get(i) for i in range(x)]\n    return {{'a': y, 'n': {n}}}" for n in range(100)
    )
    assert codes(body) == []
    took = min(_seconds(body) for _ in range(3))
    assert took < 0.25


def _seconds(body):
    began = time.thread_time()
    codes(body)
    return time.thread_time() - began


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import os\ngetattr(os, 'system')('ls')", "EDGE005"),
        ("__import__('os').system('ls')", "EDGE005"),
        ("import importlib\nshell = importlib.import_module('os')\nshell.system('ls')", "EDGE005"),
        ("class Door:\n    open = None\n    def read(self):\n        return open('x')", "EDGE003"),
    ],
)
def test_a_name_that_is_reached_another_way_is_the_same(body, code):
    assert codes(body) == [code]


@pytest.mark.parametrize(
    "body",
    [
        "import io, shutil\nshutil.copyfileobj(io.BytesIO(b'x'), io.BytesIO())",
        "import tempfile\ntempfile.SpooledTemporaryFile().write(b'x')",
        "import glob\nglob.escape('*')",
        "import logging.handlers\nlogging.handlers.MemoryHandler(10)",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import numpy",
        "if __name__ == '__main__':\n    import uvicorn\n    uvicorn.run('shop')",
        "class Door:\n    open = print\n    print(open('x'))",
    ],
)
def test_what_works_in_the_isolate_or_never_runs_is_no_finding(body):
    assert codes(body) == codes(body, in_function=False) == []


def test_what_a_program_would_not_do_counts():
    assert codes("if __name__ != '__main__':\n    open('x')") == ["EDGE003"]
    assert codes("if __name__ == '__main__':\n    pass\nelse:\n    open('x')") == ["EDGE003"]


def test_beside_a_block_that_may_fail_an_import_has_to_work():
    assert codes("from contextlib import suppress\nwith suppress(KeyError):\n    import numpy") == ["EDGE002"]
    assert codes("from contextlib import suppress\nwith suppress(ImportError):\n    pass\nimport numpy") == ["EDGE002"]
