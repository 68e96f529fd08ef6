"""`requests.http` and `tests/test_requests.py` of an exported tree, from the `%%request` cells of the notebook.

A test per cell, in their order, since one may depend on what another has done. A `??` line becomes an `assert`; names
of the notebook in it are those of the tree, or are defined at the top of the tests if no route needs them.
"""

from __future__ import annotations

import ast
import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_routes.project.global_names import Does, find_global_names
from notebook_routes.project.http_file import RequestCell, format_requests
from notebook_routes.project.module_text import SHARED, ModuleText
from notebook_routes.project.replay import Replay, ReplayCell, ReplayRequest
from notebook_routes.project.requests_file import REQUESTS_FILE, format_requests_file
from notebook_routes.project.rewrite import rename, rename_expression
from notebook_routes.project.sharing import Part
from notebook_routes.project.slice import Slice, Want
from notebook_routes.project.template import find_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from notebook_routes.project.declared import RequestsCell
    from notebook_routes.project.http_file import RequestSpec
    from notebook_routes.project.sharing import Sharing
    from notebook_routes.project.slice import Slicer
    from notebook_routes.project.statements import Statement

TESTS_FILE = "tests/test_requests.py"
_PARTS = {
    "response": "response",
    "status": "response.status",
    "headers": "response.headers",
    "text": "response.text",
    "json": "response.json()",
}
_IMPORTS = ("from pathlib import Path", "from notebook_routes.project.replay import TreeClient")
CLIENT_LINE = "client = TreeClient(Path(__file__).parents[1])"
SHARED_LINE = f'{SHARED} = client.module("app/{SHARED}.py")'


class RequestTests:
    """Writes the requests of a notebook for its tree.

    Args:
        cells: the `%%request` cells.
        slicer: the notebook's history.
        header: the comment at the top of the files.
        without: labels of cells that are not among the tests.
    """

    def __init__(
        self, cells: Sequence[RequestsCell], slicer: Slicer, *, header: str, without: frozenset[str] = frozenset()
    ) -> None:
        self._without = without
        self._cells = list(cells)
        self._slicer = slicer
        self._header = header
        self._named = frozenset(cell.requests.name for cell in cells if cell.requests.name)
        self._skipped: dict[str, str] = {}
        self.part = Part(TESTS_FILE, (), Slice(), self._named | {"client", "response", SHARED})

    def prepare(self) -> list[str]:
        """Find what the requests need; sentences about cells whose needs cannot be met, which are left out."""
        for cell in self._cells:
            wants = [
                Want(name, self._slicer.end, f"{cell.cell.label} (%%request)")
                for spec in cell.requests.requests
                for name in self._names(spec)
            ]
            found = self._slicer.need(wants)
            problem = next(iter(found.problems), None) or self._missing_answer(cell)
            if problem is not None:
                self._skipped[cell.cell.label] = problem
            else:
                self.part.slice.statements |= found.statements
                self.part.slice.public |= found.public
        return [f"{problem}: its requests are not among the tests" for problem in self._skipped.values()]

    def _missing_answer(self, cell: RequestsCell) -> str | None:
        """Why a cell cannot have the answer of another one, if it needs one that is left out."""
        binders: dict[str, RequestsCell] = {}
        for other in self._cells[: self._cells.index(cell)]:
            binders |= {other.requests.name: other} if other.requests.name is not None else {}
        for name in sorted(self._answers(cell) & binders.keys()):
            label = binders[name].cell.label
            if label in self._skipped or label in self._without:
                return f"{cell.cell.label} (%%request) uses {name}, the answer to {label}, which is not among the tests"
        return None

    def files(self, sharing: Sharing) -> dict[str, str]:
        """The two files; none where the notebook has no request."""
        if not self._cells:
            return {}
        found = {REQUESTS_FILE: format_requests_file([cell.requests for cell in self._cells], header=self._header)}
        blocks = self._tests(sharing)
        if blocks:
            found[TESTS_FILE] = self._module(sharing, blocks)
        return found

    def replay(self, sharing: Sharing, *, outdated: Callable[[RequestsCell, RequestSpec], str]) -> Replay:
        """The requests as they are sent to the tree before it is written.

        Args:
            sharing: where the names are.
            outdated: says why a request may be answered otherwise than it was.
        """
        cells = []
        for cell in self._used():
            answers = cell.cell.answers if len(cell.cell.answers) == len(cell.requests.requests) else ()
            requests = tuple(
                ReplayRequest(
                    _plain(spec),
                    spec.line,
                    tuple((each.text, each.line) for each in spec.expectations),
                    {name: self._place(name, sharing) for name in sorted(self._names(spec))},
                    answers[number][0] if answers else None,
                    base64.b64encode(answers[number][1]).decode() if answers else None,
                    outdated(cell, spec),
                )
                for number, spec in enumerate(cell.requests.requests)
            )
            cells.append(ReplayCell(cell.cell.label, requests, cell.requests.name))
        return Replay(self._prologue(sharing), tuple(cells))

    # -- names

    def _names(self, spec: RequestSpec) -> frozenset[str]:
        """What a request takes from the notebook's plain cells."""
        return frozenset(name for expression in _expressions(spec) for name in _free(expression)) - self._named

    def _answers(self, cell: RequestsCell) -> frozenset[str]:
        """The answers of other cells that a cell's requests name."""
        expressions = (expression for spec in cell.requests.requests for expression in _expressions(spec))
        return frozenset(name for expression in expressions for name in _free(expression)) & self._named

    def _place(self, name: str, sharing: Sharing) -> str:
        return f"{SHARED}.{name}" if name in sharing.names else name

    # -- texts

    def _used(self) -> Iterator[RequestsCell]:
        gone = self._skipped.keys() | self._without
        return (cell for cell in self._cells if cell.cell.label not in gone)

    def _tests(self, sharing: Sharing) -> list[str]:
        names: set[str] = set()
        return [_test(cell, self._place_all(cell, sharing), names) for cell in self._used()]

    def _place_all(self, cell: RequestsCell, sharing: Sharing) -> dict[str, str]:
        used = frozenset[str]().union(*(self._names(spec) for spec in cell.requests.requests))
        return {name: self._place(name, sharing) for name in used} | {name: name for name in self._answers(cell)}

    def _statements(self, sharing: Sharing) -> list[tuple[Statement, str]]:
        shared = {name: f"{SHARED}.{name}" for name in sharing.names}
        found = []
        for time in sorted(sharing.local[self.part]):
            statement = self._slicer.history[time]
            names = {name: new for name, new in shared.items() if name not in statement.names}
            found.append((statement, rename(statement.text, names, where=statement.place)))
        return found

    def _needs_shared(self, sharing: Sharing) -> bool:
        return bool(self.part.slice.statements & sharing.shared)

    def _prologue(self, sharing: Sharing) -> str:
        """What gives the check the names; imports are all kept, since expressions are not seen here."""
        lines = [SHARED_LINE] if self._needs_shared(sharing) else []
        if self.part.slice.public:
            lines.append(f"from notebook_routes import {', '.join(sorted(self.part.slice.public))}")
        lines += [text for _, text in self._statements(sharing)]
        return "\n".join(lines)

    def _module(self, sharing: Sharing, blocks: Sequence[str]) -> str:
        above = [CLIENT_LINE, *([SHARED_LINE] if self._needs_shared(sharing) else [])]
        return str(
            ModuleText(
                self._header,
                self._statements(sharing),
                blocks=blocks,
                public=frozenset(self.part.slice.public),
                shared="",
                imports=_IMPORTS,
                above="\n".join(above),
                futures=self._slicer.futures,
            )
        )


def _expressions(spec: RequestSpec) -> Iterator[str]:
    yield from (each.text for each in spec.expectations)
    for text in (spec.target, *(value for _, value in spec.headers), spec.body or ""):
        yield from (template.expression for template in find_templates(text))


def _free(expression: str) -> frozenset[str]:
    uses = find_global_names(ast.parse(f"({expression}\n)").body).of(Does.LOAD)
    return frozenset(use.name for use in uses) - _PARTS.keys()


def _plain(spec: RequestSpec) -> str:
    return format_requests(RequestCell((replace(spec, expectations=(), title=None),))).rstrip("\n")


def _test(cell: RequestsCell, places: Mapping[str, str], names: set[str]) -> str:
    """One cell as a test."""
    name = cell.requests.name
    lines = [f"def {_test_name(cell.requests.requests[0], names)}():"]
    if name is not None:
        lines.append(f"    global {name}")
    requests = cell.requests.requests
    for number, spec in enumerate(requests):
        if number:
            lines.append("")
        if spec.title:
            lines.append(f"    # {spec.title}")
        is_used = bool(spec.expectations) or (name is not None and number == len(requests) - 1)
        lines += _sent(spec, places, result="response = " if is_used else "")
        for expectation in spec.expectations:
            text = rename_expression(expectation.text, {**places, **_PARTS}, where=cell.cell.label)
            lines.append(f"    assert {text}" if "\n" not in text else f"    assert (\n{text}\n    )")
    if name is not None:
        lines.append(f"    {name} = response")
    return "\n".join(lines) + "\n"


def _sent(spec: RequestSpec, places: Mapping[str, str], *, result: str) -> list[str]:
    texts = (spec.target, *(value for _, value in spec.headers), spec.body or "")
    used = {
        name
        for text in texts
        for template in find_templates(text)
        for name in _free(template.expression)
        if name in places
    }
    given = "".join(f", {name}={places[name]}" for name in sorted(used))
    text = _plain(spec)
    if "\n" not in text:
        return [f"    {result}client.send({_quoted(text)}{given})"]
    return [f"    {result}client.send(\n        {_quoted(text)}{given}\n    )"]


def _quoted(text: str) -> str:
    if "\n" in text and '"""' not in text and "\\" not in text:
        return f'"""{text}\n"""'
    return f'"{text}"' if text.isprintable() and not {'"', "\\"} & set(text) else repr(text)


def _test_name(spec: RequestSpec, names: set[str]) -> str:
    path = re.sub(r"[^0-9a-z]+", "_", re.sub(r"\{\{.*?\}\}", "", spec.target.partition("?")[0]).lower()).strip("_")
    base = f"test_{spec.method.lower()}_{path or 'root'}"
    name, number = base, 2
    while name in names:
        name, number = f"{base}_{number}", number + 1
    names.add(name)
    return name
