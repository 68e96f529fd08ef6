"""A tree as a notebook: its cells, run, answer as its files do."""

import asyncio
import json

import pytest

import notebook_routes
from notebook_routes.app import App, declared_middleware
from notebook_routes.errors import DefinitionError
from notebook_routes.project.import_tree import import_tree
from notebook_routes.project.load import load_tree
from notebook_routes.project.settled_cells import settled_cells
from notebook_routes.routing import ANY, Route, SegmentConfig, parse_api_directive, parse_directive
from notebook_routes.runtime import Invoker, RouteModule, compile_middleware
from notebook_routes.runtime.api import api_invoker
from notebook_routes.runtime.api.cell import compile_api
from tests.files import write_files

SHOP = {
    "app/_shared.py": """# From shop.ipynb: what its routes share.

import json

products = {"1": {"name": "Lamp"}}
counter = 0


def named(id):
    return products[id]["name"]
""",
    "app/products/[id]/route.py": """# From shop.ipynb.

import math

from notebook_routes import not_found

from app import _shared

revalidate = 0
tags = ["products"]


def taxed(price):
    return math.ceil(price * 1.19)


def GET(id, price: int = 1):
    product = _shared.products.get(id) or not_found()
    return {**product, "price": taxed(price), "named": _shared.named(id)}


def POST(id, body):
    _shared.counter += 1
    _shared.products[id] = body
    return _shared.counter
""",
    "app/box/route.py": """import itertools
from dataclasses import dataclass

from app import _shared


@dataclass
class Box:
    w: int


numbers = itertools.count(1)


async def GET(w: int = 1) -> dict:
    return {"box": Box(w).w, "number": next(numbers), "counter": _shared.counter}


def taxed(price):
    return price
""",
    "middleware.py": """from notebook_routes import Response

config = {"matcher": "/products/:path*"}


def middleware(request):
    if request.headers.has("x-stop"):
        return Response("stopped", status=403)
""",
    "app/page.html": "<h1>Shop {{ x }}</h1>\n",
    "requests.http": 'GET /products/1\n?? status == 200\n\n### The second\nPOST /products/2\n\n{"name": "Chair"}\n',
}

PRODUCT = """%%route GET /products/[id] price:int=1 --revalidate 0 --tag products
product = products.get(id) or not_found()
{**product, "price": taxed(price), "named": named(id)}"""


@pytest.fixture
def project(tmp_path):
    return lambda files: write_files(tmp_path / "shop", files)


def cells_of(root):
    return list(settled_cells(root, public=frozenset(notebook_routes.__all__)).cells)


def app_of(cells):
    """What a kernel makes of the cells."""
    app, namespace = App(), {**notebook_routes.public_names(), "__name__": "__main__"}
    for number, cell in enumerate(cells):
        line, _, body = cell.partition("\n")
        label = f"imported cell {number}"
        if line.startswith("%%route"):
            directive = parse_directive(line.removeprefix("%%route"))
            make = RouteModule.from_body if directive.method else RouteModule.from_source
            module = make(body, directive, namespace=namespace, label=label)
            config = SegmentConfig.from_constants(module.constants)
            for method, function in module.handlers.items():
                invoker = Invoker(function, method=method, pattern=directive.pattern)
                app.routes.put(Route(method, directive.pattern, invoker, config, cell=label))
        elif line.startswith("%%api"):
            directive = parse_api_directive(line.removeprefix("%%api"))
            made = compile_api(body, directive, namespace=namespace, label=label)
            invoker = api_invoker(made.handler, pattern=directive.pattern, config=made.config)
            app.routes.put(Route(ANY, directive.pattern, invoker, cell=label))
        elif line.startswith("%%middleware"):
            _, found = compile_middleware(body, line.split()[1:], namespace=namespace, label=label)
            app.middleware = declared_middleware(found, where=label)
        elif not line.startswith("%%"):
            exec(cell, namespace)
    return app


def answers(app, *asked):
    async def run():
        found = []
        for method, target, options in asked:
            response = await app.request(target, method=method, **options)
            found.append((response.status, response.content))
        return found

    return asyncio.run(run())


def test_the_cells_answer_as_the_files(project):
    root = project(SHOP)
    asked = [
        ("GET", "/products/1?price=100", {}),
        ("GET", "/products/7", {}),
        ("POST", "/products/7", {"body": '{"name": "Chair"}', "headers": {"content-type": "application/json"}}),
        ("GET", "/products/7", {}),
        ("GET", "/products/7", {"headers": {"x-stop": "1"}}),
        ("GET", "/box?w=3", {"headers": {"x-stop": "1"}}),
        ("GET", "/box?w=x", {}),
    ]
    expected = answers(load_tree(root, strict=True), *asked)
    assert [status for status, _ in expected] == [200, 404, 200, 200, 403, 200, 422]
    assert answers(app_of(cells_of(root)), *asked) == expected


def test_api_routes_answer_as_their_files(project):
    files = {
        "app/_shared.py": "products = {'1': 'Lamp'}\n",
        "pages/api/products/[id].py": (
            "# From shop.ipynb.\n\nfrom app import _shared\n\n\ndef handler(req, res):\n"
            "    if req.method == 'POST':\n        _shared.products[req.query['id']] = req.body\n"
            "    res.json(_shared.products[req.query['id']])\n"
        ),
        "pages/api/index.py": "def default(req, res):\n    res.send('index')\n",
    }
    root = project(files)
    asked = [
        ("GET", "/api/products/1", {}),
        ("POST", "/api/products/2", {"body": "Desk"}),
        ("GET", "/api/products/2", {}),
        ("PURGE", "/api", {}),
    ]
    expected = answers(load_tree(root, strict=True), *asked)
    assert expected == [(200, b'"Lamp"'), (200, b'"Desk"'), (200, b'"Desk"'), (200, b"index")]
    cells = cells_of(root)
    assert [cell.splitlines()[0] for cell in cells] == [
        "products = {'1': 'Lamp'}",
        "%%api /api",
        "%%api /api/products/[id]",
    ]
    assert answers(app_of(cells), *asked) == expected


def test_as_a_person_would_have_written_them(project):
    cells = cells_of(project(SHOP))
    assert cells == [
        "import json\nimport itertools\nfrom dataclasses import dataclass\nimport math",
        'products = {"1": {"name": "Lamp"}}\ncounter = 0',
        'def named(id):\n    return products[id]["name"]',
        cells[3],
        "def taxed(price):\n    return math.ceil(price * 1.19)",
        PRODUCT,
        "%%route POST /products/[id]\nglobal counter\ncounter += 1\nproducts[id] = body\ncounter",
        '%%middleware /products/:path*\nif request.headers.has("x-stop"):\n    return Response("stopped", status=403)',
        "%%page /\n<h1>Shop {{ x }}</h1>",
        "%%request GET /products/1\n?? status == 200",
        '%%request\n### The second\nPOST /products/2\n\n{"name": "Chair"}',
    ]
    assert cells[3].startswith("%%route /box\n@dataclass\nclass Box:")
    assert '"counter": counter}' in cells[3]


def test_two_files_may_say_a_name_alike_and_not_otherwise(project):
    route = "def helper():\n    return {0}\n\n\ndef GET():\n    return helper()\n"
    same = {f"app/{name}/route.py": route.format(1) for name in "ab"}
    cells = cells_of(project({**same, "app/c/route.py": route.format(2)}))
    assert [cell.splitlines()[0] for cell in cells] == [
        "def helper():",
        "%%route GET /a",
        # Two of them are not one: they may change what they hold.
        "%%route /b",
        "%%route /c",
    ]
    assert [status for status, _ in answers(app_of(cells), ("GET", "/a", {}), ("GET", "/c", {}))] == [200, 200]
    assert answers(app_of(cells), ("GET", "/a", {}), ("GET", "/c", {})) == [(200, b"1"), (200, b"2")]


def test_annotations_that_are_texts_keep_their_imports(project):
    imports = "from __future__ import annotations\n\nfrom typing import Annotated\n\n\n"
    text = f"{imports}def GET(a: Annotated[int, 1]):\n    return a\n"
    cells = cells_of(project({"app/route.py": text}))
    assert answers(app_of(cells), ("GET", "/?a=1", {})) == [(200, b"1")]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"app/a/route.py": "def GET(:"}, "app/a/route.py:1: Python: "),
        ({"app/_shared.py": "x = ("}, "app/_shared.py:1: Python: "),
        ({"middleware.py": "def f(:"}, "middleware.py:1: Python: "),
        (
            {"app/a/route.py": "\nimport nothing_of_this_name\ndef GET(): ..."},
            "app/a/route.py:2: there is no module nothing_of_this_name",
        ),
        ({"app/a/route.py": "GET = 3"}, "app/a/route.py:1: GET is not a function: write def GET(...)"),
        ({"app/a/route.py": "x = 1"}, "app/a/route.py: it has no handler"),
        (
            {"app/a/route.py": "def GET(): ...", "app/a/page.html": "x"},
            "app/a/route.py and app/a/page.html both answer GET /a",
        ),
        ({"app/a/route.py": "from app.b import x\ndef GET(): ..."}, "app/a/route.py:1: a notebook has no module app.b"),
        ({"requests.http": "NONE"}, "requests.http: "),
        ({"pages/api/x.py": "x = 1"}, "pages/api/x.py: an API Route is a module with a handler"),
        ({"pages/api/x.py": "def handler(:"}, "pages/api/x.py:1: Python: "),
        (
            {"pages/api/x.py": "def handler(req, res): ...", "app/api/x/route.py": "def GET(): ..."},
            "ANY /api/x (pages/api/x.py) and GET /api/x (app/api/x/route.py)",
        ),
        (
            {"app/[id]/route.py": "def GET(): ...", "app/[slug]/route.py": "def GET(): ..."},
            "GET /[slug] (app/[slug]/route.py)",
        ),
        ({"app/[id/route.py": "def GET(): ..."}, "The folder 'app/[id'"),
    ],
)
def test_what_cannot_be_a_notebook_is_named_and_nothing_is_written(project, tmp_path, files, said):
    root = project({"app/route.py": "def GET():\n    return 1\n", **files})
    with pytest.raises(DefinitionError) as refused:
        import_tree(root, tmp_path / "shop.ipynb")
    assert str(refused.value).startswith(said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop"]


def test_all_that_is_wrong_is_named_at_once(project, tmp_path):
    root = project({"app/a/route.py": "def GET(:", "app/b/route.py": "x = 1", "middleware.py": "import nothing_here"})
    with pytest.raises(DefinitionError) as refused:
        import_tree(root, tmp_path / "shop.ipynb")
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "app/a/route.py",
        "app/b/route.py",
        "middleware.py",
    ]


def test_the_notebook_is_one(project, tmp_path):
    import nbformat

    root, file = project({**SHOP, "db.py": "x = 1\n", "public/a.txt": ""}), tmp_path / "shop.ipynb"
    remarks = import_tree(root, file)
    assert [remark.partition(" ")[0] for remark in remarks] == ["db.py", "public/"]
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[1].source == "%load_ext notebook_routes"
    assert [cell.source for cell in notebook.cells[2:]] == cells_of(root)
    # The same each time.
    before = file.read_bytes()
    with pytest.raises(DefinitionError, match="is there already"):
        import_tree(root, file)
    import_tree(root, file, force=True)
    assert file.read_bytes() == before
    assert json.loads(before)["nbformat_minor"] == 5


def test_nothing_of_it_is_run(project, tmp_path):
    root = project({"app/route.py": f"open({str(tmp_path / 'ran')!r}, 'w')\n\n\ndef GET():\n    return 1\n"})
    import_tree(root, tmp_path / "shop.ipynb")
    assert not (tmp_path / "ran").exists()


def test_a_place_that_cannot_be_written_is_a_sentence(project, tmp_path):
    root = project({"app/route.py": "def GET():\n    return 1\n"})
    with pytest.raises(DefinitionError, match="cannot be written"):
        import_tree(root, tmp_path / "none" / "shop.ipynb")


def test_a_file_that_is_not_named_as_a_notebook_is_refused(tmp_path):
    with pytest.raises(DefinitionError, match=r"shop\.txt would be no notebook: write \S+shop\.ipynb"):
        import_tree(tmp_path, tmp_path / "shop.txt")
    assert list(tmp_path.iterdir()) == []
