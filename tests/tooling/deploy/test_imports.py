"""The imports of a file, and when each is run."""

import ast
import textwrap

import pytest

from notebook_routes.tooling.deploy.imports import imports_of


def found_in(text, package=""):
    return [
        (each.module, each.names, each.line, each.at_call, each.may_fail)
        for each in imports_of(ast.parse(textwrap.dedent(text).strip()), package=package)
    ]


def test_each_is_told_with_its_line():
    text = """
        import shop.prices, json as j
        from stock import lamps, chairs as c
        from colours import *
        class A:
            import inside
        async def GET():
            from later import x
    """
    assert found_in(text) == [
        ("shop.prices", (), 1, False, False),
        ("json", (), 1, False, False),
        ("stock", ("lamps", "chairs"), 2, False, False),
        ("colours", (), 3, False, False),
        ("inside", (), 5, False, False),
        ("later", ("x",), 7, True, False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import a\nexcept ImportError:\n    pass",
        "try:\n    import a\nexcept (KeyError, ModuleNotFoundError):\n    pass",
        "try:\n    import a\nexcept:\n    pass",
        "try:\n    pass\nexcept KeyError:\n    import a",
        "with suppress(ImportError):\n    import a",
        "import sys\nif sys.platform == 'win32':\n    import a",
        "match 1:\n    case 1:\n        import a",
    ],
)
def test_what_may_fail(text):
    assert [each[4] for each in found_in(text) if each[0] == "a"] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import a\nexcept KeyError:\n    pass",
        "try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    import a",
        "with open('x'):\n    import a",
    ],
)
def test_what_may_not_fail(text):
    assert [each[4] for each in found_in(text) if each[0] == "a"] == [False]


def test_what_only_type_checkers_see_is_none():
    assert found_in("if TYPE_CHECKING:\n    import a\nelse:\n    import b") == [("b", (), 4, False, True)]
    assert found_in("import typing\nif typing.TYPE_CHECKING:\n    import a") == [("typing", (), 1, False, False)]


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("from . import x", "shop.lamps"),
        ("from .a import x", "shop.lamps.a"),
        ("from ..b import x", "shop.b"),
        ("from .. import x", "shop"),
    ],
)
def test_relative_ones_count_from_the_package(text, module):
    assert found_in(text, package="shop.lamps")[0][0] == module
