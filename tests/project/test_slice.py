"""Which statements something needs."""

import pytest

from notebook_routes.project.notebook_source import SourceCell
from notebook_routes.project.slice import Slicer, Want
from notebook_routes.project.statements import read_statements


def slicer(*texts, ids=None, former=(), **how):
    history = []
    for number, text in enumerate(texts):
        cell = SourceCell(text, f"cell [{number}]", id=ids[number] if ids else None, former=number in former)
        history += read_statements(cell)
    return Slicer(history, **how)


def needed(name, *texts, **how):
    made = slicer(*texts, **how)
    found = made.need([Want(name, made.end, "GET /")])
    assert found.problems == []
    return [made.history[time].text for time in sorted(found.statements)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["a = 1", "a = 2"], ["a = 2"]),
        (["a = 1", "b = a", "a = 2"], ["a = 2"]),
        (["a = 1", "a = a + 1"], ["a = 1", "a = a + 1"]),
        (["a = 1", "a += 1"], ["a = 1", "a += 1"]),
        (["a = []", "a.append(1)", "a = []", "a.append(2)"], ["a = []", "a.append(2)"]),
        (["a = {}", "if x:\n    a = 1", "x = 1"], None),
        (["x = 1\na = {}", "if x:\n    a = 1"], ["x = 1", "a = {}", "if x:\n    a = 1"]),
        (["try:\n    import a\nexcept E:\n    a = None", "E = OSError"], None),
        (["def a():\n    return b", "b = 1", "c = 2"], ["def a():\n    return b", "b = 1"]),
        (["def a(x=b):\n    pass"], None),
        (["b = []\na = b", "b.pop()", "b = 3"], ["b = []", "a = b", "b.pop()"]),
        (["b = 1\nclass a:\n    x = b", "b = 2"], ["b = 1", "class a:\n    x = b", "b = 2"]),
        (["xs = []\na = {}", "for x in xs:\n    a[x] = 1"], ["xs = []", "a = {}", "for x in xs:\n    a[x] = 1"]),
        (["import random, math", "random.seed(0)", "random.random()", "a = random.random()"],
         ["import random, math", "random.seed(0)", "a = random.random()"]),
        (["import pandas as pd", "df = pd.read_csv('x')", "df.plot()", "a = pd"], ["import pandas as pd", "a = pd"]),
    ],
)  # fmt: skip
def test_what_is_needed(cells, expected):
    if expected is None:
        made = slicer(*cells)
        assert made.need([Want("a", made.end, "GET /")]).problems
    else:
        assert needed("a", *cells) == expected


ADDS = "a = []\ndef add(f):\n    a.append(f)\n    return f\n"
BUS = "class Bus:\n    def on(self, f):\n        self.f = f\na = Bus()\n"
WORKS = "import threading\na = []\ndef work():\n    a.append(1)\n"
FILLS = "a = {}\ndef fill(into):\n    into['x'] = 1\n    return 1\n"
REGISTRY = "class Registry:\n    def __call__(self, f):\n        self.f = f\na = Registry()\n"
META = "class Meta(type):\n    def __init__(cls, *given):\n        cls.made = given\n"
BINDS = "def connect():\n    global a\n    a = 1\n"


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        (ADDS, "@add\ndef b(): ..."),
        (ADDS, "@add\nclass B: ..."),
        ("a = []\nclass Adds:\n    def __init__(self, f):\n        a.append(f)\n", "@Adds\ndef b(): ..."),
        (BUS, "@a.on\ndef b(): ..."),
        (BUS, "@a.on('order')\ndef b(): ..."),
        ("from functools import singledispatch\n@singledispatch\ndef a(x): ...", "@a.register\ndef b(x: int): ..."),
        (WORKS, "threading.Thread(target=work).start()"),
        (WORKS, "t = threading.Thread(target=work)\nt.start()"),
        (f"{WORKS}pool = threading.Pool()\n", "pool.submit(work, 1)"),
        ("a = []\ndef work(n):\n    a.append(n)\n", "x = [*map(work, 'ab')]"),
        (BINDS, "connect()"),
        (f"{BINDS}def start():\n    connect()\n", "start()"),
        ("x = 1\na = {'k': 1}", "del a['k'], x"),
        (FILLS, "n = fill(a)"),
        (FILLS, "if fill(into=a):\n    ..."),
        (REGISTRY, "@a\ndef b(): ..."),
        ("a = []\nclass Base:\n    def __init_subclass__(cls):\n        a.append(cls)\n", "class One(Base): ..."),
        ("class a:\n    all = []\n    def __init_subclass__(cls):\n        cls.all.append(cls)\n", "class b(a): ..."),
        (f"{META}class a(metaclass=Meta): ...\n", "class B(a): ...\nclass C(B): ..."),
    ],
)
def test_what_changes_it_in_a_roundabout_way(before, changes):
    assert "\n".join(needed("a", before, "other = 1", changes)) == f"{before.strip()}\n{changes}".strip()


@pytest.mark.parametrize(
    "text",
    [
        "def timed(f):\n    def inner():\n        a.append(1)\n    return inner\n@timed\ndef b(): ...",
        "def f(x):\n    a.append(x)\nprint(sorted('ab', key=f))",
        "import functools\n@functools.cache\ndef b(): return a",
        "ax = a.plot()\nax.set_title('x')",
        "import p\nfig, ax = p.subplots()\nax.set_xticks(a.index)\nax.fill_between(a, 0)",
        "axes = []\nfor ax, column in zip(axes, a.columns):\n    ax.plot(a[column])\n    ax.set_title(column)",
        "ax = a.plot.bar(rot=0)\nax.set(title='x')",
        "import plotly.graph_objects as go\nfig = go.Figure(data=[go.Bar(x=a)])\nfig.update_layout(title='x')",
        "import plotly.express as px\nfig = px.line(a)\nfig.update_traces(width=2)",
        "class Base: ...\nclass One(Base): ...\ndef look(into): return a, into\nn = look(a)",
        "def fill(into):\n    into['x'] = 1\nprint(fill(a))",
    ],
)
def test_what_changes_nothing_yet(text):
    assert needed("a", "a = []", text) == ["a = []"]


@pytest.mark.parametrize(
    "holds",
    [
        "a = {'f': f}",
        "a = dict(key=f)",
        "a = [f for _ in 'ab']",
        "class a:\n    made = f",
        "import threading\na = threading.Thread(target=f)",
        "def maker():\n    def inner():\n        return b\n    return inner\na = maker()",
        "def wraps(g):\n    return lambda: b\n@wraps\ndef a(): ...",
        "class Shop:\n    def price(self):\n        return b\na = Shop()",
        "def numbers():\n    yield b\na = numbers()",
    ],
)
def test_a_function_that_is_kept_sees_what_names_are_then(holds):
    before = "b = 1\ndef f():\n    return b"
    assert needed("a", before, holds, "b = 2")[-1] == "b = 2"


def test_a_function_that_is_only_called_has_seen_what_names_were():
    assert needed("a", "b = 1\ndef f():\n    return b", "a = f()", "b = 2")[-1] == "a = f()"


@pytest.mark.parametrize(
    ("imports", "setup"),
    [
        ("from decimal import Decimal, getcontext", "getcontext().prec = 4"),
        ("import decimal\nfrom decimal import Decimal, getcontext", "getcontext().prec = 4"),
        ("from os import environ, sep as Decimal", "environ['SHOP'] = 'lamps'"),
    ],
)
def test_what_is_said_to_a_part_of_a_module_holds_for_all_of_it(imports, setup):
    assert needed("a", imports, setup, "def a():\n    return Decimal(1) / 3")[-2:] == [
        setup,
        "def a():\n    return Decimal(1) / 3",
    ]


@pytest.mark.parametrize("imports", ["import os", "from os import environ", "import openai"])
@pytest.mark.parametrize("setup", ["load_dotenv()", "dotenv.load_dotenv(override=True)"])
def test_the_environment_that_a_file_fills_is_that_of_others_too(imports, setup):
    name = imports.rpartition(" ")[2]
    cells = ["import dotenv\nfrom dotenv import load_dotenv", imports, setup, f"def a():\n    return {name}"]
    assert needed("a", *cells)[-2:] == [setup, f"def a():\n    return {name}"]
    assert setup not in needed("a", *cells[:3], "import json", "def a():\n    return json")


def test_the_environment_is_set_for_libraries_that_read_it():
    cells = ["import os, openai", "os.environ['KEY'] = 'x'", "client = openai.OpenAI()"]
    assert "os.environ['KEY'] = 'x'" in needed("client", *cells)


def test_what_only_a_script_runs_is_named():
    made = slicer("def main():\n    global a\n    a = 1", "if __name__ == '__main__':\n    main()")
    assert made.need([Want("a", made.end, "GET /")]).problems == [
        "cell [1], line 1: __name__ is not '__main__' in a module, and something needs a: take the `if` away"
    ]


def test_a_cell_that_ran_again():
    # The same text, nothing between: once.
    assert needed("a", "a = []", "a.append(1)", "a.append(1)", ids=["1", "2", "2"], former=[1]) == [
        "a = []",
        "a.append(1)",
    ]
    # All of it again: as at the end.
    again = ["a = []", "a.append(1)", "a = []", "a.append(1)"]
    assert needed("a", *again, ids=["1", "2", "1", "2"], former=[0, 1]) == ["a = []", "a.append(1)"]
    # What was made in between has its own.
    cells = ["a = 1", "b = a", "a = 1"]
    assert needed("b", *cells, ids=["1", "2", "1"], former=[0]) == ["a = 1", "b = a"]


def test_a_change_of_a_cell_that_was_edited_is_gone_and_known():
    cells = ["a = {}", "a['x'] = 1", "a['y'] = 1", "b = 1"]
    made = slicer(*cells, ids=["1", "2", "3", "3"], former=[2], newest={"1": cells[0], "2": cells[1], "3": cells[3]})
    assert made.lost == {"cell [2], line 1": frozenset({"a"})}


def test_who_asks_is_named():
    made = slicer("def f():\n    return g()", responses=["lamp"], defined=["made"], public=["Response"])
    wants = [Want(name, made.end, "GET /x") for name in ("f", "lamp", "made", "Response", "len", "_")]
    found = made.need(wants)
    assert found.public == {"Response"}
    said = "\n".join(found.problems)
    assert "cell [0], line 1 uses g, which no cell defines" in said
    assert "GET /x uses lamp, which is the answer to a %%request" in said
    assert "GET /x uses made, which the kernel has" in said
    assert "GET /x uses _, which is IPython's" in said
    assert len(found.problems) == 4


@pytest.mark.parametrize(
    "cell",
    [
        "a['{0}'] = f(1)",
        "a['{0}'] = f",
        "b = a.x()\nb.append(1)",
        "a = a.with_value({0})",
        "a['{0}'] = g()",
    ],
)
def test_what_each_of_many_moments_needs_is_found_in_linear_time(growth, cell):
    def make(size):
        head = ["def f(x):\n    return x", "a = {}", "def g():\n    return a['0']"]
        return slicer(*head, *(cell.format(number) for number in range(size))).history

    def ask(history):
        made = Slicer(history)
        found = made.need([Want("a", time, "GET /") for time in range(2, made.end + 1)])
        assert len(found.statements) >= len(history) - 2

    assert growth(ask, make, 25) < 40
