"""The `??` lines of a `%%request` cell: read before anything is sent, checked against the response.

An expectation is one Python expression. It is taken apart where it can fail (`and`, `or`, `not`, comparisons)
so that a failure shows the values that were compared. Operands are evaluated at most once, in Python's order.
"""

from __future__ import annotations

import ast
import operator
import reprlib
import warnings
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from notebook_routes.errors import CellError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMPARISONS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], object]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Is: ("is", operator.is_),
    ast.IsNot: ("is not", operator.is_not),
    ast.In: ("in", lambda item, container: item in container),
    ast.NotIn: ("not in", lambda item, container: item not in container),
}

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 100
_SHORT.maxdict = _SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = 8
_LONGEST_REPR = 300


@dataclass(frozen=True, slots=True)
class Expectation:
    """One `??` line.

    Attributes:
        text: the Python expression, without the question marks.
        line: the 1-based line in the cell; two expectations are equal wherever they stand.
    """

    text: str
    line: int = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an expectation.

    Attributes:
        ok: whether it held.
        text: the expression.
        line: its line in the cell.
        detail: why it did not hold, with the values that were compared; empty if it held.
    """

    ok: bool
    text: str
    line: int
    detail: str = ""


def parse_expectation(text: str, *, line: int) -> Expectation:
    """Read what follows `??`.

    Raises:
        CellError: it is empty, it is not a Python expression, or it compares a literal with `is`.
    """
    source = text.strip()
    shown = f"?? {source}".strip()
    if not source:
        raise CellError("`??` needs a Python expression behind it: write `?? status == 200`", line=line, text=shown)
    try:
        tree = parse_expression(source)
    except SyntaxError as error:
        raise CellError(
            f"`{source}` is not a Python expression ({error.msg}): write something that is true or false, "
            "as in `?? status == 200`",
            line=line,
            text=shown,
        ) from error
    if any(isinstance(node, ast.Compare) and _is_with_literal(node) for node in ast.walk(tree)):
        raise CellError(
            f"`{source}` compares identity, which says nothing about numbers and strings: "
            "write == or !=, as in `?? status == 200`",
            line=line,
            text=shown,
        )
    return Expectation(source, line)


def check_expectation(expectation: Expectation, scope: Mapping[str, object]) -> Outcome:
    """Evaluate an expectation; whatever its code raises is a failed outcome, not an exception.

    Args:
        expectation: the line to check.
        scope: the names the expression sees, above Python's builtins. It is asked for a name only when the
            expression reaches it (in comprehensions and lambdas too), so it may compute values on access.
    """
    try:
        reading = _Reading(expectation.text, scope)
        value, reason = reading.read(reading.root)
        detail = "" if value else reason()
    except Exception as error:  # noqa: BLE001 - the user's expression may raise anything; it must not end the run
        message = _cut(str(error))
        detail = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return Outcome(ok=not detail, text=expectation.text, line=expectation.line, detail=detail)


def parse_expression(source: str) -> ast.Expression:
    """Parse one Python expression that can be compiled as it stands (no `await`, no `yield`).

    Raises:
        SyntaxError: it is not such an expression, for whatever reason Python has.
    """
    try:
        with _quiet():
            tree = ast.parse(source, mode="eval")
            compile(tree, "<??>", "eval")
    except (ValueError, RecursionError, MemoryError) as error:
        # Null bytes, lone surrogates and absurd nesting have exceptions of their own.
        raise SyntaxError(str(error) or "too deeply nested") from error
    return tree


class _Names(dict[str, object]):
    """A scope as the globals of `eval`.

    `eval` takes any mapping as locals, but code in comprehensions and lambdas looks into the globals only,
    which must be a dict. CPython honours `__missing__` of a subclass there, then asks the builtins.
    """

    def __init__(self, scope: Mapping[str, object]) -> None:
        super().__init__()
        self._scope = scope

    def __missing__(self, name: str) -> object:
        return self._scope[name]


_Pair: TypeAlias = tuple[object, str, object]
#: A value, and a sentence about it that is made only if it is needed.
_Read: TypeAlias = "tuple[object, Callable[[], str]]"


class _Reading:
    """One evaluation of an expression that remembers what it saw."""

    def __init__(self, source: str, scope: Mapping[str, object]) -> None:
        self.root = parse_expression(source).body
        self._source = source
        self._names = _Names(scope)

    def read(self, node: ast.expr) -> _Read:
        match node:
            case ast.BoolOp():
                return self._bool_op(node)
            case ast.UnaryOp(op=ast.Not()):
                value, reason = self.read(node.operand)
                return not value, reason
            case ast.Compare():
                return self._compare(node)
            case _:
                value = self._evaluate(node)
                return value, lambda: f"{self._text(node)} is {_short(value)}"

    def _bool_op(self, node: ast.BoolOp) -> _Read:
        decisive = isinstance(node.op, ast.Or)
        value: object = None
        reasons: list[Callable[[], str]] = []
        for operand in node.values:
            value, reason = self.read(operand)
            if bool(value) is decisive:
                return value, reason
            reasons.append(reason)
        return value, lambda: " and ".join(reason() for reason in reasons)

    def _compare(self, node: ast.Compare) -> _Read:
        part = "" if node is self.root else f"{self._text(node)}: "
        left = self._evaluate(node.left)
        result: object = True
        pairs: list[_Pair] = []
        for comparison, comparator in zip(node.ops, node.comparators, strict=True):
            right = self._evaluate(comparator)
            symbol, compare = _COMPARISONS[type(comparison)]
            result = compare(left, right)
            if not result:
                return result, partial(_compared, part, [(left, symbol, right)], "false")
            pairs.append((left, symbol, right))
            left = right
        return result, partial(_compared, part, pairs, "true")

    def _evaluate(self, node: ast.expr) -> object:
        with _quiet():
            code = compile(ast.Expression(node), "<??>", "eval")
        return eval(code, self._names)  # noqa: S307 - the expression is the notebook's own code

    def _text(self, node: ast.expr) -> str:
        return ast.get_source_segment(self._source, node) or ast.unparse(node)


def _is_with_literal(node: ast.Compare) -> bool:
    """Whether Python would give its SyntaxWarning, as for `status is 200`."""
    sides = [node.left, *node.comparators]
    return any(
        isinstance(comparison, (ast.Is, ast.IsNot))
        and any(
            isinstance(side, ast.Constant)
            and isinstance(side.value, (int, float, complex, str, bytes))
            and not isinstance(side.value, bool)
            for side in pair
        )
        for comparison, pair in zip(node.ops, pairwise(sides), strict=True)
    )


def _quiet() -> warnings.catch_warnings[None]:
    r"""Silence the compiler: what it says about `"\d"` would go to stderr, which an output must not have."""
    return warnings.catch_warnings(action="ignore")


def _compared(part: str, pairs: list[_Pair], verdict: str) -> str:
    return part + " and ".join(f"{_short(left)} {symbol} {_short(right)} is {verdict}" for left, symbol, right in pairs)


def _short(value: object) -> str:
    try:
        return _cut(_SHORT.repr(value))
    except Exception:  # noqa: BLE001 - a broken __repr__ must not hide why the expectation failed
        return f"<{type(value).__name__}>"


def _cut(text: str) -> str:
    line = " ".join(text.split()) if "\n" in text else text
    return line if len(line) <= _LONGEST_REPR else f"{line[:_LONGEST_REPR]}..."
