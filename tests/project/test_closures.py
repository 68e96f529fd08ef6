"""What the nodes of a graph lead to."""

import pytest

from notebook_routes.project.closures import Closures

GRAPH = {"a": "bc", "b": "a", "c": "d", "d": "e", "e": "d", "f": "b", "g": "g", "h": ""}


def plainly(start):
    found, todo = set(), list(start)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += GRAPH[node]
    return found


@pytest.mark.parametrize("first", GRAPH)
@pytest.mark.parametrize("second", GRAPH)
def test_all_that_can_be_reached_whatever_was_asked_before(first, second):
    closures = Closures(GRAPH.__getitem__, keeps=lambda node: True)
    assert set(closures.of(first)) == plainly(first)
    assert set(closures.of([first, second])) == plainly(first + second)


def test_only_what_is_asked_for_is_told_in_the_order_of_the_search():
    closures = Closures(GRAPH.__getitem__, keeps=lambda node: node in "adb")
    assert closures.of("f") == ["b", "a", "d"]
    assert closures.of([]) == []


def test_a_node_is_looked_at_once():
    looked = []

    def leads(node):
        looked.append(node)
        return GRAPH[node]

    closures = Closures(leads, keeps=lambda node: True)
    for _ in range(3):
        closures.of("afbh")
    assert sorted(looked) == sorted("abcdefh")


def test_a_long_way_is_no_deep_recursion():
    closures = Closures(lambda node: [node + 1] if node < 5000 else [0], keeps=lambda node: node % 1000 == 0)
    assert closures.of([4500]) == [5000, 0, 1000, 2000, 3000, 4000]
