"""Which packages a project needs in an isolate."""

import pytest

from notebook_routes.errors import ExportError
from notebook_routes.project.load import load_tree
from notebook_routes.tooling.deploy.needs import Needs, needs_of
from notebook_routes.tooling.deploy.site_files import find_site_files
from tests.files import write_files

ALWAYS = {"python-multipart", "workers-runtime-sdk"}


def needed(root, files):
    write_files(root, files)
    app = load_tree(root, strict=True)
    needs = needs_of(root, find_site_files(root).read(), app.routes.routes())
    return {line.partition("=")[0].partition(">")[0].partition("<")[0] for line in needs.requirements}, needs


def test_a_plain_project_needs_next_to_nothing(tmp_path):
    names, needs = needed(
        tmp_path, {"app/[id]/route.py": "async def GET(id, q: str = '', r: str | None = None): ...\n"}
    )
    assert names == ALWAYS
    assert not needs.asks_others


@pytest.mark.parametrize("parameter", ["page: int", "page=1", "when: 'datetime.date | None' = None", "body: Lamp"])
def test_types_need_pydantic(parameter, tmp_path):
    head = "import datetime\nfrom dataclasses import dataclass\n@dataclass\nclass Lamp:\n    price: int\n"
    names, _ = needed(tmp_path, {"app/route.py": f"{head}async def POST({parameter}): ...\n"})
    assert names == ALWAYS | {"pydantic"}


@pytest.mark.parametrize(
    "text",
    [
        "from notebook_routes import fetch\nasync def GET(): return await fetch('http://a.example')\n",
        "import notebook_routes as n\nasync def GET(): return await n.fetch('http://a.example')\n",
        "from notebook_routes import Response\ndef GET(): return Response.rewrite('http://a.example')\n",
        "from notebook_routes import Response\ndef GET(): return Response.rewrite('//a.example')\n",
        "from notebook_routes import Response\ndef GET(u): return Response.rewrite(u)\n".replace("(u)", "(u='')", 1),
    ],
)
def test_who_asks_others_needs_httpx2(text, tmp_path):
    names, needs = needed(tmp_path, {"app/route.py": text})
    assert names == ALWAYS | {"httpx2"}
    assert needs.asks_others


def test_a_rewrite_that_stays_needs_nothing(tmp_path):
    text = "from notebook_routes import Response\ndef middleware(request): return Response.rewrite('/b')\n"
    assert needed(tmp_path, {"app/route.py": "def GET(): ...\n", "middleware.py": text})[0] == ALWAYS


def test_time_zones_and_templates(tmp_path):
    files = {"app/route.py": "import zoneinfo\ndef GET(): ...\n", "app/a/page.html.jinja": "<p>{{ query }}"}
    assert needed(tmp_path, files)[0] == ALWAYS | {"tzdata", "jinja2"}
    assert needed(tmp_path, {**files, "requirements.txt": ""})[0] == ALWAYS | {"tzdata", "jinja2"}


def test_written_requirements_come_first(tmp_path):
    text = "notebook-routes[redis]==0.1.0\nPython_Multipart==0.0.28  # ours\nlamp>=2 ; python_version >= '3.12'\n"
    _, needs = needed(tmp_path, {"app/route.py": "import zoneinfo\ndef GET(): ...\n", "requirements.txt": text})
    assert needs.requirements == (
        "lamp>=2 ; python_version >= '3.12'",
        "Python_Multipart==0.0.28",
        "tzdata",
        "workers-runtime-sdk>=1.9",
    )


def test_without_them_what_is_imported_counts(tmp_path):
    # It is installed with the project, in one version.
    text = "import packaging.version, stock\ndef GET(): ...\n"
    names, needs = needed(tmp_path, {"app/route.py": text, "stock.py": ""})
    assert names == ALWAYS | {"packaging"}
    assert next(line for line in needs.requirements if line.startswith("packaging==")) is not None


def test_versions_can_be_loosened():
    needs = Needs(("a==1.2", "b== 1.0rc1 ; python_version > '3'", "c>=1,==1.*", "d", "e[x]==3", "f==1+cpu"))
    assert needs.loosened().requirements == (
        "a>=1.2",
        "b>=1.0rc1 ; python_version > '3'",
        "c>=1,==1.*",
        "d",
        "e[x]>=3",
        "f==1+cpu",
    )


def test_requirements_that_are_no_text(tmp_path):
    with pytest.raises(ExportError, match=r"requirements\.txt cannot be read"):
        needed(tmp_path, {"app/route.py": "def GET(): ...\n", "requirements.txt": b"\xff\xfe\x00"})
