"""`kernel-gateway`: notebooks for Jupyter's kernel gateway, in its mode notebook-http, as `%%route` cells.

    # GET /lamps/:id                   %%route GET /lamps/[id]
    # ResponseInfo GET /lamps/:id      becomes part of that cell

Cells of one path and method are one cell. Cells that only make up a `REQUEST` to try others with are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import libcst as cst

from notebook_routes.errors import DefinitionError
from notebook_routes.routing import parse_directive
from notebook_routes.runtime import expand_body
from notebook_routes.tooling.codemod.gateway_answer import Answer, ResponseInfo
from notebook_routes.tooling.codemod.gateway_errors import GATEWAY_CELL
from notebook_routes.tooling.codemod.gateway_globals import CellNames, with_globals
from notebook_routes.tooling.codemod.gateway_request import GatewayRequest
from notebook_routes.tooling.codemod.nodes import Statement, parse, target_of
from notebook_routes.tooling.codemod.path_names import Parameter, PathNames
from notebook_routes.tooling.codemod.plan import NotUnderstood, Plan, plan_each
from notebook_routes.tooling.codemod.sources import (
    NOTEBOOK,
    Notebook,
    code_cell,
    find_sources,
    placed,
    put_source,
    source_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from notebook_routes.tooling.codemod.catalogue import Options

_ANNOTATION = re.compile(r"#\s+(?P<info>ResponseInfo\s+)?(?P<method>GET|PUT|POST|DELETE)\s+(?P<path>/.*)")
_PARAMETER = re.compile(r":([^/\s]+)")
#: What is more than text in a regular expression, which the gateway takes a path for.
_REGULAR = re.compile(r"[()\[\]{}*+?^$|\\]")
_LOAD = "%load_ext notebook_routes"
_REQUEST = "REQUEST"


def plan(path: Path, options: Options) -> Plan:
    """Plan what becomes of notebooks for the kernel gateway.

    Args:
        path: a notebook, or a folder of them; a notebook takes the place of what it was.
        options: the destination is another file for one notebook, another folder for several.
    """
    notebooks = find_sources(path, NOTEBOOK)
    return plan_each(
        notebooks,
        lambda source: _plan_notebook(source, placed(source, path, options.destination), old_errors=options.old_errors),
    )


@dataclass
class _Endpoint:
    """The cells of one path and method."""

    method: str
    path: str
    cells: list[dict[str, Any]] = field(default_factory=list)
    info: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def _plan_notebook(source: Path, target: Path, *, old_errors: bool) -> Plan:
    notebook = Notebook.read(source)
    before = notebook.text
    endpoints = _endpoints(notebook.code)
    if not endpoints:
        return Plan()
    paths = PathNames([(endpoint.path, _parameters_of(endpoint.path)) for endpoint in endpoints])
    printers = _Printers([cell for cell in notebook.code if not _ANNOTATION.match(source_of(cell))])
    read: dict[str, _Read] = {}
    problems: list[str] = []
    for endpoint in endpoints:
        try:
            read[endpoint.name] = _Read.of(endpoint, paths, printers.functions)
        except NotUnderstood as reason:
            problems.append(f"{endpoint.name}: {reason}")
    names = CellNames(
        {name: each.text for name, each in read.items()},
        [source_of(cell) for cell in notebook.code if not _ANNOTATION.match(source_of(cell))],
    )
    made = Plan()
    gone: list[dict[str, Any]] = []
    for endpoint in endpoints:
        if endpoint.name not in read:
            continue
        try:
            pattern = _pattern(paths, endpoint.path)
            line = f"%%route {endpoint.method} {pattern}"
            text = with_globals(
                read[endpoint.name].text, names.rebound(endpoint.name, paths.names(endpoint.path).values())
            )
            _check(line, text)
        except (NotUnderstood, DefinitionError) as reason:
            problems.append(f"{endpoint.name}: {reason}")
            continue
        put_source(endpoint.cells[0], f"{line}\n{text.rstrip()}")
        gone += [*endpoint.cells[1:], *endpoint.info]
        made.routes.append(f"{endpoint.method} {pattern}")
    if problems:
        made.left[source] = "; ".join(problems)
    if made.routes:
        printers.write()
        _tidy(notebook, gone)
        if old_errors:
            _answer_errors(notebook)
        made.writes.append(notebook.write(target, before))
    return made


def _pattern(paths: PathNames, path: str) -> str:
    if _REGULAR.search(path):
        raise NotUnderstood("the path is a regular expression")
    return paths.pattern(path)


def _parameters_of(path: str) -> dict[str, Parameter]:
    """The parameters of a path, by the part between two slashes that each is."""
    return {part: Parameter(part[1:]) for part in path.split("/") if _PARAMETER.fullmatch(part)}


def _endpoints(cells: Sequence[dict[str, Any]]) -> list[_Endpoint]:
    """What the cells of a notebook answer, in order."""
    found: dict[str, _Endpoint] = {}
    for cell in cells:
        annotation = _ANNOTATION.match(source_of(cell))
        if annotation is None:
            continue
        endpoint = _Endpoint(annotation["method"], annotation["path"].strip())
        endpoint = found.setdefault(endpoint.name, endpoint)
        (endpoint.info if annotation["info"] else endpoint.cells).append(cell)
    return [endpoint for endpoint in found.values() if endpoint.cells]


class _Printers:
    """Functions of a notebook's other cells that print for a route: they give back the text instead.

    Args:
        cells: the other cells.

    Attributes:
        functions: their names.
    """

    def __init__(self, cells: Sequence[dict[str, Any]]) -> None:
        self._modules: list[tuple[dict[str, Any], cst.Module]] = []
        for cell in cells:
            try:
                self._modules.append((cell, parse(source_of(cell))))
            except NotUnderstood:
                continue  # a cell of magics
        self._new: dict[str, cst.FunctionDef] = {}
        while True:
            found = {name: new for name, new in self._found() if name not in self._new}
            if not found:
                break
            self._new |= found

    @property
    def functions(self) -> Collection[str]:
        return self._new.keys()

    def _found(self) -> Iterator[tuple[str, cst.FunctionDef]]:
        answer = Answer(self.functions)
        for _, module in self._modules:
            for each in module.body:
                new = answer.function(each) if isinstance(each, cst.FunctionDef) else None
                if new is not None:
                    yield new.name.value, new

    def write(self) -> None:
        """Put them into their cells."""
        for cell, module in self._modules:
            body = [
                self._new.get(each.name.value, each) if isinstance(each, cst.FunctionDef) else each
                for each in module.body
            ]
            if any(new is not old for new, old in zip(body, module.body, strict=True)):
                put_source(cell, module.with_changes(body=body).code)


@dataclass
class _Read:
    """The body of one `%%route` cell."""

    text: str

    @classmethod
    def of(cls, endpoint: _Endpoint, paths: PathNames, printers: Collection[str]) -> _Read:
        request = GatewayRequest(paths.names(endpoint.path))
        text = "\n".join(_below(cell) for cell in endpoint.cells)
        module = parse(text)
        statements = list(_statements(module))
        info = [each for cell in endpoint.info for each in _statements(parse(_below(cell)))]
        # What the two do is one function, so that they know each other's names.
        statements, info = request.rewrite(statements, info)
        body = Answer(printers).cell(statements, ResponseInfo.read(info) if endpoint.info else None)
        return cls(module.with_changes(body=body).code.strip("\n") + "\n")


def _below(cell: dict[str, Any]) -> str:
    """A cell's text without its annotation."""
    return source_of(cell).partition("\n")[2]


def _statements(module: cst.Module) -> Iterator[Statement]:
    for each in module.body:
        if isinstance(each, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            yield each


def _check(line: str, text: str) -> None:
    """Refuse what a `%%route` cell would refuse."""
    expand_body(text, parse_directive(line.removeprefix("%%route").strip()))


def _tidy(notebook: Notebook, gone: Sequence[dict[str, Any]]) -> None:
    """Take out the cells that are part of others now, and those for trying; load the extension."""
    cells = [cell for cell in notebook.document["cells"] if not any(cell is each for each in gone)]
    if not any(
        _REQUEST in source_of(cell) for cell in cells if not _is_trial(cell) and cell.get("cell_type") == "code"
    ):
        cells = [cell for cell in cells if not _is_trial(cell)]
    code = [place for place, cell in enumerate(cells) if cell.get("cell_type") == "code"]
    if not any(_LOAD in source_of(cells[place]) for place in code):
        added = code_cell(_LOAD, 0)
        if not any("id" in cell for cell in cells):
            del added["id"]  # of an older format
        cells.insert(code[0], added)
    notebook.document["cells"] = cells


def _answer_errors(notebook: Notebook) -> None:
    """Put the cell that answers errors as the gateway did behind all others, once."""
    if any(source_of(cell) == GATEWAY_CELL for cell in notebook.code):
        return
    cells = notebook.document["cells"]
    ids = {cell["id"] for cell in cells if "id" in cell}
    number = next(number for number in range(len(cells), 2 * len(cells) + 1) if f"cell-{number}" not in ids)
    added = code_cell(GATEWAY_CELL, number)
    if not ids:
        del added["id"]  # of an older format
    cells.append(added)


def _is_trial(cell: dict[str, Any]) -> bool:
    """Whether a cell only binds `REQUEST`."""
    text = source_of(cell)
    if cell.get("cell_type") != "code" or _REQUEST not in text:
        return False
    try:
        statements = list(_statements(parse(text)))
    except NotUnderstood:
        return False
    bound = [target_of(each) for each in statements]
    return bool(bound) and all(each is not None and each[0] == _REQUEST for each in bound)
