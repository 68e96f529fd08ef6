"""What the tests of the codemods share."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from notebook_routes.project.load import load_tree
from notebook_routes.tooling.codemod.run import run_codemod
from tests.files import write_files

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def write(tmp_path):
    """Write files below the test's folder, from their texts by path."""
    return lambda files, root=tmp_path: write_files(root, files)


@pytest.fixture
def golden(tmp_path):
    """A copy of what a codemod reads, and the texts that it is to write, by path."""

    def golden(name):
        shutil.copytree(GOLDEN / name / "before", tmp_path / name)
        return tmp_path / name, texts_below(GOLDEN / name / "after")

    return golden


@pytest.fixture
def converting(write, tmp_path):
    """For a codemod of programs, what gives the files of a program after it, and its outcome."""

    def converting(codemod, top):
        def convert(rest, top=top):
            outcome = run_codemod(codemod, write({"prog.py": top + rest}) / "prog.py")
            folder = tmp_path / "prog_routes"
            return texts_below(folder) if folder.exists() else {}, outcome

        return convert

    return converting


def texts_below(root):
    """The texts of all files of a folder, by path."""
    return {str(file.relative_to(root)): file.read_text(encoding="utf-8") for file in root.rglob("*") if file.is_file()}


class Asked:
    """What a tree has answered."""

    def __init__(self, response):
        self.status = response.status
        self.text = (response.content or b"").decode()
        self.headers = response.headers
        is_json = response.headers.get("content-type", "").startswith("application/json")
        self.json = json.loads(self.text) if is_json and self.text else None


@pytest.fixture
def asking():
    """A function that asks the tree of a folder: `ask("POST", "/users", json={...})`."""

    def asking(root, *, explain=False):
        app = load_tree(root, strict=True, explain=explain)

        def ask(method, target, *, json_body=None, headers=None, body=None):
            headers = dict(headers or {})
            if json_body is not None:
                body = json.dumps(json_body)
                headers["content-type"] = "application/json"
            return Asked(asyncio.run(app.request(target, method=method, headers=headers, body=body)))

        return ask

    return asking
