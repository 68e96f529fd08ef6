"""What notebook and tools share: loading a project's routes, describing routes, and requests in the `.http` format."""

from __future__ import annotations

from notebook_routes.project.expectation import Expectation, Outcome, check_expectation
from notebook_routes.project.http_file import RequestCell, RequestSpec, format_requests, parse_request_cell
from notebook_routes.project.load import load_tree
from notebook_routes.project.openapi import openapi_document

__all__ = [
    "Expectation",
    "Outcome",
    "RequestCell",
    "RequestSpec",
    "check_expectation",
    "format_requests",
    "load_tree",
    "openapi_document",
    "parse_request_cell",
]
