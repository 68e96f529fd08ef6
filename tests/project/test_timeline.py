"""What happened to one name."""

import pytest

from notebook_routes.project.notebook_source import SourceCell
from notebook_routes.project.statements import read_statements
from notebook_routes.project.timeline import Timeline


def timeline(*lines, lasting=()):
    made = Timeline("a")
    for time, line in enumerate(lines):
        [statement] = read_statements(SourceCell(line, "cell 1"))
        if {"a"} & (statement.names | statement.deletes | statement.changes):
            made.add(time, statement, lasts=time in lasting)
    return made


def test_whether_it_is_bound():
    made = timeline("a.x()", "a = 1", "b = 2", "a.x()", "del a", "a.x()", "if b:\n    a = 1")
    assert [made.is_bound(time) for time in range(8)] == [False, False, True, True, True, False, False, True]
    assert made.first == 1


def test_what_is_bound_perhaps_keeps_what_was_before():
    made = timeline("a = []", "if b:\n    a = 1", "a = 2", "a.x()")
    assert [made.is_beginning(place) for place in range(4)] == [True, False, True, False]


@pytest.mark.parametrize(
    ("since", "until", "place"),
    [(0, 9, 2), (0, 2, 1), (0, 1, None), (1, 9, 2), (2, 9, None), (3, 9, 4), (4, 9, None)],
)
def test_what_last_changes_the_value_of_a_time(since, until, place):
    made = timeline("a = []", "a.append(1)", "a.append(2)", "a = 2", "a.append(3)", "del a")
    assert made.last_change(since, until) == place


def test_a_value_that_nothing_bound_is_changed_too():
    assert timeline("b = 1", "a.append(b)", "a.append(2)").last_change(0, 9) == 1


def test_when_those_ran_whose_needs_depend_on_the_use():
    made = timeline("a = f", "a = g", "a.x()", "b = 1", "a.y()", lasting={0, 1, 4})
    assert list(made.lasting(1)) == [0]
    assert list(made.lasting(4)) == [1]
    assert list(made.lasting(5)) == [1, 4]
    assert list(made.lasting(5, since=2)) == [4]
