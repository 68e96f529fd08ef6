"""Writing some names of a module differently, in its text: `products` as `_shared.products`.

Only the names themselves change, at their places, so that comments and formatting survive. The result is read again and
compared with the syntax tree that is meant; a text that cannot be changed in this way is refused.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.errors import DefinitionError
from notebook_routes.project.global_names import Does, find_global_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_routes.project.global_names import GlobalNames


#: What stands where a block would be empty.
_NOTHING = "pass"


class _Edit(NamedTuple):
    """Bytes of a line to be replaced; `last` is where the edit ends, if on another line."""

    line: int
    start: int
    last: int
    end: int
    text: str


def rename(source: str, names: Mapping[str, str], *, where: str) -> str:
    """Write names that are the module's differently.

    Args:
        source: a module's text.
        names: for each name the new one: an identifier, or an expression such as `_shared.counter`. Then `global`
            statements for it are taken out, since an attribute needs none.
        where: names the text in messages.

    Raises:
        DefinitionError: a place cannot be written so: `global f` with `def f`, or `f"{x=}"`, which prints the name.
    """
    tree = ast.parse(source)
    found = find_global_names(tree.body)
    if not any(use.name in names for use in found.uses):
        return source
    edits = _name_edits(found, names, source, where)
    _refuse_walrus(tree, edits, where)
    passes: set[int] = set()
    for declaration in found.declarations:
        if not names.keys().isdisjoint(declaration.names):
            edits[id(declaration)] = edit = _global_edit(declaration, names, tree, source)
            if edit.text == _NOTHING:
                passes.add(id(declaration))
    text = _applied(source, list(edits.values()))
    meant = _Renamer(names, frozenset(edits), passes).visit(tree)
    try:
        is_same = ast.dump(ast.parse(text)) == ast.dump(meant)
    except SyntaxError:
        is_same = False
    if not is_same:
        changed = ", ".join(sorted({use.name for use in found.uses} & names.keys()))
        raise DefinitionError(
            f"{where}: {changed} cannot be written as part of a module here: "
            'write f"x = {x}" instead of f"{x=}", and names alone inside of f-strings'
        )
    return text


def rename_expression(source: str, names: Mapping[str, str], *, where: str) -> str:
    """The same for one expression.

    Raises:
        DefinitionError: as `rename`.
    """
    return rename(f"({source}\n)\n", names, where=where).rstrip("\n")[1:-1].rstrip("\n")


def quoted(node: ast.Constant, source: str) -> str | None:
    """The text of a quoted annotation, where its quotes hold just that; None where they do not."""
    written = ast.get_source_segment(source, node) or ""
    is_plain = written[1:-1] == node.value and written[:1] == written[-1:] and written[:1] in ("'", '"')
    return written[1:-1] if is_plain and "\n" not in written else None


def _name_edits(found: GlobalNames, names: Mapping[str, str], source: str, where: str) -> dict[int, _Edit]:
    edits: dict[int, _Edit] = {}
    lines = source.split("\n")
    for use in found.of(Does.LOAD, Does.STORE, Does.DELETE):
        if use.name not in names:
            continue
        node, new = use.node, names[use.name]
        if isinstance(node, ast.Name):
            edits[id(node)] = _Edit(
                node.lineno, node.col_offset, node.lineno, node.col_offset + len(use.name.encode()), new
            )
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and new.isidentifier():
            start = lines[node.lineno - 1].encode().index(use.name.encode(), node.col_offset + len("def"))
            edits[id(node)] = _Edit(node.lineno, start, node.lineno, start + len(use.name.encode()), new)
        elif isinstance(node, ast.Constant):
            if quoted(node, source) is None:
                raise DefinitionError(
                    f"{where}: {use.name} is shared by several files, and a quoted annotation of several parts or "
                    f"lines cannot name it there: write {node.value!s} without quotes"
                )
            start = node.col_offset + 1
            text = rename_expression(str(node.value), names, where=where)
            edits[id(node)] = _Edit(node.lineno, start, node.lineno, start + len(str(node.value).encode()), text)
        else:
            line = getattr(node, "lineno", 1)
            raise DefinitionError(
                f'{where}: {use.name} is shared by several files, and "{lines[line - 1].strip()}" cannot bind '
                f"it there: bind another name, then assign it on a line of its own: {use.name} = ..."
            )
    return edits


def _refuse_walrus(tree: ast.Module, edits: Mapping[int, _Edit], where: str) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.NamedExpr) and id(node.target) in edits:
            raise DefinitionError(
                f'{where}: ":=" cannot bind {node.target.id}, which is shared by several files: '
                f"write {node.target.id} = ... on a line of its own"
            )


def _global_edit(node: ast.Global, names: Mapping[str, str], tree: ast.Module, source: str) -> _Edit:
    """What becomes of a `global` statement: less of it, nothing, or `pass` where something has to stand."""
    last = node.end_lineno or node.lineno
    end = node.end_col_offset or 0
    text = _kept_globals(node, names)
    if text is not None:
        return _Edit(node.lineno, node.col_offset, last, end, text)
    lines = source.split("\n")
    before = lines[node.lineno - 1].encode()[: node.col_offset]
    after = lines[last - 1].encode()[end:].strip()
    if _is_alone(node, tree) or before.strip() or (after and not after.startswith(b"#")):
        return _Edit(node.lineno, node.col_offset, last, end, _NOTHING)
    if last < len(lines):
        return _Edit(node.lineno, 0, last + 1, 0, "")
    return _Edit(node.lineno, 0, last, len(lines[last - 1].encode()), "")


def _kept_globals(node: ast.Global, names: Mapping[str, str]) -> str | None:
    """What a `global` statement says of the names that stay; None where none do."""
    kept = [names.get(name, name) for name in node.names if names.get(name, name).isidentifier()]
    return f"global {', '.join(kept)}" if kept else None


def _is_alone(node: ast.stmt, tree: ast.Module) -> bool:
    """Whether it is the only statement of its block."""
    for parent in ast.walk(tree):
        for block in ("body", "orelse", "finalbody"):
            statements = getattr(parent, block, None)
            if isinstance(statements, list) and node in statements:
                return all(isinstance(statement, ast.Global) for statement in statements)
    return False


class _Renamer(ast.NodeTransformer):
    """Does to the tree what the edits do to the text."""

    def __init__(self, names: Mapping[str, str], edited: frozenset[int], passes: set[int]) -> None:
        self._names = names
        self._edited = edited
        self._passes = passes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if id(node) not in self._edited:
            return node
        new = ast.parse(self._names[node.id], mode="eval").body
        if isinstance(new, (ast.Attribute, ast.Name)):
            new.ctx = node.ctx
        return new

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if id(node) not in self._edited:
            return node
        return ast.Constant(rename_expression(str(node.value), self._names, where=""))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._named(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._named(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._named(node)

    def _named(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.AST:
        if id(node) in self._edited:
            node.name = self._names[node.name]
        return self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> ast.stmt | None:
        if id(node) not in self._edited:
            return node
        text = _kept_globals(node, self._names)
        if text is None:
            return ast.Pass() if id(node) in self._passes else None
        return ast.parse(text).body[0]


def _applied(source: str, edits: Sequence[_Edit]) -> str:
    lines = [line.encode() for line in source.split("\n")]
    for edit in sorted(edits, reverse=True):
        first, last = lines[edit.line - 1], lines[edit.last - 1]
        lines[edit.line - 1 : edit.last] = [first[: edit.start] + edit.text.encode() + last[edit.end :]]
    return b"\n".join(lines).decode()
