"""The blocks of statements in a compound statement, and a compound statement with other blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from notebook_routes.tooling.codemod.nodes import Statement, block, body_of

if TYPE_CHECKING:
    from collections.abc import Callable


def blocks_of(node: Statement) -> list[list[Statement]]:
    """The blocks of statements in a compound one, without those of functions and classes."""
    if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.SimpleStatementLine)):
        return []
    found: list[list[Statement]] = []
    suite = getattr(node, "body", None)
    if isinstance(suite, cst.BaseSuite):
        found.append(body_of(suite))
    found += [body_of(part.body) for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ()))]
    orelse = getattr(node, "orelse", None)
    if isinstance(orelse, cst.If):
        found += blocks_of(orelse)
    elif orelse is not None:
        found.append(body_of(orelse.body))
    final = getattr(node, "finalbody", None)
    if final is not None:
        found.append(body_of(final.body))
    return found


def with_blocks(node: Any, change: Callable[[list[Statement]], list[Statement]]) -> Any:
    """A compound statement with its blocks rewritten."""
    if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
        return node
    changes: dict[str, Any] = {}
    suite = getattr(node, "body", None)
    if isinstance(suite, cst.BaseSuite):
        changes["body"] = block(change(body_of(suite)), suite)
    for name in ("handlers", "cases"):
        parts = getattr(node, name, None)
        if parts:
            changes[name] = [part.with_changes(body=block(change(body_of(part.body)), part.body)) for part in parts]
    orelse = getattr(node, "orelse", None)
    if isinstance(orelse, cst.If):
        changes["orelse"] = with_blocks(orelse, change)
    elif orelse is not None:
        changes["orelse"] = orelse.with_changes(body=block(change(body_of(orelse.body)), orelse.body))
    final = getattr(node, "finalbody", None)
    if final is not None:
        changes["finalbody"] = final.with_changes(body=block(change(body_of(final.body)), final.body))
    return node.with_changes(**changes)
