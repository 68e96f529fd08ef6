import ast
import sys

import pytest

from notebook_routes.errors import CellError
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.global_writes import redirect_global_writes
from notebook_routes.runtime.namespace import NOTEBOOK, NotebookBuiltins, NotebookNames


def run(source, **namespace):
    """Run a module, call its f(), and return the module's own names, the notebook and the result."""
    cell = CellText.read(source, first_line=1)
    tree = redirect_global_writes(ast.parse(source), cell=cell)
    module = {"__builtins__": NotebookBuiltins(namespace), NOTEBOOK: NotebookNames(namespace), "__name__": "m"}
    own = set(module)
    exec(compile(tree, "<cell>", "exec"), module)
    result = module["f"]()
    return set(module) - own - {"f"}, namespace, result


@pytest.mark.parametrize(
    "write",
    [
        "x = 2",
        "x += 1",
        "a, *(x, b) = 1, 2, 3",
        "a = x = 2",
        "for x in (1, 2): pass",
        "with open_(2) as x: pass",
    ],
)
def test_writes_go_to_the_notebook(write):
    opened = "class open_:\n  def __init__(self, v): self.v = v\n  def __enter__(self): return self.v\n"
    opened += "  def __exit__(self, *e): pass\n"
    own, notebook, result = run(f"{opened}def f():\n  global x\n  {write}\n  return x", x=1)
    assert (own, notebook["x"], result) == ({"open_"}, 2, 2)


def test_deletions_go_to_the_notebook():
    assert run("def f():\n  global x\n  del x", x=1)[1] == {}


def test_missing_names_are_name_errors():
    with pytest.raises(NameError, match="counter"):
        run("def f():\n  global counter\n  counter += 1")


def test_names_of_the_module_stay_its_own():
    own, notebook, result = run("x = 5\ndef f():\n  global x\n  x += 1\n  return x", x=1)
    assert (own, notebook, result) == ({"x"}, {"x": 1}, 6)


def test_only_the_scope_that_declares_it():
    source = "def f():\n  x = 1\n  def g():\n    global x\n    x = 2\n    return x\n  return g(), x, [x for x in (3,)]"
    own, notebook, result = run(source, x=0)
    assert (own, notebook, result) == (set(), {"x": 2}, (2, 1, [3]))


def test_inner_functions_have_locals_of_their_own():
    source = "def f():\n  global x\n  def g(x=1):\n    x += 1\n    return x\n  x = g()\n"
    source += "  return [x for x in (7,)], (lambda x: x)(8)"
    own, notebook, result = run(source, x=0)
    assert (own, notebook, result) == (set(), {"x": 2}, ([7], 8))


def test_a_class_body_can_write_too():
    assert run("def f():\n  class C:\n    global x\n    x = 1")[1] == {"x": 1}


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("import x", 3),
        ("import x.y", 3),
        ("from m import y as x", 3),
        ("def x(): pass", 3),
        ("class x: pass", 3),
        ("try: pass\n  except E as x: pass", 4),
        ("match 1:\n    case x: pass", 4),
        ("match 1:\n    case [*x]: pass", 4),
        ("match 1:\n    case {**x}: pass", 4),
        ("(x := 1)", 3),
        ("[(x := y) for y in ()]", 3),
        ("x: int = 1", 3),
    ],
)
def test_bindings_that_cannot_be_redirected_are_refused(statement, line):
    with pytest.raises(CellError, match=r"line of its own: x = \.\.\.") as caught:
        run(f"def f():\n  global x\n  {statement}\n")
    assert caught.value.line == line


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement came with Python 3.12")
def test_the_type_statement_is_refused():
    with pytest.raises(CellError, match="type cannot bind"):
        run("def f():\n  global x\n  type x = int\n")
