from typing import Annotated, Any, Literal, Optional

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from notebook_routes.errors import ValidationFailed
from notebook_routes.runtime.hints import converter
from notebook_routes.runtime.plain_text import NOT_PLAIN, plain_reader

SINGLE = [str, int, float, bool, Literal["asc", "desc"], int | None, Optional[float], None | bool, str | None]  # noqa: UP045 - the older spelling
SEVERAL = [list[int], list[str], list[bool] | None, list[int | None], list[Literal["asc", "desc"]], list[list[int]]]

#: What people and programs write, and what looks like it.
written = st.one_of(
    st.text(max_size=8),
    st.integers().map(str),
    st.floats().map(str),
    st.from_regex(r"[ +-]?[0-9_]{0,20}(\.[0-9]{0,20})?(e[0-9])?[ \n]?", fullmatch=True),
    st.sampled_from(
        ["true", "True", "TRUE", "on", "yes", "1", "0", "-0", "+1", "asc", "ASC", "", "\ud800", "٣", "1_0"]
    ),
)


def pydantics(hint, value):
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError:
        return ValidationError


@pytest.mark.parametrize("hint", SINGLE, ids=str)
@given(text=written)
@example(text="9" * 18)
@example(text="-" + "9" * 19)
@example(text="0.1" + "0" * 14)
def test_plain_text_is_what_pydantic_makes_of_it(hint, text):
    found = plain_reader(hint)(text)
    assert found is NOT_PLAIN or same(found, pydantics(hint, text))


@pytest.mark.parametrize("hint", SEVERAL, ids=str)
@given(texts=st.lists(written, max_size=4))
def test_so_is_a_list_of_it(hint, texts):
    found = plain_reader(hint)(texts)
    assert found is NOT_PLAIN or same(found, pydantics(hint, texts))


@pytest.mark.parametrize(
    ("hint", "value", "read"),
    [
        (int, "42", 42),
        (int, "-7", -7),
        (int | None, "0", 0),
        (float, "12.50", 12.5),
        (float, "3", 3.0),
        (bool, "true", True),
        (bool, "0", False),
        (str | None, "Lämpchen", "Lämpchen"),
        (Literal["asc", "desc"], "desc", "desc"),
        (list[int], ["1", "2"], [1, 2]),
        (list[str], [], []),
    ],
)
def test_the_usual_is_plain(hint, value, read):
    found = plain_reader(hint)(value)
    assert same(found, read)
    assert same(converter(hint, ("query", "x"), from_text=True)(value), read)


@pytest.mark.parametrize("value", [None, 1, 1.5, True, b"1", ["1"], {"1": 1}])
@pytest.mark.parametrize("hint", SINGLE, ids=str)
def test_what_is_no_text_is_not_plain(hint, value):
    assert plain_reader(hint)(value) is NOT_PLAIN


@pytest.mark.parametrize(
    "hint",
    [Any, bytes, list, tuple[int, ...], set[int], int | str, Literal[1, "a"], Annotated[int, Field(ge=1)], "int", dict],
    ids=str,
)
def test_other_types_are_left_to_pydantic(hint):
    assert plain_reader(hint) is None


def test_what_is_not_plain_is_read_or_refused_by_pydantic():
    convert = converter(int, ("query", "page"), from_text=True)
    assert convert("1_000") == 1000
    with pytest.raises(ValidationFailed) as refused:
        convert("many")
    (problem,) = refused.value.problems
    assert (problem["loc"], problem["type"]) == (("query", "page"), "int_parsing")
    assert convert("2") == 2


def same(one, two):
    return one == two and repr(one) == repr(two)
