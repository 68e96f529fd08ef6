"""Wheels in plain Python, of packages that are compiled for speed alone."""

import os
import subprocess
import sys
import zipfile

from notebook_routes.tooling.deploy.plain_wheels import write_plain_wheels


def test_markupsafe_works_without_its_compiled_part(tmp_path):
    write_plain_wheels(tmp_path / "wheels")
    (wheel,) = (tmp_path / "wheels").glob("[Mm]arkup[Ss]afe-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as found:
        names = found.namelist()
        found.extractall(tmp_path / "unpacked")
    assert not [name for name in names if name.endswith((".so", ".pyd", ".c"))]
    listed = next(name for name in names if name.endswith("/RECORD"))
    record = (tmp_path / "unpacked" / listed).read_text()
    assert sorted(line.partition(",")[0] for line in record.splitlines()) == sorted(names)
    code = "import markupsafe; print(markupsafe.escape('<'), markupsafe.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "unpacked")}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout == f"&lt; {tmp_path / 'unpacked/markupsafe/__init__.py'}\n"


def test_pip_takes_it(tmp_path):
    write_plain_wheels(tmp_path / "wheels")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", tmp_path / "wheels"]
    command += ["--disable-pip-version-check", "--target", tmp_path / "there", "--only-binary=:all:"]
    command += ["--python-version", "3.14", "--platform", "pyemscripten_2026_0_wasm32", "markupsafe"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "there/markupsafe/_native.py").is_file()
