import ast
import textwrap

import pytest

from notebook_routes.runtime.indent import indent_line, lines_inside_strings


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ('x = 1\ny = """a\nb\n"""\nz', {3, 4}),
        ("x = f\"\"\"{\n1\n}\n{f'''\n'''}\"\"\"\nz", {2, 3, 4, 5}),
        ("x = 'a\\\nb'\nz", {2}),
        ("x = (\n1\n)", set()),
        ("x = 1 + \\\n2", set()),
        ("x = b'''\n''' '''\n'''", {2, 3}),
    ],
)
def test_lines_that_begin_inside_a_string(text, inside):
    assert lines_inside_strings(text) == inside


def test_indented_lines():
    assert indent_line("x") == ("    x", 4)
    assert indent_line("\tx") == ("    \tx", 4)
    assert indent_line("  ") == ("  ", 0)
    assert indent_line("\fx") == ("\f    x", 4)


def test_tabs_and_form_feeds_keep_their_meaning():
    text = "if a:\n\tif b:\n\t    c\n\fd"
    moved = "def f():\n" + "\n".join(indent_line(line)[0] for line in text.split("\n"))
    expected = "def f():\n" + textwrap.indent("if a:\n    if b:\n        c\nd", "    ")
    assert ast.dump(ast.parse(moved)) == ast.dump(ast.parse(expected))
