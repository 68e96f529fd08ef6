"""What schemathesis makes of the document: requests as it allows them, and as it does not, against a real server."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from notebook_routes.project.load import load_tree
from notebook_routes.project.openapi import openapi_document

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE = 200
CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"
#: Handlers that fail, wait or stream on purpose, or ask the other server.
ON_PURPOSE = r"^/(c|d|err|st|misc|m/nonfn|e/throw|e/stream)(/|$)"

ASKED = """\
import json

from notebook_routes import notebook

json.dumps([notebook.url(), notebook.openapi(), f"session={next(iter(carts))}"])
"""


@contextmanager
def serving(directory, log):
    """Serve a project in a process of its own; the address."""
    with log.open("w") as errors:
        program = subprocess.Popen(
            [
                sys.executable, "-m", "notebook_routes.tooling.cli", "serve", str(directory), "--port", "0",
                # Nobody reads its output, and a pipe that is full would stop it.
                "--no-access-log",
            ],
            stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
    try:
        line = program.stdout.readline()
        found = re.search(r":(\d+)\n$", line)
        assert found, (line, log.read_text())
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        program.terminate()
        program.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def shop():
    """The manual's shop in a kernel: the address of its server, its document, and the cookie of who has ordered."""
    import nbformat  # it takes a second, which every process that collects would wait
    from nbclient import NotebookClient

    notebook = nbformat.read(ROOT / "notebooks" / "shop.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(ASKED))
    client = NotebookClient(notebook, timeout=PATIENCE)
    with client.setup_kernel(env={**os.environ, "NOTEBOOK_ROUTES_PORT": "0", "NO_PROXY": "*"}):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        yield json.loads(ast.literal_eval(notebook.cells[-1].outputs[-1]["data"]["text/plain"]))


@pytest.fixture(scope="module")
def checked(tmp_path_factory, shop):
    """What schemathesis says of each, all begun at once: they are processes of their own, and take their time."""
    typed = tmp_path_factory.mktemp("typed") / "shop"
    place = typed / "app/products/[id]/route.py"
    place.parent.mkdir(parents=True)
    # The route that is checked by mypy as well.
    place.write_text((HERE.parent / "typing" / "route.py").read_text())

    def tree(directory, document, examples):
        folder = tmp_path_factory.mktemp("checked")
        with serving(directory, folder / "server.log") as address:
            return check(document, address, examples, folder)

    def notebook():
        address, document, cookie = shop
        return check(document, address, 25, tmp_path_factory.mktemp("checked"), "--header", f"Cookie: {cookie}")

    documents = {directory: openapi_document(load_tree(directory).routes) for directory in (HERE / "fixture", typed)}
    with ThreadPoolExecutor(3) as pool:
        yield {
            "fixture": pool.submit(tree, HERE / "fixture", documents[HERE / "fixture"], 3),
            "typed": pool.submit(tree, typed, documents[typed], 25),
            "notebook": pool.submit(notebook),
        }


@pytest.mark.parametrize("which", ["fixture", "typed", "notebook"])
def test_no_request_makes_a_server_error_or_an_answer_that_was_not_promised(which, checked):
    found = checked[which].result()
    assert found.returncode == 0, found.stdout + found.stderr
    generated = re.search(r"(\d+) generated", found.stdout)
    assert generated, found.stdout
    assert int(generated[1]) > 100


def check(described, address, examples, folder, *options):
    """Send what schemathesis makes of a document to a server, which has to keep its promises."""
    document = folder / "openapi.json"
    document.write_text(json.dumps(described))
    return subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", address,
            "--phases", "coverage,fuzzing", "--max-examples", str(examples), "--generation-deterministic",
            "--exclude-path-regex", ON_PURPOSE, "--checks", CHECKS, "--request-timeout", "20", "--no-color", *options,
        ],
        capture_output=True, text=True, check=False, cwd=folder, timeout=PATIENCE,
        env={**os.environ, "PYTHONUTF8": "1", "NO_PROXY": "*"},
    )  # fmt: skip
