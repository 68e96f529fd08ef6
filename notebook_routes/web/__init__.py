"""The web floor: requests, responses and what they are made of, as the Fetch standard names them.

Everything here is pure: no server, no socket, no IPython. Names are those of the web platform in snake case,
so `await request.form_data()` is `await request.formData()` there. Where a class differs from the platform's,
its docstring says how.

    request = Request("http://127.0.0.1:8000/lamps?page=2")
    request.query.get("page")                        # '2'
    Response.json({"lamps": []}, status=200)         # and `await response.json()` reads one
"""

from __future__ import annotations

from notebook_routes.web.abort import AbortController, AbortSignal
from notebook_routes.web.blob import Blob, File
from notebook_routes.web.continuation import Continuation
from notebook_routes.web.cookie import Cookie
from notebook_routes.web.file_response import FileResponse
from notebook_routes.web.formdata import FormData
from notebook_routes.web.geo import GEO_VARIABLE, Geo, GeoHeaders
from notebook_routes.web.headers import Headers
from notebook_routes.web.json import json_bytes
from notebook_routes.web.request import Request
from notebook_routes.web.request_cookies import RequestCookies
from notebook_routes.web.response import Response
from notebook_routes.web.response_cookies import ResponseCookies
from notebook_routes.web.search_params import URLSearchParams
from notebook_routes.web.sse import ServerSentEvent, event_stream, parse_events
from notebook_routes.web.streams import ReadableStream
from notebook_routes.web.url import URL
from notebook_routes.web.wire_headers import WireHeaders

__all__ = [
    "GEO_VARIABLE",
    "URL",
    "AbortController",
    "AbortSignal",
    "Blob",
    "Continuation",
    "Cookie",
    "File",
    "FileResponse",
    "FormData",
    "Geo",
    "GeoHeaders",
    "Headers",
    "ReadableStream",
    "Request",
    "RequestCookies",
    "Response",
    "ResponseCookies",
    "ServerSentEvent",
    "URLSearchParams",
    "WireHeaders",
    "event_stream",
    "json_bytes",
    "parse_events",
]
