"""The tests of exported trees, where nothing is installed but what `requirements.txt` says, and pytest."""

import os
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notebook_routes.project.export import export_tree
from notebook_routes.project.notebook_source import read_notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = [
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
    ROOT / "notebook_routes/tooling/quickstart.ipynb",
]
#: The tests of a tree need nothing of this machine's but its programs.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NOTEBOOK_ROUTES"))}


class CleanEnvironment:
    """A virtual environment with nothing in it."""

    def __init__(self, folder):
        venv.create(folder, with_pip=False)
        self.python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def install(self, *what):
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "--disable-pip-version-check"]
        done = subprocess.run(
            [*pip, "install", "--quiet", "--no-compile", *map(str, what)],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if done.returncode:
            said = f"{', '.join(map(str, what))} cannot be installed:\n{done.stderr[-2000:]}"
            if os.environ.get("CI") == "true":
                pytest.fail(said)
            pytest.skip(said)

    def installed(self):
        code = "from importlib.metadata import distributions\nprint(*{each.name.lower() for each in distributions()})"
        return set(self._run("-c", code).stdout.split())

    def test(self, tree):
        """Run the tests of a tree from within it, as its owner does."""
        return self._run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tree)

    def _run(self, *command, cwd=None):
        return subprocess.run(
            [str(self.python), *command],
            capture_output=True, text=True, check=False, timeout=100, cwd=cwd, env=ENVIRONMENT,
        )  # fmt: skip


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """What all trees need: this project, which no registry has yet, and pytest."""
    environment = CleanEnvironment(tmp_path_factory.mktemp("clean") / "environment")
    environment.install(ROOT, "pytest")
    return environment


def exported(notebook, folder):
    tree = folder / notebook.stem
    export_tree(read_notebook(notebook), tree, replay=False)
    return tree


def test_the_shop_needs_what_its_requirements_say(environment, tmp_path):
    tree = exported(ROOT / "notebooks/shop.ipynb", tmp_path)
    environment.install("-r", tree / "requirements.txt")
    assert {"pandas", "jinja2", "uvicorn", "hypothesis"}.isdisjoint(environment.installed())
    found = environment.test(tree)
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr
    assert " passed" in found.stdout


def test_so_do_the_others(environment, tmp_path):
    trees = [exported(notebook, tmp_path) for notebook in NOTEBOOKS if notebook.stem != "shop"]
    environment.install(*(part for tree in trees for part in ("-r", tree / "requirements.txt")))
    with ThreadPoolExecutor(2) as pool:
        found = zip(trees, pool.map(environment.test, trees), strict=True)
        failed = {tree.name: each.stdout[-3000:] + each.stderr for tree, each in found if each.returncode}
    assert failed == {}
