"""All that the nodes of a graph lead to, found once for as many questions as are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    Node = TypeVar("Node", bound=Hashable)
else:
    Node = TypeVar("Node")


class Closures(Generic[Node]):
    """What can be reached, over whichever ways.

    Each node is looked at once, and what it leads to is kept as the bits of one number.

    Args:
        leads: the nodes that a node leads to.
        keeps: whether a node is one that is asked for; the others are only on the way.
    """

    def __init__(self, leads: Callable[[Node], Iterable[Node]], *, keeps: Callable[[Node], bool]) -> None:
        self._leads = leads
        self._keeps = keeps
        self._kept: list[Node] = []
        self._reached: dict[Node, int] = {}

    def of(self, nodes: Iterable[Node]) -> list[Node]:
        """The nodes that are asked for among these and all that they lead to, in the order in which they were found."""
        reached = 0
        for node in nodes:
            if node not in self._reached:
                self._close(node)
            reached |= self._reached[node]
        return [node for node, bit in zip(self._kept, reversed(f"{reached:b}"), strict=False) if bit == "1"]

    def _close(self, start: Node) -> None:
        ways = self._ways(start)
        changed = True
        # Once for what leads forward, and again for each turn that leads back.
        while changed:
            changed = False
            for node, leads in ways.items():
                reached = self._reached[node]
                for lead in leads:
                    reached |= self._reached[lead]
                changed |= reached != self._reached[node]
                self._reached[node] = reached

    def _ways(self, start: Node) -> dict[Node, list[Node]]:
        """The new nodes with those that they lead to, which stand before them unless they lead back."""
        found: dict[Node, list[Node]] = {}
        waiting = [self._enter(start)]
        while waiting:
            node, leads, untried = waiting[-1]
            new = next((lead for lead in untried if lead not in self._reached), None)
            if new is None:
                found[node] = leads
                waiting.pop()
            else:
                waiting.append(self._enter(new))
        return found

    def _enter(self, node: Node) -> tuple[Node, list[Node], Iterator[Node]]:
        leads = list(dict.fromkeys(self._leads(node)))
        self._reached[node] = 0
        if self._keeps(node):
            self._reached[node] = 1 << len(self._kept)
            self._kept.append(node)
        return node, leads, iter(leads)
