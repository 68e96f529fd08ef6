"""Which cell owns which routes."""

from __future__ import annotations

import pytest

from notebook_routes.notebook.cells import Cell, CellRegistry
from notebook_routes.routing import Route, RoutePattern, SegmentConfig


class Module:
    """Stands for a compiled cell."""

    closed = False

    def close(self):
        self.closed = True


def route(path, method="GET"):
    return Route(method, RoutePattern.parse(path), print, SegmentConfig(), cell="cell [1]")


def cell(cell_id, *paths):
    return Cell(cell_id, f"cell {cell_id}", Module(), [route(path) for path in paths])


@pytest.fixture
def registry():
    return CellRegistry()


def test_a_cell_owns_what_it_defined(registry):
    first, second = cell("a", "/x", "/y"), cell("b", "/z")
    registry.add(first)
    registry.add(second)
    assert registry.owned_by("a") == first.routes
    assert registry.owner(second.routes[0]) is second
    assert registry.cells() == [first, second]


def test_an_unknown_cell_owns_nothing(registry):
    assert registry.owned_by("nobody") == []
    assert registry.owner(route("/x")) is None
    assert registry.cells() == []


def test_without_ids_every_run_is_a_cell_of_its_own(registry):
    registry.add(cell(None, "/x"))
    registry.add(cell(None, "/y"))
    assert registry.owned_by(None) == []
    assert len(registry.cells()) == 2


def test_a_module_is_given_back_with_the_last_route(registry):
    owner = cell("a", "/x", "/y")
    registry.add(owner)
    registry.withdraw(owner.routes[:1])
    assert not owner.module.closed
    assert registry.owned_by("a") == owner.routes[1:]
    registry.withdraw(owner.routes[1:])
    assert owner.module.closed
    assert registry.cells() == []


def test_withdrawing_what_is_not_live_changes_nothing(registry):
    owner = cell("a", "/x")
    registry.add(owner)
    registry.withdraw([route("/x")])
    assert registry.owned_by("a") == owner.routes
    assert not owner.module.closed


def test_two_runs_of_one_cell_are_told_apart(registry):
    before, after = cell("a", "/x"), cell("a", "/x")
    registry.add(before)
    registry.withdraw(registry.owned_by("a"))
    registry.add(after)
    assert before.module.closed
    assert not after.module.closed
    assert registry.owned_by("a") == after.routes
