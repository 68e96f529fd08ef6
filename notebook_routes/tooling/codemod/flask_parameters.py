"""What functions of a Flask program are given of the request: further parameters, and calls that hand them on."""

# ruff: noqa: D102 - the methods are LibCST's, one for each kind of node

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import body_of, code

if TYPE_CHECKING:
    from collections.abc import Sequence

_EQUAL = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def with_parameters(function: cst.FunctionDef, names: Sequence[str]) -> cst.FunctionDef:
    """A function with these parameters in place of its own."""
    made = cst.parse_statement(f"def f({', '.join(names)}): pass")
    assert isinstance(made, cst.FunctionDef)
    return function.with_changes(params=made.params)


def with_more(function: cst.FunctionDef, names: Sequence[str]) -> cst.FunctionDef:
    """A function with further parameters, given by name."""
    more = [cst.Param(cst.Name(name)) for name in names if name not in {p.name.value for p in function.params.params}]
    if not more:
        return function
    params = function.params
    star = cst.ParamStar() if isinstance(params.star_arg, cst.MaybeSentinel) else params.star_arg
    return function.with_changes(
        params=params.with_changes(star_arg=star, kwonly_params=[*params.kwonly_params, *more])
    )


def with_first(function: cst.FunctionDef, names: Sequence[str]) -> cst.FunctionDef:
    """A wrapper that takes some arguments by name before the others."""
    more = [cst.Param(cst.Name(name)) for name in names]
    params = function.params
    return function.with_changes(params=params.with_changes(kwonly_params=[*more, *params.kwonly_params]))


def wrapper_of(function: cst.FunctionDef) -> cst.FunctionDef | None:
    """The innermost function of a decorator, which takes whatever a view takes."""
    for each in body_of(function.body):
        if isinstance(each, cst.FunctionDef):
            return wrapper_of(each) or (each if each.params.star_kwarg is not None else None)
    return None


def with_wraps(wrapper: cst.FunctionDef, around: cst.FunctionDef) -> cst.FunctionDef:
    """A wrapper that says whom it wraps, so that the parameters of the view are known; `around` holds it."""
    view = around.params.params[0].name.value if around.params.params else ""
    said = [code(each.decorator) for each in wrapper.decorators]
    if not view or any("wraps(" in text for text in said):
        return wrapper
    made = cst.Decorator(cst.parse_expression(f"functools.wraps({view})"))
    return wrapper.with_changes(decorators=[made, *wrapper.decorators])


def holder_of(wrapper: cst.FunctionDef, function: cst.FunctionDef) -> cst.FunctionDef:
    """The function that a wrapper is defined in."""
    for each in body_of(function.body):
        if isinstance(each, cst.FunctionDef) and each is not wrapper:
            return holder_of(wrapper, each)
    return function


class HandedOn(cst.CSTTransformer):
    """Calls that hand on all arguments hand on these too."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._given = [cst.Arg(cst.Name(name), keyword=cst.Name(name), equal=_EQUAL) for name in names]

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: ARG002
        if not any(each.star == "**" for each in updated_node.args):
            return updated_node
        *before, last = updated_node.args
        return updated_node.with_changes(args=[*before, *self._given, last])


class Exchanged(cst.CSTTransformer):
    """One function in place of another."""

    def __init__(self, old: cst.FunctionDef, new: cst.FunctionDef) -> None:
        super().__init__()
        self._old = old
        self._new = new

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        return self._new if original_node is self._old else updated_node
