"""Which files an isolate gets."""

import io
import os
import zipfile

import pytest

from notebook_routes.errors import ServerError
from notebook_routes.project.isolate import archives
from notebook_routes.project.isolate.archives import archive, core_archive, python_texts, site_files
from tests.files import write_files


def site_archive(root):
    return archive(site_files(root).items())


def names(content):
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return zipped.namelist()


def test_the_files_of_a_project_are_taken(project):
    files = {
        "app/products/[id]/route.py": "def GET(id):\n    return id\n",
        "app/tests/route.py": "def GET():\n    return 'the path /tests'\n",
        "app/.well-known/route.py": "def GET():\n    return 'a path as any other'\n",
        "middleware.py": "",
        "lib/prices.json": "{}",
        "public/lamp.png": b"\x89PNG",
    }
    content = site_archive(project(files))
    assert names(content) == sorted(files)
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        assert zipped.read("public/lamp.png") == b"\x89PNG"


def test_others_are_not(project):
    root = project(
        {
            "app/route.py": "",
            **dict.fromkeys(
                (
                    ".env",
                    ".git/config",
                    "app/.env",
                    "app/__pycache__/route.pyc",
                    "node_modules/x/index.js",
                    "public/.htpasswd",
                    "public/.git/config",
                    "tests/test_app.py",
                    "venv/lib.py",
                    "lib/myenv/pyvenv.cfg",
                    "lib/myenv/lib.py",
                ),
                "",
            ),
        }
    )
    assert names(site_archive(root)) == ["app/route.py"]


def test_links_are_those_that_other_servers_follow(tmp_path):
    write_files(tmp_path, {"outside/secret.txt": "", "outside/route.py": "", "outside/lib.py": ""})
    root = write_files(tmp_path / "shop", {"app/route.py": "", "public/a.txt": "", "lib/prices.py": ""})
    (root / "app/linked").symlink_to(tmp_path / "outside")
    (root / "app/one").mkdir()
    (root / "app/one/route.py").symlink_to(tmp_path / "outside/route.py")
    (root / "public/b.txt").symlink_to(root / "public/a.txt")
    (root / "public/secret.txt").symlink_to(tmp_path / "outside/secret.txt")
    (root / "public/outside").symlink_to(tmp_path / "outside")
    (root / "public/lib.py").symlink_to(root / "lib/prices.py")
    (root / "shared").symlink_to(tmp_path / "outside")
    (root / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert names(site_archive(root)) == [
        "app/one/route.py",
        "app/route.py",
        "lib/prices.py",
        "public/a.txt",
        "public/b.txt",
        "shared/lib.py",
        "shared/route.py",
        "shared/secret.txt",
    ]


def test_a_circle_of_links_ends(project):
    root = project({"app/route.py": "", "a/one.py": "", "b/two.py": ""})
    (root / "a/b").symlink_to(root / "b")
    (root / "b/a").symlink_to(root / "a")
    (root / "self").symlink_to(root / "self")
    (root / "whole").symlink_to(root)
    assert names(site_archive(root)) == ["a/b/two.py", "a/one.py", "app/route.py", "b/a/one.py", "b/two.py"]


def test_the_same_files_are_the_same_bytes(tmp_path):
    files = {"app/route.py": "x", "middleware.py": "y", "app/a/route.py": "z"}
    first = write_files(tmp_path / "a", files)
    second = write_files(tmp_path / "b", dict(reversed(files.items())))
    os.utime(second / "middleware.py", (0, 0))
    (second / "app/route.py").chmod(0o700)
    assert site_archive(first) == site_archive(second)
    (second / "middleware.py").write_text("other")
    assert site_archive(first) != site_archive(second)


def test_files_have_a_largest_size(project, monkeypatch):
    root = project({"app/route.py": "x" * 600, "data.csv": "x" * 500})
    monkeypatch.setattr(archives, "_LARGEST", 1100)
    assert len(names(site_archive(root))) == 2
    monkeypatch.setattr(archives, "_LARGEST", 1099)
    with pytest.raises(ServerError, match="MiB of files, and an isolate keeps its files in memory") as refused:
        site_archive(root)
    assert str(root) in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    # Whoever runs this may be allowed to read all, but no folder as a file.
    with pytest.raises(ServerError, match=r"shop cannot be read: Is a directory"):
        archive([("shop", write_files(tmp_path / "shop", {"a": ""}))])


def test_a_folder_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ServerError, match=r"nowhere cannot be read: No such file or directory"):
        site_archive(tmp_path / "nowhere")


def test_the_text_of_python_files_is_read(project):
    root = project({"app/route.py": "naïve", "latin.py": b"# \xfc", "data.txt": "", "tests/test_x.py": ""})
    assert python_texts(site_files(root)) == {"app/route.py": "naïve", "latin.py": "# \N{REPLACEMENT CHARACTER}"}


def test_our_package_is_taken_but_for_what_needs_a_notebook_or_a_terminal():
    taken = names(core_archive())
    assert "notebook_routes/__init__.py" in taken
    assert "notebook_routes/project/isolate/inside.py" in taken
    assert {name.split("/")[0] for name in taken} == {"notebook_routes"}
    assert not {"inspector", "notebook", "tooling"} & {name.split("/")[1] for name in taken}
    assert all(name.endswith(".py") for name in taken)
    assert core_archive() == core_archive()


@pytest.mark.parametrize("text", ["def GET(:", "null = '\0'"])
def test_a_file_that_is_no_python_is_left_to_the_isolate(project, text):
    assert python_texts(site_files(project({"app/route.py": text, "app/b/route.py": "import lamps"}))) == {
        "app/b/route.py": "import lamps"
    }
