"""From a cell's text to a function that answers: expanding, compiling, binding, calling, negotiating."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.lazy import lazily
from notebook_routes.runtime.bind import Binder, RouteContext
from notebook_routes.runtime.cached import cached
from notebook_routes.runtime.control import (
    forbidden,
    not_found,
    permanent_redirect,
    redirect,
    unauthorized,
)
from notebook_routes.runtime.drive import InContext, rest_of
from notebook_routes.runtime.exchange import DraftCookie, Exchange, Phase, current_exchange
from notebook_routes.runtime.fetch import fetch
from notebook_routes.runtime.inputs import Input
from notebook_routes.runtime.invoke import Invoker
from notebook_routes.runtime.kept_data import use_data
from notebook_routes.runtime.loop_watch import LoopWatch
from notebook_routes.runtime.markers import CookieParam, Form, Header
from notebook_routes.runtime.media import best_match, canonical_accept
from notebook_routes.runtime.negotiate import to_response
from notebook_routes.runtime.request_time import DRAFT_COOKIE, after, connection, cookies, draft_mode, headers, no_store
from notebook_routes.runtime.revalidate import cache_life, cache_tag, revalidate_path, revalidate_tag, update_tag
from notebook_routes.runtime.workers import Workers

if TYPE_CHECKING:
    from notebook_routes.runtime.expand import Expansion, expand_body
    from notebook_routes.runtime.middleware_cell import compile_middleware, middleware_source, parse_matchers
    from notebook_routes.runtime.module import RouteModule
    from notebook_routes.runtime.observed import observe
    from notebook_routes.runtime.page import Page

__all__ = [
    "DRAFT_COOKIE", "Binder", "CookieParam", "DraftCookie", "Exchange", "Expansion", "Form", "Header", "InContext",
    "Input", "Invoker", "LoopWatch", "Page", "Phase", "RouteContext", "RouteModule", "Workers", "after",
    "best_match", "cache_life", "cache_tag", "cached", "canonical_accept", "compile_middleware", "connection",
    "cookies", "current_exchange", "draft_mode", "expand_body", "fetch", "forbidden", "headers", "middleware_source",
    "no_store", "not_found", "observe", "parse_matchers", "permanent_redirect", "redirect", "rest_of",
    "revalidate_path", "revalidate_tag", "to_response",
    "unauthorized", "update_tag", "use_data",
]  # fmt: skip

__getattr__ = lazily(
    __name__,
    {
        "Expansion": "expand",
        "Page": "page",
        "RouteModule": "module",
        "compile_middleware": "middleware_cell",
        "expand_body": "expand",
        "middleware_source": "middleware_cell",
        "observe": "observed",
        "parse_matchers": "middleware_cell",
    },
)
