"""The files of a Worker that are the same for each project."""

import ast
import tomllib

from notebook_routes.tooling.deploy.needs import Needs
from notebook_routes.tooling.deploy.worker_files import ENTRY, project_text


def test_the_entry_has_the_class_that_the_platform_calls():
    tree = ast.parse(ENTRY)
    (default,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    assert (default.name, ast.unparse(default.bases[0])) == ("Default", "WorkerEntrypoint")
    # What holds JavaScript is made for the first request, and all else is in the platform's snapshot.
    loaded = [ast.unparse(node.value) for node in tree.body if isinstance(node, ast.Assign)]
    assert "load_tree(SITE)" in loaded
    assert not [value for value in loaded if "EdgeApp" in value]


def test_what_python_modules_was_filled_with_is_in_the_project():
    needs = Needs(('lamp>=1; python_version > "3"', "pydantic<3,>=2.10"))
    found = tomllib.loads(project_text("my-shop", needs))
    assert found["project"]["name"] == "my-shop"
    assert found["project"]["requires-python"] == ">=3.14"
    assert found["project"]["dependencies"] == list(needs.requirements)
    assert found["dependency-groups"]["dev"] == ["workers-py", "workers-runtime-sdk"]
