"""What is required in a browser, and what of it there is."""

import json
import sys

import pytest

from notebook_routes.errors import ExportError
from notebook_routes.tooling.deploy.jupyterlite_lock import closure, write_lock
from notebook_routes.tooling.deploy.jupyterlite_own_wheel import write_own_wheel
from notebook_routes.tooling.deploy.jupyterlite_wheels import Browser, Wheel, browser_wheels
from tests.tooling.deploy.wheel_files import write_wheel

pytest.importorskip("packaging")

BROWSER = Browser("3.14.2", "2026_0")


def names(requirements):
    return {requirement.name for requirement in requirements}


def test_this_package_requires_nothing_of_a_server_in_a_browser(tmp_path):
    wheel = Wheel(write_own_wheel(tmp_path))
    assert names(wheel.requirements(BROWSER)) == {
        "anywidget", "httpx2", "ipython", "ipywidgets", "pydantic", "python-multipart",
    }  # fmt: skip
    assert wheel.name == "notebook-routes"
    assert wheel.modules == ["notebook_routes"]


def test_markers_are_the_browsers_and_not_this_machines(tmp_path):
    requires = [
        "here; sys_platform != 'emscripten'",
        "there; sys_platform == 'emscripten'",
        "old; python_version < '3.14'",
        "new; python_version >= '3.14'",
        "wished; extra == 'more'",
        "always>=2",
    ]
    wheel = Wheel(write_wheel(tmp_path, "a", requires=requires))
    assert names(wheel.requirements(BROWSER)) == {"there", "new", "always"}


def test_what_is_there_is_not_downloaded(tmp_path):
    wheels = [
        write_wheel(tmp_path, "a", requires=["b-c>=1"]),
        write_wheel(tmp_path, "b-c", requires=["widgetsnbextension"]),
    ]
    # Front ends are no wheels of the kernel's.
    assert set(browser_wheels(wheels, ["a"], tmp_path, BROWSER)) == {"a", "b-c"}


def test_two_that_need_other_versions_are_told_with_what_each_requires(tmp_path):
    wheels = [write_wheel(tmp_path, "a", requires=["b>=2"]), write_wheel(tmp_path, "b", "1.5")]
    with pytest.raises(ExportError, match=r"a requires b>=2, and b 1\.5 is what others need"):
        browser_wheels(wheels, [], tmp_path, BROWSER)


def test_what_no_index_has_is_told_with_who_requires_it(tmp_path):
    wheel = write_wheel(tmp_path, "a", requires=["notebook-routes-is-not-there==99"])
    with pytest.raises(ExportError, match=r"a cannot be had for the browser: .*notebook-routes-is-not-there==99"):
        browser_wheels([wheel], [], tmp_path, BROWSER)


def test_the_lock_names_what_the_site_has_and_nothing_else(tmp_path):
    folder, source = tmp_path / "pyodide", tmp_path / "wheels"
    folder.mkdir()
    source.mkdir()
    (folder / "pyodide-lock.json").write_text(json.dumps({"info": {"python": "3.14.2"}, "packages": {"numpy": {}}}))
    paths = [
        write_wheel(source, "a", requires=["b", "not-there"]),
        write_wheel(source, "b", modules=["b.py", "_b/__init__.py", "b-1.0.data/data/x"]),
        write_wheel(source, "lonely"),
    ]
    wheels = {wheel.name: wheel for wheel in map(Wheel, paths)}
    write_lock(folder, wheels, BROWSER)
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    assert lock["info"] == {"python": "3.14.2"}
    assert set(lock["packages"]) == {"a", "b", "lonely"}
    assert lock["packages"]["a"]["depends"] == ["b"]
    assert lock["packages"]["b"]["imports"] == ["_b", "b"]
    assert {path.name for path in folder.glob("*.whl")} == {path.name for path in paths}
    assert closure(["a", "gone"], wheels, BROWSER) == ["a", "b"]


def test_a_browsers_python_is_named_as_pip_and_markers_name_it():
    assert BROWSER.short == "3.14"
    assert BROWSER.environment["sys_platform"] != sys.platform
    assert BROWSER.environment["python_version"] == "3.14"
