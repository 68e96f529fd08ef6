"""A module of a tree as it stands in a notebook: `_shared.products` is the notebook's `products` again.

The opposite of what an export does. The import of `_shared` goes, as do those of names that a notebook has without one;
where a function binds a shared name, `global` comes back. Only these places of the text change, so that comments and
formatting survive. What would mean something else without the prefix is refused.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from notebook_routes.errors import DefinitionError
from notebook_routes.project.global_names import Does, find_global_names
from notebook_routes.project.rewrite import quoted
from notebook_routes.routing.filesystem import APP
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SHARED = "_shared"
_MODULE = f"{APP}.{SHARED}"
_FACE = "notebook_routes"


@dataclass(frozen=True, slots=True)
class _Edit:
    """Bytes of one line to be replaced."""

    line: int
    start: int
    end: int
    text: str


@dataclass
class _Scope:
    """A function, or the module: the names that are its own, and the shared ones that it binds."""

    node: ast.Module | _Function | ast.Lambda
    own: frozenset[str]
    bound: set[str] = field(default_factory=set)


def without_prefix(source: str, *, file: str, public: frozenset[str]) -> str:
    """Write a module of a tree for a notebook.

    Args:
        source: the module's text.
        file: names it in messages.
        public: the names that a notebook has of `notebook_routes` without an import.

    Raises:
        DefinitionError: a name would mean something else, or a module of the tree is imported that a notebook does not
            have. The message has file and line.
    """
    return _Unsharing(source, file, public).text()


def own_names(node: ast.Module | _Function | ast.Lambda) -> frozenset[str]:
    """The names that a module or a function binds itself: arguments, assignments, imports, definitions."""
    body = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
    has_star = any(isinstance(each, ast.alias) and each.name == "*" for each in ast.walk(node))
    if isinstance(node, ast.Module):
        return read_names(body).bound | ({"*"} if has_star else set())
    arguments = node.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return read_names(body).bound | {argument.arg for argument in given if argument is not None}


class _Unsharing:
    """The work on one module."""

    def __init__(self, source: str, file: str, public: frozenset[str]) -> None:
        self._source = source
        self._lines = source.split("\n")
        self._file = file
        self._public = public
        self._tree = ast.parse(source)
        self._edits: list[_Edit] = []
        self._gone: set[int] = set()
        #: How the module is called here: `_shared`, `app._shared`; and names of it, with their names there.
        self._prefixes: set[str] = set()
        self._aliases: dict[str, str] = {}
        #: What stands in the place of `_shared.name`.
        self._names: dict[ast.AST, ast.Name] = {}
        self._annotations: set[ast.AST] = set()

    def text(self) -> str:
        for statement in ast.walk(self._tree):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self._drop_import(statement)
        if self._prefixes or self._aliases:
            self._annotations = set(_quoted_annotations(self._tree))
            own = own_names(self._tree) - {SHARED, *self._aliases}
            self._visit(self._tree, [_Scope(self._tree, own)])
            self._refuse_hidden(own)
        return self._applied()

    def _error(self, node: ast.stmt | ast.expr, message: str) -> DefinitionError:
        return DefinitionError(f"{self._file}:{node.lineno}: {message}")

    def _drop_import(self, statement: ast.Import | ast.ImportFrom) -> None:
        if isinstance(statement, ast.Import):
            ours = [alias for alias in statement.names if alias.name.partition(".")[0] == APP]
            for alias in ours:
                if alias.name != _MODULE:
                    raise self._foreign(statement, alias.name)
                self._prefixes.add(alias.asname or _MODULE)
        else:
            ours = self._taken_from(statement)
        if not ours:
            return
        if statement not in self._tree.body:
            raise self._error(statement, "what is shared is imported inside of a block: import it at the file's top")
        left = [alias for alias in statement.names if alias not in ours]
        if left:
            text = ", ".join(ast.unparse(alias) for alias in left)
            before = f"from {statement.module} " if isinstance(statement, ast.ImportFrom) else ""
            self._edits.append(_Edit(statement.lineno, 0, len(self._line(statement)), f"{before}import {text}"))
            self._gone.update(range(statement.lineno + 1, (statement.end_lineno or statement.lineno) + 1))
        else:
            self._gone.update(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))

    def _taken_from(self, statement: ast.ImportFrom) -> list[ast.alias]:
        """The names of an import that a notebook has without it."""
        module = f"{'.' * statement.level}{statement.module or ''}"
        if module == _FACE:
            return [alias for alias in statement.names if alias.name in self._public and alias.asname is None]
        if module == APP:
            for alias in statement.names:
                if alias.name != SHARED:
                    raise self._foreign(statement, f"{APP}.{alias.name}")
                self._prefixes.add(alias.asname or SHARED)
            return statement.names
        if module == _MODULE:
            for alias in statement.names:
                if alias.name == "*":
                    raise self._error(statement, f"import * says not which names: write from {APP} import {SHARED}")
                if alias.asname not in (None, alias.name):
                    self._aliases[alias.asname or alias.name] = alias.name
            return statement.names
        if statement.level or module.partition(".")[0] == APP:
            raise self._foreign(statement, module)
        return []

    def _foreign(self, statement: ast.stmt, module: str) -> DefinitionError:
        return self._error(
            statement, f"a notebook has no module {module}: put what is needed of it into {APP}/{SHARED}.py"
        )

    def _visit(self, node: ast.AST, scopes: list[_Scope]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Attribute) and self._is_shared(child.value, scopes):
                self._unprefix(child, scopes)
            elif isinstance(child, ast.Name) and child.id in self._aliases and not self._hides(child.id, scopes[1:]):
                self._renamed(child, self._aliases[child.id], len(child.id.encode()), scopes)
            elif isinstance(child, ast.Name) and child.id in self._prefixes and not self._hides(child.id, scopes[1:]):
                raise self._error(child, f"{child.id} is used as a whole, and a notebook has no such module")
            elif isinstance(child, ast.Constant) and child in self._annotations:
                self._unprefix_quoted(child, scopes)
            elif isinstance(child, _SCOPES):
                scope = _Scope(child, own_names(child))
                self._visit(child, [*scopes, scope])
                self._declare(scope)
            else:
                self._visit(child, scopes)

    def _is_shared(self, expression: ast.expr, scopes: list[_Scope]) -> bool:
        text = ast.unparse(expression) if isinstance(expression, (ast.Name, ast.Attribute)) else ""
        return text in self._prefixes and not self._hides(text.partition(".")[0], scopes[1:])

    def _unprefix(self, node: ast.Attribute, scopes: list[_Scope]) -> None:
        if node.lineno != node.end_lineno:
            raise self._error(node, f"{ast.unparse(node)} spans lines: write it on one")
        self._renamed(node, node.attr, (node.end_col_offset or 0) - node.col_offset, scopes)

    def _unprefix_quoted(self, node: ast.Constant, scopes: list[_Scope]) -> None:
        try:
            inside = ast.walk(ast.parse(str(node.value), mode="eval"))
        except SyntaxError:
            return
        found = [each for each in inside if isinstance(each, ast.Attribute) and self._is_shared(each.value, scopes)]
        text = quoted(node, self._source)
        if found and text is None:
            raise self._error(node, f"{node.value!s} names what is shared: write it without quotes")
        for each in found:
            start = node.col_offset + 1 + each.col_offset
            width = (each.end_col_offset or 0) - each.col_offset
            self._edits.append(_Edit(node.lineno, start, start + width, each.attr))

    def _renamed(self, node: ast.Attribute | ast.Name, name: str, width: int, scopes: list[_Scope]) -> None:
        if not isinstance(node.ctx, ast.Load):
            if not isinstance(scopes[-1].node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                raise self._error(node, f"{name} is shared, and bound outside of functions: do that in {SHARED}.py")
            scopes[-1].bound.add(name)
        self._edits.append(_Edit(node.lineno, node.col_offset, node.col_offset + width, name))
        self._names[node] = ast.copy_location(ast.Name(name, node.ctx), node)

    def _refuse_hidden(self, own: frozenset[str]) -> None:
        """See that each name alone is still the notebook's, as Python looks names up."""
        _Plain(self._names).visit(self._tree)
        seen = {use.node for use in find_global_names(self._tree.body).of(Does.LOAD, Does.STORE, Does.DELETE)}
        for node in self._names.values():
            if node.id in own or node not in seen:
                said = f"{node.id} is shared, and the file has another {node.id}, which it would be taken for"
                raise self._error(node, f"{said}: rename that")

    def _hides(self, name: str, scopes: list[_Scope]) -> bool:
        return any(name in scope.own for scope in scopes)

    def _declare(self, scope: _Scope) -> None:
        """Put `global` at the top of a function that binds what is shared."""
        if not scope.bound:
            return
        assert isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef))
        first, *others = scope.node.body
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        place = others[0] if is_text and others else first
        said = f"global {', '.join(sorted(scope.bound))}"
        scope.node.body.insert(0, ast.copy_location(ast.Global(sorted(scope.bound)), place))
        line = self._lines[place.lineno - 1].encode()
        before = line[: place.col_offset].decode()
        text = f"{said}\n{before}" if not before.strip() else f"{said}; "
        self._edits.append(_Edit(place.lineno, place.col_offset, place.col_offset, text))

    def _line(self, node: ast.stmt) -> bytes:
        return self._lines[node.lineno - 1].encode()

    def _applied(self) -> str:
        lines = [line.encode() for line in self._lines]
        for edit in sorted(self._edits, key=lambda edit: (edit.line, edit.start, edit.end), reverse=True):
            line = lines[edit.line - 1]
            lines[edit.line - 1] = line[: edit.start] + edit.text.encode() + line[edit.end :]
        text = "\n".join(line.decode() for number, line in enumerate(lines, 1) if number not in self._gone)
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise DefinitionError(
                f"{self._file}:{error.lineno}: the prefix {SHARED} cannot be taken out here: {error.msg}; "
                "write the line without a string around it"
            ) from None
        return text


def _quoted_annotations(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        found = node.returns if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None
        found = node.annotation if isinstance(node, ast.arg | ast.AnnAssign) else found
        for part in ast.walk(found) if found is not None else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part


class _Plain(ast.NodeTransformer):
    """Puts names in the places of others."""

    def __init__(self, names: Mapping[ast.AST, ast.Name]) -> None:
        self._names = names

    def visit(self, node: ast.AST) -> ast.AST:
        return self._names.get(node) or self.generic_visit(node)
