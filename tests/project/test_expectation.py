"""`?? expr`: read, checked, explained."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.errors import CellError
from notebook_routes.project.expectation import Expectation, check_expectation, parse_expectation

SCOPE = {"status": 404, "json": {"name": "Desk", "tags": ["a"], "ok": False}, "text": "no", "limit": 3}


def check(text, scope=SCOPE):
    return check_expectation(parse_expectation(text, line=5), scope)


def test_the_text_is_stripped_and_the_line_does_not_count_in_comparisons():
    assert parse_expectation("  status == 200 ", line=3) == Expectation("status == 200", 9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`[?][?]` needs a Python expression"),
        ("  ", "`[?][?]` needs a Python expression"),
        ("status = 200", r"`status = 200` is not a Python expression .*=="),
        ("status ==", "`status ==` is not a Python expression"),
        ("await response.text()", "`await response.text[(][)]` is not a Python expression"),
        ("import os", "not a Python expression"),
        ("status is 200", "write == or !="),
        ("0 < status is not 'x' or text", "write == or !="),
        ("x\x00", "not a Python expression"),
        ("\ud800", "not a Python expression"),
        ("(" * 500 + ")" * 500, "not a Python expression"),
    ],
)
def test_what_cannot_be_an_expectation_is_refused_with_the_fix(text, message):
    with pytest.raises(CellError, match=message) as caught:
        parse_expectation(text, line=8)
    assert caught.value.line == 8
    assert caught.value.text.startswith("??")
    assert "?? status == 200" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "status == 404",
        "400 <= status < 500",
        "status in (200, 404) and json['name'] != 'Lamp'",
        "status == 200 or json['tags']",
        "not json['ok']",
        "json['ok'] is False  # a comment",
        "len(json['tags']) == 1",
        "all(len(tag) < limit for tag in json['tags'])",
        "(lambda: status)() == 404",
        "(n := len(text)) == 2 and n + 1 == limit",
        "text == 'no' != json",
        r"'\d' != text",
    ],
)
def test_what_holds(text):
    outcome = check(text)
    assert (outcome.ok, outcome.detail, outcome.line) == (True, "", 5)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("status == 200", "404 == 200 is false"),
        ('json["name"] == "Lamp"', "'Desk' == 'Lamp' is false"),
        ('"b" in json["tags"]', "'b' in ['a'] is false"),
        ('"a" not in json["tags"]', "'a' not in ['a'] is false"),
        ("text is None", "'no' is None is false"),
        ("200 <= status < 300", "404 < 300 is false"),
        ("500 <= status < 600", "500 <= 404 is false"),
        ("status == 404 and limit > 5", "limit > 5: 3 > 5 is false"),
        (
            "status == 200 or text == 'yes'",
            "status == 200: 404 == 200 is false and text == 'yes': 'no' == 'yes' is false",
        ),
        ("limit and (text == '' or json['ok'])", "text == '': 'no' == '' is false and json['ok'] is False"),
        ("not status == 404", "status == 404: 404 == 404 is true"),
        ("not 1 < limit < 5", "1 < limit < 5: 1 < 3 is true and 3 < 5 is true"),
        ("not text", "text is 'no'"),
        ("not (limit and text)", "limit is 3 and text is 'no'"),
        ("not (json['ok'] or limit)", "limit is 3"),
        ("json['ok']", "json['ok'] is False"),
        ("any(tag == 'b' for tag in json['tags'])", "any(tag == 'b' for tag in json['tags']) is False"),
        ("json['price'] == 30", "KeyError: 'price'"),
        ("missing", "NameError: name 'missing' is not defined"),
        ("status / 0", "ZeroDivisionError: division by zero"),
        ("next(iter(()))", "StopIteration"),
    ],
)
def test_what_does_not_hold_says_why(text, detail):
    outcome = check(text)
    assert (outcome.ok, outcome.text, outcome.line, outcome.detail) == (False, text, 5, detail)


def test_each_side_is_evaluated_once_and_only_as_far_as_python_would():
    seen = []

    def note(value):
        seen.append(value)
        return value

    outcome = check("note(1) < note(3) < note(2) < note(9) and note(7)", {"note": note})
    assert seen == [1, 3, 2]
    assert outcome.detail == "note(1) < note(3) < note(2) < note(9): 3 < 2 is false"


def test_the_scope_computes_only_what_is_reached():
    class Scope(dict):
        def __missing__(self, name):
            if name != "json":
                raise KeyError(name)
            raise ValueError("The body is not JSON")

    scope = Scope(status=404)
    assert check("status == 404 or json", scope).ok
    assert not check("status == 200 and any(json for _ in 'x')", scope).ok
    assert check("json['a'] == 1", scope).detail == "ValueError: The body is not JSON"
    assert check("[json for _ in 'x']", scope).detail == "ValueError: The body is not JSON"


def test_the_notebook_shadows_the_builtins_and_is_not_written_to():
    scope = {"len": lambda value: 99, "limit": 3}
    assert check("len([]) == 99 and [len(x) for x in [[]]] == [99] and (limit := 4) == 4", scope).ok
    assert scope["limit"] == 3


def test_long_values_are_short():
    outcome = check("value == other", {"value": list(range(10_000)), "other": "x" * 10_000})
    assert outcome.detail.startswith("[0, 1, 2, 3, 4, 5, 6, 7, ...] == 'xxx")
    assert len(outcome.detail) < 700


def test_many_lines_become_one():
    class Table:
        def __repr__(self):
            return "a  b\n1  2"

    assert check("table is None", {"table": Table()}).detail == "a b 1 2 is None is false"


def test_a_broken_repr_does_not_hide_the_failure():
    class Broken:
        def __repr__(self):
            raise RuntimeError("no repr")

    # reprlib goes by the name of a type.
    impostor = type("list", (), {})()
    assert "Broken" in check("value == 1", {"value": Broken()}).detail
    assert check("value == 1", {"value": impostor}).detail == "<list> == 1 is false"


def test_a_value_without_truth_is_a_failure():
    class Array:
        def __eq__(self, other):
            return self

        __hash__ = None

        def __bool__(self):
            raise ValueError("ambiguous")

    assert check("array == 1", {"array": Array()}).detail == "ValueError: ambiguous"
    assert check("array", {"array": Array()}).detail == "ValueError: ambiguous"


def test_an_interrupt_is_left_alone():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("interrupted()", {"interrupted": interrupted})


def test_an_expectation_written_by_hand_may_be_wrong():
    assert check_expectation(Expectation("1 +", 1), {}).detail.startswith("SyntaxError: invalid syntax")


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text):
    try:
        expectation = parse_expectation(text, line=1)
    except CellError:
        return
    assert expectation.text == text.strip()
    check_expectation(expectation, {})


ATOMS = st.sampled_from(["a", "b", "c", "d", "[]", "[1]", "{2: 1}", "None"])
OPERATORS = st.sampled_from(["and", "or", "==", "!=", "<", ">=", "is", "is not", "in", "not in"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, OPERATORS, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} <= {parts[1]} < {parts[2]})"),
        inner.map(lambda part: f"(not {part})"),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(EXPRESSIONS)
def test_taking_apart_changes_no_answer(text):
    scope = {"a": 1, "b": 2, "c": [1, 2], "d": 0}
    outcome = check(text, scope)
    try:
        expected, raised = bool(eval(text, dict(scope))), ""
    except TypeError as error:
        expected, raised = False, f"TypeError: {error}"
    assert outcome.ok is expected
    assert bool(outcome.detail) is not expected
    assert outcome.detail.startswith(raised)
