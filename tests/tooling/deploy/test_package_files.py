"""What of notebook_routes goes: all that is imported there, and none of what needs a notebook or sockets."""

import os
import subprocess
import sys

from notebook_routes.tooling.deploy.package_files import ENTRANCES, package_files
from tests.files import write_files


def test_it_stands_alone(tmp_path):
    write_files(tmp_path, package_files())
    code = f"import {', '.join(ENTRANCES)}, notebook_routes, sys; print(notebook_routes.__file__); "
    code += "print(*sorted(set(sys.modules) & {'tornado', 'pydantic', 'IPython', 'httpx2', 'typer'}))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == (f"{tmp_path / 'notebook_routes/__init__.py'}\n\n", "")


def test_a_tree_can_be_loaded_and_asked_by_it_alone(tmp_path):
    write_files(tmp_path / "src", package_files())
    write_files(
        tmp_path / "site",
        {
            "app/route.py": "revalidate = 60\ndef GET(page: int = 1): return page\n",
            "app/a/page.html": "<p>",
            "pages/api/b.py": "def handler(req, res): res.json(1)\n",
            "public/c.txt": "c",
            "middleware.py": "async def middleware(request, next): return await next(request)\n",
        },
    )
    code = (
        "import asyncio; from pathlib import Path; from notebook_routes.project.load import load_tree\n"
        f"app = load_tree(Path({str(tmp_path / 'site')!r}), strict=True)\n"
        "async def ask():\n"
        "    for path in ('/?page=2', '/a', '/api/b', '/c.txt', '/nowhere'):\n"
        "        answer = await app.request(path)\n"
        "        print(answer.status, (await answer.text()).strip())\n"
        "asyncio.run(ask())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.stderr, ended.returncode) == ("", 0)
    assert ended.stdout.splitlines()[:4] == ["200 2", "200 <p>", "200 1", "200 c"]
    assert ended.stdout.splitlines()[4].startswith("404 ")


def test_notebooks_and_servers_stay_behind():
    paths = package_files()
    assert not [path for path in paths if path.split("/")[1] in ("notebook", "tooling", "inspector")]
    assert not {"notebook_routes/servers/tornado.py", "notebook_routes/servers/thread.py"} & paths.keys()
    assert {"notebook_routes/servers/asgi.py", "notebook_routes/project/tree.py"} <= paths.keys()
