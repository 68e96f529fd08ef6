"""Small questions about LibCST nodes, and small nodes to make."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import libcst as cst

from notebook_routes.tooling.codemod.plan import TODO, NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement
_Definition = TypeVar("_Definition", cst.FunctionDef, cst.ClassDef)


def parse(text: str) -> cst.Module:
    """Read a module.

    Raises:
        NotUnderstood: it is no Python.
    """
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        # What LibCST says lists all that could have come.
        raise NotUnderstood("it is no Python", line=error.raw_line) from None


def expression(text: str) -> cst.BaseExpression:
    """An expression of its text."""
    return cst.parse_expression(text)


def statement(text: str) -> Statement:
    """A statement of its text."""
    return cst.parse_statement(text)


def as_statement(node: object) -> Statement:
    """What a transformer has made of a statement, where it is one again."""
    assert isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    return node


def code(node: cst.CSTNode) -> str:
    """The text of a node."""
    return cst.Module([]).code_for_node(node)


def dotted(node: cst.CSTNode) -> str | None:
    """The text of a name or of names joined by dots, `app.config`; None for any other node."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        left = dotted(node.value)
        return None if left is None else f"{left}.{node.attr.value}"
    return None


def constant(node: cst.CSTNode | None) -> object:
    """The value of a literal, also of a list or dict of literals; `...` where it is none."""
    if node is None:
        return ...
    try:
        return ast.literal_eval(code(node).strip())
    except (ValueError, SyntaxError, TypeError, MemoryError):
        return ...


def text_of(node: cst.CSTNode | None) -> str | None:
    """The value of a string literal; None for any other node."""
    value = constant(node) if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)) else None
    return value if isinstance(value, str) else None


def literal(value: str) -> str:
    """A string as a formatter would write it."""
    written = repr(value)
    return f'"{written[1:-1]}"' if written.startswith("'") and '"' not in written else written


def index_of(node: cst.Subscript) -> cst.BaseExpression | None:
    """The one index of a subscript; None for slices and several."""
    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index) and node.slice[0].slice.star is None:
        return node.slice[0].slice.value
    return None


def positional(call: cst.Call) -> list[cst.BaseExpression] | None:
    """The arguments of a call that has only positional ones; None if it has others."""
    if any(argument.keyword is not None or argument.star for argument in call.args):
        return None
    return [argument.value for argument in call.args]


def argument_of(call: cst.Call, name: str, place: int | None = None) -> cst.BaseExpression | None:
    """The argument of a name, or at a place, counted from 0."""
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == name:
            return argument.value
    if place is not None and place < len(call.args):
        argument = call.args[place]
        if argument.keyword is None and not argument.star:
            return argument.value
    return None


def body_of(node: cst.BaseSuite) -> list[Statement]:
    """The statements of a block."""
    if isinstance(node, cst.IndentedBlock):
        return [each for each in node.body if isinstance(each, (cst.SimpleStatementLine, cst.BaseCompoundStatement))]
    assert isinstance(node, cst.SimpleStatementSuite)
    return [cst.SimpleStatementLine([small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for small in node.body]


def block(statements: Sequence[Statement], like: cst.BaseSuite | None = None) -> cst.IndentedBlock:
    """A block of statements, with the comments of another; `pass` where there are none."""
    written = list(statements) or [statement("pass")]
    if isinstance(like, cst.IndentedBlock):
        return like.with_changes(body=written)
    return cst.IndentedBlock(written)


def only_small(node: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """The one small statement of a line; None for several and for compound ones."""
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        return node.body[0]
    return None


def only(node: Statement) -> cst.BaseSmallStatement:
    """The one small statement of a line that is known to have one."""
    small = only_small(node)
    assert small is not None
    return small


def with_small(node: Statement, small: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
    """A line with another small statement, and the comments that it had."""
    assert isinstance(node, cst.SimpleStatementLine)
    return node.with_changes(body=[small])


def target_of(node: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    """The name and the value of `name = value`."""
    small = only_small(node)
    if isinstance(small, cst.Assign) and len(small.targets) == 1 and isinstance(small.targets[0].target, cst.Name):
        return small.targets[0].target.value, small.value
    if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name) and small.value is not None:
        return small.target.value, small.value
    return None


def with_comments_above(node: Statement, lines: Iterable[cst.EmptyLine]) -> Statement:
    """A statement below further comments."""
    kept = [line for line in lines if line.comment is not None]
    return node.with_changes(leading_lines=[*kept, *node.leading_lines]) if kept else node


def in_place_of(node: Statement, lines: Sequence[cst.EmptyLine]) -> Statement:
    """A statement with the comments and blank lines of another above it, and then its own comments."""
    own = [line for line in node.leading_lines if line.comment is not None]
    return node.with_changes(leading_lines=[*lines, *own])


def two_below(node: Statement) -> Statement:
    """A statement with two blank lines above it, and then its own comments."""
    return in_place_of(node, [cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)])


def is_text(node: Statement) -> bool:
    """Whether a statement is a string alone, as a docstring is."""
    small = only_small(node)
    return isinstance(small, cst.Expr) and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString))


def behind_docstring(statements: Sequence[Statement], new: Iterable[Statement]) -> list[Statement]:
    """Statements with others at the top, below the docstring if there is one."""
    place = 1 if statements and is_text(statements[0]) else 0
    return [*statements[:place], *new, *statements[place:]]


def with_todo(node: Statement, reason: str) -> Statement:
    """A statement below a comment that asks a person to look at it."""
    line = cst.EmptyLine(comment=cst.Comment(f"{TODO}{reason}"))
    return node.with_changes(leading_lines=[*node.leading_lines, line])


def definitions(statements: Iterable[Statement], kind: type[_Definition]) -> dict[str, _Definition]:
    """The functions, or the classes, that statements define, by name."""
    return {each.name.value: each for each in statements if isinstance(each, kind)}


def names_in(nodes: Iterable[cst.CSTNode]) -> set[str]:
    """All names that are read or written in some nodes, attributes and keywords not counted."""
    found = _Names()
    for node in nodes:
        node.visit(found)
    return found.names


class NameVisitor(cst.CSTVisitor):
    """Comes to names that stand for something, and not to those of attributes and keywords."""

    def visit_Attribute(self, node: cst.Attribute) -> bool:  # noqa: D102 - LibCST's
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:  # noqa: D102 - LibCST's
        node.value.visit(self)
        return False


class _Names(NameVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Name(self, node: cst.Name) -> None:
        self.names.add(node.value)


def awaits(nodes: Iterable[cst.CSTNode]) -> bool:
    """Whether some statements, without functions in them, wait for something."""
    found = _Awaits()
    for node in nodes:
        node.visit(found)
    return found.found


class _Awaits(cst.CSTVisitor):
    def __init__(self) -> None:
        self.found = False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: ARG002 - LibCST's signature
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:  # noqa: ARG002 - the same
        return False

    def visit_Await(self, node: cst.Await) -> None:  # noqa: ARG002 - the same
        self.found = True

    def visit_Asynchronous(self, node: cst.Asynchronous) -> None:  # noqa: ARG002 - the same
        self.found = True


def ends(statements: Sequence[Statement]) -> bool:
    """Whether nothing that follows these statements is ever reached."""
    return any(_ends(each) for each in statements)


def _ends(node: Statement) -> bool:
    if isinstance(node, cst.SimpleStatementLine):
        return any(isinstance(small, (cst.Return, cst.Raise)) for small in node.body)
    if isinstance(node, cst.If):
        other = node.orelse
        if other is None or not ends(body_of(node.body)):
            return False
        return _ends(other) if isinstance(other, cst.If) else ends(body_of(other.body))
    if isinstance(node, cst.With):
        return ends(body_of(node.body))
    if isinstance(node, cst.Try):
        if node.finalbody is not None and ends(body_of(node.finalbody.body)):
            return True
        whole = [*body_of(node.body), *(body_of(node.orelse.body) if node.orelse is not None else ())]
        return ends(whole) and all(ends(body_of(handler.body)) for handler in node.handlers)
    return False
