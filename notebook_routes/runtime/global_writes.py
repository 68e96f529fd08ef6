"""`global counter` in a module-form cell, compiled to a write in the notebook.

Reads need no change: a name that the module lacks is found in the notebook (`namespace.py`). Writes would
land in the module, which hides the notebook's value from then on. So, in every scope that declares a name
`global` which the module itself does not bind, storing and deleting it become `__notebook__["counter"] =
...`. The declaration stays: it still sends the reads past the locals of enclosing functions.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeVar

from notebook_routes.runtime.namespace import NOTEBOOK
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from notebook_routes.runtime.celltext import CellText

_Comprehension = TypeVar("_Comprehension", ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def redirect_global_writes(tree: ast.Module, *, cell: CellText) -> ast.Module:
    """Send the writes of `global` names that the module does not bind to the notebook, in place.

    Args:
        tree: the module, with the positions of the cell.
        cell: the cell's text, for errors.

    Raises:
        CellError: such a name is bound by an import, `def`, `class`, `except ... as`, a pattern, `:=`, `type`
            or an annotated assignment, none of which can name a place in the notebook.
    """
    names = read_names(tree.body)
    own = names.bound | names.declared_global.keys()
    rewriter = _Rewriter(own=own, cell=cell)
    rewriter.visit(tree)
    return ast.fix_missing_locations(tree)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, *, own: Collection[str], cell: CellText) -> None:
        self._own = own
        self._cell = cell
        self._redirected: frozenset[str] = frozenset()
        self._hidden: frozenset[str] = frozenset()

    # -- scopes: what stands around a body belongs to the scope outside

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self._refuse(node.name, node, "def")
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.args = self.visit(node.args)
        if node.returns is not None:
            node.returns = self.visit(node.returns)
        self._body(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._refuse(node.name, node, "class")
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.bases = [self.visit(base) for base in node.bases]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        self._body(node)
        return node

    def _body(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        outer = self._redirected, self._hidden
        self._redirected, self._hidden = self._declared(node.body), frozenset()
        node.body = [self.visit(statement) for statement in node.body]
        self._redirected, self._hidden = outer

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.args = self.visit(node.args)
        outer, self._redirected = self._redirected, frozenset()
        node.body = self.visit(node.body)
        self._redirected = outer
        return node

    def _comprehension(self, node: _Comprehension) -> _Comprehension:
        # The targets of a comprehension are its own, whatever is declared around it.
        targets = {
            name.id
            for generator in node.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        outer, self._hidden = self._hidden, self._hidden | targets
        self.generic_visit(node)
        self._hidden = outer
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._comprehension(node)

    def _declared(self, body: Sequence[ast.stmt]) -> frozenset[str]:
        declared = read_names(body).declared_global
        # In a class Python renames `__name`; what it writes then is a name of the module.
        return frozenset(
            name for name in declared if name not in self._own and not (name.startswith("__") and name[-2:] != "__")
        )

    # -- writes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) or not self._is_redirected(node.id):
            return node
        place = ast.Subscript(
            value=ast.Name(id=NOTEBOOK, ctx=ast.Load()), slice=ast.Constant(value=node.id), ctx=node.ctx
        )
        for part in (place.value, place.slice, place):
            ast.copy_location(part, node)
        return place

    def _is_redirected(self, name: str) -> bool:
        return name in self._redirected and name not in self._hidden

    # -- writes that only a plain name can take

    def _refuse(self, name: str | None, node: ast.stmt | ast.expr | ast.pattern | ast.excepthandler, by: str) -> None:
        if name is not None and self._is_redirected(name):
            raise self._cell.error_in_cell(
                f'"global {name}" is the notebook\'s {name}, which {by} cannot bind: bind another name, then '
                f"assign it on a line of its own: {name} = ...",
                node.lineno,
            )

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        self._refuse(node.target.id, node, '":="')
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if isinstance(node.target, ast.Name):
            self._refuse(node.target.id, node, "an assignment with a type")
        return self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            self._refuse(alias.asname or alias.name.partition(".")[0], node, "import")
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        for alias in node.names:
            self._refuse(alias.asname or alias.name, node, "import")
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self._refuse(node.name, node, '"except ... as"')
        return self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.AST:
        self._refuse(node.name, node, "a pattern")
        return self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.AST:
        self._refuse(node.name, node, "a pattern")
        return node

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.AST:
        self._refuse(node.rest, node, "a pattern")
        return self.generic_visit(node)

    def visit_TypeAlias(self, node: ast.stmt) -> ast.AST:
        # Python 3.12: `type Name = ...`.
        name = getattr(node, "name", None)
        self._refuse(name.id if isinstance(name, ast.Name) else None, node, "type")
        return node
