"""A cell, or a `route.py`, as something that has handlers and constants.

*Body form*: the cell is expanded to a function whose globals are the notebook's namespace itself, so that
names are read when a request comes in and `global counter` means the notebook's. Nothing is added to the
notebook.

*Module form*: the cell is a module, in `sys.modules` under a name of its own, because dataclasses, pydantic
and pickle look there; other names come from the notebook (`namespace.py`).
"""

from __future__ import annotations

import linecache
import re
import sys
import types
from typing import TYPE_CHECKING, Any

from notebook_routes.routing import METHODS
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.constants import find_constants, literal, same_constant
from notebook_routes.runtime.expand import expand_body
from notebook_routes.runtime.global_writes import redirect_global_writes
from notebook_routes.runtime.modulesource import expand_module
from notebook_routes.runtime.namespace import NOTEBOOK, NotebookBuiltins, NotebookNames
from notebook_routes.runtime.positions import compile_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from notebook_routes.routing import Directive
    from notebook_routes.runtime.expand import Expansion
    from notebook_routes.runtime.modulesource import ModuleSource

_NOT_A_WORD = re.compile(r"[^0-9A-Za-z]+")


class RouteModule:
    """What a route's source gives: handlers and constants.

    Attributes:
        name: the module's name, `route_cell_3_products_id`; only module form stands in `sys.modules` under
        it.
        filename: what tracebacks call it, `<cell [3] /products/[id]>`; `linecache` has the cell under this
        name.
        source: the text that was compiled, as the export would write it.
        handlers: the functions by method.
        constants: the segment config that the source states.
    """

    def __init__(
        self,
        *,
        name: str,
        filename: str,
        source: str,
        handlers: Mapping[str, Callable[..., Any]],
        constants: Mapping[str, object],
        module: types.ModuleType | None = None,
    ) -> None:
        self.name = name
        self.filename = filename
        self.source = source
        self.handlers = dict(handlers)
        self.constants = dict(constants)
        self._module = module
        self._listing = linecache.cache.get(filename)

    @classmethod
    def from_body(
        cls,
        cell: str,
        directive: Directive,
        *,
        namespace: dict[str, Any],
        label: str,
        first_line: int = 2,
        header: str = "",
        expand: Callable[..., Expansion] = expand_body,
        names: Sequence[str] = METHODS,
    ) -> RouteModule:
        """Make the handler of a cell that is its body.

        Args:
            cell: the text below the magic line.
            directive: the magic line, with a method.
            namespace: the notebook's names, which become the handler's globals.
            label: names the cell in tracebacks; two live modules should not share one.
            first_line: the line of the cell where `cell` begins.
            header: the cell's text above that line, for the listing that tracebacks quote.
            expand: makes the source; called as `expand_body`.
            names: the functions to take from it.

        Raises:
            CellError: the body is refused; nothing has run.
        """
        filename = f"<{label}>"
        expansion = expand(cell, directive, namespace=namespace, first_line=first_line)
        code = compile_source(expansion.source, filename=filename, locate=expansion.locate)
        _list(filename, cell, first_line=first_line, header=header)
        found: dict[str, Any] = {}
        had_builtins = "__builtins__" in namespace
        try:
            # A type or a default on the line is evaluated here, and may fail.
            exec(code, namespace, found)  # noqa: S102 - running the user's cell is what this is for
        finally:
            if not had_builtins:
                # `exec` leaves them behind; the function has them by now.
                namespace.pop("__builtins__", None)
        return cls(
            name=module_name(label),
            filename=filename,
            source=expansion.source,
            handlers={name: found[name] for name in names if name in found},
            constants=find_constants(found),
        )

    @classmethod
    def from_source(
        cls,
        cell: str,
        directive: Directive,
        *,
        namespace: dict[str, Any],
        label: str,
        first_line: int = 2,
        header: str = "",
        expand: Callable[[CellText, Directive], ModuleSource] = expand_module,
        take: Callable[[Mapping[str, Any], CellText], dict[str, Callable[..., Any]]] | None = None,
    ) -> RouteModule:
        """Run a cell that is a whole module, and take its handlers.

        The arguments are those of `from_body`; the line has no method. `take` finds the functions among the module's
        names; it may raise a `CellError`.

        Raises:
            CellError: the cell is refused, has no handler, or contradicts its line. Where it can be seen
                without running the cell, the cell has not run.
            Exception: whatever the cell raises while it runs; `sys.modules` is then as it was before.
        """
        filename = f"<{label}>"
        text = CellText.read(cell, first_line=first_line)
        source = expand(text, directive)
        try:
            code = compile_source(
                source.source,
                filename=filename,
                locate=source.locate,
                rewrite=lambda tree: redirect_global_writes(tree, cell=text),
            )
        except SyntaxError as error:
            raise text.error_in_cell(f"Python: {error.msg}", error.lineno) from error
        _list(filename, cell, first_line=first_line, header=header)

        name = _free_name(module_name(label), filename)
        module = types.ModuleType(name)
        module.__file__ = filename
        module.__dict__.update({"__builtins__": NotebookBuiltins(namespace), NOTEBOOK: NotebookNames(namespace)})
        before = sys.modules.get(name)
        sys.modules[name] = module
        try:
            exec(code, module.__dict__)  # noqa: S102 - running the user's cell is what this is for
            handlers = (take or _handlers)(module.__dict__, text)
            constants = find_constants(module.__dict__)
            _refuse_contradiction(constants, directive, source.constant_lines, text)
        except BaseException:
            _restore(name, module, before)
            raise
        return cls(
            name=name,
            filename=filename,
            source=source.source,
            handlers=handlers,
            constants=constants,
            module=module,
        )

    def close(self) -> None:
        """Withdraw from `sys.modules` and `linecache` what is still this module's own."""
        if self._module is not None and sys.modules.get(self.name) is self._module:
            del sys.modules[self.name]
        if self._listing is not None and linecache.cache.get(self.filename) is self._listing:
            del linecache.cache[self.filename]

    def __repr__(self) -> str:
        return f"<RouteModule {self.filename[1:-1]}: {', '.join(self.handlers)}>"


def module_name(label: str) -> str:
    """The module name of a label: "cell [3] /products/[id]" is `route_cell_3_products_id`."""
    return "route_" + _NOT_A_WORD.sub("_", label).strip("_")


def _free_name(name: str, filename: str) -> str:
    """A name that no other module has: a module of the same label gives way, any other keeps its name."""
    candidate, number = name, 2
    while candidate in sys.modules and getattr(sys.modules[candidate], "__file__", None) != filename:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _restore(name: str, module: types.ModuleType, before: types.ModuleType | None) -> None:
    if sys.modules.get(name) is not module:
        return
    if before is None:
        del sys.modules[name]
    else:
        sys.modules[name] = before


def _list(filename: str, cell: str, *, first_line: int, header: str) -> None:
    """Give `linecache` the whole cell; no modification time means that nothing checks it against a file."""
    above = header.split("\n")[: first_line - 1]
    above += [""] * (first_line - 1 - len(above))
    text = CellText.read("\n".join([*above, cell]), first_line=1)
    linecache.cache[filename] = (len(text.text), None, [f"{line}\n" for line in text.lines], filename)


def _handlers(found: Mapping[str, Any], cell: CellText) -> dict[str, Callable[..., Any]]:
    handlers: dict[str, Callable[..., Any]] = {}
    for method in METHODS:
        if method not in found:
            continue
        handler = found[method]
        if not callable(handler):
            kind = type(handler).__name__
            article = "an" if kind[0] in "aeiou" else "a"
            raise cell.error(f"{method} is {article} {kind}, not a function: write def {method}(...)", None)
        handlers[method] = handler
    if not handlers:
        raise cell.error("the cell defined no handler when it ran: define GET, POST or another method", None)
    return handlers


def _refuse_contradiction(
    constants: Mapping[str, object], directive: Directive, lines: Mapping[str, int], cell: CellText
) -> None:
    for name, stated in directive.options.items():
        if name in constants and not same_constant(constants[name], stated):
            raise cell.error_in_cell(
                f"the magic line says {name} = {literal(stated)} and the cell says {name} = "
                f"{literal(constants[name])}: keep one of the two",
                lines.get(name),
            )
