"""What notebook and tools share about a project's files: loading its routes, and requests in the `.http` format."""

from __future__ import annotations

from notebook_routes.project.expectation import Expectation, Outcome, check_expectation
from notebook_routes.project.http_file import RequestCell, RequestSpec, format_requests, parse_request_cell
from notebook_routes.project.load import load_tree

__all__ = [
    "Expectation",
    "Outcome",
    "RequestCell",
    "RequestSpec",
    "check_expectation",
    "format_requests",
    "load_tree",
    "parse_request_cell",
]
