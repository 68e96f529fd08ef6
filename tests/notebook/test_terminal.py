"""The magics in IPython's terminal, typed line by line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PROMPT = re.compile(r"^(?:In \[\d+\]: |   +\.\.\.: )+", re.MULTILINE)


@pytest.fixture
def terminal(tmp_path):
    """Types cells into a terminal, each ended as IPython wants it, and leaves; what it said, without prompts."""

    def type_in(*cells):
        typed = "".join(cell + ("\n\n\n" if "\n" in cell else "\n") for cell in cells)
        command = [sys.executable, "-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=NoColor"]
        environment = {"IPYTHONDIR": str(tmp_path), "NOTEBOOK_ROUTES_PORT": "0", "PYTHONIOENCODING": "utf-8"}
        ran = subprocess.run(
            [*command, "--simple-prompt"],
            input=typed,
            capture_output=True,
            encoding="utf-8",
            env=os.environ | environment | {"PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0
        assert ran.stderr == ""
        return [line for line in _PROMPT.sub("", ran.stdout).splitlines() if line.strip()]

    return type_in


def test_the_first_minutes(terminal):
    said = terminal(
        "%load_ext notebook_routes",
        'products = {"1": {"name": "Lamp"}}',
        "%%route GET /products/[id]\nprint('asked for', id)\nproducts.get(id) or not_found()",
        '%%request GET /products/1 as lamp\n?? json["name"] == "Lamp"',
        "%%route GET /things/[id]\nproducts[id]",
        "%routes",
        "lamp.status",
    )
    assert said == [
        "GET /products/[id]  new",
        "asked for 1",
        "Out[4]: ",
        "200 OK · application/json",
        '{"name":"Lamp"}',
        '✓ json["name"] == "Lamp"',
        "GET /things/[id]  new",
        "METHOD  PATH            CONFIG",
        "GET     /products/[id]",
        "GET     /things/[id]",
        "Out[7]: 200",
    ]


def test_refusals_and_tracebacks(terminal):
    said = terminal(
        "%load_ext notebook_routes",
        "%%route GET /x\ncounter += 1",
        "%%route GET /x\nx = 1\n1/0",
        "%request GET /x",
        "%%route GET /empty\n",
    )
    assert said[0] == "CellError: line 2: counter += 1"
    assert 'write "global counter"' in said[1]
    assert said[2:7] == [
        "GET /x  new",
        "Out[4]: ",
        "500 Internal Server Error · text/plain; charset=utf-8",
        "Traceback (most recent call last):",
        '  File "<GET /x>", line 3, in GET',
    ]
    assert said[-1].startswith("CellError: the cell has no code")


def test_a_terminal_is_left_while_handlers_run(terminal):
    said = terminal(
        "%load_ext notebook_routes",
        "import threading, urllib.request, notebook_routes.notebook as nr",
        "begun = threading.Event()",
        "%%route GET /busy\nbegun.set()\nwhile True: pass",
        "asking = threading.Thread(target=lambda: urllib.request.urlopen(nr.url() + '/busy'), daemon=True)",
        "threading.excepthook = lambda _: None",
        "asking.start()",
        "begun.wait(30)",
    )
    assert said == ["GET /busy  new", "Out[8]: True"]


def test_unloading_gives_the_terminal_back(terminal):
    said = terminal(
        "%load_ext notebook_routes",
        "%%route GET /x\n1",
        "%unload_ext notebook_routes",
        "'Response' in dir(), type(__import__('sys').stdout).__name__",
    )
    assert said == ["GET /x  new", "Out[4]: (False, 'TextIOWrapper')"]


def test_a_page_is_a_line_in_a_terminal(terminal):
    said = terminal(
        "%load_ext notebook_routes",
        "%%page /shop\n<h1>Shop</h1>",
        "%request GET /shop",
        "%%page /shop\n<h1>Again</h1>",
        "%unload_ext notebook_routes",
        # IPython has a line magic of this name, which is none of our business.
        "magics = get_ipython().magics_manager.magics",
        "'page' in magics['cell'], 'page' in magics['line']",
    )
    assert said == [
        "GET /shop  new",
        "Out[3]: ",
        "200 OK · text/html; charset=utf-8",
        "<h1>Shop</h1>",
        "GET /shop  updated",
        "Out[7]: (False, True)",
    ]
