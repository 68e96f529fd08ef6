"""`_shared.products` is the notebook's `products` again."""

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.project.unshare import without_prefix

PUBLIC = frozenset({"Response", "not_found"})
IMPORT = "from app import _shared\n"


def written(source):
    return without_prefix(source, file="app/a/route.py", public=PUBLIC)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (IMPORT + "def GET():\n    return _shared.a  # as it is\n", "def GET():\n    return a  # as it is\n"),
        ("from app import _shared as s\nx = s.a.b[s.c]\n", "x = a.b[c]\n"),
        ("import app._shared\nx = app._shared.a\n", "x = a\n"),
        ("from app._shared import a, b\nx = a + b\n", "x = a + b\n"),
        ("from app._shared import a as b\nx = b + b\n", "x = a + a\n"),
        ("from notebook_routes import Response, not_found\nx = 1\n", "x = 1\n"),
        (
            "from notebook_routes import Response as R, not_found\nx = 1\n",
            "from notebook_routes import Response as R\nx = 1\n",
        ),
        (
            "from notebook_routes import (\n    Response,\n    App,\n)\nx = 1\n",
            "from notebook_routes import App\nx = 1\n",
        ),
        (IMPORT + "x = 'ä', _shared.a, _shared.b\n", "x = 'ä', a, b\n"),
        (IMPORT + "x = lambda y: _shared.a + y\n", "x = lambda y: a + y\n"),
        (
            IMPORT + "x = f'{_shared.a}'\n" if False else IMPORT + "x = [_shared.a for z in 'ab']\n",
            "x = [a for z in 'ab']\n",
        ),
    ],
)
def test_reading(source, expected):
    assert written(source) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    _shared.n += 1\n", "    global n\n    n += 1\n"),
        ("    '''Doc.'''\n    _shared.n = 1\n", "    '''Doc.'''\n    global n\n    n = 1\n"),
        ("    del _shared.n\n", "    global n\n    del n\n"),
        ("    for _shared.n in 'ab':\n        pass\n", "    global n\n    for n in 'ab':\n        pass\n"),
        ("    _shared.b, _shared.a = 1, 2\n", "    global a, b\n    b, a = 1, 2\n"),
        (
            "    # first\n    if _shared.n:\n        _shared.n = 0\n",
            "    # first\n    global n\n    if n:\n        n = 0\n",
        ),
        ("    _shared.d['x'] = 1\n", "    d['x'] = 1\n"),
    ],
)
def test_binding(body, expected):
    assert written(f"{IMPORT}def GET():\n{body}") == f"def GET():\n{expected}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class Box:\n    n = _shared.n\n", "class Box:\n    n = n\n"),
        ("class Box:\n    n = 1\n    def at(self):\n        return _shared.n\n", None),
        ("def f():\n    return [n for n in _shared.n]\n", "def f():\n    return [n for n in n]\n"),
        ("a = [n for n in 'ab']\nb = _shared.n\n", "a = [n for n in 'ab']\nb = n\n"),
        ("def f():\n    def g(n): return n\n    return g(_shared.n)\n", None),
        ("f = lambda n=_shared.n: n\n", "f = lambda n=n: n\n"),
        ("def f(n=_shared.n): return n\n", "def f(n=n): return n\n"),
        (
            "def f(a: '_shared.A', b: \"list[_shared.B | _shared.A]\" = '_shared.C') -> '_shared.A': ...\n",
            "def f(a: 'A', b: \"list[B | A]\" = '_shared.C') -> 'A': ...\n",
        ),
        ("def f(a: Optional['_shared.A'], b: '_shared.A' | None): ...\n", None),
    ],
)
def test_where_another_scope_has_that_name(source, expected):
    assert written(IMPORT + source) == (expected or source.replace("_shared.", ""))


def test_on_one_line():
    assert written(f"{IMPORT}def GET(): _shared.n = 1\n") == "def GET(): global n; n = 1\n"


def test_in_the_function_that_binds_it_and_no_other():
    source = f"{IMPORT}def GET():\n    def inner():\n        _shared.n = 1\n    return _shared.n\n"
    assert written(source) == "def GET():\n    def inner():\n        global n\n        n = 1\n    return n\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (IMPORT + "def GET(page):\n    return _shared.page\n", ":3: page is shared, and the file has another page"),
        (IMPORT + "def GET():\n    n = 1\n    return _shared.n\n", ":4: n is shared"),
        (IMPORT + "n = 1\ndef GET():\n    return _shared.n\n", ":4: n is shared"),
        (IMPORT + "class A:\n    n = 1\n    m = _shared.n\n", ":4: n is shared"),
        (IMPORT + "def f():\n    return [_shared.n for n in 'ab']\n", ":3: n is shared"),
        (IMPORT + "def f(n):\n    return [m for m in _shared.n]\n", ":3: n is shared"),
        (IMPORT + "f = lambda n: _shared.n\n", ":2: n is shared"),
        (IMPORT + "def f(n: '_shared.' 'A'): ...\n", ":2: _shared.A names what is shared: write it without quotes"),
        (IMPORT + "_shared.n = 1\n", ":2: n is shared, and bound outside of functions"),
        (IMPORT + "x = vars(_shared)\n", ":2: _shared is used as a whole"),
        ("from app.lib import x\n", ":1: a notebook has no module app.lib"),
        ("from app import lib\n", ":1: a notebook has no module app.lib"),
        ("import app.lib\n", ":1: a notebook has no module app.lib"),
        ("from .. import lib\n", ":1: a notebook has no module .."),
        ("from app._shared import *\n", ":1: import * says not which names"),
        ("def GET():\n    from app import _shared\n    return _shared.a\n", ":2: what is shared is imported inside"),
    ],
)
def test_what_would_mean_something_else_is_refused(source, said):
    with pytest.raises(DefinitionError) as refused:
        written(source)
    assert str(refused.value).startswith(f"app/a/route.py{said}")


def test_a_local_of_that_name_is_no_module():
    source = f"{IMPORT}def GET(_shared):\n    return _shared.a\n"
    assert written(source) == "def GET(_shared):\n    return _shared.a\n"
