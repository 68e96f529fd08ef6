"""What a cell of the kernel gateway prints, as what it returns; with what its ResponseInfo cell says.

    print(json.dumps(lamp))            return Response.json(lamp, status=201)
    # ResponseInfo POST /lamps
    print(json.dumps({"status": 201, "headers": {"Content-Type": "application/json"}}))

A single `print` at the end is the answer. Prints at the end of branches are kept in a variable until the end, and where
there may be several on one way, or in a loop, they go into a text that is given back as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.api_values import header_pairs, kind_of, written_headers
from notebook_routes.tooling.codemod.blocks import blocks_of, with_blocks
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    as_statement,
    behind_docstring,
    block,
    body_of,
    code,
    constant,
    dotted,
    expression,
    names_in,
    only,
    only_small,
    positional,
    statement,
    target_of,
    text_of,
    with_small,
    with_todo,
)
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_VALUE = "the kernel gateway sent a dict of the ways to show this value, and the value itself is sent now"


@dataclass
class ResponseInfo:
    """What a ResponseInfo cell says.

    Attributes:
        statements: what it does before it says it.
        status: the status, as text; None for 200.
        headers: names and values, as texts.
    """

    statements: list[Statement] = field(default_factory=list)
    status: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, statements: Sequence[Statement]) -> ResponseInfo:
        """Read the statements of such a cell.

        Raises:
            NotUnderstood: it prints something else than `json.dumps({...})` at its end.
        """
        *before, last = statements or [statement("pass")]
        said = printed(last)
        dumped = said[0] if said is not None and len(said) == 1 else None
        value = _dumped(dumped) if dumped is not None else None
        if not isinstance(value, cst.Dict) or any(map(_prints, before)):
            raise NotUnderstood("its ResponseInfo cell does not end with print(json.dumps({...}))")
        info = cls(list(before))
        for element in value.elements:
            key = text_of(element.key) if isinstance(element, cst.DictElement) else None
            if key == "status":
                info.status = code(element.value)
            elif key == "headers" and isinstance(element.value, cst.Dict):
                for header in element.value.elements:
                    if not isinstance(header, cst.DictElement):
                        raise NotUnderstood("the headers of its ResponseInfo cell are no plain dict")
                    info.headers += [pair[:2] for pair in header_pairs(header.key, header.value)]
            else:
                raise NotUnderstood(f"its ResponseInfo cell says {code(element).strip()}")
        return info

    @property
    def is_json(self) -> bool:
        """Whether it says that the answer is JSON, and nothing else about its type."""
        types = [constant(expression(value)) for name, value in self.headers if _is_type(name)]
        return types == ["application/json"]

    def options(self, *, leave_type: bool = False) -> str:
        """What it says as further arguments of `Response`."""
        options = [f"status={self.status}"] if self.status not in (None, "200") else []
        headers = [pair for pair in self.headers if not (leave_type and _is_type(pair[0]))]
        if headers:
            options.append(f"headers={written_headers(headers)}")
        return "".join(f", {option}" for option in options)


class Answer:
    """Rewrites the statements of a cell, or of a function, so that they give back what they print.

    Args:
        printers: functions of the notebook that printed, and give back a text now.
    """

    def __init__(self, printers: Collection[str] = ()) -> None:
        self._printers = printers

    def cell(self, statements: Sequence[Statement], info: ResponseInfo | None) -> list[Statement]:
        """The statements of a `%%route` cell.

        Args:
            statements: of all cells of one path and method.
            info: what the ResponseInfo cell says, None where there is none.
        """
        statements = [as_statement(each.visit(_Printed(self._printers))) for each in statements]
        if not any(map(_prints, statements)):
            return _silent(statements, info)
        last = printed(statements[-1])
        if last is not None and len(last) == 1 and not any(map(_prints, statements[:-1])):
            return [*statements[:-1], *self._ended(statements[-1], last[0], info)]
        text, kept = self._gathered(statements)
        return [*kept, *_returned(text, info)]

    def function(self, function: cst.FunctionDef) -> cst.FunctionDef | None:
        """A function that gives back what it printed; None where it gives back something else already."""
        statements = [as_statement(each.visit(_Printed(self._printers))) for each in body_of(function.body)]
        returns = _Returns()
        function.body.visit(returns)
        if returns.found or not any(map(_prints, statements)):
            return None
        text, kept = self._gathered(statements)
        small = target_of(kept[-1])
        if small is not None and small[0] == text:
            line = statement(f"return {code(small[1])}")
            return function.with_changes(body=block([*kept[:-1], with_small(kept[-1], only(line))], function.body))
        return function.with_changes(body=block([*kept, statement(f"return {text}")], function.body))

    def _gathered(self, statements: Sequence[Statement]) -> tuple[str, list[Statement]]:
        """Where the text is in the end, and the statements that put it there."""
        if _is_once(statements):
            kept = [self._kept(each) for each in statements]
            is_sure = any(printed(each) is not None for each in statements)
            return "text", kept if is_sure else behind_docstring(kept, [statement('text = ""')])
        writing = _Writing()
        kept = [as_statement(each.visit(writing)) for each in statements]
        begun = [statement("from io import StringIO\n"), statement("out = StringIO()")]
        return "out.getvalue()", behind_docstring(kept, begun)

    def _ended(self, node: Statement, value: cst.BaseExpression, info: ResponseInfo | None) -> list[Statement]:
        """The one print at the end as the answer."""
        if info is None:
            return [with_small(node, cst.Expr(expression(self._text(value))))]
        dumped = _dumped(value)
        if dumped is not None and info.is_json:
            answer = f"Response.json({code(dumped)}{info.options(leave_type=True)})"
        elif info.status is not None and not info.status.isdigit():
            answer = f"Response({self._text(value)} or None{info.options()})"
        else:
            answer = f"Response({self._text(value)}{info.options()})"
        return [*info.statements, with_small(node, cst.Expr(expression(answer)))]

    def _kept(self, node: Statement) -> Statement:
        """A statement whose prints are kept in `text`."""
        said = printed(node)
        if said is not None:
            return with_small(node, only(statement(f"text = {self._text(said[0])}")))
        if isinstance(node, cst.SimpleStatementLine):
            return node
        kept: Statement = with_blocks(node, lambda inner: [self._kept(each) for each in inner])
        return kept

    def _text(self, value: cst.BaseExpression) -> str:
        """A value as the text that it is printed as."""
        is_own = isinstance(value, cst.Call) and dotted(value.func) in self._printers
        return code(value) if is_own or kind_of(value) == "text" else f"str({code(value)})"


def printed(node: cst.CSTNode) -> list[cst.BaseExpression] | None:
    """What a line prints to the client, if it is a `print(...)`; none where it says how, `end=""`."""
    small = only_small(node)
    call = small.value if isinstance(small, cst.Expr) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Name) or call.func.value != "print":
        return None
    if any(each.keyword is not None and each.keyword.value == "file" for each in call.args):
        return None
    given = positional(call)
    return [] if given is None else given


def _silent(statements: Sequence[Statement], info: ResponseInfo | None) -> list[Statement]:
    """Of a cell that prints nothing: the value of its last line, or nothing."""
    small = only_small(statements[-1]) if statements else None
    if info is not None:
        return [*statements, *_returned("None", info)]
    if not isinstance(small, cst.Expr):
        return [*statements, statement('return ""')]
    return [*statements[:-1], with_todo(statements[-1], _VALUE)]


def _returned(text: str, info: ResponseInfo | None) -> list[Statement]:
    if info is None:
        return [statement(f"return {text}")]
    may_be_bodiless = info.status is not None and text != "None"
    return [
        *info.statements,
        statement(f"return Response({text}{' or None' if may_be_bodiless else ''}{info.options()})"),
    ]


def _is_once(statements: Sequence[Statement]) -> bool:
    """Whether no way through these statements prints twice, nor anything that is more than one value."""
    if "text" in names_in(statements):
        return False
    return _most(statements) == 1


def _most(statements: Sequence[Statement]) -> int:
    """How many prints there are at most on a way through; 2 for many."""
    total = 0
    for each in statements:
        said = printed(each)
        if said is not None:
            total += 1 if len(said) == 1 else 2
        elif isinstance(each, (cst.For, cst.While, cst.FunctionDef, cst.ClassDef)):
            total += 2 if _prints(each) else 0
        elif isinstance(each, cst.Try):
            total += sum(_most(inner) for inner in blocks_of(each))
        else:
            total += max([_most(inner) for inner in blocks_of(each)], default=0)
            if isinstance(each, cst.SimpleStatementLine) and _prints(each):
                total += 2
    return total


def _prints(node: cst.CSTNode) -> bool:
    found = _Prints()
    node.visit(found)
    return found.found


class _Prints(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found = False

    def visit_Call(self, node: cst.Call) -> None:
        is_file = any(each.keyword is not None and each.keyword.value == "file" for each in node.args)
        if isinstance(node.func, cst.Name) and node.func.value == "print" and not is_file:
            self.found = True


class _Printed(cst.CSTTransformer):
    """Calls of functions that printed, printed here."""

    def __init__(self, printers: Collection[str]) -> None:
        super().__init__()
        self._printers = printers

    def leave_Expr(self, original_node: cst.Expr, updated_node: cst.Expr) -> cst.Expr:
        value = original_node.value
        if isinstance(value, cst.Call) and dotted(value.func) in self._printers:
            return updated_node.with_changes(value=expression(f"print({code(updated_node.value)})"))
        return updated_node


class _Returns(cst.CSTVisitor):
    """Whether a function gives something back, or is one that waits or yields."""

    def __init__(self) -> None:
        self.found = False

    def visit_Return(self, node: cst.Return) -> None:  # noqa: ARG002 - LibCST's signature
        self.found = True

    def visit_Yield(self, node: cst.Yield) -> None:  # noqa: ARG002 - LibCST's signature
        self.found = True

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: ARG002 - the same
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:  # noqa: ARG002 - the same
        return False


class _Writing(cst.CSTTransformer):
    """Prints into `out`."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not _prints(original_node) or not isinstance(original_node.func, cst.Name):
            return updated_node
        if original_node.func.value != "print":
            return updated_node
        *before, last = [code(each).rstrip().rstrip(",") for each in updated_node.args] or [""]
        given = ", ".join([each for each in (*before, last) if each] + ["file=out"])
        return expression(f"print({given})")


def _dumped(value: cst.BaseExpression) -> cst.BaseExpression | None:
    """What `json.dumps(...)` writes; None for anything else."""
    if isinstance(value, cst.Call) and dotted(value.func) in ("json.dumps", "dumps") and len(value.args) == 1:
        return value.args[0].value
    return None


def _is_type(name: str) -> bool:
    return name.strip("'\"").lower() == "content-type"
