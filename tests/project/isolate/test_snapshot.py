"""Where snapshots are, and how many."""

import os
from dataclasses import replace

import pytest

from notebook_routes.errors import ServerError
from notebook_routes.project.isolate import Engine
from notebook_routes.project.isolate.engine import CACHE_VARIABLE
from notebook_routes.project.isolate.snapshot import keep, snapshot_file


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return Engine(tmp_path / "deno", "2.9.8", tmp_path / "pyodide")


def test_it_fits_one_engine_and_one_package(engine, tmp_path):
    place = snapshot_file(engine, b"package")
    assert place == snapshot_file(replace(engine), b"package")
    assert place.parent == tmp_path / "cache/snapshots"
    assert place.parent.is_dir()
    others = {
        snapshot_file(engine, b"other package"),
        snapshot_file(replace(engine, version="2.9.9"), b"package"),
        snapshot_file(replace(engine, deno=tmp_path / "other/deno"), b"package"),
    }
    assert len({place, *others}) == 4


def test_a_folder_that_cannot_be_made_is_named(engine, tmp_path):
    (tmp_path / "cache").write_text("a file in its place")
    with pytest.raises(
        ServerError, match=f"snapshots cannot be made: Not a directory; name another in {CACHE_VARIABLE}"
    ):
        snapshot_file(engine, b"")


def test_the_newest_three_are_kept(tmp_path):
    for age in range(1, 5):
        (tmp_path / f"{age}.bin").write_bytes(b"old")
        os.utime(tmp_path / f"{age}.bin", (1000 - age, 1000 - age))
    (tmp_path / "draft").write_bytes(b"new")
    keep(tmp_path / "draft", tmp_path / "0.bin")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.bin", "1.bin", "2.bin"]
    assert (tmp_path / "0.bin").read_bytes() == b"new"


def test_a_new_one_takes_the_place_of_the_same(tmp_path):
    (tmp_path / "0.bin").write_bytes(b"old")
    (tmp_path / "draft").write_bytes(b"new")
    keep(tmp_path / "draft", tmp_path / "0.bin")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("0.bin", b"new")]
