"""Writing an exported tree over an older one."""

import json
import os
import stat

import pytest

from notebook_routes.errors import ExportError
from notebook_routes.project.manifest import MANIFEST_FILE, Asked, Manifest
from notebook_routes.project.tree_writer import apply, compare, staging


def compared(root, files, *, notebook="shop.ipynb", force=False, **more):
    files = {path: text.encode() for path, text in files.items()}
    return compare(root, files, Manifest.of(notebook, files, **more), force=force)


def write(root, files, **how):
    changes = compared(root, files, **how)
    if not changes.edited:
        with staging(root) as staged:
            apply(changes, staged)
    return changes


def tree(root):
    return {
        str(path.relative_to(root)): path.read_text()
        for path in root.rglob("*")
        if path.is_file() and path.name[0] != "."
    }


@pytest.fixture
def root(tmp_path):
    return tmp_path / "shop"


def test_a_new_folder_and_one_that_is_up_to_date(root):
    files = {"app/a/route.py": "1", "app/[id]/route.py": "2"}
    assert set(write(root, files).written) == set(files)
    assert tree(root) == files
    assert json.loads((root / MANIFEST_FILE).read_text())["notebook"] == "shop.ipynb"
    assert write(root, files).is_empty
    assert [path.name for path in root.parent.iterdir()] == ["shop"]


def test_only_what_changed_is_written(root):
    write(root, {"a": "1", "b": "1"})
    before = (root / "a").stat().st_mtime_ns
    os.utime(root / "a", ns=(before, before - 10**9))
    assert list(write(root, {"a": "1", "b": "2"}).written) == ["b"]
    assert (root / "a").stat().st_mtime_ns == before - 10**9
    assert tree(root) == {"a": "1", "b": "2"}


def test_a_file_whose_cell_is_gone_is_removed_with_its_folder(root):
    write(root, {"app/a/b/route.py": "1", "app/a/b/page.html": "1", "app/c/route.py": "1"})
    (root / "app/a/b/__pycache__").mkdir()
    (root / "app/c/mine.txt").write_text("mine")
    assert write(root, {"x": "1"}).removed == ["app/a/b/page.html", "app/a/b/route.py", "app/c/route.py"]
    assert tree(root) == {"x": "1", "app/c/mine.txt": "mine"}
    assert not (root / "app/a").exists()


def test_an_edited_file_is_never_overwritten(root):
    write(root, {"a": "one\n", "b": "1"})
    (root / "a").write_text("mine\n")
    changes = write(root, {"a": "two\n", "b": "2"})
    assert changes.edited == [
        "a was edited since it was exported:\n--- a (there)\n+++ a (notebook)\n@@ -1 +1 @@\n-mine\n+two"
    ]
    assert tree(root) == {"a": "mine\n", "b": "1"}
    assert write(root, {"a": "two\n", "b": "2"}, force=True).written == {"a": b"two\n", "b": b"2"}
    assert tree(root) == {"a": "two\n", "b": "2"}


def test_an_edit_stays_where_the_export_says_nothing_new(root):
    write(root, {"a": "1", "b": "1"})
    (root / "a").write_text("mine")
    changes = write(root, {"a": "1", "b": "2"})
    assert changes.kept == ["a"]
    assert tree(root) == {"a": "mine", "b": "2"}
    # It is still known to be edited.
    assert compared(root, {"a": "3", "b": "2"}).edited
    assert not compared(root, {"a": "1", "b": "2"}).is_empty


def test_an_edited_file_of_a_cell_that_is_gone_stays(root):
    write(root, {"a": "1", "b": "1"})
    (root / "a").write_text("mine")
    assert write(root, {"b": "1"}).edited == ["a was edited since it was exported, and the notebook needs it no longer"]
    assert tree(root) == {"a": "mine", "b": "1"}


def test_a_file_that_no_export_has_written_is_not_overwritten(root):
    root.mkdir()
    (root / "requirements.txt").write_text("mine")
    (root / "other.py").write_text("mine")
    assert "requirements.txt was not written by any export:" in write(root, {"requirements.txt": "1"}).edited[0]
    write(root, {"a": "1"})
    assert tree(root) == {"requirements.txt": "mine", "other.py": "mine", "a": "1"}


def test_another_notebooks_folder_is_refused(root):
    write(root, {"a": "1"})
    with pytest.raises(ExportError, match=r"holds the export of shop\.ipynb, not of cart\.ipynb"):
        compared(root, {"a": "1"}, notebook="cart.ipynb")
    assert compared(root, {"a": "1"}, notebook="cart.ipynb", force=True).outdated_manifest


def test_a_manifest_that_cannot_be_read_is_named(root):
    write(root, {"a": "1"})
    (root / MANIFEST_FILE).write_text("{")
    with pytest.raises(ExportError, match=MANIFEST_FILE):
        write(root, {"a": "2"})
    write(root, {"a": "2"}, force=True)
    assert tree(root) == {"a": "2"}


def test_links_are_not_followed(root, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    root.mkdir()
    (root / "app").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(ExportError, match="app is a link"):
        write(root, {"app/a/route.py": "1"})
    (root / "app").unlink()
    (root / "app").mkdir()
    (root / "app/route.py").symlink_to(elsewhere / "route.py")
    with pytest.raises(ExportError, match="is a link"):
        write(root, {"app/route.py": "1"}, force=True)
    assert list(elsewhere.iterdir()) == []


def test_files_in_the_place_of_folders_and_the_other_way_round(root):
    root.parent.mkdir(exist_ok=True)
    root.write_text("a file")
    with pytest.raises(ExportError, match="is a file: export to a folder"):
        write(root, {"a": "1"})
    root.unlink()
    root.mkdir()
    (root / "app").write_text("a file")
    with pytest.raises(ExportError, match="is a file, and the export needs a folder there"):
        write(root, {"app/route.py": "1"})
    (root / "app").unlink()
    (root / "app/route.py").mkdir(parents=True)
    with pytest.raises(ExportError, match="is a folder, and the export needs a file there"):
        write(root, {"app/route.py": "1"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(root):
    root.mkdir()
    root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(ExportError, match="cannot be written"):
        write(root, {"a": "1"})


def test_a_failure_midway_leaves_everything_as_it_was(root, monkeypatch):
    before = {"a": "1", "b/c": "1", "d": "1"}
    write(root, before)
    manifest = (root / MANIFEST_FILE).read_text()
    from notebook_routes.project import tree_writer

    exchange, calls = tree_writer._exchange, []

    def failing(file, new, old):
        calls.append(file.name)
        if len(calls) == 4:
            raise OSError(28, "No space left on device", str(file))
        exchange(file, new, old)

    monkeypatch.setattr(tree_writer, "_exchange", failing)
    with pytest.raises(ExportError, match="No space left on device; the folder is as it was"):
        write(root, {"a": "2", "b/c": "2", "e": "2"})
    assert tree(root) == before
    assert (root / MANIFEST_FILE).read_text() == manifest
    assert [path.name for path in root.parent.iterdir()] == ["shop"]


def test_the_mode_of_a_file_stays(root):
    write(root, {"a": "1"})
    (root / "a").chmod(0o750)
    write(root, {"a": "2"})
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o750


def test_what_an_export_was_asked_is_remembered_and_makes_no_difference(root):
    write(root, {"a": "1"}, asked=Asked(replay_all=True))
    assert Manifest.read(root).asked == Asked(replay_all=True)
    changes = write(root, {"a": "1"}, copied=["a"], asked=Asked(copy_files=True))
    assert changes.outdated_manifest
    assert Manifest.read(root) == Manifest.of("shop.ipynb", {"a": b"1"}, copied=["a"])
    assert Manifest.read(root).asked == Asked(copy_files=True)
    assert compared(root, {"a": "1"}, copied=["a"]).is_empty


def test_it_works_in_a_hidden_folder_of_its_own_and_only_where_it_writes(root):
    with staging(root / "deep") as staged:
        assert staged.parent == root
        assert staged.name.startswith(".")
    assert not root.exists()
    root.mkdir()
    with staging(root) as staged:
        assert staged.parent == root
    with staging(root, only_look=True) as staged:
        assert staged.is_dir()
        assert not staged.is_relative_to(root.parent)
    assert list(root.iterdir()) == []
