"""The archives of packages between runs: which are kept, and for whom."""

import os

import pytest

from notebook_routes.project.isolate import packages
from notebook_routes.project.isolate.engine import CACHE_VARIABLE
from notebook_routes.project.isolate.package_cache import package_files


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache; what is made for a project is its text, and its native part where it says so."""

    def archives(files):
        text = files["app/route.py"].encode()
        return text, text if b"native" in text else None

    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(packages, "package_archives", archives)
    return tmp_path / "cache/packages"


def files_of(module):
    return package_files({"app/route.py": f"import {module}"})


def test_what_is_there_is_taken(cache, monkeypatch):
    first = files_of("native_lamp")
    assert (first.plain.read_bytes(), first.native.read_bytes()) == (b"import native_lamp",) * 2
    assert files_of("lamp").native is None
    monkeypatch.setattr(packages, "package_archives", None)
    assert files_of("native_lamp") == first
    assert files_of("lamp").native is None
    assert len(list(cache.iterdir())) == 2


def test_those_that_were_used_last_are_kept_and_each_whole(cache):
    for number in range(4):
        files_of(f"native_{number}")
    for place in cache.iterdir():
        os.utime(place, (0, 0))
    again = files_of("native_0")
    files_of("lamp")
    assert len(list(cache.iterdir())) == 4
    assert files_of("native_0") == again
    assert all(each.exists() for each in again)


def test_an_isolate_has_its_own(cache, tmp_path):
    for module in ("native_lamp", "lamp"):
        mine = tmp_path / module
        mine.mkdir()
        taken = files_of(module).copied_to(mine)
        assert taken.plain == mine / "plain.zip"
        assert (taken.native is None) == (module == "lamp")
        assert all(each.read_bytes() == f"import {module}".encode() for each in taken if each is not None)
