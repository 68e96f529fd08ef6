"""Files beside the exported ones: named, and, where they answer what the notebook does not, a disagreement."""

import pytest

from notebook_routes.project.export import described, export_tree
from notebook_routes.project.notebook_source import NotebookSource, SourceCell

SOURCE = NotebookSource("shop.ipynb", (SourceCell("%%route GET /a\n1", "cell 1"),))


@pytest.fixture
def root(tmp_path):
    export_tree(SOURCE, tmp_path / "shop", replay=False)
    return tmp_path / "shop"


def check(root):
    return export_tree(SOURCE, root, check_only=True, replay=False)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("app/b/[id]/route.py", "app/b/[id]/route.py is not from shop.ipynb, and answers /b/[id]"),
        ("app/a/page.html", "app/a/page.html is not from shop.ipynb, and answers /a"),
        ("middleware.py", "middleware.py is not from shop.ipynb, and stands in front of all routes"),
    ],
)
def test_what_answers_more_than_the_notebook_does_not_agree(root, path, said):
    assert check(root).agrees
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("def GET(): ...")
    told = check(root)
    assert not told.agrees
    assert described(told, check_only=True) == said
    done = export_tree(SOURCE, root, replay=False)
    assert described(done) == f"{root} is up to date\n{said}"
    assert (root / path).exists()


@pytest.mark.parametrize("path", ["app/lib/text.py", "app/_lib/route.py", "app/a/notes.md"])
def test_what_answers_nothing_is_only_named(root, path):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("x = 1")
    told = check(root)
    assert told.agrees
    assert f"{path} is not from shop.ipynb" in described(told, check_only=True).split("\n")


def test_what_python_leaves_behind_and_hidden_files_are_nobodys(root):
    for path in ("app/a/__pycache__/route.pyc", "app/.hidden", "app/.git/config", "README.md"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).touch()
    assert described(check(root), check_only=True) == f"{root} is up to date"


def test_a_file_of_a_cell_that_is_gone_is_no_foreign_one(root):
    other = NotebookSource("shop.ipynb", (SourceCell("%%route GET /b\n1", "cell 1"),))
    told = export_tree(other, root, check_only=True, replay=False)
    assert "is not from" not in described(told, check_only=True)


def test_a_folder_of_a_wrong_name_does_not_stop_it(root):
    (root / "app/[id").mkdir()
    (root / "app/[id/route.py").touch()
    assert "app/[id/route.py is not from shop.ipynb" in described(check(root), check_only=True)
