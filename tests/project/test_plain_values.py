"""Values of the kernel beside those of an export: told calmly, and without running anybody's code."""

import pytest

from notebook_routes.project.plain_values import PlainValue, differences


class Loud(list):
    """Whoever asks it anything hears of it."""

    def __len__(self):
        raise AssertionError

    __repr__ = __iter__ = __eq__ = __hash__ = __len__


def said(here, there):
    return differences({"x": PlainValue.of(here)}, {"x": PlainValue.of(there)}).partition(" (it begins anew")[0]


@pytest.mark.parametrize(
    ("here", "there", "sentence"),
    [
        ([1, 2, 3], [], "x has 3 entries here, and 0 in the export"),
        ({"a": 1}, {"a": 1, "b": 2}, "x has 1 entry here, and 2 in the export"),
        ({"a": [1]}, {"a": [2]}, "x has other entries here than in the export"),
        ({1, 2}, {2, 3}, "x has other entries here than in the export"),
        (7, 0, "x is 7 here, and 0 in the export"),
        (True, None, "x is True here, and None in the export"),
        ([1], None, "x is a list here, and None in the export"),
        ([1], {1}, "x is a list here, and a set in the export"),
        ("secret", "hidden", "x is another text here than in the export"),
        ("ab", "a", "x has 2 characters here, and 1 in the export"),
        (10**40, 10**41, "x is a long number here, and a long number in the export"),
        ([1, {2, "b"}, (None, 0.5, b"x")], [1, {"b", 2}, (None, 0.5, b"x")], ""),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ""),
        (float("nan"), float("nan"), ""),
        ([Loud()], [Loud()], ""),
        ([Loud()], [], "x has 1 entry here, and 0 in the export"),
        ([0] * 100_000, [1] * 100_000, ""),
        (["a" * 2_000_000], ["b" * 2_000_000], ""),
    ],
)
def test_what_is_said(here, there, sentence):
    assert said(here, there) == sentence


@pytest.mark.parametrize("value", [Loud(), object(), Loud, type("Number", (int,), {})(1), range(3)])
def test_nothing_else_is_asked_anything(value):
    assert PlainValue.of(value) is None


def test_a_value_that_holds_itself():
    endless = []
    endless.append(endless)
    assert PlainValue.of(endless) == PlainValue("list", 1)


def test_of_many_some_are_named():
    names = [f"n{number:02}" for number in range(12)]
    here, there = ({name: PlainValue.of(value) for name in names} for value in (1, 2))
    text = differences(here, there)
    assert "n07 is 1 here" in text
    assert "n08" not in text
    assert "; and 4 more (it begins anew" in text


def test_the_form_crosses_processes():
    value = PlainValue.of({"a": [1]})
    assert PlainValue(**value.as_json()) == value
