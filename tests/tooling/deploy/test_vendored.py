"""Which of the packages that pip has unpacked an isolate needs."""

import pytest
from packaging.requirements import InvalidRequirement, Requirement

from notebook_routes.tooling.deploy.vendored import applies, for_isolate, needed_of, vendored_in
from tests.files import write_files


def package(name, *requires, version="1.0", files=()):
    about = f"{name}-{version}.dist-info"
    said = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    said += "".join(f"Requires-Dist: {line}\n" for line in requires) + "\nRequires-Dist: none, this is prose\n"
    listed = [*files, f"{about}/METADATA", f"{about}/RECORD"]
    return {
        f"{about}/METADATA": said,
        f"{about}/RECORD": "".join(f'"{path}",,\n' for path in listed),
        **dict.fromkeys(files, ""),
    }


@pytest.fixture
def folder(tmp_path):
    files = {
        **package(
            "Lamp_Shop", "bulb[warm]>=2", 'wire; sys_platform != "emscripten"', 'cord; sys_platform == "emscripten"'
        ),
        **package(
            "bulb", 'glow; extra == "warm"', 'old; python_version < "3.14"', "not a requirement ==", version="2.1"
        ),
        **package("glow", "bulb", files=("glow, with comma.py",)),
        **package("wire"),
        **package("old"),
    }
    return write_files(tmp_path, files)


def test_the_conditions_are_those_of_an_isolate(folder):
    packages = vendored_in(folder)
    assert packages.keys() == {"lamp-shop", "bulb", "glow", "wire", "old"}
    assert packages["bulb"].version == "2.1"
    assert "glow, with comma.py" in packages["glow"].files
    needed, missing = needed_of(["lamp.shop>=1"], packages)
    assert needed == {"lamp-shop", "bulb", "glow"}
    assert missing == ["cord"]


def test_what_our_package_stands_in_for_is_not_missing(tmp_path):
    files = package("httpx2", 'httpx2-jsfetch; sys_platform == "emscripten"')
    assert needed_of(["httpx2"], vendored_in(write_files(tmp_path, files))) == ({"httpx2"}, [])


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("a", True),
        ("a; sys_platform == 'emscripten'", True),
        ("a; platform_system == 'Emscripten' and platform_machine == 'wasm32'", True),
        ("a; sys_platform == 'win32'", False),
        ("a; python_version >= '3.14'", True),
        ("a; python_full_version < '3.13'", False),
        ("a; extra == 'x'", False),
    ],
)
def test_conditions(line, holds):
    assert applies(Requirement(line)) is holds


def test_requirements_without_their_conditions():
    lines = ["a[x]>=1; python_version >= '3.12'", "b; sys_platform == 'win32'", "c"]
    assert for_isolate(lines) == ["a[x]>=1", "c"]
    with pytest.raises(InvalidRequirement):
        for_isolate(["-r more.txt"])
