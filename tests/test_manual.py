"""The manual's notebooks, run cell by cell and compared with their saved outputs by nbval."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_says_what_it_did(notebook):
    # In a process of its own: nbval's warnings are not ours to turn into errors.
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", str(notebook), "-q", "-p", "no:cacheprovider", "-c", "/dev/null"],
        capture_output=True, text=True, check=False,
        # A cell remarks upon port 8000 being in use, which is no concern of the manual's.
        env={**os.environ, "NOTEBOOK_ROUTES_PORT": "0", "JPY_SESSION_NAME": ""},
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-5000:]


def test_there_is_a_manual():
    assert [path.stem for path in NOTEBOOKS] == [
        "01_first_route",
        "02_streaming",
        "03_requests_and_responses",
        "04_middleware_and_cors",
        "05_caching",
        "06_export_and_serve",
        "07_inspector",
        "shop",
    ]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_carries_no_port(notebook):
    text = notebook.read_text(encoding="utf-8")
    assert "localhost:8" not in text
    assert "127.0.0.1:" not in text


def test_the_shop_can_be_run_again_in_the_same_kernel():
    notebook = nbformat.read(Path(__file__).parents[1] / "notebooks" / "shop.ipynb", as_version=4)
    notebook.cells *= 2
    NotebookClient(notebook, timeout=60).execute(env={**os.environ, "NOTEBOOK_ROUTES_PORT": "0"})
