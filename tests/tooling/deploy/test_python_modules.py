"""What is said where pip has not found what a Worker needs, and which files of its packages go."""

import pytest

from notebook_routes.errors import ExportError
from notebook_routes.tooling.deploy import python_modules
from notebook_routes.tooling.deploy.needs import Needs
from notebook_routes.tooling.deploy.python_modules import fetch_python_modules
from tests.files import write_files
from tests.tooling.deploy.test_vendored import package

NOT_FOUND = "ERROR: Could not find a version (from versions: none)\nERROR: No matching distribution found for {}\n"


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """A program in the place of pip: what it says and whether it fails, by what it is asked for."""

    def pip(answers):
        lines = ["import sys, pathlib, json", f"answers = {answers!r}", "asked = sys.argv[sys.argv.index('none') + 1:]"]
        lines += ["folder = pathlib.Path(sys.argv[sys.argv.index('--target') + 1])"]
        lines += ["given = answers[' '.join(asked)]"]
        lines += ["if isinstance(given, str): sys.exit(given)"]
        lines += ["for path, text in given.items():"]
        lines += ["    file = folder / path; file.parent.mkdir(parents=True, exist_ok=True); file.write_text(text)"]
        write_files(tmp_path, {"path/pip/__main__.py": "\n".join(lines), "path/pip/__init__.py": ""})
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))

    return pip


def test_the_files_of_what_is_needed_go(pip):
    lamp = package("lamp", files=("lamp/__init__.py", "lamp/data.json", "bin/lamp", "../../bin/lamp", "lamp.pth"))
    lamp.pop("../../bin/lamp")
    pip({"lamp": {**lamp, **package("only_here", files=("only_here.py",))}})
    found = fetch_python_modules(Needs(("lamp", "other; sys_platform == 'win32'")))
    assert sorted(found.files) == [
        "python_modules/lamp-1.0.dist-info/METADATA",
        "python_modules/lamp-1.0.dist-info/RECORD",
        "python_modules/lamp.pth",
        "python_modules/lamp/__init__.py",
        "python_modules/lamp/data.json",
        "python_modules/pyvenv.cfg",
    ]
    assert found.remarks == ()


def test_what_only_an_isolate_needs_is_asked_for_as_well(pip):
    first = package("lamp", "cord>=1; sys_platform == 'emscripten'")
    pip({"lamp": first, "lamp cord>=1": {**first, **package("cord", files=("cord.py",))}})
    assert "python_modules/cord.py" in fetch_python_modules(Needs(("lamp",))).files


def test_a_version_without_a_wheel_gives_way_to_a_newer_one(pip):
    pip({"lamp==1.0 cord==2.0": NOT_FOUND.format("lamp==1.0"), "lamp>=1.0 cord>=2.0": {
        **package("lamp", version="1.5"), **package("cord", version="2.0")}})  # fmt: skip
    found = fetch_python_modules(Needs(("lamp==1.0", "cord==2.0")))
    assert found.remarks == ("lamp==1.0: there is no wheel of it for the isolate, 1.5 is taken",)
    assert found.needs.requirements == ("lamp>=1.0", "cord>=2.0")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (NOT_FOUND.format("numpy"), "WORKER005 numpy: PyPI has no wheel of it for the isolate, neither in plain"),
        (NOT_FOUND.format("workers-runtime-sdk>=1.9"), "pip could not reach its index"),
        ("WARNING: Retrying after connection broken by x\n" + NOT_FOUND.format("lamp"), "pip could not reach its"),
        ("ERROR: ResolutionImpossible", "pip has found no packages for the isolate that go together"),
        ("x: No module named pip", "has no pip, which fetches the packages: run python -m ensurepip"),
    ],
)
def test_why_there_are_no_packages(said, told, pip):
    pip({"lamp": said})
    with pytest.raises(ExportError, match=told):
        fetch_python_modules(Needs(("lamp",)))


def test_pip_that_does_not_end(pip, monkeypatch):
    monkeypatch.setattr(python_modules, "_PATIENCE", 0.0)
    pip({"lamp": {}})
    with pytest.raises(ExportError, match="pip was not done after 0 s"):
        fetch_python_modules(Needs(("lamp",)))
