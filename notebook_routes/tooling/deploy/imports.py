"""The imports of a Python file, and under which circumstances each is run."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAILED_IMPORTS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True)
class Import:
    """One module that a file imports.

    Attributes:
        module: its whole name, "shop.prices"; that of a relative import is worked out.
        names: what is taken from it, of which any may be a module too; empty for `import module`.
        line: where.
        at_call: whether it stands in a function, and is run when that is called.
        may_fail: whether the file knows what to do without, or imports it on a condition only.
    """

    module: str
    names: tuple[str, ...] = ()
    line: int = 0
    at_call: bool = False
    may_fail: bool = False


def imports_of(tree: ast.Module, *, package: str = "") -> Iterator[Import]:
    """List the imports of a file, but for those that only type checkers see.

    Args:
        tree: the file.
        package: the package that it is in, from which relative imports count.
    """
    yield from _in_body(tree.body, package, Import(""))


def _in_body(nodes: list[ast.stmt], package: str, where: Import) -> Iterator[Import]:
    for node in nodes:
        yield from _in_statement(node, package, where)


def _in_statement(node: ast.stmt, package: str, where: Import) -> Iterator[Import]:
    match node:
        case ast.Import():
            yield from (replace(where, module=alias.name, line=node.lineno) for alias in node.names)
        case ast.ImportFrom():
            names = tuple(alias.name for alias in node.names if alias.name != "*")
            yield replace(where, module=_absolute(node, package), names=names, line=node.lineno)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _in_body(node.body, package, replace(where, at_call=True))
        case ast.If():
            if not _is_for_type_checkers(node.test):
                yield from _in_body(node.body, package, replace(where, may_fail=True))
            yield from _in_body(node.orelse, package, replace(where, may_fail=True))
        case ast.Try() | ast.TryStar():
            may_fail = where.may_fail or any(map(_catches_imports, node.handlers))
            yield from _in_body(node.body, package, replace(where, may_fail=may_fail))
            for handler in node.handlers:
                yield from _in_body(handler.body, package, replace(where, may_fail=True))
            yield from _in_body([*node.orelse, *node.finalbody], package, where)
        case ast.With() | ast.AsyncWith():
            may_fail = where.may_fail or any(_suppresses(item.context_expr) for item in node.items)
            yield from _in_body(node.body, package, replace(where, may_fail=may_fail))
        case ast.Match():
            for each in node.cases:
                yield from _in_body(each.body, package, replace(where, may_fail=True))
        case ast.ClassDef() | ast.For() | ast.AsyncFor() | ast.While():
            yield from _in_body(node.body, package, where)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    words = package.split(".")
    above = words[: len(words) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)


def _is_for_type_checkers(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or _last_word(each) in _FAILED_IMPORTS for each in caught)


def _suppresses(context: ast.expr) -> bool:
    return (
        isinstance(context, ast.Call)
        and _last_word(context.func) == "suppress"
        and any(_last_word(each) in _FAILED_IMPORTS for each in context.args)
    )


def _last_word(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
