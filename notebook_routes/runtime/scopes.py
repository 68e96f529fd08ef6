"""What a body of statements does with names, in the order in which it does it.

Python's own `symtable` knows which names are local, but not when: `body = await request.json()` makes `body`
a local that needs no argument, `if late: body = 1` followed by a read does. So a body is walked once, in
evaluation order, and with it goes the set of names that certainly have a value by then (*definite
assignment*, as the Java specification calls it, chapter 16). A path that ends in `return`, `raise`, `break`
or `continue` says nothing about what comes after.

The *own level* of a body leaves out what runs later or elsewhere: nested functions, lambdas, generator
expressions (but for their outermost iterable), and class bodies. Of those only the names they take from
outside are seen.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.runtime.body_names import Act, BodyNames, Occurrence
from notebook_routes.runtime.scope_visitor import ScopeVisitor, arguments_of, targets_of, type_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_routes.runtime.scope_visitor import Comprehension, Function


def read_names(body: Sequence[ast.stmt]) -> BodyNames:
    """Walk a body of statements, as the body of one function or module."""
    walker = _Walker()
    walker.statements(body)
    return walker.names


def certainly_bound(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that have a value of the body's own once it has run to its end."""
    walker = _Walker()
    walker.statements(body)
    return walker.settled or frozenset()


class _Walker(ScopeVisitor):
    """Visits one scope in evaluation order.

    `settled` is the set of names that certainly have a value here, or None where no execution arrives.
    """

    def __init__(self, *, in_class: bool = False) -> None:
        self.names = BodyNames()
        self._in_class = in_class
        self.settled: frozenset[str] | None = frozenset()
        self._loops: list[int] = []
        self._breaks: list[frozenset[str] | None] = []
        self._loop_count = 0
        self._hidden: list[frozenset[str]] = []
        self._deferred = False

    # -- names

    def _see(self, name: str, act: Act, node: ast.AST, *, nested: bool = False) -> None:
        if any(name in hidden for hidden in self._hidden):
            return
        self.names.occurrences.append(
            Occurrence(
                name=name,
                act=act,
                line=getattr(node, "lineno", 0),
                column=getattr(node, "col_offset", 0),
                settled=self.settled is None or name in self.settled,
                loops=tuple(self._loops),
                nested=nested or self._deferred,
            )
        )

    def store(self, name: str, node: ast.AST) -> None:
        """It has a value from here on."""
        self._see(name, Act.STORE, node)
        if self.settled is not None:
            self.settled |= {name}

    def _delete(self, name: str, node: ast.AST) -> None:
        self._see(name, Act.DELETE, node)
        if self.settled is not None:
            self.settled -= {name}

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._see(node.id, Act.LOAD, node)
        elif isinstance(node.ctx, ast.Store):
            self.store(node.id, node)
        else:
            self._delete(node.id, node)

    def visit_Global(self, node: ast.Global) -> None:
        for name in node.names:
            self.names.declared_global.setdefault(name, node.lineno)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        for name in node.names:
            self.names.declared_nonlocal.setdefault(name, node.lineno)

    def star(self, node: ast.ImportFrom) -> None:
        """Nobody knows which names it gives."""
        self.names.star_imports.append(node.lineno)

    # -- statements

    def statements(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit_all([node.value, *node.targets])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._see(node.target.id, Act.AUGMENT, node.target)
            self.visit(node.value)
            if self.settled is not None:
                self.settled |= {node.target.id}
        else:
            self.visit_all([node.target, node.value])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        # Functions do not evaluate the annotations of their locals, classes do.
        if self._in_class:
            self.visit(node.annotation)
        if node.value is not None:
            self.visit_all([node.value, node.target])
        elif isinstance(node.target, ast.Name):
            self.names.annotated.setdefault(node.target.id, node.lineno)

    def visit_Return(self, node: ast.Return) -> None:
        self.names.returns.append(node)
        self.visit_all([node.value])
        self.settled = None

    def visit_Raise(self, node: ast.Raise) -> None:
        self.visit_all([node.exc, node.cause])
        self.settled = None

    def visit_Break(self, _node: ast.Break) -> None:
        if self._breaks:
            self._breaks[-1] = _either(self._breaks[-1], self.settled)
        self.settled = None

    def visit_Continue(self, _node: ast.Continue) -> None:
        self.settled = None

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._branches([node.body, node.orelse])

    def visit_While(self, node: ast.While) -> None:
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self._enter_loop()
        self.visit(node.test)
        before = self.settled
        self.statements(node.body)
        self._leave_loop(None if forever else before, node.orelse)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._enter_loop()
        self.visit(node.target)
        # The loop's own name counts as given after the loop too: who reads it there expects a turn.
        before = self.settled
        self.statements(node.body)
        self._leave_loop(before, node.orelse)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self._await(node)
        self.visit_For(node)

    def _enter_loop(self) -> None:
        self._loop_count += 1
        self._loops.append(self._loop_count)
        self._breaks.append(None)

    def _leave_loop(self, exhausted: frozenset[str] | None, orelse: Sequence[ast.stmt]) -> None:
        self._loops.pop()
        broken = self._breaks.pop()
        self.settled = exhausted
        self.statements(orelse)
        self.settled = _either(self.settled, broken)

    def visit_Try(self, node: ast.Try) -> None:
        self._try(node)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        before = self.settled
        self.statements(node.body)
        self.statements(node.orelse)
        after = self.settled
        for handler in node.handlers:
            self.settled = before
            self.visit(handler)
            after = _either(after, self.settled)
        # `finally` also runs when the body failed at its first line.
        self.settled = before
        self.statements(node.finalbody)
        if after is not None and self.settled is not None:
            self.settled |= after
        else:
            self.settled = None

    def visit_TryStar(self, node: ast.TryStar) -> None:
        self._try(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.visit_all([node.type])
        if node.name is not None:
            self.store(node.name, node)
        self.statements(node.body)
        if node.name is not None and self.settled is not None:
            self.settled -= {node.name}

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit_all([item.context_expr, item.optional_vars])
        self.statements(node.body)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        self._await(node)
        self.visit_With(node)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        before = self.settled
        after: frozenset[str] | None = None
        exhaustive = False
        for case in node.cases:
            self.settled = before
            self.visit_all([case.pattern, case.guard])
            self.statements(case.body)
            after = _either(after, self.settled)
            exhaustive |= case.guard is None and _always_matches(case.pattern)
        self.settled = after if exhaustive else _either(after, before)

    def _branches(self, branches: Sequence[Sequence[ast.stmt]]) -> None:
        before = self.settled
        after: frozenset[str] | None = None
        for branch in branches:
            self.settled = before
            self.statements(branch)
            after = _either(after, self.settled)
        self.settled = after

    # -- expressions whose parts do not run in the order of their fields, or not always

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self._maybe(node.values[1:])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        before = self.settled
        self.visit(node.body)
        after, self.settled = self.settled, before
        self.visit(node.orelse)
        self.settled = _either(after, self.settled)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit_all([node.value, node.target])

    def visit_Await(self, node: ast.Await) -> None:
        self._await(node)
        self.visit(node.value)

    def visit_Yield(self, node: ast.Yield) -> None:
        self.visit_all([node.value])
        if not self._deferred:
            self.names.yields.append(node.lineno)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        self.visit(node.value)
        if not self._deferred:
            self.names.yields.append(node.lineno)

    def _await(self, node: ast.expr | ast.stmt) -> None:
        if not self._deferred:
            self.names.awaits.append(node.lineno)

    def _maybe(self, nodes: Iterable[ast.AST]) -> None:
        before = self.settled
        self.visit_all(nodes)
        self.settled = _either(before, self.settled)

    def comprehension(self, node: Comprehension) -> None:
        """Its own names are hidden; all else is of this level, but for what a generator does later."""
        first, *others = node.generators
        self.visit(first.iter)
        deferred, self._deferred = self._deferred, self._deferred or isinstance(node, ast.GeneratorExp)
        if any(generator.is_async for generator in node.generators):
            self._await(node)
        self._hidden.append(targets_of(node))
        parts: list[ast.AST] = [first.target, *first.ifs]
        for generator in others:
            parts += [generator.iter, generator.target, *generator.ifs]
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._maybe(parts)
        self._hidden.pop()
        self._deferred = deferred

    # -- nested scopes

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit_all([*node.args.defaults, *node.args.kw_defaults])
        self._nested(_names_of_function(node))

    def function(self, node: Function) -> None:
        """Its body runs later: what it takes from here is nested."""
        arguments = node.args
        self.visit_all([*node.decorator_list, *arguments.defaults, *arguments.kw_defaults])
        generic = type_parameters(node)
        self._hidden.append(generic)
        self.visit_all([argument.annotation for argument in arguments_of(arguments)])
        self.visit_all([node.returns])
        self._hidden.pop()
        self.store(node.name, node)
        self._nested(_names_of_function(node), hidden=generic)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all(node.decorator_list)
        generic = type_parameters(node)
        self._hidden.append(generic)
        self.visit_all([*node.bases, *(keyword.value for keyword in node.keywords)])
        self._hidden.pop()
        walker = _Walker(in_class=True)
        walker.statements(node.body)
        names = walker.names
        # Methods do not see the names of the class around them; its own statements do.
        own = names.bound
        outside = [seen for seen in names.occurrences if seen.nested or seen.name not in own]
        self._nested(_from_outside(names, outside), hidden=generic)
        self.store(node.name, node)

    def visit_TypeAlias(self, node: ast.AST) -> None:
        # Python 3.12: `type Pair[T] = tuple[T, T]`; the value is evaluated when first asked for.
        name: ast.expr = getattr(node, "name")  # noqa: B009 - ast.TypeAlias is unknown to Python 3.11
        value: ast.expr = getattr(node, "value")  # noqa: B009 - the same
        walker = _Walker()
        walker.visit(value)
        self._nested(walker.names.occurrences, hidden=type_parameters(node))
        self.visit(name)

    def _nested(self, occurrences: Iterable[Occurrence], *, hidden: frozenset[str] = frozenset()) -> None:
        for seen in occurrences:
            if seen.name not in hidden:
                place = ast.Pass(lineno=seen.line, col_offset=seen.column)
                self._see(seen.name, Act.LOAD, place, nested=True)


def _either(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    """What is settled where two paths meet; a path that never arrives does not count."""
    if left is None or right is None:
        return right if left is None else left
    return left & right


def _names_of_function(node: Function | ast.Lambda) -> list[Occurrence]:
    """What a function takes from the scopes around it."""
    walker = _Walker()
    if isinstance(node, ast.Lambda):
        walker.visit(node.body)
    else:
        walker.statements(node.body)
    own = walker.names.bound | {argument.arg for argument in arguments_of(node.args)}
    return _from_outside(walker.names, [seen for seen in walker.names.occurrences if seen.name not in own])


def _from_outside(names: BodyNames, occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    found = [seen for seen in occurrences if seen.name not in names.declared_global]
    declared = (
        Occurrence(name, Act.LOAD, line, 0, settled=False, loops=(), nested=True)
        for name, line in names.declared_nonlocal.items()
    )
    return [*found, *declared]


def _always_matches(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchAs):
        return pattern.pattern is None or _always_matches(pattern.pattern)
    return isinstance(pattern, ast.MatchOr) and any(_always_matches(part) for part in pattern.patterns)
