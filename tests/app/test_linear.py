"""Regular expressions in linear time, held against Python's where that is safe."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.app.linear import LinearPattern

# Expressions that Python's `re` reads alike, small enough for it to be quick.
_ATOMS = st.sampled_from(["a", "b", "/", r"\d", r"\w", ".", "[ab]", "[^a/]", "[a-c1]", r"\.", "é"])
_EXPRESSIONS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        inner.map(lambda text: f"(?!{text}).*"),
        inner.map(lambda text: f"(?={text}).?"),
        inner.map(lambda text: f"({text}$|{text})"),
    ),
    max_leaves=6,
)


@given(_EXPRESSIONS, st.text("ab/c1.é\n", max_size=8))
@settings(deadline=None, max_examples=500)
def test_it_describes_the_texts_that_python_says(expression, text):
    ascii_only = re.compile(expression, re.ASCII | re.DOTALL)
    # `$` is the end alone here, and before a last line break too in Python.
    if "$" in expression and text.endswith("\n"):
        return
    assert LinearPattern(expression).matches(text) is (ascii_only.fullmatch(text) is not None)


@given(st.text(max_size=30), st.text(max_size=30))
@settings(deadline=None)
def test_any_text_is_an_expression_or_a_value_error(expression, text):
    try:
        pattern = LinearPattern(expression)
    except ValueError:
        return
    assert pattern.matches(text) in (True, False)


class Counted(str):
    """A text that counts how often its characters are asked for."""

    __slots__ = ("asked",)

    def __new__(cls, text):
        made = super().__new__(cls, text)
        made.asked = 0
        return made

    def __getitem__(self, place):
        self.asked += 1
        return super().__getitem__(place)


@pytest.mark.parametrize(
    "expression",
    ["(?:a+)+b", "(?:a|a)*b", "(?:.*)(?:.*)(?:.*)b", "(?!(?:a+)+b).*c", "(?:(?=a*b)a)*", "(?:[^/]+/?)*x"],
)
def test_the_time_is_linear_in_the_text(expression):
    """Steps are counted, not seconds: Python's `re` would need longer than the universe has for some of these."""
    pattern = LinearPattern(expression)
    steps = []
    for size in (1_000, 2_000, 4_000):
        text = Counted("a" * size)
        made = []
        follow = pattern._automaton._follow
        pattern._automaton._follow = lambda key, follow=follow, made=made: made.append(key) or follow(key)
        assert pattern.matches(text) is False
        pattern._automaton._follow = follow
        steps.append((text.asked, len(made)))
    (few, _), _, (many, new_sets) = steps
    assert many <= 4 * few + 10
    # All sets of states have been met by then.
    assert new_sets == 0


def test_what_is_remembered_is_bounded():
    pattern = LinearPattern("(?:[^x]|xx)*")
    text = "".join(map(chr, range(0x100, 0x100 + 20_000)))
    assert pattern.matches(text)
    assert len(pattern._automaton._known) <= 4096


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("(", "without its )"),
        (")", "without its ("),
        ("[a", "without its ]"),
        ("*", "nothing in front"),
        ("a**", "two quantifiers"),
        ("a*+", "keeps what it took"),
        ("a{3,1}", "the smaller one"),
        ("a{x}", "no quantifier"),
        (r"(a)\1", "not known"),
        (r"\bword", "not known"),
        ("(?<=a)b", "begins with"),
        ("[b-a]", "backwards"),
        ("a\\", "backslash at the end"),
        ("(?:a{1,999}){1,999}", "repeats too much"),
        ("(" * 50 + ")" * 50, "too deeply"),
    ],
)
def test_what_cannot_be_read_says_why(expression, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        LinearPattern(expression)


def test_escapes_and_classes():
    assert LinearPattern(r"\x41\u00e9\n\-[\]\-a]").matches("Aé\n-]")
    assert LinearPattern(r"[\d-]+").matches("1-2")
    assert LinearPattern(r"\D\W\S").matches("a-b")
    assert not LinearPattern(r"\d").matches("٣")
    assert repr(LinearPattern("a")) == "LinearPattern('a')"
