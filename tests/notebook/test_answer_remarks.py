"""What is said below a cell that seems to answer something, and does not."""

import pytest

from notebook_routes.notebook.answer_remarks import answer_remarks
from notebook_routes.routing import parse_directive


def remarks(line, body="1"):
    return answer_remarks(parse_directive(line), body)


def test_print_is_no_answer():
    said = ["print shows its text here and answers nothing (204): end the cell with the value itself"]
    assert remarks("GET /x", "total = 1\nprint(total)") == said


@pytest.mark.parametrize("last", ["total = 1", "total: int = 1", "total += 1", "global total\ntotal = 1"])
def test_nor_is_an_assignment(last):
    said = ["The last line gives `total` a value and answers nothing (204): write total below it"]
    assert remarks("GET /x", last) == said


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /x", "total = 1"),
        ("POST /x", "print(body)"),
        ("GET /x", "print(1)\n1"),
        ("GET /x", "for n in range(3):\n    yield n\nprint(n)"),
        ("GET /x", "if query:\n    return 1\ntotal = 1"),
        ("GET /x", "lamp.price = 1"),
        ("GET /x", "not_found()"),
        ("/x", "def GET():\n    print(1)\nx = 1"),
        ("GET /x", ""),
    ],
)
def test_what_answers_or_need_not_is_left_alone(line, body):
    assert remarks(line, body) == []


@pytest.mark.parametrize(
    "last", ["products[id]", "{'id': id}", "a + b", "[p for p in products]", "Response.json(1)", "Response('x')"]
)
def test_a_value_that_a_function_does_not_return_is_pointed_out(last):
    said = "GET ends with a value and returns nothing (204): write return in front of it"
    assert remarks("/x", f"async def GET(id):\n    a = b = 1\n    {last}\n\ndef helper():\n    1 + 1") == [said]


@pytest.mark.parametrize(
    "function",
    [
        "def DELETE():\n    notes.clear()",
        "def GET():\n    not_found()",
        "def GET(id):\n    products.get(id) or not_found()",
        "async def POST():\n    await store()",
        'def GET():\n    """To be written."""',
        "def GET():\n    ...",
        "def GET():\n    yield 1\n    x",
        "def GET():\n    if 1: return 2\n    x",
        "def helper():\n    x",
    ],
)
def test_what_a_function_does_is_left_alone(function):
    assert remarks("/x", function) == []


def test_a_group_is_no_parameter():
    said = ["(id) is a group, which is no part of the address: for a parameter write [id]"]
    assert remarks("GET /lamps/(id)") == said
    assert remarks("GET /(shop)/lamps") == []
    assert remarks("GET /lamps/(.)x") == []
