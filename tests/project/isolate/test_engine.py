"""Deno and Pyodide, where they are and where they are not."""

import subprocess
import sys
from pathlib import Path

import deno
import pytest

from notebook_routes.errors import ServerError
from notebook_routes.project.isolate import Engine, Isolate
from notebook_routes.project.isolate.engine import CACHE_VARIABLE, cache_folder, deno_environment
from notebook_routes.project.isolate.target import PYODIDE

posix = pytest.mark.skipif(sys.platform == "win32", reason="a program of two lines is a shell's")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a shell script in Deno's place, with an empty cache; gives the cache."""

    def put(script):
        place = tmp_path / "deno"
        place.write_text(f"#!/bin/sh\n{script}\n")
        place.chmod(0o755)
        monkeypatch.setattr(deno, "find_deno_bin", lambda: str(place))
        monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
        return tmp_path / "cache"

    return put


def test_both_are_found():
    engine = Engine.find()
    said = subprocess.run([engine.deno, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"deno {engine.version} ")
    assert engine.pyodide.is_relative_to(cache_folder())
    assert f'"version": "{PYODIDE}"' in (engine.pyodide / "package.json").read_text()


@pytest.mark.parametrize("start", [lambda root: Engine.find(), lambda root: Isolate(root).start()])
def test_without_deno_it_says_what_to_install(start, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "deno", None)
    with pytest.raises(ServerError, match=r"needs Deno: pip install 'notebook-routes\[edge\]'"):
        start(tmp_path)


def test_a_package_of_deno_without_its_program_is_none(monkeypatch):
    def find():
        raise FileNotFoundError

    monkeypatch.setattr(deno, "find_deno_bin", find)
    with pytest.raises(ServerError, match=r"pip install 'notebook-routes\[edge\]'"):
        Engine.find()


@posix
def test_pyodide_is_asked_for_once(program):
    place = f"npm/a.registry/pyodide/{PYODIDE}"
    cache = program(
        f'echo "$@" >> "$DENO_DIR/../asked"; mkdir -p "$DENO_DIR/{place}"; cd "$DENO_DIR/{place}"; '
        "touch pyodide.mjs python_stdlib.zip"
    )
    (cache / "deno").mkdir(parents=True)
    assert Engine.find().pyodide == Engine.find().pyodide == cache / "deno" / place
    assert (cache / "asked").read_text().split()[-1:] == [f"npm:pyodide@{PYODIDE}"]


@posix
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo Download npm >&2; echo 'error: no such host' >&2; exit 1", "error: no such host"),
        ("exit 3", "exit status 3"),
        ("exit 0", "exit status 0"),
    ],
)
def test_that_pyodide_cannot_be_fetched_is_a_sentence(program, script, why):
    program(script)
    with pytest.raises(ServerError) as refused:
        Engine.find()
    assert str(refused.value) == (
        f"the local isolate needs Pyodide {PYODIDE}, which Deno fetches from npm the first time, and that failed: "
        f"{why}; try again with a network"
    )


@posix
def test_half_of_pyodide_is_none(program):
    cache = program("exit 1")
    half = cache / f"deno/npm/a.registry/pyodide/{PYODIDE}"
    half.mkdir(parents=True)
    (half / "pyodide.mjs").touch()
    with pytest.raises(ServerError, match=r"that failed: exit status 1"):
        Engine.find()


def test_the_cache_is_where_the_variable_says(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "here"))
    assert cache_folder() == (tmp_path / "here").resolve()
    assert deno_environment()["DENO_DIR"] == str(cache_folder() / "deno")


@pytest.mark.parametrize(
    ("platform", "variable", "below"),
    [("linux", "XDG_CACHE_HOME", ""), ("linux", "HOME", ".cache"), ("darwin", "HOME", "Library/Caches")],
)
def test_the_cache_is_else_where_the_platform_has_such(platform, variable, below, tmp_path, monkeypatch):
    for name in (CACHE_VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache_folder() == Path(tmp_path, below, "notebook_routes", "edge")
