"""The check: what a text of Python does that an edge isolate lacks. Nothing of it is run, and it takes milliseconds.

    checked = check_text(CellText.read("open('prices.csv').read()", first_line=2), in_function=True)
    checked.findings[0].rule.code        "EDGE003"

The rules are in `rules.py`. Names are followed through imports and plain assignments; what a name of another cell
means, whoever calls this knows (`Outside`).
"""

from __future__ import annotations

import ast
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.runtime.edge.finding import Finding, read_ignores, unknown_ignores
from notebook_routes.runtime.edge.meaning import IMPORTING, Meaning, NothingOutside, Scope, chain_of, parameters_of
from notebook_routes.runtime.edge.rules import RULES
from notebook_routes.runtime.edge.tables import (
    CLOCK,
    CLOCK_WITHOUT_MOMENT,
    ENVIRONMENT,
    MISSING_MODULES,
    NETWORK_MODULES,
    OBJECTS,
    OPENS_ITS_ARGUMENT,
    RANDOMNESS,
    SEEDED,
    is_among,
    rule_of,
)
from notebook_routes.runtime.edge.wheels import is_native

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from notebook_routes.runtime.celltext import CellText
    from notebook_routes.runtime.edge.meaning import Outside

#: Bytes of a module, of which the first are told and the second refused.
LARGE, TOO_LARGE = 1 << 20, 64 << 20
_OPENING = {"builtins.open": 1, "codecs.open": 1, "io.FileIO": 1, "pathlib.Path().open": 0}
_LOOKING = frozenset({"builtins.isinstance", "builtins.issubclass", "builtins.hasattr", "builtins.getattr"})
_PROGRAM = ("__name__ == '__main__'", "'__main__' == __name__")
_SUPPRESS = "contextlib.suppress"
_FAILED_IMPORTS = frozenset({"ImportError", "ModuleNotFoundError", "Exception"})


@dataclass
class Checked:
    """What a check has found.

    Attributes:
        findings: in the order of lines.
        chains: what the text uses of names that it imports or does not bind: ("shop", "load") for `shop.load(...)`.
        imports: what names stand for that it imports, "shop" or "shop.load".
        called: functions that it calls while it loads, and that are not its own.
    """

    findings: list[Finding] = field(default_factory=list)
    chains: set[tuple[str, ...]] = field(default_factory=set)
    imports: dict[str, str] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)


def check_text(
    text: CellText, *, in_function: bool, outside: Outside | None = None, place: str = "", functions: bool = True
) -> Checked:
    """Check a cell, a file, or a function's own lines.

    Args:
        text: the code.
        in_function: whether it is the body of a function, and runs when a request comes in; else it is a module.
        outside: what names mean that it does not bind.
        place: where it stands, if not in the cell that is checked.
        functions: whether what its functions do counts; else only what happens while the module loads.

    Raises:
        CellError: it is no Python.
    """
    size = len(text.text.encode("utf-8", "surrogatepass"))
    findings = []
    if size > LARGE:
        code = "EDGE018" if size > TOO_LARGE else "EDGE017"
        findings = [Finding(RULES[code], f"{size / LARGE:.1f} MiB", 0, place=place)]
    if size > TOO_LARGE:
        return Checked(findings)
    visitor = _Visitor(text, outside or NothingOutside(), place, in_function=in_function, functions=functions)
    checked = visitor.checked(text.parse().body)
    checked.findings[:0] = findings
    return checked


def check_nodes(
    nodes: Sequence[ast.stmt], text: CellText, *, in_function: bool, outside: Outside | None = None, place: str = ""
) -> Checked:
    """The same for some statements of a text, which is not looked at but for its comments."""
    return _Visitor(text, outside or NothingOutside(), place, in_function=in_function, functions=True).checked(nodes)


class _Visitor(ast.NodeVisitor):
    def __init__(self, text: CellText, outside: Outside, place: str, *, in_function: bool, functions: bool) -> None:
        self._chains: set[tuple[str, ...]] = set()
        self._imports: dict[str, str] = {}
        self._text = text
        self._outside = outside
        self._place = place
        self._functions = functions
        self._meaning = Meaning(outside)
        self._ignores = read_ignores(text.text)
        self._found: dict[tuple[str, int, str], Finding] = {}
        self._loading = not in_function
        self._tolerant = False
        self._only_loading = False
        self._called_on_load: list[str] = []

    def checked(self, nodes: Sequence[ast.stmt]) -> Checked:
        """Visit all of it, and once more the functions that are called while the module loads."""
        self._meaning.scopes.append(Scope.of(nodes))
        self._all(nodes)
        functions, seen, elsewhere = self._meaning.scopes[0].functions, set[str](), set[str]()
        self._only_loading = True
        while self._called_on_load:
            name = self._called_on_load.pop()
            function = functions.get(name)
            if function is None:
                elsewhere.add(name)
            elif name not in seen:
                seen.add(name)
                with self._inside(Scope.of(function.body, parameters_of(function)), loading=True):
                    self._all(function.body)
        return Checked(self._in_order(nodes), self._chains, self._imports, elsewhere)

    def _in_order(self, nodes: Sequence[ast.stmt]) -> list[Finding]:
        """The findings by line, with comments that name no rule."""
        lines = {number for node in nodes for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
        for number, code in unknown_ignores(self._ignores):
            if number in lines or not nodes:
                self._add("EDGE000", code or "no code", number)
        return sorted(self._found.values(), key=lambda finding: finding.line)

    # -- what is found

    def _note(self, code: str, what: str, node: ast.AST) -> None:
        if self._only_loading and code not in ("EDGE011", "EDGE012"):
            return
        first = getattr(node, "lineno", 1)
        last = getattr(node, "end_lineno", None) or first
        if not any(code in self._ignores.get(number, ()) for number in range(first, last + 1)):
            self._add(code, what, first)

    def _add(self, code: str, what: str, number: int) -> None:
        text = self._text
        key = (code, number, what)
        self._found.setdefault(
            key, Finding(RULES[code], what, number + text.first_line - 1, text.lines[number - 1], self._place)
        )

    def _module(self, name: str, what: str, node: ast.AST) -> bool:
        """Look at a module that is imported or used; whether something was found."""
        top = name.partition(".")[0]
        code = None
        if top in MISSING_MODULES or name in MISSING_MODULES:
            code = "EDGE001"
        elif top in NETWORK_MODULES or name in NETWORK_MODULES:
            code = "EDGE007"
        elif is_native(name):
            code = "EDGE002"
        if code is not None:
            self._note(code, what, node)
        return code is not None

    # -- imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if not self._tolerant:
                self._module(alias.name, f"import {alias.name}", node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or node.module is None or self._tolerant:
            return
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            name = full if full in MISSING_MODULES | NETWORK_MODULES else node.module
            self._module(name, f"import {name}", node)

    def visit_If(self, node: ast.If) -> None:
        if chain_of(node.test)[-1:] == ("TYPE_CHECKING",) or _asks_for_program(node.test):
            self._all(node.orelse)
        else:
            self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        self._try(node.body, [each.type for each in node.handlers])
        self._all((*node.handlers, *node.orelse, *node.finalbody))

    def visit_With(self, node: ast.With) -> None:
        self._all(node.items)
        suppressed = [
            caught
            for item in node.items
            if isinstance(item.context_expr, ast.Call) and self._meaning.of(item.context_expr.func) == _SUPPRESS
            for caught in item.context_expr.args
        ]
        self._try(node.body, suppressed)

    def _try(self, body: Sequence[ast.stmt], caught: Iterable[ast.expr | None]) -> None:
        """A block that may do without what it imports."""
        before = self._tolerant
        self._tolerant = before or any(map(_catches_imports, caught))
        self._all(body)
        self._tolerant = before

    # -- scopes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        # Annotations are no code that the isolate has to run.
        self._all((*node.decorator_list, *node.args.defaults, *node.args.kw_defaults))
        if self._functions:
            with self._inside(Scope.of(node.body, parameters_of(node)), loading=False):
                self._all(node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._all((*node.args.defaults, *node.args.kw_defaults))
        if self._functions:
            with self._inside(Scope.of([ast.Expr(node.body)], parameters_of(node)), loading=False):
                self.visit(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all((*node.decorator_list, *node.bases, *node.keywords))
        for base in node.bases:
            self._given(base)
        with self._inside(Scope.of(node.body, is_class=True), loading=self._loading):
            self._all(node.body)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._all((node.target, node.value))

    def visit_Global(self, node: ast.Global) -> None:
        changed = [name for name in node.names if name in self._meaning.scopes[-1].stored]
        if changed and not self._loading:
            self._note("EDGE016", f"global {', '.join(changed)}", node)

    @contextmanager
    def _inside(self, scope: Scope, *, loading: bool) -> Iterator[None]:
        before, self._loading = self._loading, loading
        self._meaning.scopes.append(scope)
        try:
            yield
        finally:
            self._meaning.scopes.pop()
            self._loading = before

    # -- names and calls

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._used(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if chain_of(node):
            self._used(node)
        else:
            self.visit(node.value)

    def _used(self, node: ast.Name | ast.Attribute) -> None:
        """A name, or what hangs on it."""
        chain = chain_of(node)
        imported = self._meaning.imported(chain[0])
        if imported is not None:
            self._chains.add(chain)
            self._imports[chain[0]] = imported
        elif self._meaning.is_outside(chain[0]):
            self._chains.add(chain)
            known = self._outside.dotted(chain[0])
            if known:
                package = known.partition(".")[0]
                of = "" if package == chain[0] else f" of {package}"
                self._module(known.removesuffix("()"), f"{chain[0]}{of}", node)
                if known in OBJECTS:
                    self._note(OBJECTS[known], f"{chain[0]}, a {known[:-2].rpartition('.')[2]}", node)
        part: ast.expr = node
        while isinstance(part, (ast.Name, ast.Attribute)):
            name = self._meaning.of(part)
            if name in ENVIRONMENT:
                self._note("EDGE014", str(name), node)
                return
            part = part.value if isinstance(part, ast.Attribute) else ast.Constant(None)

    def visit_Call(self, node: ast.Call) -> None:
        name = self._meaning.of(node.func)
        if name is not None:
            self._called(node, name)
        if name not in _LOOKING:
            for given in (*node.args, *(keyword.value for keyword in node.keywords)):
                self._given(given)
        if self._loading and isinstance(node.func, ast.Name):
            self._called_on_load.append(node.func.id)
        self.generic_visit(node)

    def _called(self, node: ast.Call, name: str) -> None:
        said = f"{_shown(name)}(...)"
        if name in _OPENING:
            self._note("EDGE004" if _writes(node, _OPENING[name]) else "EDGE003", said, node)
        elif (code := rule_of(name)) is not None:
            self._note(code, said, node)
        elif name in OPENS_ITS_ARGUMENT and self._names_file(node):
            self._note("EDGE004" if name == "sqlite3.connect" else "EDGE003", said, node)
        elif name == "logging.basicConfig" and any(keyword.arg == "filename" for keyword in node.keywords):
            self._note("EDGE004", said, node)
        elif name in IMPORTING and node.args:
            module = node.args[0]
            if isinstance(module, ast.Constant) and isinstance(module.value, str):
                self._module(module.value, f"import {module.value}", node)
        if self._loading:
            self._called_while_loading(node, name, said)

    def _called_while_loading(self, node: ast.Call, name: str, said: str) -> None:
        if is_among(name, RANDOMNESS) or (name in SEEDED and not node.args):
            self._note("EDGE011", said, node)
        elif name in CLOCK or (name in CLOCK_WITHOUT_MOMENT and len(node.args) <= CLOCK_WITHOUT_MOMENT[name]):
            self._note("EDGE012", said, node)

    def _given(self, node: ast.expr) -> None:
        """A function that is passed on is called by whoever is given it."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = self._meaning.of(node)
            code = None if name is None else rule_of(name)
            if name is not None and code is not None:
                self._note(code, _shown(name), node)

    def _names_file(self, node: ast.Call) -> bool:
        if not node.args:
            return False
        first = node.args[0]
        if isinstance(first, ast.Constant):
            return isinstance(first.value, str) and first.value not in ("", ":memory:")
        return isinstance(first, ast.JoinedStr) or self._meaning.of(first) == "pathlib.Path()"

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)


def _writes(node: ast.Call, place: int) -> bool:
    """Whether a file is opened for writing, as far as its mode is plain to see."""
    given = [*node.args[place : place + 1], *(word.value for word in node.keywords if word.arg == "mode")]
    modes = [mode.value for mode in given if isinstance(mode, ast.Constant)]
    return any(isinstance(mode, str) and not set("wax+").isdisjoint(mode) for mode in modes)


def _shown(name: str) -> str:
    return name.removeprefix("builtins.").replace("pathlib.Path()", "Path(...)").replace("()", "(...)")


def _catches_imports(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    each = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(chain_of(one)[-1:] and chain_of(one)[-1] in _FAILED_IMPORTS for one in each)


def _asks_for_program(test: ast.expr) -> bool:
    """Whether it is `__name__ == "__main__"`: no route's module is the program."""
    return isinstance(test, ast.Compare) and ast.unparse(test) in _PROGRAM
