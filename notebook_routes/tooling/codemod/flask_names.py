"""The parts of Flask's responses by the names that they have here."""

# ruff: noqa: D102 - the methods are LibCST's, one for each kind of node

from __future__ import annotations

import libcst as cst

from notebook_routes.tooling.codemod.nodes import dotted


class ResponseNames(cst.CSTTransformer):
    """The parts of a response as `Response` has them."""

    def __init__(self, response: str) -> None:
        super().__init__()
        self._response = response

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        is_status = original_node.attr.value == "status_code" and dotted(original_node.value) == self._response
        return updated_node.with_changes(attr=cst.Name("status")) if is_status else updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if dotted(original_node.func) == f"{self._response}.headers.add":
            return updated_node.with_changes(func=cst.parse_expression(f"{self._response}.headers.append"))
        return updated_node
