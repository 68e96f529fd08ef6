"""A function of another framework as one of a Route Handler's: what all frameworks have in common there."""

# ruff: noqa: D102 - the methods are LibCST's, one for each kind of node

from __future__ import annotations

import libcst as cst

from notebook_routes.tooling.codemod.nodes import code, dotted, expression

_COOKIE = {"httponly": "http_only", "samesite": "same_site", "key": "name"}


class AnswerRewrite(cst.CSTTransformer):
    """Rewrites one function; knows how deep in functions it is, and which names are bound to responses.

    Args:
        responses: what makes a response when it is called.

    Attributes:
        needs: names that the function has to be given.
        public: names of `notebook_routes` that it uses.
        support: names of the functions written beside it that it uses.
    """

    def __init__(self, responses: tuple[str, ...]) -> None:
        super().__init__()
        self._makes = responses
        self._depth = 0
        self._responses: set[str] = set()
        self.needs: set[str] = set()
        self.public: set[str] = set()
        self.support: set[str] = set()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: ARG002 - LibCST's signature
        self._depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: ARG002
        self._depth -= 1
        return updated_node

    def visit_Assign(self, node: cst.Assign) -> None:
        if isinstance(node.value, cst.Call) and dotted(node.value.func) in self._makes:
            self._responses |= {each.target.value for each in node.targets if isinstance(each.target, cst.Name)}

    def _cookie(self, response: str, method: str, call: cst.Call) -> cst.BaseExpression:
        """`response.set_cookie(...)` or `delete_cookie`, with the names that the options have here."""
        given = []
        for each in call.args:
            keyword = f"{_COOKIE.get(each.keyword.value, each.keyword.value)}=" if each.keyword is not None else ""
            given.append(f"{each.star}{keyword}{code(each.value)}")
        return expression(f"{response}.cookies.{'set' if method == 'set_cookie' else 'delete'}({', '.join(given)})")
