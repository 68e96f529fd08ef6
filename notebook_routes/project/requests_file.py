"""`requests.http` of a tree: the `%%request` cells of a notebook as editors and IDEs send them.

    GET /products/1
    ###### a line of six marks begins the next cell, one of three the next request of the same cell
    # @name desk
    GET /products/2

`# @name` is what other `.http` clients call the answer too (VS Code's REST Client, JetBrains); here it is `as desk`.
In a file that no export has written, each request is a cell.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from notebook_routes.errors import CellError
from notebook_routes.project.http_file import RequestCell, format_requests, parse_request_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REQUESTS_FILE = "requests.http"
_NEXT_REQUEST = "###"
_NEXT_CELL = "######"
_NAME = re.compile(r"(?:#|//)\s*@name\s*[= ]\s*(\w+)\s*\Z")
#: The line that an export puts at the top.
_HEADER = re.compile(r"# From .+\.\n")


def format_requests_file(cells: Sequence[RequestCell], *, header: str) -> str:
    """Write `requests.http`, which `parse_requests_file` reads back to equal cells.

    Args:
        cells: in their order.
        header: a comment, "# From shop.ipynb."
    """
    pieces = [piece for number, cell in enumerate(cells) for piece in _pieces(cell, is_first=not number)]
    return f"{header}\n\n" + "\n".join(pieces)


def parse_requests_file(text: str) -> tuple[RequestCell, ...]:
    """Read the requests of a tree as the cells of a notebook.

    Raises:
        CellError: the file cannot be read, or there is nothing to send.
    """
    requests = parse_request_cell("", text, first_line=1).requests
    lines = text.split("\n")
    separator = _NEXT_CELL if _HEADER.match(text) else _NEXT_REQUEST
    blocks = [number for number, line in enumerate(lines, 1) if line.startswith(_NEXT_REQUEST)]
    begins = [number for number in blocks if lines[number - 1].startswith(separator)]
    names = {number: found for number, line in enumerate(lines, 1) if (found := _name(line, number)) is not None}

    cells: list[RequestCell] = []
    for _, group in groupby(requests, key=lambda request: bisect(begins, request.line)):
        waiting = []
        for request in group:
            waiting.append(request)
            block = blocks[bisect(blocks, request.line) - 1] if bisect(blocks, request.line) else 0
            above = [name for number, name in names.items() if block < number < request.line]
            if above:
                # A cell gives a name to its last answer.
                cells.append(RequestCell(tuple(waiting), above[-1]))
                waiting = []
        if waiting:
            cells.append(RequestCell(tuple(waiting)))
    return tuple(cells)


def request_cell_text(cell: RequestCell) -> str:
    """A `%%request` cell as it is written in a notebook."""
    named = f" as {cell.name}" if cell.name else ""
    text = format_requests(cell)
    if len(cell.requests) > 1 or cell.requests[0].title:
        return f"%%request{named}\n{text}"
    line, _, rest = text.partition("\n")
    return f"%%request {line}{named}\n{rest}"


def _pieces(cell: RequestCell, *, is_first: bool) -> Iterator[str]:
    for number, request in enumerate(cell.requests):
        lines = []
        if number or not is_first or request.title:
            mark = _NEXT_REQUEST if number or is_first else _NEXT_CELL
            lines.append(f"{mark} {request.title or ''}".rstrip())
        if cell.name and number == len(cell.requests) - 1:
            lines.append(f"# @name {cell.name}")
        yield "\n".join([*lines, format_requests(RequestCell((replace(request, title=None),)))])


def _name(line: str, number: int) -> str | None:
    found = _NAME.match(line.strip())
    if found is None:
        return None
    if not found[1].isidentifier():
        raise CellError(f"`@name {found[1]}` does not name a variable: write one Python name", line=number, text=line)
    return found[1]
