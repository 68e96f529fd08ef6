"""What goes into a site with notebooks."""

import json

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.tooling.deploy.jupyterlite_contents import read_contents


@pytest.fixture
def write(tmp_path):
    def write(name, *cells, tags=()):
        written = [
            {"cell_type": "code", "metadata": {"tags": tags}, "execution_count": None, "outputs": [], "source": text}
            for text in cells
        ]
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        return path

    return write


def test_files_that_cells_name_go_along_and_no_others(write, tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("data/lamps.csv", "prices.json", "secret.txt", "photo.png"):
        (tmp_path / name).write_text("x")
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("x")
    lesson = write(
        "lesson.ipynb",
        "%load_ext notebook_routes\nprices = open('prices.json')",
        "%%route GET /lamps\nlist(csv.DictReader(open('data/../data/lamps.csv')))",
        "%%route GET /photo\nFileResponse('photo.png')",
        f"open('../outside.txt'); open({str(outside)!r}); open('missing.txt'); open('data')",
        "%%page /x\n<img src='secret.txt'>",
    )
    contents = read_contents([lesson])
    assert sorted(contents.files) == ["data/lamps.csv", "lesson.ipynb", "photo.png", "prices.json"]
    contents.copy(tmp_path / "copied")
    assert (tmp_path / "copied/data/lamps.csv").read_text() == "x"


def test_packages_that_cells_import_are_found_with_their_notebooks(write, tmp_path):
    (tmp_path / "mine.py").write_text("")
    one = write("one.ipynb", "import json, os.path, mine, pydantic\nfrom IPython.display import HTML")
    two = write(
        "two.ipynb", "%%time\nfrom pydantic import BaseModel", "%%route GET /x\nimport no_such_module\n1", "def ("
    )
    contents = read_contents([one, two])
    assert contents.packages == {
        "ipython": ["one.ipynb"],
        "pydantic": ["one.ipynb", "two.ipynb"],
        "no-such-module": ["two.ipynb"],
    }
    page = write("page.ipynb", "%%page /a --jinja\n{{ query }}", "%%page /b\n--jinja")
    assert read_contents([page]).packages == {"jinja2": ["page.ipynb"]}
    assert "mine.py" in contents.files


def test_what_is_included_goes_along_from_beside_a_notebook_only(write, tmp_path):
    lesson = write("course/lesson.ipynb", "open(name)")
    for name in ("data/a.csv", "data/deep/b.csv", "data/.hidden", "data/__pycache__/c.pyc", "one.txt"):
        path = tmp_path / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    course = tmp_path / "course"
    contents = read_contents([lesson], [course / "data", course / "one.txt"])
    assert sorted(contents.files) == ["data/a.csv", "data/deep/b.csv", "lesson.ipynb", "one.txt"]
    with pytest.raises(DefinitionError, match="no such file or folder"):
        read_contents([lesson], [course / "gone"])
    for elsewhere in (tmp_path, course):
        with pytest.raises(DefinitionError, match="stands beside a notebook"):
            read_contents([lesson], [elsewhere])


def test_mistakes_are_told(write, tmp_path):
    with pytest.raises(DefinitionError, match="a site needs a notebook"):
        read_contents([])
    with pytest.raises(DefinitionError, match=r"lesson\.ipynb is not there"):
        read_contents([tmp_path / "lesson.ipynb"])
    (tmp_path / "shop.py").write_text("")
    with pytest.raises(DefinitionError, match=r"shop\.py is no notebook"):
        read_contents([tmp_path / "shop.py"])
    first, second = write("a/lesson.ipynb"), write("b/lesson.ipynb")
    with pytest.raises(DefinitionError, match="rename one of them"):
        read_contents([first, second])
    assert list(read_contents([first, first]).files) == ["lesson.ipynb"]
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    with pytest.raises(DefinitionError, match=r"broken\.ipynb"):
        read_contents([broken])


def test_notebooks_with_cells_that_fail_on_purpose_are_named_in_one_remark(write):
    plain, kept = write("plain.ipynb", "1 / 1"), write("kept.ipynb", "1 / 1", tags=["keep"])
    assert read_contents([plain, kept]).remarks == ()
    one = write("one.ipynb", "1 / 0", "int('x')", tags=["raises-exception"])
    two = write("two.ipynb", "%%route GET /x\ncounter += 1", tags=["raises-exception"])
    (said,) = read_contents([plain, one, two, one]).remarks
    assert said.startswith("one.ipynb, two.ipynb: in the browser, Run All stops at a cell tagged raises-exception")
    assert "Run Selected Cell and All Below" in said


def test_cells_that_an_export_leaves_out_run_there_all_the_same(write, tmp_path):
    (tmp_path / "prices.json").write_text("{}")
    skipped = write("skipped.ipynb", "# routes: skip\nimport pydantic\nopen('prices.json')", tags=["skip"])
    failing = write("failing.ipynb", "import no_such_module", tags=["raises-exception"])
    contents = read_contents([skipped, failing])
    assert sorted(contents.files) == ["failing.ipynb", "prices.json", "skipped.ipynb"]
    assert contents.packages == {"pydantic": ["skipped.ipynb"]}
