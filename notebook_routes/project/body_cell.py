"""A handler of a `route.py` as the cell that expands to it: `%%route GET /products/[id]`, and its body.

So is the function of a `middleware.py`. Not every function is what a cell expands to: expanding the cell tells.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError
from notebook_routes.routing import Directive, RoutePattern, parse_directive
from notebook_routes.runtime import expand_body
from notebook_routes.runtime.constants import same_constant
from notebook_routes.runtime.indent import WIDTH, lines_inside_strings
from notebook_routes.runtime.middleware_cell import GIVEN as MIDDLEWARE_GIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GIVEN = ("request", "context", "params", "query", "body")
_RETURN = "return "


def body_cell(
    source: str,
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    pattern: RoutePattern,
    constants: Mapping[str, object],
) -> str | None:
    """The text of a `%%route` cell that expands to a handler; None where no cell does.

    Args:
        source: the text of the module.
        function: the handler, which is part of it.
        pattern: its path.
        constants: the config that the cell's line is to state.
    """
    options = [option for name, value in constants.items() if (option := _option(name, value)) is not None]
    parameters = _parameters(function, pattern)
    if len(options) != len(constants) or parameters is None:
        return None
    line = " ".join([function.name, pattern.text, *parameters, *options])
    body = handler_body(source, function)
    try:
        directive = parse_directive(line)
        if body is None or not _states(directive, constants) or not _expands(body, directive, function):
            return None
    except DefinitionError:
        return None
    return f"%%route {line}\n{body}"


def middleware_cell(
    source: str, function: ast.FunctionDef | ast.AsyncFunctionDef, matchers: Sequence[str]
) -> str | None:
    """The text of a `%%middleware` cell that expands to a middleware; None where no cell does."""
    body = handler_body(source, function)
    if body is None or any(not matcher.startswith("/") or " " in matcher for matcher in matchers):
        return None
    directive = Directive(None, RoutePattern.parse("/"))
    try:
        expansion = expand_body(body, directive, name=function.name, given=MIDDLEWARE_GIVEN)
    except DefinitionError:
        return None
    if ast.dump(ast.parse(expansion.source).body[-1]) != ast.dump(function):
        return None
    return f"%%middleware {' '.join(matchers)}".rstrip() + f"\n{body}"


def handler_body(source: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """The lines of a function's body as a cell has them: not indented, and without `return` before its last value."""
    first, last = function.body[0], function.body[-1]
    lines = source.split("\n")
    if first.lineno == function.lineno or not lines[first.lineno - 1][: first.col_offset].isspace():
        return None
    start = _line_after_head(function, lines)
    inside = lines_inside_strings(source)
    body = []
    for number in range(start, (last.end_lineno or last.lineno) + 1):
        line = lines[number - 1]
        if isinstance(last, ast.Return) and last.value is not None and number == last.lineno:
            before, mark, after = line.partition(_RETURN)
            if before.strip() or not mark:
                return None
            line = before + after
        if number not in inside and line.strip():
            if line[:WIDTH].strip():
                return None
            line = line[WIDTH:]
        body.append(line)
    return "\n".join(body) + "\n"


def _line_after_head(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """The line after `def ...:`, where comments of the body may stand."""
    number = function.body[0].lineno
    while number > function.lineno + 1 and (
        not lines[number - 2].strip() or lines[number - 2].lstrip().startswith("#")
    ):
        number -= 1
    while not lines[number - 1].strip():
        number += 1
    return number


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef, pattern: RoutePattern) -> list[str] | None:
    """The parameters as a line states them; None where it cannot."""
    arguments = function.args
    if function.decorator_list or function.returns or arguments.posonlyargs or arguments.kwonlyargs:
        return None
    if arguments.vararg or arguments.kwarg:
        return None
    defaults: list[ast.expr | None] = [None] * (len(arguments.args) - len(arguments.defaults))
    stated = []
    for argument, default in zip(arguments.args, [*defaults, *arguments.defaults], strict=True):
        if argument.annotation is not None:
            text = f"{argument.arg}:{ast.unparse(argument.annotation)}"
            stated.append(text if default is None else f"{text}={ast.unparse(default)}")
        elif default is not None or argument.arg not in (*pattern.identifier_names, *_GIVEN):
            return None
    return stated


def _option(name: str, value: object) -> str | None:
    """A constant as an option of the line; None where there is none."""
    match name, value:
        case ("revalidate", False):
            return "--revalidate false"
        case ("revalidate", int()) | ("max_duration", int() | float()) | ("dynamic" | "runtime", str()):
            return f"--{name.replace('_', '-')} {value}"
        case ("tags", list() | tuple()):
            return " ".join(f"--tag {_word(tag)}" for tag in value) or None
        case ("cors", dict()) if list(value) == ["origins"]:
            return " ".join(f"--cors {origin}" for origin in value["origins"]) or None
        case _:
            return None


def _word(text: object) -> str:
    return f'"{text}"' if " " in str(text) else str(text)


def _states(directive: Directive, constants: Mapping[str, object]) -> bool:
    return directive.options.keys() == constants.keys() and all(
        same_constant(value, constants[name]) for name, value in directive.options.items()
    )


def _expands(body: str, directive: Directive, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    expanded = ast.parse(expand_body(body, directive).source).body[-1]
    return ast.dump(expanded) == ast.dump(function)
