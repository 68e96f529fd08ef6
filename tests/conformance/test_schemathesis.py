"""What schemathesis makes of the document: requests as it allows them, and as it does not, against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_routes.project.load import load_tree
from notebook_routes.project.openapi import openapi_document

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE = 120
CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"
#: Handlers that fail, wait or stream on purpose, or ask the other server.
ON_PURPOSE = r"^/(c|d|err|st|misc|m/nonfn)(/|$)"


@pytest.fixture
def serve(tmp_path):
    """Serve a project in a process of its own; the address."""
    started = []

    def start(directory):
        log = tmp_path / "server.log"
        with log.open("w") as errors:
            program = subprocess.Popen(
                [sys.executable, "-m", "notebook_routes.tooling.cli", "serve", str(directory), "--port", "0"],
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


@pytest.mark.parametrize(("which", "examples"), [("fixture", 3), ("typed", 25)])
def test_no_request_makes_a_server_error_or_an_answer_that_was_not_promised(which, examples, serve, request, tmp_path):
    directory = HERE / "fixture" if which == "fixture" else request.getfixturevalue("typed")
    app = load_tree(directory)
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(openapi_document(app.routes)))
    found = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", serve(directory),
            "--phases", "coverage,fuzzing", "--max-examples", str(examples), "--generation-deterministic",
            "--exclude-path-regex", ON_PURPOSE, "--checks", CHECKS, "--request-timeout", "20", "--no-color",
        ],
        capture_output=True, text=True, check=False, cwd=tmp_path, timeout=PATIENCE,
        env={**os.environ, "PYTHONUTF8": "1", "NO_PROXY": "*"},
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    generated = re.search(r"(\d+) generated", found.stdout)
    assert generated, found.stdout
    assert int(generated[1]) > 100
