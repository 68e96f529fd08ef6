"""What notebook and tools share: loading a project's routes, describing routes, and requests in the `.http` format.

`project.load` and `project.openapi` are imported by those who need them: a notebook that is being loaded does not.
"""

from __future__ import annotations

from notebook_routes.project.expectation import Expectation, Outcome, check_expectation
from notebook_routes.project.http_file import RequestCell, RequestSpec, format_requests, parse_request_cell

__all__ = [
    "Expectation",
    "Outcome",
    "RequestCell",
    "RequestSpec",
    "check_expectation",
    "format_requests",
    "parse_request_cell",
]
