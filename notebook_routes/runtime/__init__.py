"""From a cell's text to a function that answers: expanding, compiling, binding, calling, negotiating."""

from __future__ import annotations

from notebook_routes.runtime.bind import Binder, RouteContext
from notebook_routes.runtime.control import (
    forbidden,
    not_found,
    permanent_redirect,
    redirect,
    unauthorized,
)
from notebook_routes.runtime.drive import InContext
from notebook_routes.runtime.exchange import DraftCookie, Exchange, Phase, current_exchange
from notebook_routes.runtime.expand import Expansion, expand_body
from notebook_routes.runtime.inputs import Input
from notebook_routes.runtime.invoke import Invoker
from notebook_routes.runtime.loop_watch import LoopWatch
from notebook_routes.runtime.markers import CookieParam, Form, Header
from notebook_routes.runtime.media import best_match
from notebook_routes.runtime.middleware_cell import compile_middleware
from notebook_routes.runtime.module import RouteModule
from notebook_routes.runtime.negotiate import to_response
from notebook_routes.runtime.page import Page
from notebook_routes.runtime.request_time import after, connection, cookies, draft_mode, headers
from notebook_routes.runtime.workers import Workers

__all__ = [
    "Binder", "CookieParam", "DraftCookie", "Exchange", "Expansion", "Form", "Header", "InContext", "Input", "Invoker",
    "LoopWatch", "Page", "Phase", "RouteContext", "RouteModule", "Workers", "after", "best_match", "compile_middleware",
    "connection", "cookies", "current_exchange", "draft_mode", "expand_body", "forbidden", "headers", "not_found",
    "permanent_redirect", "redirect", "to_response", "unauthorized",
]  # fmt: skip
