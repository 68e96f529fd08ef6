"""Where a piece of code names something of its module, and what it does with it.

Every place is found with its position, so that a name can be written differently (`rewrite.py`), and with whether it
runs at once or when a function is called, so that the export knows what a statement needs, binds and changes
(`statements.py`). Which names are local to a function is decided as Python does.

What *changes* a value is a guess by names, since Python does not say it: `products["1"] = ...`, `config.debug = True`,
`del cache[key]` surely do; a method called on its own line does (`db.execute(...)`) unless its name says that it only
looks or shows (`df.head()`); one called inside an expression only if its name says that it changes (`queue.pop()`).
"""

from __future__ import annotations

import ast
import re
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from notebook_routes.runtime.body_names import Act
from notebook_routes.runtime.scope_visitor import ScopeVisitor, arguments_of, targets_of, type_parameters
from notebook_routes.runtime.scopes import read_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_routes.runtime.scope_visitor import Comprehension, Function

#: Methods and functions that change what they are called on or given, also inside an expression.
_CHANGES = re.compile(
    r"append\w*|extend\w*|insert\w*|add(_\w+)?|update(_\w+)?|remove\w*|discard|pop\w*|clear|sort|reverse|setdefault"
    r"|execute\w*|commit|write(lines)?|register\w*|put(_\w+)?|send\w*|push\w*|heap\w+|shuffle|seed|set_\w+|setattr"
    r"|delattr|delete\w*|save|mkdir|touch|unlink|rename|subscribe|next|read|readlines?"
)
#: Calls that only look at something or show it, also on a line of their own.
_LOOKS = re.compile(
    r"(print|pprint|display|show|plot|hist|scatter|bar|barh|line|pie|draw|boxplot|imshow|savefig|figure|subplots?"
    r"|legend|title|[xy]label|grid|tight_layout|head|tail|describe|info|sample|get|keys|values|items|copy|count|index"
    r"|find|len|type|dir|help|repr|str|list|dict|set|tuple|sorted|reversed|sum|min|max|mean|median|std|var|round|any"
    r"|all|isinstance|hasattr|getattr|id|json|text|sleep|iter|enumerate|zip|range|format|join|split|strip|startswith"
    r"|endswith|groupby|value_counts|nunique|unique|corr|to_\w+|is_\w+|has_\w+|select\w*|fetch\w*|\w*plot|\w*chart)",
    re.IGNORECASE,
)
#: Modules whose functions draw, wait or talk to others: they change nothing that a route needs.
_BYSTANDERS = frozenset(
    {"plt", "sns", "px", "go", "alt", "matplotlib", "seaborn", "plotly", "altair", "bokeh", "IPython", "time"}
    | {"requests", "httpx", "httpx2", "urllib", "pprint", "timeit"}
)
_DRAWERS = frozenset({"plt", "sns", "px", "go", "alt"})
_DRAWINGS = re.compile(r"(ax|axes|axs|axis|fig|figure)_?\d*")
#: Methods of a table that give a drawing of it.
_DRAWS = re.compile(r"plot|hist|boxplot")
#: What is said of a module, rather than asked of it: `random.seed(0)`, `logging.basicConfig()`.
_SETS_UP = re.compile(
    r"set\w*|seed|use|append|insert|add\w*|update|register\w*|basicConfig|simplefilter|filterwarnings"
)
#: What writes a table into one of its arguments: `df.to_sql("lamps", db)`, `df.to_csv(buffer)`.
_WRITES_INTO = re.compile(r"to_(sql|csv|json|excel|html|latex|markdown|xml|string|pickle|parquet|feather|hdf|stata)")
_WRITES_FILES = ("write_text", "write_bytes", "mkdir", "touch", "unlink", "symlink_to", "rename", "copy2", "copyfile")


class Does(Enum):
    """What is done with a name of the module."""

    LOAD = "load"
    STORE = "store"
    DELETE = "delete"
    #: Its value is changed, not the name.
    CHANGE = "change"
    #: It is called, and may change what it likes.
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Use:
    """One place that names something of the module.

    Attributes:
        name: the name.
        does: what happens to it.
        node: the name itself, the statement that binds it, of an import its alias, or the text of a quoted annotation;
            for CHANGE and CALL what does it.
        later: it happens when a function is called.
        inner: it is in a class, a lambda or a generator expression: perhaps at once, perhaps later.
        by_global: a function binds it by `global`.
    """

    name: str
    does: Does
    node: ast.AST
    later: bool = False
    inner: bool = False
    by_global: bool = False


@dataclass(frozen=True)
class GlobalNames:
    """What was found.

    Attributes:
        uses: in the order of the text, nearly.
        declarations: the `global` statements.
    """

    uses: tuple[Use, ...]
    declarations: tuple[ast.Global, ...]

    def of(self, *does: Does) -> Iterator[Use]:
        """The uses that do one of these."""
        return (use for use in self.uses if use.does in does)


def find_global_names(body: Sequence[ast.stmt]) -> GlobalNames:
    """Find what statements of a module do with the module's names."""
    visitor = _Visitor()
    for statement in body:
        visitor.visit(statement)
    return GlobalNames(tuple(visitor.uses), tuple(visitor.declarations))


def root_name(node: ast.AST) -> ast.Name | None:
    """The name at the beginning of `db.cursor().rows[0].x`; None where there is another expression."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred, ast.Await)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node if isinstance(node, ast.Name) else None


def called_name(call: ast.Call) -> str | None:
    """The last name of what is called."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else None


def draws(call: ast.Call) -> bool:
    """Whether a call gives a drawing, which is no part of what it shows: `df.plot.bar()`, `px.line(df)`."""
    node: ast.AST = call
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        if isinstance(node, ast.Attribute) and _DRAWS.fullmatch(node.attr):
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in _DRAWERS


def is_drawing(name: str) -> bool:
    """Whether a variable is called as drawings are: what it is given it shows, and leaves as it is."""
    return _DRAWINGS.fullmatch(name) is not None


def _only_looks(call: ast.Call) -> bool:
    called, root = called_name(call), root_name(call.func)
    return called is None or bool(_LOOKS.fullmatch(called)) or (root is not None and root.id in _BYSTANDERS)


def sets_up(use: Use) -> bool:
    """Whether a change of a module is worth having: `random.seed(0)` is, `pd.read_csv(...)` is none."""
    return not isinstance(use.node, ast.Call) or _SETS_UP.fullmatch(called_name(use.node) or "") is not None


@dataclass(frozen=True)
class _Scope:
    """The names of a function, a class or a comprehension; `early` are places that read them before they are bound."""

    own: frozenset[str]
    declared: frozenset[str] = frozenset()
    is_class: bool = False
    early: frozenset[tuple[int, int]] = frozenset()


class _Visitor(ScopeVisitor):
    def __init__(self) -> None:
        self.uses: list[Use] = []
        self.declarations: list[ast.Global] = []
        self._scopes: list[_Scope] = []
        self._later = 0
        self._inner = 0
        self._muted = 0

    # -- names

    def _is_global(self, name: str, node: ast.AST) -> bool:
        place = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        for depth, scope in enumerate(reversed(self._scopes)):
            # The names of a class are seen by its own statements only, and `size = size` there begins outside.
            if scope.is_class and (depth or place in scope.early):
                continue
            if name in scope.declared:
                return True
            if name in scope.own:
                return False
        return True

    def _see(self, name: str, does: Does, node: ast.AST) -> None:
        if self._muted and does in (Does.CHANGE, Does.CALL):
            return
        if self._is_global(name, node):
            self.uses.append(
                Use(
                    name,
                    does,
                    node,
                    later=bool(self._later),
                    inner=bool(self._inner),
                    by_global=bool(self._later) and does in (Does.STORE, Does.DELETE),
                )
            )

    def store(self, name: str, node: ast.AST) -> None:
        """An import or a pattern binds it."""
        self._see(name, Does.STORE, node)

    def star(self, node: ast.ImportFrom) -> None:
        """Nobody knows which names it gives."""

    def visit_Name(self, node: ast.Name) -> None:
        kinds = {ast.Load: Does.LOAD, ast.Store: Does.STORE, ast.Del: Does.DELETE}
        self._see(node.id, kinds[type(node.ctx)], node)

    def visit_Global(self, node: ast.Global) -> None:
        self.declarations.append(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        in_function = bool(self._later) and not (self._scopes and self._scopes[-1].is_class)
        if not in_function or not isinstance(node.target, ast.Name):
            # Python does not evaluate those of a function's locals.
            self._annotation(node.annotation)
        self.visit_all([node.value, node.target])

    def _annotation(self, node: ast.expr | None) -> None:
        """Visit an annotation; what is quoted in it is read when somebody asks for its type."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._quoted(node, node.value)
        elif isinstance(node, ast.Subscript):
            self.visit(node.value)
            self._parameters(node)
        elif isinstance(node, ast.BinOp):
            self._annotation(node.left)
            self._annotation(node.right)
        elif isinstance(node, (ast.List, ast.Tuple)):
            for part in node.elts:
                self._annotation(part)
        elif node is not None:
            self.visit(node)

    def _parameters(self, node: ast.Subscript) -> None:
        """Of `dict[str, "Item"]` both, of `Annotated["Item", "for sale"]` the first; a Literal means its texts."""
        generic = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", None)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        types = {"Literal": 0, "Annotated": 1}.get(str(generic), len(parts))
        for part in parts[:types]:
            self._annotation(part)
        self.visit_all(parts[types:])

    def _quoted(self, node: ast.Constant, text: str) -> None:
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except SyntaxError:
            return
        for part in ast.walk(tree):
            if isinstance(part, ast.Name):
                self._see(part.id, Does.LOAD, node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._see(node.target.id, Does.LOAD, node.target)
            # A list is changed in place, for all that hold it.
            self._see(node.target.id, Does.CHANGE, node)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self._see(node.name, Does.STORE, node)
        self.generic_visit(node)

    # -- changes

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._place(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._place(node)

    def _place(self, node: ast.Attribute | ast.Subscript) -> None:
        root = root_name(node)
        if not isinstance(node.ctx, ast.Load) and root is not None:
            self._see(root.id, Does.CHANGE, node)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        only_looks = False
        if isinstance(call, ast.Call):
            only_looks = _only_looks(call)
            if not only_looks:
                self._calls_alone(call)
            elif _WRITES_INTO.fullmatch(called_name(call) or ""):
                self._changes_arguments(call)
        if only_looks and not self._later:
            # `db.execute("select ...").fetchall()` at the end of a cell is there to be seen.
            self._muted += 1
            self.generic_visit(node)
            self._muted -= 1
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = called_name(node)
        root = root_name(node.func)
        if root is not None:
            if isinstance(node.func, ast.Name):
                self._see(root.id, Does.CALL, node)
            elif called and _CHANGES.fullmatch(called) and root.id not in _BYSTANDERS:
                self._see(root.id, Does.CHANGE, node)
        only_shows = root is not None and (root.id in _BYSTANDERS or is_drawing(root.id))
        if called and _CHANGES.fullmatch(called) and not only_shows:
            self._changes_arguments(node, only_first=True)
        if called and _WRITES_INTO.fullmatch(called):
            self._changes_arguments(node)
        if called in _WRITES_FILES:
            for name in ast.walk(node):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load):
                    self._see(name.id, Does.CHANGE, node)
        self.generic_visit(node)

    def _calls_alone(self, call: ast.Call) -> None:
        """A call on a line of its own is there for what it does."""
        root = root_name(call.func)
        if root is not None and isinstance(call.func, ast.Attribute):
            self._see(root.id, Does.CHANGE, call)
        if root is None or not is_drawing(root.id):
            self._changes_arguments(call)

    def _changes_arguments(self, call: ast.Call, *, only_first: bool = False) -> None:
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        for argument in arguments[:1] if only_first else arguments:
            root = root_name(argument) if not isinstance(argument, ast.Call) else None
            if root is not None:
                self._see(root.id, Does.CHANGE, call)

    # -- scopes

    @contextmanager
    def _scope(self, scope: _Scope, *, later: bool = False, inner: bool = False) -> Iterator[None]:
        self._scopes.append(scope)
        self._later += later
        self._inner += inner
        try:
            yield
        finally:
            self._scopes.pop()
            self._later -= later
            self._inner -= inner

    def function(self, node: Function) -> None:
        """Its body runs later, in a scope of its own."""
        self._see(node.name, Does.STORE, node)
        self.visit_all([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults])
        with self._scope(_Scope(type_parameters(node))):
            for annotation in (*(argument.annotation for argument in arguments_of(node.args)), node.returns):
                self._annotation(annotation)
            names = read_names(node.body)
            own = names.bound | {argument.arg for argument in arguments_of(node.args)}
            with self._scope(_Scope(own, frozenset(names.declared_global)), later=True):
                self.visit_all(node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit_all([*node.args.defaults, *node.args.kw_defaults])
        own = frozenset(argument.arg for argument in arguments_of(node.args))
        with self._scope(_Scope(own), inner=True):
            self.visit(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._see(node.name, Does.STORE, node)
        self.visit_all(node.decorator_list)
        with self._scope(_Scope(type_parameters(node))):
            self.visit_all([*node.bases, *node.keywords])
            names = read_names(node.body)
            early = frozenset(
                (seen.line, seen.column) for seen in names.occurrences if seen.act is Act.LOAD and not seen.settled
            )
            own = _Scope(names.bound, frozenset(names.declared_global), is_class=True, early=early)
            with self._scope(own, inner=True):
                self.visit_all(node.body)

    def comprehension(self, node: Comprehension) -> None:
        """A scope of its own, but for what the first `for` goes through."""
        self.visit(node.generators[0].iter)
        with self._scope(_Scope(targets_of(node)), inner=isinstance(node, ast.GeneratorExp)):
            for place, generator in enumerate(node.generators):
                self.visit_all([generator.target, *([generator.iter] if place else []), *generator.ifs])
            self.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
