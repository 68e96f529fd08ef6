"""What walks over the names of Python code have in common: which statements bind, and which open a scope."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class ScopeVisitor(ast.NodeVisitor):
    """Calls `store` for each name that an import or a pattern binds, `function` and `comprehension` for the scopes."""

    def store(self, name: str, node: ast.AST) -> None:
        """A name is bound.

        Args:
            name: the name.
            node: the statement or pattern that binds it; of an import its alias.
        """
        raise NotImplementedError

    def star(self, node: ast.ImportFrom) -> None:
        """All names of a module are bound."""
        raise NotImplementedError

    def function(self, node: Function) -> None:
        """A function is defined."""
        raise NotImplementedError

    def comprehension(self, node: Comprehension) -> None:
        """A comprehension is evaluated, or a generator is made."""
        raise NotImplementedError

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Visit them in this order."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """`import a.b` binds `a`."""
        for alias in node.names:
            self.store(alias.asname or alias.name.partition(".")[0], alias)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """`from a import b`."""
        for alias in node.names:
            if alias.name == "*":
                self.star(node)
            else:
                self.store(alias.asname or alias.name, alias)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        """`case [1, 2] as pair`, and `case pair`."""
        self.visit_all([node.pattern])
        if node.name is not None:
            self.store(node.name, node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        """`case [1, *rest]`."""
        if node.name is not None:
            self.store(node.name, node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """`case {"a": 1, **rest}`."""
        self.visit_all([*node.keys, *node.patterns])
        if node.rest is not None:
            self.store(node.rest, node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """`def`."""
        self.function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """`async def`."""
        self.function(node)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        """`[... for ...]`."""
        self.comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        """`{... for ...}`."""
        self.comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        """`{...: ... for ...}`."""
        self.comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        """`(... for ...)`."""
        self.comprehension(node)


def arguments_of(arguments: ast.arguments) -> list[ast.arg]:
    """All that a function takes, `*args` and `**kwargs` last."""
    rest = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]


def type_parameters(node: ast.AST) -> frozenset[str]:
    """The names in the brackets of `def first[T](items: list[T])`, which came with Python 3.12."""
    return frozenset(parameter.name for parameter in getattr(node, "type_params", ()))


def targets_of(comprehension: Comprehension) -> frozenset[str]:
    """The names that its `for` bind; they are its own."""
    return frozenset(
        name.id
        for generator in comprehension.generators
        for name in ast.walk(generator.target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    )
