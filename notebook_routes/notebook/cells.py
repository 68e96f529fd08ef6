"""Which cell owns which routes.

A route's identity is its method and pattern; its owner is the cell that defined it last. A cell that runs again
withdraws what it still owns and no longer defines. Where a front end sends no cell ids, every run is a cell of its
own, and nothing is withdrawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_routes.routing import Route
    from notebook_routes.runtime import Page, RouteModule


@dataclass(eq=False)
class Cell:
    """One run of a `%%route`, `%%page` or `%%api` cell.

    Attributes:
        id: the front end's id, None where it sends none.
        label: how messages call it, "cell [3]".
        module: what it was compiled to, or its page.
        routes: the routes that it defined.
    """

    id: str | None
    label: str
    module: RouteModule | Page
    routes: list[Route] = field(default_factory=list)


class CellRegistry:
    """The cells whose routes are live. Its user holds the lock."""

    def __init__(self) -> None:
        self._owners: dict[Route, Cell] = {}

    def owned_by(self, cell_id: str | None) -> list[Route]:
        """The routes that the cell still owns."""
        if cell_id is None:
            return []
        return [route for route, cell in self._owners.items() if cell.id == cell_id]

    def owner(self, route: Route) -> Cell | None:
        """The cell that defined a live route."""
        return self._owners.get(route)

    def add(self, cell: Cell) -> None:
        """The cell's routes are live."""
        for route in cell.routes:
            self._owners[route] = cell

    def withdraw(self, routes: list[Route]) -> None:
        """These routes are live no more; a cell that has none left gives its module back."""
        for route in routes:
            cell = self._owners.pop(route, None)
            if cell is not None and cell not in self._owners.values():
                cell.module.close()

    def cells(self) -> list[Cell]:
        """All cells that own a route, in the order of definition."""
        return list(dict.fromkeys(self._owners.values()))
