"""Which names a cell of the kernel gateway changes for others: there all cells share the notebook's names.

A `%%route` cell is a function, whose names are its own. So a name that another cell or a function of the notebook
reads, or that the cell itself reads as it was left by an earlier request, is declared `global`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.errors import DefinitionError
from notebook_routes.project.notebook_source import SourceCell
from notebook_routes.project.statements import read_statements
from notebook_routes.runtime.body_names import Act
from notebook_routes.runtime.scopes import read_names
from notebook_routes.tooling.codemod.nodes import behind_docstring, body_of, parse, statement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

#: What a body is given: to read it is to want nothing of another cell.
_GIVEN = frozenset({"request", "context", "params", "query", "body"})


class CellNames:
    """The names of a notebook's cells.

    Args:
        routes: the bodies of `%%route` cells, by what they answer.
        others: the texts of all other code cells.
    """

    def __init__(self, routes: Mapping[str, str], others: Iterable[str]) -> None:
        self._bound: dict[str, frozenset[str]] = {}
        self._wanted: dict[str, frozenset[str]] = {}
        for name, text in routes.items():
            names = read_names(ast.parse(text).body)
            self._bound[name] = names.bound
            first: dict[str, Act] = {}
            for seen in names.occurrences:
                first.setdefault(seen.name, seen.act)
            self._wanted[name] = frozenset(each for each, act in first.items() if act is not Act.STORE) - _GIVEN
        self._plain: set[str] = set()
        self._later: set[str] = set()
        for number, text in enumerate(others, start=1):
            try:
                statements = read_statements(SourceCell(text, f"cell {number}"))
            except DefinitionError:
                continue  # what cannot be run binds nothing
            self._plain.update(*(each.names for each in statements))
            self._later.update(*(each.later for each in statements))

    def rebound(self, route: str, parameters: Collection[str]) -> list[str]:
        """The names that a route's cell binds for others.

        Args:
            route: what it answers.
            parameters: names that it is given.
        """
        others = frozenset[str]().union(*(wanted for name, wanted in self._wanted.items() if name != route))
        elsewhere = frozenset(self._plain).union(*(bound for name, bound in self._bound.items() if name != route))
        read = others | self._later | (self._wanted[route] & elsewhere)
        return sorted((self._bound[route] & read) - set(parameters))


def with_globals(text: str, names: Collection[str]) -> str:
    """A cell's text that binds some names in the notebook."""
    if not names:
        return text
    module = parse(text)
    line = statement(f"global {', '.join(names)}")
    body = body_of(cst.IndentedBlock(module.body))
    return module.with_changes(body=behind_docstring(body, [line])).code
