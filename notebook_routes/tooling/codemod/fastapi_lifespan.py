"""The lifespan of an app: what it does before its `yield` as a function that a module calls."""

from __future__ import annotations

import libcst as cst

from notebook_routes.tooling.codemod.nodes import body_of, names_in, only_small


def starting(function: cst.FunctionDef) -> tuple[cst.FunctionDef | None, bool]:
    """The part of a lifespan that is for the start, and whether there is one for the end.

    The former is None where it waits, asks for the app, or yields anywhere but on a line of its own.
    """
    body = body_of(function.body)
    places = [place for place, each in enumerate(body) if _is_bare_yield(only_small(each))]
    given = {each.name.value for each in function.params.params}
    if len(places) != 1 or any(map(_waits, body[: places[0]])) or given & names_in(body):
        return None, False
    before = body[: places[0]]
    if not before:
        before = [cst.parse_statement("pass")]
    made = function.with_changes(
        decorators=[],
        params=cst.Parameters(),
        returns=None,
        asynchronous=None,
        body=cst.IndentedBlock(before),
    )
    return made, len(body) > places[0] + 1


def _is_bare_yield(node: cst.CSTNode | None) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.Yield) and node.value.value is None


def _waits(node: cst.CSTNode) -> bool:
    found = _Waits()
    node.visit(found)
    return found.found


class _Waits(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found = False

    def visit_Await(self, node: cst.Await) -> None:  # noqa: ARG002 - LibCST's signature
        self.found = True

    def visit_Asynchronous(self, node: cst.Asynchronous) -> None:  # noqa: ARG002
        self.found = True

    def visit_Yield(self, node: cst.Yield) -> None:  # noqa: ARG002
        self.found = True
