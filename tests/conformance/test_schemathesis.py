"""What schemathesis makes of the document: requests as it allows them, and as it does not, against a real server."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from notebook_routes.project.load import load_tree
from notebook_routes.project.openapi import openapi_document

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE = 200
CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"
#: Handlers that fail, wait or stream on purpose, or ask the other server.
ON_PURPOSE = r"^/(c|d|err|st|misc|m/nonfn)(/|$)"

ASKED = """\
import json

from notebook_routes import notebook

json.dumps([notebook.url(), notebook.openapi(), f"session={next(iter(carts))}"])
"""


@pytest.fixture
def serve(tmp_path):
    """Serve a project in a process of its own; the address."""
    started = []

    def start(directory):
        log = tmp_path / "server.log"
        with log.open("w") as errors:
            program = subprocess.Popen(
                [
                    sys.executable, "-m", "notebook_routes.tooling.cli", "serve", str(directory), "--port", "0",
                    # Nobody reads its output, and a pipe that is full would stop it.
                    "--no-access-log",
                ],
                stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"},
            )  # fmt: skip
        started.append(program)
        line = program.stdout.readline()
        found = re.search(r":(\d+)\n$", line)
        assert found, (line, log.read_text())
        return f"http://127.0.0.1:{found[1]}"

    yield start
    for program in started:
        program.terminate()
        program.communicate(timeout=PATIENCE)


@pytest.fixture
def typed(tmp_path):
    """A project of the route that is checked by mypy as well."""
    place = tmp_path / "shop/app/products/[id]/route.py"
    place.parent.mkdir(parents=True)
    place.write_text((HERE.parent / "typing" / "route.py").read_text())
    return tmp_path / "shop"


@pytest.fixture
def shop():
    """The manual's shop in a kernel: the address of its server, its document, and the cookie of who has ordered."""
    notebook = nbformat.read(ROOT / "notebooks" / "shop.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(ASKED))
    client = NotebookClient(notebook, timeout=PATIENCE)
    with client.setup_kernel(env={**os.environ, "NOTEBOOK_ROUTES_PORT": "0", "NO_PROXY": "*"}):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        yield json.loads(ast.literal_eval(notebook.cells[-1].outputs[-1]["data"]["text/plain"]))


@pytest.mark.parametrize(("which", "examples"), [("fixture", 3), ("typed", 25)])
def test_no_request_makes_a_server_error_or_an_answer_that_was_not_promised(which, examples, serve, request, tmp_path):
    directory = HERE / "fixture" if which == "fixture" else request.getfixturevalue("typed")
    check(openapi_document(load_tree(directory).routes), serve(directory), examples, tmp_path)


def test_nor_does_a_notebook_s(shop, tmp_path):
    address, document, cookie = shop
    check(document, address, 25, tmp_path, "--header", f"Cookie: {cookie}")


def check(described, address, examples, folder, *options):
    """Send what schemathesis makes of a document to a server, which has to keep its promises."""
    document = folder / "openapi.json"
    document.write_text(json.dumps(described))
    found = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", address,
            "--phases", "coverage,fuzzing", "--max-examples", str(examples), "--generation-deterministic",
            "--exclude-path-regex", ON_PURPOSE, "--checks", CHECKS, "--request-timeout", "20", "--no-color", *options,
        ],
        capture_output=True, text=True, check=False, cwd=folder, timeout=PATIENCE,
        env={**os.environ, "PYTHONUTF8": "1", "NO_PROXY": "*"},
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    generated = re.search(r"(\d+) generated", found.stdout)
    assert generated, found.stdout
    assert int(generated[1]) > 100
