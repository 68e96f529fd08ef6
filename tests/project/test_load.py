"""A project on disk as an app."""

import asyncio
import gc
import logging
import pickle
import sys

import pytest

from notebook_routes.errors import ConfigError, DefinitionError, EdgeRefused, RouteConflict
from notebook_routes.project.load import load_tree
from notebook_routes.project.tree import ModuleTree
from notebook_routes.routing import METHODS
from notebook_routes.runtime import LoopWatch, Workers
from tests.files import dedented, write_files


@pytest.fixture
def project(tmp_path):
    """Write files; the first line of a text may stand behind the quotes."""
    return lambda files, name="shop": write_files(tmp_path / name, dedented(files))


def ask(app, target, **options):
    return asyncio.run(app.request(target, **options))


def text(app, target, **options):
    return ask(app, target, **options).content.decode()


def test_every_route_answers_its_path(project):
    app = load_tree(
        project(
            {
                "app/route.py": "def GET():\n    return 'top'",
                "app/products/[id]/route.py": """
                    async def GET(id: int):
                        return {"id": id}

                    def DELETE(id):
                        return None
                    """,
                "app/(shop)/cart/[[...rest]]/route.py": "def GET(params):\n    return dict(params)",
            }
        )
    )
    assert text(app, "/") == "top"
    assert text(app, "/products/7") == '{"id":7}'
    assert ask(app, "/products/x").status == 422
    assert ask(app, "/products/7", method="DELETE").status == 204
    assert ask(app, "/products/7", method="PUT").headers["allow"] == "DELETE, GET, HEAD, OPTIONS"
    assert text(app, "/cart/a/b") == '{"rest":["a","b"]}'
    assert text(app, "/cart") == "{}"


def test_constants_are_the_config_of_the_path(project):
    app = load_tree(
        project(
            {
                "app/route.py": """
                    import asyncio

                    max_duration = 0.01
                    tags = ["a"]

                    async def GET():
                        await asyncio.sleep(1000)
                    """
            }
        )
    )
    (path,) = app.routes.paths()
    assert (path.config.max_duration, path.config.tags) == (0.01, ("a",))
    assert ask(app, "/").status == 504


def test_modules_have_their_source_and_their_file(project):
    source = "def GET():\n    return __file__\n"
    root = project({"app/a/route.py": source})
    app = load_tree(root)
    assert text(app, "/a") == str(root / "app/a/route.py")
    (route,) = app.routes
    assert (route.source, route.cell) == (source, "app/a/route.py")


# One package `app` in each tree


def test_two_trees_have_each_their_own_app(project):
    def files(name):
        return {
            "app/_shared.py": f"name = {name!r}",
            "app/route.py": """
                import app._shared
                import app._shared as another
                from app import _shared
                from app._shared import name
                from . import _shared as near

                def GET():
                    from app import _shared as late
                    import app as package
                    same = app._shared is another is _shared is near is late is package._shared
                    return name if same else "not one module"
                """,
            "app/deep/[id]/[...rest]/route.py": """
                from app._shared import name
                from ...._shared import name as near

                def GET():
                    return name + near
                """,
        }

    one, two = (load_tree(project(files(name), name)) for name in ("one", "two"))
    assert [text(app, "/") for app in (one, two)] == ["one", "two"]
    assert [text(app, "/deep/1/2") for app in (one, two)] == ["oneone", "twotwo"]
    assert "app" not in sys.modules


def test_a_shared_module_runs_once(project):
    app = load_tree(
        project(
            {
                "app/_shared.py": "visits = []",
                "app/a/route.py": "from app._shared import visits\ndef GET():\n    visits.append(1)\n    return visits",
                "app/b/route.py": "from app import _shared\ndef GET():\n    return _shared.visits",
            }
        )
    )
    text(app, "/a")
    assert text(app, "/b") == "[1]"


def test_a_package_has_its_init_file(project):
    app = load_tree(
        project(
            {
                "app/__init__.py": "name = 'shop'",
                "app/_lib/__init__.py": "from app._lib.prices import price",
                "app/_lib/prices.py": "price = 30",
                "app/route.py": """
                    from app import name
                    from app._lib import price

                    def GET():
                        return [name, price]
                    """,
            }
        )
    )
    assert text(app, "/") == '["shop",30]'


def test_modules_beside_app_belong_to_the_tree_too(project):
    app = load_tree(
        project(
            {
                "db.py": "rows = ['lamp']",
                "lib/__init__.py": "",
                "lib/prices.py": "from db import rows\nprices = dict.fromkeys(rows, 30)",
                "json.py": "raise RuntimeError('not the json that is meant')",
                "app/route.py": """
                    import db
                    import json
                    import lib.prices

                    def GET():
                        return [db.rows, lib.prices.prices, json.loads("1")]
                    """,
            }
        )
    )
    assert text(app, "/") == '[["lamp"],{"lamp":30},1]'
    assert not {"db", "lib", "lib.prices"} & set(sys.modules)


def test_dataclasses_models_and_pickle_find_their_modules(project):
    app = load_tree(
        project(
            {
                "app/items/[...rest]/route.py": """
                    from __future__ import annotations

                    import pickle
                    from dataclasses import dataclass
                    from pydantic import BaseModel

                    @dataclass
                    class Size:
                        width: int

                    class Item(BaseModel):
                        name: str
                        size: Size

                    def POST(item: Item):
                        return pickle.loads(pickle.dumps(item))
                    """
            }
        )
    )
    body = '{"name":"Lamp","size":{"width":3}}'
    assert text(app, "/items/a.b", method="POST", body=body) == body
    assert pickle.loads(pickle.dumps(3)) == 3


def test_a_module_that_is_missing_is_named_as_it_was_written(project):
    root = project({"app/route.py": "from app._shraed import x\n\ndef GET():\n    return x"})
    with pytest.raises(DefinitionError, match=r"No module named 'app\._shraed'") as refused:
        load_tree(root, strict=True)
    assert "routes_tree" not in str(refused.value)


def test_a_file_that_was_saved_twice_in_a_second_is_read_anew(project):
    assert text(load_tree(project({"app/route.py": "def GET():\n    return 'a'"})), "/") == "a"
    assert text(load_tree(project({"app/route.py": "def GET():\n    return 'b'"})), "/") == "b"


def trees():
    return [name for name in sys.modules if name.startswith("routes_tree")]


def finders():
    return [finder for finder in sys.meta_path if "tree" in type(finder).__module__]


def test_an_app_that_is_no_longer_used_leaves_nothing(project):
    gc.collect()
    before = trees(), finders()
    app = load_tree(project({"app/route.py": "def GET():\n    return 1"}))
    assert trees() != before[0]
    del app
    gc.collect()
    assert (trees(), finders()) == before


def test_the_tree_gives_back_a_module(project):
    tree = ModuleTree(project({"app/a.b/[c]/route.py": "import app\nx = app.__path__"}))
    try:
        path = next(iter(tree.root.glob("app/**/route.py"))).relative_to(tree.root)
        assert tree.load(path).x == [str(tree.root / "app")]
        assert tree.load(path) is tree.load(path)
    finally:
        tree.close()


# What is no handler


def warned(caplog):
    return [(record.levelname, record.getMessage()) for record in caplog.records]


def test_a_file_without_a_handler_answers_options_and_405(project, caplog):
    app = load_tree(project({"app/none/route.py": "something = 1", "app/empty/route.py": ""}))
    for path in ("/none", "/empty"):
        options = ask(app, path, method="OPTIONS")
        assert (options.status, options.headers["allow"], options.content) == (204, "OPTIONS", b"")
        for method in ("GET", "HEAD", "POST"):
            refused = ask(app, path, method=method)
            assert (refused.status, refused.headers["allow"]) == (405, "OPTIONS")
    assert [message.partition(":")[0] for _, message in warned(caplog)] == [
        "app/empty/route.py has no handler",
        "app/none/route.py has no handler",
    ]


def test_a_handler_that_is_no_function_is_named_and_answers_500(project, caplog):
    app = load_tree(project({"app/route.py": "GET = 5\n\ndef POST():\n    return 'posted'"}))
    assert warned(caplog) == [("ERROR", "app/route.py: GET is not a function but 5: write def GET(...)")]
    failed = ask(app, "/")
    assert (failed.status, failed.content) == (500, b"Internal Server Error\n")
    assert ask(app, "/", method="HEAD").status == 500
    assert text(app, "/", method="POST") == "posted"
    assert ask(app, "/", method="OPTIONS").headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_small_letters_are_named(project, caplog):
    app = load_tree(
        project(
            {
                "app/lower/route.py": "def get():\n    return 1",
                # An import, and a helper beside the handler, are no mistake.
                "app/fine/route.py": "from app._h import get\ndef post(): ...\ndef POST():\n    return get()",
                "app/_h.py": "def get():\n    return 2",
            }
        )
    )
    assert ask(app, "/lower").status == 405
    assert ask(app, "/fine", method="POST").status == 200
    assert warned(caplog) == [("WARNING", "app/lower/route.py: handlers are spelled in capitals: write def GET(...)")]


# What cannot be used


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_of_this_name\ndef GET(): ...", "No module named 'nothing_of_this_name'"),
        ("def GET(:\n    pass", "SyntaxError"),
        ("prices = {}\nlamp = prices['lamp']\ndef GET(): ...", "KeyError: 'lamp'"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("import asyncio\nraise asyncio.CancelledError", "CancelledError"),
        ("raise GeneratorExit", "GeneratorExit"),
    ],
)
def test_a_file_that_fails_is_named_with_the_users_frames(project, source, said):
    root = project({"app/fine/route.py": "def GET(): ...", "app/products/route.py": source})
    gc.collect()  # apps of other tests
    before = trees()
    with pytest.raises(DefinitionError) as refused:
        load_tree(root, strict=True)
    message = str(refused.value)
    assert message.startswith("app/products/route.py cannot be imported:\n")
    assert said in message
    assert str(root / "app/products/route.py") in message
    assert "importlib" not in message
    assert "project/tree.py" not in message
    assert trees() == before


def test_a_helper_that_fails_shows_the_way_to_it(project):
    root = project({"app/_shared.py": "1 / 0", "app/route.py": "from app import _shared\ndef GET(): ..."})
    with pytest.raises(DefinitionError) as refused:
        load_tree(root, strict=True)
    message = str(refused.value)
    assert message.index("app/route.py") < message.index("from app import _shared") < message.index("1 / 0")
    assert message.endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("files", "kind", "said"),
    [
        ({"app/route.py": "revalidate = 'often'\ndef GET(): ..."}, ConfigError, "app/route.py"),
        (
            {"app/route.py": "runtime = 'edge'\ndef GET():\n    return open('x').read()"},
            EdgeRefused,
            r"app/route.py, line 3: return open\('x'\)",
        ),
        ({"app/x/route.py": "def GET(*rest): ..."}, DefinitionError, "app/x/route.py: "),
        (
            {"app/[id]/route.py": "def GET(): ...", "app/[slug]/route.py": "def POST(): ..."},
            RouteConflict,
            r"app/\[id\]/route.py.*app/\[slug\]/route.py|app/\[slug\]/route.py.*app/\[id\]/route.py",
        ),
        (
            {"app/(a)/x/route.py": "def GET(): ...", "app/(b)/x/route.py": "nothing = 1"},
            RouteConflict,
            r"app/\(",
        ),
        ({"other/x.py": ""}, DefinitionError, "holds no folder 'app'"),
        ({"app/route.py": "", "middleware.py": "", "proxy.py": ""}, DefinitionError, "middleware.py and proxy.py"),
        ({"app/route.py": "", "middleware.py": "1 / 0"}, DefinitionError, "middleware.py cannot be imported"),
    ],
)
def test_what_cannot_be_is_an_error_that_names_the_file(project, files, kind, said):
    with pytest.raises(kind, match=said):
        load_tree(project(files), strict=True)


def test_a_file_that_cannot_be_used_answers_500_and_the_others_are_served(project, caplog):
    files = {"app/fine/route.py": "def GET():\n    return 'fine'", "app/a/[id]/route.py": "x = 1\n1 / 0"}
    plain, explained = (load_tree(project(files), explain=explain) for explain in (False, True))
    assert text(plain, "/fine") == "fine"
    for method in METHODS:
        failed = ask(plain, "/a/1", method=method)
        assert (failed.status, failed.content) == (500, b"Internal Server Error\n")
    shown = text(explained, "/a/1")
    assert shown.startswith("DefinitionError: app/a/[id]/route.py cannot be imported:\n")
    assert "line 2" in shown
    assert shown.endswith("ZeroDivisionError: division by zero\n")
    assert "app/a/[id]/route.py cannot be imported" in caplog.text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("revalidate = 'often'\ndef GET(): ...", "app/a/route.py"),
        ("def GET(*rest): ...", "app/a/route.py: "),
        ("def GET(:", "SyntaxError"),
    ],
)
def test_whatever_is_wrong_with_a_file_it_is_only_that_file(project, source, said):
    app = load_tree(project({"app/a/route.py": source, "app/route.py": "def GET():\n    return 1"}), explain=True)
    assert (ask(app, "/").status, ask(app, "/a").status) == (200, 500)
    assert said in text(app, "/a")


def test_of_two_files_in_conflict_neither_is_served_and_both_are_named(project, caplog):
    app = load_tree(
        project(
            {
                "app/[id]/route.py": "def GET(): ...",
                "app/[slug]/route.py": "def POST(): ...",
                "app/fine/route.py": "def GET():\n    return 'fine'",
            }
        ),
        explain=True,
    )
    assert text(app, "/fine") == "fine"
    for method in ("GET", "POST"):
        failed = ask(app, "/1", method=method)
        assert failed.status == 500
        assert all(f"app/[{name}]/route.py" in failed.content.decode() for name in ("id", "slug"))
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert all(f"app/[{name}]/route.py" in record.getMessage() for name in ("id", "slug"))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"middleware.py": "1 / 0"}, "middleware.py cannot be imported"),
        ({"middleware.py": "", "proxy.py": ""}, "middleware.py and proxy.py"),
        ({"app/[x/route.py": ""}, "unbalanced"),
    ],
)
def test_some_mistakes_stop_loading(project, files, said, strict):
    gc.collect()  # apps of other tests
    before = trees()
    with pytest.raises(DefinitionError, match=said):
        load_tree(project({"app/route.py": "def GET(): ...", **files}), strict=strict)
    assert trees() == before


def test_a_project_without_routes_says_so(project, caplog):
    load_tree(project({"app/notes.txt": ""}))
    assert "has no route" in caplog.text


# What clients are told


def test_a_failure_is_explained_only_if_asked(project, caplog):
    root = project({"app/route.py": "def GET():\n    return 1 / 0"})
    assert text(load_tree(root), "/") == "Internal Server Error\n"
    assert "1 / 0" in caplog.text
    assert "1 / 0" in text(load_tree(root, explain=True), "/")


@pytest.mark.parametrize("threaded", [False, True])
def test_what_fails_behind_the_answer_is_logged(project, caplog, threaded):
    app = load_tree(
        project(
            {
                "app/route.py": """
                    from notebook_routes import after

                    def late():
                        return {}["lamp"]

                    def GET():
                        after(late)
                        return "fine"
                    """
            }
        )
    )

    async def run():
        app.workers = Workers() if threaded else None
        answer = await app.request("/")
        if app.workers is not None:
            app.workers.stop()
        return answer

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(run()).content == b"fine"
    assert "after() failed" in caplog.text
    assert "KeyError: 'lamp'" in caplog.text


def test_a_handler_that_holds_the_loop_is_named_once(project, caplog):
    root = project(
        {
            "app/route.py": """
                import asyncio
                import time

                async def GET():
                    await asyncio.sleep(0)
                    time.sleep(0.5)
                    return "slept"
                """
        }
    )
    app = load_tree(root)

    async def run():
        app.watch = LoopWatch()
        app.watch.start()
        for _ in range(2):
            await app.request("/")
        app.watch.stop()

    asyncio.run(run())
    (record,) = caplog.records
    said = record.getMessage()
    assert said.startswith("app/route.py, GET: line 6 of route.py held the server for over 100 ms: time.sleep(0.5)")
