"""What names and expressions mean, as far as imports and plain assignments tell: `p = Path(x)` is `pathlib.Path()`.

It is no type inference: what is bound twice, or by anything else, means nothing, and is never a finding.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_PATH = "pathlib.Path()"
#: Functions that import the module that they are given the name of.
IMPORTING = frozenset({"builtins.__import__", "importlib.import_module"})
#: Names that functions and objects have beside their public one.
_SAME = {
    "_io.open": "builtins.open",
    "io.open": "builtins.open",
    "os.environ.get": "os.environ",
    "pathlib.Path.cwd()": _PATH,
    "pathlib.Path.home()": _PATH,
    "pathlib.PosixPath()": _PATH,
    "pathlib.WindowsPath()": _PATH,
    "os.path.pathlib": "pathlib",
    **{
        f"{_PATH}.{name}": _PATH
        for name in ("parent", "absolute()", "expanduser()", "joinpath()", "resolve()", "with_name()", "with_suffix()")
    },
}


class Outside(Protocol):
    """What is known of names that a text does not bind itself."""

    def dotted(self, name: str) -> str | None:
        """What a name means, "os.system" or "pathlib.Path()"; "" for something else, None for no such name."""


class NothingOutside:
    """Knows no name."""

    def dotted(self, name: str) -> str | None:  # noqa: ARG002 - the protocol's
        """None."""
        return None


@dataclass
class Scope:
    """The names that one module, class or function binds.

    Attributes:
        means: a dotted name, an expression that is looked at when it is asked for, or None for what is not known.
        stored: all names that it gives a value, those of `global` included.
        functions: the functions that it defines.
        is_class: whether it is a class, whose names its methods do not see.
    """

    means: dict[str, str | ast.expr | None] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)
    is_class: bool = False

    @classmethod
    def of(cls, nodes: Sequence[ast.stmt], parameters: Iterable[str] = (), *, is_class: bool = False) -> Scope:
        """Read what statements bind at their own level."""
        scope = cls(dict.fromkeys(parameters), is_class=is_class)
        not_its_own: set[str] = set()
        for node in _own_level(nodes):
            if isinstance(node, (ast.Global, ast.Nonlocal)):
                not_its_own.update(node.names)
            else:
                scope._take(node)
        for name in not_its_own:
            scope.means.pop(name, None)
        return scope

    def _take(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                self._bind(alias.asname or top, alias.name if alias.asname else top)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{'.' * node.level}{node.module or ''}.{alias.name}"
                self._bind(alias.asname or alias.name, full)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._bind(node.name, None)
            self.functions[node.name] = node
        elif isinstance(node, (ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            self._bind(node.name, None)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._bind(node.targets[0].id, node.value)
        elif isinstance(node, ast.NamedExpr):
            self._bind(node.target.id, node.value)
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            self._bind(node.optional_vars.id, None)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id not in self.stored:
            # A plain assignment comes here as well, after it was taken as a whole.
            self._bind(node.id, None)

    def _bind(self, name: str, means: str | ast.expr | None) -> None:
        known = name in self.means and self.means[name] != means
        self.means[name] = None if known else means
        self.stored.add(name)


class Meaning:
    """Tells what expressions mean within scopes, the innermost last."""

    def __init__(self, outside: Outside) -> None:
        self.scopes: list[Scope] = []
        self._outside = outside
        self._asked: set[tuple[int, str]] = set()

    def of(self, node: ast.expr | None) -> str | None:
        """The dotted name of an expression, "subprocess.run" or "pathlib.Path()"; None for most of them."""
        if isinstance(node, ast.Name):
            return self._of_name(node.id)
        if isinstance(node, ast.Attribute):
            return _joined(self.of(node.value), f".{node.attr}")
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, (ast.Await, ast.NamedExpr)):
            return self.of(node.value) if isinstance(node, ast.NamedExpr) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return _PATH if _PATH in (self.of(node.left), self.of(node.right)) else None
        return None

    def is_outside(self, name: str) -> bool:
        """Whether no scope binds a name."""
        return self._place(name) is None

    def imported(self, name: str) -> str | None:
        """What a name stands for that an import has bound, "shop" or "shop.load"; None for any other."""
        place = self._place(name)
        found = None if place is None else self.scopes[place].means[name]
        return found if isinstance(found, str) else None

    def _place(self, name: str) -> int | None:
        """Which scope binds a name, as it is seen from the innermost."""
        last = len(self.scopes) - 1
        for place in range(last, -1, -1):
            scope = self.scopes[place]
            if name in scope.means and (place == last or not scope.is_class):
                return place
        return None

    def _of_call(self, node: ast.Call) -> str | None:
        """What is called by its name, `getattr(os, "system")`, means the same as when it is written."""
        called = self.of(node.func)
        match called, node.args:
            case _, [ast.Constant(value=str(module))] if called in IMPORTING:
                return module
            case "builtins.getattr", [owner, ast.Constant(value=str(name)), *_]:
                return _joined(self.of(owner), f".{name}")
        return _joined(called, "()")

    def _of_name(self, name: str) -> str | None:
        place = self._place(name)
        if place is not None:
            return self._bound(place, name)
        found = self._outside.dotted(name)
        if found is None and hasattr(builtins, name):
            return f"builtins.{name}"
        return found or None

    def _bound(self, place: int, name: str) -> str | None:
        means = self.scopes[place].means[name]
        if not isinstance(means, ast.expr):
            return means
        if (place, name) in self._asked:
            # `p = p.parent`
            return None
        self._asked.add((place, name))
        inner, self.scopes = self.scopes[place + 1 :], self.scopes[: place + 1]
        try:
            return self.of(means)
        finally:
            self.scopes = [*self.scopes, *inner]
            self._asked.discard((place, name))


def parameters_of(node: _Function) -> list[str]:
    """The names of a function's parameters."""
    given = node.args
    rest = [argument for argument in (given.vararg, given.kwarg) if argument is not None]
    return [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, *rest)]


def chain_of(node: ast.expr) -> tuple[str, ...]:
    """`shop.db.load` as its words; nothing where it does not begin with a name."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return (node.id, *reversed(words)) if isinstance(node, ast.Name) else ()


def public_name(name: str) -> str:
    """The name that the tables have for a function."""
    return _SAME.get(name, name)


def _joined(base: str | None, more: str) -> str | None:
    return None if base is None else public_name(base + more)


def _own_level(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes but those inside of nested functions and classes."""
    for node in nodes:
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, (ast.Lambda, ast.ClassDef)):
            continue
        yield from _own_level(ast.iter_child_nodes(node))
