"""The packages that an isolate gets: as they are installed, or as wheels for it."""

import io
import sys
import zipfile
from importlib.metadata import version

import pytest

from notebook_routes.errors import ServerError
from notebook_routes.project.isolate import packages
from notebook_routes.project.isolate.engine import CACHE_VARIABLE
from notebook_routes.project.isolate.packages import package_archives
from notebook_routes.project.isolate.target import PLAIN_TOO, PLATFORM
from notebook_routes.runtime.edge.tables import EDGE_WHEELS
from tests.files import write_files


def names(content):
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return zipped.namelist()


def metadata(name, requires=()):
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {text}" for text in requires)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of packages; what our own package needs there is left out."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(packages, "_OURS", ())
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    # pip, without an index.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return folder


@pytest.fixture
def install(site):
    """Put a package into the folder, version 1.0, with its files and requirements."""

    def install(name, files, requires=(), *, record=True):
        about = f"{name.replace('-', '_')}-1.0.dist-info"
        files = {**files, f"{about}/METADATA": metadata(name, requires)}
        if record:
            files[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
        write_files(site, files)

    return install


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """Write a wheel where pip finds it."""
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))

    def write(name, tag, files):
        (tmp_path / "wheels").mkdir(exist_ok=True)
        about = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(tmp_path / f"wheels/{name}-1.0-{tag}.whl", "w") as zipped:
            for path, text in {
                **files,
                f"{about}/METADATA": metadata(name),
                f"{about}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n",
                f"{about}/RECORD": "",
            }.items():
                zipped.writestr(path, text)

    return write


def taken(text, **more):
    """The names of the files that are taken for a project with a file of this text."""
    plain, native = package_archives({"app/route.py": text, **more})
    assert native is None
    return names(plain)


# In plain Python


def test_one_in_plain_python_is_taken_as_it_is_installed(install):
    install("lamp-shop", {"lamps/__init__.py": "", "lamps/data.txt": "", "lamps/__pycache__/__init__.pyc": ""})
    install("unused", {"unused.py": ""})
    assert taken("import lamps.data") == [
        "lamp_shop-1.0.dist-info/METADATA",
        "lamp_shop-1.0.dist-info/RECORD",
        "lamps/__init__.py",
        "lamps/data.txt",
    ]


def test_its_programs_and_what_is_gone_are_not(install, site):
    install("lamps", {"lamps.py": "", "gone.txt": "", "../bin/lamp": ""})
    (site / "gone.txt").unlink()
    assert [name for name in taken("import lamps") if "dist-info" not in name] == ["lamps.py"]


def test_what_it_needs_in_an_isolate_is_taken_too(install):
    install(
        "lamps",
        {"lamps.py": ""},
        [
            "always>=1",
            "emscriptens; sys_platform == 'emscripten'",
            "windows; sys_platform == 'win32'",
            "an_extra; extra == 'all'",
            "older; python_version < '3.14'",
            "newer; python_version >= '3.14'",
            "not-installed",
            "notebook-routes",
        ],
    )
    for name in ("emscriptens", "windows", "an_extra", "older", "newer"):
        install(name, {f"{name}.py": ""})
    # Packages may need each other.
    install("always", {"always.py": ""}, ["lamps"])
    assert [name for name in taken("from lamps import *") if "dist-info" not in name] == [
        "always.py",
        "emscriptens.py",
        "lamps.py",
        "newer.py",
    ]


def test_the_same_packages_are_the_same_bytes(install):
    install("lamps", {"lamps.py": ""}, ["shades"])
    install("shades", {"shades.py": ""})
    files = {"app/a/route.py": "import lamps", "app/b/route.py": "import shades"}
    assert package_archives(files) == package_archives(dict(reversed(files.items())))


@pytest.mark.parametrize(
    "text", ["import nothing_of_this_name", "import os, json", "import notebook_routes", "from .beside import a", ""]
)
def test_what_no_package_provides_is_left_to_the_isolate(site, text):
    assert taken(text) == []


# To be edited


@pytest.mark.parametrize(
    "beside",
    [
        {"_lamps.pth": ""},
        {"_editable_impl_lamps.py": "", "_editable_impl_lamps.pth": ""},
        {"__editable___lamps_1_0_finder.py": "", "lamps-1.0.dist-info/top_level.txt": "lamps\n"},
    ],
    ids=["hatchling", "hatchling's finder", "setuptools"],
)
@pytest.mark.parametrize(
    "source",
    [{"lamps/__init__.py": "", "lamps/bright/__init__.py": "", "lamps/a.txt": ""}, {"lamps.py": ""}],
    ids=["package", "module"],
)
def test_one_that_is_installed_to_be_edited_is_taken_from_its_source(install, tmp_path, monkeypatch, beside, source):
    install("lamps", beside, ["shades"])
    install("shades", {"shades.py": ""})
    write_files(tmp_path / "src", {**source, "lamps/__pycache__/a.pyc": ""} if len(source) > 1 else source)
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    assert taken("import lamps") == sorted(
        [
            *source,
            "shades-1.0.dist-info/METADATA",
            "shades-1.0.dist-info/RECORD",
            "shades.py",
        ]
    )


def test_one_that_does_not_list_its_files_is_taken_by_its_name(install):
    install("lamps", {"lamps/__init__.py": ""}, record=False)
    assert taken("import lamps") == ["lamps/__init__.py"]


# With compiled code


@pytest.mark.parametrize("spelled", ["fast_lamps", "Fast_Lamps"])
def test_one_with_compiled_code_comes_as_a_wheel_once(install, wheels, tmp_path, monkeypatch, spelled):
    install("fast-lamps", {"lamps/__init__.py": "", "lamps/fast.so": "of this machine"})
    wheels(spelled, f"cp314-cp314-{PLATFORM}", {"lamps/__init__.py": "", "lamps/fast.so": "of the isolate"})
    files = {"app/route.py": "import lamps"}
    plain, native = package_archives(files)
    assert names(plain) == []
    with zipfile.ZipFile(io.BytesIO(native)) as zipped:
        assert zipped.read("lamps/fast.so") == b"of the isolate"
    # There is no pip any more.
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    assert package_archives(files) == (plain, native)


def test_one_whose_wheel_is_plain_python_comes_as_a_wheel(install, wheels):
    install("fast-lamps", {"lamps/__init__.py": "", "lamps/fast.so": ""})
    wheels("fast_lamps", "py3-none-any", {"lamps/__init__.py": ""})
    _, native = package_archives({"app/route.py": "import lamps"})
    assert "lamps/__init__.py" in names(native)


def test_one_that_has_no_wheel_for_the_isolate_is_named(install, wheels):
    install("fast-lamps", {"lamps/__init__.py": "", "lamps/fast.so": ""})
    wheels("fast_lamps", "cp314-cp314-manylinux2014_x86_64", {})
    with pytest.raises(ServerError) as refused:
        package_archives({"app/route.py": "import lamps"})
    assert str(refused.value) == (
        f"fast-lamps 1.0 has compiled code, and pip finds no wheel of it for the isolate ({PLATFORM}): "
        "ERROR: No matching distribution found for fast-lamps==1.0; use a version that has one"
    )


def test_numpy_has_none(own_cache, monkeypatch):
    # Should its authors publish one, it is not found either.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(
        ServerError, match=rf"^numpy {version('numpy')} has compiled code, .*; use a version that has one"
    ):
        package_archives({"app/route.py": "import numpy as np"})


def test_what_our_own_package_imports_is_always_there(own_cache):
    plain, native = package_archives({})
    tops = {name.split("/")[0] for name in names(plain)}
    assert {"httpx2", "jinja2", "markupsafe", "pydantic", "python_multipart"} <= tops
    assert not [name for name in names(plain) if name.endswith((".so", ".pyd", ".pyc"))]
    assert {name.split("/")[0] for name in names(native)} >= {"pydantic_core"}
    assert [name for name in names(native) if name.endswith(".so")]


def test_pydantics_wheel_is_fetched_from_the_index_once(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(packages, "_OURS", ("pydantic-core",))
    _, native = package_archives({})
    (wheel,) = (tmp_path / "wheels").iterdir()
    assert wheel.name.startswith("pydantic_core-")
    assert wheel.name.endswith(f"-{PLATFORM}.whl")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    assert package_archives({})[1] == native


def test_the_check_knows_of_packages_that_are_taken_without_their_compiled_part():
    assert EDGE_WHEELS.issuperset(PLAIN_TOO)
