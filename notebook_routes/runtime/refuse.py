"""What the body of a route may not be, and what to write instead.

Each function looks at one mistake that Python would find only when a request comes in, or never: a value that
falls on the floor, a counter that is local by accident. It returns when all is well and raises a `CellError`
with the line and the fix when not. What `compile` reports by itself is not repeated here.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from notebook_routes.runtime.body_names import Act

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from notebook_routes.runtime.body_names import BodyNames, Occurrence
    from notebook_routes.runtime.celltext import CellText

# Builtins that are called for what they return and for nothing else.
_PURE_BUILTINS = frozenset(
    [
        "abs",
        "all",
        "any",
        "bool",
        "bytes",
        "chr",
        "dict",
        "divmod",
        "enumerate",
        "filter",
        "float",
        "format",
        "frozenset",
        "hash",
        "hex",
        "int",
        "isinstance",
        "len",
        "list",
        "map",
        "max",
        "min",
        "oct",
        "ord",
        "pow",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "zip",
    ]
)
_RESPONSE_MAKERS = frozenset({"json", "redirect", "error"})
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def refuse_empty(cell: CellText, body: Sequence[ast.stmt], *, route: str) -> None:
    """A cell of comments, or of nothing, answers nothing."""
    if not body:
        raise cell.error(
            f'the cell has no code: write below the line what {route} answers, such as {{"ok": True}}', None
        )


def refuse_definition(cell: CellText, body: Sequence[ast.stmt], *, path: str, methods: Collection[str]) -> None:
    """`def GET(...)` below a line that already names a method: the function would never be called."""
    last = body[-1]
    if isinstance(last, _FUNCTION) and last.name in methods:
        raise cell.error(
            f"a line with a method takes the body alone; to define {last.name} yourself, leave the method "
            f"off the line: %%route {path}",
            last.lineno,
        )


def refuse_uncalled(cell: CellText, body: Sequence[ast.stmt], *, names: BodyNames, handler: str) -> None:
    """Any other function at the end, which nothing calls."""
    last = body[-1]
    # A decorator may keep it, and what is global is for others.
    if not isinstance(last, _FUNCTION) or last.decorator_list or last.name in names.declared_global:
        return
    used = (node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name))
    if last.name not in used:
        fix = f"call it on a last line, {last.name}(...)" if handler.isupper() else f"name it {handler}"
        raise cell.error(
            f"{last.name} is defined here and never called: the cell is the body of a function already, so write "
            f"its lines without the def, or {fix}",
            last.lineno,
        )


def refuse_declarations(cell: CellText, names: BodyNames, *, given: Collection[str]) -> None:
    """`global` of an argument, `nonlocal` with nothing around, and `import *` into a function."""
    for name, line in names.declared_global.items():
        if name in given:
            raise cell.error(
                f"{name} is given to this handler by notebook_routes and cannot be global: "
                'remove it from "global", or rename the notebook\'s',
                line,
            )
    for name, line in names.declared_nonlocal.items():
        raise cell.error(f'there is no function around this cell: write "global {name}"', line)
    for line in names.star_imports:
        raise cell.error("import the names you use, or run this import in a cell of its own", line)


def refuse_unassigned(
    cell: CellText, names: BodyNames, *, parameters: Collection[str], namespace: Mapping[str, object]
) -> None:
    """A name that is read before the body, which makes it its own, gives it a value: `counter += 1`."""
    for name in sorted(names.bound - frozenset(parameters)):
        occurrences = names.of(name)
        if not occurrences:
            continue
        first = occurrences[0]
        if name in names.annotated and not any(seen.act is Act.STORE for seen in occurrences):
            raise cell.error(
                f"{name} has a type here but never a value; what a client may set stands on the magic line: "
                f"{name}:type",
                names.annotated[name],
            )
        if _fails(first, occurrences, known=name in namespace or hasattr(builtins, name)):
            raise cell.error(_unassigned(first, in_notebook=name in namespace), first.line)


def refuse_stream_return(cell: CellText, names: BodyNames) -> None:
    """`return value` in a body that yields: nobody would receive the value."""
    if not names.yields:
        return
    for statement in names.returns:
        if statement.value is not None:
            raise cell.error(
                "a cell that yields is a stream, and its answer is what it yields: yield the value instead, "
                'or write "return" alone to end the stream',
                statement.lineno,
            )


def refuse_dropped(
    cell: CellText, body: Sequence[ast.stmt], *, names: BodyNames, namespace: Mapping[str, object]
) -> None:
    """A value at the end of a branch looks like the answer, but only one at the top level is."""
    if names.yields:
        return
    shadowed = names.bound | {
        name for name in _PURE_BUILTINS if name in namespace and namespace[name] is not getattr(builtins, name)
    }
    for statement in _last_of_branches(body[-1]):
        if isinstance(statement, ast.Expr) and _is_value(statement.value, shadowed):
            raise cell.error('this value would be dropped: write "return ..." in front of it', statement.lineno)


def _fails(first: Occurrence, occurrences: Sequence[Occurrence], *, known: bool) -> bool:
    stores = [seen for seen in occurrences if seen.act is Act.STORE]
    if first.act is Act.STORE or first.settled:
        return False
    if first.act is Act.AUGMENT:
        return all((store.line, store.column) > (first.line, first.column) for store in stores)
    # A read of what exists nowhere is a plain mistake; one in a loop may come round again after the store.
    return known and not any(set(first.loops) & set(store.loops) for store in stores)


def _unassigned(first: Occurrence, *, in_notebook: bool) -> str:
    name = first.name
    reason = f"{name} is read here before this cell gives it a value, and the cell's assignment makes it a local"
    if not in_notebook and hasattr(builtins, name):
        return f"{reason}: {name} is a Python builtin, so give your value another name"
    return f'{reason}: write "global {name}" as the first line to use the notebook\'s, or use another name'


def _last_of_branches(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements that end the branches of a compound statement, however deep."""
    for branch in _branches(statement):
        if branch:
            yield branch[-1]
            yield from _last_of_branches(branch[-1])


def _branches(statement: ast.stmt) -> list[list[ast.stmt]]:
    if isinstance(statement, (ast.If, ast.For, ast.AsyncFor, ast.While)):
        return [statement.body, statement.orelse]
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return [statement.body]
    if isinstance(statement, (ast.Try, ast.TryStar)):
        handled = [handler.body for handler in statement.handlers]
        # With an `else`, the body only tries: `try: items[id]`.
        return [statement.orelse or statement.body, *handled, statement.finalbody]
    if isinstance(statement, ast.Match):
        return [case.body for case in statement.cases]
    return []


def _is_value(node: ast.expr, shadowed: Collection[str]) -> bool:
    """Whether an expression plainly is a value, and not something done for its effect."""
    if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
        return False
    if isinstance(node, ast.Constant):
        return node.value is not ...
    if isinstance(node, ast.BoolOp):
        # `x or not_found()` means x; `debug and print(x)` means the print.
        return isinstance(node.op, ast.Or) or _is_value(node.values[-1], shadowed)
    if isinstance(node, ast.IfExp):
        return any(_is_value(part, shadowed) for part in (node.body, node.orelse) if not _is_none(part))
    if isinstance(node, ast.Call):
        return _makes_a_value(node.func, shadowed)
    return True


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _makes_a_value(function: ast.expr, shadowed: Collection[str]) -> bool:
    if isinstance(function, ast.Attribute):
        owner = function.value
        return isinstance(owner, ast.Name) and owner.id == "Response" and function.attr in _RESPONSE_MAKERS
    if not isinstance(function, ast.Name) or function.id in shadowed:
        return False
    return function.id == "Response" or function.id in _PURE_BUILTINS
