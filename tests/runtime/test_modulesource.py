import pytest

from notebook_routes.errors import CellError
from notebook_routes.routing import parse_directive
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.modulesource import expand_module


def expand(cell, line="/products", first_line=2):
    return expand_module(CellText.read(cell, first_line=first_line), parse_directive(line))


def test_without_options_the_cell_is_the_module():
    cell = '"""Products."""\nimport json\n\n\ndef GET():\n    return 1\n'
    module = expand(cell)
    assert module.source == cell
    assert module.origins == (2, 3, 4, 5, 6, 7)


def test_options_stand_below_the_imports():
    cell = '"""Products."""\nfrom __future__ import annotations\nimport json\n\n\ndef GET():\n    return 1'
    module = expand(cell, "/products --revalidate 60 --tag a")
    assert module.source == (
        '"""Products."""\nfrom __future__ import annotations\nimport json\n\nrevalidate = 60\ntags = ["a"]\n'
        "\n\ndef GET():\n    return 1\n"
    )
    assert module.locate(3, 5) == (4, 5)
    assert module.locate(5, 0) == (1, None)
    assert module.locate(9, 2) == (7, 2)


@pytest.mark.parametrize(
    "cell",
    [
        "import a; GET = 1",
        "'''d'''; from __future__ import division; GET = 1",
        "GET = 1 \\\n\n",
        "'''\n'''; GET = 1",
        "GET = 1",
        "# c\n@f\ndef GET(): 1",
    ],
)
def test_options_tear_no_line_apart(cell):
    module = expand(cell, "/products --revalidate 60")
    kept = [text for text, origin in zip(module.source.split("\n"), module.origins, strict=False) if origin]
    assert "\n".join(kept).rstrip() == cell.rstrip()
    assert "revalidate = 60" in module.source.split("\n")
    compile(module.source, "m", "exec")


def test_a_constant_of_the_cell_is_not_written_twice():
    module = expand("x = 1\nrevalidate = 60\ndef GET(): 1", "/products --revalidate 60")
    assert module.source.count("revalidate") == 1
    assert module.constant_lines == {"revalidate": 3}


@pytest.mark.parametrize("cell", ["print(tags)", "if x: tags = ['a']", "def f(): tags = 1", "tags: list"])
def test_a_constant_that_the_cell_may_not_assign_is_written(cell):
    assert 'tags = ["a"]\n' in expand(f"{cell}\ndef GET(): 1", "/products --tag a").source


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        ("x = 1\nreturn x", "return"),
        ("x = 1\nawait x", "await"),
        ("x = 1\nasync for a in b: pass", "await"),
        ("x = 1\nyield x", "yield"),
    ],
)
def test_a_body_without_a_method(cell, word):
    with pytest.raises(CellError, match=rf'"{word}".*%%route GET /products') as caught:
        expand(cell)
    assert caught.value.line == 3


def test_a_handler_in_small_letters():
    with pytest.raises(CellError, match=r"write def POST\(") as caught:
        expand("x = 1\nasync def post(): pass")
    assert caught.value.line == 3
    assert expand("def get(): pass\ndef GET(): return get()")


@pytest.mark.parametrize(
    ("cell", "has"),
    [("x = 1\ndef helper(): pass", "defines helper, x"), ("products.get(id)", "nothing"), ("", "nothing")],
)
def test_no_handler(cell, has):
    with pytest.raises(CellError, match=rf"{has}.*GET, HEAD, .* or OPTIONS, or name the method"):
        expand(cell)


@pytest.mark.parametrize("cell", ["from shop import *", "from shop import GET", "if x:\n  GET = f"])
def test_handlers_from_elsewhere(cell):
    assert expand(cell).source == cell + "\n"
