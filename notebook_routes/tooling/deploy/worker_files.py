"""The files of a Worker that are the same for each project, but for its name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from notebook_routes.project.isolate.target import PYTHON

if TYPE_CHECKING:
    from notebook_routes.tooling.deploy.needs import Needs

#: `src/entry.py`
ENTRY = '''\
"""The Worker: every request is answered by the project in the folder `site`."""

import os
from functools import cache
from pathlib import Path

from notebook_routes.project.current_folder import find_modules_in
from notebook_routes.project.load import load_tree
from notebook_routes.runtime.jsfetch import provide
from notebook_routes.servers.edge import EdgeApp
from workers import WorkerEntrypoint

SITE = Path(__file__).parent / "site"
PLACE = ("country", "region", "city", "latitude", "longitude")
# As under `notebook-routes serve`: paths in the code begin in the project's folder.
os.chdir(SITE)
find_modules_in(SITE)
# The project may import httpx2 itself, which sends by the platform's fetch then.
provide()
APP = load_tree(SITE)


class Default(WorkerEntrypoint):
    """The class that the platform calls; `self.env` has the Worker's variables, secrets and bindings."""

    async def fetch(self, request):
        """Answer a request."""
        js_request = request.js_object
        told = getattr(js_request, "cf", None)
        place = {name: value for name in PLACE if isinstance(value := getattr(told, name, None), str)}
        return await edge_app().fetch(js_request, wait_until=self.ctx.waitUntil, geo=place)


@cache
def edge_app():
    """The bridge, which holds JavaScript: the platform's snapshot of what is loaded before requests cannot."""
    return EdgeApp(APP)
'''


def project_text(name: str, needs: Needs) -> str:
    """The text of `pyproject.toml`: what `python_modules` was filled with, and with which `pywrangler` fills it."""
    version = ".".join(map(str, PYTHON))
    dependencies = "".join(f"    {_quoted(line)},\n" for line in needs.requirements)
    return (
        "[project]\n"
        f"name = {_quoted(name)}\n"
        'version = "0.1.0"\n'
        f'requires-python = ">={version}"\n'
        f"dependencies = [\n{dependencies}]\n"
        "\n"
        "[dependency-groups]\n"
        'dev = ["workers-py", "workers-runtime-sdk"]\n'
    )


def _quoted(text: str) -> str:
    # A basic string of TOML is written as one of JSON is.
    return json.dumps(text, ensure_ascii=False)
