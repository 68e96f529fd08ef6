"""What ran in a kernel, for the export."""

from types import SimpleNamespace

import pytest

from notebook_routes.notebook.ran_cells import RanCells, notebook_name


def session(*, routes=(), middleware=(), **namespace):
    return SimpleNamespace(
        namespace=namespace,
        own_names=lambda: {"Response"},
        routes=SimpleNamespace(
            routes=lambda: [
                SimpleNamespace(cell=label, method=method, pattern=SimpleNamespace(shape=(path,)))
                for label, method, path in routes
            ]
        ),
        middlewares=SimpleNamespace(cells=lambda: [SimpleNamespace(label=label) for label in middleware]),
    )


def test_former_texts_are_kept_and_marked():
    ran = RanCells()
    ran.add("a", "cell [1]", "x = 1")
    ran.add(None, "cell [2]", "y = 1")
    ran.add(None, "cell [3]", "y = 1")
    ran.add("a", "cell [4]", "x = 2")
    source = ran.source(session(x=2, y=1, Response=None))
    assert [(cell.text, cell.former) for cell in source.cells] == [
        ("x = 1", True),
        ("y = 1", False),
        ("y = 1", False),
        ("x = 2", False),
    ]
    assert source.defined == {"x", "y"}


def test_what_declares_something_counts_while_it_is_live():
    ran = RanCells()
    ran.add("a", "cell [1]", "%%route GET /a\n1")
    ran.add("b", "cell [2]", "%%route GET /b\n1")
    ran.add("c", "cell [3]", "# first\n%%middleware\nreturn None")
    ran.add("d", "cell [4]", "%%middleware\nreturn None")
    ran.add("e", "cell [5]", "%%request GET /a", [SimpleNamespace(status=200, bytes=b"1")])
    ran.add("a", "cell [6]", "%%route GET /c\n1")
    source = ran.source(session(routes=[("cell [6]", "GET", "c"), ("cell [2]", "GET", "b")], middleware=["cell [3]"]))
    assert [cell.label for cell in source.cells] == ["cell [2]", "cell [3]", "cell [5]", "cell [6]"]
    assert source.live == {
        "cell [3]": frozenset(),
        "cell [6]": frozenset({("GET", ("c",))}),
        "cell [2]": frozenset({("GET", ("b",))}),
    }
    assert source.cells[2].answers == ((200, b"1"),)


def test_after_a_reset_only_our_magics_are_left():
    ran = RanCells()
    ran.add("a", "cell [1]", "x = 1")
    ran.add("b", "cell [2]", "# why\n%%route GET /a\n1")
    ran.clear()
    source = ran.source(session(routes=[("cell [2]", "GET", "a")]))
    assert [cell.label for cell in source.cells] == ["cell [2]"]


@pytest.mark.parametrize(
    ("namespace", "environment", "name"),
    [
        ({}, None, "the notebook"),
        ({}, "/home/ada/shop.ipynb", "shop.ipynb"),
        ({}, "console-1", "the notebook"),
        ({"__vsc_ipynb_file__": "/home/ada/cart.ipynb"}, "/x/shop.ipynb", "cart.ipynb"),
        ({"__vsc_ipynb_file__": 1}, None, "the notebook"),
    ],
)
def test_the_notebooks_name(monkeypatch, namespace, environment, name):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if environment is not None:
        monkeypatch.setenv("JPY_SESSION_NAME", environment)
    assert notebook_name(session(**namespace)) == name
