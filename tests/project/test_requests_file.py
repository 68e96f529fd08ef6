"""`requests.http` and the cells of which it is made."""

import pytest

from notebook_routes.errors import CellError
from notebook_routes.project.http_file import parse_request_cell
from notebook_routes.project.requests_file import format_requests_file, parse_requests_file, request_cell_text

CELLS = (
    parse_request_cell("GET /a as first", "?? status == 200"),
    parse_request_cell("as second", '### one\nGET /b\n### two\nPOST /b\n\n{"a": 1}\n\\# no comment'),
    parse_request_cell("", "GET /c\n###\nGET /d"),
    parse_request_cell("", "### alone\nGET /e"),
)


@pytest.mark.parametrize("count", range(1, 5))
def test_it_is_read_back(count):
    for cells in (CELLS[:count], CELLS[-count:]):
        assert parse_requests_file(format_requests_file(cells, header="# From any.ipynb.")) == cells


def test_cells_are_written_as_they_are_read():
    for cell in CELLS:
        line, _, text = request_cell_text(cell).partition("\n")
        assert parse_request_cell(line.removeprefix("%%request"), text) == cell


def test_without_a_header_each_request_is_a_cell():
    cells = parse_requests_file("GET /a\n###\n# @name b\nGET /b\n\n######\n// @name = c\nGET /c\n# @name late\n")
    assert [(len(cell.requests), cell.name) for cell in cells] == [(1, None), (1, "b"), (1, "c")]


def test_a_name_in_the_midst_ends_its_cell():
    cells = parse_requests_file("# From any.ipynb.\n\n# @name a\nGET /a\n###\nGET /b\n")
    assert [(cell.requests[0].target, cell.name) for cell in cells] == [("/a", "a"), ("/b", None)]


def test_a_name_that_is_none_is_refused():
    with pytest.raises(CellError, match="`@name 1a` does not name a variable"):
        parse_requests_file("# @name 1a\nGET /a\n")
