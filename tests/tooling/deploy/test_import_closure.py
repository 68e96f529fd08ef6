"""Whether a Worker's folder has all that it imports."""

import pytest

from notebook_routes.tooling.deploy.import_closure import check_imports

ENTRY = "from workers import WorkerEntrypoint\n"
SDK = {"python_modules/workers/__init__.py": "import js, pyodide.ffi, _cloudflare_compat_flags\n"}


def missing(site, modules=(), entry=ENTRY):
    files = {"src/entry.py": entry, **{f"src/site/{path}": text for path, text in site.items()}, **SDK}
    files |= {f"python_modules/{path}": text for path, text in dict(modules).items()}
    found = check_imports({path: text.encode() for path, text in files.items()})
    return [(each.rule.code, each.what, each.place, each.line) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "import json, os.path, annotationlib, js",
        "from app import _shared\nfrom app.sub.deep import x\nimport stock, lib.prices",
        "from . import _shared",
        "import lamp, lamp.sub, native._native, space.inner",
        "try:\n    import nothing\nexcept ImportError:\n    nothing = None",
        "def GET():\n    import lamp",
        "import notebook_routes",
        "import tkinter  # edge: ignore[EDGE001]",
    ],
)
def test_what_is_there(text):
    site = {
        "app/route.py": text,
        "app/_shared.py": "",
        "app/sub/deep.py": "x = 1",
        "stock.py": "",
        "lib/__init__.py": "",
        "lib/prices.py": "from . import __name__",
    }
    modules = {
        "lamp/__init__.py": "from .sub import *\nfrom lamp import sub",
        "lamp/sub.py": "def f():\n    import not_there",
        "native/__init__.py": "from ._native import x",
        "native/_native.cpython-314-wasm32-emscripten.so": "",
        "space/inner/x.py": "",
        "notebook_routes/__init__.py": "",
        "unreached.py": "import not_there",
    }
    assert missing(site, modules) == []


def test_what_the_project_lacks():
    site = {
        "app/route.py": "import json\n\ndef GET():\n    import lamp.shop\n",
        "stock.py": "from app import nothing\n",
    }
    assert missing(site) == [("WORKER003", "import lamp.shop", "app/route.py", 4)]
    assert missing({"app/route.py": "from app.nothing import x\n"}) == [
        ("WORKER003", "import app.nothing", "app/route.py", 1)
    ]
    assert missing({"app/route.py": "import cgi\n"}) == [("WORKER004", "import cgi", "app/route.py", 1)]


def test_what_a_package_lacks_is_told_with_who_needs_it():
    modules = {"lamp/__init__.py": "from . import bulb", "lamp/bulb.py": "import glow\nimport asyncore\n"}
    assert missing({"app/route.py": "import lamp"}, modules) == [
        ("WORKER006", "import glow (for app/route.py)", "python_modules/lamp/bulb.py", 1),
        ("WORKER006", "import asyncore (for app/route.py)", "python_modules/lamp/bulb.py", 2),
    ]


def test_a_file_of_the_projects_hides_a_package_and_not_the_library():
    modules = {"lamp.py": "import not_there", "json.py": "import not_there"}
    assert missing({"app/route.py": "import lamp, json", "lamp.py": "", "json.py": ""}, modules) == []


def test_the_entry_is_followed_too():
    assert missing({}, entry=f"{ENTRY}import nothing\n") == [("WORKER003", "import nothing", "src/entry.py", 2)]


def test_what_cannot_be_parsed_is_for_others_to_tell():
    assert missing({"app/route.py": "import ("}, {"lamp.py": "import ("}) == []
