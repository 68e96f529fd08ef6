"""What the cells of a notebook declare, as texts of files: routes of both kinds, pages, middleware and requests.

A body-form cell is expanded as in the kernel; a module-form cell is its own text. What replaces what, and what cannot
stand side by side, a route table decides, as it does there.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import CellError, DefinitionError
from notebook_routes.project.global_names import Does, find_global_names
from notebook_routes.project.http_file import parse_request_cell
from notebook_routes.project.notebook_source import CellKind
from notebook_routes.routing import (
    ANY,
    CONFIG_NAMES,
    METHODS,
    PAGE,
    Route,
    RouteTable,
    SegmentConfig,
    parse_api_directive,
    parse_directive,
    parse_page_directive,
)
from notebook_routes.runtime import Page, expand_body, middleware_source, parse_matchers
from notebook_routes.runtime.api.cell import expand_api
from notebook_routes.runtime.celltext import CellText
from notebook_routes.runtime.modulesource import expand_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from notebook_routes.project.global_names import GlobalNames
    from notebook_routes.project.http_file import RequestCell
    from notebook_routes.project.notebook_source import NotebookSource, SourceCell
    from notebook_routes.routing import RoutePattern


@dataclass(frozen=True)
class CodeCell:
    """A cell that becomes a part of a file.

    Attributes:
        cell: the cell.
        time: how many statements of plain cells ran before it.
        source: the text of a module, without what its line says.
        is_body: whether it was expanded from the body of a function.
        constants: what its line says as constants.
    """

    cell: SourceCell
    time: int
    source: str
    is_body: bool
    constants: Mapping[str, object] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How messages call it."""
        return self.cell.label

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of `source`."""
        return ast.parse(self.source)

    @cached_property
    def names(self) -> GlobalNames:
        """What it does with names of the module."""
        return find_global_names(self.tree.body)

    @cached_property
    def own(self) -> frozenset[str]:
        """The names that the module binds itself."""
        return frozenset(use.name for use in self.names.of(Does.STORE) if not use.later)


@dataclass(frozen=True)
class RouteCell(CodeCell):
    """A `%%route` or `%%api` cell.

    Attributes:
        pattern: where it answers.
        methods: those that are still its own; `ANY` alone for an API Route.
    """

    pattern: RoutePattern = field(kw_only=True)
    methods: tuple[str, ...] = ()

    @property
    def is_api(self) -> bool:
        """Whether it is an `%%api` cell."""
        return ANY in self.methods


@dataclass(frozen=True)
class MiddlewareCell(CodeCell):
    """A `%%middleware` cell; its matchers are `constants`."""


@dataclass(frozen=True)
class PageCell:
    """A `%%page` cell."""

    cell: SourceCell
    pattern: RoutePattern
    is_template: bool
    options: Mapping[str, object]


@dataclass(frozen=True)
class RequestsCell:
    """A `%%request` cell."""

    cell: SourceCell
    time: int
    requests: RequestCell


@dataclass
class Declared:
    """All that a notebook declares, in order."""

    routes: list[RouteCell] = field(default_factory=list)
    pages: list[PageCell] = field(default_factory=list)
    middleware: list[MiddlewareCell] = field(default_factory=list)
    requests: list[RequestsCell] = field(default_factory=list)
    table: RouteTable = field(default_factory=RouteTable)


def read_declared(source: NotebookSource, *, times: Mapping[str, int], names: Iterable[str]) -> Declared:
    """Read what the magics of a notebook's cells declare; no cell is run.

    Args:
        source: the notebook.
        times: for the label of each cell how many statements of plain cells ran before it.
        names: the names that plain cells bind.

    Raises:
        DefinitionError: a cell is refused, or two cannot stand side by side. The message names them.
    """
    namespace = dict.fromkeys(names, object())
    declared = Declared()
    table = declared.table
    for cell in source.cells:
        time = times[cell.label]
        try:
            if cell.kind in (CellKind.ROUTE, CellKind.API):
                route = _route(cell, time, namespace) if cell.kind is CellKind.ROUTE else _api_route(cell, time)
                declared.routes.append(route)
                table.replace(put=_routes(route))
            elif cell.kind is CellKind.PAGE:
                page = _page(cell)
                declared.pages.append(page)
                table.replace(put=[_page_route(page)])
            elif cell.kind is CellKind.MIDDLEWARE:
                declared.middleware.append(_middleware(cell, time, namespace))
            elif cell.kind is CellKind.REQUEST:
                parsed = parse_request_cell(cell.line, cell.body, first_line=cell.first_line)
                declared.requests.append(RequestsCell(cell, time, parsed))
        except DefinitionError as error:
            raise DefinitionError(_named(cell, error)) from None
    _drop_replaced(declared, table, source)
    return declared


def _named(cell: SourceCell, error: DefinitionError) -> str:
    text = str(error)
    return text if cell.label in text else f"{cell.label}{', ' if isinstance(error, CellError) else ': '}{text}"


def _route(cell: SourceCell, time: int, namespace: Mapping[str, object]) -> RouteCell:
    directive = parse_directive(cell.line)
    plain = replace(directive, options={})
    if directive.method is not None:
        text = expand_body(cell.body, plain, namespace=namespace, first_line=cell.first_line).source
        methods: tuple[str, ...] = (directive.method,)
    else:
        text = expand_module(CellText.read(cell.body, first_line=cell.first_line), plain).source
        methods = ()
    made = RouteCell(
        cell,
        time,
        text,
        directive.method is not None,
        directive.options,
        pattern=directive.pattern,
        methods=methods,
    )
    return made if methods else replace(made, methods=tuple(method for method in METHODS if method in made.own))


def _api_route(cell: SourceCell, time: int) -> RouteCell:
    directive = parse_api_directive(cell.line)
    text = expand_api(CellText.read(cell.body, first_line=cell.first_line), directive).source
    return RouteCell(cell, time, text, is_body=False, pattern=directive.pattern, methods=(ANY,))


def _middleware(cell: SourceCell, time: int, namespace: Mapping[str, object]) -> MiddlewareCell:
    matchers = parse_matchers(cell.line)
    # The matchers are told apart from the text, since a file has them together.
    text = middleware_source(cell.body, matchers, namespace=namespace, first_line=cell.first_line)
    tree = CellText.read(cell.body, first_line=cell.first_line).parse()
    names = find_global_names(tree.body).of(Does.STORE)
    is_body = {"middleware", "proxy"}.isdisjoint(use.name for use in names if not use.later)
    if not matchers:
        return MiddlewareCell(cell, time, text, is_body)
    plain = middleware_source(cell.body, (), namespace=namespace, first_line=cell.first_line)
    matcher: object = matchers[0] if len(matchers) == 1 else matchers
    return MiddlewareCell(cell, time, plain, is_body, {"config": {"matcher": matcher}})


def _page(cell: SourceCell) -> PageCell:
    wanted = parse_page_directive(cell.line)
    if wanted.jinja:
        page = Page.template(cell.body, wanted.pattern, filename=f"<{cell.label}>", first_line=cell.first_line)
    else:
        page = Page.plain(cell.body.encode("utf-8", "surrogatepass"))
    page.close()
    return PageCell(cell, wanted.pattern, wanted.jinja, wanted.directive.options)


def _routes(cell: RouteCell) -> list[Route]:
    # What an API Route declares is in its `config`, and read when the file is imported.
    stated = {} if cell.is_api else {**_stated(cell), **cell.constants}
    config = SegmentConfig.from_constants(stated, where=cell.label)
    return [Route(method, cell.pattern, _never, config, cell=cell.label) for method in cell.methods]


def _page_route(page: PageCell) -> Route:
    config = SegmentConfig.from_constants(page.options, where=page.cell.label)
    return Route("GET", page.pattern, _never, config, cell=page.cell.label, extras={PAGE: "html"})


def _never(*_: Any) -> None:
    """Stands for a handler where none is run."""


def _stated(cell: RouteCell) -> dict[str, object]:
    """The config that a module states, as far as it is plain to see without running it."""
    found: dict[str, object] = {}
    for statement in cell.tree.body if not cell.is_body else ():
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name in CONFIG_NAMES:
            found[statement.name] = _never
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and target.id in CONFIG_NAMES and isinstance(value, ast.expr):
                try:
                    found[target.id] = ast.literal_eval(value)
                except ValueError:
                    continue
    if found.get("dynamic_params") is False:
        found.setdefault("generate_static_params", _never)
    return found


def _drop_replaced(declared: Declared, table: RouteTable, source: NotebookSource) -> None:
    """Keep what is live at the end: of two cells with one method and path the later one."""
    left: dict[str, set[str]] = {}
    for route in table:
        shapes = None if source.live is None else source.live.get(route.cell, frozenset())
        if shapes is None or (route.method, route.pattern.shape) in shapes:
            left.setdefault(route.cell, set()).add(route.method)
    kept = [
        replace(cell, methods=tuple(method for method in cell.methods if method in left.get(cell.label, ())))
        for cell in declared.routes
    ]
    declared.routes = [cell for cell in kept if cell.methods]
    declared.pages = [page for page in declared.pages if page.cell.label in left]
    if source.live is not None:
        order = list(source.live)
        declared.middleware = sorted(
            (cell for cell in declared.middleware if cell.label in source.live),
            key=lambda cell: order.index(cell.label),
        )
