"""The manual's notebooks, run cell by cell and compared with their saved outputs by nbval."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
#: The marks that Python puts under a line of a traceback differ from version to version.
SANITIZER = Path(__file__).with_name("nbval.cfg")


#: Runs a notebook in a process of its own: nbval's warnings are not ours to turn into errors.
NBVAL = (sys.executable, "-m", "pytest", "-q", "-p", "nbval.plugin", "-p", "no:cacheprovider", "-c", "/dev/null")
ENVIRONMENT = {
    **os.environ,
    # A cell remarks upon port 8000 being in use, which is no concern of the manual's.
    "NOTEBOOK_ROUTES_PORT": "0",
    "JPY_SESSION_NAME": "",
    # What else is installed for tests takes seconds to load.
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    # Nor is what this run was asked to say: a cell of 06 runs pytest.
    "PYTEST_ADDOPTS": "",
}


@pytest.fixture(scope="module")
def ran():
    """All notebooks, two at a time: a kernel waits a good deal."""

    def run(notebook):
        return subprocess.run(
            [*NBVAL, "--nbval", f"--nbval-sanitize-with={SANITIZER}", str(notebook)],
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )

    with ThreadPoolExecutor(2) as pool:
        yield {notebook: pool.submit(run, notebook) for notebook in NOTEBOOKS}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_says_what_it_did(notebook, ran):
    found = ran[notebook].result()
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
        "08_edge",
        "09_from_api_routes",
        "shop",
    ]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_carries_no_port(notebook):
    text = notebook.read_text(encoding="utf-8")
    assert "localhost:8" not in text
    assert "127.0.0.1:" not in text


def test_the_shop_can_be_run_again_in_the_same_kernel():
    import nbformat  # it takes a second, which every process that collects would wait
    from nbclient import NotebookClient

    notebook = nbformat.read(Path(__file__).parents[1] / "notebooks" / "shop.ipynb", as_version=4)
    notebook.cells *= 2
    NotebookClient(notebook, timeout=60).execute(env={**os.environ, "NOTEBOOK_ROUTES_PORT": "0"})
