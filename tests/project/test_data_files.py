"""Files that the code of a notebook opens: told, found where they will be, and copied on request."""

import json
import os
import sqlite3
import textwrap

import pytest

from notebook_routes.errors import ExportError
from notebook_routes.project.export import described, export_tree
from notebook_routes.project.manifest import MANIFEST_FILE
from notebook_routes.project.notebook_source import NotebookSource, SourceCell
from notebook_routes.project.replay import TreeClient

READS = (
    "with open('data/items.csv') as file:\n    items = file.read()",
    "%%route GET /items\nitems",
    "%%request GET /items\n?? text == 'Lamp'",
)


@pytest.fixture
def folder(tmp_path):
    """The notebook's folder."""
    folder = tmp_path / "notebooks"
    (folder / "data").mkdir(parents=True)
    (folder / "data/items.csv").write_text("Lamp")
    return folder


@pytest.fixture
def root(tmp_path):
    return tmp_path / "shop"


@pytest.fixture
def export(folder, root):
    def export(*texts, **how):
        cells = [SourceCell(textwrap.dedent(text).strip("\n"), f"cell {n}") for n, text in enumerate(texts, 1)]
        return export_tree(NotebookSource("shop.ipynb", tuple(cells), folder=folder), root, **how)

    return export


def asked(root):
    return json.loads((root / MANIFEST_FILE).read_text()).get("asked", [])


def test_a_file_that_is_not_in_the_tree_is_named_with_its_cell_and_the_option(export, root):
    with pytest.raises(ExportError) as error:
        export(*READS)
    said = str(error.value)
    assert "FileNotFoundError: [Errno 2] No such file or directory: 'data/items.csv'" in said
    assert 'File "app/items/route.py", line ' in said
    assert (
        f"cell 1, line 1 opens data/items.csv (4 bytes), which is beside the notebook and not in {root}: "
        "copy it there, or export with --copy-files" in said
    )
    assert not root.exists()


def test_on_request_they_go_with_the_tree_which_works_from_anywhere(export, root, monkeypatch, tmp_path):
    done = export(*READS, copy_files=True)
    assert "data/items.csv" in done.written
    assert "cell 1, line 1 opens data/items.csv: it goes with the files (4 bytes)" in described(done)
    assert (root / "data/items.csv").read_text() == "Lamp"
    monkeypatch.chdir(tmp_path)
    with TreeClient(root) as client:
        assert client.send("GET /items").text == "Lamp"
    assert os.getcwd() == str(tmp_path)  # noqa: PTH109 - a text is compared


def test_a_later_export_keeps_them_up_to_date_and_check_looks_at_them(export, folder, root):
    export(*READS, copy_files=True)
    assert export(*READS, check_only=True).agrees
    (folder / "data/items.csv").write_text("Lamp")
    (folder / "data/more.csv").write_text("x")
    cells = ("open('data/more.csv').read()  # routes: keep", *READS[:2])
    assert set(export(*cells).written) >= {"data/more.csv"}
    (folder / "data/more.csv").write_text("y")
    told = export(*cells, check_only=True)
    assert not told.agrees
    assert told.written == ("data/more.csv",)
    assert export(*cells).written == ("data/more.csv",)
    assert (root / "data/more.csv").read_text() == "y"


def test_one_whose_use_is_gone_is_removed_and_an_edited_one_is_not(export, folder, root):
    export(*READS, copy_files=True)
    (root / "data/items.csv").write_text("mine")
    (folder / "data/items.csv").write_text("Lamp\n")
    cells = (*READS[:2], "%%request GET /items")
    with pytest.raises(ExportError, match=r"data/items\.csv was edited since it was exported:\n--- data/items\.csv"):
        export(*cells)
    with pytest.raises(ExportError, match=r"edited since it was exported, and the notebook needs it no longer"):
        export("%%route GET /items\n1")
    assert (root / "data/items.csv").read_text() == "mine"
    export(*cells, force=True)
    assert (root / "data/items.csv").read_text() == "Lamp\n"
    assert "data/items.csv" in export("%%route GET /items\n1").removed
    assert not (root / "data").exists()


def test_what_is_not_tried_is_not_removed(export, root):
    cells = ("%%route PUT /a\nopen('data/items.csv').read()", "%%request PUT /a\n?? text == 'Lamp'")
    done = export(*cells, copy_files=True, replay_all=True)
    assert "cell 1, line 2 opens data/items.csv" in described(done)
    done = export(*cells)
    assert done.removed == ()
    assert done.checked.left_out == ("PUT /a",)
    assert (root / "data/items.csv").exists()


def test_a_file_that_is_gone_from_the_notebooks_folder_stays_in_the_tree(export, folder, root):
    export(*READS, copy_files=True)
    (folder / "data/items.csv").unlink()
    done = export(*READS)
    assert done.checked.problems == ()
    assert done.removed == ()
    assert (root / "data/items.csv").exists()
    assert export(*READS, check_only=True).agrees


def test_without_the_option_from_now_on_they_stay_and_are_the_users(export, folder, root):
    export(*READS, copy_files=True)
    assert asked(root) == ["copy_files"]
    done = export(*READS, copy_files=False)
    assert f"opens data/items.csv, which is in {root} already" in described(done)
    assert asked(root) == []
    (folder / "data/items.csv").write_text("Desk")
    assert export(*READS).written == ()
    assert (root / "data/items.csv").read_text() == "Lamp"
    with pytest.raises(ExportError, match=r"data/items\.csv was not written by any export"):
        export(*READS[:2], copy_files=True)


def test_what_the_trial_does_to_a_file_it_does_to_a_copy(export, folder, root):
    cells = (
        "%%route PUT /a\nwith open('data/items.csv', 'r+') as file:\n    file.write('Sofa')\nNone",
        "%%request PUT /a\n?? status == 204",
    )
    for _ in range(2):
        # The second time the tree has a folder of that name.
        export(*cells, copy_files=True, replay_all=True)
        assert (folder / "data/items.csv").read_text() == "Lamp"
        assert (root / "data/items.csv").read_text() == "Lamp"


def test_paths_that_lead_out_are_refused(export, folder, root):
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "data/link.txt").symlink_to(folder.parent / "secret.txt")
    cells = ("%%route GET /a\nopen('../secret.txt').read()", "%%request GET /a\n?? status == 500")
    assert f"cell 1, line 2 opens ../secret.txt, which leads out of {root}" in described(export(*cells))
    assert not export(*cells, check_only=True, copy_files=True).agrees
    with pytest.raises(ExportError, match=r"opens \.\./secret\.txt, which leads out of"):
        export(*cells, copy_files=True)
    cells = ("%%route GET /a\nopen('data/link.txt').read()", "%%request GET /a\n?? status == 500")
    said = described(export(*cells, copy_files=True))
    assert "opens data/link.txt, a link that leads out of the notebook's folder, which is not copied" in said
    assert [path for path in folder.parent.rglob("*") if path.name == "secret.txt"] == [folder.parent / "secret.txt"]
    assert not (root / "data").exists()


def test_every_way_to_open_one(export, folder, root):
    for name in ("a.txt", "b.txt", "c.txt", "photo.txt"):
        (folder / name).write_text(name)
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("create table t (n)")
    db.close()
    done = export(
        "from pathlib import Path\nimport io, os, sqlite3",
        "%%route GET /a\nPath('a.txt').read_text()",
        "%%route GET /b\nwith io.open(Path.cwd() / 'b.txt') as file:\n    b = file.read()\nb",
        "%%route GET /c\nfile = os.open('./c.txt', os.O_RDONLY)\nc = os.read(file, 9)\nos.close(file)\nstr(c, 'ascii')",
        "%%route GET /photo\nFileResponse('photo.txt')",
        "%%route GET /db\ndb = sqlite3.connect('shop.db')\nn = db.execute('select count(*) from t').fetchone()\n"
        "db.close()\nsqlite3.connect(':memory:').close()\nsqlite3.connect('new.db').close()\nn[0]",
        "%%request\nGET /a\n?? text == 'a.txt'\n###\nGET /b\n?? text == 'b.txt'\n###\nGET /c\n?? text == 'c.txt'\n"
        "###\nGET /photo\n?? text == 'photo.txt'\n###\nGET /db\n?? json == 0",
        copy_files=True,
    )
    assert done.checked.problems == ()
    assert {path.name for path in root.iterdir() if path.is_file()} >= {
        "a.txt",
        "b.txt",
        "c.txt",
        "photo.txt",
        "shop.db",
    }
    assert not (root / "new.db").exists()


def test_a_file_response_of_what_lies_in_the_tree(export, folder, root):
    (root / "photos").mkdir(parents=True)
    (root / "photos/a.txt").write_text("a")
    cells = ("%%route GET /a\nFileResponse('photos/a.txt')", "%%request GET /a\n?? text == 'a'")
    assert f"opens photos/a.txt, which is in {root} already" in described(export(*cells))


def test_a_file_that_is_nowhere_and_one_at_a_place_of_its_own(export, root, tmp_path, monkeypatch):
    # What is in the folder for temporary files is nobody's data.
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    place, fonts = tmp_path / "rates.txt", tmp_path / "cache/fonts.json"
    place.write_text("1")
    fonts.write_text("1")
    done = export(
        "name = 'no' + 'where.txt'",
        "%%route GET /a\nopen(name).read()",
        f"%%route GET /b\nopen({str(fonts)!r}).read()\nopen({str(place)!r}).read()",
        "%%request\nGET /a\n###\nGET /b\n?? text == '1'",
    )
    said = described(done)
    assert f"cell 2, line 2 opens nowhere.txt, which is not in {root} nor beside the notebook" in said
    assert str(fonts) not in said
    assert f"cell 3, line 3 opens {place}: it has to be at that place wherever the files run" in said


def test_what_the_code_writes_itself_is_not_told(export):
    done = export(
        "%%route GET /a\nopen('made.txt', 'w').close()\nopen('made.txt').read()", "%%request GET /a\n?? status == 200"
    )
    assert "made.txt" not in described(done)


def test_a_tree_in_the_notebooks_own_folder_has_them(export, folder):
    def source(*texts):
        return NotebookSource(
            "shop.ipynb", tuple(SourceCell(text, f"cell {n}") for n, text in enumerate(texts, 1)), folder=folder
        )

    done = export_tree(source(*READS), folder, copy_files=True)
    assert "opens data/items.csv, which is in" in described(done)
    assert "data/items.csv" not in (folder / MANIFEST_FILE).read_text()
    export_tree(source("%%route GET /a\n1"), folder)
    assert (folder / "data/items.csv").read_text() == "Lamp"


def test_sizes_are_said_for_people(export, folder):
    (folder / "data/items.csv").write_bytes(b"Lamp\0" * 300_000)
    cells = (*READS[:2], "%%request GET /items\n?? status == 200")
    assert "it goes with the files (1.5 MB)" in described(export(*cells, copy_files=True))
    (folder / "data/items.csv").write_bytes(b"Desk\0" * 200)
    (folder.parent / "shop/data/items.csv").write_bytes(b"mine\0")
    with pytest.raises(ExportError, match=r"it has 5 bytes there, and 1000 in the notebook's folder"):
        export(*cells)


def test_check_asks_what_the_export_was_asked(export, root):
    cells = (
        "n = [1]",
        "%%route PUT /n\nn.append(2)\nNone",
        "%%request PUT /n",
        "%%route GET /n\nlen(n)",
        "%%request GET /n\n?? json == 2",
    )
    export(*cells, replay_all=True)
    told = export(*cells, check_only=True)
    assert told.agrees
    assert told.checked.left_out == ()
    assert asked(root) == ["replay_all"]
    # To send what changes something again, somebody has to ask.
    assert export(*cells).checked.left_out == ("PUT /n",)
    assert asked(root) == []
