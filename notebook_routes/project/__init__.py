"""What notebook and tools share: loading, exporting and describing a project, and requests in the `.http` format.

`project.load`, `project.export` and `project.openapi` are imported by those who need them: a notebook that is being
loaded does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.lazy import lazily

if TYPE_CHECKING:
    from notebook_routes.project.broken import broken_reason, broken_routes
    from notebook_routes.project.expectation import Expectation, Outcome, check_expectation
    from notebook_routes.project.http_file import RequestCell, RequestSpec, format_requests, parse_request_cell

__all__ = [
    "Expectation",
    "Outcome",
    "RequestCell",
    "RequestSpec",
    "broken_reason",
    "broken_routes",
    "check_expectation",
    "format_requests",
    "parse_request_cell",
]

__getattr__ = lazily(
    __name__,
    {
        "Expectation": "expectation",
        "Outcome": "expectation",
        "RequestCell": "http_file",
        "RequestSpec": "http_file",
        "broken_reason": "broken",
        "broken_routes": "broken",
        "check_expectation": "expectation",
        "format_requests": "http_file",
        "parse_request_cell": "http_file",
    },
)
