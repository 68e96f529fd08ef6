"""The wheel that is written from the installed files."""

import base64
import csv
import hashlib
import io
import subprocess
import sys
import zipfile

import notebook_routes
from notebook_routes.tooling.deploy.jupyterlite_own_wheel import write_own_wheel


def test_its_record_is_true_and_two_of_them_are_equal(tmp_path):
    path = write_own_wheel(tmp_path)
    before = path.read_bytes()
    assert path.name == f"notebook_routes-{notebook_routes.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(path) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist()}
    (record,) = [name for name in files if name.endswith("/RECORD")]
    rows = {name: (digest, size) for name, digest, size in csv.reader(io.StringIO(files[record].decode()))}
    assert set(rows) == set(files)
    for name, content in files.items():
        if name != record:
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert rows[name] == (f"sha256={digest}", str(len(content)))
    assert write_own_wheel(tmp_path).read_bytes() == before


def test_it_holds_what_a_kernel_needs_and_nothing_compiled(tmp_path):
    with zipfile.ZipFile(write_own_wheel(tmp_path)) as wheel:
        names = wheel.namelist()
    for name in ("inspector/static/widget.js", "notebook/static/page_frame.js", "servers/in_process.py", "py.typed"):
        assert f"notebook_routes/{name}" in names
    assert not [name for name in names if "__pycache__" in name]


def test_pip_installs_it(tmp_path):
    path, there = write_own_wheel(tmp_path), tmp_path / "there"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(there)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=120)
    probe = "import importlib.metadata as m, notebook_routes as n; print(n.__file__, m.version('notebook-routes'))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(there)!r}); {probe}"],
        check=True, capture_output=True, text=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    file, version = done.stdout.split()
    assert file == str(there / "notebook_routes" / "__init__.py")
    assert version == notebook_routes.__version__
