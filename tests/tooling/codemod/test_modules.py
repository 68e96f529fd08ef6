"""The modules of a program as one."""

import pytest

from notebook_routes.tooling.codemod.modules import Modules, as_one
from notebook_routes.tooling.codemod.nodes import code
from notebook_routes.tooling.codemod.plan import NotUnderstood


@pytest.fixture
def flat(write):
    """The text of modules as one, and what is copied, where those in `own` are to be one."""

    def flat(own, **texts):
        modules = Modules(write({path.replace("__", "/") + ".py": text for path, text in texts.items()}))
        order = modules.ordered(own)
        text = "".join(code(statement) for _, statement in as_one(modules, order))
        return text, modules.copies(own)

    return flat


def test_what_is_imported_comes_first(flat):
    text, _ = flat(["a", "b"], a="from b import x\ny = x\n", b="x = 1\n")
    assert text == "x = 1\ny = x\n"


def test_modules_that_stay_are_copied_with_what_they_need(flat):
    text, copies = flat(["a"], a="import b\nb.f()\n", b="from c import f\n", c="f = print\n", d="")
    assert text == "import b\nb.f()\n"
    assert copies == {"b.py": b"from c import f\n", "c.py": b"f = print\n"}


def test_a_name_of_two_modules_is_written_differently_in_one(flat):
    text, _ = flat(["a", "b"], a="import b\nfrom b import x as z\nx = 2\nprint(x, b.x, z)\n", b="x = 1\n")
    assert text == "x = 1\na_x = 2\nprint(a_x, x, x)\n"


def test_relative_imports_become_absolute(flat, write):
    write({"shop/__init__.py": "", "shop/db.py": "rows = []\n"})
    text, copies = flat(["shop.api"], shop__api="from .db import rows as r\nfrom . import db\nr, db.rows\n")
    assert text == "from shop.db import rows as r\nfrom shop import db\nr, db.rows\n"
    assert set(copies) == {"shop/db.py", "shop/__init__.py"}


def test_names_of_notebook_routes_are_left_to_it(flat):
    assert flat(["a"], a="def not_found():\n    pass\n\n\nnot_found()\n")[0].count("not_found_") == 2


def test_what_is_no_python_is_refused(flat):
    with pytest.raises(NotUnderstood, match="it is no Python"):
        flat(["a"], a="x = (\n")
