import textwrap

import pytest

from notebook_routes.errors import CellError
from notebook_routes.routing import parse_directive
from notebook_routes.runtime.expand import expand_body


def expand(cell, line="GET /products/[id]", **namespace):
    return expand_body(textwrap.dedent(cell), parse_directive(line), namespace=namespace)


def refused(cell, *, fix, at, line="GET /products/[id]", **namespace):
    with pytest.raises(CellError, match=fix) as caught:
        expand(cell, line, **namespace)
    assert caught.value.line == at


@pytest.mark.parametrize("cell", ["", "\n\n", "# only this", "from __future__ import annotations"])
def test_a_cell_without_code(cell):
    refused(cell, fix="the cell has no code", at=None)


def test_a_function_below_a_line_with_a_method():
    refused("import json\ndef GET(id): return id", fix=r"%%route /products/\[id\]", at=3)
    refused("async def POST(): pass", fix="leave the method off", at=2)


def test_a_function_that_is_used_may_have_any_name():
    assert expand("def GET(): return 1\nGET()")


@pytest.mark.parametrize("cell", ["def handler(): return 1", "import json\nasync def handler(id): return id"])
def test_a_function_at_the_end_that_nobody_calls(cell):
    refused(
        cell, fix=r"handler is defined here .* or call it on a last line, handler\(\.\.\.\)", at=cell.count("\n") + 2
    )


@pytest.mark.parametrize(
    "cell",
    ["@keep\ndef handler(): ...", "global handler\ndef handler(): ...", "def late(): handler()\ndef handler(): ..."],
)
def test_a_function_at_the_end_that_others_have(cell):
    assert expand(cell)


@pytest.mark.parametrize("name", ["request", "id", "body", "page"])
def test_global_of_what_is_given(name):
    refused(f"global {name}\n1", fix=f"{name} is given to this handler", at=2, line="GET /[id] page:int=1")


def test_nonlocal_with_nothing_around():
    refused("if 1:\n  nonlocal counter\n1", fix='write "global counter"', at=3)


def test_star_imports():
    refused("from math import *\n1", fix="import the names you use", at=2)


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("counter += 1\ncounter", 2),
        ("x = 1\ncounter = counter + 1\ncounter", 3),
        ("for x in []:\n  counter += 1\ncounter", 3),
        ("print(counter)\ncounter = 1", 2),
        ("if counter: counter = 1\n1", 2),
        ("[counter for x in ()]\ncounter = 1\n1", 2),
        ("del counter\n1", 2),
        ("try: counter\nexcept NameError: counter = 1\n1", 2),
    ],
)
def test_a_counter_without_global(cell, at):
    refused(cell, fix='write "global counter" as the first line', at=at, counter=0)


def test_a_counter_that_the_notebook_does_not_have_yet():
    refused("counter += 1\ncounter", fix='write "global counter"', at=2)


def test_a_builtin_wants_another_name():
    refused("max = max([1])\nmax", fix="another name", at=2)
    refused("sum += 1\nsum", fix="sum is a Python builtin", at=2)


@pytest.mark.parametrize(
    "cell",
    [
        "global counter\ncounter += 1\ncounter",
        "counter = 0\ncounter += 1\ncounter",
        "if x: counter = 0\nelse: counter += 1\ncounter",
        "while x:\n  if y: print(counter)\n  counter = 1",
        "def f():\n  return counter\ncounter = 1\nf()",
        "for counter in []: pass\ncounter += 1",
        "(counter := 0) + counter",
        "counter.total += 1\ncounter[0] += 1\ncounter",
        "[counter for counter in ()]\ncounter = 1\n1",
        "id += 1\nid",
        "x = 1\ntry: pass\nexcept ValueError as counter: f(counter)",
    ],
)
def test_names_that_have_a_value(cell):
    assert expand(cell, counter=0, x=0)


def test_a_read_of_nothing_is_left_to_python():
    assert expand("print(missing)\nmissing = 1\n1")


def test_a_type_without_a_value():
    refused("page: int\npage", fix="magic line: page:type", at=2)
    assert expand("page: int\npage = 1\npage")
    assert expand("page: int\n1")
    assert expand("id: int\nid").parameters == ("id",)


def test_return_in_a_stream():
    refused("yield 1\nif x:\n  return 2", fix="yield the value instead", at=4)
    refused("await f()\nyield 1\nreturn 2", fix="a cell that yields is a stream", at=4)
    assert expand("yield 1\nif x:\n  return\nyield 2")


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("if x:\n  1\nelse:\n  f()", 3),
        ("if x:\n  f()\nelse:\n  {'a': 1}", 5),
        ("if x:\n  f()\nelif y:\n  products", 5),
        ("for x in y:\n  x * 2", 3),
        ("for x in y: f()\nelse: x", 3),
        ("while x:\n  'text'", 3),
        ("with x:\n  products[1]", 3),
        ("with x:\n  with y:\n    if z: products", 4),
        ("async with x:\n  products", 3),
        ("try: f()\nexcept E: None", 3),
        ("try: x\nexcept E: f()", 2),
        ("try: f()\nexcept E: f()\nelse: x\nfinally: f()", 4),
        ("match x:\n  case 1: f()\n  case _: products", 4),
        ("if x: Response('a')", 2),
        ("if x: Response.json({})", 2),
        ("if x: dict(a=1)", 2),
        ("if x: len(y)", 2),
        ("if x: products.get(id) or not_found()", 2),
        ("if x: a if b else f()", 2),
        ("if x: [f() for y in z]", 2),
        ("if x: f'{y}'", 2),
    ],
)
def test_a_value_that_would_be_dropped(cell, at):
    refused(cell, fix=r'write "return \.\.\."', at=at)


@pytest.mark.parametrize(
    "cell",
    [
        "if x: return 1\nelse: return 2",
        "if x: f()",
        "if x: await f()",
        "if x: ...",
        "if x: debug and print(x)",
        "if x: f() if y else None",
        "if x: items.append(1)",
        "if x:\n  1\n  f()",
        "if x: 1\n2",
        "try: products[id]\nexcept KeyError: return 0\nelse: return 1",
        "for x in y: yield x",
        "if x: 1\nyield 2",
        "dict = f\nif x: dict()",
        "if x: (y := 1)",
        "if x: def_ = 1",
        "with x:\n  def f(): 1",
    ],
)
def test_what_is_done_for_its_effect(cell):
    assert expand(cell, x=1)


def test_a_name_of_the_notebook_is_no_builtin():
    assert expand("if x: sum(1)", sum=print)
