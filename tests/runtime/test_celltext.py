import pytest

from notebook_routes.errors import CellError
from notebook_routes.runtime.celltext import CellText


def read(text, first_line=2):
    return CellText.read(text, first_line=first_line)


def test_newlines_are_those_of_python():
    text = read("a = 1\r\nb = '\u2028'\rc = '\x0c'")
    assert text.lines == ("a = 1", "b = '\u2028'", "c = '\x0c'")
    assert len(text.parse().body) == 3


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("!ls", "subprocess"),
        ("files = !ls *.csv", "subprocess"),
        ("%time slow()", "% line"),
        ("%%timeit", "% line"),
        ("t = %time slow()", "% line"),
        ("    %matplotlib inline", "% line"),
        ("products?", "ask for help"),
        ("products.get??", "ask for help"),
        ("?products", "ask for help"),
    ],
)
def test_lines_of_ipython_are_refused_where_they_stand(line, fix):
    with pytest.raises(CellError, match=fix) as caught:
        read(f'text = """\n!no\n"""\nx = (1\n  )\n{line}\nx').parse()
    assert (caught.value.line, caught.value.text) == (7, line)


@pytest.mark.parametrize("text", ['x = """\n!ls\n"""', "x = (9\n%x\n)", "x = 1  # really?", "y = a %b"])
def test_python_that_looks_like_ipython_is_python(text):
    assert read(text).parse().body


def test_a_bracket_that_never_closes_is_no_magic():
    with pytest.raises(CellError, match="was never closed") as caught:
        read("x = (9\n%x").parse()
    assert caught.value.line == 2


def test_syntax_errors_carry_pythons_words_and_the_line_of_the_cell():
    with pytest.raises(CellError, match=r"^line 4: if x\nPython: expected ':'$"):
        read("y = 1\n\nif x\n    y").parse()


@pytest.mark.parametrize("text", ["x = '\0'", "x = '\ud800'"])
def test_text_that_python_cannot_hold(text):
    with pytest.raises(CellError, match="Python"):
        read(text).parse()


def test_errors_stay_within_the_cell():
    assert read("a\nb").error("m", 9).line == 3
    assert read("a\nb").error("m", None).line is None
    assert read("a\nb", first_line=4).error_in_cell("m", 3).text is None
    assert read("a\nb", first_line=4).error_in_cell("m", 5).text == "b"
