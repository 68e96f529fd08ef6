"""Which files of a project go."""

import pytest

from notebook_routes.errors import ConfigError
from notebook_routes.tooling.deploy.site_files import find_site_files
from tests.files import write_files

ROUTE = "async def GET(): ...\n"


def test_what_serve_reads_goes_and_nothing_else(tmp_path):
    write_files(
        tmp_path,
        {
            "app/route.py": "import stock\n" + ROUTE,
            "app/_shared.py": "from lib.prices import price\n",
            "app/prices.json": "{}",
            "app/__pycache__/route.pyc": b"",
            "app/.hidden": "",
            "app/draft.ipynb": "{}",
            "pages/api/a.py": "def handler(req, res): ...\n",
            "pages/about.html": "",
            "public/x.css": "",
            "proxy.py": "def proxy(request): ...\n",
            "stock.py": "import deeper\n",
            "deeper.py": "import json\n",
            "lib/__init__.py": "",
            "lib/prices.py": "import unused_but_missing\n",
            "lib/data.csv": "",
            "json.py": "hides = 'nothing'\n",
            "unused.py": "",
            "data/x.csv": "",
            "tests/test_a.py": "",
            "requirements.txt": "",
            ".env": "",
        },
    )
    found = find_site_files(tmp_path)
    assert sorted(found.sizes) == [
        "app/_shared.py",
        "app/prices.json",
        "app/route.py",
        "deeper.py",
        "lib/__init__.py",
        "lib/data.csv",
        "lib/prices.py",
        "pages/api/a.py",
        "proxy.py",
        "public/x.css",
        "stock.py",
    ]
    assert found.behind == ["data/", "json.py", "unused.py"]
    assert found.read()["app/prices.json"] == b"{}"


def test_what_is_asked_for_goes_too(tmp_path):
    write_files(tmp_path, {"app/route.py": ROUTE, "data/a/x.csv": "1", "plugin.py": "import helper\n", "helper.py": ""})
    found = find_site_files(tmp_path, include=[tmp_path / "data", *map(type(tmp_path), ["plugin.py"])])
    assert sorted(found.sizes) == ["app/route.py", "data/a/x.csv", "helper.py", "plugin.py"]
    assert found.behind == []


def test_broken_files_go_as_well(tmp_path):
    write_files(tmp_path, {"app/route.py": "def GET(:\n", "app/a/route.py": b"\xff\xfe\n"})
    assert sorted(find_site_files(tmp_path).sizes) == ["app/a/route.py", "app/route.py"]


def test_a_link_out_of_the_project_is_not_taken_by_name(tmp_path):
    write_files(tmp_path, {"shop/app/route.py": ROUTE, "secret/key": "1"})
    (tmp_path / "shop/data").symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigError, match="it is not in"):
        find_site_files(tmp_path / "shop", include=[type(tmp_path)("data")])


def test_what_a_link_in_public_leads_to_is_no_more_public_than_with_serve(tmp_path):
    write_files(
        tmp_path, {"shop/app/route.py": ROUTE, "shop/public/a.txt": "", "secret/key": "1", "secret/route.py": ""}
    )
    (tmp_path / "shop/public/key").symlink_to(tmp_path / "secret/key")
    (tmp_path / "shop/public/b.txt").symlink_to(tmp_path / "shop/public/a.txt")
    (tmp_path / "shop/public/gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "shop/app/linked").symlink_to(tmp_path / "secret")
    assert sorted(find_site_files(tmp_path / "shop").sizes) == ["app/route.py", "public/a.txt", "public/b.txt"]


def test_a_path_that_begins_with_a_dot_is_a_path(tmp_path):
    write_files(tmp_path, {"app/.well-known/x/route.py": ROUTE, "app/.hidden": ""})
    assert sorted(find_site_files(tmp_path).sizes) == ["app/.well-known/x/route.py"]
