import ast
import sys

import pytest

from notebook_routes.runtime.body_names import Act
from notebook_routes.runtime.scopes import read_names


def names(text):
    return read_names(ast.parse(text).body)


def needed(text):
    """The names that the body reads without having given them a value itself."""
    found = names(text).occurrences
    return {seen.name for seen in found if seen.act is not Act.STORE and not seen.settled}


@pytest.mark.parametrize(
    "text",
    [
        "x = 1; x",
        "for x in (): pass\nx",
        "with 0 as x: pass\nx",
        "with 0: x = 1\nx",
        "import x; x",
        "import x.y; x",
        "from m import y as x; x",
        "def x(): pass\nx",
        "class x: pass\nx",
        "(x := 1); x",
        "a, *x = 1, 2; x",
        "if 1: x = 1\nelse: x = 2\nx",
        "if 1: x = 1\nelse: raise 1\nx",
        "try: x = 1\nexcept: x = 2\nx",
        "try: x = 1\nexcept: raise\nx",
        "try: 1\nfinally: x = 1\nx",
        "while True:\n  x = 1\n  if 0: break\nx",
        "match 0:\n  case [x, *_]: pass\n  case x: pass\nx",
        "match 0:\n  case {'a': 1, **x}: x",
        "try: 1\nexcept 1 as x: x",
        "[x for x in ()]",
        "{x: y for x in () for y in x}",
        "lambda x: x",
        "def f(x, *y, **z): x, y, z",
        "def f():\n  x = 1\n  def g(): x",
        "def f():\n  global x\n  x",
        "class C:\n  x = 1\n  x",
        "x = 1\n(x for _ in ())",
        "x: int = 1\nx",
    ],
)
def test_a_name_with_a_value_of_its_own_is_not_needed(text):
    assert needed(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "x = x",
        "x += 1",
        "del x",
        "if 1: x = 1\nx",
        "while 0: x = 1\nx",
        "while True:\n  if 0: break\n  x = 1\nx",
        "for _ in (): x = 1\nx",
        "try: x = 1\nexcept: pass\nx",
        "try: x = 1\nfinally: x",
        "match 0:\n  case [x]: pass\nx",
        "0 and (x := 1); x",
        "(x := 1) if 0 else 0; x",
        "[x for _ in ()]",
        "[0 for x in x]",
        "lambda: x",
        "lambda y=x: y",
        "(x for _ in ())",
        "def f(): return x",
        "def f(y=x): pass",
        "def f(y: x): pass",
        "def f():\n  def g(): return x",
        "def f():\n  nonlocal x",
        "class C: x",
        "class C(x): pass",
        "class C:\n  y: x = 1",
        "class C:\n  x = 1\n  def f(self): x",
        "f'{x!r:>{x}}'",
        "x = 1\ndel x\nx",
        "try: 1\nexcept 1 as x: pass\nx",
        "x: int\nx",
        "x[0] = 1",
        "x.y += 1",
    ],
)
def test_a_name_without_one_is_needed(text):
    assert "x" in needed(text)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_type_parameters_are_no_names_of_the_body():
    assert needed("def f[T](a: T) -> T: return T\nclass C[T](list[T]): a: T = T\ntype P[T] = T\nP") == {"list"}


@pytest.mark.parametrize(
    "text",
    [
        "await f()",
        "async for a in b: pass",
        "async with a: pass",
        "[a async for a in b]",
        "[await a for a in b]",
        "(a for a in await b)",
        "def f(a=await b): pass",
        "f'{await a}'",
    ],
)
def test_awaits_at_the_own_level(text):
    assert names(text).awaits


@pytest.mark.parametrize(
    "text", ["async def f(): await a", "(await a for a in b)", "(a async for a in b)", "async def f():\n  [await a]"]
)
def test_awaits_of_nested_functions(text):
    assert not names(text).awaits


def test_yields_and_returns_at_the_own_level():
    found = names("yield 1\ndef f():\n  yield 2\n  return 3\nlambda: (yield)\nif a:\n  x = yield from b\n  return 4")
    assert found.yields == [1, 7]
    assert [statement.lineno for statement in found.returns] == [8]


@pytest.mark.parametrize(
    ("text", "misplaced"),
    [
        ("x = 1\nyield x\nreturn x", (2, "yield")),
        ("x = 1\nreturn await x", (2, "await")),
        ("def f():\n  return 1\nasync def g():\n  yield await f()", None),
    ],
)
def test_what_a_module_does_not_have(text, misplaced):
    assert names(text).misplaced == misplaced


def test_bound_names_are_the_locals():
    found = names("global a\na = b = 1\nc: int\nfor d in b: e += 1\ndef f(g): h = 1\n(i := 1 for _ in ())\ndel j")
    assert found.bound == {"b", "c", "d", "e", "f", "i", "j"}


def test_evaluation_order_and_loops():
    found = names("a = b\nfor c in d:\n  e += f")
    assert [(seen.name, seen.act, seen.loops) for seen in found.occurrences] == [
        ("b", Act.LOAD, ()),
        ("a", Act.STORE, ()),
        ("d", Act.LOAD, ()),
        ("c", Act.STORE, (1,)),
        ("e", Act.AUGMENT, (1,)),
        ("f", Act.LOAD, (1,)),
    ]
