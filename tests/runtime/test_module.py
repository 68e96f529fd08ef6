import ast
import asyncio
import dataclasses
import inspect
import linecache
import pickle
import sys
import textwrap
import traceback
import typing

import pytest

from notebook_routes.errors import CellError
from notebook_routes.routing import parse_directive
from notebook_routes.runtime.expand import expand_body
from notebook_routes.runtime.module import RouteModule, module_name


@pytest.fixture
def body():
    """Make a body-form module; all are closed after the test."""
    made = []

    def make(cell, line="GET /products/[id]", *, label="cell [3] GET /products/[id]", **options):
        options.setdefault("namespace", {})
        made.append(RouteModule.from_body(textwrap.dedent(cell), parse_directive(line), label=label, **options))
        return made[-1]

    yield make
    for module in made:
        module.close()


@pytest.fixture
def source():
    """Make a module-form module; all are closed after the test."""
    made = []

    def make(cell, line="/products/[id]", *, label="cell [3] /products/[id]", **options):
        options.setdefault("namespace", {})
        made.append(RouteModule.from_source(textwrap.dedent(cell), parse_directive(line), label=label, **options))
        return made[-1]

    yield make
    for module in made:
        module.close()


def lines_of(function, *arguments):
    """The lines, with their text, of the traceback of a call that fails."""
    try:
        function(*arguments)
    except Exception as error:  # noqa: BLE001 - any failure has a traceback
        frames = traceback.extract_tb(error.__traceback__)[1:]
        return [(frame.filename, frame.lineno, frame.line) for frame in frames]
    raise AssertionError("the call did not fail")


# -- body form


def test_a_body_is_a_handler(body):
    module = body("products.get(id)", namespace={"products": {"1": "lamp"}})
    assert module.handlers["GET"]("1") == "lamp"
    assert (module.name, module.filename) == ("route_cell_3_GET_products_id", "<cell [3] GET /products/[id]>")
    assert module.source == "def GET(id):\n    return products.get(id)\n"
    assert repr(module) == "<RouteModule cell [3] GET /products/[id]: GET>"


def test_the_options_are_constants(body):
    module = body("1", "POST /x --revalidate 60 --tag a")
    assert list(module.handlers) == ["POST"]
    assert module.constants == {"revalidate": 60, "tags": ["a"]}


def test_the_globals_are_the_notebook_and_gain_nothing(body):
    namespace = {"a": 1}
    handler = body("a, len('bc'), (lambda: a)()", "GET /", namespace=namespace).handlers["GET"]
    assert handler.__globals__ is namespace
    assert namespace == {"a": 1}
    assert handler() == (1, 2, 1)
    namespace["a"] = 2
    assert handler() == (2, 2, 2)


def test_global_writes_the_notebook(body):
    namespace = {"counter": 1, "__builtins__": __builtins__}
    body("global counter\ncounter += 1", namespace=namespace).handlers["GET"]()
    assert namespace == {"counter": 2, "__builtins__": __builtins__}


@pytest.mark.parametrize(
    ("cell", "by_hand"),
    [
        ("if id == '1':\n  return 'one'\nid * 2", lambda it: "one" if it == "1" else it * 2),
        ("total = 0\nfor c in id:\n  total += ord(c)\ntotal", lambda it: sum(map(ord, it))),
        ("def twice(): return id + id\ntwice()", lambda it: it + it),
        ("try:\n  int(id)\nexcept ValueError:\n  return None\nint(id)", lambda it: int(it) if it.isdigit() else None),
        ('f"""\n{id}\n"""', lambda it: f"\n{it}\n"),
    ],
)
def test_a_body_does_what_the_function_by_hand_does(body, cell, by_hand):
    handler = body(cell).handlers["GET"]
    for value in ("1", "7", "x", ""):
        assert handler(value) == by_hand(value)


def test_what_is_compiled_is_the_source(monkeypatch):
    compiled = []

    def record(tree, *arguments, **options):
        if isinstance(tree, ast.Module):
            compiled.append(ast.dump(tree))
        return compile(tree, *arguments, **options)

    monkeypatch.setattr("notebook_routes.runtime.positions.compile", record, raising=False)
    module = RouteModule.from_body(
        "x = '''\n'''; id", parse_directive("GET /[id] id:int --tag a"), namespace={}, label="cell"
    )
    module.close()
    assert compiled[-1] == ast.dump(ast.parse(module.source))


def test_tracebacks_show_the_cell(body):
    module = body('x = """\n"""\n\nint(id)', header="%%route GET /products/[id]")
    assert lines_of(module.handlers["GET"], "x") == [(module.filename, 5, "int(id)")]
    assert linecache.getline(module.filename, 1) == "%%route GET /products/[id]\n"
    assert module.handlers["GET"].__code__.co_firstlineno == 1


def test_carets_point_into_the_cell(body):
    module = body("é = 1; int(id) / 0")
    try:
        module.handlers["GET"]("1")
    except ZeroDivisionError as error:
        shown = "".join(traceback.format_exception(error)).splitlines()
    place = shown.index("    é = 1; int(id) / 0")
    assert shown[place + 1].index("^") - 4 in {7, 8, 15}
    assert shown[place + 1].rstrip().endswith(("^", "~"))
    assert len(shown[place + 1].rstrip()) == len(shown[place])


def test_comments_above_the_magic_count_as_lines(body):
    module = body("1/0", first_line=4, header="# a\n# b\n%%route GET /")
    assert lines_of(module.handlers["GET"]) == [(module.filename, 4, "1/0")]


def test_a_type_that_does_not_exist_fails_at_the_magic_line():
    directive = parse_directive("GET /[id] id:Product")
    shown = lines_of(
        lambda: RouteModule.from_body("id", directive, namespace={}, label="cell", header="%%route GET /[id]")
    )
    assert shown[-1] == ("<cell>", 1, "%%route GET /[id]")


def test_a_refused_body_leaves_nothing(body):
    namespace: dict[str, object] = {}
    with pytest.raises(CellError):
        body("if x:", namespace=namespace, label="refused")
    assert "<refused>" not in linecache.cache
    assert namespace == {}


def test_close_withdraws_the_listing_where_it_is_still_its_own(body):
    first = body("1", label="same")
    second = body("2", label="same")
    first.close()
    assert linecache.getline("<same>", 2) == "2\n"
    second.close()
    second.close()
    assert linecache.getline("<same>", 2) == ""


def test_async_bodies(body):
    async def load():
        return 1

    assert asyncio.run(body("await load()", namespace={"load": load}).handlers["GET"]()) == 1


# -- module form

SHOP = """
from __future__ import annotations

from dataclasses import dataclass

revalidate = 60
PRICE = 30


@dataclass
class Product:
    name: str
    other: Product | None = None


def helper(): return products


def GET(request, id): return helper()[id]


async def POST(request): return Product("lamp")


def generate_static_params(): return []
"""


def test_a_cell_is_a_module(source):
    namespace = {"products": {1: "lamp"}}
    module = source(SHOP, namespace=namespace)
    assert module.name == "route_cell_3_products_id"
    assert list(module.handlers) == ["GET", "POST"]
    assert module.constants["revalidate"] == 60
    assert callable(module.constants["generate_static_params"])
    assert module.handlers["GET"](None, 1) == "lamp"
    namespace["products"] = {1: "desk"}
    assert module.handlers["GET"](None, 1) == "desk"
    assert namespace == {"products": {1: "desk"}}


def test_its_classes_are_found_in_sys_modules(source):
    module = source(SHOP)
    product = asyncio.run(module.handlers["POST"](None))
    assert dataclasses.asdict(product) == {"name": "lamp", "other": None}
    assert pickle.loads(pickle.dumps(product)) == product
    assert typing.get_type_hints(type(product))["other"] == type(product) | None
    assert sys.modules[module.name].__file__ == module.filename
    assert inspect.getsource(module.handlers["GET"]) == "def GET(request, id): return helper()[id]\n"


def test_annotations_may_name_the_notebooks_classes(source):
    class Product: ...

    namespace = {"Product": Product}
    module = source("def GET(product: 'Product'): return product", namespace=namespace)
    assert typing.get_type_hints(module.handlers["GET"]) == {"product": Product}


def test_pydantic_models_resolve_forward_references(source):
    pytest.importorskip("pydantic")
    cell = """
    from __future__ import annotations
    from pydantic import BaseModel
    class Basket(BaseModel):
        items: list[Item]
        size: Size
    class Item(BaseModel):
        name: str
    def POST(body: Basket): return Basket.model_validate(body)
    """
    module = source(cell, namespace={"Size": int})
    basket = module.handlers["POST"]({"items": [{"name": "lamp"}], "size": "3"})
    assert basket.model_dump() == {"items": [{"name": "lamp"}], "size": 3}


def test_global_writes_go_to_the_notebook(source):
    namespace = {"counter": 1}
    cell = "hits = 0\ndef GET():\n  global counter, hits\n  counter += 1\n  hits += 1\n  return counter, hits"
    handler = source(cell, namespace=namespace).handlers["GET"]
    assert (handler(), handler()) == ((2, 1), (3, 2))
    assert namespace == {"counter": 3}


def test_a_write_that_cannot_be_redirected_is_told_in_the_cell(source):
    with pytest.raises(CellError, match="import cannot bind") as caught:
        source("def GET():\n  global json\n  import json", "/x --revalidate 1", label="refused")
    assert caught.value.line == 4
    assert "<refused>" not in linecache.cache


def test_two_cells_of_one_slug_have_two_names(source):
    first = source("def GET(): return 1", label="cell [1] /a-b")
    second = source("def GET(): return 2", label="cell [1] /a_b")
    assert (first.name, second.name) == ("route_cell_1_a_b", "route_cell_1_a_b_2")


def test_other_modules_are_left_alone(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "route_taken", "theirs")
    assert source("def GET(): 1", label="taken").name == "route_taken_2"
    assert sys.modules["route_taken"] == "theirs"


def test_the_same_label_gives_way_and_close_keeps_what_is_not_its_own(source):
    first = source("def GET(): return 1")
    second = source("def GET(): return 2")
    assert first.name == second.name
    first.close()
    assert sys.modules[second.name].GET is second.handlers["GET"]
    second.close()
    assert second.name not in sys.modules
    assert second.filename not in linecache.cache


@pytest.mark.parametrize("end", ["1/0", "GET = 5", "del GET", "revalidate = 1"])
def test_a_cell_that_fails_leaves_sys_modules_as_it_was(source, end):
    first = source("def GET(): return 1")
    with pytest.raises((ZeroDivisionError, CellError)):
        source(f"def GET(): return 2\n{end}", "/products/[id] --revalidate 60")
    assert sys.modules[first.name].GET is first.handlers["GET"]
    with pytest.raises((ZeroDivisionError, CellError)):
        source(f"def GET(): return 2\n{end}", "/products/[id] --revalidate 60", label="new")
    assert "route_new" not in sys.modules


def test_what_a_cell_raises_shows_its_lines():
    directive = parse_directive("/x --revalidate 60")
    cell = "import sys\n\ndef GET(): 1\n1/0"
    shown = lines_of(lambda: RouteModule.from_source(cell, directive, namespace={}, label="failing"))
    assert shown[-1] == ("<failing>", 5, "1/0")
    linecache.cache.pop("<failing>")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("GET = 5", "GET is an int, not a function"),
        ("POST = 'x'", "POST is a str, not a function"),
        ("def GET(): 1\ndel GET", "defined no handler when it ran"),
    ],
)
def test_handlers_are_functions(source, cell, message):
    with pytest.raises(CellError, match=message):
        source(cell)


def test_syntax_that_only_the_compiler_refuses(source):
    with pytest.raises(CellError, match=r"Python: .*outside loop") as caught:
        source("import json\n\ndef GET():\n  break", "/x --revalidate 1")
    assert caught.value.line == 5


def test_options_of_the_line_are_constants(source):
    module = source("def GET(): return revalidate", "/x --revalidate 60 --tag a")
    assert module.constants == {"revalidate": 60, "tags": ["a"]}
    assert module.handlers["GET"]() == 60


def test_line_and_cell_may_agree(source):
    assert source("tags = ('a',)\ndef GET(): 1", "/x --tag a").constants == {"tags": ("a",)}


def test_line_and_cell_may_not_contradict(source):
    with pytest.raises(CellError, match=r"line says revalidate = 60 and the cell says revalidate = 30") as caught:
        source("def GET(): 1\nrevalidate = 30", "/x --revalidate 60")
    assert caught.value.line == 3


def test_names_of_labels():
    assert module_name("cell [3] /products/[id]") == "route_cell_3_products_id"
    assert module_name("app/é/route.py") == "route_app_route_py"


def test_expanding_alone_gives_the_same_source(body):
    directive = parse_directive("GET /products/[id]")
    assert body("id").source == expand_body("id", directive).source
