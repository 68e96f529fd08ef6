import warnings

import pytest

from notebook_routes.runtime.positions import compile_source


def below(lines):
    return lambda line, column: (line + lines, column)


def test_positions_are_those_of_the_cell():
    code = compile_source("x = 1\ny = x", filename="<cell>", locate=below(10))
    assert [position[0] for position in code.co_positions() if position[0]][-1] == 12
    assert code.co_filename == "<cell>"


def test_a_line_of_ours_has_no_column():
    code = compile_source("def f(a=b): pass", filename="<cell>", locate=lambda _line, _column: (1, None))
    assert {(position[0], position[2]) for position in code.co_positions()} <= {(1, None), (0, 0)}


@pytest.mark.parametrize("source", ["x = ", "return 1"])
def test_errors_are_counted_in_the_cell(source):
    with pytest.raises(SyntaxError) as caught:
        compile_source(source, filename="<cell>", locate=below(10))
    assert caught.value.lineno == 11


def test_f_strings_over_several_lines_compile():
    source = 'x = 1\ny = f"""{x}\n  {x\n+ x} {"a" f"{x}"}"""\n'
    space: dict[str, object] = {}
    exec(compile_source(source, filename="<cell>", locate=lambda line, column: (line, column - 4)), space)
    assert space["y"] == "1\n  2 a1"


def test_warnings_name_the_cell_and_its_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile_source('x = "\\d"\nx is 5', filename="<cell>", locate=below(10))
    assert [(warning.filename, warning.lineno) for warning in caught] == [("<cell>", 11), ("<cell>", 12)]
