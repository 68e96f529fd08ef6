"""`notebook-routes build --target cloudflare`: the folder, what is refused, and what a second build does."""

import json
import os
import sys

import pytest

from tests.files import write_files

ROUTE = "async def GET():\n    return 1\n"


def texts_below(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def moments(folder):
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_the_project_and_what_it_needs(shop_worker):
    place, said = shop_worker
    worker, shop = place / "shop-cloudflare", place / "shop"
    files = texts_below(worker)
    site = {path.removeprefix("src/site/"): content for path, content in files.items() if path.startswith("src/site/")}
    stays = {".env", "notes.ipynb", "data/prices.csv"}
    assert site == {path: content for path, content in texts_below(shop).items() if path not in stays}
    assert {
        "wrangler.jsonc",
        "pyproject.toml",
        "README.md",
        "src/entry.py",
        "python_modules/pyvenv.cfg",
    } <= files.keys()
    assert "src/notebook_routes/servers/edge.py" in files
    assert not [path for path in files if path.startswith(("src/notebook_routes/notebook/", "python_modules/bin/"))]
    # The wheel for the isolate, not this machine's.
    assert [path for path in files if path.startswith("python_modules/pydantic_core/") and "emscripten.so" in path]
    assert not [path for path in files if path.startswith(("python_modules/httpcore", "python_modules/anyio"))]
    assert {"python_modules/httpx2/__init__.py", "python_modules/markupsafe/_native.py"} <= files.keys()
    assert not [path for path in files if "_speedups" in path and path.endswith((".so", ".pyd"))]
    assert said.splitlines()[0].startswith(f"{worker}: {len(files) - 1} files written (")
    assert "Not taken: data/; --include takes" in said


def test_it_says_what_is_different_there(shop_worker):
    place, said = shop_worker
    assert "each isolate keeps answers for itself (GET /products/[id])" in said
    readme = (place / "shop-cloudflare/README.md").read_text()
    for about in (
        "Kept answers",
        "`def` handlers",
        "`max_duration`",
        "Draft mode",
        "`os.environ`",
        "`request.geo`",
        "Requests to",
    ):
        assert f"- **{about}" in readme
    listed = "Here: ANY /api/hello, GET /broken, GET /products/[id], PUT /products/[id], DELETE /products/[id]."
    assert listed in " ".join(readme.split())
    assert max(map(len, readme.splitlines())) <= 120


def test_a_second_build_writes_nothing_and_asks_nobody(shop, worker, build, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    before = moments(worker)
    status, said = build(shop)
    assert (status, said.splitlines()[0].partition(":")[0]) == (0, f"{worker} is up to date")
    assert build(shop, "--check")[0] == 0
    assert moments(worker) == before


def test_a_change_is_all_that_is_written(shop, worker, build):
    write_files(shop, {"app/route.py": ROUTE, "app/new/page.html": "<p>new"})
    (shop / "app/echo/route.py").unlink()
    before = moments(worker)
    status, said = build(shop, "--check")
    assert (status, said.splitlines()[0]) == (1, said.splitlines()[0])
    assert "2 files would be written, 1 file would be removed" in said
    assert moments(worker) == before
    status, said = build(shop)
    assert (status, "2 files written, 1 file removed" in said) == (0, True)
    changed = {
        path.relative_to(worker).as_posix() for path, when in moments(worker).items() if before.get(path) != when
    }
    assert changed == {"src/site/app/route.py", "src/site/app/new/page.html", ".notebook_routes.json"}
    assert not (worker / "src/site/app/echo").exists()
    assert build(shop, "--check")[0] == 0


def test_what_is_edited_there_stays(shop, worker, build):
    config = worker / "wrangler.jsonc"
    config.write_text(config.read_text().replace('"name": "shop",', '"name": "my-shop", // mine'))
    edited = config.read_text()
    status, said = build(shop)
    assert (status, "wrangler.jsonc was edited by hand, and stays" in said) == (0, True)
    assert config.read_text() == edited
    before = moments(worker)
    assert build(shop, "--check")[0] == build(shop)[0] == 0
    assert moments(worker) == before
    # A file of another ending needs another rule: two texts for one file.
    write_files(shop, {"public/logo.svg": "<svg/>"})
    status, said = build(shop)
    assert status == 1
    assert said.startswith("ExportError: wrangler.jsonc was edited since it was built")
    assert said.endswith("Nothing was written.\n")
    assert not (worker / "src/site/public/logo.svg").exists()


def test_what_was_edited_is_checked(shop, worker, build):
    config = worker / "wrangler.jsonc"
    config.write_text(config.read_text().replace("2026-09-08", "2025-10-01").replace('"**/*.css",', ""))
    status, said = build(shop)
    assert status == 1
    assert "WORKER011 compatibility_date 2025-10-01 means an older Python than 3.14" in said
    assert "WORKER009 src/site/public/style.css: no rule in wrangler.jsonc names the file" in said


def test_force_writes_over_what_was_edited(shop, worker, build):
    file = worker / "src/site/app/route.py"
    file.write_text("edited = 1\n")
    (shop / "app/route.py").write_text(ROUTE)
    status, said = build(shop)
    assert (status, "src/site/app/route.py was edited since it was built" in said) == (1, True)
    # Not with --force, which would ask pip: what is to be written is the same.
    file.write_text(ROUTE)
    assert build(shop)[0] == 0
    assert file.read_text() == ROUTE


def test_a_stranger_in_the_sources_is_named(shop, worker, build):
    write_files(worker, {"src/mine.py": "x = 1\n", "notes.txt": "mine", "src/__pycache__/a.pyc": b""})
    status, said = build(shop)
    assert status == 0
    assert "WORKER012 src/mine.py: it is below src/" in said
    assert "notes.txt" not in said
    assert "pyc" not in said
    assert (worker / "src/mine.py").is_file()


def test_data_goes_if_it_is_asked_for(shop, worker, build):
    status, said = build(shop, "--include", "data")
    assert status == 0
    assert "Not taken" not in said
    assert (worker / "src/site/data/prices.csv").read_text() == "1,2\n"
    assert '"**/*.csv"' in (worker / "wrangler.jsonc").read_text()
    status, said = build(shop, "--include", "../shop-cloudflare")
    assert (status, said) == (1, f"ConfigError: --include ../shop-cloudflare: it is not in {shop}\n")
    status, said = build(shop, "--include", "nothing")
    assert (status, said) == (1, f"ConfigError: --include nothing: there is no such file or folder in {shop}\n")


def test_a_limit_of_the_processors_time(shop, worker, build):
    assert build(shop, "--cpu-ms", "100")[0] == 0
    text = (worker / "wrangler.jsonc").read_text()
    assert json.loads(text[text.index("{") :])["limits"] == {"cpu_ms": 100}
    status, said = build(shop, "--cpu-ms", "0")
    assert (status, said) == (1, "ConfigError: --cpu-ms 0: the platform takes 1 to 300000 milliseconds\n")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"app/route.py": "def GET():\n    return open('data.csv').read()\n"}, "app/route.py, line 2: return open("),
        ({"app/route.py": "import numpy\ndef GET(): ...\n"}, "EDGE002 import numpy: the package has compiled code"),
        ({"app/route.py": "import subprocess\ndef GET():\n    subprocess.run('ls')\n"}, "EDGE005"),
        ({"app/route.py": "def GET(:\n"}, "app/route.py, line 1: def GET(:\nWORKER001"),
        ({"app/route.py": ROUTE, "middleware.py": "import uuid\nid = uuid.uuid4()\n"}, "middleware.py, line 2"),
        ({"app/route.py": "import stock\n" + ROUTE, "stock.py": "import time\nat = time.time()\n"}, "stock.py, line 2"),
        ({"app/route.py": ROUTE, "pages/api/a.py": "import tkinter\ndef handler(req, res): ...\n"}, "EDGE001"),
    ],
)
def test_what_cannot_run_there_is_refused_and_nothing_written(files, told, build, tmp_path):
    write_files(tmp_path / "shop", files)
    status, said = build(tmp_path / "shop")
    assert status == 1
    assert told in said
    assert said.endswith("Nothing was written.\n")
    assert names_in(tmp_path) == ["shop"]


def test_a_comment_overrules_a_rule_of_the_edge(shop, worker, build):
    text = "async def GET():\n    return open('data/prices.csv').read()  # edge: ignore[EDGE003]\n"
    write_files(shop, {"app/prices/route.py": text})
    assert build(shop, "--include", "data")[0] == 0
    assert (worker / "src/site/app/prices/route.py").read_text() == text


def test_python_that_is_only_served_may_be_anything(shop, worker, build):
    write_files(shop, {"public/old.py": "print 'import numpy'\n", "app/a/route.py": b"# coding: latin-1\nx = '\xfc'\n"})
    assert build(shop)[0] == 0
    assert (worker / "src/site/public/old.py").is_file()


def test_what_serve_cannot_load_is_refused(build, tmp_path):
    write_files(tmp_path / "shop", {"app/[id]/route.py": ROUTE, "app/[slug]/route.py": ROUTE})
    status, said = build(tmp_path / "shop")
    assert (status, said.startswith("RouteConflict: ")) == (1, True)
    write_files(tmp_path / "cafe", {"app/route.py": "import no_such_module\n" + ROUTE})
    status, said = build(tmp_path / "cafe")
    assert (status, "No module named 'no_such_module'" in said) == (1, True)


def test_a_large_file_is_not_even_read(build, tmp_path):
    write_files(tmp_path / "shop", {"app/route.py": ROUTE, "public/film.mp4": b""})
    os.truncate(tmp_path / "shop/public/film.mp4", 65 << 20)
    status, said = build(tmp_path / "shop")
    assert status == 1
    assert "WORKER007 68.2 MB in all, of which public/film.mp4 is 68.2 MB: the platform takes no Worker of" in said


def test_what_is_no_project(build, tmp_path):
    write_files(tmp_path, {"shop.ipynb": "{}", "empty/x.txt": "", "bare/app/x.txt": ""})
    status, said = build(tmp_path / "shop.ipynb")
    assert status == 1
    assert said.startswith(f"ConfigError: {tmp_path}/shop.ipynb is a notebook, and a folder is built")
    assert said.endswith(f"notebook-routes export {tmp_path}/shop.ipynb shop\n")
    status, said = build(tmp_path / "empty")
    assert (status, said.startswith(f"DefinitionError: {tmp_path}/empty holds no folder 'app'")) == (1, True)
    assert build(tmp_path / "nowhere")[0] == 1
    status, said = build(tmp_path / "bare")
    assert (status, said) == (1, f"ConfigError: {tmp_path}/bare has no route: write app/route.py\n")
    status, said = build(tmp_path / "bare", tmp_path / "empty")
    assert (status, said.startswith("ConfigError: --target cloudflare builds one project")) == (1, True)


@pytest.mark.parametrize("output", [".", "shop", "shop/build", "shop/app"])
def test_it_goes_beside_the_project(output, build, tmp_path):
    write_files(tmp_path, {"shop/app/route.py": ROUTE})
    status, said = build(tmp_path / "shop", "-o", tmp_path / output)
    assert (status, "a build goes beside the project's folder" in said) == (1, True)
    assert f"{tmp_path}/shop-cloudflare is where it goes by itself" in said


def test_a_folder_of_somebody_elses_stays(build, tmp_path):
    write_files(tmp_path, {"shop/app/route.py": ROUTE, "mine/letter.txt": "dear", "file": ""})
    for options in ((), ("--force",)):
        status, said = build(tmp_path / "shop", "-o", tmp_path / "mine", *options)
        assert status == 1
        assert said.startswith(f"ExportError: {tmp_path}/mine holds files that no build has written, letter.txt: name")
    assert build(tmp_path / "shop", "-o", tmp_path / "file")[1].endswith("is a file: name a folder with -o\n")


def test_the_build_of_another_project_stays(shop, worker, build):
    other = write_files(shop.with_name("cafe"), {"app/route.py": ROUTE})
    status, said = build(other, "-o", worker)
    assert (status, "holds the build of shop for cloudflare, not of cafe for cloudflare" in said) == (1, True)
    manifest = worker / ".notebook_routes.json"
    manifest.write_text(manifest.read_text().replace("shop for cloudflare", "shop.ipynb"))
    status, said = build(other, "-o", worker, "--force")
    assert (status, "holds the export of shop.ipynb: name another folder" in said) == (1, True)


def test_a_name_that_no_worker_can_have(build, tmp_path):
    write_files(tmp_path, {"Mein Laden/app/route.py": ROUTE, "ü/app/route.py": ROUTE})
    status, said = build(tmp_path / "Mein Laden", "--name", "Mein_Laden")
    assert (status, "write another, such as mein-laden" in said) == (1, True)
    status, said = build(tmp_path / "ü")
    assert (status, "a Worker cannot be called ü: name it with --name" in said) == (1, True)


def test_no_index_and_nothing_vendored(build, tmp_path, monkeypatch):
    # Neither the machine's index nor its folders of wheels, and no patience.
    for name, value in {"CONFIG_FILE": os.devnull, "INDEX_URL": "http://127.0.0.1:9/simple", "RETRIES": "1"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    write_files(tmp_path, {"shop/app/route.py": ROUTE})
    status, said = build(tmp_path / "shop")
    assert status == 1
    assert said.startswith("ExportError: pip could not reach its index")
    assert names_in(tmp_path) == ["shop"]


@pytest.mark.parametrize("line", ["-r more.txt", "-e .", "./lib", "lamp @ https://shop.example/lamp.whl", "lamp ==="])
def test_requirements_that_are_no_packages(line, build, tmp_path):
    write_files(tmp_path, {"shop/app/route.py": ROUTE, "shop/requirements.txt": f"# what we need\n\n{line}\n"})
    status, said = build(tmp_path / "shop")
    assert status == 1
    assert f"requirements.txt, line 3: {line}\nA Worker takes packages by name and version only" in said


def test_no_such_target(tmp_path):
    from typer.testing import CliRunner

    from notebook_routes.tooling import commands

    result = CliRunner().invoke(commands.app, ["build", str(tmp_path), "--target", "moon"])
    assert (result.exit_code, "ConfigError: --target moon: there" in result.output) == (1, True)


@pytest.mark.skipif(sys.platform == "win32", reason="few people may make links there")
def test_it_does_not_write_through_links(shop, worker, build, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (worker / "src/site/app/new").symlink_to(tmp_path / "elsewhere")
    write_files(shop, {"app/new/route.py": ROUTE})
    status, said = build(shop)
    assert (status, "is a link, and what is built goes into its own folder only" in said) == (1, True)
    assert names_in(tmp_path / "elsewhere") == []
